// The pacer's slots and waits on a real mongod, whose clock they run on.
import { beforeEach, describe, expect, it } from "vitest";
import { openPacer, type Pacer } from "../../src/fetch/pacer.ts";
import { DeadlineReached } from "../../src/terms/errors.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const MINUTE_MS = 60_000;
const BASE_MS = 10_000; // at six a minute

/** A pacer that only notes how long it would wait. */
async function pacer(
  remainingMs: () => number = () => 60 * MINUTE_MS,
): Promise<{ pacer: Pacer; waits: number[] }> {
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  const source = "FIND_A_TENDER" as const;
  return { pacer: await openPacer({ db, source, requestsPerMinute: 6, remainingMs, wait }), waits };
}

const state = () => db.rateLimits.findOne({ _id: "FIND_A_TENDER" });

describe("a slot", () => {
  it("comes an interval after the one before, whoever took that", async () => {
    const [one, other] = [await pacer(), await pacer()];
    await one.pacer.slot();
    await other.pacer.slot();
    await one.pacer.slot();
    const [first = Number.NaN, third = Number.NaN] = one.waits;
    const [second = Number.NaN] = other.waits;
    expect(first).toBe(0);
    for (const [wait, least] of [
      [second, BASE_MS],
      [third, 2 * BASE_MS],
    ] as const) {
      expect(wait).toBeGreaterThan(least - 2000); // the test itself takes its time
      expect(wait).toBeLessThan(least * 1.03);
    }
  });

  it("that comes after the deadline is not taken", async () => {
    const { pacer: one, waits } = await pacer(() => 5000);
    await one.slot();
    const before = await state();
    await expect(one.slot()).rejects.toThrow(DeadlineReached);
    expect([waits, await state()]).toEqual([[0], before]);
  });

  it("is not waited for when the database took so long that it would outlive the deadline", async () => {
    await (await pacer()).pacer.slot();
    let asked = 0;
    const { pacer: one, waits } = await pacer(() => (asked++ === 0 ? 2 * BASE_MS : 1000));
    await expect(one.slot()).rejects.toThrow(DeadlineReached);
    expect(waits).toEqual([]);
  });
});

describe("a refusal", () => {
  it("is waited out by everybody, and everybody asks less often from then on", async () => {
    const [one, other] = [await pacer(), await pacer()];
    await one.pacer.slot();
    await one.pacer.refused(2 * MINUTE_MS);
    await other.pacer.slot();
    expect(other.waits[0]).toBeGreaterThan(2 * MINUTE_MS - 2000);
    expect(other.waits[0]).toBeLessThanOrEqual(2 * MINUTE_MS);
    expect(other.pacer.intervalMs()).toBeGreaterThan(1.4 * BASE_MS);
    expect((await state())?.refusedAtMs).toBeGreaterThan(BASE_MS);
  });

  it("is forgotten slowly, down to the ceiling and not below", async () => {
    const { pacer: one } = await pacer();
    await one.slot();
    const base = one.intervalMs();
    await one.refused(0);
    const intervals: number[] = [];
    for (let slot = 0; slot < 30; slot++) {
      await one.slot();
      intervals.push(one.intervalMs());
    }
    expect(intervals).toEqual(intervals.toSorted((a, b) => b - a));
    expect(intervals[0]).toBeGreaterThan(1.4 * base);
    expect(intervals.at(-1)).toBeGreaterThan(1.1 * base); // near where the API refused it only creeps
    await db.rateLimits.updateOne(
      { _id: "FIND_A_TENDER" },
      { $set: { intervalMs: base * 1.0001, refusedAtMs: 0 } },
    );
    await one.slot();
    expect(one.intervalMs()).toBe(base);
  });
});
