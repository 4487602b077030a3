// Before contracts older than a start are deleted, their windows no longer count as read: moving the start back later
// fetches them again. The windows come first, so that a prune that stops halfway has deleted nothing that counts as read.
import type { AnyBulkWriteOperation } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { type LondonTime, later, toLondon } from "../terms/london-time.ts";
import { type Source, statusTo } from "../terms/window.ts";
import { freshLanes, NO_COUNTS, type PlannedWindow } from "./difference.ts";

/** What a window's contracts between its beginning and the start add up to: no longer its own. */
export type Pruned = Pick<SyncWindow["counts"], "releases" | "bytes" | "byTag">;

export interface OldWindows {
  /** Entirely before the start. */
  whole: PlannedWindow[];
  /** The one that the start cuts in two. */
  cut: PlannedWindow | null;
}

/** The windows that have something before `start`. */
export async function windowsBefore(db: Database, source: Source, start: Date): Promise<OldWindows> {
  const projection = { publishedSeconds: 0, numbers: 0 };
  const old = await db.syncWindows
    .find({ source, from: { $lt: start } }, { projection, sort: { from: 1 } })
    .toArray();
  const whole = old.filter(({ to }) => to <= start);
  return { whole, cut: old.find(({ to }) => to > start) ?? null };
}

/**
 * Whoever holds one of them is let go. Done twice it changes nothing more.
 * @throws Error when the window that is cut has changed since it was read
 */
export async function forgetBefore(
  db: Database,
  { windows: { whole, cut }, start, pruned }: { windows: OldWindows; start: Date; pruned: Pruned },
): Promise<void> {
  const writes = [...whole.map(forgotten), ...(cut ? [shortened(cut, start, pruned)] : [])];
  if (writes.length === 0) return;
  const { matchedCount } = await db.syncWindows.bulkWrite(writes, { ordered: false });
  if (matchedCount < writes.length)
    throw new Error("A window changed while it was read, and no contract was deleted. Run prune once more.");
}

/** Without a trace, which takes no room: a start that moves back plans them anew. */
export async function dropWindows(db: Database, windows: readonly PlannedWindow[]): Promise<void> {
  await db.syncWindows.deleteMany({ _id: { $in: windows.map(({ _id }) => _id) } });
}

function forgotten({ _id, lanes, to }: PlannedWindow): AnyBulkWriteOperation<SyncWindow> {
  const stages = lanes.map(({ stage }) => stage);
  return {
    updateOne: {
      filter: { _id },
      update: {
        $set: {
          ...{
            status: statusTo("cancelled", ["pending", "running", "done", "failed", "deferred"]),
            claim: null,
            attempts: 0,
            retryAt: null,
            lastError: null,
          },
          ...{ lanes: freshLanes(stages, to), counts: NO_COUNTS, proof: null, drift: [], unproven: [] },
          ...{ verify: null, startedAt: null, doneAt: null, verifiedAt: null },
        },
        $unset: { publishedSeconds: 1, numbers: 1, forecast: 1, alarms: 1, adding: 1 },
      },
    },
  };
}

/** What lies after the start stays read; below it every lane begins anew. */
function shortened(window: PlannedWindow, start: Date, pruned: Pruned): AnyBulkWriteOperation<SyncWindow> {
  const { _id, from, status, counts, verify } = window;
  const floor: LondonTime = toLondon(start);
  const lanes = window.lanes.map(({ seen: _, ...lane }) => ({
    ...lane,
    frontier: later(lane.frontier, floor),
  }));
  const less = (of: number, by: number) => Math.max(0, of - by);
  const byTag = Object.fromEntries(
    Object.entries(counts.byTag).map(([tag, times]) => [tag, less(times, pruned.byTag[tag] ?? 0)]),
  );
  const left = {
    ...counts,
    byTag,
    releases: less(counts.releases, pruned.releases),
    bytes: less(counts.bytes, pruned.bytes),
  };
  return {
    updateOne: {
      filter: { _id, from, status, lanes: window.lanes },
      update: {
        $set: {
          ...{ status: status === "running" ? statusTo("pending", ["running"]) : status, claim: null },
          ...{ from: start, lanes, counts: left },
          ...(verify ? { verify: { ...verify, frontier: later(verify.frontier, floor) } } : {}),
        },
        $unset: { forecast: 1 },
      },
    },
  };
}
