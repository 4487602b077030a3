// One MongoDB for the whole test run, the one that MONGODB_URI names or our own; every test file has a database of its own
// in it. It is started when the first file asks for it: a file that needs none starts nothing.
import { once } from "node:events";
import { createServer } from "node:http";
import { MongoClient } from "mongodb";
import type { TestProject } from "vitest/node";
import { type LocalMongo, startMongod } from "../../src/local/mongod.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Answers a GET with the URI of a running MongoDB. */
    mongoAt: string;
  }
}

/** Its clock is real, and would delete runs of made-up days as older than 90 days while a test looks at them. */
async function startShared(): Promise<LocalMongo> {
  const mongo = await startMongod({ log: console.log });
  const client = await new MongoClient(mongo.uri).connect();
  await client.db("admin").command({ setParameter: 1, ttlMonitorEnabled: false });
  await client.close();
  return mongo;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let mongo: Promise<LocalMongo> | null = null;
  const door = createServer(async (_request, response) => {
    mongo ??= startShared();
    try {
      response.end((await mongo).uri);
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const address = door.address();
  const port = typeof address === "object" ? address?.port : null;
  project.provide("mongoAt", `http://127.0.0.1:${port}/`);
  return async () => {
    door.close();
    await (await mongo)?.stop();
  };
}
