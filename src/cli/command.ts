// What every command shares: settings, connection, the answer as text or JSON, arguments and exit codes.
import { Argument, type Command, InvalidArgumentError } from "commander";
import { type Config, readConfig } from "../config/config.ts";
import { collectionsOf, type Database, withDatabase } from "../platform/database.ts";
import { SOURCES } from "../sources/index.ts";
import type { Source } from "../sources/source.ts";
import { EXIT, EXIT_MEANINGS, newCommand } from "./exit.ts";
import { didYouMean } from "./nearest.ts";
import { printProblem, printWhole } from "./print.ts";
import { readSettings } from "./settings.ts";
import { terminal } from "./terminal.ts";

export interface Common {
  json?: boolean;
}

export function commandOf(name: string, description: string): Command {
  return newCommand(name)
    .description(description)
    .option("--json", "the answer as JSON, for programs")
    .addHelpText("after", EXIT_MEANINGS);
}

/** @param sources all that may be named */
export function sourceArgument(sources: readonly Source[] = SOURCES): Argument {
  const aliases = sources.map(({ alias }) => alias).join(", ");
  return new Argument("[source]", `${aliases} or the full name; all without it`).argParser((text: string) => {
    const known = sources.find(({ id, alias }) => id === text.toUpperCase() || alias === text.toLowerCase());
    if (known) return known.id;
    const ids = sources.map(({ id }) => id);
    const names = [...sources.map(({ alias }) => alias), ...ids];
    throw new InvalidArgumentError(
      `There is no such source.${didYouMean(text, names)} There are: ${aliases}, or ${ids.join(", ")}.`,
    );
  });
}

const exampleId = `${SOURCES[0]?.id}/2024-03`;
export const windowArgument = (required: boolean) =>
  new Argument(required ? "<window>" : "[window]", `like ${exampleId}`).argParser((text: string) => {
    if (!/^[A-Z_]+\/(\S+\/)?\d{4}-\d{2}$/.test(text))
      throw new InvalidArgumentError(`Expected a window's id like ${exampleId}.`);
    return text;
  });

export interface Opened {
  db: Database;
  config: Config;
  /** The answer: JSON for programs, or what `people` prints. */
  say: (answer: unknown, people: () => void) => void;
}

/** Settings, connection, answer: the same for each command. */
export async function opened(
  { json = false }: Common,
  use: (opened: Opened) => Promise<number>,
): Promise<void> {
  const config = readConfig(readSettings(), new Date());
  const say: Opened["say"] = (answer, people) =>
    json ? printWhole(JSON.stringify(answer, null, 2)) : people();
  terminal().exitCode = await withDatabase({ uri: config.mongodbUri, name: config.mongodbDb }, (db) =>
    use({ db: collectionsOf(db), config, say }),
  );
}

export function refuse(message: string): number {
  printProblem(message);
  return EXIT.attention;
}

/** A name that is not there: what may have been meant, and where the names stand. */
export function refuseUnknown(
  what: string,
  { typed, names, where }: { typed: string; names: readonly string[]; where: string },
): number {
  printProblem(`${typed} is not ${what}.${didYouMean(typed, names)} ${where}`);
  return EXIT.usage;
}

export const refuseWindow = async (db: Database, typed: string) =>
  refuseUnknown("a month of this database", {
    typed,
    names: (await db.syncWindows.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
    where: "`status` shows which there are.",
  });

export const sourceName = (id: string) => SOURCES.find((source) => source.id === id)?.name ?? id;
