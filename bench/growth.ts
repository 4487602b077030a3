// What grows with the database: a claim, the plan, the status pages, a page's store, with ten thousand, a hundred thousand
// and one and a half million contracts, and the windows of eleven years.
import { MongoClient } from "mongodb";
import { claimNewest, giveBack, type Held } from "../src/claim/claim.ts";
import { mapRelease } from "../src/map/map-release.ts";
import { comparePlan, wantedWindows } from "../src/plan/difference.ts";
import { plan } from "../src/plan/plan.ts";
import { collectionsOf, type Database, ensureIndexes } from "../src/platform/database.ts";
import { workerEffects } from "../src/platform/worker-effects.ts";
import { createHistory } from "../src/replica/history.ts";
import { releaseText } from "../src/replica/release.ts";
import type { Upsert } from "../src/store/statements.ts";
import { storePage } from "../src/store/store.ts";
import type { MappedBuyer, SyncRun } from "../src/terms/documents.ts";
import { SOURCES, type Source } from "../src/terms/window.ts";
import { SEED } from "./histories.ts";
import { median } from "./machine.ts";
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
const NAME = "bench_growth";
const TOKEN = "a-token-of-the-bench";
const DAY_MS = 86_400_000;
const START: Record<Source, Date> = {
  FIND_A_TENDER: new Date("2021-01-01T00:00:00Z"),
  CONTRACTS_FINDER: new Date("2016-11-01T00:00:00Z"),
};

export async function growth(options: {
  mongoUri: string;
  script: string;
  sizes: readonly number[];
  say: (line: string) => void;
}): Promise<Grown[]> {
  const { mongoUri, script, sizes, say } = options;
  const client = await new MongoClient(mongoUri, { ignoreUndefined: true }).connect();
  await client.db(NAME).dropDatabase();
  const db = collectionsOf(client.db(NAME));
  await ensureIndexes(db);
  const workerd = await startWorkerd(script, {
    ...{ MONGODB_URI: mongoUri, MONGODB_DB: NAME, STATUS_TOKEN: TOKEN, LOG_LEVEL: "error" },
  });
  try {
    await fillBeside(db);
    const grown: Grown[] = [];
    for (const contracts of sizes) {
      say(`${contracts.toLocaleString("en")} contracts …`);
      await fillContracts(db, contracts);
      grown.push(await measure({ db, workerd, contracts }));
    }
    return grown;
  } finally {
    await workerd.stop();
    await client.db(NAME).dropDatabase();
    await client.close();
  }
}

async function measure(options: { db: Database; workerd: Workerd; contracts: number }): Promise<Grown> {
  const { db, workerd, contracts } = options;
  const now = workerEffects.now();
  const page = async (path: string) => {
    const response = await fetch(`${workerd.url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await response.text();
  };
  let held: Held | null = null;
  const claimed = async () => {
    held = await claimNewest(db, {
      ...{ source: "FIND_A_TENDER", kind: "drain", id: workerEffects.newId() },
      ...{ leaseSeconds: 90, backoffSeconds: 120 },
    });
    if (!held) throw new Error("no window was due");
  };
  const back = async () => {
    if (held) await giveBack(db, held.claim);
  };
  const planned = async () => {
    for (const source of SOURCES)
      await plan(db, { source, start: START[source], horizon: now, stages: ["all"], knownHash: null, now });
  };
  let pages = 0;
  const store = async () => {
    await storePage(db, pageOf(contracts * 100 + pages++));
  };
  const plain = db.db.collection<{ _id: string }>("plain");
  const written = async () => {
    const { upserts } = pageOf(contracts * 100 + pages++);
    await plain.bulkWrite(
      upserts.map(({ contract }) => ({ insertOne: { document: contract } })),
      { ordered: false },
    );
  };
  return {
    contracts,
    claimMs: await medianMs(claimed, back),
    planMs: await medianMs(planned),
    pageMs: await medianMs(() => page("/")),
    statusJsonMs: await medianMs(() => page("/status.json")),
    storeMs: await medianMs(store),
    bulkWriteMs: await medianMs(written, async () => {
      await plain.deleteMany({});
    }),
  };
}

async function medianMs(work: () => Promise<void>, afterwards?: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let time = -3; time < TIMES; time++) {
    const before = performance.now();
    await work();
    if (time >= 0) times.push(performance.now() - before); // the first ones warm up
    await afterwards?.();
  }
  return Number(median(times).toFixed(2));
}

const TEMPLATES = templates();

/** Contracts and buyers as mapped from the replica's full releases, of both sources; each notice once. */
function templates(): { upsert: Upsert; buyer: MappedBuyer | null }[] {
  const [from, to] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-09-01T00:00:00Z")];
  const made = new Map<string, { upsert: Upsert; buyer: MappedBuyer | null }>();
  for (const source of SOURCES) {
    for (const row of createHistory({ source, seed: SEED, from, to, notices: 1200 })) {
      const release: unknown = JSON.parse(releaseText(source, row, "full"));
      const mapped = mapRelease({ source, release, now: to });
      if (mapped.kind === "rejected") throw new Error(mapped.reason);
      const { contract, buyer, revision } = mapped;
      made.set(contract._id, { upsert: { contract, revision }, buyer });
    }
  }
  return [...made.values()];
}

/** A page of contracts that are not there yet, of buyers that are. */
function pageOf(number: number): { upserts: Upsert[]; buyers: Map<string, MappedBuyer> } {
  const buyers = new Map<string, MappedBuyer>();
  const upserts = Array.from({ length: 100 }, (_, at): Upsert => {
    const template = TEMPLATES[(number * 100 + at) % TEMPLATES.length];
    if (!template) throw new Error("there are no templates");
    const { upsert, buyer } = template;
    if (buyer) buyers.set(buyer._id, buyer);
    return { ...upsert, contract: { ...upsert.contract, _id: `${upsert.contract._id}/${number}.${at}` } };
  });
  return { upserts, buyers };
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
  const base = db.db.collection<{ _id: string }>("base");
  const now = workerEffects.now();
  if ((await base.countDocuments()) === 0) {
    await base.insertMany(
      TEMPLATES.map(({ upsert: { contract, revision } }) => ({
        ...contract,
        ...(revision === null ? {} : { revisions: [revision] }),
        ...{ createdAt: now, updatedAt: now },
      })),
    );
  }
  const copies = (count: number) => Math.ceil(count / TEMPLATES.length);
  const had = copies(await db.contracts.estimatedDocumentCount());
  await base
    .aggregate([
      { $set: { copy: { $range: [had, copies(wanted)] } } },
      { $unwind: "$copy" },
      {
        $set: {
          _id: { $concat: ["$_id", "/", { $toString: "$copy" }] },
          publishedDate: { $subtract: ["$publishedDate", { $multiply: ["$copy", COPY_AGE_MS] }] },
        },
      },
      { $unset: "copy" },
      { $merge: { into: "contracts", whenMatched: "fail" } },
    ])
    .toArray();
}

const COPY_AGE_MS = 4 * DAY_MS; // so that a million and a half lie over eight years
