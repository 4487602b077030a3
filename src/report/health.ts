// `/healthz`: well or not, and nothing else. Open to everybody.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Filter } from "mongodb";
import type { Database } from "../platform/database.ts";
import { BAD_ENDS, type SyncRun } from "../terms/documents.ts";

/** Three hourly ticks: by then a run must have succeeded, and the delta must have caught up. */
export const HEALTHY_MS = 3 * HOUR_MS;

/** A run in which at least one source came to a good end: what is wrong with the other is told as that source's. */
export const GOOD_RUN: Filter<SyncRun> = {
  sources: { $elemMatch: { endedBy: { $nin: [...BAD_ENDS] } } },
};

export interface Pulse {
  now: Date;
  lastGoodRunAt: Date | null;
  firstRunAt: Date | null;
  /** Delta frontiers of the sources that are not paused. */
  syncedTo: Date[];
}

/** The first run has three hours to succeed; before it has begun nothing has gone wrong (`doctor` asks whether the cron fires). */
export function isWell({ now, lastGoodRunAt, firstRunAt, syncedTo }: Pulse): boolean {
  const marks = [lastGoodRunAt ?? firstRunAt ?? now, ...syncedTo];
  return marks.every((mark) => now.getTime() - mark.getTime() <= HEALTHY_MS);
}

export async function health(db: Database, now: Date): Promise<boolean> {
  const projection = { startedAt: 1 };
  const [good, first, jobs] = await Promise.all([
    db.syncRuns.findOne(GOOD_RUN, { sort: { startedAt: -1 }, projection }),
    db.syncRuns.findOne({}, { sort: { startedAt: 1 }, projection }),
    db.syncJobs.find({ paused: { $ne: true } }, { projection: { lastSyncedDate: 1 } }).toArray(),
  ]);
  const syncedTo = jobs.map(({ lastSyncedDate }) => lastSyncedDate);
  return isWell({
    now,
    lastGoodRunAt: good?.startedAt ?? null,
    firstRunAt: first?.startedAt ?? null,
    syncedTo,
  });
}
