// What the demo found: the replica's truth against what the database holds, release by release.
import Table from "cli-table3";
import { z } from "zod";
import type { Database } from "../platform/database.ts";
import type { Published } from "../replica/history.ts";
import type { RunningReplica } from "../replica/server.ts";
import { SOURCES, type Source } from "../replica/sources.ts";
import { print } from "./print.ts";
import { readProgress } from "./progress.ts";

export interface Compared {
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
  const stored = await storedReleases(db, source);
  const cases = await db.quarantine.find({ source }).toArray();
  const quarantined = new Set(cases.map(({ ocid, releaseId }) => `${ocid}/${releaseId}`));
  const keyOf = ({ ocid, releaseId }: Published) => `${ocid}/${releaseId}`;
  // A release that no parser takes is in quarantine as text alone: its text names it.
  const inEvidence = ({ releaseId }: Published) =>
    cases.some(({ rawText }) => rawText.includes(`"${releaseId}"`));
  const all = replica.published(source, Date.now());
  const due = all.filter(({ at }) => at <= until);
  const missing = due.filter(
    (one) => !stored.has(keyOf(one)) && !quarantined.has(keyOf(one)) && !inEvidence(one),
  );
  const everything = new Set(all.map(keyOf));
  return {
    published: new Set(due.map(keyOf)).size,
    stored: stored.size,
    quarantined: cases.length,
    missing,
    strange: [...stored].filter((key) => !everything.has(key)).length,
  };
}

export async function storedReleases(db: Database, source: Source): Promise<Set<string>> {
  const stored = new Set<string>();
  const projection = { ocid: 1, noticeId: 1, releaseId: 1, revisions: 1 };
  for await (const { ocid, noticeId, releaseId, revisions } of db.contracts.find(
    { source },
    { projection },
  )) {
    // A CF notice is one contract, and its revisions show every release of it that was read.
    if (!revisions) stored.add(`${ocid}/${releaseId}`);
    for (const revision of revisions ?? []) {
      stored.add(revision === 0 ? `${ocid}/${noticeId}` : `${ocid}/${noticeId}-${revision}`);
    }
  }
  return stored;
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
  const [progress, bytesOf] = [await readProgress(db), await bytesPerContract(db)];
  const stats = replica.replica.stats();
  const columns = await Promise.all(
    SOURCES.map(async (source) => {
      const compared = await compareWithTruth(db, replica, source);
      const own = progress.find((one) => one.source === source);
      const perThousand = (requests = 0) =>
        own?.releases ? ((requests / own.releases) * 1000).toFixed(1) : "-";
      const cells: [string, string | number][] = [
        ["published", compared.published],
        ["stored", compared.stored],
        ["quarantined", compared.quarantined],
        ["MISSING", compared.missing.length],
        ["requests per 1,000 to drain", perThousand(own?.requests)],
        ["requests per 1,000 to verify", perThousand(own?.verifyRequests)],
        ["bytes per contract, with indexes", bytesOf(source)],
        ["requests refused", stats[source].refused],
        ["faults met", Object.values(stats[source].faults).reduce((sum, count) => sum + count, 0)],
        ["windows done, exact, planned", `${own?.done}, ${own?.exact}, ${own?.windows}`],
        ["state", own?.status ?? ""],
      ];
      return { source, name: own?.name ?? source, compared, cells };
    }),
  );
  const table = new Table({
    head: ["", ...columns.map(({ name }) => name)],
    style: { head: [], border: [], compact: true },
  });
  for (const [at, [name]] of (columns[0]?.cells ?? []).entries()) {
    table.push([name, ...columns.map(({ cells }) => String(cells[at]?.[1]))]);
  }
  print(
    `\n${table.toString()}\n${invocations} ${invocations === 1 ? "invocation" : "invocations"} of the Worker, ${seconds.toFixed(0)} s in all.`,
  );
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
  const lookAround = mongosh ?? "npm run demo -- --resume --keep, which names the mongosh line";
  print(`
Look around with ${lookAround}
  db.contracts.find({ stage: "TENDER", deadlineDate: { $gt: new Date() } }, { title: 1, deadlineDate: 1 }).limit(5)
  db.syncWindows.find({}, { status: 1, proof: 1, "counts.releases": 1 }).sort({ _id: 1 })`);
  return wrong;
}
