// Both APIs as they really are: a function from a request and an instant to an answer. No clock, no network.
import { fromLondon, isLondonTime, toLondon } from "../terms/london-time.ts";
import {
  CF_FORBIDDEN,
  CF_NOT_FOUND,
  encodeWindows1252,
  envelopeText,
  fatBadRequest,
  fatNotFound,
  PAGE_HEADERS,
  rateLimitText,
} from "./envelope.ts";
import { FAULTS, type Fault } from "./faults.ts";
import type { Published } from "./history.ts";
import { createRandom, hash } from "./random.ts";
import { type Bodies, releaseText } from "./release.ts";
import { SOURCES, type Source } from "./sources.ts";

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
  limit?: {
    requests: number;
    perSeconds: number;
    retryAfterSeconds: number;
    /** One budget for both (api-facts: it may be so). */
    shared?: boolean;
  };
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
  /** Requests for pages by the month of London time in which they begin. */
  byMonth: Record<string, number>;
  /** The last requests, oldest first. */
  log: LoggedRequest[];
}

export interface LoggedRequest {
  at: number;
  /** Path and query. */
  asked: string;
  status: number;
  rows: number;
  fault: Fault | null;
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
const PAGE_MAX = 100;
const DAY_MS = 86_400_000;
const CF_RECENT_MS = 90 * DAY_MS; // without any window only recent months come back
const WRONG_ECHO_MS = 7 * DAY_MS;
const MISSING_LINKS_ONE_IN = 5;
const LOGGED_MAX = 1000;
const TEXTS_KEPT: Record<Bodies, number> = { full: 3000, light: 30_000 };
/** A prime. The hidden order shuffles so many neighbours: a client of links.next then loses 4.3 % of FaT (14,093 of 328,189). */
const HIDDEN_BLOCK = 17;
const KEY_BASE = 100_000;

interface Asked {
  source: Source;
  url: URL;
  query: URLSearchParams;
  now: number;
  struck: Fault | null;
}

/** Both ends inclusive, in ms; null where the request names none. */
interface Range {
  from: number | null;
  to: number;
  size: number;
  wanted: (row: Published) => boolean;
}

interface Api {
  source: Source;
  /** In the order of publication; a release that comes twice stands twice. */
  rows: Published[];
  times: Float64Array;
  /** Whether the order of a page is the reverse of this one: made-up histories are so, recorded ones need not be. */
  inOrder: boolean;
  /** Made when the first cursor is needed. */
  ranks: Int32Array | null;
  byId: Map<string, Published[]> | null;
  taken: number[];
  stats: SourceStats;
}

/** One row of a range, with its place in the whole history. */
interface Place {
  row: Published;
  index: number;
}

export function createReplica(options: ReplicaOptions): Replica {
  const { seed, faults, faultShare = 0.02, limit, bodies = "full", slowMs = 1500 } = options;
  const on = new Set<Fault>(faults);
  const strikes = faults.filter((fault) => FAULTS[fault].kind === "sometimes");
  const random = createRandom(seed ^ 0x5eed);
  const texts = new Map<Published, string>();
  const together: number[] = [];
  const apis: Record<Source, Api> = {
    FIND_A_TENDER: apiOf("FIND_A_TENDER", options.histories.FIND_A_TENDER),
    CONTRACTS_FINDER: apiOf("CONTRACTS_FINDER", options.histories.CONTRACTS_FINDER),
  };
  if (limit?.shared) for (const source of SOURCES) apis[source].taken = together;

  function handle({ url: text, now }: { url: string; now: number }): Answer {
    const url = new URL(text);
    const source: Source = url.pathname.startsWith("/Published/") ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
    const api = apis[source];
    const rowsBefore = api.stats.rows;
    api.stats.asked++;
    const refused = refuse(api, now);
    const struck = refused ? null : strike(source);
    // A plus sign in a date stands for itself.
    const query = new URLSearchParams(url.search.replaceAll("+", "%2B"));
    const answer =
      refused ?? (struck && earlyFault(api, struck)) ?? route({ source, url, query, now, struck });
    const rows = api.stats.rows - rowsBefore;
    const asked = url.pathname + url.search;
    api.stats.log.push({ at: now, asked, status: answer.status, rows, fault: struck });
    if (api.stats.log.length > LOGGED_MAX) api.stats.log.splice(0, LOGGED_MAX / 2);
    return struck ? onTheWay(answer, struck) : answer;
  }

  function route(asked: Asked): Answer {
    const { source, url } = asked;
    if (source === "CONTRACTS_FINDER") {
      return url.pathname === CF_PATH ? contractsFinder(asked) : json(404, CF_NOT_FOUND);
    }
    if (url.pathname === FAT_PATH) return findATender(asked);
    if (url.pathname.startsWith(`${FAT_PATH}/`)) return lookUp(asked);
    return json(404, fatNotFound(url.pathname, asked.now));
  }

  function findATender(asked: Asked): Answer {
    const { url, query, now } = asked;
    const bad = (exception: string) => json(400, fatBadRequest(url.pathname, now, exception));
    const unknown = [...query.keys()].find((name) => !FAT_PARAMETERS.includes(name));
    if (unknown !== undefined) {
      const allowed = FAT_PARAMETERS.join(", ");
      return bad(`Request parameter '${unknown}' is not recognised, allowed parameters are: ${allowed}`);
    }
    const size = limitOf(query);
    if (size === null) return bad("'limit' must be between 1 and 100");
    const [from, to] = [dateOf(query.get("updatedFrom")), dateOf(query.get("updatedTo"))];
    if (from === "wrong" || to === "wrong") return bad("dates must be YYYY-MM-DDTHH:MM:SS");
    if (from !== null && to !== null && from >= to) return bad("'updatedTo' must be after 'updatedFrom'");
    const stages = query.get("stages")?.split(",") ?? null;
    if (stages !== null && stages.length > 1 && on.has("comma-list-empty")) {
      count(apis.FIND_A_TENDER, "comma-list-empty");
      return page(asked, { rows: [], next: null, uri: uriOf(asked, to === null ? secondsFloor(now) : null) });
    }
    if (stages !== null && on.has("stages-hide")) count(apis.FIND_A_TENDER, "stages-hide");
    const wanted = (row: Published) =>
      stages === null || (stages.includes(row.stage) && (!on.has("stages-hide") || isShownByStages(row)));
    return list(asked, { from, to: to ?? secondsFloor(now), wanted, size });
  }

  function contractsFinder(asked: Asked): Answer {
    const { query, now } = asked;
    const [from, to] = [looseDate(query.get("publishedFrom")), looseDate(query.get("publishedTo"))];
    const stages = query.get("stages")?.split(",") ?? null;
    return list(asked, {
      from: from ?? (to === null ? now - CF_RECENT_MS : null),
      to: to ?? secondsFloor(now),
      wanted: (row) => stages === null || stages.includes(row.stage),
      size: limitOf(query) ?? PAGE_MAX,
    });
  }

  function list(asked: Asked, range: Range): Answer {
    const { source, query, now, struck } = asked;
    const api = apis[source];
    const month = toLondon(new Date(range.from ?? range.to)).slice(0, 7);
    api.stats.byMonth[month] = (api.stats.byMonth[month] ?? 0) + 1;
    const shift = struck === "wrong-echo" ? WRONG_ECHO_MS : 0;
    const from = range.from === null ? null : range.from - shift;
    const to = range.to - shift;
    const cursor = cursorOf(query);
    const chaos = on.has("out-of-order") && outOfOrder(toLondon(new Date(range.to)).slice(0, 7));
    const more = struck === "dropped-rows" ? 2 : 1;
    const places = placesOf(api, { ...range, from, to, cursor, chaos, now, enough: range.size + more });
    if (more === 2 && places.length > 2) {
      count(api, "dropped-rows");
      places.splice(Math.floor(Math.min(places.length, range.size) / 2), 1);
    }
    const shown = places.slice(0, range.size);
    if (chaos && shown.length > 1) count(api, "out-of-order");
    if (cursor !== null && on.has("cursor-drops")) count(api, "cursor-drops");
    const last = shown.at(-1);
    let next = places.length > range.size && last ? keyOf(api, last, chaos) : null;
    if (next !== null && struck === "self-cursor" && cursor !== null) {
      count(api, "self-cursor");
      next = cursor;
    }
    if (
      next !== null &&
      on.has("missing-links") &&
      hash(`${from}|${to}|${cursor}`) % MISSING_LINKS_ONE_IN === 0
    ) {
      count(api, "missing-links");
      next = null;
    }
    const uri = uriOf(asked, query.has(toName(source)) ? null : to, shift === 0 ? null : { from, to });
    const link = next === null ? null : `${uri}&cursor=${cursorText(asked, uri, next)}`;
    return page(asked, { rows: shown.map(({ row }) => row), next: link, uri });
  }

  /** The rows of the range that follow the cursor, in the order of the page; no more than `enough` where that is known early. */
  function placesOf(
    api: Api,
    range: Range & { cursor: number | null; chaos: boolean; now: number; enough: number },
  ): Place[] {
    const { from, to, cursor, chaos, now, wanted, enough } = range;
    const low = lowerBound(api.times, from ?? 0);
    let high = lowerBound(api.times, to + 1000);
    const collectAll = chaos || !api.inOrder;
    // Keys are within a block of their places: what is far above the cursor need not be looked at.
    if (cursor !== null && !collectAll)
      high = Math.min(high, Math.max(low, cursor - KEY_BASE + HIDDEN_BLOCK));
    const places: Place[] = [];
    for (let index = high - 1; index >= low && (collectAll || places.length < enough); index--) {
      const row = api.rows[index];
      if (!row || row.listedAt > now || !wanted(row)) continue;
      const place = { row, index };
      if (cursor !== null && !isBehind(keyOf(api, place, chaos), cursor, chaos)) continue;
      places.push(place);
    }
    if (chaos) places.sort((a, b) => a.row.seed - b.row.seed);
    else if (!api.inOrder) places.sort((a, b) => inPage(api.source, a.row, b.row));
    return collectAll ? places.slice(0, enough) : places;
  }

  function keyOf(api: Api, { row, index }: Place, chaos: boolean): number {
    if (chaos) return row.seed;
    if (!api.inOrder) api.ranks ??= ranksOf(api);
    const rank = api.ranks?.[index] ?? index;
    return KEY_BASE + (on.has("cursor-drops") ? shuffledPlace(rank, seed) : rank);
  }

  function page(
    { source, struck }: Asked,
    { rows, next, uri }: { rows: Published[]; next: string | null; uri: string },
  ): Answer {
    const api = apis[source];
    api.stats.rows += rows.length;
    if (struck === "wrong-echo") count(api, struck);
    rows.forEach((row, at) => {
      countPlanted(api, row, rows[at - 1]);
    });
    const releases = rows.map((row) => textOf(source, row));
    const text = envelopeText(source, { uri, dateMs: rows[0]?.date ?? null, releases, next });
    if (struck !== "windows-1252") return json(200, text);
    count(api, struck);
    return { status: 200, headers: PAGE_HEADERS, body: encodeWindows1252(text) };
  }

  function countPlanted(api: Api, row: Published, above: Published | undefined): void {
    if (row.plant !== null && row.plant !== "duplicate-ids") count(api, row.plant);
    if (row === above) count(api, "duplicate-ids");
    if (row.listedAt > row.at) count(api, row.listedAt - row.at > 90_000 ? "very-late-rows" : "late-rows");
    if (row.date !== row.at) count(api, "wrong-dates");
  }

  function lookUp(asked: Asked): Answer {
    const { url, now } = asked;
    const id = decodeURIComponent(url.pathname.slice(FAT_PATH.length + 1));
    const api = apis.FIND_A_TENDER;
    api.byId ??= indexById(api.rows);
    const rows = (api.byId.get(id) ?? []).filter(({ listedAt }) => listedAt <= now).slice(0, PAGE_MAX);
    // Which of the two an unknown number gets is not known: both have been seen.
    if (rows.length === 0 && hash(id) % 2 === 0) return json(404, fatNotFound(url.pathname, now));
    return page(asked, { rows, next: null, uri: uriOf(asked, null) });
  }

  /** The question as the page repeats it: as it was asked, without the cursor, and with the end that was left out. */
  function uriOf(
    { source, url, query }: Asked,
    leftOut: number | null,
    instead: { from: number | null; to: number } | null = null,
  ): string {
    const parts = [...query]
      .filter(([name]) => name !== "cursor")
      .map(([name, value]) => {
        if (instead && name === toName(source)) return `${name}=${toLondon(new Date(instead.to))}`;
        if (instead && instead.from !== null && name === fromName(source))
          return `${name}=${toLondon(new Date(instead.from))}`;
        return `${name}=${value}`;
      });
    if (leftOut !== null) parts.push(`${toName(source)}=${toLondon(new Date(leftOut))}`);
    const path = `${options.publicOrigin ?? url.origin}${url.pathname}`;
    return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
  }

  function refuse(api: Api, now: number): Answer | null {
    if (!limit) return null;
    const { taken } = api;
    while (taken[0] !== undefined && taken[0] <= now - limit.perSeconds * 1000) taken.shift();
    if (taken.length < limit.requests) {
      taken.push(now);
      return null;
    }
    // Documented is the 403, seen of late the 429.
    const html = api.source === "CONTRACTS_FINDER" && on.has("403-html") && api.stats.refused % 2 === 0;
    return refusal(api, html ? "403-html" : "429");
  }

  function refusal(api: Api, how: Fault): Answer {
    api.stats.refused++;
    if (how === "403-html") {
      return { status: 403, headers: { "content-type": "text/html" }, body: utf8.encode(CF_FORBIDDEN) };
    }
    const seconds = limit?.retryAfterSeconds ?? 120;
    const header: Record<string, string> = how === "429" ? { "retry-after": String(seconds) } : {};
    return {
      status: 429,
      headers: { server: "awselb/2.0", "content-type": "text/plain", ...header },
      body: utf8.encode(rateLimitText(limit?.requests ?? 12, seconds)),
    };
  }

  function strike(source: Source): Fault | null {
    if (strikes.length === 0 || random() >= faultShare) return null;
    const fault = strikes[Math.floor(random() * strikes.length)] ?? null;
    const onlyCf = fault === "403-html" || fault === "windows-1252";
    return onlyCf && source === "FIND_A_TENDER" ? null : fault;
  }

  /** Faults that need no page; the others are counted where they are done. */
  function earlyFault(api: Api, fault: Fault): Answer | null {
    switch (fault) {
      case "429":
      case "429-without-header":
      case "403-html":
        count(api, fault);
        return refusal(api, fault);
      case "500":
      case "503":
      case "504":
        count(api, fault);
        return {
          status: Number(fault),
          headers: { server: "awselb/2.0", "content-type": "text/html" },
          body: utf8.encode(`<html><head><title>${fault}</title></head></html>`),
        };
      case "empty-body":
        count(api, fault);
        return { status: 200, headers: PAGE_HEADERS, body: new Uint8Array(0) };
      case "reset":
      case "truncated":
      case "slow":
        count(api, fault);
        return null;
      default:
        return null;
    }
  }

  function onTheWay(answer: Answer, fault: Fault): Answer {
    if (fault === "reset") return { ...answer, transport: { kind: "reset" } };
    if (fault === "truncated") return { ...answer, transport: { kind: "truncated" } };
    return fault === "slow" ? { ...answer, transport: { kind: "slow", ms: slowMs } } : answer;
  }

  function textOf(source: Source, row: Published): string {
    let text = texts.get(row);
    if (text === undefined) {
      text = releaseText(source, row, bodies);
      if (texts.size > TEXTS_KEPT[bodies]) texts.clear();
      texts.set(row, text);
    }
    return text;
  }

  function outOfOrder(month: string): boolean {
    return options.outOfOrderMonths
      ? options.outOfOrderMonths.includes(month)
      : hash(`${seed} ${month}`) % 6 === 0;
  }

  return {
    handle,
    stats: () => ({
      FIND_A_TENDER: apis.FIND_A_TENDER.stats,
      CONTRACTS_FINDER: apis.CONTRACTS_FINDER.stats,
    }),
    published: (source, now) =>
      apis[source].rows.filter((row, at, rows) => row.listedAt <= now && row !== rows[at - 1]),
  };
}

function apiOf(source: Source, history: Published[]): Api {
  const rows = [...history]
    .sort((a, b) => a.at - b.at || a.number - b.number)
    .flatMap((row) => (row.plant === "duplicate-ids" ? [row, row] : row));
  const inOrder = rows.every((row, at) => {
    const below = rows[at - 1];
    return below === undefined || inPage(source, row, below) <= 0;
  });
  const stats = { asked: 0, refused: 0, rows: 0, faults: {}, byMonth: {}, log: [] };
  const times = Float64Array.from(rows, ({ at }) => at);
  return { source, rows, times, inOrder, ranks: null, byId: null, taken: [], stats };
}

/** Negative when `a` stands above `b`. */
function inPage(source: Source, a: Published, b: Published): number {
  return source === "FIND_A_TENDER" ? b.number - a.number : b.date - a.date || b.number - a.number;
}

/** `stages` shows what the old regime published first: no update, no cancellation, nothing of the Procurement Act. */
function isShownByStages({ noticeType, tags }: Published): boolean {
  return noticeType === null && tags.every((tag) => /^(planning|tender|award|contract)$/.test(tag));
}

/** Place of each row in the order of pages, oldest first, where that is not the order of publication. */
function ranksOf({ source, rows }: Api): Int32Array {
  const order = rows.map((row, index) => ({ row, index }));
  order.sort((a, b) => inPage(source, b.row, a.row) || a.index - b.index);
  const ranks = new Int32Array(rows.length);
  order.forEach(({ index }, rank) => {
    ranks[index] = rank;
  });
  return ranks;
}

/** The place after its block of neighbours is shuffled: multiplying and adding modulo a prime is a permutation. */
function shuffledPlace(rank: number, seed: number): number {
  const block = Math.floor(rank / HIDDEN_BLOCK);
  const dice = hash(`${seed} ${block}`);
  const factor = 1 + (dice % (HIDDEN_BLOCK - 1));
  const offset = Math.floor(dice / HIDDEN_BLOCK) % HIDDEN_BLOCK;
  return block * HIDDEN_BLOCK + (((rank % HIDDEN_BLOCK) * factor + offset) % HIDDEN_BLOCK);
}

const isBehind = (key: number, cursor: number, chaos: boolean) => (chaos ? key > cursor : key < cursor);

function count(api: Api, fault: Fault): void {
  api.stats.faults[fault] = (api.stats.faults[fault] ?? 0) + 1;
}

/** Newest first. */
function indexById(rows: Published[]): Map<string, Published[]> {
  const byId = new Map<string, Published[]>();
  for (const row of rows.toReversed()) {
    for (const id of [row.releaseId, row.ocid]) {
      const known = byId.get(id);
      if (known === undefined) byId.set(id, [row]);
      else if (known.at(-1) !== row) known.push(row);
    }
  }
  return byId;
}

function cursorOf(query: URLSearchParams): number | null {
  const cursor = query.get("cursor");
  if (cursor === null) return null;
  const match = /nextCursor=(\d+)/.exec(Buffer.from(cursor, "base64").toString());
  return match ? Number(match[1]) : null;
}

/** `updatedFrom=…|updatedTo=…|nextCursor=582730`, and CF's with its limit: base64, unescaped. */
function cursorText({ source }: Asked, uri: string, key: number): string {
  const names = [fromName(source), toName(source), ...(source === "CONTRACTS_FINDER" ? ["limit"] : [])];
  const query = new URL(uri.replaceAll("+", "%2B")).searchParams;
  const parts = names.flatMap((name) => (query.has(name) ? [`${name}=${query.get(name)}`] : []));
  return Buffer.from([...parts, `nextCursor=${key}`].join("|")).toString("base64");
}

const fromName = (source: Source) => (source === "FIND_A_TENDER" ? "updatedFrom" : "publishedFrom");
const toName = (source: Source) => (source === "FIND_A_TENDER" ? "updatedTo" : "publishedTo");

function limitOf(query: URLSearchParams): number | null {
  const text = query.get("limit") ?? String(PAGE_MAX);
  const limit = Number(text);
  return /^\d+$/.test(text) && limit >= 1 && limit <= PAGE_MAX ? limit : null;
}

/** 19 characters of local time; a trailing Z is ignored. In the hour that autumn repeats: the first. */
function dateOf(text: string | null): number | null | "wrong" {
  if (text === null) return null;
  const wall = text.replace(/Z$/, "");
  return isLondonTime(wall) ? fromLondon(wall).getTime() : "wrong";
}

/** CF takes dates alone, and zones; what it cannot read it takes for absent. */
function looseDate(text: string | null): number | null {
  if (text === null) return null;
  for (const wall of [text, `${text}T00:00:00`]) {
    const exact = dateOf(wall);
    if (typeof exact === "number") return exact;
  }
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : secondsFloor(ms);
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

function json(status: number, text: string): Answer {
  return { status, headers: PAGE_HEADERS, body: utf8.encode(text) };
}
