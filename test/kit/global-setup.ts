// One MongoDB for the whole test run, the one that MONGODB_URI names or our own; every test file has a database of its
// own in it.
import type { TestProject } from "vitest/node";
import { startMongod } from "../../src/local/mongod.ts";

declare module "vitest" {
  export interface ProvidedContext {
    mongoUri: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mongo = await startMongod({ log: console.log });
  project.provide("mongoUri", mongo.uri);
  return () => mongo.stop();
}
