// The whole system on this machine, for the commands: MongoDB, the built Worker in workerd, and its cron, fired by hand.
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { MongoClient } from "mongodb";
import { z } from "zod";
import { startMongod } from "../local/mongod.ts";
import type { LocalWorker, LocalWorkerOptions } from "../local/worker.ts";
import { collectionsOf, type Database } from "../platform/database.ts";
import { withoutPieces } from "../platform/redact.ts";
import { EXIT } from "./exit.ts";
import { print, printProblem } from "./print.ts";
import { type ProgressView, readProgress, type SourceProgress } from "./progress.ts";

export const DATA_DIR = fileURLToPath(new URL("../../.data", import.meta.url));

export interface LocalDatabase {
  db: Database;
  /** For the Worker; it may hold a password. */
  uri: string;
  /** How people open it, without a password. */
  mongosh: string;
  close(): Promise<void>;
}

/**
 * The MongoDB that MONGODB_URI names, or one of our own on a folder below .data, which goes on with what is there.
 * @param say where it tells what it does: beside the answer, where that is for programs
 * @param shared whether it may be the one of another command that works on that folder
 * @throws Error when it cannot be reached, or when another command works on that folder
 */
export async function openDatabase(
  folder: string,
  name: string,
  { say = print, shared = false } = {},
): Promise<LocalDatabase> {
  const dataDir = join(DATA_DIR, folder, "db");
  await canBeWritten(dataDir);
  const mongo = await step("Starting MongoDB", () => startMongod({ dataDir, shared, log: say }), say);
  const client = clientOf(mongo.uri);
  const close = async () => {
    await client.close();
    await mongo.stop();
  };
  try {
    await client.db(name).command({ ping: 1 });
  } catch (error) {
    await close();
    const why = withoutPieces(error instanceof Error ? error.message : String(error), mongo.uri);
    throw new Error(`MongoDB (${mongo.how}) cannot be reached: ${why}`);
  }
  const mongosh =
    mongo.pid === null
      ? `mongosh "$MONGODB_URI", then: use ${name}`
      : `mongosh "${mongo.uri.replace("/?", `/${name}?`)}"`;
  return { db: collectionsOf(client.db(name)), uri: mongo.uri, mongosh, close };
}

/** @throws Error that names the folder and the way out */
async function canBeWritten(folder: string): Promise<void> {
  if (process.env["MONGODB_URI"]) return;
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch {
    throw new Error(
      `${folder} cannot be written, and the database stands there. Make it writable for you (chmod -R u+w .data), take a copy of the project into a folder of your own, or set MONGODB_URI to a server that runs already.`,
    );
  }
}

function clientOf(uri: string): MongoClient {
  try {
    return new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
  } catch {
    throw new Error("MONGODB_URI is not a connection string that MongoDB's driver understands."); // its error quotes it
  }
}

/** For the pages of a Worker on this machine, as long as it runs. */
export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

export function pageWords(url: string, token: string): string {
  return `The page: ${url} (sign in with the token ${token})`;
}

const POLL_MS = 500;
const STEP_MS = 2000;

/** Says what is begun, and every two seconds that it goes on. */
export async function step<T>(what: string, work: () => Promise<T>, say = print): Promise<T> {
  say(`${what}…`);
  await sleep(1); // what computes from here on would keep the line back
  const begunAtMs = Date.now();
  const timer = setInterval(() => say(`  … ${Math.round((Date.now() - begunAtMs) / 1000)} s`), STEP_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Wrangler takes seconds to load, so that happens in its own step. */
export const buildWorker = (options: LocalWorkerOptions): Promise<LocalWorker> =>
  step("Building the Worker", async () => (await import("../local/worker.ts")).startWorker(options));

export interface Watched {
  db: Database;
  /** The Worker's cron, or an invocation in this process. */
  worker: Pick<LocalWorker, "tick">;
  view: ProgressView;
}

/** One invocation, its progress shown while it runs; then the errors that it logged. */
export async function tickShown({ db, worker, view }: Watched): Promise<SourceProgress[]> {
  let running = true;
  const ended = worker.tick().finally(() => {
    running = false;
  });
  while (running) {
    view.show(await readProgress(db));
    await Promise.race([ended, sleep(POLL_MS)]);
  }
  const progress = await readProgress(db);
  view.show(progress);
  const lines = (await ended).flatMap((line) => line.split("\n"));
  for (const text of troublesIn(lines)) printProblem(text);
  return progress;
}

const logLineSchema = z.object({
  level: z.enum(["error", "fatal"]),
  msg: z.string(),
  source: z.string().optional(),
  window: z.string().optional(),
});

/** What a run's log tells of trouble, each once, as sentences. */
function troublesIn(lines: readonly string[]): string[] {
  const told = lines.flatMap((line) => {
    const read = logLineSchema.safeParse(parsed(line));
    if (!read.success) return [];
    const { source, window, msg } = read.data;
    return [`Trouble${(window ?? source) ? ` (${window ?? source})` : ""}: ${msg}`];
  });
  const each = [...new Set(told)];
  return each.length > 0 ? [...each, "What to do: npm run sync -- doctor"] : [];
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null; // not a line of the log
  }
}

/** What a command has begun, ended when it ends, however it ends. */
export type AtEnd = (end: () => Promise<void>) => void;

const END_MS_MAX = 15_000;

/**
 * Runs a command to its exit code. Ctrl-C ends what it has begun, newest first, and exits with `interruptedCode`; a
 * second Ctrl-C does not wait.
 */
export async function runCommand(
  main: (atEnd: AtEnd) => Promise<number>,
  interruptedCode: number,
): Promise<void> {
  const ends: (() => Promise<void>)[] = [];
  let interrupted = false;
  const exit = async (code: number) => {
    const endAll = async () => {
      // Ctrl-C reaches workerd too, so that it may be gone before it is ended: that is no failure.
      for (const end of ends.reverse()) await Promise.allSettled([end()]);
    };
    await Promise.race([endAll(), sleep(END_MS_MAX)]);
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interrupted) process.exit(interruptedCode);
      interrupted = true;
      print("\nStopping…");
      void exit(interruptedCode);
    });
  }
  // A signal to npm reaches npm alone: what it has started would run on.
  const parent = process.ppid;
  if (process.env["npm_lifecycle_event"])
    setInterval(() => {
      if (process.ppid === parent || interrupted) return;
      interrupted = true;
      void exit(interruptedCode);
    }, POLL_MS).unref();
  try {
    const code = await main((end) => ends.push(end));
    if (!interrupted) await exit(code);
  } catch (error) {
    if (interrupted) return;
    if (error instanceof CommanderError) return exit(error.exitCode === 0 ? EXIT.fine : EXIT.usage); // it has been told
    printProblem(error instanceof Error ? error.message : String(error));
    await exit(EXIT.attention);
  }
}
