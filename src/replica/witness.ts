// Contracts Finder's daily CSV: a release a row, a column for each JSON path, text only, in an order of columns that
// differs by day. UTF-8 with a BOM; 403 or 404 where there is no file.
import { millisecondsInDay as DAY_MS, millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { fromLondon, isLondonTime, londonTime } from "../terms/london-time.ts";
import type { Answer } from "./broken-answers.ts";
import type { Published } from "./published.ts";
import { createRandom, hash, type Random } from "./random.ts";
import { releaseObject } from "./release.ts";
import { count, type State } from "./state.ts";

export const WITNESS_PATH = "/Harvester-new/";

const FILE = /^\/Harvester-new\/(\d{4}-\d{2})\/Contracts Finder OCDS (\d{4}-\d{2}-\d{2})\.csv$/;
/** The file of a day is there in the early morning of the next. */
const MADE_AFTER_MS = 4 * HOUR_MS;
const DAYS_MISSING_ONE_IN = 9;
const MONTHS_AWAY_ONE_IN = 3;
const WRONG_ROWS_ONE_IN = 3;

export function dailyCsv(state: State, url: URL, now: number): Answer {
  state.witness.asked++;
  const [, month, day] = FILE.exec(decodeURIComponent(url.pathname)) ?? [];
  const start = `${day}T00:00:00`;
  if (day === undefined || day.slice(0, 7) !== month || !isLondonTime(start)) return missing(404);
  const fromMs = fromLondon(start).getTime();
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  const toMs = fromLondon(londonTime(`${next}T00:00:00`)).getTime();
  const madeAt = toMs + MADE_AFTER_MS;
  if (now < madeAt) return missing(403);
  const api = state.apis.CONTRACTS_FINDER;
  const { seed, witnessAwayMonths } = state.options;
  const isChosen = (what: string, oneIn: number) => hash(`${seed} ${what}`) % oneIn === 0;
  const isAway = witnessAwayMonths?.includes(month) ?? isChosen(`away ${month}`, MONTHS_AWAY_ONE_IN);
  if (state.on.has("witness-away") && isAway) {
    count(api, "witness-away");
    return missing(403);
  }
  if (state.on.has("witness-days-missing") && isChosen(`no file ${day}`, DAYS_MISSING_ONE_IN)) {
    count(api, "witness-days-missing");
    return missing(hash(day) % 2 === 0 ? 403 : 404);
  }
  const rows = distinct(aroundDay(api.listing.rows, fromMs, toMs)).filter(
    ({ date, listedAt }) => date >= fromMs && date < toMs && listedAt <= madeAt,
  );
  const random = createRandom(hash(`${seed} csv ${day}`));
  if (state.on.has("witness-lacks-rows") && rows.length > 1 && isChosen(`lacks ${day}`, WRONG_ROWS_ONE_IN)) {
    count(api, "witness-lacks-rows");
    rows.splice(Math.floor(random() * rows.length), 1);
  }
  const first = rows[0];
  if (state.on.has("witness-invents-rows") && first && isChosen(`invents ${day}`, WRONG_ROWS_ONE_IN)) {
    count(api, "witness-invents-rows");
    rows.push(inventedFrom(first, random));
  }
  const padded = state.on.has("witness-padded");
  if (padded && rows.length > 0) count(api, "witness-padded");
  state.witness.files++;
  const records = rows.map((row) => cellsOf(releaseObject("CONTRACTS_FINDER", row, state.bodies)));
  return {
    status: 200,
    headers: { "content-type": "text/csv", server: "AmazonS3" },
    body: new TextEncoder().encode(`\uFEFF${csvText(records, { random, padded })}`),
  };
}

function missing(status: 403 | 404): Answer {
  const code = status === 403 ? "AccessDenied" : "NoSuchKey";
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`;
  return {
    status,
    headers: { "content-type": "application/xml", server: "AmazonS3" },
    body: new TextEncoder().encode(text),
  };
}

/** Rows by the UTC days of their dates: a file for each day of ten years would look at all of them each time. */
const DAYS = new WeakMap<readonly Published[], Map<number, Published[]>>();

function aroundDay(rows: readonly Published[], fromMs: number, toMs: number): Published[] {
  let byDay = DAYS.get(rows);
  if (!byDay) {
    byDay = Map.groupBy(rows, ({ date }) => Math.floor(date / DAY_MS));
    DAYS.set(rows, byDay);
  }
  const days: Published[][] = [];
  for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day++) days.push(byDay.get(day) ?? []);
  return days.flat();
}

const distinct = (rows: Published[]) => rows.filter((row, index) => row !== rows[index - 1]);

/** Of the same day, under a guid that nobody published. */
function inventedFrom(row: Published, random: Random): Published {
  const digits = Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
  const guid = `${digits}${row.releaseId.slice(8, 36)}`;
  return {
    ...row,
    ocid: `ocds-b5fd17-${guid}`,
    releaseId: `${guid}-${row.number + 7}`,
    number: row.number + 7,
  };
}

/** Every leaf of the release under its path, as text. */
function cellsOf(release: unknown): Map<string, string> {
  const cells = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (Array.isArray(value)) {
      for (const [index, one] of value.entries()) walk(one, `${path}/${index}`);
    } else if (typeof value === "object" && value !== null) {
      for (const [name, one] of Object.entries(value)) walk(one, `${path}/${name}`);
    } else cells.set(path, value === null || value === undefined ? "" : String(value));
  };
  walk(release, "releases/0");
  return cells;
}

function csvText(records: Map<string, string>[], options: { random: Random; padded: boolean }): string {
  const { random, padded } = options;
  const paths = [...new Set(records.flatMap((cells) => [...cells.keys()]))];
  const columns = paths
    .map((path) => ({ path, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ path }) => path);
  const cell = (text: string) => {
    const shown = padded && text !== "" && random() < 0.3 ? ` ${text}  ` : text;
    return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
  };
  const lines = [columns, ...records.map((cells) => columns.map((path) => cells.get(path) ?? ""))];
  return lines.map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

/** The address of a day's file below an origin. */
export function witnessUrl(origin: string, day: string): string {
  return `${origin}${WITNESS_PATH}${day.slice(0, 7)}/Contracts%20Finder%20OCDS%20${day}.csv`;
}
