// Which windows a source should have, and what to change to get there. Pure: settings and documents in, moves out.
import { createHash } from "node:crypto";
import type { SyncWindow, WindowCounts } from "../terms/documents.ts";
import {
  boundaryAtOrAfter,
  type LondonTime,
  later,
  type Month,
  monthOf,
  monthStart,
  nextMonth,
  toLondon,
} from "../terms/london-time.ts";
import { type LaneProgress, type Source, statusTo } from "../terms/window.ts";

/** A month is over for the plan when its last rows have had time to appear: a few minutes more than the delta's margin. */
const SETTLED_AFTER_MS = 10 * 60_000;

export interface Wanted {
  source: Source;
  /** The part of a source that is read by itself. */
  site?: string | undefined;
  month: Month;
  from: Date;
  to: Date;
}

/**
 * The windows of `[start, horizon)`, and of every later month that is over. The horizon's own month ends at the
 * horizon until it is over and is whole from then on.
 */
export function wantedWindows(options: {
  source: Source;
  start: Date;
  horizon: Date;
  now: Date;
  /** Months that begin before it are wanted whole. */
  until?: Date;
}): Wanted[] {
  const { source, start, horizon, until, now } = options;
  const wanted: Wanted[] = [];
  for (let month = monthOf(start); ; month = nextMonth(month)) {
    const begin = monthStart(month);
    const end = monthStart(nextMonth(month));
    const over = until ? begin < until : end.getTime() + SETTLED_AFTER_MS <= now.getTime();
    if (!over && (until || begin >= horizon)) return wanted;
    const from = begin < start ? start : begin;
    const to = over || end <= horizon ? end : horizon;
    if (from < to) wanted.push({ source, month, from, to });
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

/** What the plan knows a window by. */
export type PlannedWindow = Omit<SyncWindow, "publishedSeconds" | "numbers">;

type Change = Partial<Omit<PlannedWindow, "_id" | "source" | "month" | "plannedAt" | "forecast">>;

export interface Move {
  /** As it was read: the update applies only to a window that is still so. */
  window: PlannedWindow;
  set: Change;
  /** Fields that say nothing of the window as it will be. */
  unset: readonly ("publishedSeconds" | "numbers" | "forecast")[];
}

export interface Difference {
  insert: SyncWindow[];
  moves: Move[];
}

/** What to insert and what to change so that `existing` becomes `wanted`. Empty when nothing has changed. */
export function comparePlan(options: {
  wanted: Wanted[];
  existing: PlannedWindow[];
  start: Date;
  stages: string[];
  now: Date;
  isDueAgain?: DueAgain;
}): Difference {
  const { wanted, existing, start, stages, now, isDueAgain } = options;
  const before = new Map(existing.map((window) => [placeOf(window), window]));
  const sites = new Set(wanted.map(({ site }) => site));
  const insert: SyncWindow[] = [];
  const moves: Move[] = [];
  for (const one of wanted) {
    const window = before.get(placeOf(one));
    const again = window?.status === "done" && isDueAgain?.(window, now) ? againFor(window, stages) : null;
    const move = again ?? (window ? moveFor(window, one, stages) : null);
    if (!window) insert.push(newWindow(one, stages, now));
    else if (move) moves.push(move);
  }
  for (const window of existing) {
    const gone = window.to <= start || (window.site !== undefined && !sites.has(window.site));
    if (gone && window.status !== "cancelled")
      moves.push({ window, set: { status: cancelled, claim: null }, unset: [] });
  }
  return { insert, moves };
}

/** What tells the windows of a source apart: `2024-03`, or `site/2024-03`. */
const placeOf = ({ site, month }: { site?: string | undefined; month: string }) =>
  site === undefined ? month : `${site}/${month}`;

/** Whether a window that is done is to be read once more: what it holds may have changed since. */
export type DueAgain = (window: Pick<SyncWindow, "to" | "doneAt">, now: Date) => boolean;

function againFor(window: PlannedWindow, stages: string[]): Move {
  const afresh = { lanes: freshLanes(stages, window.to), counts: NO_COUNTS, unproven: [] };
  return { window, set: { ...reopened, ...afresh }, unset: ["forecast"] };
}

function newWindow(one: Wanted, stages: string[], now: Date): SyncWindow {
  return {
    _id: `${one.source}/${placeOf(one)}`,
    source: one.source,
    ...(one.site === undefined ? {} : { site: one.site }),
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

function moveFor(window: PlannedWindow, wanted: Wanted, stages: string[]): Move | null {
  const { from, to } = wanted;
  if (to > window.to) {
    // The horizon's own month is over: once more, whole, because its last hours were read while they were fresh.
    const anew = { lanes: freshLanes(stages, to), counts: NO_COUNTS, unproven: [], verify: null };
    return {
      window,
      set: { ...reopened, from, to, ...anew },
      unset: ["publishedSeconds", "numbers", "forecast"],
    };
  }
  if (from < window.from) {
    // Only what it lacks is read: every lane goes on below what it has reached, and so does the verification.
    const reached = window.lanes.reduce<LondonTime>(
      (top, { frontier }) => later(top, frontier),
      toLondon(from),
    );
    const start = toLondon(from);
    const lanes = (window.doneAt ? lanesFrom(window, stages, reached) : lanesOf(window, stages)).map(
      (lane) => ({
        ...lane,
        done: lane.frontier <= start,
      }),
    );
    return { window, set: { ...reopened, from, lanes }, unset: ["forecast"] };
  }
  if (window.doneAt)
    return window.status === "cancelled"
      ? { window, set: { status: statusTo("done", ["cancelled"]) }, unset: [] }
      : null;
  const changed = { ...(from > window.from ? { from } : {}), ...changedLanes(window, stages) };
  const same = Object.keys(changed).length === 0;
  const unset = from > window.from ? (["forecast"] as const) : [];
  if (window.status === "cancelled")
    return {
      window,
      set: { status: statusTo("pending", ["cancelled"]), attempts: 0, retryAt: null, ...changed },
      unset,
    };
  if (same) return null;
  // A holder is let go: it would go on with what is no longer wanted.
  const letGo = window.status === "running" ? { status: statusTo("pending", ["running"]), claim: null } : {};
  return { window, set: { ...changed, ...letGo }, unset };
}

const cancelled = statusTo("cancelled", ["pending", "running", "done", "failed", "deferred"]);

const reopened = {
  status: statusTo("pending", ["running", "done", "failed", "deferred", "cancelled"]),
  claim: null,
  attempts: 0,
  retryAt: null,
  proof: null,
  doneAt: null,
  verifiedAt: null,
} as const satisfies Change;

/** The lanes after a change of the stages that are set: what was read stays read, new stages start at the top. */
function lanesOf(window: PlannedWindow, stages: string[]): LaneProgress[] {
  return lanesFrom(window, stages, topOf(window.to));
}

function lanesFrom({ lanes }: PlannedWindow, stages: string[], frontier: LondonTime): LaneProgress[] {
  const read = new Map(lanes.map((lane) => [lane.stage, lane]));
  return stages.map((stage) => read.get(stage) ?? { stage, frontier, done: false });
}

function changedLanes(window: PlannedWindow, stages: string[]): { lanes?: LaneProgress[] } {
  const { lanes } = window;
  const same = lanes.length === stages.length && lanes.every((lane, at) => lane.stage === stages[at]);
  return same ? {} : { lanes: lanesOf(window, stages) };
}

/**
 * Changes exactly when the wanted windows or their lanes change, and with the day: once a day everything is compared,
 * so that nothing stays wrong for long that two planners at once, or a hand in the database, have left.
 */
export function planHash(wanted: Wanted[], stages: string[], now: Date): string {
  const text = wanted.map(
    ({ from, to, ...place }) => `${placeOf(place)} ${from.toISOString()} ${to.toISOString()}`,
  );
  return createHash("sha256")
    .update([toLondon(now).slice(0, 10), stages.join(","), ...text].join("\n"))
    .digest("hex")
    .slice(0, 16);
}
