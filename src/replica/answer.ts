// Both APIs as they really are: a function from a request and an instant to an answer. No clock, no network.
import { fromLondon, isLondonTime, toLondon } from "../terms/london-time.ts";
import { SOURCES, type Source } from "../terms/window.ts";
import { FAULTS, type Fault } from "./faults.ts";
import type { Published } from "./history.ts";
import { createRandom, hash } from "./random.ts";
import { type Bodies, releaseText } from "./release.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** What happens to it on the way. */
  transport?: { kind: "reset" } | { kind: "truncated" } | { kind: "slow"; ms: number };
}

export interface ReplicaOptions {
  seed: number;
  histories: Record<Source, Published[]>;
  faults: readonly Fault[];
  /** Share of the answers that a fault of kind `sometimes` strikes. */
  faultShare?: number;
  /** Requests that each API takes within `perSeconds`; more are refused. */
  limit?: { requests: number; perSeconds: number; retryAfterSeconds: number };
  bodies?: Bodies;
  slowMs?: number;
  /** Months whose pages are out of order when that fault is on; without, one in six. */
  outOfOrderMonths?: string[];
  /** Origin that `uri` and `links.next` name. */
  publicOrigin?: string;
}

export interface SourceStats {
  asked: number;
  refused: number;
  rows: number;
  faults: Partial<Record<Fault, number>>;
  /** Requests for pages by the month of their newer end. */
  byMonth: Record<string, number>;
}

export interface Replica {
  handle(request: { url: string; now: number }): Answer;
  stats(): Record<Source, SourceStats>;
  /** Every distinct release that is listed at `now`. */
  published(source: Source, now: number): Published[];
}

const FAT_PATH = "/api/1.0/ocdsReleasePackages";
const CF_PATH = "/Published/Notices/OCDS/Search";
const FAT_PARAMETERS = ["stages", "limit", "cursor", "updatedFrom", "updatedTo"];
const CF_403 =
  "<html><head><title>Forbidden - Contracts Finder</title></head><body><h1>Request forbidden</h1>" +
  "<p>The request rate limit may have been exceeded.</p></body></html>";
const CURSOR_SCATTER = 12; // hidden order: about 4 % of the rows get lost at the seams of pages

interface Asked {
  source: Source;
  url: URL;
  now: number;
}

interface Api {
  source: Source;
  rows: Published[]; // by `at`, ascending
  times: Float64Array;
  byId: Map<string, Published[]> | null;
  recent: number[];
  stats: SourceStats;
}

export function createReplica(options: ReplicaOptions): Replica {
  const { seed, faults, faultShare = 0.02, limit, bodies = "full", slowMs = 1500 } = options;
  const on = new Set<Fault>(faults);
  const strikes = faults.filter((fault) => FAULTS[fault].kind === "sometimes");
  const random = createRandom(seed ^ 0x5eed);
  const texts = new Map<string, string>();
  const apis = new Map<Source, Api>(
    SOURCES.map((source) => [source, apiOf(source, options.histories[source])]),
  );

  function handle({ url: text, now }: { url: string; now: number }): Answer {
    const url = new URL(text);
    const source: Source = url.pathname.startsWith("/Published/") ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
    const api = apiFor(source);
    const asked = { source, url, now };
    api.stats.asked++;
    const refusal = refuse(api, now);
    if (refusal) return refusal;
    const struck = strike(source);
    const early = struck && earlyFault(source, struck);
    if (early) return early;
    const answer = route(asked, struck);
    return struck ? onTheWay(answer, struck) : answer;
  }

  function route(asked: Asked, struck: Fault | null): Answer {
    const { source, url } = asked;
    if (source === "CONTRACTS_FINDER") {
      return url.pathname === CF_PATH
        ? contractsFinder(asked, struck)
        : json(404, { code: "ValidationError", errors: 3200 });
    }
    if (url.pathname === FAT_PATH) return findATender(asked, struck);
    if (url.pathname.startsWith(`${FAT_PATH}/`)) return lookUp(asked);
    return fatError(asked, 404, "Not Found", "'identifier' is not found");
  }

  function findATender(asked: Asked, struck: Fault | null): Answer {
    const { url, now } = asked;
    const query = url.searchParams;
    for (const name of query.keys()) {
      if (!FAT_PARAMETERS.includes(name)) {
        const allowed = FAT_PARAMETERS.join(", ");
        return fatError(
          asked,
          400,
          "Bad Request",
          `Request parameter '${name}' is not recognised, allowed parameters are: ${allowed}`,
        );
      }
    }
    const size = limitOf(query);
    if (size === null) return fatError(asked, 400, "Bad Request", "'limit' must be between 1 and 100");
    const [from, to] = [dateOf(query.get("updatedFrom")), dateOf(query.get("updatedTo"))];
    if (from === "wrong" || to === "wrong")
      return fatError(asked, 400, "Bad Request", "dates must be YYYY-MM-DDTHH:MM:SS");
    if (from !== null && to !== null && from >= to)
      return fatError(asked, 400, "Bad Request", "'updatedTo' must be after 'updatedFrom'");
    const stages = query.get("stages");
    if (stages?.includes(",") && on.has("comma-list-empty"))
      return page(asked, { rows: [], next: null, to, struck, size });
    const wanted = (row: Published) =>
      stages === null ||
      (stages.split(",").includes(row.stage) && (!on.has("stages-hide") || row.noticeType === null));
    return list(asked, { from, to: to ?? secondsFloor(now), wanted, size, struck });
  }

  function contractsFinder(asked: Asked, struck: Fault | null): Answer {
    const query = asked.url.searchParams;
    const size = limitOf(query) ?? 100;
    const [from, to] = [looseDate(query.get("publishedFrom")), looseDate(query.get("publishedTo"))];
    const stages = query.get("stages")?.split(",") ?? null;
    const wanted = (row: Published) => stages === null || stages.includes(row.stage);
    const recent = asked.now - 90 * 86_400_000; // without any window only recent months come back
    return list(asked, {
      from: from ?? (to === null ? recent : null),
      to: to ?? secondsFloor(asked.now),
      wanted,
      size,
      struck,
    });
  }

  function list(
    asked: Asked,
    range: {
      from: number | null;
      to: number;
      wanted: (row: Published) => boolean;
      size: number;
      struck: Fault | null;
    },
  ): Answer {
    const { source, url, now } = asked;
    const { from, to, wanted, size, struck } = range;
    const api = apiFor(source);
    const month = toLondon(new Date(to)).slice(0, 7);
    api.stats.byMonth[month] = (api.stats.byMonth[month] ?? 0) + 1;
    const echoedWrongly = struck === "wrong-echo" ? 7 * 86_400_000 : 0;
    const low = lowerBound(api.times, (from ?? 0) - echoedWrongly);
    const high = lowerBound(api.times, to - echoedWrongly + 1000);
    const cursor = cursorOf(url);
    const chaos = on.has("out-of-order") && outOfOrder(month);
    const scattered = cursor !== null && on.has("cursor-drops");
    // Only what a page can show is collected, unless the order is another than that of publication.
    const rows: Published[] = [];
    const enough = chaos || scattered ? Number.POSITIVE_INFINITY : size + 1;
    for (let at = high - 1; at >= low && rows.length < enough; at--) {
      const row = api.rows[at];
      if (!row || row.listedAt > now || !wanted(row)) continue;
      if (cursor !== null && !(scattered || chaos) && row.number >= cursor) continue;
      rows.push(row);
    }
    if (chaos) rows.sort((a, b) => a.seed - b.seed);
    else if (scattered) rows.sort((a, b) => hidden(b, cursor) - hidden(a, cursor));
    else
      rows.sort((a, b) =>
        source === "FIND_A_TENDER" ? b.number - a.number : b.date - a.date || b.number - a.number,
      );
    const after =
      cursor === null || !(scattered || chaos)
        ? rows
        : rows.filter((row) => (chaos ? row.seed > cursor : hidden(row, cursor) < cursor));
    const shown = after.slice(0, size);
    const last = shown.at(-1);
    let next: number | null =
      after.length > size && last
        ? chaos
          ? last.seed
          : on.has("cursor-drops")
            ? hidden(last, cursor)
            : last.number
        : null;
    if (next !== null && struck === "self-cursor" && cursor !== null) next = cursor;
    if (next !== null && on.has("missing-links") && hash(`${from}|${to}|${cursor}`) % 5 === 0) {
      count(api, "missing-links");
      next = null;
    }
    return page(asked, {
      rows: shown,
      next,
      to: url.searchParams.has(toName(source)) ? null : to,
      struck,
      size,
    });
  }

  function page(
    asked: Asked,
    {
      rows,
      next,
      to,
      struck,
      size,
    }: {
      rows: Published[];
      next: number | null;
      to: number | null | "wrong";
      struck: Fault | null;
      size: number;
    },
  ): Answer {
    const { source, url, now } = asked;
    const api = apiFor(source);
    api.stats.rows += rows.length;
    const origin = options.publicOrigin ?? url.origin;
    const uri = new URL(`${origin}${url.pathname}${url.search}`);
    const echo = (name: string, ms: number) => uri.searchParams.set(name, toLondon(new Date(ms)));
    if (typeof to === "number") echo(toName(source), to);
    if (struck === "wrong-echo") echo(toName(source), now - 7 * 86_400_000);
    const releases = rows.flatMap((row) => {
      if (row.plant && row.plant !== "duplicate-ids") count(api, row.plant);
      if (row.listedAt > row.at) count(api, row.listedAt - row.at > 90_000 ? "very-late-rows" : "late-rows");
      if (row.date !== row.at) count(api, "wrong-dates");
      const twice = row.plant === "duplicate-ids" && rows.length < size;
      if (twice) count(api, "duplicate-ids");
      return twice ? [textOf(source, row), textOf(source, row)] : [textOf(source, row)];
    });
    const envelope = JSON.stringify({
      uri: decodeURIComponent(uri.href),
      version: "1.1",
      extensions: ["https://standard.open-contracting.org/profiles/eu/latest/en/extension.json"],
      publishedDate: rows[0] ? toLondon(new Date(rows[0].date)) : "",
      publisher: { name: source === "FIND_A_TENDER" ? "Find a Tender" : "Contracts Finder" },
      license: "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
      publicationPolicy: "https://www.gov.uk/",
    });
    const links = next === null ? "" : `,"links":{"next":${JSON.stringify(nextUrl(asked, origin, next))}}`;
    const text = `${envelope.slice(0, -1)},"releases":[${releases.join(",")}]${links}}`;
    const latin = struck === "windows-1252" && source === "CONTRACTS_FINDER" && isLatin(text);
    if (latin) count(api, "windows-1252");
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: latin ? latin1(text) : utf8.encode(text),
    };
  }

  function lookUp(asked: Asked): Answer {
    const { url, now } = asked;
    const id = decodeURIComponent(url.pathname.slice(FAT_PATH.length + 1));
    const api = apiFor("FIND_A_TENDER");
    api.byId ??= indexById(api.rows);
    const rows = (api.byId.get(id) ?? []).filter(({ listedAt }) => listedAt <= now).slice(0, 100);
    if (rows.length > 0) return page(asked, { rows, next: null, to: null, struck: null, size: 100 });
    return hash(id) % 2 === 0
      ? fatError(asked, 404, "Not Found", "'identifier' is not found")
      : page(asked, { rows: [], next: null, to: null, struck: null, size: 100 });
  }

  function refuse(api: Api, now: number): Answer | null {
    if (!limit) return null;
    while (api.recent[0] !== undefined && api.recent[0] <= now - limit.perSeconds * 1000) api.recent.shift();
    if (api.recent.length < limit.requests) {
      api.recent.push(now);
      return null;
    }
    return refusal(api, "429");
  }

  function refusal(api: Api, how: Fault): Answer {
    api.stats.refused++;
    if (how === "403-html") {
      return { status: 403, headers: { "content-type": "text/html" }, body: utf8.encode(CF_403) };
    }
    const seconds = limit?.retryAfterSeconds ?? 120;
    const header: Record<string, string> = how === "429" ? { "retry-after": String(seconds) } : {};
    const text = `Rate limit of ${limit?.requests ?? 12} exceeded. Please retry after ${seconds} seconds.`;
    return { status: 429, headers: { "content-type": "text/plain", ...header }, body: utf8.encode(text) };
  }

  function strike(source: Source): Fault | null {
    if (strikes.length === 0 || random() >= faultShare) return null;
    const fault = strikes[Math.floor(random() * strikes.length)] ?? null;
    const onlyCf = fault === "403-html" || fault === "windows-1252";
    return onlyCf && source === "FIND_A_TENDER" ? null : fault;
  }

  function earlyFault(source: Source, fault: Fault): Answer | null {
    const api = apiFor(source);
    if (fault === "windows-1252") return null; // counted where it is done
    count(api, fault);
    if (fault === "429" || fault === "429-without-header" || fault === "403-html") return refusal(api, fault);
    if (fault === "500" || fault === "503" || fault === "504") {
      return { status: Number(fault), headers: { "content-type": "text/html" }, body: utf8.encode("<html>") };
    }
    if (fault === "empty-body")
      return { status: 200, headers: { "content-type": "application/json" }, body: new Uint8Array(0) };
    return null;
  }

  function onTheWay(answer: Answer, fault: Fault): Answer {
    if (fault === "reset") return { ...answer, transport: { kind: "reset" } };
    if (fault === "truncated") return { ...answer, transport: { kind: "truncated" } };
    return fault === "slow" ? { ...answer, transport: { kind: "slow", ms: slowMs } } : answer;
  }

  function textOf(source: Source, row: Published): string {
    const key = `${row.ocid}/${row.releaseId}/${row.seed}`;
    let text = texts.get(key);
    if (text === undefined) {
      text = releaseText(source, row, bodies);
      if (texts.size > 3000) texts.clear();
      texts.set(key, text);
    }
    return text;
  }

  function outOfOrder(month: string): boolean {
    return options.outOfOrderMonths
      ? options.outOfOrderMonths.includes(month)
      : hash(`${seed} ${month}`) % 6 === 0;
  }

  function apiFor(source: Source): Api {
    const api = apis.get(source);
    if (!api) throw new RangeError(source);
    return api;
  }

  return {
    handle,
    stats: () => ({
      FIND_A_TENDER: apiFor("FIND_A_TENDER").stats,
      CONTRACTS_FINDER: apiFor("CONTRACTS_FINDER").stats,
    }),
    published: (source, now) => apiFor(source).rows.filter(({ listedAt }) => listedAt <= now),
  };
}

function apiOf(source: Source, history: Published[]): Api {
  const rows = [...history].sort((a, b) => a.at - b.at || a.number - b.number);
  const stats = { asked: 0, refused: 0, rows: 0, faults: {}, byMonth: {} };
  return { source, rows, times: Float64Array.from(rows, ({ at }) => at), byId: null, recent: [], stats };
}

function count(api: Api, fault: Fault): void {
  api.stats.faults[fault] = (api.stats.faults[fault] ?? 0) + 1;
}

function indexById(rows: Published[]): Map<string, Published[]> {
  const byId = new Map<string, Published[]>();
  for (const row of rows) {
    for (const id of [row.releaseId, row.ocid]) byId.set(id, [...(byId.get(id) ?? []), row]);
  }
  return byId;
}

/** The cursor's hidden key: near the order of publication, but not it, and not the same from page to page. */
function hidden({ number, seed }: Published, cursor: number | null): number {
  return (
    number + (((seed ^ Math.imul(cursor ?? 0, 2654435761)) >>> 0) % (2 * CURSOR_SCATTER)) - CURSOR_SCATTER
  );
}

function cursorOf(url: URL): number | null {
  const cursor = url.searchParams.get("cursor");
  if (cursor === null) return null;
  const match = /nextCursor=(\d+)/.exec(Buffer.from(cursor, "base64").toString());
  return match ? Number(match[1]) : null;
}

function nextUrl({ source, url }: Asked, origin: string, next: number): string {
  const query = new URLSearchParams(url.search);
  query.delete("cursor");
  const [from, to] =
    source === "FIND_A_TENDER" ? ["updatedFrom", "updatedTo"] : ["publishedFrom", "publishedTo"];
  const parts = [`${from}=${query.get(from) ?? ""}`, `${to}=${query.get(to) ?? ""}`];
  if (source === "CONTRACTS_FINDER") parts.push(`limit=${query.get("limit") ?? 100}`);
  parts.push(`nextCursor=${next}`);
  query.set("cursor", Buffer.from(parts.join("|")).toString("base64"));
  return `${origin}${url.pathname}?${query}`;
}

const toName = (source: Source) => (source === "FIND_A_TENDER" ? "updatedTo" : "publishedTo");

function limitOf(query: URLSearchParams): number | null {
  const limit = Number(query.get("limit") ?? 100);
  return Number.isInteger(limit) && limit >= 1 && limit <= 100 ? limit : null;
}

/** 19 characters of local time; a trailing Z is ignored. In the hour that autumn repeats: the first. */
function dateOf(text: string | null): number | null | "wrong" {
  if (text === null) return null;
  const wall = text.replace(/Z$/, "");
  return isLondonTime(wall) ? fromLondon(wall).getTime() : "wrong";
}

function looseDate(text: string | null): number | null {
  if (text === null) return null;
  const exact = dateOf(text);
  if (typeof exact === "number") return exact;
  const day = dateOf(`${text}T00:00:00`);
  if (typeof day === "number") return day;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function lowerBound(times: Float64Array, value: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const secondsFloor = (ms: number) => Math.floor(ms / 1000) * 1000;
const utf8 = new TextEncoder();
const isLatin = (text: string) => [...text].every((char) => char <= "\u00ff");
const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));

function json(status: number, body: object): Answer {
  return { status, headers: { "content-type": "application/json" }, body: utf8.encode(JSON.stringify(body)) };
}

function fatError({ url, now }: Asked, status: number, error: string, exception: string): Answer {
  const message = status === 400 ? "Request parameters unknown" : "";
  return json(status, {
    timestamp: toLondon(new Date(now)),
    status,
    error,
    message,
    path: url.pathname,
    exception,
  });
}
