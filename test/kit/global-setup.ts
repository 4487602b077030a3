// One MongoDB for the whole test run, the one that MONGODB_URI names or our own; every test file has a database of its own
// in it. It is started when the first file asks for it: a file that needs none starts nothing.
import { once } from "node:events";
import { createServer } from "node:http";
import type { TestProject } from "vitest/node";
import { type LocalMongo, startMongod } from "../../src/local/mongod.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Answers a GET with the URI of a running MongoDB. */
    mongoAt: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let mongo: Promise<LocalMongo> | null = null;
  const door = createServer(async (_request, response) => {
    mongo ??= startMongod({ log: console.log });
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
