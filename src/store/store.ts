// The one writer of contracts, processes, buyers and quarantine.
import { BSON, type Document, type Filter, MongoBulkWriteError, MongoError, ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import { isUnreachable } from "../platform/database.ts";
import type { Contract, Process, Quarantined, SyncWindow } from "../terms/documents.ts";
import { messageOf, StorageFull } from "../terms/errors.ts";
import { type LondonTime, toLondon } from "../terms/london-time.ts";
import { type Row, releaseKey } from "../terms/release.ts";
import { ALL_STAGES, type Source } from "../terms/window.ts";
import { ocidsBySource } from "./processes.ts";
import { closeStatement, type Upsert } from "./statements.ts";
import { type Stored, type Storing, settle, storeContracts } from "./store-page.ts";

export type { Stored, Storing } from "./store-page.ts";

/** @throws StorageFull when the database refuses to grow; what was written before stays */
export async function storePage(storing: Storing, upserts: readonly Upsert[]): Promise<Stored> {
  return refusalsNamed(async () => {
    try {
      return await storeContracts(storing, upserts);
    } catch (error) {
      if (isFull(error) || isUnreachable(error)) throw error;
      return storeOneByOne(storing, upserts);
    }
  });
}

/** One of them is not taken: the others are stored all the same. */
async function storeOneByOne(storing: Storing, upserts: readonly Upsert[]): Promise<Stored> {
  const all: Stored = { changed: 0, inserted: 0, refused: [] };
  for (const upsert of upserts) {
    try {
      const { changed, inserted, refused } = await storeContracts(storing, [upsert]);
      all.changed += changed;
      all.inserted += inserted;
      all.refused.push(...refused);
    } catch (error) {
      if (isFull(error) || isUnreachable(error)) throw error;
      all.refused.push({ upsert, reason: `MongoDB does not take it, as was expected: ${messageOf(error)}` });
    }
  }
  return all;
}

const DUE_AT_ONCE = 200;
const DUE_ROUNDS_MAX = 20; // the rest with the next run

/**
 * Closes what could still be bid for when it was stored, and no longer can; an index of open notices alone finds them. Their
 * processes are folded again, a few hundred at a time.
 */
export async function closePassed(storing: Storing): Promise<number> {
  const { db, now } = storing;
  const { filter, update } = closeStatement(now);
  const { modifiedCount } = await db.contracts.updateMany(filter, update);
  const due = { turnsAt: { $lte: now } };
  const projection = { _id: 0, source: 1, ocid: 1 };
  for (let round = 0; round < DUE_ROUNDS_MAX; round++) {
    const some = await duePage(db, due, projection);
    if (some.length > 0) await settle(storing, some);
    if (some.length < DUE_AT_ONCE) break;
  }
  return modifiedCount;
}

function duePage(db: Database, due: Filter<Process>, projection: Document) {
  return db.processes
    .find<Pick<Process, "source" | "ocid">>(due, { projection, limit: DUE_AT_ONCE })
    .toArray();
}

/** Those that have never been stored: no contract, or (CF) a contract without their revision. */
export async function unknownOf(db: Database, upserts: readonly Upsert[]): Promise<Upsert[]> {
  const isKnown = await knownAmong(
    db,
    upserts.map(({ contract }) => contract),
  );
  return upserts.filter(({ contract, revision }) => !isKnown(contract, revision));
}

type NoticeIdentity = { source: Source; ocid: string; noticeId: string };

/** Whether a release of one of these notices has ever been stored. */
export async function knownAmong(
  db: Database,
  notices: readonly NoticeIdentity[],
): Promise<(notice: NoticeIdentity, revision: number | null) => boolean> {
  const key = (one: NoticeIdentity) => `${one.source}/${one.ocid}/${one.noticeId}`;
  const branches = ocidsBySource(notices).map(([source, ocids]) => ({ source, ocid: { $in: ocids } }));
  if (branches.length === 0) return () => false;
  const projection = { _id: 0, source: 1, ocid: 1, noticeId: 1, revisions: 1, tags: 1 };
  const known = await db.contracts.find({ $or: branches }, { projection }).toArray();
  const stored = new Map(known.map((contract) => [key(contract), contract]));
  return (notice, revision) => {
    const one = stored.get(key(notice));
    // What others have stored, and this project has not taken over, was never read here.
    return one?.tags !== undefined && (revision === null || one.revisions?.includes(revision) === true);
  };
}

/** When the newest stored notice was published; an index answers it. */
export async function newestInstant(db: Database, source: Source): Promise<Date | null> {
  const options = { sort: { publishedDate: -1 } as const, projection: { publishedDate: 1 } };
  return (await db.contracts.findOne({ source }, options))?.publishedDate ?? null;
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

const newestReleaseId = ({ noticeId, revisions }: Pick<Contract, "noticeId" | "revisions">) =>
  revisions ? `${noticeId}-${Math.max(...revisions)}` : noticeId;

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
    key: releaseKey(ocid, newestReleaseId({ noticeId, revisions })),
    noticeId,
    at: toLondon(publishedDate),
    certain: true,
  }));
}

/** What is stored of a slice and a lane, as rows without their text. */
export async function storedRows(
  db: Database,
  { source, stage, from, to }: Pick<SyncWindow, "source" | "from" | "to"> & { stage: string },
): Promise<Row[]> {
  const contracts = db.contracts.find(
    { source, publishedDate: { $gte: from, $lt: to }, ...(stage === ALL_STAGES ? {} : { tags: stage }) },
    { projection: { ocid: 1, noticeId: 1, revisions: 1, publishedDate: 1, tags: 1 } },
  );
  return (await contracts.toArray()).map(({ ocid, noticeId, revisions, publishedDate, tags }) => {
    const releaseId = newestReleaseId({ noticeId, revisions });
    const key = releaseKey(ocid, releaseId);
    return { key, ocid, releaseId, date: publishedDate, tags: tags ?? [], release: null };
  });
}

/** Which of these notice ids stand in the database anywhere, in quarantine too. */
export async function storedIds(db: Database, source: Source, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const [contracts, cases] = await Promise.all([
    db.contracts.find({ source, noticeId: { $in: [...ids] } }, { projection: { noticeId: 1 } }).toArray(),
    db.quarantine.find({ source, releaseId: { $in: [...ids] } }, { projection: { releaseId: 1 } }).toArray(),
  ]);
  const releaseIds = cases.flatMap(({ releaseId }) => (releaseId === null ? [] : [releaseId]));
  return new Set([...contracts.map(({ noticeId }) => noticeId), ...releaseIds]);
}

/** Keeps what could not be stored, with its text and the reason. A case without a text keeps the one that is there. */
export async function quarantine(
  db: Database,
  cases: Omit<Quarantined, "firstSeenAt" | "lastSeenAt">[],
  now: Date,
): Promise<void> {
  if (cases.length === 0) return;
  await refusalsNamed(() =>
    db.quarantine.bulkWrite(
      cases.map(({ _id, rawText, ...facts }) => ({
        updateOne: {
          filter: { _id },
          update:
            rawText === ""
              ? { $set: { ...facts, lastSeenAt: now }, $setOnInsert: { firstSeenAt: now, rawText } }
              : { $set: { ...facts, rawText, lastSeenAt: now }, $setOnInsert: { firstSeenAt: now } },
          upsert: true,
        },
      })),
      { ordered: false },
    ),
  );
}

/** Releases that could be stored after all leave the quarantine. @returns how many, by the window that counts them */
export async function release(db: Database, ids: string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const cases = await db.quarantine.find({ _id: { $in: ids } }, { projection: { windowId: 1 } }).toArray();
  await db.quarantine.deleteMany({ _id: { $in: ids } });
  const windowIds = cases.flatMap(({ windowId }) => windowId ?? []);
  return new Map([...Map.groupBy(windowIds, (id) => id)].map(([id, all]) => [id, all.length]));
}

const SOME_ID = new ObjectId("000000000000000000000000");

export function bsonBytes({ contract, buyers, rawData }: Upsert): number {
  const [buyerId, ...jointBuyerIds] = buyers.map(() => SOME_ID);
  const joint = jointBuyerIds.length > 0 ? { jointBuyerIds } : {};
  return BSON.calculateObjectSize(
    { ...contract, _id: SOME_ID, buyerId, ...joint, rawData },
    { ignoreUndefined: true },
  );
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
