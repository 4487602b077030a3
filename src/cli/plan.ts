// `npm run plan`, or `npm run sync -- plan`: what a start date, a tier or a budget costs, before anything is spent.
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Config, readConfig } from "../config/config.ts";
import { BACKFILL_SHARE, type Range } from "../forecast/forecast.ts";
import { collectionsOf, withDatabase } from "../platform/database.ts";
import { bytes, count, counted, day, megabytes, percent, SOURCE_NAMES } from "../report/words.ts";
import { STORE_RAW_MODES, type StoreRaw } from "../terms/documents.ts";
import { ConfigError } from "../terms/errors.ts";
import { toLondon } from "../terms/london-time.ts";
import type { Source } from "../terms/window.ts";
import { type Measured, measure, unmeasured } from "../upkeep/measured.ts";
import {
  budgetFor,
  CHANGES,
  type Preview,
  preview,
  type Reach,
  reachOf,
  type SourceChanges,
  TIERS,
  type Tier,
  type TierReach,
  tierReaches,
} from "../upkeep/preview.ts";
import { EXIT_MEANINGS, runProgram } from "./exit.ts";
import { readSettings } from "./settings.ts";

export const PLAN_PURPOSE = "What a start date, a tier or a budget costs, before anything is spent.";

interface Options {
  start?: string;
  tier?: Tier;
  budget?: number;
  raw?: StoreRaw;
  by?: "month" | "year";
  offline?: boolean;
  json?: boolean;
}

const STARTS = ["BACKFILL_START_DATE", "FAT_BACKFILL_START_DATE", "CF_BACKFILL_START_DATE"] as const;
const PLAIN_TABLE = {
  style: { head: [], border: [] },
  chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
};
const MONTHLY_MOST = 24; // months that the table shows one by one, unless it is asked for

export function planOptions(command: Command): Command {
  const tier = new Option("--tier <tier>", "as deep as this Atlas tier allows")
    .choices(Object.keys(TIERS))
    .conflicts("budget");
  return command
    .option(
      "--start <day>",
      "both sources from this day on, like 2024-03-01; without it what wrangler.toml has",
    )
    .addOption(tier)
    .option("--budget <MB>", "as deep as this STORAGE_BUDGET_MB allows", megabytesOf)
    .addOption(new Option("--raw <mode>", "STORE_RAW").choices(STORE_RAW_MODES))
    .addOption(new Option("--by <period>", "rows of the table").choices(["month", "year"]))
    .option("--offline", "without the database, even where MONGODB_URI is set")
    .action(showPlan);
}

function megabytesOf(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0)
    throw new InvalidArgumentError("Expected a number of megabytes, like 400.");
  return Number(text);
}

async function showPlan(options: Options): Promise<void> {
  const now = new Date();
  const settings = readSettings();
  const online = !options.offline && (settings["MONGODB_URI"] ?? "") !== "";
  const config = configOf(settings, options, now);
  const measured = online
    ? await withDatabase({ uri: config.mongodbUri, name: config.mongodbDb }, (db) =>
        measure(collectionsOf(db), config),
      )
    : unmeasured(config);
  const everything = configOf(without(settings, STARTS), {}, now).sources;
  const answer = answerOf({ config, everything, measured, options, now });
  if (options.json) console.log(JSON.stringify(answer, null, 2));
  else print(answer);
}

const without = (settings: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));

/** The settings as they would be; a plan needs no database. */
function configOf(
  settings: Record<string, string>,
  { start, tier, budget, raw }: Pick<Options, "start" | "tier" | "budget" | "raw">,
  now: Date,
): Config {
  const budgetMb = tier ? budgetFor(tier) : budget;
  return readConfig(
    {
      MONGODB_URI: "mongodb://none",
      ...without(settings, [
        ...(start === undefined ? [] : STARTS),
        ...(settings["MONGODB_URI"] ? [] : ["MONGODB_URI"]),
      ]),
      ...(start === undefined ? {} : { BACKFILL_START_DATE: start }),
      ...(raw === undefined ? {} : { STORE_RAW: raw }),
      ...(budgetMb === undefined ? {} : { STORAGE_BUDGET_MB: String(budgetMb) }),
    },
    now,
  );
}

interface Answer extends Preview {
  storeRaw: StoreRaw;
  /** Null: no budget. */
  budgetMb: number | null;
  /** Whether the likely size leaves the delta its share. */
  fits: boolean | null;
  /** Where a tier or a budget chose the start: how far back it may be. */
  reach: Reach | null;
  tiers: TierReach[];
  usedBytes: number | null;
  forecastError: Measured["forecastError"];
  /** For [vars] in wrangler.toml. */
  lines: string[];
  /** What must not stand there. */
  remove: string[];
}

function answerOf(facts: {
  config: Config;
  everything: Config["sources"];
  measured: Measured;
  options: Options;
  now: Date;
}): Answer {
  const { config, everything, measured, options, now } = facts;
  const { known, existing } = measured;
  const budgetMb = config.storageBudgetMb > 0 ? config.storageBudgetMb : null;
  const choose = options.start === undefined && (options.tier !== undefined || options.budget !== undefined);
  const reach = choose && budgetMb !== null ? reachOf({ history: everything, budgetMb, known, now }) : null;
  const chosen = reach?.likely;
  if (chosen === null)
    throw new ConfigError(
      `STORAGE_BUDGET_MB "${budgetMb}" is too small: not even the newest month fits. Allowed is more than that.`,
    );
  const depths = chosen
    ? everything.map((one) => ({ ...one, start: one.start > chosen ? one.start : chosen }))
    : config.sources;
  const months =
    (now.getTime() - Math.min(...depths.map(({ start }) => start.getTime()))) / (30.44 * 86_400_000);
  const by = options.by ?? (months <= MONTHLY_MOST ? "month" : "year");
  const shown = preview({ depths, known, pace: config, by, now, existing });
  return {
    ...shown,
    storeRaw: config.storeRaw,
    budgetMb,
    fits: budgetMb === null ? null : shown.size.likely <= megabytes(budgetMb) * BACKFILL_SHARE,
    reach,
    tiers: tierReaches({ history: everything, known, now }),
    usedBytes: measured.usedBytes,
    forecastError: measured.forecastError,
    ...linesFor({ starts: shown.starts, everything, budgetMb, storeRaw: config.storeRaw }),
  };
}

const dayOf = (at: Date) => toLondon(at).slice(0, 10);

/** One common start where both sources can share it. */
function linesFor(options: {
  starts: Preview["starts"];
  everything: Config["sources"];
  budgetMb: number | null;
  storeRaw: StoreRaw;
}): Pick<Answer, "lines" | "remove"> {
  const { starts, everything, budgetMb, storeRaw } = options;
  const firstOf = (source: Source) =>
    everything.find((one) => one.source === source)?.start ?? starts[source];
  const { FIND_A_TENDER: fat, CONTRACTS_FINDER: cf } = starts;
  const shared = Math.max(cf.getTime(), firstOf("FIND_A_TENDER").getTime()) === fat.getTime();
  const [common, own] = [STARTS.slice(0, 1), STARTS.slice(1)];
  const line = (name: string, value: string) => `${name} = "${value}"`;
  return {
    lines: [
      ...(shared
        ? [line("BACKFILL_START_DATE", dayOf(cf))]
        : [line("FAT_BACKFILL_START_DATE", dayOf(fat)), line("CF_BACKFILL_START_DATE", dayOf(cf))]),
      line("STORAGE_BUDGET_MB", String(budgetMb ?? 0)),
      line("STORE_RAW", storeRaw),
    ],
    remove: shared ? own : common,
  };
}

function print(answer: Answer): void {
  const { starts, storeRaw, releases, size, requests, hours } = answer;
  const { FIND_A_TENDER: fat, CONTRACTS_FINDER: cf } = starts;
  const from =
    fat.getTime() === cf.getTime() ? day(fat) : `${day(fat)} (Find a Tender), ${day(cf)} (Contracts Finder)`;
  console.log(`From ${from}, STORE_RAW ${storeRaw}:`);
  console.log(`  notices   ${rangeOf(releases, count)}`);
  console.log(`  database  ${rangeOf(size, bytes)}`);
  console.log(`  requests  ${rangeOf(requests, count)}`);
  console.log(`  time      ${rangeOf(hours.hourly, time)} with an hourly cron,`);
  console.log(`            ${rangeOf(hours.quarterHourly, time)} with a quarter-hourly one`);
  console.log(`  from then ${bytes(answer.bytesPerMonth)} more each month`);
  console.log(basis(answer));
  printRows(answer);
  printBudget(answer);
  if (answer.changes) printChanges(answer, answer.changes);
  printTiers(answer);
  console.log(`\nPut into wrangler.toml under [vars]:\n`);
  for (const line of answer.lines) console.log(line);
  console.log(`\n(and nothing for ${answer.remove.join(", ")})`);
}

function basis({ forecastError, changes }: Answer): string {
  if (forecastError)
    return `Forecasts of ${counted(forecastError.windows, "month")} read so far were off by ${percent(forecastError.bytes)} in bytes, ${percent(forecastError.requests)} in requests (medians).`;
  return `By the yearly volumes of both sources${changes ? " and what was read so far" : ", before anything was measured"}.`;
}

const rangeOf = ({ low, likely, high }: Range, say: (value: number) => string) =>
  say(low) === say(high) ? say(likely) : `${say(likely)} (${say(low)} to ${say(high)})`;
const time = (hours: number) => (hours < 10 ? `${hours.toFixed(1)} h` : `${count(hours)} h`);

function printRows({ rows, changes }: Answer): void {
  const table = new Table({
    head: [
      ...["", "Find a Tender", "Contracts Finder", "stored"],
      ...[changes ? "requests left" : "requests", "hourly cron", "quarter-hourly", "all from here on"],
    ],
    colAligns: ["left", ...Array<"right">(7).fill("right")],
    ...PLAIN_TABLE,
  });
  for (const row of rows) {
    const { FIND_A_TENDER: fat, CONTRACTS_FINDER: cf } = row.bySource;
    table.push([
      ...[row.period, count(fat.releases), count(cf.releases), bytes(row.storedBytes), count(row.requests)],
      ...[time(row.hours.hourly), time(row.hours.quarterHourly), bytes(row.sizeFromHere)],
    ]);
  }
  console.log(table.toString());
}

function printBudget({ budgetMb, fits, reach, size, bytesPerMonth }: Answer): void {
  if (budgetMb === null) return;
  const budget = megabytes(budgetMb);
  if (reach && !reach.all)
    console.log(
      `A budget of ${bytes(budget)} reaches back to ${reachText(reach.likely)}, between ${reachText(reach.high)} and ${reachText(reach.low)}; older months wait.`,
    );
  else if (fits) console.log(`That fits into a budget of ${bytes(budget)}.`);
  else
    console.log(
      `That does not fit into a budget of ${bytes(budget)}: the oldest months are not read (deferred) until there is room.`,
    );
  const free = budget - size.likely;
  if (fits && bytesPerMonth > 0)
    console.log(
      `What is left of it holds the new notices of ${counted(Math.floor(free / bytesPerMonth), "month")}.`,
    );
}

function printChanges({ usedBytes, whenDone }: Answer, changes: SourceChanges[]): void {
  console.log(`\nDeployed now, this would change (the database has ${bytes(usedBytes ?? 0)}):`);
  for (const { source, windows, requestsSaved, requestsDropped } of changes) {
    const parts = CHANGES.filter((kind) => windows[kind].length > 0).map(
      (kind) => `${CHANGE_WORDS[kind]} ${monthsOf(windows[kind])}`,
    );
    const saved =
      requestsSaved > 0 ? ` ${counted(requestsSaved, "request")} made before are not made again.` : "";
    const dropped =
      requestsDropped > 0 ? ` About ${counted(requestsDropped, "request")} are made no more.` : "";
    console.log(`  ${SOURCE_NAMES[source]}: ${parts.join("; ") || "nothing"}.${saved}${dropped}`);
  }
  if (whenDone)
    console.log(
      `  When all is read the database has ${rangeOf(whenDone, bytes)}; what is older stays until \`prune\`.`,
    );
}

const CHANGE_WORDS: Record<(typeof CHANGES)[number], string> = {
  insert: "plans",
  extend: "extends",
  reopen: "reads once more, whole,",
  resume: "goes on with",
  restore: "takes back without a request",
  cancel: "cancels",
  change: "adjusts",
};

function monthsOf(ids: string[]): string {
  const months = ids.map((id) => id.slice(id.indexOf("/") + 1)).sort();
  const [first, last] = [months[0], months.at(-1)];
  return months.length === 1 ? `${first}` : `${counted(months.length, "month")} (${first} to ${last})`;
}

const reachText = (at: Date | null) => (at ? dayOf(at).slice(0, 7) : "nothing");

function printTiers({ tiers }: Answer): void {
  console.log("\nHow far back each Atlas tier reaches, by STORE_RAW:");
  const table = new Table({
    head: ["tier", "space", "budget", ...STORE_RAW_MODES],
    ...PLAIN_TABLE,
  });
  for (const { tier, sizeMb, budgetMb, reach } of tiers) {
    const cells = STORE_RAW_MODES.map((mode) => {
      const { low, likely, high, all } = reach[mode];
      return all ? "all there is" : `${reachText(likely)} (${reachText(high)} to ${reachText(low)})`;
    });
    table.push([tier, bytes(megabytes(sizeMb)), `${count(budgetMb)} MB`, ...cells]);
  }
  console.log(table.toString());
  console.log(
    "M0 and Flex count documents and indexes uncompressed, as here; M10 counts the disk, where they take about half (measured: 49 %).",
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const program = new Command("plan")
    .description(PLAN_PURPOSE)
    .option("--json", "the answer as JSON, for programs")
    .exitOverride()
    .addHelpText("after", EXIT_MEANINGS);
  await runProgram(planOptions(program));
}
