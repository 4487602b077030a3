// The one state machine: every status of a window and every move between them. Each update names from and to by
// `statusTo`, so that a move which is not in the table does not compile.
import type { LondonTime } from "./london-time.ts";

export const WINDOW_STATUSES = ["pending", "running", "done", "failed", "deferred", "cancelled"] as const;
export type WindowStatus = (typeof WINDOW_STATUSES)[number];

export const WINDOW_MOVES = {
  pending: ["running", "failed", "deferred", "cancelled"], // failed: the claim that would be one attempt too many
  running: ["running", "pending", "done", "failed", "cancelled"], // running: the lease expired, claimed anew
  done: ["pending", "cancelled"], // pending: reopened (T0's own month when it is over, a start moved back)
  failed: ["pending", "cancelled"], // pending: after a day, or by hand
  deferred: ["pending", "cancelled"], // pending: there is room now
  cancelled: ["pending", "done"], // the start moved back; done: what was read is not read again
} as const satisfies Record<WindowStatus, readonly WindowStatus[]>;

/** The statuses from which a window may come to this one. */
type CameFrom<To extends WindowStatus> = {
  [From in WindowStatus]: To extends (typeof WINDOW_MOVES)[From][number] ? From : never;
}[WindowStatus];

/** The status that an update sets, on windows whose status is one of `from`: its filter has to see to that. */
export const statusTo = <const To extends WindowStatus>(to: To, _from: readonly CameFrom<To>[]): To => to;

/** Claims without any progress between them before a window is failed. */
export const ATTEMPTS_MAX = 8;
/** From this attempt on a window waits until none is due that has had fewer: months that fail starve no other. */
export const PATIENT_ATTEMPTS = 3;

/** A source by its id. Which there are, src/sources/index.ts says; a database may know more than are switched on. */
export type Source = string;

/** The lane that asks without a `stages` filter. */
export const ALL_STAGES = "all";

/**
 * `time`: keyset pagination, newest first. `slices`: only pages that are not full count, because this lane's pages
 * have broken their order once.
 */
export const LANE_MODES = ["time", "slices"] as const;
export type LaneMode = (typeof LANE_MODES)[number];

/** How far one lane of a window (or the delta) has been read: everything from `frontier` up is here. */
export interface LaneProgress {
  stage: string;
  frontier: LondonTime;
  done: boolean;
  mode?: LaneMode | undefined;
  /** Length of the next question, where a longer one could not be answered. */
  spanSeconds?: number | undefined;
  /** Keys of the rows that the next page repeats: what keeps the counts of distinct releases right. */
  seen?: string[] | undefined;
}
