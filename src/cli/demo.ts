// `npm run demo`: the whole system against a replica of both APIs with their real faults, and at the end what was
// published, what is stored, and what is missing: 0.

import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import type { Database } from "../platform/database.ts";
import { FAULTS, parseFaults } from "../replica/faults.ts";
import { counted, moment } from "../report/words.ts";
import { consentTo, isOurs, placeOf } from "./consent.ts";
import { addBoardSites, boardVars, reportBoards, startBoards } from "./demo-boards.ts";
import { replicaOf, varsOf } from "./demo-replica.ts";
import { reportDemo } from "./demo-report.ts";
import { EXIT, newCommand } from "./exit.ts";
import { didYouMean } from "./nearest.ts";
import { print, printProblem, printWhole } from "./print.ts";
import { createProgressView, isComplete } from "./progress.ts";
import {
  type AtEnd,
  buildWorker,
  DATA_DIR,
  newToken,
  openDatabase,
  pageWords,
  runCommand,
  step,
  tickShown,
  type Watched,
} from "./system.ts";

const settingsSchema = z.strictObject({
  seed: z.number().int(),
  notices: z.number().int(),
  months: z.number().int(),
  faults: z.string(),
  recorded: z.string().optional(),
  boardMinutes: z.boolean().optional(),
  /** Frozen at the first start, so that `--resume` meets the same history. */
  startedAt: z.iso.datetime(),
});
type Settings = z.infer<typeof settingsSchema>;
type Options = Omit<Settings, "startedAt"> & { keep?: boolean; resume?: boolean; yes?: boolean };

const FOLDER = join(DATA_DIR, "demo");
const SETTINGS = join(FOLDER, "demo.json");
const DATABASE = "tendhunt_demo";
const KEPT_TICK_MS = 60_000; // the real cron fires hourly; who watches a kept demo wants to see new notices arrive

const positive = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("expected a whole number from 1 up");
  return number;
};

const FAULT_NAMES = ["none", "default", "all", ...Object.keys(FAULTS)];
const faultNames = (text: string): string => {
  try {
    parseFaults(text);
    return text;
  } catch (error) {
    const meant = text
      .split(",")
      .map((name) => (name.trim() in FAULTS ? "" : didYouMean(name.trim(), FAULT_NAMES)));
    throw new InvalidArgumentError(
      `${error instanceof Error ? error.message : String(error)}.${meant.join("")}`,
    );
  }
};

const program = newCommand("demo")
  .description("The whole system on this machine, against a replica of both APIs with their real faults.")
  .option("--seed <number>", "seed of the made-up history", positive, 1)
  .option("--notices <number>", "notices published, both sources together", positive, 20_000)
  .option("--months <number>", "months of history", positive, 6)
  .option("--faults <names>", "none, default, all, or a list of names", faultNames, "default")
  .option("--recorded <folder>", "serve the recorded pages of a folder in place of made-up ones")
  .option("--board-minutes", "councils' sites too: about a minute more, they are asked once a second")
  .option("--yes", "deletes the demo before this one without asking, on a server that MONGODB_URI names")
  .option("--keep", "leave everything running at the end")
  .option("--resume", "resume where the last demo stopped, with its settings");

async function main(atEnd: AtEnd): Promise<number> {
  const options = program.parse().opts<Options>();
  const startedAtMs = Date.now();
  const resumed = options.resume ? await savedSettings() : null;
  const settings = resumed ?? settingsOf(options);
  print(describe(settings, { resumed: resumed !== null }));
  const replica = await step("Making up the history", () => replicaOf(settings));
  atEnd(replica.close);
  const { db, uri, mongosh, close } = await openDatabase("demo", DATABASE);
  atEnd(close);
  if (!resumed) {
    const refused = await mayDrop(db, options);
    if (refused !== null) return refused;
    await beginAnew(db, settings);
  }
  const { seed, startedAt } = settings;
  const boards = settings.boardMinutes ? await startBoards(seed, startedAt) : null;
  if (boards) {
    atEnd(boards.close);
    await addBoardSites(db, boards);
  }
  const own = boards ? boardVars(startedAt) : {};
  const vars = { MONGODB_DB: DATABASE, ...varsOf(settings, replica), ...own };
  const token = newToken();
  const secrets = { MONGODB_URI: uri, STATUS_TOKEN: token };
  const worker = await buildWorker({ vars, secrets });
  atEnd(worker.close);
  const view = createProgressView(startedAtMs);
  const invocations = await runToTheEnd({ db, worker, view });
  view.end();
  const seconds = (Date.now() - startedAtMs) / 1000;
  const shown = options.keep || process.env["MONGODB_URI"] ? mongosh : null;
  const found = { db, replica, mongosh: shown, invocations, seconds };
  const inNotices = await step("Comparing with what was published", () => reportDemo(found));
  const wrong = inNotices + (boards ? await reportBoards(db, boards, startedAt) : 0);
  if (options.keep) {
    print(`\nLeft running: MongoDB, the replica ${replica.url}, the Worker. Ctrl-C stops it.`);
    print(pageWords(worker.url, token));
    const where = process.env["MONGODB_URI"] ? "" : `MONGODB_URI="${uri}" `;
    printWhole(`Look after it: ${where}MONGODB_DB=${DATABASE} npm run sync -- status`);
    await keepRunning({ db, worker });
  }
  return wrong === 0 ? 0 : 1;
}

/** What the last demo was begun with; null when none was, or when it was killed before it had begun. */
async function savedSettings(): Promise<Settings | null> {
  if (!existsSync(SETTINGS)) return null;
  return settingsSchema.parse(JSON.parse(await readFile(SETTINGS, "utf8")));
}

function settingsOf({ seed, notices, months, faults, recorded, boardMinutes }: Options): Settings {
  const boards = boardMinutes ? { boardMinutes } : {};
  const made = { seed, notices, months, faults, ...boards, startedAt: new Date().toISOString() };
  return recorded === undefined ? made : { ...made, recorded: resolve(recorded) };
}

function describe(settings: Settings, { resumed }: { resumed: boolean }): string {
  const { seed, notices, months, faults, recorded } = settings;
  const history = recorded
    ? `the recorded pages of ${recorded}`
    : `${notices} notices in ${months} months, seed ${seed}, faults ${faults}`;
  return `${resumed ? "Resuming" : "New demo"}: ${history}`;
}

/** The demo begins with an empty database: on a server that is not its own, what is there goes only with consent. */
async function mayDrop(db: Database, options: Options): Promise<number | null> {
  const { contracts, syncJobs } = db;
  if (!process.env["MONGODB_URI"]) return null;
  if ((await db.db.listCollections({}, { nameOnly: true }).toArray()).length === 0) return null;
  const where = placeOf(db);
  if (!(await isOurs(db))) {
    printProblem(
      `Nothing was deleted: ${where} holds something else than a demo. Empty it, or take another server.`,
    );
    return EXIT.usage;
  }
  const [notices, sources] = await Promise.all([
    contracts.estimatedDocumentCount(),
    syncJobs.countDocuments(),
  ]);
  return consentTo(options, [`The database ${where} goes: ${notices} contracts of ${sources} sources.`]);
}

/** The settings are written last and at once: a demo that is killed here is begun anew by `--resume`. */
async function beginAnew(db: Database, settings: Settings): Promise<void> {
  await rm(SETTINGS, { force: true });
  await db.db.dropDatabase();
  await mkdir(FOLDER, { recursive: true });
  await writeFile(`${SETTINGS}.new`, JSON.stringify(settings));
  await rename(`${SETTINGS}.new`, SETTINGS);
}

const IDLE_TICKS_MAX = 3;

/** Fires the cron until every month is exact and both sources are syncing, or nothing moves; the invocations it took. */
async function runToTheEnd(watched: Watched): Promise<number> {
  let last = "";
  let idleTicks = 0;
  for (let invocations = 1; ; invocations++) {
    const progress = await tickShown(watched);
    const state = JSON.stringify(progress);
    idleTicks = state === last ? idleTicks + 1 : 0;
    last = state;
    if (isComplete(progress) || idleTicks === IDLE_TICKS_MAX) return invocations;
  }
}

/** Nothing is left to show the progress of: only what came is told. */
const silent = { show: () => undefined, end: () => undefined };

async function keepRunning(system: Omit<Watched, "view">): Promise<never> {
  for (;;) {
    await sleep(KEPT_TICK_MS);
    await tickShown({ ...system, view: silent });
    const run = await system.db.syncRuns.findOne({}, { sort: { startedAt: -1 } });
    const came = (run?.sources ?? []).reduce((sum, { contractsChanged }) => sum + contractsChanged, 0);
    if (came > 0) print(`${moment(new Date())}: ${counted(came, "new or changed notice")}.`);
  }
}

await runCommand(main, 130);
