// `noticeGaps`: numbers of a yearly sequence that no page has carried, and by what each was settled.
import { millisecondsInDay as DAY_MS, millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Database } from "../platform/database.ts";
import type { NoticeGap } from "../terms/documents.ts";

/** Notes numbers that stored ones leave out; what has been settled already stays as it is. */
export async function noteAbsent(db: Database, windowId: string, ids: readonly string[]): Promise<void> {
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

const CONFIRMED_AFTER_MS = 25 * DAY_MS; // looked at once more a month later, give or take the schedule

/** What came is found, what did not come was never published; one that was absent a month ago too is confirmed. */
export async function settleGaps(
  db: Database,
  options: {
    found: readonly string[];
    absent: readonly string[];
    settledBy: NonNullable<NoticeGap["settledBy"]>;
    at: Date;
  },
): Promise<void> {
  const { found, absent, settledBy, at } = options;
  const since = new Date(at.getTime() - CONFIRMED_AFTER_MS);
  const never = { outcome: "never published" as const };
  const operations = [
    ...found.map((_id) => ({
      updateOne: {
        filter: { _id },
        update: { $set: { outcome: "found" as const, settledBy, askedAt: at, retryAt: null } },
      },
    })),
    ...absent.flatMap((_id) => [
      {
        updateOne: {
          filter: { _id, ...never, askedAt: { $lte: since } },
          update: { $set: { confirmedAt: at } },
        },
      },
      {
        updateOne: {
          filter: { _id, outcome: { $ne: "never published" as const } },
          update: { $set: { ...never, settledBy, askedAt: at, retryAt: null } },
        },
      },
    ]),
  ];
  if (operations.length > 0) await db.noticeGaps.bulkWrite(operations, { ordered: true });
}

/** Numbers noted for this window that are neither found nor known to be never published. */
export async function unsettledOf(db: Database, windowId: string): Promise<string[]> {
  const open = { windowId, outcome: "absent" as const };
  return (await db.noticeGaps.find(open, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id);
}

/** Answers so far that settled nothing. */
export async function attemptsAt(db: Database, id: string): Promise<number> {
  return (await db.noticeGaps.findOne({ _id: id }))?.attempts ?? 0;
}

/** One that always fails keeps no other waiting. */
export async function leastAskedFirst(db: Database, ids: readonly string[]): Promise<string[]> {
  if (ids.length < 2) return [...ids];
  const gaps = await db.noticeGaps
    .find({ _id: { $in: [...ids] } }, { projection: { attempts: 1 } })
    .toArray();
  const attempts = new Map(gaps.map((gap) => [gap._id, gap.attempts ?? 0]));
  return [...ids].sort((a, b) => (attempts.get(a) ?? 0) - (attempts.get(b) ?? 0));
}

const RETRY_MS = { first: HOUR_MS, most: 7 * DAY_MS };

/** No answer settled it: it stays open, and is asked for again after a growing pause. */
export async function noteOpen(
  db: Database,
  { id, at, why }: { id: string; at: Date; why: string },
): Promise<void> {
  const attempts = (await attemptsAt(db, id)) + 1;
  const retryAt = new Date(at.getTime() + Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** (attempts - 1)));
  await db.noticeGaps.updateOne(
    { _id: id },
    { $set: { outcome: "absent", attempts, retryAt, askedAt: at, lastError: why.slice(0, 500) } },
  );
}

/** Whether the window has numbers that were settled as never published and have not been looked at once more. */
export async function hasUnconfirmedGaps(db: Database, windowId: string): Promise<boolean> {
  const unconfirmed = { windowId, outcome: "never published" as const, confirmedAt: { $exists: false } };
  return (await db.noticeGaps.findOne(unconfirmed, { projection: { _id: 1 } })) !== null;
}
