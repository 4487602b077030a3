// The one writer of `syncRuns`: a document at the start, so that an invocation that the platform drops leaves a trace,
// and what it did at the end.
import type { ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { SyncRun } from "../terms/documents.ts";

export async function openRun(db: Database, id: ObjectId, startedAt: Date): Promise<void> {
  await db.syncRuns.insertOne({ _id: id, startedAt, endedAt: null, outcome: "running", sources: [] });
}

export async function closeRun(
  db: Database,
  id: ObjectId,
  end: Omit<SyncRun, "_id" | "startedAt">,
): Promise<void> {
  await db.syncRuns.updateOne({ _id: id }, { $set: end });
}
