// What a choice of depth costs before it is spent: month by month, how far back each tier reaches, and what would change in
// a database that is there. Pure.

import {
  BACKFILL_SHARE,
  type Cost,
  costOf,
  costOfPart,
  type Forecast,
  forecast,
  hoursFor,
  type Known,
  type Part,
  type Range,
  rangeOf,
  requestsPerHour,
  sizeAlone,
  sumUp,
  unread,
} from "../forecast/forecast.ts";
import {
  comparePlan,
  type Move,
  type PlannedWindow,
  type Wanted,
  wantedWindows,
} from "../plan/difference.ts";
import type { StoreRaw } from "../terms/documents.ts";
import { monthOf } from "../terms/london-time.ts";
import { SOURCES, type Source } from "../terms/window.ts";

const MIB = 1_048_576; // Atlas counts so
const DAY_MS = 86_400_000;

/** What Atlas sells, November 2026. M0 and Flex count documents and indexes uncompressed, M10 counts the disk. */
export const TIERS = {
  M0: { sizeMb: 512, counts: "documents and indexes" },
  FLEX: { sizeMb: 5 * 1024, counts: "documents and indexes" },
  M10: { sizeMb: 10 * 1024, counts: "disk" },
} as const;
export type Tier = keyof typeof TIERS;

const TIER_SHARE = 0.9; // sizes of indexes are known a minute late, and the cluster may hold more than this database

/** STORAGE_BUDGET_MB for a tier, in tens. */
export const budgetFor = (tier: Tier) => Math.floor((TIERS[tier].sizeMb * TIER_SHARE) / 10) * 10;

export interface SourceDepth {
  source: Source;
  start: Date;
  stages: string[];
}

/** A source as the database has it. */
export interface ExistingPlan {
  horizon: Date;
  windows: PlannedWindow[];
}

/** First instants that fit; null: not even the newest month does. */
export interface Reach {
  low: Date | null;
  likely: Date | null;
  high: Date | null;
  /** All there is fits. */
  all: boolean;
}

const costed = (windows: readonly Wanted[], known: Known) =>
  windows.map((window) => ({ ...window, cost: costOf(window, known) }));

/** How far back a database may go, in whole months and for both sources alike, so that the backfill's share holds it. */
export function reachOf(options: {
  history: readonly SourceDepth[];
  budgetMb: number;
  known: Known;
  now: Date;
}): Reach {
  const { history, budgetMb, known, now } = options;
  const windows = costed(
    history.flatMap(({ source, start }) => wantedWindows({ source, start, horizon: now, now })),
    known,
  );
  const starts = [...new Set(windows.map(({ from }) => from.getTime()))].sort((a, b) => b - a);
  const reach: Reach = { low: null, likely: null, high: null, all: false };
  const most = budgetMb * MIB * BACKFILL_SHARE;
  const held = sumUp([]);
  for (const start of starts) {
    for (const { source, cost } of windows.filter(({ from }) => from.getTime() === start))
      held[source] = sumUp([
        { source, cost: held[source] },
        { source, cost },
      ])[source];
    const size = sizeAlone(held, known);
    const fits = { low: size.high <= most, likely: size.likely <= most, high: size.low <= most };
    for (const end of ["low", "likely", "high"] as const) if (fits[end]) reach[end] = new Date(start);
    if (!fits.high) return reach;
    reach.all = fits.likely && start === starts.at(-1);
  }
  return reach;
}

export interface Hours<T> {
  hourly: T;
  quarterHourly: T;
}

export interface PreviewCost {
  releases: number;
  /** Still to be asked. */
  requests: number;
  /** What it takes in the database. */
  storedBytes: number;
  hours: Hours<number>;
}

export interface PreviewRow extends PreviewCost {
  /** `2026` or `2026-03` */
  period: string;
  bySource: Record<Source, PreviewCost>;
  /** A database that holds everything from here on. */
  sizeFromHere: number;
}

export const CHANGES = ["insert", "extend", "reopen", "resume", "restore", "cancel", "change"] as const;
type Change = (typeof CHANGES)[number];

export interface SourceChanges {
  source: Source;
  windows: Record<Change, string[]>;
  /** What was read before and is not asked for again. */
  requestsSaved: number;
  /** What was planned and is asked for no more. */
  requestsDropped: number;
}

export interface Preview {
  starts: Record<Source, Date>;
  rows: PreviewRow[];
  bySource: Record<Source, PreviewCost>;
  releases: Range;
  /** Still to be asked, and how long that takes. */
  requests: Range;
  hours: Hours<Range>;
  /** A database that holds just this. */
  size: Range;
  /** New notices, as the last thirty days have them. */
  bytesPerMonth: number;
  /** With a database: what this would change, and its size when all of it is read. */
  changes: SourceChanges[] | null;
  whenDone: Range | null;
}

export interface PreviewOptions {
  depths: readonly SourceDepth[];
  known: Known;
  pace: { requestsPerMinute: number; runBudgetSeconds: number };
  by: "month" | "year";
  now: Date;
  existing: Partial<Record<Source, ExistingPlan>>;
}

export function preview(options: PreviewOptions): Preview {
  const { depths, known, pace, by, now, existing } = options;
  const sources = depths.map((depth) => planOf(depth, { known, now, existing: existing[depth.source] }));
  const windows = sources.flatMap(({ costs }) => costs);
  const left = sources.flatMap((one) => one.left);
  const toAsk = sumUp(left.map((part) => ({ source: part.source, cost: costOfPart(part, known) })));
  const requests = rangeOf(toAsk, "requests", known);
  const hours = (runsPerHour: number): Range => {
    const likely = hoursFor({ bySource: toAsk }, requestsPerHour({ ...pace, runsPerHour }));
    const scale = (to: number) => (requests.likely > 0 ? (likely * to) / requests.likely : 0);
    return { low: scale(requests.low), likely, high: scale(requests.high) };
  };
  const all = sumUp(windows);
  const planned = SOURCES.some((source) => existing[source]);
  const lastMonth = depths.map(({ source }) =>
    costOf({ source, from: new Date(now.getTime() - 30.44 * DAY_MS), to: now }, known),
  );
  return {
    starts: startsOf(depths),
    rows: rowsOf({ windows, left, known, pace, by }),
    bySource: costsOf({ held: all, ask: toAsk, pace }),
    releases: rangeOf(all, "releases", known),
    requests,
    hours: bothCrons(hours),
    size: sizeAlone(all, known),
    bytesPerMonth: lastMonth.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    changes: planned ? sources.map(({ changes }) => changes) : null,
    whenDone: known.storage ? forecast(left, known).storedBytes : null,
  };
}

function startsOf(depths: readonly SourceDepth[]): Record<Source, Date> {
  const of = (source: Source) => depths.find((depth) => depth.source === source)?.start ?? new Date(0);
  return { FIND_A_TENDER: of("FIND_A_TENDER"), CONTRACTS_FINDER: of("CONTRACTS_FINDER") };
}

type Costed = Wanted & { cost: Cost };
type Left = Part & { period: string };

/** One source: what its windows hold, what is left to ask, and what changes. */
function planOf(
  { source, start, stages }: SourceDepth,
  context: { known: Known; now: Date; existing: ExistingPlan | undefined },
): { costs: Costed[]; left: Left[]; changes: SourceChanges } {
  const { known, now, existing } = context;
  const wanted = wantedWindows({ source, start, horizon: existing?.horizon ?? now, now });
  const before = existing?.windows ?? [];
  const { insert, moves } = comparePlan({ wanted, existing: before, start, stages, now });
  const moved = new Map(moves.map((move) => [move.window._id, move]));
  const after = [...before.map((window) => ({ ...window, ...moved.get(window._id)?.set })), ...insert].filter(
    ({ status }) => status !== "cancelled",
  );
  const read = new Map(after.filter(({ doneAt }) => doneAt).map((window) => [window.month, window.counts]));
  const costs = wanted.map((window) => {
    const cost = costOf(window, known);
    return { ...window, cost: { ...cost, releases: read.get(window.month)?.releases ?? cost.releases } };
  });
  const left = after
    .filter(({ status }) => status !== "done")
    .map((window) => ({
      source,
      from: window.from,
      to: window.to,
      share: unread(window),
      period: window.month,
    }));
  return { costs, left, changes: { source, ...changesOf(insert, moves, known) } };
}

function changesOf(
  insert: readonly PlannedWindow[],
  moves: readonly Move[],
  known: Known,
): Omit<SourceChanges, "source"> {
  const kinds = moves.map((move) => ({ kind: kindOf(move), window: move.window }));
  const of = (kind: Change) => kinds.filter((one) => one.kind === kind).map(({ window }) => window);
  const ids = (kind: Change) => of(kind).map(({ _id }) => _id);
  const requests = (windows: PlannedWindow[], each: (window: PlannedWindow) => number) =>
    Math.round(windows.reduce((sum, window) => sum + each(window), 0));
  return {
    windows: {
      insert: insert.map(({ _id }) => _id),
      ...{ extend: ids("extend"), reopen: ids("reopen"), resume: ids("resume") },
      ...{ restore: ids("restore"), cancel: ids("cancel"), change: ids("change") },
    },
    requestsSaved: requests(
      [...of("restore"), ...of("extend"), ...of("resume")],
      ({ counts }) => counts.requests,
    ),
    requestsDropped: requests(of("cancel"), (window) => costOf(window, known).requests * unread(window)),
  };
}

function kindOf({ window, set }: Move): Change {
  if (set.status === "cancelled") return "cancel";
  if (set.status === "done") return "restore";
  if (set.to && set.to > window.to) return "reopen";
  if (set.from && set.from < window.from) return "extend";
  return window.status === "cancelled" ? "resume" : "change";
}

/** Newest first. */
function rowsOf(options: {
  windows: readonly Costed[];
  left: readonly Left[];
  known: Known;
  pace: PreviewOptions["pace"];
  by: "month" | "year";
}): PreviewRow[] {
  const { windows, left, known, pace, by } = options;
  const period = (month: string) => (by === "year" ? month.slice(0, 4) : month);
  const periods = [...new Set(windows.map(({ from }) => period(monthOf(from))))].sort().reverse();
  return periods.map((name) => {
    const own = sumUp(windows.filter(({ month }) => period(month) === name));
    const ask = sumUp(
      left
        .filter((part) => period(part.period) === name)
        .map((part) => ({ source: part.source, cost: costOfPart(part, known) })),
    );
    const fromHere = sumUp(windows.filter(({ month }) => period(month) >= name));
    const bySource = costsOf({ held: own, ask, pace });
    const sum = (what: "releases" | "requests" | "storedBytes") =>
      SOURCES.reduce((total, source) => total + bySource[source][what], 0);
    return {
      period: name,
      ...{ releases: sum("releases"), requests: sum("requests"), storedBytes: sum("storedBytes") },
      hours: bothCrons((runsPerHour) =>
        hoursFor({ bySource: ask }, requestsPerHour({ ...pace, runsPerHour })),
      ),
      bySource,
      sizeFromHere: sizeAlone(fromHere, known).likely,
    };
  });
}

type Costs = Forecast["bySource"];

/** Each source by itself. */
function costsOf(options: {
  held: Costs;
  ask: Costs;
  pace: PreviewOptions["pace"];
}): Record<Source, PreviewCost> {
  const { held, ask, pace } = options;
  const of = (source: Source): PreviewCost => ({
    releases: held[source].releases,
    requests: ask[source].requests,
    storedBytes: held[source].storedBytes,
    hours: bothCrons((runsPerHour) => ask[source].requests / requestsPerHour({ ...pace, runsPerHour })),
  });
  return { FIND_A_TENDER: of("FIND_A_TENDER"), CONTRACTS_FINDER: of("CONTRACTS_FINDER") };
}

const bothCrons = <T>(hours: (runsPerHour: number) => T): Hours<T> => ({
  hourly: hours(1),
  quarterHourly: hours(4),
});

export interface TierReach {
  tier: Tier;
  sizeMb: number;
  counts: string;
  budgetMb: number;
  reach: Record<StoreRaw, Reach>;
}

export function tierReaches(options: {
  history: readonly SourceDepth[];
  known: Known;
  now: Date;
}): TierReach[] {
  const { history, known, now } = options;
  const tiers: Tier[] = ["M0", "FLEX", "M10"];
  return tiers.map((tier) => {
    const budgetMb = budgetFor(tier);
    const reach = (storeRaw: StoreRaw) =>
      reachOf({ history, budgetMb, known: { ...known, storeRaw, readWith: known.storeRaw }, now });
    return {
      ...{ tier, budgetMb, ...TIERS[tier] },
      reach: { none: reach("none"), gzip: reach("gzip"), full: reach("full") },
    };
  });
}
