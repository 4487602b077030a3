// A meeting whose answer cannot be read waits in `quarantine`, openly, and blocks nobody; it leaves when it is read.
import type { Database } from "../../platform/database.ts";
import type { ApiError } from "../../terms/errors.ts";

export interface QuarantinedMeeting {
  /** source/site/meeting */
  _id: string;
  source: string;
  windowId: string;
  meetingId: string;
  error: ApiError;
}

/** Notes what could not be read, and lets go of what has been. */
export async function settle(
  db: Database,
  { read, broken, now }: { read?: string; broken: readonly QuarantinedMeeting[]; now: Date },
): Promise<void> {
  if (read !== undefined) await db.quarantine.deleteMany({ _id: read });
  for (const { _id, source, windowId, meetingId, error } of broken) {
    const place = error.facts.url;
    const said = { source, windowId, ocid: null, releaseId: meetingId, place, reason: error.message };
    await db.quarantine.updateOne(
      { _id },
      { $set: { ...said, rawText: "", lastSeenAt: now }, $setOnInsert: { firstSeenAt: now } },
      { upsert: true },
    );
  }
}
