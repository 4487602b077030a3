import { describe, expect, it } from "vitest";
import { absentIds, joined, nextSlice, numberRanges } from "../../../src/fetch/proof.ts";
import { fromLondon, londonTime } from "../../../src/terms/london-time.ts";
import { APIS } from "../../kit/apis.ts";
import { row } from "../../kit/pages.ts";

const start = londonTime("2026-06-01T00:00:00");
const top = londonTime("2026-06-30T23:59:59");

describe("nextSlice", () => {
  it("cuts so that no slice is expected to be full, and leaves no second out", () => {
    const notices = 30 * 24 * 20; // one every three minutes
    const published = Array.from(
      { length: notices },
      (_, at) => new Date(fromLondon(start).getTime() + at * 180_000),
    );
    let asked = 0;
    let slices = 0;
    for (let frontier = top; frontier > start; slices++) {
      const slice = nextSlice({ api: APIS.FIND_A_TENDER, frontier, start, published, limit: 100 });
      const [lo, hi] = [fromLondon(slice.lo), fromLondon(slice.hi)];
      const inside = published.filter((at) => at >= lo && at <= hi).length;
      expect(inside).toBeLessThan(100);
      expect(slice.hi).toBe(frontier);
      asked += inside;
      frontier = slice.lo;
    }
    expect(asked).toBeGreaterThanOrEqual(notices);
    expect((slices * 1000) / notices).toBeLessThan(10.4);
  });

  it("asks the whole window once when nothing is known of it", () => {
    const slice = nextSlice({ api: APIS.FIND_A_TENDER, frontier: top, start, published: [], limit: 100 });
    expect([slice.lo, slice.hi]).toEqual([start, top]);
  });

  it("goes on below a second that holds more than a page", () => {
    const crowd = new Date(fromLondon(londonTime("2026-06-10T12:00:00")).getTime());
    const published = Array.from({ length: 130 }, () => crowd);
    const first = nextSlice({ api: APIS.FIND_A_TENDER, frontier: top, start, published, limit: 100 });
    expect(first.lo).toBe("2026-06-10T12:00:01");
    const second = nextSlice({ api: APIS.FIND_A_TENDER, frontier: first.lo, start, published, limit: 100 });
    expect(second.lo).toBe("2026-06-10T12:00:00");
  });
});

describe("the sequence of numbers", () => {
  const at = "2026-06-10T12:00:00";

  it("names each number that no row carries, year by year, up to what newer slices held", () => {
    const rows = ["000003-2026", "000005-2026", "000999-2025"].map((id) => row({ id, at }));
    const newer = [{ year: 2026, lowest: 8, highest: 20 }];
    expect(absentIds(rows, newer)).toEqual(["000004-2026", "000006-2026", "000007-2026"]);
  });

  it("takes no long jump for a row of absent numbers", () => {
    expect(absentIds([row({ id: "000003-2026", at }), row({ id: "009999-2026", at })], [])).toEqual([]);
  });

  it("keeps a range for each year", () => {
    const ranges = numberRanges(["000003-2026", "000009-2026", "081000-2025"].map((id) => row({ id, at })));
    expect(joined(ranges, { year: 2026, lowest: 2, highest: 4 })).toEqual([
      { year: 2025, lowest: 81000, highest: 81000 },
      { year: 2026, lowest: 2, highest: 9 },
    ]);
  });
});
