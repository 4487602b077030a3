// One mongod for the whole test run; every test file has a database of its own in it.

import type { TestProject } from "vitest/node";
import { startMongod } from "../../src/local/mongod.ts";

declare module "vitest" {
  export interface ProvidedContext {
    mongoUri: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mongo = await startMongod({ ownServer: true, log: console.log });
  project.provide("mongoUri", mongo.uri);
  return () => mongo.stop();
}
