// The pace under the limiter that was measured, over a simulated week (two days where a run begins each quarter of an
// hour): what it brings against the best constant rhythm,
// with budgets apart and with one for both APIs, hourly and every quarter of an hour.
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openPacer } from "../../src/fetch/pacer.ts";
import { collectionsOf } from "../../src/platform/database.ts";
import { COUNTED_LIMIT, createLimiter, ESTIMATED_LIMIT, type LimitOptions } from "../../src/replica/limit.ts";
import { createRandom } from "../../src/replica/random.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore } from "../../src/sim/memory-store.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { DeadlineReached } from "../../src/terms/errors.ts";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const BUDGET_MS = 780_000;
const START = Date.UTC(2026, 5, 1);
const RETRY_AFTER_MS = 120_000;

interface World {
  limit: LimitOptions;
  everyMs: number;
  seed: number;
  sources?: readonly Source[];
  ms?: number;
  /** Until then every sixth request is refused, whatever the pace. */
  refusesMs?: number;
}

interface Result {
  answered: number;
  refused: number;
  /** Refusals that followed a refusal of the same API without an answer between. */
  inARow: number;
}

/** A run asks as fast as its rhythm allows until its deadline. */
type Rhythm = (run: { source: Source; deadline: number; ask: () => Promise<boolean> }) => Promise<void>;

async function week(world: World, rhythmOf: (tools: Tools) => Rhythm): Promise<Record<Source, Result>> {
  const { limit, everyMs, seed, sources = SOURCES, ms = WEEK_MS, refusesMs = 0 } = world;
  const scheduler = createScheduler(START);
  const random = createRandom(seed);
  const limiters = SOURCES.map((_, index) => createLimiter(limit, seed + index));
  const results = {
    FIND_A_TENDER: { answered: 0, refused: 0, inARow: 0 },
    CONTRACTS_FINDER: { answered: 0, refused: 0, inARow: 0 },
  };
  const after = (wait: number) => new Promise<void>((resolve) => scheduler.after(wait, "waits", resolve));
  const rhythm = rhythmOf({ scheduler, after });
  const failures: unknown[] = [];
  for (let at = START; at < START + ms; at += everyMs) {
    await scheduler.advance(at);
    for (const source of sources) {
      const limiter = limiters[limit.shared ? 0 : SOURCES.indexOf(source)];
      const result = results[source];
      let last = true;
      let asked = 0;
      const ask = async () => {
        await after(50 + random() * 250); // on its way
        const strikes = scheduler.now() < START + refusesMs && ++asked % 6 === 0;
        const admitted = !strikes && (limiter?.admits(scheduler.now()) ?? true);
        await after(300 + random() * 2000);
        if (admitted) result.answered++;
        else result.refused++;
        if (!admitted && !last) result.inARow++;
        last = admitted;
        return admitted;
      };
      rhythm({ source, deadline: at + BUDGET_MS, ask }).catch((error) => {
        if (!(error instanceof DeadlineReached)) failures.push(error);
      });
    }
    await setImmediate(); // until they wait for their first event
  }
  await scheduler.advance(START + ms + BUDGET_MS);
  expect(failures).toEqual([]);
  return results;
}

interface Tools {
  scheduler: ReturnType<typeof createScheduler>;
  after: (ms: number) => Promise<void>;
}

const learnt = ({ scheduler, after }: Tools): Rhythm => {
  const db = collectionsOf(connect(createMemoryStore(() => new Date(scheduler.now()))));
  return async ({ source, deadline, ask }) => {
    const pacer = await openPacer({
      db,
      source,
      requestsPerMinute: 6,
      remainingMs: () => deadline - scheduler.now(),
      wait: after,
    });
    for (;;) {
      await pacer.slot();
      if (await ask()) await pacer.answered();
      else await pacer.refused(RETRY_AFTER_MS);
    }
  };
};

/** Both APIs take turns where they share a budget: each asks every `spacingMs`. */
const constant =
  (spacingMs: number) =>
  ({ scheduler, after }: Tools): Rhythm =>
  async ({ source, deadline, ask }) => {
    const begun = scheduler.now() + (source === "FIND_A_TENDER" ? 0 : spacingMs / 2);
    for (let index = 0; begun + index * spacingMs < deadline; index++) {
      await after(begun + index * spacingMs - scheduler.now());
      if (!(await ask())) {
        await after(RETRY_AFTER_MS);
        index = Math.ceil((scheduler.now() - begun) / spacingMs);
      }
    }
  };

const total = (results: Record<Source, Result>, of: keyof Result) =>
  SOURCES.reduce((sum, source) => sum + results[source][of], 0);

async function best(world: World): Promise<number> {
  const perApi = world.limit.shared && (world.sources ?? SOURCES).length > 1 ? 2 : 1;
  let most = 0;
  for (const seconds of [10.2, 12.2, 12.6, 12.8, 13, 13.3]) {
    const results = await week({ ...world, ms: DAY_MS }, constant(seconds * 1000 * perApi));
    most = Math.max(most, total(results, "answered") * ((world.ms ?? WEEK_MS) / DAY_MS));
  }
  return most;
}

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;

describe("a learnt pace brings at least 90 % of the best constant rhythm", () => {
  it.each<[string, World]>([
    ["budgets apart, hourly", { limit: ESTIMATED_LIMIT, everyMs: HOUR_MS, seed: 1 }],
    [
      "budgets apart, every quarter",
      { limit: ESTIMATED_LIMIT, everyMs: QUARTER_MS, seed: 2, ms: 2 * DAY_MS },
    ],
    ["one budget, hourly", { limit: { ...ESTIMATED_LIMIT, shared: true }, everyMs: HOUR_MS, seed: 3 }],
    [
      "one budget, every quarter",
      { limit: { ...ESTIMATED_LIMIT, shared: true }, everyMs: QUARTER_MS, seed: 4, ms: 2 * DAY_MS },
    ],
    ["a counting limit, hourly", { limit: COUNTED_LIMIT, everyMs: HOUR_MS, seed: 5 }],
    [
      "a counting limit for both, hourly",
      { limit: { ...COUNTED_LIMIT, shared: true }, everyMs: HOUR_MS, seed: 6 },
    ],
    [
      "one API alone, one budget",
      { limit: { ...ESTIMATED_LIMIT, shared: true }, everyMs: HOUR_MS, seed: 7, sources: ["FIND_A_TENDER"] },
    ],
  ])(
    "%s",
    async (_name, world) => {
      const results = await week(world, learnt);
      const [answered, refused, inARow] = [
        total(results, "answered"),
        total(results, "refused"),
        total(results, "inARow"),
      ];
      expect(refused).toBeLessThanOrEqual(0.01 * answered);
      const most = await best(world);
      expect(answered).toBeGreaterThanOrEqual(0.9 * most);
      expect(inARow).toBe(0);
    },
    120_000,
  );
});

it("an API that refused every sixth request for a day is asked at the full pace again two days later", async () => {
  const world: World = { limit: ESTIMATED_LIMIT, everyMs: HOUR_MS, seed: 8, refusesMs: DAY_MS };
  const answered = async (ms: number) => total(await week({ ...world, ms }, learnt), "answered");
  const fourth = (await answered(4 * DAY_MS)) - (await answered(3 * DAY_MS));
  expect(fourth).toBeGreaterThanOrEqual((0.9 * (await best({ ...world, refusesMs: 0 }))) / 7);
}, 60_000);
