// `contractCount`: how many notices name a buyer, without counting all of them for each page. It is kept by month of
// publication; a page counts the months that it touches, by an index, and writes what it has counted under the version that
// it read before it stored. So what is written is what is stored: a write that lost the race counts again, and a page
// that was stopped is read again (docs/storage.md).
import type { AnyBulkWriteOperation, Document, ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { Buyer, Contract } from "../terms/documents.ts";
import { same } from "../terms/same.ts";
import type { KnownBuyer } from "./identity.ts";
import type { Resolved } from "./resolve-buyers.ts";
import { monthOf } from "./statements.ts";

/** Months of a buyer whose notices may have become more or fewer. */
export type Buckets = Map<string, { id: ObjectId; months: Set<string> }>;

export type Counting = Pick<
  Contract,
  "buyerId" | "jointBuyerIds" | "otherBuyerIds" | "publishedDate" | "otherMonths"
>;

/** Adds all that a notice counts for, or has counted for in another revision. */
export function addBuckets(buckets: Buckets, contract: Counting): void {
  const { buyerId, jointBuyerIds = [], otherBuyerIds = [], publishedDate, otherMonths = [] } = contract;
  for (const id of [buyerId ?? [], jointBuyerIds, otherBuyerIds].flat()) {
    const key = id.toHexString();
    const bucket = buckets.get(key) ?? { id, months: new Set() };
    for (const month of [publishedDate ? monthOf(publishedDate) : [], otherMonths].flat())
      bucket.months.add(month);
    buckets.set(key, bucket);
  }
}

const countKey = (buyer: ObjectId | string, month: string) =>
  `${typeof buyer === "string" ? buyer : buyer.toHexString()} ${month}`;

/** How many notices each buyer has in each of these months, by `countKey`; none where there are none. */
export async function countBuckets(db: Database, buckets: Buckets): Promise<Map<string, number>> {
  const byMonth = new Map<string, ObjectId[]>();
  for (const { id, months } of buckets.values())
    for (const month of months) byMonth.set(month, [...(byMonth.get(month) ?? []), id]);
  const where = (field: "buyerId" | "jointBuyerIds") => ({
    $or: [...byMonth].map(([month, ids]) => ({ [field]: { $in: ids }, publishedDate: within(month) })),
  });
  return byMonth.size === 0 ? new Map() : count(db, where);
}

function within(month: string): { $gte: Date; $lt: Date } {
  const from = new Date(`${month}-01T00:00:00Z`);
  return { $gte: from, $lt: new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1)) };
}

async function count(
  db: Database,
  where: (field: "buyerId" | "jointBuyerIds") => Document,
): Promise<Map<string, number>> {
  const month = { $dateToString: { date: "$publishedDate", format: "%Y-%m" } };
  const byMonth = (field: string) => ({
    $group: { _id: { buyer: field, month }, contracts: { $sum: 1 } },
  });
  const pipeline = [
    { $match: where("buyerId") },
    byMonth("$buyerId"),
    {
      $unionWith: {
        coll: "contracts",
        pipeline: [
          { $match: where("jointBuyerIds") },
          { $unwind: "$jointBuyerIds" },
          byMonth("$jointBuyerIds"),
        ],
      },
    },
  ];
  const counted = await db.contracts
    .aggregate<{ _id: { buyer: ObjectId; month: string }; contracts: number }>(pipeline)
    .toArray();
  const counts = new Map<string, number>();
  for (const { _id, contracts } of counted) {
    const key = countKey(_id.buyer, _id.month);
    counts.set(key, (counts.get(key) ?? 0) + contracts);
  }
  return counts;
}

export type Counted = Pick<Buyer, "_id"> & Partial<Pick<Buyer, "version" | "contractCount" | "countByMonth">>;
export const COUNTED = { version: 1, contractCount: 1, countByMonth: 1, mergedInto: 1 } as const;

/** Who is written: those whose counts differ, and those whose notices this page has changed (`touched`). */
export function countWrites(options: {
  buckets: Buckets;
  counts: ReadonlyMap<string, number>;
  buyers: readonly Counted[];
  touched: ReadonlySet<string>;
}): AnyBulkWriteOperation<Buyer>[] {
  const { buckets, counts, buyers, touched } = options;
  return buyers.flatMap((buyer) => {
    const bucket = buckets.get(buyer._id.toHexString());
    if (!bucket) return [];
    const after = new Map(Object.entries(buyer.countByMonth ?? {}));
    for (const month of bucket.months) {
      const number = counts.get(countKey(buyer._id, month)) ?? 0;
      if (number === 0) after.delete(month);
      else after.set(month, number);
    }
    return countWrite(buyer, after, touched.has(buyer._id.toHexString()));
  });
}

function countWrite(
  buyer: Counted,
  after: ReadonlyMap<string, number>,
  touched: boolean,
): AnyBulkWriteOperation<Buyer>[] {
  const countByMonth = Object.fromEntries([...after].sort(([a], [b]) => (a < b ? -1 : 1)));
  const contractCount = [...after.values()].reduce((sum, one) => sum + one, 0);
  const isSame = buyer.contractCount === contractCount && same(buyer.countByMonth ?? {}, countByMonth);
  if (isSame && !touched) return [];
  const filter = { _id: buyer._id, version: buyer.version ?? null } as Document;
  const times = isSame ? {} : { $currentDate: { updatedAt: true as const } };
  return [
    {
      updateOne: {
        filter,
        update: { $set: { countByMonth, contractCount }, $inc: { version: 1 }, ...times },
      },
    },
  ];
}

const RECOUNTS_MAX = 10;

/** Counts all notices of some buyers, until what is written is what is stored. */
export async function recount(db: Database, ids: readonly ObjectId[]): Promise<void> {
  for (let round = 0; round < RECOUNTS_MAX && ids.length > 0; round++) {
    const all = { _id: { $in: [...ids] } };
    const buyers = await db.buyers.find<Counted>(all, { projection: COUNTED }).toArray();
    const counts = await count(db, (field) => ({ [field]: { $in: ids } }));
    const byBuyer = new Map<string, Map<string, number>>();
    for (const [key, number] of counts) {
      const [id = "", month = ""] = key.split(" ");
      byBuyer.set(id, (byBuyer.get(id) ?? new Map<string, number>()).set(month, number));
    }
    const writes = buyers.flatMap((buyer) =>
      countWrite(buyer, byBuyer.get(buyer._id.toHexString()) ?? new Map(), false),
    );
    if (writes.length === 0) return;
    await db.buyers.bulkWrite(writes, { ordered: false });
  }
}

export type Versioned = Counted & { mergedInto?: ObjectId };

/** Buyers that other revisions named: their versions, read before they are counted. */
export function readFormer(db: Database, buckets: Buckets, { ids }: Resolved): Promise<Versioned[]> {
  const named = new Set(ids.map((id) => id.toHexString()));
  const former = [...buckets.values()].filter(({ id }) => !named.has(id.toHexString())).map(({ id }) => id);
  if (former.length === 0) return Promise.resolve([]);
  return db.buyers.find<Versioned>({ _id: { $in: former } }, { projection: COUNTED }).toArray();
}

/** The version that each of the page's buyers has, unless somebody writes it meanwhile. */
export function versionsOf(stored: readonly KnownBuyer[], { inserts, updates }: Resolved): Versioned[] {
  const written = new Map(
    [
      ...inserts.map((one) => [one._id, 1] as const),
      ...updates.map(({ before }) => [before._id, (before.version ?? 0) + 1] as const),
    ].map(([id, version]) => [id.toHexString(), version]),
  );
  return [...stored, ...inserts].map(({ _id, version }) => {
    const now = written.get(_id.toHexString()) ?? version;
    return { _id, ...(now === undefined ? {} : { version: now }) };
  });
}
