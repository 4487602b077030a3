// Which windows a source should have, and what to change to get there. Pure: settings and documents in, moves out.
import { createHash } from "node:crypto";
import type { SyncWindow, WindowCounts } from "../terms/documents.ts";
import {
  boundaryAtOrAfter,
  type LondonTime,
  type Month,
  monthOf,
  monthStart,
  nextMonth,
  toLondon,
} from "../terms/london-time.ts";
import type { LaneProgress, Source } from "../terms/window.ts";

/** A month is over for the plan when its last rows have had time to appear: a few minutes more than the delta's margin. */
const SETTLED_AFTER_MS = 10 * 60_000;

export interface Wanted {
  source: Source;
  month: Month;
  from: Date;
  to: Date;
}

/**
 * The windows of `[start, horizon)`, and of every later month that is over. The horizon's own month ends at the
 * horizon until it is over and is whole from then on.
 */
export function wantedWindows(options: { source: Source; start: Date; horizon: Date; now: Date }): Wanted[] {
  const { source, start, horizon, now } = options;
  const wanted: Wanted[] = [];
  for (let month = monthOf(start); ; month = nextMonth(month)) {
    const begin = monthStart(month);
    const end = monthStart(nextMonth(month));
    const over = end.getTime() + SETTLED_AFTER_MS <= now.getTime();
    if (!over && begin >= horizon) return wanted;
    const from = begin < start ? start : begin;
    const to = over || end <= horizon ? end : horizon;
    if (from < to) wanted.push({ source, month, from, to });
    if (!over) return wanted;
  }
}

/** The first upper bound of a lane: the last second of the window. */
export function topOf(to: Date): LondonTime {
  return boundaryAtOrAfter(toLondon(new Date(to.getTime() - 1)));
}

export function freshLanes(stages: string[], to: Date): LaneProgress[] {
  return stages.map((stage) => ({ stage, frontier: topOf(to), done: false }));
}

export const NO_COUNTS: WindowCounts = { requests: 0, releases: 0, byTag: {}, quarantined: 0, bytes: 0 };

type Change = Partial<Omit<SyncWindow, "_id" | "source" | "month" | "plannedAt">>;

export interface Move {
  /** As it was read: the update applies only to a window that is still so. */
  window: SyncWindow;
  change: Change;
}

export interface Difference {
  insert: SyncWindow[];
  moves: Move[];
}

/** What to insert and what to change so that `existing` becomes `wanted`. Empty when nothing has changed. */
export function comparePlan(options: {
  wanted: Wanted[];
  existing: SyncWindow[];
  stages: string[];
  now: Date;
}): Difference {
  const { wanted, existing, stages, now } = options;
  const before = new Map(existing.map((window) => [window.month, window]));
  const wantedMonths = new Set<string>(wanted.map(({ month }) => month));
  const insert: SyncWindow[] = [];
  const moves: Move[] = [];
  for (const one of wanted) {
    const window = before.get(one.month);
    if (!window) insert.push(newWindow(one, stages, now));
    else {
      const change = changeFor(window, one, stages);
      if (change) moves.push({ window, change });
    }
  }
  for (const window of existing) {
    if (!wantedMonths.has(window.month) && window.status !== "cancelled") {
      moves.push({ window, change: { status: "cancelled", claim: null } });
    }
  }
  return { insert, moves };
}

function newWindow(one: Wanted, stages: string[], now: Date): SyncWindow {
  return {
    _id: `${one.source}/${one.month}`,
    source: one.source,
    month: one.month,
    from: one.from,
    to: one.to,
    status: "pending",
    lanes: freshLanes(stages, one.to),
    claim: null,
    attempts: 0,
    retryAt: null,
    lastError: null,
    counts: NO_COUNTS,
    proof: null,
    drift: [],
    unproven: [],
    plannedAt: now,
    startedAt: null,
    doneAt: null,
    verifiedAt: null,
  };
}

function changeFor(window: SyncWindow, wanted: Wanted, stages: string[]): Change | null {
  const wasDone =
    window.status === "done" || (window.status === "cancelled" && window.lanes.every((lane) => lane.done));
  if (wanted.to > window.to) {
    // The horizon's own month is over: once more, whole, because its last hours were read while they were fresh.
    const from = earlierOf(wanted.from, window.from);
    return { ...reopened, from, to: wanted.to, lanes: freshLanes(stages, wanted.to), counts: NO_COUNTS };
  }
  if (wanted.from < window.from) {
    // Only what it lacks is read: every lane goes on below what it has reached.
    const start = toLondon(wanted.from);
    const lanes = window.lanes.map((lane) => ({ ...lane, done: lane.frontier <= start }));
    return { ...reopened, from: wanted.from, lanes };
  }
  if (window.status === "cancelled")
    return wasDone ? { status: "done" } : { status: "pending", attempts: 0, retryAt: null };
  if (wasDone || window.status === "running") return null;
  const change: Change = {};
  if (wanted.from > window.from) change.from = wanted.from;
  const lanes = lanesFor(window, stages);
  if (lanes) change.lanes = lanes;
  return Object.keys(change).length > 0 ? change : null;
}

const reopened = {
  status: "pending",
  claim: null,
  attempts: 0,
  retryAt: null,
  proof: null,
  verify: null,
  doneAt: null,
  verifiedAt: null,
} as const satisfies Change;

/** The lanes after a change of FAT_STAGES or CF_STAGES: what was read stays read, new stages start at the top. */
function lanesFor(window: SyncWindow, stages: string[]): LaneProgress[] | null {
  const same =
    window.lanes.length === stages.length && window.lanes.every((lane, at) => lane.stage === stages[at]);
  if (same) return null;
  const read = new Map(window.lanes.map((lane) => [lane.stage, lane]));
  return freshLanes(stages, window.to).map((lane) => read.get(lane.stage) ?? lane);
}

function earlierOf(a: Date, b: Date): Date {
  return a < b ? a : b;
}

/** Changes exactly when the wanted windows or their lanes change. */
export function planHash(wanted: Wanted[], stages: string[]): string {
  const text = wanted.map(({ month, from, to }) => `${month} ${from.toISOString()} ${to.toISOString()}`);
  return createHash("sha256")
    .update([stages.join(","), ...text].join("\n"))
    .digest("hex")
    .slice(0, 16);
}
