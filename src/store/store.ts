// The one writer of contracts, buyers and quarantine: two round trips for a page, however often it comes.
import { BSON, MongoBulkWriteError, MongoError } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { MappedBuyer, Quarantined, SyncWindow } from "../terms/documents.ts";
import { StorageFull } from "../terms/errors.ts";
import { type LondonTime, toLondon } from "../terms/london-time.ts";
import type { Source } from "../terms/window.ts";
import { buyersRecounted, closing, contractUpsert, distinctBuyers, type Upsert } from "./statements.ts";

export interface Storing {
  upserts: Upsert[];
  /** The buyers, as each of these contracts names its own. */
  buyers: { values(): Iterable<MappedBuyer> };
}

export interface Stored {
  /** Contracts that were inserted or changed. */
  changed: number;
  inserted: number;
}

/** @throws StorageFull when the database refuses to grow; what was written before stays */
export async function storePage(db: Database, page: Storing): Promise<Stored> {
  if (page.upserts.length === 0) return { changed: 0, inserted: 0 };
  return refusalsNamed(async () => {
    const result = await db.contracts.bulkWrite(page.upserts.map(contractUpsert), { ordered: false });
    // All of the page's buyers, not just those of new contracts: a holder that vanished may have stored these contracts
    // and not their buyers.
    const ids = page.upserts.map(({ contract }) => contract._id);
    await db.db.aggregate(buyersRecounted(distinctBuyers(page.buyers.values()), ids)).toArray();
    return { changed: result.upsertedCount + result.modifiedCount, inserted: result.upsertedCount };
  });
}

/** Closes what could still be bid for when it was stored, and no longer can; an index of open notices alone finds them. */
export async function closePassed(db: Database, now: Date): Promise<number> {
  const { filter, update } = closing(now);
  return (await db.contracts.updateMany(filter, update)).modifiedCount;
}

/** Those that have never been stored: no contract, or (CF) a contract without their revision. */
export async function unknownOf(db: Database, upserts: Upsert[]): Promise<Upsert[]> {
  const ids = upserts.map(({ contract }) => contract._id);
  const known = await db.contracts.find({ _id: { $in: ids } }, { projection: { revisions: 1 } }).toArray();
  const revisions = new Map(known.map((contract) => [String(contract._id), contract.revisions ?? []]));
  return upserts.filter(({ contract, revision }) => {
    const stored = revisions.get(String(contract._id));
    return !stored || (revision !== null && !stored.includes(revision));
  });
}

/** A stored release: the newest of its notice. */
export interface StoredRelease {
  /** `ocid/releaseId`, as a row's key. */
  key: string;
  noticeId: string;
  at: LondonTime;
  /** False where its date may be another than the one it is listed under. */
  certain: boolean;
}

/** What is stored between two instants. */
export async function storedReleases(
  db: Database,
  { source, from, to }: Pick<SyncWindow, "source" | "from" | "to">,
): Promise<StoredRelease[]> {
  const contracts = db.contracts.find(
    { source, publishedDate: { $gte: from, $lt: to } },
    { projection: { ocid: 1, noticeId: 1, revisions: 1, publishedDate: 1 }, batchSize: 20_000 },
  );
  return (await contracts.toArray()).map(({ ocid, noticeId, revisions, publishedDate }) => ({
    key: `${ocid}/${revisions ? `${noticeId}-${Math.max(...revisions)}` : noticeId}`,
    noticeId,
    at: toLondon(publishedDate),
    certain: true,
  }));
}

/** Which of these notice ids stand in the database anywhere, in quarantine too. */
export async function standing(db: Database, source: Source, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const [contracts, cases] = await Promise.all([
    db.contracts.find({ source, noticeId: { $in: [...ids] } }, { projection: { noticeId: 1 } }).toArray(),
    db.quarantine.find({ source, releaseId: { $in: [...ids] } }, { projection: { releaseId: 1 } }).toArray(),
  ]);
  const releaseIds = cases.flatMap(({ releaseId }) => (releaseId === null ? [] : [releaseId]));
  return new Set([...contracts.map(({ noticeId }) => noticeId), ...releaseIds]);
}

/** Keeps what could not be stored, with its text and the reason. */
export async function quarantine(
  db: Database,
  cases: Omit<Quarantined, "firstSeenAt" | "lastSeenAt">[],
  now: Date,
): Promise<void> {
  if (cases.length === 0) return;
  await refusalsNamed(() =>
    db.quarantine.bulkWrite(
      cases.map(({ _id, ...facts }) => ({
        updateOne: {
          filter: { _id },
          update: { $set: { ...facts, lastSeenAt: now }, $setOnInsert: { firstSeenAt: now } },
          upsert: true,
        },
      })),
      { ordered: false },
    ),
  );
}

/** Releases that could be stored after all leave the quarantine. */
export async function release(db: Database, ids: string[]): Promise<void> {
  if (ids.length > 0) await db.quarantine.deleteMany({ _id: { $in: ids } });
}

export function bsonBytes({ contract, rawData }: Upsert): number {
  return BSON.calculateObjectSize({ ...contract, rawData }, { ignoreUndefined: true });
}

const OVER_QUOTA = 8000; // Atlas: "you are over your space quota, using 512 MB of 512 MB"
const OUT_OF_DISK = 14031;
const FULL = /over your space quota|no space left on device/i;

async function refusalsNamed<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isFull(error)) throw new StorageFull(error);
    throw error;
  }
}

/** Whether the server refuses to grow. In a bulk write any of its operations may be the one that was refused. */
export function isFull(error: unknown): boolean {
  if (error instanceof StorageFull) return true;
  if (!(error instanceof MongoError)) return false;
  const refusals = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
  return [error, ...refusals].some(({ code, ...rest }) => {
    const text = [error.message, "errmsg" in rest ? rest.errmsg : ""].join(" ");
    return code === OUT_OF_DISK || (code === OVER_QUOTA && /space quota/i.test(text)) || FULL.test(text);
  });
}
