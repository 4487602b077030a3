// ModernGov's days and clocks: `dd/MM/yyyy` in and out, because any other form is accepted and ignored (the whole history
// comes), and times that people typed. Pure.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { fromLondon, isLondonTime, type LondonTime, londonTime } from "../../terms/london-time.ts";

/** A calendar day as `2026-03-29`: sorts as text. */
export type Day = string & { readonly __brand: "Day" };

const dayPattern = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;

/** The day that ModernGov writes as `dd/MM/yyyy`; null when it is not one of the calendar. */
export function dayOf(text: string): Day | null {
  const [, date, month, year] = dayPattern.exec(text.trim()) ?? [];
  if (!date || !month || !year) return null;
  return asDay(`${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`);
}

export function asDay(text: string): Day | null {
  return isDay(text) ? text : null;
}

function isDay(text: string): text is Day {
  return isLondonTime(`${text}T00:00:00`);
}

export function asQueried(day: Day): string {
  return `${day.slice(8)}/${day.slice(5, 7)}/${day.slice(0, 4)}`;
}

export function startOf(day: Day): LondonTime {
  return londonTime(`${day}T00:00:00`);
}

export function dayAfter(day: Day, days = 1): Day {
  const moved = new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
  if (!isDay(moved)) throw new RangeError(`${days} days after ${day} is outside the calendar`);
  return moved;
}

const clockPattern = /^(\d{1,2})(?:[.:](\d{2}))?\s*(?:([ap])\.?\s*m\.?)?\b/i;

/** `10.00 am`, `13:30`, `6.30pm`, `12 noon`, as `HH:MM`; null when nobody can tell. */
export function clockOf(text: string): string | null {
  const trimmed = text.trim();
  if (/^(?:12(?:[.:]00)?\s*)?noon\b/i.test(trimmed)) return "12:00";
  const [, hours, minutes = "00", half] = clockPattern.exec(trimmed) ?? [];
  if (!hours || Number(minutes) > 59) return null;
  const afternoon = half?.toLowerCase() === "p";
  const hour = half ? (Number(hours) % 12) + (afternoon ? 12 : 0) : Number(hours);
  return hour > 23 || (half && Number(hours) > 12) ? null : `${String(hour).padStart(2, "0")}:${minutes}`;
}

/** When a meeting begins; the start of its day where no clock is known. */
export function instantOf(day: Day, time: string): Date {
  return fromLondon(londonTime(`${day}T${clockOf(time) ?? "00:00"}:00`));
}
