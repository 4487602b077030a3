// The demo's board minutes: sites of a few kinds, and at the end what they held against what the database has.

import Table from "cli-table3";
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { Database } from "../platform/database.ts";
import type { Trap } from "../replica/moderngov/made-up.ts";
import { type RunningBoardReplica, startBoardReplica } from "../replica/moderngov/server.ts";
import { addSite, boardSites } from "../sources/board-minutes/sites.ts";
import { boardDocuments } from "../sources/board-minutes/store.ts";
import { boardDifferences } from "./board-truth.ts";
import { print, printWhole } from "./print.ts";

const DAYS_BACK = 40;
const DAYS_AHEAD = 130;
/** One that lets nobody in is among them: it is shown as such, and its months stay open. */
const KINDS: readonly Trap[] = ["plain", "SOAP only", "PDF only", "two councils", "firewall"];

const firstDay = (startedAt: string) =>
  new Date(Date.parse(startedAt) - DAYS_BACK * DAY_MS).toISOString().slice(0, 10);

export function startBoards(seed: number, startedAt: string): Promise<RunningBoardReplica> {
  const at = Date.parse(startedAt);
  return startBoardReplica({
    ...{ seed, sites: KINDS.length, traps: KINDS, meetingsPerMonth: 3, printedPages: 3 },
    ...{ from: new Date(at - (DAYS_BACK + 20) * DAY_MS), to: new Date(at + DAYS_AHEAD * DAY_MS) },
  });
}

export const boardVars = (startedAt: string) => ({
  BOARD_MINUTES: "on",
  BOARD_BACKFILL_START_DATE: firstDay(startedAt),
});

/** The replica's sites in place of the real ones: nobody outside is asked. */
export async function addBoardSites(db: Database, { url, replica }: RunningBoardReplica): Promise<void> {
  const known = replica.sites.map(({ key }) => `${url.replace("http://", "")}/${key}`);
  await boardSites(db.db).deleteMany({ _id: { $nin: known } });
  for (const { key, name, councils } of replica.sites) {
    const owners = councils.map((one) => ({ name: one, committees: one.replace(/ Council$/, "") }));
    await addSite(db.db, { baseUrl: `${url}/${key}`, name, councils: owners }, new Date());
  }
}

/** Prints a line for each site; how much is missing or wrong. */
export async function reportBoards(
  db: Database,
  { url, replica }: RunningBoardReplica,
  startedAt: string,
): Promise<number> {
  const head = ["site", "kind", "state", "meetings held", "documents", "with text", "MISSING"];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  const from = firstDay(startedAt);
  const to = new Date(Date.parse(startedAt) + 60 * DAY_MS).toISOString().slice(0, 10);
  let wrong = 0;
  for (const { key, name, trap } of replica.sites) {
    const base = `${url}/${key}`;
    const site = base.replace("http://", "");
    const state = (await boardSites(db.db).findOne({ _id: site }))?.state ?? "unknown";
    const now = Date.now();
    const range = { from, to, now, publishedBefore: Date.parse(startedAt) };
    const differences =
      state === "ok"
        ? await boardDifferences(db.db, replica, { ...range, sites: [{ site, key, base }] })
        : [];
    wrong += differences.length;
    const held = replica.truth(key, { base, now }).filter(({ day }) => day >= from && day <= to).length;
    const documents = await boardDocuments(db.db).countDocuments({ site });
    const extracted = await boardDocuments(db.db).countDocuments({ site, extractionStatus: "extracted" });
    const missing = state === "ok" ? differences.length : "–";
    table.push([name, trap, state, held, documents, extracted, missing]);
    for (const line of differences.slice(0, 5)) print(line);
  }
  printWhole(`\nBoard minutes\n${table}`);
  return wrong;
}
