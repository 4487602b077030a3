// The replica against the record: absent numbers, the limiter that was measured, what stands in no recorded page.
import { describe, expect, it } from "vitest";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { createLimiter, ESTIMATED_LIMIT } from "../../src/replica/limit.ts";

interface Absent {
  numbers: number;
  longestRun: number;
  /** The greatest share of numbers that a page of 100 rows lacks. */
  densest: number;
}

function absentIn(rows: Published[]): Map<number, Absent> {
  const years = Map.groupBy(rows, ({ number }) => Math.floor(number / 1_000_000));
  return new Map(
    [...years].map(([year, own]) => {
      const numbers = own.map(({ number }) => number);
      const runs = numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0) - 1);
      const pages = numbers.slice(99).map((number, index) => {
        const span = number - (numbers[index] ?? 0) + 1;
        return (span - 100) / span;
      });
      return [
        year,
        {
          numbers: runs.reduce((sum, run) => sum + run, 0),
          longestRun: Math.max(0, ...runs),
          densest: pages.reduce((most, share) => Math.max(most, share), 0),
        },
      ];
    }),
  );
}

describe("the numbers of Find a Tender", () => {
  it("are absent as often, and in such bursts, as the record has it", () => {
    const [from, to] = [new Date("2021-01-02T00:00:00Z"), new Date("2026-09-24T00:00:00Z")];
    for (const seed of [1, 2, 3]) {
      const absent = absentIn(createHistory({ source: "FIND_A_TENDER", seed, from, to, notices: 328_000 }));
      const of = (year: number) => absent.get(year)?.numbers ?? Number.NaN;
      expect(of(2021)).toBeGreaterThan(5); // 20
      expect(of(2021)).toBeLessThan(40);
      expect(of(2022)).toBeLessThan(25); // 8
      expect(of(2023)).toBeLessThan(20); // 6
      expect(of(2024)).toBe(0);
      expect(of(2025)).toBeGreaterThan(10); // 73
      expect(of(2025)).toBeLessThan(160);
      expect(of(2026)).toBeGreaterThan(700); // 1,073
      expect(of(2026)).toBeLessThan(1400);
      const now = absent.get(2026);
      expect(now?.longestRun).toBe(7);
      expect(now?.densest).toBeGreaterThan(0.25); // 0.306
      expect(now?.densest).toBeLessThanOrEqual(0.306);
    }
  });
});

describe("the estimating limiter", () => {
  const refused = (everySeconds: number, requests: number, seed: number) => {
    const limiter = createLimiter(ESTIMATED_LIMIT, seed);
    return Array.from({ length: requests }, (_, index) => limiter.admits(index * everySeconds * 1000)).filter(
      (admitted) => !admitted,
    ).length;
  };

  it.each([1, 2, 3])("refuses as was measured, seed %i", (seed) => {
    expect(refused(13, 123, seed)).toBe(0);
    expect(refused(11, 13, seed)).toBeGreaterThanOrEqual(4); // 7
    expect(refused(11, 13, seed)).toBeLessThanOrEqual(8);
    expect(refused(6, 14, seed)).toBeGreaterThanOrEqual(4); // 5
    expect(refused(6, 14, seed)).toBeLessThanOrEqual(8);
    expect(refused(1.2, 19, seed)).toBe(0); // back to back, all answered
    expect(refused(1.2, 35, seed)).toBeGreaterThanOrEqual(6); // then a burst: 10 of 16
    expect(refused(1.2, 35, seed)).toBeLessThanOrEqual(16);
  });

  it("lets go after the wait that it names", () => {
    const limiter = createLimiter(ESTIMATED_LIMIT, 1);
    let now = 0;
    while (limiter.admits(now)) now += 3000;
    expect(limiter.admits(now + ESTIMATED_LIMIT.retryAfterSeconds * 1000)).toBe(true);
  });
});
