// `npm run ask`: the questions of docs/queries.md, asked of the database that MONGODB_URI names, or of the demo's.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import type { Document } from "mongodb";
import { z } from "zod";
import { readConfig } from "../config/config.ts";
import { collectionsOf, type Database, withDatabase } from "../platform/database.ts";
import { csvOf } from "../questions/csv.ts";
import { whatItReads, whyUnanswered } from "../questions/failure.ts";
import { QUESTIONS } from "../questions/index.ts";
import { ask, mayShowTwins, type Question, withTwins } from "../questions/question.ts";
import { shellText } from "../questions/shell.ts";
import { counted } from "../report/words.ts";
import { noticePage, SOURCES } from "../sources/index.ts";
import { ConfigError } from "../terms/errors.ts";
import { configOf } from "../upkeep/depth.ts";
import { isWatchable, listWatches, removeWatch, saveWatch } from "../watch/watches.ts";
import { tableOf } from "./answer-table.ts";
import { EXIT, newCommand, runProgram } from "./exit.ts";
import { didYouMean } from "./nearest.ts";
import { print, printProblem, printWhole } from "./print.ts";
import { readSettings } from "./settings.ts";
import { DATA_DIR, openDatabase } from "./system.ts";
import { terminal } from "./terminal.ts";

const DEMO = { folder: "demo", database: "tendhunt_demo" };
const SLOW_SECONDS = 2;
const sourceIds = SOURCES.map(({ id }) => id);
const WIDTH = 80; // of a terminal that does not say how wide it is

/** How the answer is given; all other options are parameters of the question. */
interface Form {
  json?: boolean;
  csv?: string;
  mongosh?: boolean;
  demo?: boolean;
  watch?: string;
  twins?: boolean;
}
const FORM = ["json", "csv", "mongosh", "demo", "watch", "twins"];

function commandFor(question: Question): Command {
  const command = newCommand(question.name)
    .summary(question.title)
    .description(`${question.title}\n\n${question.about}`)
    .showHelpAfterError("--help lists what can be given.");
  for (const [name, schema] of Object.entries(question.parameters.shape))
    command.addOption(new Option(`--${name} <value>`, descriptionOf(schema) ?? name));
  const subject = subjectOf(question);
  if (subject !== undefined) command.argument("[subject]", `in place of --${subject}`);
  if (isWatchable(question))
    command.option("--watch <name>", "keeps it under this name: what it brings is posted once a day");
  if (mayShowTwins(question))
    command.option("--twins", "names each one's likely twin on the other site, and how sure that is");
  return command
    .option("--json", "the rows as JSON, for programs")
    .option("--csv <file>", "writes the rows to a file that a spreadsheet opens")
    .option("--mongosh", "prints the query itself and asks nothing")
    .option("--demo", "asks the database of the last `npm run demo`")
    .action((...given: unknown[]) => {
      const [first] = given;
      const told = subject !== undefined && typeof first === "string" ? { [subject]: first } : {};
      return answer(question, { ...told, ...command.opts<Form & Record<string, string>>() });
    });
}

const descriptionOf = (schema: z.core.$ZodType) => z.globalRegistry.get(schema)?.description;

/** The one parameter that must be given: `minutes solar` is `minutes --text solar`. */
function subjectOf({ parameters }: Question): string | undefined {
  const needed = Object.entries(parameters.shape).filter(
    ([, schema]) => !schema.safeParse(undefined).success,
  );
  return needed.length === 1 ? needed[0]?.[0] : undefined;
}

async function answer(plain: Question, options: Form & Record<string, string>): Promise<void> {
  const question = options.twins ? withTwins(plain) : plain;
  const typed = Object.fromEntries(Object.entries(options).filter(([name]) => !FORM.includes(name)));
  const now = new Date();
  const { searchIndex: search } = configOf(readSettings(), {}, now);
  const asking = { now, sources: sourceIds, search };
  const asked = ask(question, typed, asking);
  if (asked.kind === "refused") {
    for (const { parameter, message } of asked.problems) printProblem(`--${parameter}: ${message}.`);
    terminal().exitCode = EXIT.usage;
    return;
  }
  const { pipeline } = asked;
  if (options.mongosh) {
    printWhole(`now = new Date();\ndays = (count) => new Date(+now + count * 86400000);`);
    printWhole(`db.${question.collection}.aggregate(${shellText(pipeline, now)});`);
    return;
  }
  const { watch } = options;
  const note = question.note?.(asking) ?? null;
  if (note !== null) printProblem(note);
  const [rows, kept] = await withAsked(options, async (database) => {
    const found = await answered(question, () =>
      database.db.collection(question.collection).aggregate(pipeline).toArray(),
    );
    if (watch === undefined) return [found, null];
    return [found, await saveWatch(database, { name: watch, question: plain, parameters: typed, asking })];
  });
  await give(question, rows, options);
  if (kept !== null) printProblem(keptText(String(watch), kept));
}

/** @throws ConfigError that says why there is no answer */
async function answered(question: Question, rows: () => Promise<Document[]>): Promise<Document[]> {
  const begun = performance.now();
  try {
    const found = await rows();
    const seconds = (performance.now() - begun) / 1000;
    if (seconds > SLOW_SECONDS) printProblem(`It took ${seconds.toFixed(1)} s. ${whatItReads(question)}`);
    return found;
  } catch (error) {
    const why = whyUnanswered(error, question);
    throw why === null ? error : new ConfigError(why);
  }
}

const keptText = (name: string, kept: "new" | "replaced") =>
  `${kept === "new" ? "Watched from now on" : "Watched in place of what had this name"}: ${name}. With NOTIFY=daily and ALERT_WEBHOOK_URL set, one post a day tells what is new, changed or about to close; npm run ask -- unwatch "${name}" ends it.`;

const watches = newCommand("watches")
  .description("Lists the questions that are watched.")
  .option("--json", "as JSON, for programs")
  .option("--demo", "those of the database of the last `npm run demo`")
  .action(async (options: Form) => {
    const all = await withAsked(options, listWatches);
    const rows = all.map(({ _id: name, question, parameters, seenAt, seen }) => {
      const typed = Object.entries(parameters).map(([key, value]) => `--${key} ${value}`);
      return { name, asked: [question, ...typed].join(" "), rows: seen.length, seenAt };
    });
    if (options.json) printWhole(JSON.stringify(rows, null, 2));
    else if (rows.length === 0)
      print("No question is watched. npm run ask -- open --cpv 45 --watch NAME watches one.");
    else printWhole(tableOf({ columns: WATCH_COLUMNS }, rows, terminal().columns ?? WIDTH));
  });

const WATCH_COLUMNS: Question["columns"] = [
  { field: "name", title: "Name", kind: "text" },
  { field: "asked", title: "Asked", kind: "text" },
  { field: "rows", title: "Rows", kind: "number" },
  { field: "seenAt", title: "Told of up to", kind: "instant" },
];

const unwatch = newCommand("unwatch")
  .description("Ends a watch.")
  .argument("<name>", "as `watches` lists it")
  .option("--demo", "in the database of the last `npm run demo`")
  .action(async (name: string, options: Form) => {
    const [wasThere, left] = await withAsked(options, async (db) => [
      await removeWatch(db, name),
      await listWatches(db),
    ]);
    if (wasThere) return print(`No longer watched: ${name}.`);
    const names = left.map(({ _id }) => _id);
    throw new ConfigError(
      `No watch is called "${name}".${didYouMean(name, names)} ${names.length > 0 ? `There are: ${names.join(", ")}.` : "There is none."}`,
    );
  });

async function give(question: Question, rows: Document[], { json, csv }: Form): Promise<void> {
  if (csv !== undefined) {
    await writeFile(csv, csvOf(question, rows, noticePage));
    print(`${counted(rows.length, "row")} in ${csv}`);
  } else if (json) printWhole(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) print(`${question.title}\nNothing was found.`);
  else {
    print(question.title);
    printWhole(tableOf(question, rows, terminal().columns ?? WIDTH));
    const links = question.columns.some(({ kind }) => kind === "link");
    print(
      `${counted(rows.length, "row")}.${links ? " --csv FILE writes them with each notice's address." : ""}`,
    );
  }
}

/** @throws ConfigError when neither a database is named nor a demo is there */
async function withAsked<T>({ demo }: Form, use: (db: Database) => Promise<T>): Promise<T> {
  if (demo) {
    if (!terminal().env["MONGODB_URI"] && !existsSync(join(DATA_DIR, DEMO.folder, "db")))
      throw new ConfigError("There is no demo to ask: `npm run demo` makes one in about a minute.");
    const { db, close } = await openDatabase(DEMO.folder, DEMO.database, {
      say: printProblem,
      shared: true,
    });
    return use(db).finally(close);
  }
  const settings = readSettings();
  if (!settings["MONGODB_URI"])
    throw new ConfigError(
      "MONGODB_URI is not set, so there is no database to ask. Set it in the environment or in .dev.vars, or add --demo to ask the demo's.",
    );
  const { mongodbUri: uri, mongodbDb: name } = readConfig(settings, new Date());
  return withDatabase({ uri, name }, (db) => use(collectionsOf(db)));
}

const program = newCommand("ask")
  .description(
    "Asks the database: one command for each question. `npm run ask -- NAME --help` says what can be given.",
  )
  .addHelpText("after", "\nExample: npm run ask -- open --cpv 45 --region UKE --csv open.csv");
for (const question of QUESTIONS) program.addCommand(commandFor(question));
program.addCommand(watches).addCommand(unwatch);

export async function askCommand(args: string[]): Promise<void> {
  if (args.length > 0) await runProgram(program, args);
  else program.outputHelp();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await askCommand(process.argv.slice(2));
