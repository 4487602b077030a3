import { describe, expect, it } from "vitest";
import {
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  fromLondon,
  isLondonTime,
  londonTime,
  midpoint,
  month,
  monthOf,
  monthStart,
  nextMonth,
  plusSeconds,
  secondsBetween,
  toLondon,
} from "../../../src/terms/london-time.ts";

/** Last Sunday of March and of October, from 2016 on: the days when London's clocks change. */
const changeDays = Array.from({ length: 12 }, (_, at) => 2016 + at).flatMap((year) =>
  [2, 9].map((monthIndex) => {
    const last = new Date(Date.UTC(year, monthIndex + 1, 0));
    last.setUTCDate(last.getUTCDate() - last.getUTCDay());
    return { day: last.toISOString().slice(0, 10), spring: monthIndex === 2 };
  }),
);

describe("London time", () => {
  it.each([
    ["2026-07-01T11:00:00Z", "2026-07-01T12:00:00"],
    ["2026-01-01T11:00:00Z", "2026-01-01T11:00:00"],
    ["2026-03-29T00:59:59Z", "2026-03-29T00:59:59"],
    ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00"],
    ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00"],
    ["2026-10-25T01:30:00Z", "2026-10-25T01:30:00"],
  ])("shows %s as %s", (instant, wall) => {
    expect(toLondon(new Date(instant))).toBe(wall);
  });

  it.each(changeDays)(
    "comes back from the wall clock, and keeps boundaries out of the hour, on $day",
    ({ day, spring }) => {
      const midnight = Date.parse(`${day}T00:00:00Z`) - 6 * 3_600_000;
      for (let minute = 0; minute < 24 * 60; minute += 7) {
        const instant = new Date(midnight + minute * 60_000);
        const wall = toLondon(instant);
        const ambiguous = wall.startsWith(`${day}T01`);
        expect(ambiguous && spring).toBe(false);
        if (!ambiguous) expect(fromLondon(wall)).toEqual(instant);
        else expect([0, 3_600_000]).toContain(instant.getTime() - fromLondon(wall).getTime());
        expect(boundaryAtOrBefore(wall)).toBe(ambiguous ? `${day}T00:59:59` : wall);
        expect(boundaryAtOrAfter(wall)).toBe(ambiguous ? `${day}T02:00:00` : wall);
      }
    },
  );

  it("leaves 01:30 alone on a day without a change", () => {
    const time = londonTime("2026-06-01T01:30:00");
    expect(boundaryAtOrBefore(time)).toBe(time);
  });

  it.each([
    "2026-02-29T00:00:00",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-01-01T24:00:00",
    "2026-13-01T00:00:00",
  ])("refuses %s", (text) => {
    expect(isLondonTime(text)).toBe(false);
    expect(() => londonTime(text)).toThrow(RangeError);
  });

  it("counts seconds on the wall clock", () => {
    const a = londonTime("2026-03-28T12:00:00");
    expect(plusSeconds(a, 86_400)).toBe("2026-03-29T12:00:00");
    expect(secondsBetween(a, londonTime("2026-03-29T12:00:00"))).toBe(86_400);
    expect(midpoint(a, londonTime("2026-03-28T12:00:03"))).toBe("2026-03-28T12:00:01");
  });

  it("knows months by London's midnight", () => {
    expect(monthOf(new Date("2026-06-30T23:30:00Z"))).toBe("2026-07");
    expect(monthStart(month("2026-07"))).toEqual(new Date("2026-06-30T23:00:00Z"));
    expect(nextMonth(month("2025-12"))).toBe("2026-01");
  });
});
