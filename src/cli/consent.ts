// Whatever deletes says first what and where, and then asks; without an answer nothing is deleted.
import { confirm, isCancel } from "@clack/prompts";
import type { Database } from "../platform/database.ts";
import { SOURCES } from "../sources/index.ts";
import { EXIT } from "./exit.ts";
import { print, printProblem } from "./print.ts";

export interface Consent {
  yes?: boolean;
  json?: boolean;
}

/** The exit code to end with, or null: go on. `about` is said first, a line each. */
export async function consentTo({ yes, json }: Consent, about: string[]): Promise<number | null> {
  for (const line of about) (json ? printProblem : print)(line); // an answer for programs stays JSON
  if (yes) return null;
  if (json || !process.stdin.isTTY) {
    printProblem("Nothing was deleted: there is nobody to ask. --yes deletes without a question.");
    return EXIT.usage;
  }
  const answer = await confirm({ message: "Delete this?", initialValue: false });
  if (answer === true) return null;
  printProblem("Nothing was deleted.");
  return isCancel(answer) ? EXIT.usage : EXIT.attention;
}

/** `tendhunt on cluster0.example.mongodb.net`, without user and password. */
export function placeOf({ db }: Database): string {
  const { srvHost, hosts } = db.client.options;
  return `${db.databaseName} on ${srvHost ?? hosts.map(String).join(", ")}`;
}

/** Whether this system has worked in the database: it has planned a source there. */
export async function isOurs({ syncJobs }: Database): Promise<boolean> {
  const planned = { source: { $in: SOURCES.map(({ id }) => id) }, horizon: { $type: "date" as const } };
  return (await syncJobs.findOne(planned, { projection: { _id: 1 } })) !== null;
}
