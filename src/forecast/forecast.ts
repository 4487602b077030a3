// What a stretch of history should cost in releases, requests and bytes: the published volumes, corrected by what this
// database has measured, nearest months first. Pure.
import type { StoreRaw, SyncWindow } from "../terms/documents.ts";
import { fromLondon, type LondonTime } from "../terms/london-time.ts";
import { SOURCES, type Source } from "../terms/window.ts";

const DAY_MS = 86_400_000;

/**
 * Releases a year, in thousands, were the whole year like it. From the yearly figures of three crawlers (api-facts,
 * Volumes: Find a Tender 2021-25 and 123k for 2026, which its 370 to 580 notices a weekday confirm; Contracts Finder 86k
 * revisions a year 2019-22, 105k 2022-25, 40k in 2026, 900k in all: what that leaves for 2016-18 is spread evenly).
 */
const YEARLY_THOUSANDS: Record<Source, Record<number, number>> = {
  FIND_A_TENDER: { 2021: 32.5, 2022: 36.7, 2023: 38, 2024: 41.6, 2025: 94.4, 2026: 123 },
  CONTRACTS_FINDER: {
    ...{ 2016: 107, 2017: 107, 2018: 107, 2019: 86, 2020: 86, 2021: 86 },
    ...{ 2022: 95, 2023: 105, 2024: 105, 2025: 75, 2026: 40 },
  },
};
const LAST_YEAR = 2026;
/** The Procurement Act doubled Find a Tender on this day; 86.6k in 2025 are 6k before and 80.6k, 94.4k a year, after. */
const PROCUREMENT_ACT_MS = Date.UTC(2025, 1, 24);
const QUIET_DAY = 0.012; // a weekend day has 1 to 10 notices, a weekday 370 to 580 (api-facts)
const WEEKDAYS_A_YEAR = 261 + 104 * QUIET_DAY; // a table year adds up to its figure; bank holidays are within the spread

/**
 * Bytes of one release's contract without times and indexes, and what a stored contract has beyond that: 1,194 and 400
 * recorded releases through `map/` and the store. `npm run bench:storage -- --recorded DIR --share 0.2` measures anew.
 */
const RELEASE_BYTES: Record<Source, Record<StoreRaw, number>> = {
  FIND_A_TENDER: { none: 1516, gzip: 3244, full: 6535 },
  CONTRACTS_FINDER: { none: 1651, gzip: 2922, full: 4552 },
};
const CONTRACT_EXTRA_BYTES: Record<Source, number> = { FIND_A_TENDER: 55, CONTRACTS_FINDER: 77 };
/** Edits of a notice are releases of their own and no contracts: 610k notices, 900k revisions (api-facts). */
const CONTRACTS_PER_RELEASE: Record<Source, number> = { FIND_A_TENDER: 1, CONTRACTS_FINDER: 0.68 };
/** New buyers become rare: 836 among 1,594 recorded contracts, growing with the square root. */
const BUYERS_PER_ROOT = 21;
const BUYER_BYTES = 531;
const OTHER_BYTES = 5_000_000; // windows, runs of 90 days, gaps

/** The walk's cost (design.md: 10.9 requests per 1,000 releases at 100 a page), and what the last page has too few of. */
const REQUESTS_PER_FULL_PAGE = 1.09;
const REQUESTS_TO_END = 0.5; // all lanes end in one page

export interface Span {
  source: Source;
  from: Date;
  to: Date;
}

export interface Cost {
  releases: number;
  requests: number;
  /** BSON of the releases' contracts, as `counts.bytes` of a window has it. */
  bytes: number;
  /** What the tier's measure grows by: contracts with their indexes. */
  storedBytes: number;
}

export type PastWindow = Pick<
  SyncWindow,
  "_id" | "source" | "from" | "to" | "status" | "lanes" | "counts" | "forecast" | "doneAt"
>;

/** What is stored, where it has been measured. */
export interface StoredFigures {
  usedBytes: number;
  contracts: { count: number; bytes: number };
  buyers: { count: number; bytes: number };
}

export interface Known {
  windows: readonly PastWindow[];
  storage: StoredFigures | null;
  storeRaw: StoreRaw;
  /** What windows were read with that do not say; without it `storeRaw`. */
  readWith?: StoreRaw;
  pageLimit: number;
}

/** Releases that the API lists between two instants, by the table. */
export function publishedBetween({ source, from, to }: Span): number {
  return Math.max(0, publishedUntil(source, to.getTime()) - publishedUntil(source, from.getTime()));
}

const FIRST_DAY_MS = Date.UTC(2016, 0, 1); // the table's first year
/** Up to the beginning of each day, as far as it was asked for: a forecast asks thousands of times. */
const SUMS: Record<Source, number[]> = { FIND_A_TENDER: [0], CONTRACTS_FINDER: [0] };

function publishedUntil(source: Source, atMs: number): number {
  const days = Math.max(0, (atMs - FIRST_DAY_MS) / DAY_MS);
  const whole = Math.floor(days);
  const sums = SUMS[source];
  for (let day = sums.length - 1; day < whole; day++)
    sums.push((sums[day] ?? 0) + perDay(source, FIRST_DAY_MS + day * DAY_MS));
  return (sums[whole] ?? 0) + (days - whole) * perDay(source, FIRST_DAY_MS + whole * DAY_MS);
}

function perDay(source: Source, atMs: number): number {
  const day = new Date(atMs);
  const early = source === "FIND_A_TENDER" && atMs < PROCUREMENT_ACT_MS;
  const year = Math.min(day.getUTCFullYear(), early ? 2024 : LAST_YEAR);
  const thousands = YEARLY_THOUSANDS[source][year] ?? 0;
  return ((thousands * 1000) / WEEKDAYS_A_YEAR) * (day.getUTCDay() % 6 === 0 ? QUIET_DAY : 1);
}

/** What reading one span, and storing it, should cost. */
export function costOf(span: Span, known: Known): Cost {
  const { source } = span;
  const table = byTable(span, known);
  const measured = known.windows.filter((window) => window.source === source && isMeasured(window));
  const near = measured.map((window) => ({
    window,
    weight: nearness(window.from, span.from),
    table: byTable(window, known),
  }));
  const ratio = (
    actual: (one: PastWindow["counts"]) => number,
    expected: (one: (typeof near)[number]) => number,
    among = near,
  ): number => {
    const sum = (of: (one: (typeof near)[number]) => number) =>
      among.reduce((total, one) => total + one.weight * of(one), 0);
    const below = sum(expected);
    return below > 0 ? sum(({ window }) => actual(window.counts)) / below : 1;
  };
  const releases =
    table.releases *
    ratio(
      (counts) => counts.releases,
      (one) => one.table.releases,
    );
  // Requests and bytes by what was read, not by what the table would have it.
  const requests =
    requestsFor(releases, known) *
    ratio(
      (counts) => counts.requests,
      ({ window }) => requestsFor(window.counts.releases, known),
    );
  const sameMode = near.filter(
    ({ window }) => (window.forecast?.storeRaw ?? known.readWith ?? known.storeRaw) === known.storeRaw,
  );
  const each = RELEASE_BYTES[source][known.storeRaw];
  const bytesEach =
    each *
    ratio(
      (counts) => counts.bytes,
      ({ window }) => window.counts.releases * each,
      sameMode,
    );
  const contracts = releases * CONTRACTS_PER_RELEASE[source];
  const storedBytes = contracts * (bytesEach + extraBytes(source, known));
  return { releases, requests, bytes: releases * bytesEach, storedBytes };
}

const isMeasured = ({ doneAt }: PastWindow) => doneAt !== null;

function byTable(span: Span, known: Known) {
  const releases = publishedBetween(span);
  return { releases, requests: requestsFor(releases, known) };
}

const requestsFor = (releases: number, { pageLimit }: Known) =>
  (releases / pageLimit) * REQUESTS_PER_FULL_PAGE + REQUESTS_TO_END;

const MONTH_MS = 30.44 * DAY_MS;

/** Neighbouring months count most, the same month of the next years nearly as much. */
function nearness(a: Date, b: Date): number {
  const months = Math.abs(a.getTime() - b.getTime()) / MONTH_MS;
  const sameMonth = months > 6 ? 2 + Math.abs(months - 12 * Math.round(months / 12)) + months / 12 : months;
  return 1 / (1 + Math.min(months, sameMonth)) ** 2;
}

const ENOUGH_CONTRACTS = 1000; // fewer say little: an index begins with a page of its own

/** Times and indexes per contract, as measured where there are enough of them. */
function extraBytes(source: Source, { storage, windows }: Known): number {
  const usual = CONTRACT_EXTRA_BYTES[source];
  if (!storage || storage.contracts.count < ENOUGH_CONTRACTS) return usual;
  const read = windows
    .filter(isMeasured)
    .reduce(
      (sum, { counts }) => ({ releases: sum.releases + counts.releases, bytes: sum.bytes + counts.bytes }),
      { releases: 0, bytes: 0 },
    );
  if (read.releases === 0) return usual;
  const measured = storage.contracts.bytes / storage.contracts.count - read.bytes / read.releases;
  return Math.max(usual / 2, Math.min(usual * 4, measured));
}

/** Bytes that the buyers of so many more contracts add. */
function buyersGrowth(contracts: number, storage: StoredFigures | null): number {
  const before = storage?.contracts.count ?? 0;
  const root = Math.sqrt(before + contracts) - Math.sqrt(before);
  if (!storage || before < ENOUGH_CONTRACTS) return BUYERS_PER_ROOT * root * BUYER_BYTES;
  return (storage.buyers.bytes / Math.sqrt(before)) * root;
}

/** The part of a window that its lanes have not read yet, 0 to 1. */
export function unread({ source, from, to, lanes, status }: PastWindow): number {
  if (status === "done" || lanes.length === 0) return 0;
  const whole = publishedBetween({ source, from, to });
  if (whole === 0) return lanes.every(({ done }) => done) ? 0 : 1;
  const left = lanes.map(({ frontier, done }) =>
    done ? 0 : publishedBetween({ source, from, to: instantWithin({ from, to }, frontier) }) / whole,
  );
  return left.reduce((sum, one) => sum + one, 0) / left.length;
}

function instantWithin({ from, to }: Pick<Span, "from" | "to">, time: LondonTime): Date {
  const at = fromLondon(time);
  return at < from ? from : at > to ? to : at;
}

export interface Range {
  low: number;
  likely: number;
  high: number;
}

export interface Forecast {
  releases: Range;
  requests: Range;
  /** The tier's measure when all of it is stored. */
  storedBytes: Range;
  bySource: Record<Source, Cost>;
}

/** A part of a span: of a window that is read halfway, the other half. */
export type Part = Span & { share?: number };

/** All that these parts should cost together, and how big the database is then. */
export function forecast(parts: readonly Part[], known: Known): Forecast {
  const bySource = sumUp(parts.map((part) => ({ source: part.source, cost: costOfPart(part, known) })));
  const range = (what: keyof Cost) => rangeOf(bySource, what, known);
  const base = (known.storage?.usedBytes ?? OTHER_BYTES) + buyersGrowth(contractsIn(bySource), known.storage);
  const storedBytes = shifted(range("storedBytes"), base);
  return { releases: range("releases"), requests: range("requests"), storedBytes, bySource };
}

export function costOfPart({ share = 1, ...span }: Part, known: Known): Cost {
  const { releases, requests, bytes, storedBytes } = costOf(span, known);
  return {
    releases: releases * share,
    requests: requests * share,
    bytes: bytes * share,
    storedBytes: storedBytes * share,
  };
}

export function sumUp(costs: readonly { source: Source; cost: Cost }[]): Record<Source, Cost> {
  const bySource = { FIND_A_TENDER: emptyCost(), CONTRACTS_FINDER: emptyCost() };
  for (const { source, cost } of costs)
    for (const what of ["releases", "requests", "bytes", "storedBytes"] as const)
      bySource[source][what] += cost[what];
  return bySource;
}

/** How big a database is that holds just this, whatever is in the one at hand. */
export function sizeAlone(bySource: Record<Source, Cost>, known: Known): Range {
  const { storage } = known;
  const others = storage
    ? Math.max(OTHER_BYTES, storage.usedBytes - storage.contracts.bytes - storage.buyers.bytes)
    : OTHER_BYTES;
  const contracts = contractsIn(bySource);
  const buyers =
    storage && storage.contracts.count >= ENOUGH_CONTRACTS
      ? storage.buyers.bytes * Math.sqrt(contracts / storage.contracts.count)
      : buyersGrowth(contracts, null);
  return shifted(rangeOf(bySource, "storedBytes", known), others + buyers);
}

const contractsIn = (bySource: Record<Source, Cost>) =>
  SOURCES.reduce((sum, source) => sum + bySource[source].releases * CONTRACTS_PER_RELEASE[source], 0);

/** What indexes take is as good as unknown where few contracts are stored. */
const SPREAD_OF_INDEXES = 0.05;

export function rangeOf(
  bySource: Record<Source, Cost>,
  what: keyof Cost,
  { windows, storage }: Known,
): Range {
  const range = { low: 0, likely: 0, high: 0 };
  const few = what === "storedBytes" && (storage?.contracts.count ?? 0) < ENOUGH_CONTRACTS;
  for (const source of SOURCES) {
    const likely = bySource[source][what];
    const spread = spreadOf(source, windows) + (few ? SPREAD_OF_INDEXES : 0);
    range.low += likely * (1 - spread);
    range.likely += likely;
    range.high += likely * (1 + spread);
  }
  return range;
}

const shifted = ({ low, likely, high }: Range, by: number): Range => ({
  low: low + by,
  likely: likely + by,
  high: high + by,
});

const emptyCost = (): Cost => ({ releases: 0, requests: 0, bytes: 0, storedBytes: 0 });

const SPREAD_UNMEASURED = 0.35; // what the table alone may be off by
const SPREAD_MIN = 0.05;
const ERRORS_JUDGED = 6; // the first forecasts were made by the table alone and say little of the later ones

/** How far off a forecast may be: less with each month measured, but no better than the last ones were. */
function spreadOf(source: Source, windows: readonly PastWindow[]): number {
  const measured = windows.filter((window) => window.source === source && isMeasured(window));
  const latest = measured.toSorted((a, b) => Number(b.doneAt) - Number(a.doneAt)).slice(0, ERRORS_JUDGED);
  const error = errorOf(latest)?.bytes ?? 0;
  return Math.max(SPREAD_MIN, SPREAD_UNMEASURED / Math.sqrt(1 + measured.length), Math.min(1, error));
}

export interface ForecastError {
  windows: number;
  /** Medians of |fact - forecast| / forecast. */
  bytes: number;
  requests: number;
}

/** How good the forecasts of finished windows were; null when none can be judged. */
export function errorOf(windows: readonly PastWindow[]): ForecastError | null {
  const judged = windows.flatMap(({ forecast: expected, counts, doneAt }) =>
    expected && doneAt ? [{ expected, counts }] : [],
  );
  if (judged.length === 0) return null;
  const off = (what: "bytes" | "requests") =>
    median(
      judged.map(
        ({ expected, counts }) => Math.abs(counts[what] - expected[what]) / Math.max(1, expected[what]),
      ),
    );
  return { windows: judged.length, bytes: off("bytes"), requests: off("requests") };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/** What the backfill may fill; the rest is the delta's. */
export const BACKFILL_SHARE = 0.9;

/** Near the end the sources go month by month: one runs ahead only where this many times as much would fit. */
const AHEAD_MARGIN = 2;

/**
 * Which open windows fit, newest first over both sources alike: the first one that does not ends it, so that no older
 * month is ever stored in place of a newer one.
 */
export function fitting(options: {
  open: readonly (PastWindow & { storedAlready?: number })[];
  roomBytes: number;
  known: Known;
}): Set<string> {
  const { open, roomBytes, known } = options;
  const newestFirst = open.toSorted((a, b) => Number(b.from) - Number(a.from) || a._id.localeCompare(b._id));
  const fits = new Set<string>();
  let contracts = 0;
  let bytes = 0;
  for (const window of newestFirst) {
    const { releases, storedBytes } = costOf(window, known);
    // What the delta has stored of it already takes no more room.
    const stored = releases > 0 ? Math.min(1, (window.storedAlready ?? 0) / releases) : 0;
    const share = Math.min(unread(window), 1 - stored);
    contracts += releases * CONTRACTS_PER_RELEASE[window.source] * share;
    bytes += storedBytes * share;
    const need = bytes + buyersGrowth(contracts, known.storage);
    const ahead = newestFirst.some(({ source, from }) => source !== window.source && from > window.from);
    // A source of which nothing is known may read its newest month as long as there is any room: else it never would.
    const probe = isProbe(window, open, known.windows);
    if (roomBytes <= 0 || (need * (ahead ? AHEAD_MARGIN : 1) > roomBytes && !probe)) break;
    fits.add(window._id);
  }
  return fits;
}

function isProbe(window: PastWindow, open: readonly PastWindow[], all: readonly PastWindow[]): boolean {
  const { source } = window;
  return (
    !all.some((one) => one.source === source && isMeasured(one)) &&
    !open.some((one) => one.source === source && one.from > window.from)
  );
}

/** Requests an hour that one source may make. */
export function requestsPerHour(options: {
  requestsPerMinute: number;
  runBudgetSeconds: number;
  runsPerHour: number;
}): number {
  const { requestsPerMinute, runBudgetSeconds, runsPerHour } = options;
  return requestsPerMinute * Math.min(60, (runsPerHour * runBudgetSeconds) / 60);
}

/** Both sources are read side by side: the longer one says when it ends. */
export function hoursFor({ bySource }: Pick<Forecast, "bySource">, perHour: number): number {
  return Math.max(...SOURCES.map((source) => bySource[source].requests)) / perHour;
}
