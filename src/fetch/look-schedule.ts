// When a month is looked at: for its first proof, again after trouble, and on a schedule for ever after. Pure.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { SyncWindow } from "../terms/documents.ts";

const DAY_MS = 24 * HOUR_MS;
/** Rows have appeared up to 50 hours late: 60 hours with the default VERIFY_AFTER_HOURS of 3, none with 0. */
const LATE_FACTOR = 20;

/** The first look: some hours after the drain, so that it never rests on the answers of the same bad hour. */
export function firstLookAt(options: { drainedAt: Date; verifyAfterHours: number }): Date {
  return new Date(options.drainedAt.getTime() + options.verifyAfterHours * HOUR_MS);
}

/** The earliest proof: once the window's last rows have had time to appear. */
export function provableFrom(options: { to: Date; verifyAfterHours: number }): Date {
  return new Date(options.to.getTime() + LATE_FACTOR * options.verifyAfterHours * HOUR_MS);
}

const RETRY_HOURS = [6, 12, 24, 48, 96, 168] as const;

/** After a look that proved nothing, with growing pauses. */
export function nextTryAt(now: Date, looks: number): Date {
  const hours = RETRY_HOURS[Math.min(looks, RETRY_HOURS.length) - 1] ?? RETRY_HOURS[0];
  return new Date(now.getTime() + hours * HOUR_MS);
}

/** Days between two looks at a month that is exact, by the age of its end. */
const EVERY: readonly { days: number; every: number }[] = [
  { days: 92, every: 14 },
  { days: 731, every: 60 },
  { days: Number.POSITIVE_INFINITY, every: 120 },
];
const AFTER_MONTH_DAYS = 31;
/** Numbers that were never published are looked at once more a month later. */
const GAPS_DAYS = 30;
const AFTER_FIND_DAYS = 2;

/**
 * The next look at a month that is exact: newest ones often, old ones rarely, soon after a find. A closed month is read
 * again a month after its end. `random` in [0, 1) spreads months that were proved in the same hour.
 */
export function nextLookAt(options: {
  window: Pick<SyncWindow, "to">;
  now: Date;
  found: number;
  /** It has numbers that were settled as never published and not looked at since. */
  unconfirmed: boolean;
  random: number;
}): Date {
  const { window, now, found, unconfirmed, random } = options;
  const after = (days: number) => now.getTime() + days * DAY_MS;
  if (found > 0) return new Date(after(AFTER_FIND_DAYS));
  const ageDays = (now.getTime() - window.to.getTime()) / DAY_MS;
  const every = EVERY.find(({ days }) => ageDays <= days)?.every ?? AFTER_MONTH_DAYS;
  const spread = after(every * (0.75 + random / 2));
  const monthAfterEnd = window.to.getTime() + AFTER_MONTH_DAYS * DAY_MS;
  const dates = [
    spread,
    ...(monthAfterEnd > now.getTime() ? [monthAfterEnd] : []),
    ...(unconfirmed ? [after(GAPS_DAYS)] : []),
  ];
  return new Date(Math.min(...dates));
}

/** A suspicion that stays the same over four looks on four days is how things are; nothing at all never is. */
export const LOOKS_ACCEPTED = 4;
