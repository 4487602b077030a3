// `npm run plan`, or `npm run sync -- plan`: what a start date, a tier or a budget costs, before anything is spent.
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Range } from "../forecast/cost.ts";
import { collectionsOf, withDatabase } from "../platform/database.ts";
import { bytes, count, counted, day, megabytes, percent } from "../report/words.ts";
import { SOURCES } from "../sources/index.ts";
import { STORE_RAW_MODES } from "../terms/documents.ts";
import { SEARCH_MODES } from "../terms/search.ts";
import { configOf, type Depth, type DepthOptions, dayOf, depthOf, STARTS, without } from "../upkeep/depth.ts";
import { measure, unmeasured } from "../upkeep/measured.ts";
import { CHANGES, type SourceChanges } from "../upkeep/preview.ts";
import { TIERS } from "../upkeep/tiers.ts";
import { EXIT_MEANINGS, newCommand, runProgram } from "./exit.ts";
import { print, printWhole } from "./print.ts";
import { readSettings } from "./settings.ts";

const PLAN_PURPOSE = "What a start date, a tier or a budget costs, before anything is spent.";

interface Options extends DepthOptions {
  offline?: boolean;
  json?: boolean;
}

const PLAIN_TABLE = {
  style: { head: [], border: [] },
  chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
};

function planOptions(command: Command): Command {
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
    .addOption(new Option("--search <index>", "SEARCH_INDEX").choices(SEARCH_MODES))
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
  const answer = depthOf({ config, everything, measured, options, now });
  if (options.json) printWhole(JSON.stringify(answer, null, 2));
  else printDepth(answer);
}

function printDepth(answer: Depth): void {
  const { starts, storeRaw, releases, size, requests, hours } = answer;
  const days = Object.values(starts).map(day);
  const each = Object.entries(starts).map(([source, start]) => `${day(start)} (${sourceName(source)})`);
  const from = new Set(days).size === 1 ? days[0] : each.join(", ");
  print(`From ${from}, STORE_RAW ${storeRaw}:`);
  print(`  notices   ${rangeOf(releases, count)}`);
  print(`  database  ${rangeOf(size, bytes)}`);
  print(`  ${searchText(answer.search)}`);
  print(`  requests  ${rangeOf(requests, count)}`);
  print(`  time      ${rangeOf(hours.hourly, time)} with an hourly cron,`);
  print(`            ${rangeOf(hours.quarterHourly, time)} with a quarter-hourly one`);
  print(`  from then ${bytes(answer.bytesPerMonth)} more each month`);
  print(basis(answer));
  printRows(answer);
  printBudget(answer);
  if (answer.changes) printChanges(answer, answer.changes);
  printTiers(answer);
  print(`\nPut into wrangler.toml under [vars]:\n`);
  for (const line of answer.lines) printWhole(line);
  print(`\n(and nothing for ${answer.remove.join(", ")})`);
}

function searchText({ mode, textBytes }: Depth["search"]): string {
  if (mode === "text") return `search    ${bytes(textBytes)} of it are the text index (SEARCH_INDEX=text)`;
  const what = mode === "off" ? "no index for words" : "an index of Atlas Search, beside these bytes";
  return `search    ${what}; SEARCH_INDEX=text would take ${bytes(textBytes)}`;
}

const sourceName = (source: string) => SOURCES.find(({ id }) => id === source)?.name ?? source;

function basis({ forecastError, changes }: Depth): string {
  if (forecastError)
    return `Forecasts of ${counted(forecastError.windows, "month")} read so far were off by ${percent(forecastError.bytes)} in bytes, ${percent(forecastError.requests)} in requests (medians).`;
  return `By the yearly volumes of the sources${changes ? " and what was read so far" : ", before anything was measured"}.`;
}

const rangeOf = ({ low, likely, high }: Range, say: (value: number) => string) =>
  say(low) === say(high) ? say(likely) : `${say(likely)} (${say(low)} to ${say(high)})`;
const time = (hours: number) => (hours < 10 ? `${hours.toFixed(1)} h` : `${count(hours)} h`);

function printRows({ rows, changes, starts }: Depth): void {
  const sources = Object.keys(starts);
  const asked = changes ? "requests left" : "requests";
  const head = [
    "",
    ...sources.map((id) => inLines(sourceName(id))),
    ...["stored", inLines(asked), "hourly\ncron", "each\n¼ hour", "up to\nhere"],
  ];
  const table = new Table({
    head,
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
    ...PLAIN_TABLE,
  });
  for (const row of rows) {
    table.push([
      row.period,
      ...sources.map((source) => count(row.bySource[source]?.releases ?? 0)),
      ...[bytes(row.storedBytes), count(row.requests)],
      ...[time(row.hours.hourly), time(row.hours.quarterHourly), bytes(row.sizeFromHere)],
    ]);
  }
  printWhole(table.toString());
}

function printBudget({ budgetMb, fits, reach, size, bytesPerMonth }: Depth): void {
  if (budgetMb === null) return;
  const budget = megabytes(budgetMb);
  if (reach && !reach.all)
    print(
      `A budget of ${bytes(budget)} reaches back to ${reachText(reach.likely)}, between ${reachText(reach.high)} and ${reachText(reach.low)}; older months wait.`,
    );
  else if (fits) print(`That fits into a budget of ${bytes(budget)}.`);
  else
    print(
      `That does not fit into a budget of ${bytes(budget)}: the oldest months are not read (deferred) until there is room.`,
    );
  const free = budget - size.likely;
  if (fits && bytesPerMonth > 0)
    print(
      `What is left of it holds the new notices of ${counted(Math.floor(free / bytesPerMonth), "month")}.`,
    );
}

function printChanges({ usedBytes, whenDone }: Depth, changes: SourceChanges[]): void {
  print(`\nDeployed now, this would change (the database has ${bytes(usedBytes ?? 0)}):`);
  for (const { source, windows, requestsSaved, requestsDropped } of changes) {
    const parts = CHANGES.filter((kind) => windows[kind].length > 0).map(
      (kind) => `${CHANGE_WORDS[kind]} ${monthsOf(windows[kind])}`,
    );
    const saved =
      requestsSaved > 0 ? ` ${counted(requestsSaved, "request")} made before are not made again.` : "";
    const dropped =
      requestsDropped > 0 ? ` About ${counted(requestsDropped, "request")} are made no more.` : "";
    print(`  ${sourceName(source)}: ${parts.join("; ") || "nothing"}.${saved}${dropped}`);
  }
  if (whenDone)
    print(
      `  When all is read the database has ${rangeOf(whenDone, bytes)}; what is older stays until \`prune\`.`,
    );
}

const CHANGE_WORDS: Record<(typeof CHANGES)[number], string> = {
  insert: "plans",
  extend: "extends",
  reopen: "reads once more, whole,",
  resume: "resumes",
  restore: "takes back without a request",
  cancel: "cancels",
  change: "adjusts",
};

function monthsOf(ids: string[]): string {
  const months = ids.map((id) => id.slice(id.indexOf("/") + 1)).sort();
  const [first, last] = [months[0], months.at(-1)];
  return months.length === 1 ? `${first}` : `${counted(months.length, "month")} (${first} to ${last})`;
}

/** Two lines of a heading, so that the table fits 80 columns. */
const inLines = (words: string) => words.replace(/ (?=\S+$)/, "\n");

const reachText = (at: Date | null) => (at ? dayOf(at).slice(0, 7) : "nothing");

function printTiers({ tiers }: Depth): void {
  print("\nHow far back each Atlas tier reaches, by STORE_RAW:");
  const table = new Table({ head: ["tier", "space", "budget", "STORE_RAW", "back to"], ...PLAIN_TABLE });
  for (const { tier, sizeMb, budgetMb, reach } of tiers) {
    for (const [at, mode] of STORE_RAW_MODES.entries()) {
      const { low, likely, high, all } = reach[mode];
      const back = all ? "all there is" : `${reachText(likely)} (${reachText(high)} to ${reachText(low)})`;
      const named = at === 0 ? [tier, bytes(megabytes(sizeMb)), `${count(budgetMb)} MB`] : ["", "", ""];
      table.push([...named, mode, back]);
    }
  }
  printWhole(table.toString());
  print(
    "M0 and Flex count documents and indexes uncompressed, as here; M10 counts the disk, where they take about half (measured: 49 %).",
  );
}

const command = () =>
  planOptions(
    newCommand("plan")
      .description(PLAN_PURPOSE)
      .option("--json", "the answer as JSON, for programs")
      .addHelpText("after", EXIT_MEANINGS),
  );

/** `npm run sync -- plan` */
export const syncPlan = command();

/** `npm run plan` */
export const plan = (args: string[]) => runProgram(command(), args);

if (process.argv[1] === fileURLToPath(import.meta.url)) await plan(process.argv.slice(2));
