// The production code in this process: a real database, the replica as the network, and a clock that tests can move.
import { ObjectId } from "mongodb";
import { type Config, readConfig } from "../config/config.ts";
import type { Database } from "../platform/database.ts";
import { type Effects, type HttpAnswer, TransportError } from "../platform/effects.ts";
import { createLogger } from "../platform/logger.ts";
import { createReplica, type Replica, type ReplicaOptions } from "../replica/answer.ts";
import { createHistory, type HistoryOptions, type Published } from "../replica/history.ts";
import type { BoardReplica } from "../replica/moderngov/replica.ts";
import { SOURCES, type Source } from "../replica/sources.ts";
import { compareWithStored } from "../replica/truth/stored.ts";
import { invoke } from "../run/invocation.ts";
import type { Source as SourceDefinition } from "../sources/source.ts";
import type { SyncRun } from "../terms/documents.ts";
import { BOARDS_URL, deliveryOf } from "./board-network.ts";

export interface World {
  replica: Replica;
  effects: Effects;
  /** Moves this world's clock. */
  pass(ms: number): void;
  now(): Date;
  run(vars?: Record<string, string>): Promise<SyncRun>;
  configFor(vars?: Record<string, string>): Config;
}

export interface WorldOptions {
  db: Database;
  from: Date;
  /** The clock at the start; the history goes on behind it. */
  now: Date;
  notices: Record<Source, number>;
  replica?: Partial<ReplicaOptions>;
  history?: Partial<HistoryOptions>;
  /** History after `now`. */
  afterMs?: number;
  /** What each request takes of this world's time: how many fit into an invocation. */
  requestMs?: number;
  vars?: Record<string, string>;
  /** An answer in place of the replica's; null where that stands. */
  strike?: (url: URL, now: Date) => HttpAnswer | null;
  /** In place of those that src/sources lists. */
  sources?: readonly SourceDefinition[];
  /** Sites of board minutes, at BOARDS_URL. */
  boards?: BoardReplica;
}

const FIND_A_TENDER_BEGAN = new Date("2021-01-01T00:00:00Z");
const silent = createLogger({ level: "silent", secrets: [] });

/** Sleeping moves the clock and takes no time; requests take none either. */
export function createWorld(options: WorldOptions): World {
  const { db, from, notices, afterMs = 0, requestMs = 0, history = {} } = options;
  let nowMs = options.now.getTime();
  const faults = options.replica?.faults ?? [];
  const to = new Date(nowMs + afterMs);
  const made = (source: Source): Published[] =>
    createHistory({
      ...{ source, seed: 11, to, notices: notices[source], faults },
      from: source === "FIND_A_TENDER" && from < FIND_A_TENDER_BEGAN ? FIND_A_TENDER_BEGAN : from,
      ...history,
    });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  // The pacer's slots run on the database's real clock, so a refusal here asks for no wait.
  const limit = { requests: 1_000_000, perSeconds: 1, retryAfterSeconds: 0 };
  const replica = createReplica({ seed: 11, bodies: "light", histories, faults, limit, ...options.replica });
  const effects: Effects = {
    now: () => new Date(nowMs),
    sleep: async (ms) => {
      nowMs += Math.max(0, ms);
    },
    get: async (url, request) => {
      if (options.boards && url.startsWith(BOARDS_URL)) {
        const { ms, answer } = deliveryOf(options.boards, { url, options: request, now: nowMs });
        nowMs += ms;
        if (answer instanceof TransportError) throw answer;
        return answer;
      }
      nowMs += requestMs;
      return options.strike?.(new URL(url), new Date(nowMs)) ?? httpAnswer(replica, url, nowMs);
    },
    post: async () => undefined,
    random: () => 0.5,
    newId: () => new ObjectId(),
  };
  const configFor = (vars: Record<string, string> = {}) => {
    const environment = {
      MONGODB_URI: "mongodb://in.this.process",
      BACKFILL_START_DATE: from.toISOString().slice(0, 10),
      REQUESTS_PER_MINUTE: "60000",
      COOLDOWN_SECONDS: "0",
      VERIFY_AFTER_HOURS: "0",
      CF_WITNESS_URL: "off",
      ...options.vars,
      ...vars,
    };
    return readConfig(environment, effects.now(), options.sources);
  };
  const run = (vars: Record<string, string> = {}) =>
    invoke({ db, effects, config: configFor(vars), log: silent });
  return {
    replica,
    effects,
    run,
    configFor,
    now: () => new Date(nowMs),
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

/** The replica's answer as the Worker's fetch would see it. */
export function httpAnswer(replica: Replica, url: string, now: number): HttpAnswer {
  const { status, headers, body, transport } = replica.handle({ url, now });
  if (transport?.kind === "reset") throw new TransportError("connection reset", { timedOut: false });
  if (transport?.kind === "slow") throw new TransportError("no answer within 30000 ms", { timedOut: true });
  const seen = transport?.kind === "truncated" ? body.subarray(0, Math.floor(body.length / 2)) : body;
  return { status, retryAfter: headers["retry-after"] ?? null, body: seen };
}

/** Published releases (listed under an instant before `until`) that are neither stored nor in quarantine. */
export async function missingReleases(db: Database, world: World, until: Date): Promise<string[]> {
  const missing: string[] = [];
  for (const source of SOURCES) {
    const contracts = await db.contracts.find({ source }).toArray();
    const cases = await db.quarantine.find({ source }).toArray();
    const all = world.replica.published(source, world.now().getTime());
    const due = all.filter(({ at }) => at < until.getTime());
    for (const { at, releaseId } of compareWithStored({ all, due, contracts, cases }).missing)
      missing.push(`${source} ${releaseId} of ${new Date(at).toISOString()}`);
  }
  return missing;
}
