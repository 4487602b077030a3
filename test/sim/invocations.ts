// Invocations of the production code in simulated time: each await of the database, the network and the clock is an event,
// before and after which the invocation may be killed, and whose answer may be lost.
import { MongoNetworkError, ObjectId } from "mongodb";
import { readConfig } from "../../src/config/config.ts";
import { collectionsOf } from "../../src/platform/database.ts";
import { type Effects, type HttpAnswer, TransportError } from "../../src/platform/effects.ts";
import { createLogger } from "../../src/platform/logger.ts";
import type { Answer, Replica } from "../../src/replica/answer.ts";
import type { BoardReplica } from "../../src/replica/moderngov/replica.ts";
import { invoke } from "../../src/run/invocation.ts";
import { BOARDS_URL, deliveryOf } from "../../src/sim/board-network.ts";
import { connect, type Gate } from "../../src/sim/memory-mongo.ts";
import type { MemoryStore } from "../../src/sim/memory-store.ts";
import type { Scheduler } from "../../src/sim/scheduler.ts";
import type { Ended } from "./openly-said.ts";
import type { Poisons } from "./poisons.ts";

const PLATFORM_LIMIT_MS = 900_000;
const EVENTS_OF_AN_INVOCATION_MAX = 30_000;
const silent = createLogger({ level: "silent", secrets: [] });

export interface Invocation {
  id: number;
  startedAt: number;
  skewMs: number;
  budgetMs: number;
  ended: boolean;
  killed: boolean;
  /** The database failed it: it may have let go what it held. */
  failed: boolean;
  events: number;
  /** Settings of its own: another deployment, another machine. */
  vars?: Record<string, string>;
  /** What it met of the sources. */
  seen?: Ended;
}

/** What the seed decides about the world around the invocations. */
export interface Chaos {
  on: boolean;
  /** The database has no primary until then. */
  downUntil: number;
  killShare: number;
  lossShare: number;
  /** A kill that is planned: at this point, when it has been passed so often. */
  killNext: { point: string; left: number } | null;
}

export interface Stage {
  scheduler: Scheduler;
  random: () => number;
  store: MemoryStore;
  replica: () => Replica;
  poisons?: Poisons;
  /** Answers what begins with `boardsUrl`. */
  boards?: BoardReplica;
  chaos: Chaos;
  vars: Record<string, string>;
  meet: (what: string) => void;
  violate: (message: string) => void;
  /** Who writes from now on. */
  acts: (id: number) => void;
  ended: (failure: unknown, invocation: Invocation) => void;
}

/** Starts an invocation; the platform drops it after 15 minutes. */
export function start(stage: Stage, invocation: Invocation, from: Date): void {
  const { scheduler, store, vars, meet, ended } = stage;
  const environment = {
    MONGODB_URI: "mongodb://simulated",
    BACKFILL_START_DATE: from.toISOString().slice(0, 10),
    FAT_BACKFILL_START_DATE: from.toISOString().slice(0, 10),
    RUN_BUDGET_SECONDS: String(invocation.budgetMs / 1000),
    ...vars,
    ...invocation.vars,
  };
  const effects = effectsOf(stage, invocation);
  const config = readConfig(environment, new Date(scheduler.now()));
  const db = collectionsOf(connect(store, gateOf(stage, invocation)));
  const end = (failure: unknown) => {
    invocation.ended = true;
    meet(failure === null ? "invocation ended" : "invocation failed");
    ended(failure, invocation);
  };
  invoke({ db, effects, config, log: silent }).then(() => end(null), end);
  // The platform drops an invocation without a word.
  scheduler.after(PLATFORM_LIMIT_MS, `${invocation.id} dropped`, () => {
    if (!invocation.ended && !invocation.killed) meet("dropped by the platform");
    invocation.killed = true;
  });
}

const betweenOf = (random: () => number) => (least: number, most: number) =>
  Math.floor(least + random() * (most - least + 1));

/** True when the invocation is gone: whatever it awaits never comes. */
function gone({ chaos, random, meet, violate }: Stage, invocation: Invocation, point: string): boolean {
  if (invocation.killed) return true;
  invocation.events++;
  if (invocation.events > EVENTS_OF_AN_INVOCATION_MAX)
    violate(`invariant 8: invocation ${invocation.id} is busy without end`);
  const planned = chaos.killNext !== null && chaos.killNext.point === point && --chaos.killNext.left <= 0;
  if (chaos.on && (planned || random() < chaos.killShare)) {
    if (planned) chaos.killNext = null;
    invocation.killed = true;
    meet(`kill at ${point}`);
  }
  return invocation.killed;
}

function gateOf(stage: Stage, invocation: Invocation): Gate {
  const { scheduler, random, chaos, meet, acts } = stage;
  const between = betweenOf(random);
  return (operation, apply) =>
    new Promise((resolve, reject) => {
      const point = `${operation.collection}.${operation.name}`;
      if (gone(stage, invocation, `${point}, before`)) return;
      const answer = (ms: number, give: () => void) =>
        scheduler.after(ms, `${invocation.id} ${point} answered`, () => {
          if (!gone(stage, invocation, `${point}, after`)) give();
        });
      scheduler.after(between(1, 40), `${invocation.id} ${point}`, () => {
        if (scheduler.now() < chaos.downUntil) {
          meet("failover");
          invocation.failed = true;
          answer(10_000, () => reject(new MongoNetworkError("no primary")));
          return;
        }
        acts(invocation.id);
        let result: Awaited<ReturnType<typeof apply>>;
        try {
          result = apply() as Awaited<ReturnType<typeof apply>>;
        } catch (error) {
          answer(5, () => reject(error));
          return;
        }
        if (chaos.on && random() < chaos.lossShare) {
          const forGood = random() < 0.5;
          invocation.failed ||= forGood;
          meet(forGood ? "answer lost for good" : "answer lost, and repeated");
          // The driver asks once more, and a retryable write answers what it answered before.
          answer(forGood ? 30_000 : 5000, () =>
            forGood ? reject(new MongoNetworkError("answer lost")) : resolve(result),
          );
          return;
        }
        answer(between(1, 40), () => resolve(result));
      });
    });
}

function effectsOf(stage: Stage, invocation: Invocation): Effects {
  const { scheduler, random, boards, violate } = stage;
  const between = betweenOf(random);
  let ids = 0;
  const deadline = invocation.startedAt + invocation.budgetMs;
  return {
    now: () => new Date(scheduler.now() + invocation.skewMs),
    random,
    post: async () => {
      throw new Error("no webhook is set");
    },
    newId: () =>
      new ObjectId(
        `${invocation.id.toString(16).padStart(12, "0")}${(++ids).toString(16).padStart(12, "0")}`,
      ),
    sleep: (ms) =>
      new Promise((resolve) => {
        if (gone(stage, invocation, "sleep, before")) return;
        if (scheduler.now() + ms > deadline + 1000)
          violate(`invariant 8: invocation ${invocation.id} waits beyond its deadline`);
        scheduler.after(ms, `${invocation.id} sleeps`, () => {
          if (!gone(stage, invocation, "sleep, after")) resolve();
        });
      }),
    get: (url, options) =>
      new Promise((resolve, reject) => {
        if (gone(stage, invocation, "fetch, before")) return;
        if (scheduler.now() > deadline + 1000)
          violate(`invariant 8: invocation ${invocation.id} asks after its deadline`);
        if (boards && url.startsWith(BOARDS_URL)) {
          scheduler.after(between(50, 500), `${invocation.id} ${url}`, () => {
            const { ms, answer } = deliveryOf(boards, { url, options, now: scheduler.now() });
            scheduler.after(ms, `${invocation.id} answered`, () => {
              if (gone(stage, invocation, "fetch, after")) return;
              if (answer instanceof TransportError) reject(answer);
              else resolve(answer);
            });
          });
          return;
        }
        scheduler.after(between(50, 1500), `${invocation.id} ${url}`, () => {
          const { status, headers, body, transport } = answerTo(stage, invocation, url);
          const seen: HttpAnswer = { status, retryAfter: headers["retry-after"] ?? null, body };
          const cut = { ...seen, body: body.subarray(0, Math.floor(body.length / 2)) };
          scheduler.after(
            transport?.kind === "slow" ? 30_000 : between(50, 1500),
            `${invocation.id} answered`,
            () => {
              if (gone(stage, invocation, "fetch, after")) return;
              if (transport?.kind === "reset") reject(new TransportError("reset", { timedOut: false }));
              else if (transport?.kind === "slow") reject(new TransportError("timeout", { timedOut: true }));
              else resolve(transport?.kind === "truncated" ? cut : seen);
            },
          );
        });
      }),
  };
}

function answerTo({ scheduler, replica, poisons }: Stage, { seen }: Invocation, url: string): Answer {
  const now = scheduler.now();
  const struck = poisons?.strike(url, now) ?? null;
  const source = url.includes("/Published/") ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
  if (seen && struck?.by) seen.struck.set(struck.by, (seen.struck.get(struck.by) ?? 0) + 1);
  else if (seen) seen.answered[source]++;
  if (struck) return struck.answer;
  const answer = replica().handle({ url, now });
  return poisons?.taint(url, answer) ?? answer;
}
