// Reads and writes `buyers`: each write names the version it was decided by. Merging is done in steps that can be repeated.
import type { AnyBulkWriteOperation, Document, ObjectId } from "mongodb";
import { type Database, isDuplicate } from "../platform/database.ts";
import { type Buyer, buyerSchema, type MappedBuyer } from "../terms/documents.ts";
import { BOTH_SITES_UNTIL } from "../terms/twins.ts";
import { afterMerge } from "./buyer-fields.ts";
import { recount } from "./counts.ts";
import { identityOf, type KnownBuyer, keysOf } from "./identity.ts";
import { asRead, inOrder, othersOf, whereLacking, withOwn } from "./own-fields.ts";
import { type Resolved, resolveBuyers } from "./resolve-buyers.ts";
import { writeBuyers } from "./writes.ts";

const BUYER_FIELDS = Object.keys(buyerSchema.shape);
const PROJECTION = Object.fromEntries(BUYER_FIELDS.map((field) => [field, 1 as const]));

/** Those that these may be: by number, by name, and by what others know them by. */
export async function readBuyers(db: Database, buyers: readonly MappedBuyer[]): Promise<KnownBuyer[]> {
  if (buyers.length === 0) return [];
  const unique = (values: string[]) => [...new Set(values)];
  const keys = unique(buyers.flatMap(keysOf));
  const names = unique(buyers.map(({ name }) => name.toLowerCase()));
  return db.buyers
    .find<KnownBuyer>(
      { $or: [{ keys: { $in: keys } }, { orgId: { $in: keys } }, { nameLower: { $in: names } }] },
      { projection: PROJECTION },
    )
    .toArray();
}

const ADOPTED_AT_ONCE = 500;
const ADOPTIONS_MAX = 40; // the rest with the next run

/** Gives buyers that others have made the keys by which releases find them: nothing else of theirs is touched. */
export async function adoptBuyers(db: Database): Promise<void> {
  for (let round = 0; round < ADOPTIONS_MAX; round++) {
    const without = { keys: null } as Document;
    const some = await db.buyers
      .find<KnownBuyer>(without, { projection: PROJECTION, limit: ADOPTED_AT_ONCE })
      .toArray();
    if (some.length === 0) return;
    await db.buyers.bulkWrite(
      some.map((buyer) => {
        const { numbers, names, places } = identityOf({ ...buyer, name: String(buyer.name ?? "") });
        const keys = [...numbers, ...names];
        return {
          updateOne: {
            filter: { _id: buyer._id, ...without },
            update: { $set: { keys, places: [...places] } },
          },
        };
      }),
      { ordered: false },
    );
    if (some.length < ADOPTED_AT_ONCE) return;
  }
}

/** What others may have enriched since it was read. */
const ENRICHED = ["name", "sector", "website", "region", "locality", "postalCode"] as const;

function unchanged(buyer: KnownBuyer): Document {
  const read = ENRICHED.map((field) => [field, buyer[field] ?? null]);
  return { _id: buyer._id, version: buyer.version ?? null, ...Object.fromEntries(read) };
}

function replacing(before: KnownBuyer, after: Omit<KnownBuyer, "_id">): AnyBulkWriteOperation<Buyer> {
  const version = (before.version ?? 0) + 1;
  const own = inOrder(
    { ...after, _id: before._id, version, createdAt: undefined, updatedAt: undefined },
    BUYER_FIELDS,
  );
  const times = { createdAt: { $ifNull: ["$createdAt", "$$NOW"] }, updatedAt: "$$NOW" };
  const values = { $mergeObjects: [{ $literal: own }, times] };
  return {
    updateOne: {
      filter: unchanged(before),
      update: [{ $replaceWith: withOwn(values, BUYER_FIELDS) }],
    },
  };
}

export function buyerWrites({ inserts, updates }: Resolved, now: Date): AnyBulkWriteOperation<Buyer>[] {
  return [
    ...inserts.map((buyer) => ({
      insertOne: {
        document: inOrder(
          { ...buyer, version: 1, createdAt: now, updatedAt: now },
          BUYER_FIELDS,
        ) as unknown as Buyer,
      },
    })),
    ...updates.map(({ before, after }) => replacing(before, after)),
  ];
}

/**
 * Takes `other` into `kept`: its keys and what others have enriched, then its contracts and processes, then it is gone.
 * Stopped anywhere, `mergedInto` says that it is to be finished. Who stores a contract of it meanwhile sees that it is gone,
 * and looks again (store.ts).
 */
export async function merge(db: Database, kept: ObjectId, other: ObjectId): Promise<void> {
  const both = await db.buyers.find<KnownBuyer & Document>({ _id: { $in: [kept, other] } }).toArray();
  const [to, from] = [kept, other].map((id) => both.find(({ _id }) => _id.equals(id)));
  if (!to || !from) return;
  if (!(to.mergedIds ?? []).some((id) => id.equals(other))) {
    const { numbers, names } = identityOf(from);
    // `orgId` and `nameLower` are unique: the one gives them up before the other has them.
    await db.buyers.updateOne({ _id: other }, {
      $set: { mergedInto: kept, orgId: `merged-${other.toHexString()}`, keys: [...numbers, ...names] },
      $unset: { nameLower: 1 },
      $inc: { version: 1 },
    } as Document);
    const { nameLower, ...after } = afterMerge(to, from);
    const taken =
      (await writeBuyers(db, [replacing(to, { ...after, ...(nameLower ? { nameLower } : {}) })])) ||
      (await writeBuyers(db, [replacing(to, after)])); // a third has the name
    if (!taken) return; // it has changed meanwhile: the next look tries again
  }
  await moveContracts(db, kept, other);
  await moveReferences(db, kept, other);
  await recount(db, [kept]);
  await takeAway(db, kept, other);
}

const TAKEN_AWAY_MAX = 5; // each time somebody has written into it meanwhile; the next look goes on

/** It goes when all that others wrote into it is in the one that is kept. */
async function takeAway(db: Database, kept: ObjectId, other: ObjectId): Promise<void> {
  for (let round = 0; round < TAKEN_AWAY_MAX; round++) {
    const last: Document | null = await db.buyers.findOne({ _id: other });
    if (!last) return;
    const others = othersOf(last, BUYER_FIELDS);
    if (Object.keys(others).length > 0) await db.buyers.updateOne({ _id: kept }, whereLacking(others));
    if ((await db.buyers.deleteMany(asRead(last))).deletedCount > 0) return;
  }
}

async function moveContracts(db: Database, kept: ObjectId, other: ObjectId): Promise<void> {
  const updatedAt = "$$NOW";
  const moved = (ids: string) => ({
    $setDifference: [
      { $setUnion: [{ $setDifference: [{ $ifNull: [ids, []] }, [other]] }, [kept]] },
      ["$buyerId"],
    ],
  });
  const orNone = (ids: Document) => ({ $cond: [{ $eq: [ids, []] }, "$$REMOVE", ids] });
  const isBefore = { $lt: ["$firstPublishedDate", BOTH_SITES_UNTIL] };
  const isDue = { $cond: [isBefore, true, { $ifNull: ["$twinsDue", "$$REMOVE"] }] };
  for (const collection of [db.contracts, db.processes]) {
    const version =
      collection.collectionName === "processes"
        ? [{ $set: { version: { $add: ["$version", 1] }, twinsDue: isDue } }]
        : [];
    await collection.updateMany({ buyerId: other }, [{ $set: { buyerId: kept, updatedAt } }, ...version]);
    await collection.updateMany({ jointBuyerIds: other }, [
      { $set: { jointBuyerIds: orNone(moved("$jointBuyerIds")), updatedAt } },
      ...version,
    ]);
  }
}

/** Collections of others' that name a buyer by `buyerId`. */
const REFERRING = ["boarddocuments", "signals"] as const;

/**
 * One by one where the kept buyer has the same already: that row stays as it is under the former `_id`, which `mergedIds`
 * names, since others have written into it and may refer to it.
 */
async function moveReferences({ db }: Database, kept: ObjectId, other: ObjectId): Promise<void> {
  for (const name of REFERRING) {
    const collection = db.collection(name);
    try {
      await collection.updateMany({ buyerId: other }, { $set: { buyerId: kept } });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const left = await collection.find({ buyerId: other }, { projection: { _id: 1 } }).toArray();
      for (const { _id } of left) {
        const write = { updateOne: { filter: { _id }, update: { $set: { buyerId: kept } } } };
        await collection.bulkWrite([write]).catch((again: unknown) => {
          if (!isDuplicate(again)) throw again;
        });
      }
    }
  }
}

const ROUNDS_MAX = 10;

/**
 * The buyers that these organisations are, made where there is none. What is stored of the others stays as it is: whoever
 * asks knows a name, and perhaps a number, and no more.
 */
export async function buyerIdsFor(
  db: Database,
  named: readonly MappedBuyer[],
  now: Date,
): Promise<ObjectId[]> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const stored = (await readBuyers(db, named)).filter(({ mergedInto }) => !mergedInto);
    const buyers = resolveBuyers(named, stored);
    const inserts = buyerWrites({ ...buyers, updates: [] }, now);
    if (inserts.length === 0 || (await writeBuyers(db, inserts))) return buyers.ids;
  }
  throw new Error(`The buyers of ${named.map(({ name }) => name).join(", ")} changed ${ROUNDS_MAX} times.`);
}

/** Fields that only others know so far: whoever has said something already is right. */
export async function sayWhereUnsaid(
  db: Database,
  id: ObjectId,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [field, value] of Object.entries(fields))
    await db.buyers.updateMany({ _id: id, [field]: null }, { $set: { [field]: value } });
}
