// A source with a yearly sequence is proved by its numbers: what is contiguous is complete, so only holes in the sequence are looked at, by
// slices of less than a page that hold as many holes as fit, each with both its neighbours. Pure.
import {
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  earlier,
  type LondonTime,
  later,
  plusSeconds,
  toLondon,
} from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { type Api, noticeId, noticeNumber } from "./api.ts";

/** A stored notice: its place in the sequence, and when it was listed as far as its date says so. */
export interface Numbered {
  id: string;
  year: number;
  number: number;
  at: LondonTime;
}

/** Where the sequence breaks, between two stored numbers or between one and an end of the window. */
export interface Hole {
  /** Numbers that are not stored; none where only the end of a year or of the window is open. */
  ids: string[];
  /** Neighbours; null at an end of the window. */
  below: string | null;
  above: string | null;
  lo: LondonTime;
  hi: LondonTime;
}

export interface GapSlice {
  lo: LondonTime;
  hi: LondonTime;
  holes: Hole[];
  /** Stored rows that it should hold. */
  expected: number;
}

/** Three rows short of a page: a full page proves nothing, and a row or two may be new or listed twice. */
const SHORT_OF_FULL_ROWS = 3;
/** Rows come by number and their dates nearly so: 4 of 17 recorded pages have inversions, by one row (api-facts). */
const MARGIN_ROWS = 1;
/**
 * A notice whose number is this far from those listed around it has a date out of line (009921-2021: eleven weeks). Rows
 * in line are inverted by one; the longest run of absent numbers is 7.
 */
const OUT_OF_LINE_NUMBERS = 30;
const AROUND_ROWS = 5;

export function numbered(rows: readonly { id: string; at: Date }[]): Numbered[] {
  return rows.flatMap(({ id, at }) => {
    const place = noticeNumber(id);
    return place ? [{ id, ...place, at: toLondon(at) }] : [];
  });
}

const before = (a: Numbered, b: Numbered) => a.year - b.year || a.number - b.number;
const serial = ({ year, number }: Numbered) => year * 1_000_000 + number;

/** By number, each once, without those whose date is out of line: they say nothing of where their number was listed. */
export function inLine(rows: readonly Numbered[]): Numbered[] {
  const byDate = [...rows].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : before(a, b)));
  const serials = byDate.map(serial);
  const kept = byDate.filter((row, at) => {
    const own = serial(row);
    const sides = [
      serials.slice(Math.max(0, at - AROUND_ROWS), at),
      serials.slice(at + 1, at + 1 + AROUND_ROWS),
    ];
    const distances = sides.filter(({ length }) => length > 0).map((side) => Math.abs(median(side) - own));
    const [above, below] = [byDate[at - 1], byDate[at + 1]];
    const turnOfYear = above !== undefined && below !== undefined && above.year !== below.year;
    return distances.length === 0 || turnOfYear || Math.min(...distances) <= OUT_OF_LINE_NUMBERS;
  });
  return [...new Map(kept.sort(before).map((row) => [row.id, row])).values()];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * Every hole of the window's sequence, oldest first. `isStored`: numbers that stand in the database anywhere, the
 * neighbouring months included; `start` and `top` are the window's first and last second.
 */
export function holesOf(options: {
  line: readonly Numbered[];
  isStored: (id: string) => boolean;
  start: LondonTime;
  top: LondonTime;
}): Hole[] {
  const { line, isStored, start, top } = options;
  const holes: Hole[] = [];
  const [first, last] = [line[0], line.at(-1)];
  if (!first || !last) return [{ ids: [], below: null, above: null, lo: start, hi: top }];
  const add = (ids: string[], at: number) => {
    const [below, above] = [line[at - 1], line[at]];
    const lows = line.slice(Math.max(0, at - 1 - MARGIN_ROWS), at).map((row) => row.at);
    const highs = line.slice(at, at + 1 + MARGIN_ROWS).map((row) => row.at);
    const lo = below ? lows.reduce(earlier) : start;
    const hi = above ? highs.reduce(later) : top;
    holes.push({
      ids,
      below: below?.id ?? null,
      above: above?.id ?? null,
      lo: earlier(lo, hi),
      hi: later(lo, hi),
    });
  };
  if (!(first.number > 1 && isStored(noticeId(first.year, first.number - 1)))) add([], 0);
  line.forEach((row, at) => {
    const previous = line[at - 1];
    if (!previous) return;
    const from = previous.year === row.year ? previous.number + 1 : 1;
    const jumps = row.number - from > ABSENT_MAX;
    const ids = jumps ? [] : absent(row.year, from, row.number).filter((id) => !isStored(id));
    // How high the old year's numbers went nobody knows: its end is looked at like a hole, and so is a jump.
    if (ids.length > 0 || jumps || previous.year !== row.year) add(ids, at);
  });
  if (!isStored(noticeId(last.year, last.number + 1))) add([], line.length);
  return holes;
}

/** Candidates to ask the database for: what the line leaves out, and the numbers next to its ends. */
export function candidates(line: readonly Numbered[]): string[] {
  const [first, last] = [line[0], line.at(-1)];
  if (!first || !last) return [];
  const inside = line.flatMap((row, at) => {
    const previous = line[at - 1];
    return previous ? absent(row.year, previous.year === row.year ? previous.number + 1 : 1, row.number) : [];
  });
  const ends = [noticeId(first.year, Math.max(1, first.number - 1)), noticeId(last.year, last.number + 1)];
  return [...inside, ...ends];
}

/**
 * A jump beyond this is no gap but another sequence, or a number that nobody gave: the record's longest run of absent
 * numbers is 7, and a working day has 580. It is looked at by slices, and no number of it is noted or asked for by itself.
 */
const ABSENT_MAX = 1000;

function absent(year: number, from: number, to: number): string[] {
  const count = Math.min(ABSENT_MAX, Math.max(0, to - from));
  return Array.from({ length: count }, (_, at) => noticeId(year, from + at));
}

/**
 * The slices that hold every hole, newest first. @param instants of all stored rows, fan-outs included, ascending
 */
export function gapSlices(options: {
  api: Pick<Api, "spanSecondsMin">;
  holes: readonly Hole[];
  instants: readonly LondonTime[];
  limit: number;
}): GapSlice[] {
  const { api, holes, instants, limit } = options;
  const most = Math.max(1, limit - SHORT_OF_FULL_ROWS);
  const slices: GapSlice[] = [];
  for (const hole of [...holes].sort((a, b) => (a.hi > b.hi ? -1 : a.hi < b.hi ? 1 : 0))) {
    const open = slices.at(-1);
    const joined = open && cut(api, instants, [...open.holes, hole]);
    if (open && joined && joined.expected <= most) slices[slices.length - 1] = joined;
    else slices.push(cut(api, instants, [hole]));
  }
  return slices;
}

function cut(
  { spanSecondsMin }: Pick<Api, "spanSecondsMin">,
  instants: readonly LondonTime[],
  holes: Hole[],
): GapSlice {
  const lo = boundaryAtOrBefore(holes.map((hole) => hole.lo).reduce(earlier));
  const highest = holes.map((hole) => hole.hi).reduce(later);
  const hi = boundaryAtOrAfter(later(highest, plusSeconds(lo, spanSecondsMin)));
  return { lo, hi, holes, expected: countUpTo(instants, hi, true) - countUpTo(instants, lo, false) };
}

function countUpTo(sorted: readonly LondonTime[], limit: LondonTime, inclusive: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = sorted[middle] ?? limit;
    if (value < limit || (inclusive && value === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Neighbours of the hole that did not come. Rows in which nothing was left out settle it when there are none: it lies
 * between them. One that did not come is listed elsewhere than its date says.
 */
export function elsewhere({ below, above }: Hole, rows: readonly Row[]): string[] {
  const came = new Set(rows.map(({ releaseId }) => releaseId));
  return [below, above].filter((id) => id !== null && !came.has(id)).map(String);
}

/** One notice under several processes (033562-2023 stands under 15): its id may have more of them than were listed. */
export function fannedOut(ids: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  return [...times].filter(([, count]) => count > 1).map(([id]) => id);
}
