// The only file that converts between instants and London's wall clock. Both APIs speak local time without a
// zone (api-facts: `YYYY-MM-DDTHH:MM:SS`, exactly 19 characters, a trailing Z is ignored), so every request,
// slice and frontier is a LondonTime, and every stored date is an instant.

import { tzOffset } from "@date-fns/tz/tzOffset";
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";

/** London wall-clock time, `YYYY-MM-DDTHH:MM:SS`, no zone. Sorts as text. */
export type LondonTime = string & { readonly __brand: "LondonTime" };

/** A calendar month of London time, `2024-03`. */
export type Month = string & { readonly __brand: "Month" };

const LONDON = "Europe/London";
const SECOND = 1000;
const OFFSET_MAX = 14 * HOUR_MS; // Kiribati
const londonTimePattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;
const monthPattern = /^\d{4}-(0[1-9]|1[0-2])$/;

/** `text` as LondonTime. @throws RangeError when it is not 19 characters of a real wall-clock time */
export function londonTime(text: string): LondonTime {
  if (!isLondonTime(text)) throw new RangeError(`"${text}" is not a London time like 2026-03-29T00:59:59`);
  return text;
}

export function isLondonTime(text: string): text is LondonTime {
  // 30 February is 2 March to Date.
  return londonTimePattern.test(text) && new Date(`${text}Z`).getUTCDate() === Number(text.slice(8, 10));
}

/** `text` as Month. @throws RangeError */
export function month(text: string): Month {
  if (!isMonth(text)) throw new RangeError(`"${text}" is not a month like 2024-03`);
  return text;
}

function isMonth(text: string): text is Month {
  return monthPattern.test(text);
}

/** The instant's wall-clock time in London, cut to the second. */
export function toLondon(instant: Date): LondonTime {
  return asIfUtc(new Date(instant.getTime() + offsetMs(instant.getTime())));
}

/**
 * The instant of a London wall-clock time. In the hour that autumn repeats, the first of the two; in the hour that
 * spring skips, the instant that far after 01:00 GMT.
 */
export function fromLondon(time: LondonTime): Date {
  const wall = wallMs(time);
  const early = wall - HOUR_MS;
  return new Date(offsetMs(early) === HOUR_MS ? early : wall);
}

const datePattern =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(:[0-5]\d)?(?:[.,]\d+)?)?\s?(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?)?$/i;

// How nearly all dates come; Date.parse reads them right, and no pattern with groups need be asked.
const usualDate =
  /^\d{4}-\d\d-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)$/;

/**
 * The instant of an API's date, whatever zone it carries; without one it is London's. Null when it is no date: about
 * unusual ones Date.parse is not asked, which takes 30 February for 2 March, a space for the machine's own zone and "lot 3" for March 2001.
 */
export function instantOf(text: string): Date | null {
  if (usualDate.test(text)) {
    const instant = new Date(text);
    return Number.isNaN(instant.getTime()) ? null : instant;
  }
  const parts = datePattern.exec(text.trim());
  if (!parts) return null;
  const [, date, day, time = "00:00", seconds = ":00", utc, sign, hours, minutes = "00"] = parts;
  const wall = `${date}T${time}${seconds}`;
  if (utc === undefined && sign === undefined) return isLondonTime(wall) ? fromLondon(wall) : null;
  const ms = Date.parse(`${wall}Z`);
  if (new Date(ms).getUTCDate() !== Number(day)) return null;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes)) * 60_000;
  return offset <= OFFSET_MAX ? new Date(ms - (sign === "-" ? -offset : offset)) : null;
}

/** `time` moved by `seconds` on the wall clock (a day is always 86,400 s on it). */
export function plusSeconds(time: LondonTime, seconds: number): LondonTime {
  return asIfUtc(new Date(wallMs(time) + seconds * SECOND));
}

/** Wall-clock seconds from `a` to `b`; negative when `b` is before `a`. */
export function secondsBetween(a: LondonTime, b: LondonTime): number {
  return (wallMs(b) - wallMs(a)) / SECOND;
}

/** The wall-clock time halfway between `a` and `b`, cut to the second. */
export function midpoint(a: LondonTime, b: LondonTime): LondonTime {
  return plusSeconds(a, Math.floor(secondsBetween(a, b) / 2));
}

export function earlier(a: LondonTime, b: LondonTime): LondonTime {
  return a < b ? a : b;
}

export function later(a: LondonTime, b: LondonTime): LondonTime {
  return a > b ? a : b;
}

/**
 * The nearest time at or before `time` at which a request may begin or end: on a day when the clocks change,
 * 01:00:00 to 01:59:59 happens twice or not at all, so no boundary may stand in it.
 */
export function boundaryAtOrBefore(time: LondonTime): LondonTime {
  return inChangeHour(time) ? londonTime(`${time.slice(0, 10)}T00:59:59`) : time;
}

/** The nearest time at or after `time` at which a request may begin or end. See boundaryAtOrBefore. */
export function boundaryAtOrAfter(time: LondonTime): LondonTime {
  return inChangeHour(time) ? londonTime(`${time.slice(0, 10)}T02:00:00`) : time;
}

/** The month of London time that holds the instant. */
export function monthOf(instant: Date): Month {
  return month(toLondon(instant).slice(0, 7));
}

export function nextMonth(of: Month): Month {
  const [year, number] = [Number(of.slice(0, 4)), Number(of.slice(5))];
  return month(
    number === 12
      ? `${String(year + 1).padStart(4, "0")}-01`
      : `${of.slice(0, 4)}-${String(number + 1).padStart(2, "0")}`,
  );
}

/** First instant of the month in London. */
export function monthStart(of: Month): Date {
  return fromLondon(londonTime(`${of}-01T00:00:00`));
}

function inChangeHour(time: LondonTime): boolean {
  if (time.slice(11, 13) !== "01") return false;
  const midnight = Date.parse(`${time.slice(0, 10)}T00:00:00Z`);
  return offsetMs(midnight) !== offsetMs(midnight + 4 * HOUR_MS);
}

function wallMs(time: LondonTime): number {
  return Date.parse(`${time}Z`);
}

function asIfUtc(date: Date): LondonTime {
  return (Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19)) as LondonTime;
}

// The offset is constant between the last Sundays of March and October, 01:00 UTC; one look-up per hour is kept,
// because a page has a hundred dates and a look-up costs microseconds.
const offsets = new Map<number, number>();
function offsetMs(instantMs: number): number {
  const hour = Math.floor(instantMs / HOUR_MS);
  let offset = offsets.get(hour);
  if (offset === undefined) {
    offset = tzOffset(LONDON, new Date(hour * HOUR_MS)) * 60_000;
    if (offsets.size > 50_000) offsets.clear();
    offsets.set(hour, offset);
  }
  return offset;
}
