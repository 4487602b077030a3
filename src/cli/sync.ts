// `npm run sync -- …`: one command for each task of whoever runs this, in the words of the status page.
import { setTimeout as sleep } from "node:timers/promises";
import { confirm, isCancel } from "@clack/prompts";
import Table from "cli-table3";
import { Argument, Command, InvalidArgumentError } from "commander";
import { retryNow, verifyAnew } from "../claim/claim.ts";
import { type Config, readConfig } from "../config/config.ts";
import { collectionsOf, type Database, withDatabase } from "../platform/database.ts";
import { createLogger } from "../platform/logger.ts";
import { workerEffects } from "../platform/worker-effects.ts";
import { troublesIn } from "../report/alarms.ts";
import { readQuarantine } from "../report/status.ts";
import { bytes, count, counted, moment, SOURCE_NAMES } from "../report/words.ts";
import { invoke } from "../run/invocation.ts";
import { setPaused } from "../run/jobs.ts";
import { statusOf } from "../run/status.ts";
import type { SyncRun } from "../terms/documents.ts";
import { SOURCES, type Source } from "../terms/window.ts";
import { diagnose, FINDING_SIGNS, type Finding } from "../upkeep/doctor.ts";
import { type PruneReport, prune } from "../upkeep/prune.ts";
import { retryQuarantine } from "../upkeep/retry-quarantine.ts";
import { EXIT, EXIT_MEANINGS, runProgram } from "./exit.ts";
import { PLAN_PURPOSE, planOptions } from "./plan.ts";
import { createProgressView } from "./progress.ts";
import { readSettings } from "./settings.ts";
import { printStatus } from "./status-view.ts";
import { tickShown } from "./system.ts";

interface Common {
  json?: boolean;
}

const program = new Command("sync")
  .description(
    "Looks after a tendhunt database: MONGODB_URI names it (in the environment or in .dev.vars), wrangler.toml its settings.",
  )
  .exitOverride()
  .addHelpText("after", EXIT_MEANINGS);

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--json", "the answer as JSON, for programs")
    .exitOverride()
    .addHelpText("after", EXIT_MEANINGS);
}

const NAMES: Record<string, Source> = { fat: "FIND_A_TENDER", cf: "CONTRACTS_FINDER" };
const sourceArgument = new Argument("[source]", "fat, cf or the full name; without it both").argParser(
  (text: string): Source => {
    const known = SOURCES.find((source) => source === text.toUpperCase()) ?? NAMES[text.toLowerCase()];
    if (!known) throw new InvalidArgumentError(`Expected fat, cf, ${SOURCES.join(" or ")}.`);
    return known;
  },
);
const windowArgument = (required: boolean) =>
  new Argument(required ? "<window>" : "[window]", "like FIND_A_TENDER/2024-03").argParser((text: string) => {
    if (!/^[A-Z_]+\/(\S+\/)?\d{4}-\d{2}$/.test(text))
      throw new InvalidArgumentError("Expected a window's id like FIND_A_TENDER/2024-03.");
    return text;
  });

interface Opened {
  db: Database;
  config: Config;
  /** The answer: JSON for programs, or what `people` prints. */
  say: (answer: unknown, people: () => void) => void;
}

/** Settings, connection, answer: the same for each command. */
async function opened({ json = false }: Common, use: (opened: Opened) => Promise<number>): Promise<void> {
  const config = readConfig(readSettings(), new Date());
  const say: Opened["say"] = (answer, people) =>
    json ? console.log(JSON.stringify(answer, null, 2)) : people();
  process.exitCode = await withDatabase({ uri: config.mongodbUri, name: config.mongodbDb }, (db) =>
    use({ db: collectionsOf(db), config, say }),
  );
}

const WATCH_MS = 5000;
command("status", "What is complete, what is left, and what needs you.")
  .option("--watch", "again every five seconds, until Ctrl-C")
  .action((options: Common & { watch?: boolean }) =>
    opened(options, async ({ db, config, say }) => {
      for (;;) {
        const status = await statusOf(db, config, new Date());
        if (options.watch && process.stdout.isTTY) console.log("\u001b[2J\u001b[H"); // clears the screen
        say(status, () => printStatus(status));
        if (!options.watch) return troublesIn(status.alarms).length > 0 ? EXIT.attention : EXIT.fine;
        await sleep(WATCH_MS);
      }
    }),
  );

planOptions(command("plan", PLAN_PURPOSE));

command("run", "One invocation here and now: what the cron does, without a Worker.").action(
  (options: Common) => opened(options, (open) => invokeShown(open, { verifyOnly: false, ...options })),
);

command("verify", "Verifies here and now what has been read and never verified; a window is verified anew.")
  .addArgument(windowArgument(false))
  .action((window: string | undefined, options: Common) =>
    opened(options, async (open) => {
      if (window !== undefined && !(await verifyAnew(open.db, window))) {
        return refuse(`${window} is not done, or it is being verified now: \`status\` says which.`);
      }
      return invokeShown(open, { verifyOnly: true, ...options });
    }),
  );

async function invokeShown(
  { db, config, say }: Opened,
  { verifyOnly, json = false }: Common & { verifyOnly: boolean },
): Promise<number> {
  const log = createLogger({ level: "silent", secrets: [] }); // the errors are in the answer
  const ended: SyncRun[] = [];
  const tick = async () => {
    ended.push(await invoke({ db, effects: workerEffects, config, log, verifyOnly }));
    return [];
  };
  if (json) await tick();
  else {
    const view = createProgressView(process.stdout, Date.now());
    await tickShown({ db, worker: { tick }, view });
    view.end();
  }
  const [run] = ended;
  say(run, () => {
    for (const one of run?.sources ?? []) {
      const done = `${one.windowsDone.length} months read, ${one.windowsVerified.length} verified`;
      console.log(
        `${SOURCE_NAMES[one.source]}: ${counted(one.releases, "notice")} in ${counted(one.requests, "request")}, ${done}; ended by ${one.endedBy}.`,
      );
      for (const error of one.errors) console.log(`  ${error}`);
    }
  });
  return run?.outcome === "error" ? EXIT.attention : EXIT.fine;
}

function refuse(message: string): number {
  console.error(message);
  return EXIT.attention;
}

command("retry", "Months that failed, or pause after a failed attempt, are due at once.")
  .addArgument(windowArgument(false))
  .action((window: string | undefined, options: Common) =>
    opened(options, async ({ db, say }) => {
      const retried = await retryNow(db, window);
      const none = window === undefined ? "No month waits" : `${window} does not wait`;
      say({ retried }, () =>
        console.log(
          retried > 0 ? `${counted(retried, "month")} due at the next run.` : `${none} for another attempt.`,
        ),
      );
      return retried === 0 && window !== undefined ? EXIT.attention : EXIT.fine;
    }),
  );

for (const paused of [true, false]) {
  command(
    paused ? "pause" : "resume",
    paused
      ? "Leaves a source alone, new notices included, until it is resumed."
      : "Goes on with a paused source; what it missed is made up for.",
  )
    .addArgument(sourceArgument)
    .action((only: Source | undefined, options: Common) =>
      opened(options, async ({ db, say }) => {
        const answers = await Promise.all(
          SOURCES.filter((source) => !only || source === only).map(async (source) => {
            const known = await setPaused(db, { source, paused, now: new Date() });
            return { source, paused: known ? paused : null };
          }),
        );
        say(answers, () => {
          for (const { source, paused: is } of answers) {
            const state =
              is === null ? "not planned yet: the first run does that" : paused ? "paused" : "goes on";
            console.log(`${SOURCE_NAMES[source]}: ${state}.`);
          }
        });
        return answers.some((answer) => answer.paused === null) ? EXIT.attention : EXIT.fine;
      }),
    );
}

const quarantine = program
  .command("quarantine")
  .description("Releases that could not be stored, with their text and the reason.")
  .exitOverride();

function quarantineCommand(name: string, description: string): Command {
  return quarantine
    .command(name)
    .description(description)
    .option("--json", "the answer as JSON, for programs")
    .exitOverride()
    .addHelpText("after", EXIT_MEANINGS);
}

quarantineCommand("list", "The newest hundred.").action((options: Common) =>
  opened(options, async ({ db, say }) => {
    const cases = await readQuarantine(db);
    say(cases, () => {
      const table = new Table({ head: ["id", "last seen", "reason"], style: { head: [], border: [] } });
      for (const { _id, lastSeenAt, reason } of cases) table.push([_id, moment(lastSeenAt), reason]);
      console.log(cases.length === 0 ? "Nothing is in quarantine." : table.toString());
    });
    return EXIT.fine;
  }),
);

quarantineCommand("show <id>", "One of them, whole.").action((id: string, options: Common) =>
  opened(options, async ({ db, say }) => {
    const one = await db.quarantine.findOne({ _id: id });
    if (!one) return refuse(`${id} is not in quarantine: \`quarantine list\` says what is.`);
    say(one, () => {
      const { rawText, ...facts } = one;
      for (const [name, value] of Object.entries(facts))
        console.log(`${name.padEnd(12)} ${value instanceof Date ? moment(value) : value}`);
      console.log(rawText);
    });
    return EXIT.fine;
  }),
);

quarantineCommand("retry [id]", "Maps them again, after a fix; what can be stored now is stored.").action(
  (id: string | undefined, options: Common) =>
    opened(options, async ({ db, config, say }) => {
      const { stored, left } = await retryQuarantine({ db, config, now: new Date(), ...(id ? { id } : {}) });
      say({ stored, left }, () => {
        console.log(
          `${counted(stored.length, "release")} stored, ${count(left.length)} still in quarantine.`,
        );
        for (const one of left) console.log(`  ${one.id}: ${one.reason}`);
      });
      return left.length > 0 ? EXIT.attention : EXIT.fine;
    }),
);

command(
  "prune",
  "Deletes what is older than the start date that is set, in steps; stopped anywhere, it goes on.",
)
  .option("--dry-run", "only says what would go")
  .option("--yes", "without asking")
  .action((options: Common & { dryRun?: boolean; yes?: boolean }) =>
    opened(options, async ({ db, config, say }) => {
      const { sources } = config;
      const plan = await prune({ db, sources, dryRun: true });
      const ask = process.stdin.isTTY && !options.dryRun && !options.yes && !options.json;
      if (ask) {
        printPrune(plan, "would go");
        const go = await confirm({ message: "Delete them?", initialValue: false });
        if (isCancel(go) || !go) return refuse("Nothing was deleted.");
      }
      const reports = options.dryRun ? plan : await prune({ db, sources, dryRun: false });
      say(reports, () => printPrune(reports, options.dryRun ? "would go" : "gone"));
      return EXIT.fine;
    }),
  );

function printPrune(reports: PruneReport[], verb: string): void {
  for (const { source, start, contracts, bytes: size, windows } of reports) {
    console.log(
      `${SOURCE_NAMES[source]} before ${moment(start)}: ${counted(contracts, "contract")} (${bytes(size)}) in ${counted(windows.length, "month")} ${verb}.`,
    );
  }
}

command("doctor", "Checks everything one by one, and says what to do for each that fails.").action(
  async ({ json = false }: Common) => {
    const findings: Finding[] = [];
    for await (const finding of diagnose(readSettings())) {
      findings.push(finding);
      if (json) continue;
      console.log(`${FINDING_SIGNS[finding.state]} ${finding.check}: ${finding.found}`);
      if (finding.advice) console.log(`    ${finding.advice}`);
    }
    if (json) console.log(JSON.stringify(findings, null, 2));
    const bad = findings.filter(({ state }) => state === "failed").length;
    if (!json) console.log(bad === 0 ? "All well." : `${counted(bad, "check")} failed.`);
    process.exitCode = bad === 0 ? EXIT.fine : EXIT.attention;
  },
);

await runProgram(program);
