// The one writer of `syncRuns`: a document at the start, so that an invocation that the platform drops leaves a trace,
// and what it did at the end.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { SyncRun } from "../terms/documents.ts";

/** A run that has not ended an hour later never will: the platform gives it 15 minutes. */
const DROPPED_AFTER_MS = HOUR_MS;

/** Begins a run; those that never came to their end, or could not write it, are told as such from now on. */
export async function openRun(db: Database, id: ObjectId, startedAt: Date): Promise<void> {
  await db.syncRuns.insertOne({ _id: id, startedAt, endedAt: null, outcome: "running", sources: [] });
  await db.syncRuns.updateMany(
    { outcome: "running", startedAt: { $lt: new Date(startedAt.getTime() - DROPPED_AFTER_MS) } },
    { $set: { outcome: "dropped" } },
  );
}

export async function closeRun(
  db: Database,
  id: ObjectId,
  end: Omit<SyncRun, "_id" | "startedAt">,
): Promise<void> {
  await db.syncRuns.updateOne({ _id: id }, { $set: end });
}
