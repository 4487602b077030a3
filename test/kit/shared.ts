// What test/kit/global-setup.ts has made for all test files.
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { beginningAt, clockIsShifted, SHIFT_MS, shifting } from "./clock.ts";

async function shared(what: "mongo" | "worker"): Promise<string> {
  const answer = await fetch(new URL(what, inject("sharedAt")));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** The URI of a MongoDB that other files use too. */
export const sharedServer = (): Promise<string> => shared("mongo");

/** The folder of the built Worker, with the clock of this process, or with one that begins at `at`. */
export async function builtWorker(at?: Date): Promise<string> {
  const built = await shared("worker");
  if (at === undefined && !clockIsShifted) return built;
  const clock = at === undefined ? shifting(SHIFT_MS) : beginningAt(at);
  const folder = join(built, `clock-${process.pid}-${at === undefined ? "shifted" : at.getTime()}`);
  const script = await readFile(join(built, "worker.js"), "utf8");
  await cp(join(built, "README.md"), join(folder, "README.md"));
  await writeFile(join(folder, "worker.js"), `${clock}\n${script}`);
  return folder;
}
