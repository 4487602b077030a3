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
  options: { remainingMs?: () => number; source?: string } = {},
): Promise<{ pacer: Pacer; waits: number[] }> {
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  const { remainingMs = () => 60 * MINUTE_MS, source = "FIND_A_TENDER" } = options;
  return { pacer: await openPacer({ db, source, requestsPerMinute: 6, remainingMs, wait }), waits };
}

const state = () => db.rateLimits.findOne({ _id: "APIS" });

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
    const { pacer: one, waits } = await pacer({ remainingMs: () => 5000 });
    await one.slot();
    const before = await state();
    await expect(one.slot()).rejects.toThrow(DeadlineReached);
    expect([waits, await state()]).toEqual([[0], before]);
  });

  it("is not waited for when the database took so long that it would outlive the deadline", async () => {
    await (await pacer()).pacer.slot();
    let asked = 0;
    const { pacer: one, waits } = await pacer({ remainingMs: () => (asked++ === 0 ? 2 * BASE_MS : 1000) });
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
    expect(other.pacer.intervalMs()).toBeGreaterThan(1.2 * BASE_MS);
    expect((await state())?.lanes["FIND_A_TENDER"]?.pace.refusedMs).toBeGreaterThan(BASE_MS);
  });

  it("leaves its mark behind: a spacing that held is kept, and a shorter one tried", async () => {
    const { pacer: one } = await pacer();
    await one.slot();
    const base = one.intervalMs();
    await one.refused(0);
    const intervals: number[] = [];
    for (let slot = 0; slot < 60; slot++) {
      await one.slot();
      intervals.push(one.intervalMs());
    }
    expect(intervals).toEqual(intervals.toSorted((a, b) => b - a));
    expect(intervals[0]).toBeCloseTo(1.25 * base);
    expect(intervals.at(-1)).toBeGreaterThan(base); // what was refused is not tried again so soon
    expect((await state())?.lanes["FIND_A_TENDER"]?.pace.provedMs).toBeLessThan(1.2 * base);
  });

  it("of both APIs at once is waited out by both, and they take turns from then on", async () => {
    const one = await pacer({ source: "FIND_A_TENDER" });
    const other = await pacer({ source: "CONTRACTS_FINDER" });
    for (let slot = 0; slot < 6; slot++) await Promise.all([one.pacer.slot(), other.pacer.slot()]);
    await one.pacer.refused(MINUTE_MS);
    await other.pacer.refused(MINUTE_MS);
    expect((await state())?.together).toBe(true);
    one.waits.length = 0;
    other.waits.length = 0;
    await one.pacer.slot();
    await other.pacer.slot();
    const [first = Number.NaN] = one.waits;
    const [second = Number.NaN] = other.waits;
    expect(first).toBeGreaterThan(MINUTE_MS - 2000);
    expect(second - first).toBeGreaterThan(0.55 * BASE_MS); // the two rhythms together, and a little wider
  });

  it("of one is nothing to the other that is answered meanwhile", async () => {
    const one = await pacer({ source: "FIND_A_TENDER" });
    const other = await pacer({ source: "CONTRACTS_FINDER" });
    for (let slot = 0; slot < 6; slot++) await Promise.all([one.pacer.slot(), other.pacer.slot()]);
    await one.pacer.refused(MINUTE_MS);
    await other.pacer.slot();
    await other.pacer.answered();
    expect((await state())?.together).toBe(false);
    expect(other.waits.at(-1)).toBeLessThan(7 * BASE_MS);
    expect(other.pacer.intervalMs()).toBeCloseTo(10_200);
  });
});
