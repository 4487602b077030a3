// This project: the production code from the cron down, on a virtual clock, at the real rate limit. The database is the
// simulation's, which test/mongo/memory.test.ts holds against a real mongod: only there can `$$NOW` be virtual.
import { setImmediate } from "node:timers/promises";
import { ObjectId } from "mongodb";
import { readConfig } from "../src/config/config.ts";
import { readPage } from "../src/fetch/page.ts";
import { collectionsOf, type Database } from "../src/platform/database.ts";
import { type Effects, type HttpAnswer, TransportError } from "../src/platform/effects.ts";
import { createLogger } from "../src/platform/logger.ts";
import type { Fault } from "../src/replica/faults.ts";
import { createRandom } from "../src/replica/random.ts";
import { compareWithStored } from "../src/replica/truth/stored.ts";
import { invoke } from "../src/run/invocation.ts";
import { connect } from "../src/sim/memory-mongo.ts";
import { createMemoryStore, documentsOf } from "../src/sim/memory-store.ts";
import { createScheduler } from "../src/sim/scheduler.ts";
import type { SyncRun, SyncWindow } from "../src/terms/documents.ts";
import {
  benchReplica,
  type Coverage,
  createCoverage,
  type Histories,
  isIn,
  type Reached,
  SEED,
  SOURCES,
  type Source,
  T0,
} from "./histories.ts";

const silent = createLogger({ level: "silent", secrets: [] });
/** What the platform gives an invocation. */
const INVOCATION_MS = 900_000;
/** An answer takes its time: on the way there and back, and the API's own. */
const TRAVEL_MS = [50, 300] as const;
const SERVE_MS = [500, 3000] as const;

export interface ProjectOptions {
  histories: Histories;
  everySeconds: number;
  /** Ends after so many invocations; without one, when all windows are exact. */
  invocations?: number;
  vars?: Record<string, string>;
  /** What goes wrong: in the APIs, and the share of invocations that are killed. */
  troubles?: { faults: Fault[]; killShare: number };
  /** Told of each simulated half day. */
  say?: (line: string) => void;
}

export interface ProjectResult {
  sources: Record<Source, SourceResult>;
  runs: SyncRun[];
}

export interface SourceResult {
  releases: number;
  /** Neither stored nor in quarantine, asked from the database. */
  missing: number;
  drainRequests: number;
  verifyRequests: number;
  /** Rows that came again before all was drained. */
  fetchedTwice: number;
  /** Seconds since T0. */
  drained: Reached;
  verified: Reached;
  /** Until every month was exact that ended so long before T0 that no row of it could still appear. */
  exact: number;
  /** The delta's and the second pass's, and what asking the assumptions took. */
  otherRequests: number;
  asked: number;
  refused: number;
}

export async function runProject(options: ProjectOptions): Promise<ProjectResult> {
  const { histories, everySeconds, vars = {}, troubles } = options;
  const scheduler = createScheduler(T0.getTime());
  const random = createRandom(SEED);
  const store = createMemoryStore(() => new Date(scheduler.now()));
  const db = collectionsOf(connect(store));
  const replica = benchReplica(histories, troubles?.faults);
  const coverage = bySource((source) => createCoverage(source, histories));
  const rowsWhenDrained = new Map<Source, number>();
  const seconds = () => (scheduler.now() - T0.getTime()) / 1000;
  const between = ([least, most]: readonly [number, number]) => least + random() * (most - least);
  const after = (ms: number, what: string) =>
    new Promise<void>((resolve) => scheduler.after(ms, what, resolve));
  // Whatever a killed invocation waits for never comes.
  const effectsUntil = (killedAt: number): Effects => ({
    now: () => new Date(scheduler.now()),
    sleep: async (ms) => {
      await after(ms, "sleeps");
      if (scheduler.now() >= killedAt) await never;
    },
    random,
    newId: () => new ObjectId(),
    post: async () => {
      throw new Error("no webhook is set");
    },
    get: async (url): Promise<HttpAnswer> => {
      await after(between(TRAVEL_MS), "asks");
      if (scheduler.now() >= killedAt) await never;
      const { status, headers, body, transport } = replica.handle({ url, now: scheduler.now() });
      await after(between(SERVE_MS) + between(TRAVEL_MS), "is answered");
      if (scheduler.now() >= killedAt) await never;
      if (transport?.kind === "reset") throw new TransportError("reset", { timedOut: false });
      if (transport?.kind === "slow") throw new TransportError("timeout", { timedOut: true });
      if (transport?.kind === "truncated")
        return { status, retryAfter: null, body: body.subarray(0, Math.floor(body.length / 2)) };
      const read = readPage(body);
      const source: Source = url.includes("/Published/") ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
      if (read.kind === "page")
        coverage[source].note(
          read.page.rows.map(({ key }) => key),
          seconds(),
        );
      return { status, retryAfter: headers["retry-after"] ?? null, body };
    },
  });
  const never = new Promise<never>(() => undefined);
  const killedAt = () =>
    troubles && random() < troubles.killShare
      ? scheduler.now() + random() * INVOCATION_MS
      : Number.POSITIVE_INFINITY;
  const runs: SyncRun[] = [];
  const windows = () => [...documentsOf(store, "syncWindows").values()];
  for (let tick = 0; ; tick++) {
    await scheduler.advance(T0.getTime() + tick * everySeconds * 1000);
    const isSettled = troubles ? exactOrOpenlyNot : exact;
    const isOver = tick > 0 && windows().every(isSettled);
    if (options.invocations === undefined ? isOver : tick >= options.invocations) break;
    const environment = {
      MONGODB_URI: "mongodb://memory",
      FAT_BACKFILL_START_DATE: day(histories.from.FIND_A_TENDER),
      CF_BACKFILL_START_DATE: day(histories.from.CONTRACTS_FINDER),
      ...vars,
    };
    const effects = effectsUntil(killedAt());
    const config = readConfig(environment, effects.now());
    let failure: unknown = null;
    let ended = false;
    invoke({ db, effects, config, log: silent }).then(
      (run) => {
        ended = true;
        runs.push(run);
      },
      (error) => {
        failure = error;
      },
    );
    await setImmediate(); // until it waits for its first event
    await scheduler.advance(scheduler.now() + INVOCATION_MS - 1);
    if (failure !== null) throw failure;
    if (!ended && !troubles) throw new Error(`invocation ${tick} did not end within 900 s`);
    const hour = (tick * everySeconds) / 3600;
    if (hour > 0 && hour % 12 === 0) {
      const done = windows().filter(({ status }) => status === "done").length;
      options.say?.(
        `hour ${hour}: ${done} drained and ${windows().filter(exact).length} exact of ${windows().length}`,
      );
    }
    for (const source of SOURCES) {
      const own = windows().filter((window) => window["source"] === source);
      if (!rowsWhenDrained.has(source) && own.every(({ status }) => status === "done"))
        rowsWhenDrained.set(source, coverage[source].rows());
    }
  }
  const results = {
    FIND_A_TENDER: await resultOf("FIND_A_TENDER"),
    CONTRACTS_FINDER: await resultOf("CONTRACTS_FINDER"),
  };
  return { sources: results, runs };

  async function resultOf(source: Source): Promise<SourceResult> {
    const own = await db.syncWindows.find({ source }).toArray();
    const job = await db.syncJobs.findOne({ source });
    const sum = (of: (window: (typeof own)[number]) => number) =>
      own.reduce((total, window) => total + of(window), 0);
    const verifiedBy = (period: keyof Reached) =>
      Math.max(...own.filter(({ to }) => isIn(period, to)).map((window) => sinceT0(window)));
    const { asked, refused } = replica.stats()[source];
    const { releases } = coverage[source];
    const drainRequests = sum(({ counts }) => counts.requests);
    const verifyRequests = sum(({ verify }) => verify?.requests ?? 0) + (job?.witness?.requests ?? 0);
    return {
      releases,
      missing: await missingIn(db, source, histories),
      drainRequests,
      verifyRequests,
      fetchedTwice: (rowsWhenDrained.get(source) ?? coverage[source].rows()) - releases,
      drained: coverage[source].reached(),
      verified: {
        last30Days: verifiedBy("last30Days"),
        lastYear: verifiedBy("lastYear"),
        all: verifiedBy("all"),
      },
      exact: Math.max(
        ...own
          .filter(({ to, unproven }) => to.getTime() <= T0.getTime() - LATE_MS && unproven.length === 0)
          .map((window) => sinceT0(window)),
      ),
      otherRequests: asked - drainRequests - verifyRequests,
      asked,
      refused,
    };
  }
}

const sinceT0 = ({ verifiedAt }: Pick<SyncWindow, "verifiedAt">) =>
  verifiedAt === null ? Number.NaN : (verifiedAt.getTime() - T0.getTime()) / 1000;
/** What is younger waits for its last rows, whatever the pace. */
const LATE_MS = 60 * 3_600_000;

const day = (date: Date) => date.toISOString().slice(0, 10);

const exact = (window: Record<string, unknown>) => window["status"] === "done" && window["proof"] === "exact";

/** A slice that holds a release which nobody can read stays open for good, and its month with it. */
const exactOrOpenlyNot = (window: Record<string, unknown>) =>
  exact(window) ||
  (window["status"] === "done" && Array.isArray(window["unproven"]) && window["unproven"].length > 0);

function bySource(make: (source: Source) => Coverage): Record<Source, Coverage> {
  return { FIND_A_TENDER: make("FIND_A_TENDER"), CONTRACTS_FINDER: make("CONTRACTS_FINDER") };
}

async function missingIn(db: Database, source: Source, histories: Histories): Promise<number> {
  const contracts = await db.contracts.find({ source }).toArray();
  const cases = await db.quarantine.find({ source }).toArray();
  const all = histories.rows[source];
  const due = all.filter(({ at }) => at < T0.getTime());
  return compareWithStored({ all, due, contracts, cases }).missing.length;
}
