// What all test files share, made when the first of them asks for it: one MongoDB, the one that MONGODB_URI names or our
// own, where each file has a database of its own; and the Worker's bundle, as a deployment would have it. A file that needs
// neither starts nothing.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MongoClient } from "mongodb";
import type { TestProject } from "vitest/node";
import { type LocalMongo, startMongod } from "../../src/local/mongod.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Answers a GET of `mongo` with the URI of a running MongoDB, of `worker` with the folder that holds the built Worker. */
    sharedAt: string;
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = join(ROOT, ".wrangler", `built-${process.pid}`);

/** Its clock is real, and would delete runs of made-up days as older than 90 days while a test looks at them. */
async function startShared(): Promise<LocalMongo> {
  const mongo = await startMongod({ log: console.log });
  const client = await new MongoClient(mongo.uri).connect();
  await client.db("admin").command({ setParameter: 1, ttlMonitorEnabled: false });
  await client.close();
  return mongo;
}

async function build(): Promise<string> {
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const args = [wrangler, "deploy", "--dry-run", "--outdir", BUILT];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  return BUILT;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let mongo: Promise<LocalMongo> | null = null;
  let worker: Promise<string> | null = null;
  const answerTo = async (path: string | undefined): Promise<string> => {
    if (path === "/worker") {
      worker ??= build();
      return worker;
    }
    mongo ??= startShared();
    return (await mongo).uri;
  };
  const door = createServer(async ({ url }, response) => {
    try {
      response.end(await answerTo(url));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const address = door.address();
  const port = typeof address === "object" ? address?.port : null;
  project.provide("sharedAt", `http://127.0.0.1:${port}/`);
  return async () => {
    door.close();
    await (await mongo)?.stop();
    await rm(BUILT, { recursive: true, force: true });
  };
}
