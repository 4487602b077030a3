// `npm start`: the same system against the real APIs: MongoDB (embedded, or MONGODB_URI), the Worker in workerd, its
// cron fired at once and then every hour. Ctrl-C stops; the next start resumes.

import { setTimeout as sleep } from "node:timers/promises";
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { type Config, readConfig, SECRETS } from "../config/config.ts";
import { moment } from "../report/words.ts";
import { checkApi } from "../upkeep/checks/sites.ts";
import { examine } from "../upkeep/finding.ts";
import { newCommand } from "./exit.ts";
import { print, printProblem } from "./print.ts";
import { createProgressView } from "./progress.ts";
import { readSettings } from "./settings.ts";
import {
  type AtEnd,
  buildWorker,
  newToken,
  openDatabase,
  pageWords,
  runCommand,
  step,
  tickShown,
} from "./system.ts";

const program = newCommand("start")
  .description("The system on this machine, against the real sites, until Ctrl-C.")
  .addHelpText(
    "after",
    "\nSettings come from the environment, .dev.vars and wrangler.toml: BACKFILL_START_DATE=2026-01-01 npm start",
  );

async function main(atEnd: AtEnd): Promise<number> {
  program.parse();
  // A wrong value is told before anything is started.
  const settings = readSettings();
  const embedded = { MONGODB_URI: "mongodb://embedded" };
  const config = readConfig({ ...embedded, ...settings }, new Date());
  const { mongodbDb } = config;
  await step("Asking the sites", () => tellUnreachable(config));
  const { db, uri, mongosh, close } = await openDatabase("start", mongodbDb);
  atEnd(close);
  const of = (secret: boolean) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => SECRETS.has(name) === secret));
  const vars = { ...of(false), MONGODB_DB: mongodbDb };
  const token = settings["STATUS_TOKEN"] ?? newToken();
  const secrets = { ...of(true), MONGODB_URI: uri, STATUS_TOKEN: token };
  const worker = await buildWorker({ vars, secrets });
  atEnd(worker.close);
  print(settings["STATUS_TOKEN"] ? `The page: ${worker.url}` : pageWords(worker.url, token));
  print(`Database: ${mongosh}. Ctrl-C stops, the next start resumes.`);
  for (;;) {
    const begunAtMs = Date.now();
    const view = createProgressView(begunAtMs);
    const progress = await tickShown({ db, worker, view });
    view.end();
    const nextMs = Math.ceil((begunAtMs + 1) / HOUR_MS) * HOUR_MS;
    const months = progress.map(({ name, done, windows }) => `${name} ${done}/${windows} months`);
    print(`${months.join(", ")}. Next run: ${moment(new Date(nextMs))}, London time.`);
    await sleep(Math.max(0, nextMs - Date.now()));
  }
}

/** A run tries for minutes before it says so. */
async function tellUnreachable({ sources }: Config): Promise<void> {
  const findings = await Promise.all(
    sources.map((source) => examine(source.definition.name, () => checkApi(source, []))),
  );
  const failed = findings.filter(({ state }) => state === "failed");
  for (const { check, found, advice } of failed)
    printProblem(`${check} does not answer: ${found}. ${advice}`);
  if (failed.length > 0)
    printProblem(
      "It is asked again by itself, and nothing is lost meanwhile. `npm run sync -- doctor` looks again and says what else is wrong.",
    );
}

await runCommand(main, 0); // Ctrl-C is how it ends
