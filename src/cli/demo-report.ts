// What the demo found: the replica's truth against what the database holds, release by release.
import Table from "cli-table3";
import { z } from "zod";
import type { Database } from "../platform/database.ts";
import { questionNamed } from "../questions/index.ts";
import { ask } from "../questions/question.ts";
import type { Published } from "../replica/history.ts";
import type { RunningReplica } from "../replica/server.ts";
import { SOURCES, type Source } from "../replica/sources.ts";
import { truthAt } from "../replica/truth/procurements.ts";
import { lostBySimpleClients, SIMPLE_CLIENTS } from "../replica/truth/simple-clients.ts";
import { compareWithStored, releasesOf } from "../replica/truth/stored.ts";
import { count, counted } from "../report/words.ts";
import { tableOf } from "./answer-table.ts";
import { print, printWhole } from "./print.ts";
import { readProgress, type SourceProgress } from "./progress.ts";
import { terminal } from "./terminal.ts";

export interface Compared {
  /** All that the delta has passed. */
  due: Published[];
  /** Distinct releases of these. */
  published: number;
  stored: number;
  quarantined: number;
  missing: Published[];
  /** Stored releases that nobody published. */
  strange: number;
}

/** Every release that was listed up to the delta's frontier, against what the database holds. */
export async function compareWithTruth(
  db: Database,
  { replica }: RunningReplica,
  source: Source,
): Promise<Compared> {
  const job = await db.syncJobs.findOne({ _id: source });
  const until = job?.lastSyncedDate.getTime() ?? 0;
  const projection = { ocid: 1, noticeId: 1, revisions: 1 };
  const contracts = await db.contracts.find({ source }, { projection }).toArray();
  const cases = await db.quarantine.find({ source }).toArray();
  const all = replica.published(source, Date.now());
  const due = all.filter(({ at }) => at <= until);
  const { missing, stored, strange } = compareWithStored({ all, due, contracts, cases });
  const published = new Set(due.map(({ ocid, releaseId }) => `${ocid}/${releaseId}`)).size;
  return { due, published, stored, quarantined: cases.length, missing, strange };
}

export async function storedReleases(db: Database, source: Source): Promise<Set<string>> {
  const projection = { ocid: 1, noticeId: 1, revisions: 1 };
  return new Set((await db.contracts.find({ source }, { projection }).toArray()).flatMap(releasesOf));
}

const sizesSchema = z.object({
  bytes: z.array(z.object({ _id: z.enum(SOURCES), average: z.number() })),
  indexes: z.array(z.object({ storageStats: z.object({ count: z.number(), totalIndexSize: z.number() }) })),
});

/** Uncompressed document plus its share of the indexes: what Atlas counts. */
async function bytesPerContract(db: Database): Promise<(source: Source) => string> {
  const { bytes, indexes } = sizesSchema.parse({
    bytes: await db.contracts
      .aggregate([{ $group: { _id: "$source", average: { $avg: { $bsonSize: "$$ROOT" } } } }])
      .toArray(),
    indexes: await db.contracts.aggregate([{ $collStats: { storageStats: {} } }]).toArray(),
  });
  const sum = (of: (one: (typeof indexes)[number]["storageStats"]) => number) =>
    indexes.reduce((total, { storageStats }) => total + of(storageStats), 0);
  const indexShare =
    sum(({ totalIndexSize }) => totalIndexSize) /
    Math.max(
      1,
      sum(({ count }) => count),
    );
  return (source) => {
    const own = bytes.find(({ _id }) => _id === source);
    return own ? (own.average + indexShare).toFixed(0) : "-";
  };
}

/** Of the procurements whose story the replica tells: how many one can bid for. */
async function openOf(db: Database, { replica }: RunningReplica, source: Source): Promise<string> {
  const now = new Date();
  const job = await db.syncJobs.findOne({ _id: source });
  const until = job?.lastSyncedDate.getTime() ?? 0;
  const told = replica.published(source, now.getTime()).filter(({ at, telling }) => telling && at <= until);
  if (told.length === 0) return "-";
  const ocids = [...new Set(told.map(({ ocid }) => ocid))];
  const open = await db.processes.countDocuments({ source, ocid: { $in: ocids }, state: "open" });
  const inTruth = truthAt(told, now.getTime()).filter(({ state }) => state === "open").length;
  return `${open}, ${inTruth}`;
}

interface Found {
  source: Source;
  name: string;
  compared: Compared;
  cells: [string, string | number][];
}

/** A column of the table. */
async function foundOf(
  db: Database,
  replica: RunningReplica,
  {
    source,
    name,
    progress,
    bytes,
  }: { source: Source; name: string; progress?: SourceProgress; bytes: string },
): Promise<Found> {
  const compared = await compareWithTruth(db, replica, source);
  const { refused, faults } = replica.replica.stats()[source];
  // Recorded pages come without the faults, so nothing can be said of them.
  const losesRows = replica.options.faults.includes("cursor-drops");
  const lost = losesRows ? lostBySimpleClients(replica.options, source, compared.due) : [];
  const cells: [string, string | number][] = [
    ["published", compared.published],
    ["stored", compared.stored],
    ["quarantined", compared.quarantined],
    ["MISSING", compared.missing.length],
    ...lost.map((count, at): [string, number] => [`lost ${SIMPLE_CLIENTS[at]?.name}`, count]),
    ["open by the database, in truth", await openOf(db, replica, source)],
    ["bytes per contract, with indexes", bytes],
    ["requests refused", refused],
    ["faults met", Object.values(faults).reduce((sum, count) => sum + count, 0)],
    ["months read, exact, planned", `${progress?.done}, ${progress?.exact}, ${progress?.windows}`],
    ["state", progress?.status ?? ""],
  ];
  return { source, name, compared, cells };
}

function printTable(columns: readonly Found[]): void {
  const table = new Table({
    head: ["", ...columns.map(({ name }) => name)],
    style: { head: [], border: [], compact: true },
  });
  for (const [at, [name]] of (columns[0]?.cells ?? []).entries()) {
    const shown = columns.map(({ cells }) => cells[at]?.[1] ?? "");
    table.push([name, ...shown.map((cell) => (typeof cell === "number" ? count(cell) : cell))]);
  }
  printWhole(`\n${table.toString()}`);
}

/** Prints the table; how many releases are missing, or stored and never published. */
export async function reportDemo(options: {
  db: Database;
  replica: RunningReplica;
  /** How the database is opened; null when it ends with the demo. */
  mongosh: string | null;
  invocations: number;
  seconds: number;
}): Promise<number> {
  const { db, replica, mongosh, invocations, seconds } = options;
  const [all, bytesOf] = [await readProgress(db), await bytesPerContract(db)];
  const columns = await Promise.all(
    SOURCES.map((source) => {
      const progress = all.find((one) => one.source === source);
      const about = { source, name: progress?.name ?? source, bytes: bytesOf(source) };
      return foundOf(db, replica, progress ? { ...about, progress } : about);
    }),
  );
  printTable(columns);
  print(`${counted(invocations, "invocation")} of the Worker, ${seconds.toFixed(0)} s in all.`);
  const byReason = [{ $group: { _id: "$reason", count: { $sum: 1 } } }, { $sort: { count: -1 } }];
  for (const { _id, count } of await db.quarantine
    .aggregate<{ _id: string; count: number }>(byReason)
    .toArray()) {
    print(`In quarantine: ${count} × ${_id}`);
  }
  let wrong = 0;
  for (const { compared } of columns) {
    wrong += compared.missing.length + compared.strange;
    for (const one of compared.missing.slice(0, 10)) print(`Missing: ${one.ocid} ${one.releaseId}`);
    if (compared.strange > 0) print(`${compared.strange} stored releases were never published.`);
  }
  await askOne(db);
  if (mongosh !== null) printWhole(`By hand: ${mongosh}`);
  return wrong;
}

const ASKED = { name: "open", typed: { cpv: "45", region: "UKE", limit: "5" } };

/** What somebody wants the data for: one question with its answer, and how to ask it oneself. */
async function askOne(db: Database): Promise<void> {
  const question = questionNamed(ASKED.name);
  const asked = question && ask(question, ASKED.typed, { now: new Date(), sources: [...SOURCES] });
  if (!question || asked?.kind !== "asked") return;
  const rows = await db.db.collection(question.collection).aggregate(asked.pipeline).toArray();
  print(`\n${question.title} Construction (CPV 45) in Yorkshire (UKE):`);
  printWhole(
    rows.length > 0 ? tableOf(question, rows, terminal().columns ?? 80) : "Nothing, in this history.",
  );
  print("Ask it yourself: npm run ask -- open --cpv 45 --region UKE --demo --csv open.csv");
}
