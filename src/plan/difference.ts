// Which windows a source should have, and what to change to get there. Pure: settings and documents in, moves out.
import { createHash } from "node:crypto";
import type { SyncWindow, WindowCounts } from "../terms/documents.ts";
import {
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  type LondonTime,
  later,
  type Month,
  monthOf,
  monthStart,
  nextMonth,
  toLondon,
} from "../terms/london-time.ts";
import {
  ALL_STAGES,
  ATTEMPTS_MAX,
  type LaneProgress,
  PATIENT_ATTEMPTS,
  type Source,
  statusTo,
} from "../terms/window.ts";

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

/**
 * What becomes of one window. The cases in their order, each of which supposes that those above do not hold:
 *   its end moved (T0's own month is over)    once more, whole: its last hours were read while they were fresh
 *   its start moved back                      pending; every lane goes on below what it has reached
 *   done, and its lanes cover what is wanted  stays done, or becomes done again where it was cancelled
 *   done, and they do not                     pending, for the lanes that it lacks; its proof is gone
 *   cancelled                                 pending
 *   anything else                             takes over start and lanes; a holder is let go
 */
function moveFor(window: PlannedWindow, wanted: Wanted, stages: string[]): Move | null {
  const { from, to } = wanted;
  const start = boundaryAtOrBefore(toLondon(from));
  if (to > window.to) {
    const whole = { lanes: freshLanes(stages, to), ...NOTHING_READ, attempts: attemptsKept(window) };
    return { window, set: { ...reopened, from, to, ...whole }, unset: [...HOLDERS_DATA, "forecast"] };
  }
  const { lanes, again } = wantedLanes(window, stages);
  const set: Change = { lanes: lanes.map((lane) => ({ ...lane, done: isRead(lane, start, stages) })) };
  if (again) Object.assign(set, NOTHING_READ);
  const unset: Move["unset"] = again ? [...HOLDERS_DATA, "forecast"] : ["forecast"];
  if (from < window.from)
    return { window, set: { ...reopened, from, ...set, attempts: attemptsKept(window) }, unset };
  const kept = later(start, boundaryAtOrBefore(toLondon(window.from)));
  if (window.doneAt && stages.every((stage) => covers(window, stage, kept)))
    return window.status === "cancelled"
      ? { window, set: { status: statusTo("done", ["cancelled"]) }, unset: [] }
      : null;
  if (window.doneAt) return { window, set: { ...reopened, verify: null, ...set }, unset };
  const changed: Change = {
    ...(from > window.from ? { from } : {}),
    ...(sameLanes(lanes, window.lanes) ? {} : { lanes, ...(again ? NOTHING_READ : {}) }),
  };
  const unsetHere = "from" in changed || again ? unset : [];
  if (window.status === "cancelled")
    return {
      window,
      set: {
        status: statusTo("pending", ["cancelled"]),
        attempts: attemptsKept(window),
        retryAt: null,
        ...changed,
      },
      unset: unsetHere,
    };
  if (Object.keys(changed).length === 0) return null;
  // A holder is let go: it would go on with what is no longer wanted.
  const letGo = window.status === "running" ? { status: statusTo("pending", ["running"]), claim: null } : {};
  return { window, set: { ...changed, ...letGo }, unset: unsetHere };
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

/** Settings that change again and again would otherwise hide for ever that a month cannot be read. */
const attemptsKept = ({ attempts }: PlannedWindow) =>
  attempts >= ATTEMPTS_MAX ? PATIENT_ATTEMPTS : attempts;

export const NOTHING_READ = {
  counts: NO_COUNTS,
  unproven: [],
  adding: [],
  verify: null,
} as const satisfies Change;
const HOLDERS_DATA = ["publishedSeconds", "numbers"] as const;

/** Whether what was read of the window, down to `start`, holds this stage's rows. The lane `all` holds every stage's. */
function covers({ lanes }: Pick<SyncWindow, "lanes">, stage: string, start: LondonTime): boolean {
  return lanes.some((lane) => (lane.stage === stage || lane.stage === ALL_STAGES) && lane.frontier <= start);
}

/** A lane that nobody wants any more is as good as read. */
function isRead(lane: LaneProgress, start: LondonTime, stages: string[]): boolean {
  return lane.frontier <= start || (lane.done && !stages.includes(lane.stage) && lane.stage !== ALL_STAGES);
}

/**
 * The lanes of a window once the stages that are set have changed. A lane that has begun stays, wanted or not: two Workers
 * with different settings would otherwise undo each other's work for ever. A new one begins at the top, since nobody
 * has looked for its rows. `again`: the new lane is `all`, which reads what the others have read, so all is counted again.
 */
export function wantedLanes(
  { lanes, to }: Pick<SyncWindow, "lanes" | "to">,
  stages: string[],
): { lanes: LaneProgress[]; again: boolean } {
  const top = topOf(to);
  const begun = lanes.filter((lane) => lane.done || lane.frontier < top);
  if (begun.some(({ stage }) => stage === ALL_STAGES)) return { lanes: begun, again: false };
  const fresh = stages
    .filter((stage) => !begun.some((lane) => lane.stage === stage))
    .map((stage) => lanes.find((lane) => lane.stage === stage) ?? { stage, frontier: top, done: false });
  if (begun.length > 0 && stages.includes(ALL_STAGES))
    return { lanes: freshLanes([ALL_STAGES], to), again: true };
  const all = [...begun, ...fresh];
  const place = ({ stage }: LaneProgress) => (stages.includes(stage) ? stages.indexOf(stage) : stages.length);
  return { lanes: all.sort((a, b) => place(a) - place(b)), again: false };
}

function sameLanes(some: LaneProgress[], others: LaneProgress[]): boolean {
  return some.length === others.length && some.every((lane, index) => lane.stage === others[index]?.stage);
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
