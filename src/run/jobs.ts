// The state of a source between invocations, in `syncJobs`; run/ alone writes it, the delta its own walk.
import type { Database } from "../platform/database.ts";
import { BAD_ENDS, type SyncJob } from "../terms/documents.ts";
import { logEntry, readEntry } from "../terms/trouble.ts";
import type { Source } from "../terms/window.ts";
import type { SourceReport } from "./context.ts";

const ERRORS_KEPT = 100;

/** The source's job; made with its horizon T0 = now when the source is first planned, and frozen from then on. */
export async function openJob(db: Database, source: Source, now: Date): Promise<SyncJob> {
  const fresh: Omit<SyncJob, "_id"> = {
    source,
    status: "backfilling",
    horizon: now,
    lastSyncedDate: now,
    deltaWalk: null,
    totalFetched: 0,
    lastRunAt: null,
    lastRunFetched: 0,
    lastRunErrors: 0,
    errorLog: [],
    lastError: null,
    planHash: null,
    paused: false,
    createdAt: now,
    updatedAt: now,
  };
  const job = await db.syncJobs.findOneAndUpdate(
    { _id: source },
    { $setOnInsert: fresh },
    { upsert: true, returnDocument: "after" },
  );
  if (!job) throw new Error(`syncJobs: ${source} was neither found nor made`);
  return job;
}

/** Notes that the plan stands; when another invocation has planned meanwhile, the next one compares anew. */
export async function notePlan(
  db: Database,
  source: Source,
  { before, after }: { before: string | null; after: string | null },
): Promise<void> {
  const noted = await db.syncJobs.updateOne({ _id: source, planHash: before }, { $set: { planHash: after } });
  if (noted.matchedCount === 0) await db.syncJobs.updateOne({ _id: source }, { $set: { planHash: null } });
}

/** A source's reader has everything up to this instant; it never goes back. */
export async function noteSynced(db: Database, source: Source, until: Date): Promise<void> {
  await db.syncJobs.updateOne(
    { _id: source },
    { $max: { lastSyncedDate: until }, $currentDate: { updatedAt: true } },
  );
}

/** What this invocation did for the source, and where the source stands now. */
export async function closeJob(db: Database, report: SourceReport, now: Date): Promise<void> {
  const { source, releases, errors, endedBy } = report;
  const open = await db.syncWindows.findOne(
    { source, status: { $in: ["pending", "running", "failed"] } },
    { projection: { _id: 1 } },
  );
  const status = BAD_ENDS.includes(endedBy) ? "error" : open ? "backfilling" : "syncing";
  const entries = errors.map((text) => logEntry(now, text));
  const lastError = readEntry(entries.at(-1));
  await db.syncJobs.updateOne(
    { _id: source },
    {
      $set: {
        status,
        lastRunAt: now,
        lastRunFetched: releases,
        lastRunErrors: errors.length,
        updatedAt: now,
        ...(lastError ? { lastError } : {}),
      },
      $inc: { totalFetched: releases },
      $push: { errorLog: { $each: entries, $slice: -ERRORS_KEPT } },
    },
  );
}

/** A paused source is left alone, delta included, until it is resumed. @returns whether it was planned before */
export async function setPaused(
  db: Database,
  { source, paused, now }: { source: Source; paused: boolean; now: Date },
): Promise<boolean> {
  const update = { $set: { paused, updatedAt: now } };
  return (await db.syncJobs.updateOne({ _id: source }, update)).matchedCount > 0;
}
