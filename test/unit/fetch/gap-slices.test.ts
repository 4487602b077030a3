// Gap slices: on the numbers that Find a Tender really left out, every hole is in a slice with both its neighbours.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { noticeId } from "../../../src/fetch/api.ts";
import {
  candidates,
  gapSlices,
  type Hole,
  holesOf,
  inLine,
  type Numbered,
  numbered,
} from "../../../src/fetch/gap-slices.ts";
import { londonTime, plusSeconds } from "../../../src/terms/london-time.ts";
import { APIS } from "../../kit/apis.ts";

const api = APIS.FIND_A_TENDER;
const START = londonTime("2025-06-01T00:00:00");
const TOP = londonTime("2025-06-30T23:59:59");
const nothing = () => false;

function line(year: number, numbers: number[], secondsApart = 60): Numbered[] {
  return numbers.map((number, at) => ({
    id: noticeId(year, number),
    year,
    number,
    at: plusSeconds(START, 3600 + at * secondsApart),
  }));
}

const slicesOf = (rows: Numbered[], holes: Hole[]) =>
  gapSlices({ api, holes, instants: rows.map(({ at }) => at).sort(), limit: 100 });

describe("holes of a sequence", () => {
  it("contiguous numbers between stored neighbours have none", () => {
    const rows = line(2025, [10, 11, 12, 13]);
    const stored = new Set(["000009-2025", "000014-2025"]);
    expect(holesOf({ line: rows, isStored: (id) => stored.has(id), start: START, top: TOP })).toEqual([]);
  });

  it("an end without a neighbour in the database is open down to the window's own end", () => {
    const rows = line(2025, [10, 11]);
    const holes = holesOf({ line: rows, isStored: nothing, start: START, top: TOP });
    expect(holes).toEqual([
      { ids: [], below: null, above: "000010-2025", lo: START, hi: plusSeconds(START, 3660) },
      { ids: [], below: "000011-2025", above: null, lo: plusSeconds(START, 3600), hi: TOP },
    ]);
  });

  it("a number that stands in another month is no hole, and neither is a date out of line", () => {
    const rows = [...line(2025, [10, 12, 13, 14, 15, 16]), ...line(2025, [9999]).map((one) => one)];
    const kept = inLine(rows);
    expect(kept.map(({ number }) => number)).toEqual([10, 12, 13, 14, 15, 16]);
    expect(candidates(kept)).toEqual(["000011-2025", "000009-2025", "000017-2025"]);
    expect(holesOf({ line: kept, isStored: () => true, start: START, top: TOP })).toEqual([]);
  });

  it("the turn of the year is looked at, because nobody knows the old year's last number", () => {
    const rows = [...line(2024, [41_641, 41_642]), ...line(2025, [2, 3]).map((one) => ({ ...one, at: TOP }))];
    const holes = holesOf({ line: rows, isStored: (id) => id !== "000001-2025", start: START, top: TOP });
    expect(holes.map(({ ids, below, above }) => ({ ids, below, above }))).toEqual([
      { ids: ["000001-2025"], below: "041642-2024", above: "000002-2025" },
    ]);
  });
});

describe("gap slices", () => {
  it("near holes share one slice of less than a page, far ones do not", () => {
    const all = Array.from({ length: 400 }, (_, at) => at + 1);
    const rows = line(
      2025,
      all.filter((number) => ![50, 52, 120, 300].includes(number)),
    );
    const isStored = (id: string) => ![50, 52, 120, 300].map((number) => noticeId(2025, number)).includes(id);
    const holes = holesOf({ line: rows, isStored, start: START, top: TOP });
    const slices = slicesOf(rows, holes);
    expect(slices.map((slice) => slice.holes.flatMap(({ ids }) => ids))).toEqual([
      ["000300-2025"],
      ["000120-2025", "000052-2025", "000050-2025"],
      [], // nobody knows what was listed before the year's first number
    ]);
    expect(slices.every(({ expected }) => expected <= 97)).toBe(true);
  });
});

const ABSENT = fileURLToPath(new URL("../../../../shared/absent-numbers.json", import.meta.url));
/** Published in all (api-facts). */
const PUBLISHED: Record<string, number> = {
  2021: 32_522,
  2022: 36_729,
  2023: 38_042,
  2024: 41_642,
  2025: 86_535,
};

describe.skipIf(!existsSync(ABSENT))("the numbers that were really absent, 2021 to 2025", () => {
  it("all stand in few slices of less than a page, each between its neighbours", () => {
    const years: Record<string, number[]> = JSON.parse(readFileSync(ABSENT, "utf8"));
    let slicesInAll = 0;
    for (const [year, absent] of Object.entries(years)) {
      const gone = new Set(absent);
      const last = (PUBLISHED[year] ?? 0) + absent.length;
      const rows = line(
        Number(year),
        Array.from({ length: last }, (_, at) => at + 1).filter((number) => !gone.has(number)),
      );
      const isStored = (id: string) => !gone.has(Number(id.slice(0, 6)));
      const instants = new Map(rows.map(({ id, at }) => [id, at]));
      const holes = holesOf({ line: rows, isStored, start: START, top: TOP });
      const slices = slicesOf(rows, holes);
      const held = slices.flatMap((slice) => {
        for (const hole of slice.holes) {
          for (const neighbour of [hole.below, hole.above]) {
            const at = neighbour === null ? slice.lo : (instants.get(neighbour) ?? "");
            expect(slice.lo <= at && at <= slice.hi).toBe(true);
          }
        }
        return slice.holes.flatMap(({ ids }) => ids);
      });
      expect(held.sort()).toEqual(absent.map((number) => noticeId(Number(year), number)).sort());
      expect(Math.max(0, ...slices.map(({ expected }) => expected))).toBeLessThanOrEqual(97);
      slicesInAll += slices.length;
    }
    // 107 numbers of 235,470: 0.2 requests per 1,000, where asking for each takes more than twice as many.
    expect(slicesInAll).toBeLessThanOrEqual(45);
  });
});

describe("numbered", () => {
  it("leaves out what has no number", () => {
    expect(numbered([{ id: "ocds-x", at: new Date("2026-06-01T00:00:00Z") }])).toEqual([]);
  });
});
