// How full the database is, in the tier's own measure: Atlas M0 and Flex count uncompressed documents plus index bytes
// (`dbStats`: dataSize + indexSize) of all databases together.
import { type Db, MongoServerError } from "mongodb";
import type { Database } from "../platform/database.ts";

export interface StorageSize {
  usedBytes: number;
  /** Documents with their indexes. */
  contracts: { count: number; bytes: number };
  buyers: { count: number; bytes: number };
}

/** Read once per invocation: what it stores from then on is added up beside it. */
export async function measureStorage({ db }: Database): Promise<StorageSize> {
  const [own, others, contracts, buyers] = await Promise.all([
    databaseBytes(db),
    otherDatabases(db),
    collectionSize(db, "contracts"),
    collectionSize(db, "buyers"),
  ]);
  return { usedBytes: own + others, contracts, buyers };
}

async function databaseBytes(db: Db): Promise<number> {
  const { dataSize, indexSize } = await db.command({ dbStats: 1 });
  return Number(dataSize ?? 0) + Number(indexSize ?? 0);
}

const SYSTEM = new Set(["admin", "config", "local"]); // the tier does not count its own

/** Of the cluster's other databases, as far as this user may read them. */
async function otherDatabases(db: Db): Promise<number> {
  const names = await readable(async () => {
    const { databases } = await db.client.db("admin").command({ listDatabases: 1, nameOnly: true });
    return (databases as { name: string }[]).map(({ name }) => name);
  });
  const others = (names ?? []).filter((name) => name !== db.databaseName && !SYSTEM.has(name));
  const sizes = await Promise.all(others.map((name) => readable(() => databaseBytes(db.client.db(name)))));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** Unauthorized, Atlas' own word for it, and no such collection yet. */
const NOTHING_TO_READ = new Set<unknown>([13, 8000, 26]);

/** Null where this user may not look, or where nothing is. */
async function readable<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MongoServerError && NOTHING_TO_READ.has(error.code)) return null;
    throw error;
  }
}

async function collectionSize(db: Db, name: string): Promise<{ count: number; bytes: number }> {
  const pipeline = [
    { $collStats: { storageStats: {} } },
    {
      $project: {
        _id: 0,
        count: "$storageStats.count",
        bytes: { $add: ["$storageStats.size", "$storageStats.totalIndexSize"] },
      },
    },
  ];
  const sizes = await readable(() =>
    db.collection(name).aggregate<{ count: number; bytes: number }>(pipeline).toArray(),
  );
  const { count = 0, bytes = 0 } = sizes?.[0] ?? {};
  return { count: Number(count), bytes: Number(bytes) };
}

const EXTRA_BYTES = 65; // times and index entries of a new contract (bench:storage)

/** What newly inserted contracts add to `usedBytes`, near enough until it is measured again. */
export function growthBytes({
  inserted,
  upserted,
  bytes,
}: {
  inserted: number;
  upserted: number;
  bytes: number;
}): number {
  return upserted === 0 ? 0 : inserted * (bytes / upserted + EXTRA_BYTES);
}
