// How full the database is, in the tier's own measure: Atlas M0 and Flex count uncompressed documents plus index bytes
// (`dbStats`: dataSize + indexSize) of all databases together.
import { type Db, MongoServerError } from "mongodb";
import type { Database } from "../platform/database.ts";
import { SEARCH_INDEX_BYTES, type SearchMode } from "../terms/search.ts";

/** The one measure of `used`: for claims, pages, metrics, alarms and the doctor. */
export interface UsedSpace {
  /** Of all databases of the cluster: what the tier counts. */
  usedBytes: number;
  /** Of this database. */
  dataBytes: number;
  indexBytes: number;
  /** Of the cluster's other databases. */
  otherBytes: number;
}

export interface StorageSize extends UsedSpace {
  /** Documents with their indexes. */
  contracts: { count: number; bytes: number };
  processes: { count: number; bytes: number };
  buyers: { count: number; bytes: number };
}

export async function measureUsed({ db }: Pick<Database, "db">): Promise<UsedSpace> {
  const [own, otherBytes] = await Promise.all([databaseSize(db), otherDatabases(db)]);
  return { ...own, otherBytes, usedBytes: own.dataBytes + own.indexBytes + otherBytes };
}

/** Measured before each claim; what is stored in between is added up beside it. */
export async function measureStorage({ db }: Pick<Database, "db">): Promise<StorageSize> {
  const [used, contracts, processes, buyers] = await Promise.all([
    measureUsed({ db }),
    collectionSize(db, "contracts"),
    collectionSize(db, "processes"),
    collectionSize(db, "buyers"),
  ]);
  return { ...used, contracts, processes, buyers };
}

async function databaseSize(db: Db): Promise<Pick<UsedSpace, "dataBytes" | "indexBytes">> {
  const { dataSize, indexSize } = await db.command({ dbStats: 1 });
  return { dataBytes: Number(dataSize ?? 0), indexBytes: Number(indexSize ?? 0) };
}

async function databaseBytes(db: Db): Promise<number> {
  const { dataBytes, indexBytes } = await databaseSize(db);
  return dataBytes + indexBytes;
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

export async function collectionSize(db: Db, name: string): Promise<{ count: number; bytes: number }> {
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

const EXTRA_BYTES = 140; // times and index entries of a new contract (test/mongo/bytes.test.ts)
const PROCESS_BYTES = 890; // a contract's share of its process and the process's indexes, likewise
const ENOUGH_CONTRACTS = 1000; // fewer say little: an index begins with a page of its own

/** What newly inserted contracts and their processes add to `usedBytes`, near enough until it is measured again. */
export function growthBytes({
  inserted,
  upserted,
  bytes,
  measured,
  search,
}: {
  inserted: number;
  upserted: number;
  bytes: number;
  measured: Pick<StorageSize, "contracts" | "processes"> | null;
  search: SearchMode;
}): number {
  if (upserted === 0) return 0;
  const isKnown = measured !== null && measured.contracts.count >= ENOUGH_CONTRACTS;
  const processBytes = isKnown ? measured.processes.bytes / measured.contracts.count : PROCESS_BYTES;
  const searchBytes = search === "text" ? SEARCH_INDEX_BYTES : 0;
  return inserted * (bytes / upserted + EXTRA_BYTES + searchBytes + processBytes);
}
