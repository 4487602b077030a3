// Both sources through hours, days or months of invocations on a database in memory: answers may lie, rows come late, the
// worker's clock be off. What is missing and what is falsely exact is looked at after each invocation.
import { ObjectId } from "mongodb";
import { readConfig } from "../../src/config/config.ts";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import type { Effects, HttpAnswer } from "../../src/platform/effects.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { createReplica } from "../../src/replica/answer.ts";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { hash } from "../../src/replica/random.ts";
import { invoke } from "../../src/run/invocation.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore, documentsOf } from "../../src/sim/memory-store.ts";
import { httpAnswer } from "../../src/sim/world.ts";
import type { Contract } from "../../src/terms/documents.ts";
import { statusIn } from "./openly-said.ts";

export const HOUR_MS = 3_600_000;
const SOURCES = ["FIND_A_TENDER", "CONTRACTS_FINDER"] as const;

export type Lie = "empty" | "half" | "half without links" | null;

function told(lie: Lie, { status, retryAfter, body }: HttpAnswer): HttpAnswer {
  if (lie === null || status !== 200) return { status, retryAfter, body };
  const page: { releases: { id: string }[]; links?: unknown } = JSON.parse(new TextDecoder().decode(body));
  page.releases = lie === "empty" ? [] : page.releases.filter(({ id }) => hash(id) % 2 === 0);
  if (lie !== "half") delete page.links;
  return { status, retryAfter, body: new TextEncoder().encode(JSON.stringify(page)) };
}

interface Options {
  t0: Date;
  from: Date;
  hours: number;
  lie: (hour: number) => Lie;
  vars?: Record<string, string>;
  /** How far the worker's clock is ahead of the database's and the APIs'. */
  aheadMs?: number;
  /** When a row is listed; without it at its date. */
  listedAt?: (row: Published) => number;
  /** Whatever befalls an answer. */
  befalls?: (url: URL, answer: HttpAnswer) => HttpAnswer;
  /** Between two invocations. */
  everyHours?: number;
  /** Looks after each invocation; true ends it. */
  watch?: (seen: {
    hour: number;
    now: Date;
    db: Database;
    missing: number;
    asked: number;
  }) => Promise<boolean>;
}

/** Both sources over so many hours of invocations, on a database in memory. */
export async function live(options: Options) {
  const { t0, from, hours, lie, vars = {}, aheadMs = 0, everyHours = 1 } = options;
  let nowMs = t0.getTime();
  let hour = 0;
  const to = new Date(nowMs + hours * HOUR_MS);
  const notices = Math.round((to.getTime() - from.getTime()) / HOUR_MS / 1.2);
  const made = (source: (typeof SOURCES)[number]) =>
    createHistory({ source, seed: 5, from, to, notices }).map((row) => ({
      ...row,
      listedAt: options.listedAt?.(row) ?? row.at,
    }));
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  const limit = { requests: 1_000_000, perSeconds: 1, retryAfterSeconds: 0 };
  const replica = createReplica({ seed: 5, histories, faults: [], limit, bodies: "light" });
  const store = createMemoryStore(() => new Date(nowMs));
  const db = collectionsOf(connect(store));
  const effects: Effects = {
    now: () => new Date(nowMs + aheadMs),
    sleep: async (ms) => {
      nowMs += Math.max(0, ms);
    },
    post: async () => undefined,
    random: () => 0.5,
    newId: () => new ObjectId(),
    get: async (url) => {
      const plain = httpAnswer(replica, url, nowMs);
      const answer = options.befalls?.(new URL(url), plain) ?? plain;
      return url.endsWith(".csv") ? answer : told(lie(hour), answer); // the list of a day is somebody else's
    },
  };
  const environment = {
    MONGODB_URI: "mongodb://memory",
    BACKFILL_START_DATE: from.toISOString().slice(0, 10),
    REQUESTS_PER_MINUTE: "6000",
    ...vars,
  };
  const log = createLogger({ level: "silent", secrets: [] });
  const lacking = () => {
    const contracts = [...documentsOf(store, "contracts").values()] as Contract[]; // as they stand: a copy an hour is slow
    const stored = new Set(
      contracts.flatMap(({ ocid, noticeId, revisions }) =>
        revisions ? revisions.map((one) => `${ocid}/${noticeId}-${one}`) : [`${ocid}/${noticeId}`],
      ),
    );
    return SOURCES.flatMap((source) =>
      replica
        .published(source, nowMs)
        .filter(({ at, ocid, releaseId }) => at < nowMs - 2 * HOUR_MS && !stored.has(`${ocid}/${releaseId}`))
        .map((row) => ({ source, ...row })),
    );
  };
  const falselyExact: string[] = [];
  const suspected = new Set<string>();
  const quiet = new Set<string>();
  const alarms = new Set<string>();
  for (hour = 0; hour < hours; hour += everyHours) {
    await invoke({ db, effects, config: readConfig(environment, effects.now()), log });
    const windows = await db.syncWindows.find({}).toArray();
    const missing = lacking();
    for (const window of windows) {
      if (window.proof === "suspect") suspected.add(window._id);
      const { source, from: begin, to: end } = window;
      const within = missing.filter(
        (row) => row.source === source && row.at >= begin.getTime() && row.at < end.getTime(),
      );
      if (window.proof === "exact" && within.length > 0)
        falselyExact.push(`${hour} ${window._id} ${within.length}`);
    }
    for (const { kind } of statusIn(store, new Date(nowMs)).alarms) alarms.add(kind);
    for (const { source, quietSince } of await db.syncJobs.find({}).toArray())
      if (quietSince) quiet.add(source);
    const asked = SOURCES.reduce((sum, source) => sum + replica.stats()[source].asked, 0);
    const seen = { hour, now: new Date(nowMs), db, missing: missing.length, asked };
    if (await options.watch?.(seen)) break;
    nowMs = t0.getTime() + (hour + everyHours) * HOUR_MS;
  }
  const windows = await db.syncWindows.find({}).toArray();
  return {
    missing: lacking(),
    falselyExact,
    suspected: [...suspected].sort(),
    quiet: [...quiet].sort(),
    /** Kinds of all that stood after any of the invocations. */
    alarms,
    windows,
  };
}
