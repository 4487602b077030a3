// What grows with the database: a claim, the plan, the status pages, a page's store, with ten thousand, a hundred thousand
// and one and a half million contracts, and the windows of eleven years.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { MongoClient } from "mongodb";
import { giveBack, type Held } from "../src/claim/claim.ts";
import { foldOcid } from "../src/map/process/fold.ts";
import { comparePlan, wantedWindows } from "../src/plan/difference.ts";
import { plan } from "../src/plan/plan.ts";
import { collectionsOf, type Database } from "../src/platform/database.ts";
import { ensureIndexes } from "../src/platform/schema.ts";
import { workerEffects } from "../src/platform/worker-effects.ts";
import { createHistory } from "../src/replica/history.ts";
import { releaseText } from "../src/replica/release.ts";
import { SOURCES, type Source } from "../src/replica/sources.ts";
import { claimFitting } from "../src/run/claim-fitting.ts";
import { contractId } from "../src/store/ids.ts";
import type { Upsert } from "../src/store/statements.ts";
import { storePage } from "../src/store/store.ts";
import type { SyncRun } from "../src/terms/documents.ts";
import { mapRelease } from "../test/kit/map.ts";
import { SEED } from "./histories.ts";
import { median } from "./machine.ts";
import { contextOf } from "./page.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";

export const SIZES = [10_000, 100_000, 1_500_000] as const;

export interface Grown {
  contracts: number;
  /** Medians, in ms of wall time. */
  claimMs: number;
  planMs: number;
  pageMs: number;
  statusJsonMs: number;
  storeMs: number;
  /** The baseline: one unordered bulkWrite of the same hundred contracts into an empty collection. */
  bulkWriteMs: number;
}

const TIMES = 20;
const WARM_UP = 3;
const TOKEN = "a-token-of-the-bench";
const START: Record<Source, Date> = {
  FIND_A_TENDER: new Date("2021-01-01T00:00:00Z"),
  CONTRACTS_FINDER: new Date("2016-11-01T00:00:00Z"),
};

/** A database of one size, and the Worker that shows its pages. */
interface Sized {
  contracts: number;
  db: Database;
  workerd: Workerd;
}

/** All sizes stand side by side and take turns, so that whatever else this machine does falls on each of them. */
export async function growth(options: {
  mongoUri: string;
  script: string;
  sizes: readonly number[];
  say: (line: string) => void;
}): Promise<Grown[]> {
  const { mongoUri, script, sizes, say } = options;
  const client = await new MongoClient(mongoUri, { ignoreUndefined: true }).connect();
  const all: Sized[] = [];
  try {
    for (const contracts of sizes) {
      say(`a database of ${contracts.toLocaleString("en")} contracts …`);
      const name = `bench_${contracts}`;
      await client.db(name).dropDatabase();
      const db = collectionsOf(client.db(name));
      await ensureIndexes(db);
      await fillBeside(db);
      await fillContracts(db, contracts);
      const variables = { MONGODB_URI: mongoUri, MONGODB_DB: name, STATUS_TOKEN: TOKEN, LOG_LEVEL: "error" };
      all.push({ contracts, db, workerd: await startWorkerd(script, variables) });
    }
    say("a claim, the plan, the pages, a page's store …");
    return await measure(all);
  } finally {
    for (const { workerd, db } of all) {
      await workerd.stop();
      await db.db.dropDatabase();
    }
    await client.close();
  }
}

async function measure(all: Sized[]): Promise<Grown[]> {
  const now = workerEffects.now();
  const page = (path: string) => async (sized: Sized) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`${sized.workerd.url}${path}`, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await response.text();
  };
  let pages = 0;
  const held = new Map<Sized, Held>();
  const claimMs = await mediansMs(
    all,
    async (sized) => {
      const context = await contextOf(sized.db, "FIND_A_TENDER", { MONGODB_URI: "mongodb://this.process" });
      return async () => {
        const one = await claimFitting(context, { backoffSeconds: 120 });
        if (!one) throw new Error("no window was due");
        held.set(sized, one);
      };
    },
    async (sized) => {
      const one = held.get(sized);
      if (one) await giveBack(sized.db, one.claim);
    },
  );
  const planMs = await mediansMs(all, ({ db }) => async () => {
    for (const source of SOURCES)
      await plan(db, { source, start: START[source], horizon: now, stages: ["all"], knownHash: null, now });
  });
  const pageMs = await mediansMs(all, (sized) => () => page("/")(sized));
  const statusJsonMs = await mediansMs(all, (sized) => () => page("/status.json")(sized));
  const storeMs = await mediansMs(all, ({ db }) => async () => {
    await storePage({ db, fold: foldOcid, now }, pageOf(pages++));
  });
  const bulkWriteMs = await mediansMs(
    all,
    ({ db }) =>
      async () => {
        const upserts = pageOf(pages++);
        await db.db.collection("plain").bulkWrite(
          upserts.map(({ contract }) => ({ insertOne: { document: contract } })),
          { ordered: false },
        );
      },
    async ({ db }) => {
      await db.db.collection("plain").deleteMany({});
    },
  );
  return all.map((sized, at) => {
    const of = (times: number[]) => times[at] ?? Number.NaN;
    return {
      contracts: sized.contracts,
      claimMs: of(claimMs),
      planMs: of(planMs),
      pageMs: of(pageMs),
      statusJsonMs: of(statusJsonMs),
      storeMs: of(storeMs),
      bulkWriteMs: of(bulkWriteMs),
    };
  });
}

type Work = () => Promise<void>;

/** The median of each size; the first few of each warm up. */
async function mediansMs(
  all: Sized[],
  prepare: (sized: Sized) => Work | Promise<Work>,
  afterwards: (sized: Sized) => Promise<void> = async () => undefined,
): Promise<number[]> {
  const works = await Promise.all(all.map(async (sized) => ({ sized, work: await prepare(sized) })));
  const times = works.map((): number[] => []);
  for (let time = -WARM_UP; time < TIMES; time++) {
    for (const [at, { sized, work }] of works.entries()) {
      const before = performance.now();
      await work();
      if (time >= 0) times[at]?.push(performance.now() - before);
      await afterwards(sized);
    }
  }
  return times.map((some) => Number(median(some).toFixed(2)));
}

const TEMPLATES = templates();

/** Contracts and buyers as mapped from the replica's full releases, of both sources; each notice once. */
function templates(): Upsert[] {
  const [from, to] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-09-01T00:00:00Z")];
  const made = new Map<string, Upsert>();
  for (const source of SOURCES) {
    for (const row of createHistory({ source, seed: SEED, from, to, notices: 1200 })) {
      const release: unknown = JSON.parse(releaseText(source, row, "full"));
      const mapped = mapRelease({ source, release, now: to });
      if (mapped.kind === "rejected") throw new Error(mapped.reason);
      const { contract, buyers, revision } = mapped;
      made.set(contractId(contract).toHexString(), { contract, buyers, revision });
    }
  }
  return [...made.values()];
}

/** A page of contracts that are not there yet, of buyers that are. */
function pageOf(number: number): Upsert[] {
  return Array.from({ length: 100 }, (_, at): Upsert => {
    const template = TEMPLATES[(number * 100 + at) % TEMPLATES.length];
    if (!template) throw new Error("there are no templates");
    const { contract } = template;
    return { ...template, contract: { ...contract, ocid: `${contract.ocid}-${number}.${at}` } };
  });
}

/** What stands beside the contracts: eleven years of windows, nearly all done, and 90 days of runs every quarter of an hour. */
async function fillBeside(db: Database): Promise<void> {
  const now = workerEffects.now();
  for (const source of SOURCES) {
    const wanted = wantedWindows({ source, start: START[source], horizon: now, now });
    const { insert } = comparePlan({ wanted, existing: [], start: START[source], stages: ["all"], now });
    const oldestFirst = insert.toSorted((a, b) => a.from.getTime() - b.from.getTime());
    await db.syncWindows.insertMany(
      oldestFirst.map((window, at) =>
        at < WINDOWS_OPEN
          ? window
          : {
              ...window,
              ...{ status: "done", proof: "exact", startedAt: now, doneAt: now, verifiedAt: now },
              lanes: window.lanes.map((lane) => ({ ...lane, done: true })),
              counts: { requests: 90, releases: 8000, byTag: { tender: 8000 }, quarantined: 0, bytes: 12e6 },
              numbers: [{ year: 2024, lowest: 1, highest: 8000 }],
            },
      ),
    );
    await db.syncJobs.insertOne({
      ...{ _id: source, source, status: "backfilling", horizon: now, lastSyncedDate: now, deltaWalk: null },
      ...{ totalFetched: 0, lastRunAt: now, lastRunFetched: 0, lastRunErrors: 0, errorLog: [] },
      ...{ planHash: null, paused: false, createdAt: now, updatedAt: now },
    });
  }
  await db.syncRuns.insertMany(Array.from({ length: 90 * 96 }, (_, age) => runOf(age, now)));
}

const WINDOWS_OPEN = 5;

function runOf(age: number, now: Date): SyncRun {
  const startedAt = new Date(now.getTime() - (age + 1) * (DAY_MS / 96));
  return {
    ...{ _id: workerEffects.newId(), startedAt, outcome: "deadline" },
    endedAt: new Date(startedAt.getTime() + 780_000),
    sources: SOURCES.map((source) => ({
      ...{
        source,
        requests: 77,
        releases: 7000,
        contractsChanged: 7000,
        quarantined: 0,
        refusals: 0,
        retries: 0,
      },
      ...{
        waitedMs: 700_000,
        windowsDone: [],
        windowsVerified: [],
        errors: [],
        endedBy: "deadline" as const,
      },
    })),
  };
}

/** Copies of the templates on the server, each with an id and a date of its own; as many as are still wanting. */
async function fillContracts(db: Database, wanted: number): Promise<void> {
  const now = workerEffects.now();
  for (let at = 0; at < TEMPLATES.length; at += 100)
    await storePage({ db, fold: foldOcid, now }, TEMPLATES.slice(at, at + 100));
  await db.contracts.aggregate([{ $out: "base" }]).toArray();
  const digits = { $substrCP: [{ $toString: { $add: [100_000_000, "$copy"] } }, 1, 8] };
  await db.db
    .collection("base")
    .aggregate([
      { $set: { copy: { $range: [1, Math.ceil(wanted / TEMPLATES.length)] } } },
      { $unwind: "$copy" },
      {
        $set: {
          _id: { $toObjectId: { $concat: [{ $substrCP: [{ $toString: "$_id" }, 0, 16] }, digits] } },
          ocid: { $concat: ["$ocid", "-", digits] },
          publishedDate: { $subtract: ["$publishedDate", { $multiply: ["$copy", COPY_AGE_MS] }] },
        },
      },
      { $unset: "copy" },
      { $merge: { into: "contracts", whenMatched: "fail" } },
    ])
    .toArray();
}

const COPY_AGE_MS = 4 * DAY_MS; // so that a million and a half lie over eight years
