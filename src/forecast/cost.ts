// What a stretch of history should cost in releases, requests and bytes: the sources' own volumes, corrected by what this
// database has measured, nearest months first. Pure.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { StoreRaw, SyncWindow } from "../terms/documents.ts";
import type { VolumesBySource } from "../terms/source.ts";
import type { Source } from "../terms/window.ts";
import { errorOf } from "./error.ts";
import { publishedBetween, type Span, volumesFor } from "./volumes.ts";

/** New buyers become rare: 836 among 1,594 recorded contracts, growing with the square root. */
const BUYERS_PER_ROOT = 21;
const BUYER_BYTES = 531;
const OTHER_BYTES = 5_000_000; // windows, runs of 90 days, gaps

/** The walk's cost (design.md: 10.9 requests per 1,000 releases at 100 a page), and what the last page has too few of. */
const REQUESTS_PER_FULL_PAGE = 1.09;
const REQUESTS_TO_END = 0.5; // all lanes end in one page

export interface Cost {
  releases: number;
  requests: number;
  /** BSON of the releases' contracts, as `counts.bytes` of a window has it. */
  bytes: number;
  /** What the tier's measure grows by: contracts and their processes, with the indexes of both. */
  storedBytes: number;
}

export const NO_COST: Cost = { releases: 0, requests: 0, bytes: 0, storedBytes: 0 };
/** By source; one without any cost may be left out. */
export type Costs = Record<Source, Cost>;

export type PastWindow = Pick<
  SyncWindow,
  "_id" | "source" | "from" | "to" | "status" | "lanes" | "counts" | "forecast" | "doneAt"
>;

/** What is stored, where it has been measured. */
export interface StoredFigures {
  usedBytes: number;
  contracts: { count: number; bytes: number };
  processes: { count: number; bytes: number };
  buyers: { count: number; bytes: number };
}

export interface Known {
  volumes: VolumesBySource;
  windows: readonly PastWindow[];
  storage: StoredFigures | null;
  storeRaw: StoreRaw;
  /** What windows were read with that do not say; without it `storeRaw`. */
  readWith?: StoreRaw;
  pageLimit: number;
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
    requestsFor(releases, known, source) *
    ratio(
      (counts) => counts.requests,
      ({ window }) => requestsFor(window.counts.releases, known, source),
    );
  const sameMode = near.filter(
    ({ window }) => (window.forecast?.storeRaw ?? known.readWith ?? known.storeRaw) === known.storeRaw,
  );
  const volumes = volumesFor(known.volumes, source);
  const each = volumes.releaseBytes[known.storeRaw];
  const bytesEach =
    each *
    ratio(
      (counts) => counts.bytes,
      ({ window }) => window.counts.releases * each,
      sameMode,
    );
  const contracts = releases * volumes.contractsPerRelease;
  const storedBytes = contracts * (bytesEach + extraBytes(source, known) * SHARE_OF_NEW_PROCESSES);
  return { releases, requests, bytes: releases * bytesEach, storedBytes };
}

export const isMeasured = ({ doneAt }: PastWindow) => doneAt !== null;

function byTable(span: Span, known: Known) {
  const releases = publishedBetween(span, known.volumes);
  return { releases, requests: requestsFor(releases, known, span.source) };
}

function requestsFor(releases: number, { pageLimit, volumes }: Known, source: Source): number {
  const own = volumesFor(volumes, source).requestsFor;
  return own ? own(releases) : (releases / pageLimit) * REQUESTS_PER_FULL_PAGE + REQUESTS_TO_END;
}

const MONTH_MS = 30.44 * DAY_MS;

/** Neighbouring months count most, the same month of the next years nearly as much. */
function nearness(a: Date, b: Date): number {
  const months = Math.abs(a.getTime() - b.getTime()) / MONTH_MS;
  const sameMonth = months > 6 ? 2 + Math.abs(months - 12 * Math.round(months / 12)) + months / 12 : months;
  return 1 / (1 + Math.min(months, sameMonth)) ** 2;
}

/**
 * What is read further back belongs in part to procurements that are stored already: in a made-up history of ten
 * years 1.36 notices tell one; on recorded days 1.04. Chosen by test/mongo/forecast.test.ts, whose bytes were 11 % over without.
 */
const SHARE_OF_NEW_PROCESSES = 0.85;

const ENOUGH_CONTRACTS = 1000; // fewer say little: an index begins with a page of its own

/** Notices that come one a process take the usual; a history of ten a process a tenth of its documents. */
const EXTRA_OFF_BY = 10;

/** Times, indexes and the share of a process that a contract takes, as measured where there are enough of them. */
function extraBytes(source: Source, { storage, windows, volumes }: Known): number {
  const usual = volumesFor(volumes, source).contractExtraBytes;
  if (!storage || storage.contracts.count < ENOUGH_CONTRACTS) return usual;
  const read = windows
    .filter(isMeasured)
    .reduce(
      (sum, { counts }) => ({ releases: sum.releases + counts.releases, bytes: sum.bytes + counts.bytes }),
      { releases: 0, bytes: 0 },
    );
  if (read.releases === 0) return usual;
  const stored = storage.contracts.bytes + storage.processes.bytes;
  const measured = stored / storage.contracts.count - read.bytes / read.releases;
  return Math.max(usual / EXTRA_OFF_BY, Math.min(usual * 2, measured));
}

/** Bytes that the buyers of so many more contracts add. */
export function buyersGrowth(contracts: number, storage: StoredFigures | null): number {
  const before = storage?.contracts.count ?? 0;
  const root = Math.sqrt(before + contracts) - Math.sqrt(before);
  if (!storage || before < ENOUGH_CONTRACTS) return BUYERS_PER_ROOT * root * BUYER_BYTES;
  return (storage.buyers.bytes / Math.sqrt(before)) * root;
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
  bySource: Costs;
}

/** A part of a span: of a window that is read halfway, the other half. */
export type Part = Span & { share?: number };

/** All that these parts should cost together, and how big the database is then. */
export function forecast(parts: readonly Part[], known: Known): Forecast {
  const bySource = sumUp(parts.map((part) => ({ source: part.source, cost: costOfPart(part, known) })));
  const range = (what: keyof Cost) => rangeOf(bySource, what, known);
  const base =
    (known.storage?.usedBytes ?? OTHER_BYTES) + buyersGrowth(contractsIn(bySource, known), known.storage);
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

export function sumUp(costs: readonly { source: Source; cost: Cost }[]): Costs {
  const bySource: Costs = {};
  for (const { source, cost } of costs) {
    const sum = bySource[source] ?? NO_COST;
    bySource[source] = {
      releases: sum.releases + cost.releases,
      requests: sum.requests + cost.requests,
      bytes: sum.bytes + cost.bytes,
      storedBytes: sum.storedBytes + cost.storedBytes,
    };
  }
  return bySource;
}

const storedBytesOf = ({ contracts, processes, buyers }: StoredFigures) =>
  contracts.bytes + processes.bytes + buyers.bytes;

/** How big a database is that holds just this, whatever is in the one at hand. */
export function sizeAlone(bySource: Costs, known: Known): Range {
  const { storage } = known;
  const others = storage ? Math.max(OTHER_BYTES, storage.usedBytes - storedBytesOf(storage)) : OTHER_BYTES;
  const contracts = contractsIn(bySource, known);
  const buyers =
    storage && storage.contracts.count >= ENOUGH_CONTRACTS
      ? storage.buyers.bytes * Math.sqrt(contracts / storage.contracts.count)
      : buyersGrowth(contracts, null);
  return shifted(rangeOf(bySource, "storedBytes", known), others + buyers);
}

const contractsIn = (bySource: Costs, { volumes }: Known) =>
  Object.entries(bySource).reduce(
    (sum, [source, { releases }]) => sum + releases * volumesFor(volumes, source).contractsPerRelease,
    0,
  );

/** What indexes take is as good as unknown where few contracts are stored. */
const SPREAD_OF_INDEXES = 0.05;

export function rangeOf(bySource: Costs, what: keyof Cost, { windows, storage }: Known): Range {
  const range = { low: 0, likely: 0, high: 0 };
  const few = what === "storedBytes" && (storage?.contracts.count ?? 0) < ENOUGH_CONTRACTS;
  for (const [source, cost] of Object.entries(bySource)) {
    const likely = cost[what];
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

/** Requests an hour that one source may make. */
export function requestsPerHour(options: {
  requestsPerMinute: number;
  runBudgetSeconds: number;
  runsPerHour: number;
}): number {
  const { requestsPerMinute, runBudgetSeconds, runsPerHour } = options;
  return requestsPerMinute * Math.min(60, (runsPerHour * runBudgetSeconds) / 60);
}

/** Sources are read side by side: the longest one says when it ends. */
export function hoursFor({ bySource }: Pick<Forecast, "bySource">, perHour: number): number {
  return Math.max(0, ...Object.values(bySource).map(({ requests }) => requests)) / perHour;
}
