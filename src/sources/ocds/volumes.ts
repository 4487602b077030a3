// The yearly volumes of a source of notices as releases a day: the sites publish on weekdays.
import type { Volumes } from "../../terms/source.ts";

const QUIET_DAY = 0.012; // a weekend day has 1 to 10 notices, a weekday 370 to 580 (docs/api-facts.md)
const WEEKDAYS_A_YEAR = 261 + 104 * QUIET_DAY; // a table year adds up to its figure; bank holidays are within the spread

/** @param thousandsOn releases a year, in thousands, were the whole year like this day */
export function byWeekdays(thousandsOn: (day: Date) => number): Volumes["perDay"] {
  return (day) => ((thousandsOn(day) * 1000) / WEEKDAYS_A_YEAR) * (day.getUTCDay() % 6 === 0 ? QUIET_DAY : 1);
}

export const LAST_YEAR = 2026;
