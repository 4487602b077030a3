// The pace over real time: the limit is used up, and kept by two invocations together.
import { ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { workerEffects } from "../../src/platform/worker-effects.ts";
import { createReplica } from "../../src/replica/answer.ts";
import { createHistory } from "../../src/replica/history.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { invoke } from "../../src/run/invocation.ts";
import { httpAnswer } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";

const { db } = await freshDatabase();
const LIMIT = { requests: 12, perSeconds: 12, retryAfterSeconds: 12 };
const SECONDS = 36;

describe("at 12 requests in 12 seconds", () => {
  it("two invocations at once use 95 % of what is allowed, and at most one request in 200 is refused", async () => {
    const now = new Date();
    const from = new Date(now.getTime() - 400 * 86_400_000);
    const made = (source: Source) => createHistory({ source, seed: 6, from, to: now, notices: 12_000 });
    const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
    const replica = createReplica({ seed: 6, faults: [], histories, bodies: "light", limit: LIMIT });
    const effects = {
      ...workerEffects,
      newId: () => new ObjectId(),
      get: async (url: string) => httpAnswer(replica, url, Date.now()),
    };
    const environment = {
      MONGODB_URI: "mongodb://in.this.process",
      BACKFILL_START_DATE: from.toISOString().slice(0, 10),
      REQUESTS_PER_MINUTE: "60",
      RUN_BUDGET_SECONDS: String(SECONDS),
    };
    const config = readConfig(environment, now);
    const log = createLogger({ level: "silent", secrets: [] });
    const run = () => invoke({ db, effects, config, log });
    await Promise.all([run(), run()]);
    for (const source of SOURCES) {
      const { asked, refused } = replica.stats()[source];
      console.log(`${source}: ${asked} requests in ${SECONDS} s, ${refused} refused`);
      expect(asked).toBeGreaterThanOrEqual(0.95 * SECONDS);
      expect(asked).toBeLessThanOrEqual(SECONDS + 1);
      expect(refused).toBeLessThanOrEqual(asked / 200);
    }
    const done = (await db.syncRuns.find().toArray()).flatMap(({ sources }) =>
      sources.flatMap(({ windowsDone }) => windowsDone),
    );
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done).size).toBe(done.length);
  }, 60_000);
});
