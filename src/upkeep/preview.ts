// What a choice of depth costs before it is spent: month by month, and what would change in a database that is there. Pure.

import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import {
  type Cost,
  type Costs,
  costOf,
  costOfPart,
  forecast,
  hoursFor,
  type Known,
  NO_COST,
  type Part,
  type Range,
  rangeOf,
  requestsPerHour,
  sizeAlone,
  sumUp,
} from "../forecast/cost.ts";
import { unread } from "../forecast/volumes.ts";
import {
  comparePlan,
  type Move,
  type PlannedWindow,
  type Wanted,
  wantedWindows,
} from "../plan/difference.ts";
import { monthOf } from "../terms/london-time.ts";
import type { Source } from "../terms/window.ts";

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
  const planned = Object.keys(existing).length > 0;
  const lastMonth = depths.map(({ source }) =>
    costOf({ source, from: new Date(now.getTime() - 30.44 * DAY_MS), to: now }, known),
  );
  return {
    starts: startsOf(depths),
    rows: rowsOf({ sources: idsOf(depths), windows, left, known, pace, by }),
    bySource: costsOf({ sources: idsOf(depths), held: all, ask: toAsk, pace }),
    releases: rangeOf(all, "releases", known),
    requests,
    hours: bothCrons(hours),
    size: sizeAlone(all, known),
    bytesPerMonth: lastMonth.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    changes: planned ? sources.map(({ changes }) => changes) : null,
    whenDone: known.storage ? forecast(left, known).storedBytes : null,
  };
}

const idsOf = (depths: readonly SourceDepth[]) => depths.map(({ source }) => source);

function startsOf(depths: readonly SourceDepth[]): Record<Source, Date> {
  return Object.fromEntries(depths.map(({ source, start }) => [source, start]));
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
      share: unread(window, known.volumes),
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
    requestsDropped: requests(
      of("cancel"),
      (window) => costOf(window, known).requests * unread(window, known.volumes),
    ),
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
  sources: readonly Source[];
  windows: readonly Costed[];
  left: readonly Left[];
  known: Known;
  pace: PreviewOptions["pace"];
  by: "month" | "year";
}): PreviewRow[] {
  const { sources, windows, left, known, pace, by } = options;
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
    const bySource = costsOf({ sources, held: own, ask, pace });
    const sum = (what: "releases" | "requests" | "storedBytes") =>
      Object.values(bySource).reduce((total, cost) => total + cost[what], 0);
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

/** Each source by itself. */
function costsOf(options: {
  sources: readonly Source[];
  held: Costs;
  ask: Costs;
  pace: PreviewOptions["pace"];
}): Record<Source, PreviewCost> {
  const { sources, pace } = options;
  const costs = sources.map((source): [Source, PreviewCost] => {
    const { releases, storedBytes } = options.held[source] ?? NO_COST;
    const { requests } = options.ask[source] ?? NO_COST;
    const hours = bothCrons((runsPerHour) => requests / requestsPerHour({ ...pace, runsPerHour }));
    return [source, { releases, requests, storedBytes, hours }];
  });
  return Object.fromEntries(costs);
}

const bothCrons = <T>(hours: (runsPerHour: number) => T): Hours<T> => ({
  hourly: hours(1),
  quarterHourly: hours(4),
});
