// What a day's file says against what the API lists and what is stored. Pure: run/verify-witness.ts asks for all three.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { fromLondon, isLondonTime, type LondonTime, plusSeconds, toLondon } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { Listed } from "./day-file.ts";

export interface Range {
  lo: LondonTime;
  hi: LondonTime;
}

/** The part of the frontier's day that lies below it, down to the window's start. */
export function dayBelow(frontier: LondonTime, start: LondonTime): { day: string } & Range {
  const isMidnight = frontier.endsWith("T00:00:00");
  const day = (isMidnight ? plusSeconds(frontier, -1) : frontier).slice(0, 10);
  const midnight = `${day}T00:00:00`;
  const lo = isLondonTime(midnight) && midnight > start ? midnight : start;
  return { day, lo, hi: isMidnight ? plusSeconds(frontier, -1) : frontier };
}

const within = ({ lo, hi }: Range, at: LondonTime | null) => at !== null && at >= lo && at <= hi;

/**
 * What stands in one place alone: a reason to ask the API, which decides.
 * @param stored keys of the range, as they are stored
 * @param isStored whether a key is stored anywhere
 */
export function differences(options: {
  range: Range;
  listed: readonly Listed[];
  stored: readonly { key: string; at: LondonTime }[];
  isStored: (key: string) => boolean;
}): { weLack: Listed[]; fileLacks: number } {
  const { range, listed, stored, isStored } = options;
  const keys = new Set(listed.map(({ key }) => key));
  return {
    weLack: listed.filter(({ key, at }) => !isStored(key) && (at === null || within(range, at))),
    fileLacks: stored.filter(({ key, at }) => isClearlyOf(range, at) && !keys.has(key)).length,
  };
}

export interface Against {
  /** Listed by the API and not by the file. */
  lacks: string[];
  /** Listed by the file alone: neither by the API nor ever before. */
  invents: string[];
}

/** What an exact slice says of the file. */
export function against(options: {
  range: Range;
  listed: readonly Listed[];
  came: readonly Row[];
  isStored: (key: string) => boolean;
}): Against {
  const { range, listed, came, isStored } = options;
  const inFile = new Set(listed.map(({ key }) => key));
  const inApi = new Set(came.map(({ key }) => key));
  const isOf = ({ date }: Row) => date !== null && isClearlyOf(range, toLondon(date));
  return {
    lacks: came.filter((row) => isOf(row) && !inFile.has(row.key)).map(({ key }) => key),
    invents: listed
      .filter(({ key, at }) => within(range, at) && !inApi.has(key) && !isStored(key))
      .map(({ key }) => key),
  };
}

/** Whether a file that goes by UTC would have it on this day too. */
function isClearlyOf(range: Range, at: LondonTime): boolean {
  if (!within(range, at)) return false;
  return fromLondon(at).toISOString().slice(0, 10) === at.slice(0, 10);
}

/** A file without a row says nothing on a day when offices are open. */
export function saysNothing(day: string, listed: readonly Listed[]): boolean {
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
  return listed.length === 0 && weekday !== 0 && weekday !== 6;
}

/** Slices that have to agree before anything is believed, each of another time. */
export const TRIALS = 10;
/** Days that are tried in vain before the trial is put off: there are months without a file. */
export const TRIED_MAX = 30;
const GOLDEN = 0.618_033_988_75; // steps of it spread evenly over a range, however many there are

/** The place of the n-th sample among so many, spread over all of them from a random beginning. */
export const samplePlace = (count: number, nth: number, random: number): number =>
  Math.min(count - 1, Math.floor(((random + nth * GOLDEN) % 1) * count));

const LOST_DAYS = 90;

/** Whether a trial may begin: never tried, or put off until now, or long after the trust was lost. */
export function mayTry(
  state: { lostAt?: Date | null; triedAt?: Date | null } | null | undefined,
  now: Date,
): boolean {
  const age = (at: Date) => now.getTime() - at.getTime();
  if (state?.lostAt && age(state.lostAt) < LOST_DAYS * DAY_MS) return false;
  return !state?.triedAt || age(state.triedAt) >= DAY_MS;
}
