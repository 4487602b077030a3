// The whole system on this machine, for the commands: MongoDB, the built Worker in workerd, and its cron, fired by hand.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { type LocalMongo, startMongod } from "../local/mongod.ts";
import { type LocalWorker, startWorker } from "../local/worker.ts";
import { collectionsOf, type Database } from "../platform/database.ts";
import { type ProgressView, readProgress, type SourceProgress } from "./progress.ts";

export const DATA_DIR = fileURLToPath(new URL("../../.data", import.meta.url));

export interface System {
  mongo: LocalMongo;
  worker: LocalWorker;
  db: Database;
  close(): Promise<void>;
}

/** @param name folder below .data: what is there is gone on with, unless `fresh` */
export async function startSystem(options: {
  name: string;
  databaseName: string;
  fresh: boolean;
  vars: Record<string, string>;
}): Promise<System> {
  const { name, databaseName, fresh, vars } = options;
  const dataDir = join(DATA_DIR, name, "db");
  if (fresh) await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const mongo = await startMongod({ dataDir, log: console.log });
  const client = new MongoClient(mongo.uri);
  const db = collectionsOf(client.db(databaseName));
  // A MongoDB that MONGODB_URI names has data of its own: only this database is emptied.
  if (fresh && mongo.pid === null) await db.db.dropDatabase();
  const secrets = { MONGODB_URI: mongo.uri };
  const worker = await startWorker({ vars: { MONGODB_DB: databaseName, ...vars }, secrets });
  return {
    mongo,
    worker,
    db,
    async close() {
      await worker.close();
      await client.close();
      await mongo.stop();
    },
  };
}

const POLL_MS = 500;

/** One invocation, its progress shown while it runs. The errors that it logged are returned. */
export async function tickShown({ db, worker }: System, view: ProgressView): Promise<string[]> {
  let running = true;
  const ended = worker.tick().finally(() => {
    running = false;
  });
  while (running) {
    view.show(await readProgress(db));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
  view.show(await readProgress(db));
  const lines = (await ended).flatMap((line) => line.split("\n"));
  return lines.filter((line) => /"level":"(error|fatal)"/.test(line));
}

export function isComplete(progress: SourceProgress[]): boolean {
  return progress.every(
    ({ windows, done, exact, status }) =>
      windows > 0 && done === windows && exact === windows && status === "syncing",
  );
}

/** Ends the process cleanly on Ctrl-C, once. */
export function onInterrupt(end: () => Promise<void>): void {
  let ending = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      console.log("\nStopping…");
      void end().finally(() => process.exit(130));
    });
  }
}
