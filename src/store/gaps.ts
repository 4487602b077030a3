// The one writer of `noticeGaps`: numbers of a yearly sequence that no page has carried.
import type { Database } from "../platform/database.ts";
import type { NoticeGap } from "../terms/documents.ts";

/** Notes numbers that exact slices leave out; what has been asked for already stays as it is. */
export async function noteAbsent(db: Database, windowId: string, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.noticeGaps.bulkWrite(
    ids.map((_id) => ({
      updateOne: {
        filter: { _id },
        update: { $setOnInsert: { windowId, outcome: "absent" as const, askedAt: null } },
        upsert: true,
      },
    })),
    { ordered: false },
  );
}

/** The newest number that has not been asked for. */
export function nextAbsent(db: Database): Promise<NoticeGap | null> {
  return db.noticeGaps.findOne({ outcome: "absent" }, { sort: { windowId: -1, _id: -1 } });
}

export async function settleGap(
  db: Database,
  gap: { id: string; outcome: "never published" | "found"; askedAt: Date },
): Promise<void> {
  const { id, outcome, askedAt } = gap;
  await db.noticeGaps.updateOne({ _id: id }, { $set: { outcome, askedAt } });
}
