// `npm run demo`: the whole system against a replica of both APIs with their real faults, and at the end what was
// published, what is stored, and what is missing: 0.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { parseFaults } from "../replica/faults.ts";
import { createHistory } from "../replica/history.ts";
import { loadRecorded } from "../replica/recorded.ts";
import { type RunningReplica, startReplica } from "../replica/server.ts";
import { toLondon } from "../terms/london-time.ts";
import type { Source } from "../terms/window.ts";
import { reportDemo } from "./demo-report.ts";
import { createProgressView, readProgress } from "./progress.ts";
import { DATA_DIR, isComplete, onInterrupt, type System, startSystem, tickShown } from "./system.ts";

const settingsSchema = z.strictObject({
  seed: z.number().int(),
  notices: z.number().int(),
  months: z.number().int(),
  faults: z.string(),
  recorded: z.string().optional(),
  /** Frozen at the first start, so that `--resume` meets the same history. */
  startedAt: z.iso.datetime(),
});
type Settings = z.infer<typeof settingsSchema>;
type Options = Omit<Settings, "startedAt"> & { keep?: boolean; resume?: boolean };

const FOLDER = join(DATA_DIR, "demo");
const SETTINGS = join(FOLDER, "demo.json");
const DATABASE = "tendhunt_demo";
const INVOCATIONS_MAX = 200;
const DAY_MS = 86_400_000;

const positive = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("expected a whole number from 1 up");
  return number;
};

const program = new Command("demo")
  .description("The whole system on this machine, against a replica of both APIs with their real faults.")
  .option("--seed <number>", "seed of the made-up history", positive, 1)
  .option("--notices <number>", "notices published, both sources together", positive, 20_000)
  .option("--months <number>", "months of history", positive, 6)
  .option("--faults <names>", "none, default, all, or a list of names", "default")
  .option("--recorded <folder>", "serve the recorded pages of a folder in place of made-up ones")
  .option("--keep", "leave everything running at the end")
  .option("--resume", "go on where the last demo stopped, with its settings");

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const startedAtMs = Date.now();
  const settings = await settingsOf(options);
  const replica = await replicaOf(settings);
  const vars = varsOf(settings, replica);
  const system = await startSystem({ name: "demo", databaseName: DATABASE, fresh: !options.resume, vars });
  const close = async () => {
    await system.close();
    await replica.close();
  };
  onInterrupt(close);
  const invocations = await runToTheEnd(system, startedAtMs);
  const seconds = (Date.now() - startedAtMs) / 1000;
  const missing = await reportDemo({ db: system.db, replica, uri: system.mongo.uri, invocations, seconds });
  if (options.keep) {
    console.log(
      `\nLeft running: MongoDB ${system.mongo.uri}, replica ${replica.url}, Worker ${system.worker.url}`,
    );
    console.log("Ctrl-C stops it.");
    return;
  }
  await close();
  process.exit(missing === 0 ? 0 : 1);
}

async function settingsOf(options: Options): Promise<Settings> {
  if (options.resume) {
    if (!existsSync(SETTINGS))
      throw new Error("There is no demo to go on with: run it once without --resume.");
    return settingsSchema.parse(JSON.parse(await readFile(SETTINGS, "utf8")));
  }
  const { seed, notices, months, faults, recorded } = options;
  parseFaults(faults);
  const made = { seed, notices, months, faults, startedAt: new Date().toISOString() };
  const settings: Settings = recorded === undefined ? made : { ...made, recorded };
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await writeFile(SETTINGS, JSON.stringify(settings));
  return settings;
}

function historyStart({ startedAt, months }: Settings): Date {
  const first = new Date(startedAt);
  first.setUTCMonth(first.getUTCMonth() - months, 1);
  first.setUTCHours(12, 0, 0, 0);
  return first;
}

async function replicaOf(settings: Settings): Promise<RunningReplica> {
  const { seed, notices, recorded } = settings;
  const faults = recorded ? [] : parseFaults(settings.faults);
  // The history goes on for a day after the start: the delta finds new notices in a demo that is kept.
  const to = new Date(Date.parse(settings.startedAt) + DAY_MS);
  const from = historyStart(settings);
  const made = (source: Source) => createHistory({ source, seed, faults, from, to, notices: notices / 2 });
  const histories = recorded
    ? await loadRecorded(recorded)
    : { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  // The real limit is 12 requests in 120 s; here everything runs a thousand times faster, refusals and waits included.
  const limit = { requests: 120, perSeconds: 1, retryAfterSeconds: 1 };
  return startReplica({ seed, faults, histories, limit, slowMs: 400 });
}

function varsOf(settings: Settings, { url, replica }: RunningReplica): Record<string, string> {
  const start = (source: Source) => {
    const earliest = replica.published(source, Date.now())[0]?.at ?? Date.now();
    const from = settings.recorded === undefined ? historyStart(settings) : new Date(earliest);
    return toLondon(from).slice(0, 10);
  };
  return {
    FAT_API_URL: url,
    CF_API_URL: url,
    FAT_BACKFILL_START_DATE: start("FIND_A_TENDER"),
    CF_BACKFILL_START_DATE: start("CONTRACTS_FINDER"),
    REQUESTS_PER_MINUTE: "6000",
    RUN_BUDGET_SECONDS: "15",
    LEASE_SECONDS: "5",
    COOLDOWN_SECONDS: "1",
    VERIFY_REQUESTS_PER_RUN: "200",
  };
}

/** Fires the cron until every month is exact and both sources are syncing; how many invocations that took. */
async function runToTheEnd(system: System, startedAtMs: number): Promise<number> {
  const view = createProgressView(process.stdout, startedAtMs);
  try {
    for (let invocations = 1; invocations <= INVOCATIONS_MAX; invocations++) {
      for (const line of await tickShown(system, view)) console.error(line);
      if (isComplete(await readProgress(system.db))) return invocations;
    }
    return INVOCATIONS_MAX;
  } finally {
    view.end();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
