// `/healthz`: well or not, and nothing else. Open to everybody.
import type { Database } from "../platform/database.ts";

const RUN_AGE_MS_MAX = 3 * 3_600_000; // three hourly ticks

/** Well: a run has ended without an error within three hours, or the first has not had the time yet. */
export async function health(db: Database, now: Date): Promise<boolean> {
  const since = new Date(now.getTime() - RUN_AGE_MS_MAX);
  const good = await db.syncRuns.findOne(
    { startedAt: { $gte: since }, outcome: { $in: ["done", "deadline"] } },
    { projection: { _id: 1 } },
  );
  if (good) return true;
  const older = await db.syncRuns.findOne({ outcome: { $ne: "running" } }, { projection: { _id: 1 } });
  return older === null;
}
