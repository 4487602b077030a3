// A database of its own for each test file.
import { MongoClient } from "mongodb";
import { afterAll } from "vitest";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { ensureCollections, ensureIndexes } from "../../src/platform/schema.ts";
import { sharedServer } from "./shared.ts";

export interface TestDatabase {
  db: Database;
  client: MongoClient;
  uri: string;
  name: string;
  /** Empties every collection, keeps the indexes. */
  clear(): Promise<void>;
}

const silent = createLogger({ level: "silent", secrets: [] });

interface Options {
  /** One of the test's own, where what it measures is the whole server. */
  server?: string;
  /** For a test that looks at the driver's commands: telling of them took 7 % of a backfill's CPU. */
  monitorCommands?: boolean;
}

export async function freshDatabase({
  server,
  monitorCommands = false,
}: Options = {}): Promise<TestDatabase> {
  const uri = server ?? (await sharedServer());
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  const client = await new MongoClient(uri, { ignoreUndefined: true, monitorCommands }).connect();
  const db = collectionsOf(client.db(name));
  await ensureCollections(db, silent);
  await ensureIndexes(db);
  afterAll(async () => {
    await client.db(name).dropDatabase();
    await client.close();
  });
  const clear = async () => {
    const collections = await client.db(name).collections();
    await Promise.all(collections.map((collection) => collection.deleteMany({})));
  };
  return { db, client, uri, name, clear };
}
