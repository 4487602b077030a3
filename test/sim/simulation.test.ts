// A short run of the simulation; `npm run simulate -- --seeds 1000` is the long one. SEED=… replays one.
import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

const SEED = process.env["SEED"];
const seeds =
  SEED === undefined
    ? Array.from({ length: Number(process.env["SEEDS"] ?? 8) }, (_, at) => at + 1)
    : [Number(SEED)];

describe("the simulation", () => {
  const outcomes = new Map<number, ReturnType<typeof simulate>>();
  const outcomeOf = (seed: number) => {
    const outcome = outcomes.get(seed) ?? simulate(seed);
    outcomes.set(seed, outcome);
    return outcome;
  };

  it(`holds every invariant on ${seeds.length} seeds, and really meets faults and kills`, async () => {
    const violations: string[] = [];
    const met = new Map<string, number>();
    for (const seed of seeds) {
      const outcome = await outcomeOf(seed);
      if (outcome.violation !== null) violations.push(`SEED=${seed} npm test: ${outcome.violation}`);
      for (const [what, times] of Object.entries(outcome.met)) met.set(what, (met.get(what) ?? 0) + times);
    }
    expect(violations).toEqual([]);
    if (SEED !== undefined) return;
    const kills = [...met.keys()].filter((what) => what.startsWith("kill at "));
    expect(kills.length).toBeGreaterThan(10);
    for (const what of [
      "failover",
      "answer lost for good",
      "answer lost, and repeated",
      "outage of days",
      "start moved",
    ]) {
      expect(met.get(what) ?? 0).toBeGreaterThan(1);
    }
    for (const fault of [
      "503",
      "429-without-header",
      "empty-body",
      "truncated",
      "reset",
      "slow",
      "bare-zeros",
      "broken-release",
      "unclosed-quote",
      "wrong-echo",
    ]) {
      expect([fault, (met.get(fault) ?? 0) > 0]).toEqual([fault, true]);
    }
  }, 300_000);

  it("gives the same trace for the same seed, and another for another", async () => {
    const [first = 1, other] = seeds;
    const outcome = await outcomeOf(first);
    expect(await simulate(first)).toEqual(outcome);
    if (other !== undefined) expect((await outcomeOf(other)).trace).not.toBe(outcome.trace);
  });
});
