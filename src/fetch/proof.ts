// The proof after the walk: slices that hold less than a page, asked without `stages`, in which nothing can hide. Pure.
import {
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  fromLondon,
  type LondonTime,
  later,
  plusSeconds,
  toLondon,
} from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import { type Api, noticeId, noticeNumber, type Question } from "./api.ts";

/** Three rows short of a page: a full page proves nothing, and a row or two may be new or listed twice. */
const FILL_SHORT_ROWS = 3;

/**
 * The next slice below `frontier`: as long as fits into one page by what is known to be published.
 * @param published instants of the known releases, ascending
 */
export function nextSlice(options: {
  api: Api;
  frontier: LondonTime;
  start: LondonTime;
  published: readonly Date[];
  limit: number;
}): Question {
  const { api, frontier, start, published, limit } = options;
  const rows = Math.max(1, limit - FILL_SHORT_ROWS);
  const end = endIndex(published, new Date(fromLondon(frontier).getTime() + 999));
  const first = published[end - rows - 1]; // one row too many: the slice begins the second after it
  const cut = first === undefined ? start : boundaryAtOrAfter(plusSeconds(toLondon(first), 1));
  const highest = boundaryAtOrBefore(plusSeconds(frontier, -api.spanSecondsMin));
  return { stage: ALL_STAGES, lo: later(start, cut < highest ? cut : highest), hi: frontier, limit };
}

function endIndex(sorted: readonly Date[], limit: Date): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? limit) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface NumberRange {
  year: number;
  lowest: number;
  highest: number;
}

/** The ranges of notice numbers that the rows span, year by year. */
export function numberRanges(rows: Row[]): NumberRange[] {
  return rows.reduce<NumberRange[]>((ranges, { releaseId }) => {
    const id = noticeNumber(releaseId);
    return id ? joined(ranges, { year: id.year, lowest: id.number, highest: id.number }) : ranges;
  }, []);
}

/** `ranges` with `one` in it, one range a year. */
export function joined(ranges: readonly NumberRange[], one: NumberRange): NumberRange[] {
  const same = ranges.find(({ year }) => year === one.year);
  if (!same) return [...ranges, one].sort((a, b) => a.year - b.year);
  const { year } = one;
  const lowest = Math.min(same.lowest, one.lowest);
  const highest = Math.max(same.highest, one.highest);
  return ranges.map((range) => (range === same ? { year, lowest, highest } : range));
}

/** A jump this long is no row of unpublished numbers but a date out of line (0.2 to 1 % are absent, api-facts). */
const GAP_MAX = 200;

/**
 * Notice ids between the lowest and the highest of the rows that no row carries, the stretch to what newer slices held
 * included. FaT's numbers are one sequence a year, so each absent one was either never published or is missing here.
 */
export function absentIds(rows: Row[], newer: readonly NumberRange[]): string[] {
  const byYear = new Map<number, Set<number>>();
  for (const { releaseId } of rows) {
    const id = noticeNumber(releaseId);
    if (id) byYear.set(id.year, (byYear.get(id.year) ?? new Set()).add(id.number));
  }
  const absent: string[] = [];
  for (const [year, numbers] of byYear) {
    const above = newer.find((range) => range.year === year)?.lowest;
    const known = [...numbers, ...(above === undefined ? [] : [above])].sort((a, b) => a - b);
    known.forEach((number, at) => {
      const before = known[at - 1];
      if (before !== undefined) absent.push(...absentBetween(year, before, number));
    });
  }
  return absent;
}

function absentBetween(year: number, below: number, above: number): string[] {
  if (above - below > GAP_MAX) return [];
  return Array.from({ length: Math.max(0, above - below - 1) }, (_, at) => noticeId(year, below + 1 + at));
}
