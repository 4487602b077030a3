// What a drain and the first verification cost, over histories with the real rhythm: requests per 1,000 releases.
import { ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { collectionsOf } from "../../src/platform/database.ts";
import type { Effects } from "../../src/platform/effects.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { createReplica } from "../../src/replica/answer.ts";
import type { Fault } from "../../src/replica/faults.ts";
import { createHistory } from "../../src/replica/history.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { invoke } from "../../src/run/invocation.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore } from "../../src/sim/memory-store.ts";
import { httpAnswer } from "../../src/sim/world.ts";

/**
 * Requests per 1,000; the floor of a drain is 10. A second pass over everything took as many once more. In so short a
 * history each month's sample weighs more than over ten years; the trial of the witness comes once, whatever its length.
 */
const MOST = { drain: 11, verify: { FIND_A_TENDER: 3, CONTRACTS_FINDER: 2 }, witnessed: 12, trial: 20 };
/** A run asks for the files of two months; these are five. */
const RUNS = 4;
const MONTHS_MS = 5 * 30.44 * 86_400_000;
const NOTICES = Number(process.env["COST_NOTICES"] ?? 8_000);
/** Without faults as well, which costs no more: `LONG=1 npx vitest run test/sim/cost.test.ts`. */
const LONG = process.env["LONG"] !== undefined;

describe("requests per 1,000 releases", () => {
  it.each<[string, Fault[]]>([
    ...(LONG ? [["without faults", []] as [string, Fault[]]] : []),
    ["with rows out of line, late and twice", ["wrong-dates", "late-rows", "duplicate-ids"]],
  ])(
    "stay low to drain and to verify, %s",
    async (name, faults) => {
      const now = new Date("2026-11-24T12:00:00Z");
      const from = new Date(now.getTime() - MONTHS_MS);
      const made = (source: Source) =>
        createHistory({ source, seed: 3, faults, from, to: now, notices: NOTICES });
      const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
      const replica = createReplica({ seed: 3, faults, histories, bodies: "light" });
      const db = collectionsOf(connect(createMemoryStore(() => now)));
      const effects: Effects = {
        now: () => now,
        sleep: async () => undefined,
        post: async () => {
          throw new Error("no webhook is set");
        },
        random: () => 0.5,
        newId: () => new ObjectId(),
        get: async (url) => httpAnswer(replica, url, now.getTime()),
      };
      const start = from.toISOString().slice(0, 10);
      const environment = {
        MONGODB_URI: "mongodb://memory",
        BACKFILL_START_DATE: start,
        REQUESTS_PER_MINUTE: "60000",
        VERIFY_REQUESTS_PER_RUN: "1",
        VERIFY_AFTER_HOURS: "0",
      };
      const [config, log] = [readConfig(environment, now), createLogger({ level: "silent", secrets: [] })];
      for (let run = 0; run < RUNS; run++) await invoke({ db, effects, config, log });
      for (const source of SOURCES) {
        const windows = await db.syncWindows.find({ source }).toArray();
        const sum = (of: (window: (typeof windows)[number]) => number) =>
          windows.reduce((total, window) => total + of(window), 0);
        const releases = sum(({ counts }) => counts.releases);
        const job = await db.syncJobs.findOne({ _id: source });
        const trial = job?.witness?.requests ?? 0;
        const [drain, verify] = [
          sum(({ counts }) => counts.requests),
          sum((window) => window.verify?.requests ?? 0),
        ];
        const per = (requests: number) => Number(((requests / releases) * 1000).toFixed(2));
        console.log(
          `${source}, ${name}: ${releases} releases, ${per(drain)} requests per 1,000 to drain, ${per(verify)} to verify${job?.witness ? `, and ${trial} for the trial of its witness` : ""}`,
        );
        expect(windows.every(({ proof }) => proof === "exact")).toBe(true);
        expect(releases).toBe(
          new Set(histories[source].map(({ ocid, releaseId }) => `${ocid}/${releaseId}`)).size,
        );
        expect(per(drain)).toBeLessThanOrEqual(MOST.drain);
        expect(per(verify)).toBeLessThanOrEqual(MOST.verify[source]);
        if (!job?.witness) continue;
        expect(trial).toBeLessThanOrEqual(MOST.trial);
        expect(per(drain + verify)).toBeLessThanOrEqual(MOST.witnessed);
      }
    },
    120_000,
  );
});
