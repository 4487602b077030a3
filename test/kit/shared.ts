// What test/kit/global-setup.ts has made for all test files.
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { SHIFT_MS, shifting } from "./clock.ts";

async function shared(what: "mongo" | "worker"): Promise<string> {
  const answer = await fetch(new URL(what, inject("sharedAt")));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** The URI of a MongoDB that other files use too. */
export const sharedServer = (): Promise<string> => shared("mongo");

/** The folder of the built Worker, with the clock of this process, or with one that is at `at` now. */
export async function builtWorker(at?: Date): Promise<string> {
  const built = await shared("worker");
  const shiftMs = at === undefined ? SHIFT_MS : at.getTime() - (Date.now() - SHIFT_MS);
  if (shiftMs === 0) return built;
  const folder = join(built, `clock-${shiftMs}`);
  const script = await readFile(join(built, "worker.js"), "utf8");
  await cp(join(built, "README.md"), join(folder, "README.md"));
  await writeFile(join(folder, "worker.js"), `${shifting(shiftMs)}\n${script}`);
  return folder;
}
