// What cannot be all there is, whatever the pages say: an API that answers 200 with too few rows looks like an API with
// little to say. Pure.
import { millisecondsInDay as DAY_MS, millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { differenceInCalendarDays } from "date-fns/differenceInCalendarDays";
import { fromLondon, londonTime, toLondon } from "../terms/london-time.ts";
import type { Numbered } from "./gap-slices.ts";

export type Suspicion = { kind: "empty" | "few" | "numbers" | "shrunk"; detail: string };

/** A month that has been read: what its neighbours are measured by. */
export interface MonthRead {
  from: Date;
  to: Date;
  releases: number;
}

const WORKING_HOURS = { from: 8, to: 18 }; // nine tenths of all notices (sources' hourly rhythm)
/** August and December fall to 60 % of their neighbours; a third is less than any month of the record. */
const FEW_SHARE = 0.34;
/** Below these a small month's chance is no evidence: of 12 expected none comes once in 160,000 times. */
const EXPECTED_MIN = { empty: 12, few: 40 };
const NEIGHBOUR_MS = 100 * DAY_MS;

/** Hours of working days in London between two instants: what a window's releases grow with. */
export function workingHours(from: Date, to: Date): number {
  let hours = 0;
  const days = differenceInCalendarDays(to, from) + 2;
  for (let day = 0; day <= days; day++) {
    const date = toLondon(new Date(from.getTime() + (day - 1) * DAY_MS)).slice(0, 10);
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    if (weekday === 0 || weekday === 6) continue;
    const opens = fromLondon(londonTime(`${date}T08:00:00`)).getTime();
    const closes = opens + (WORKING_HOURS.to - WORKING_HOURS.from) * HOUR_MS;
    hours += Math.max(0, Math.min(closes, to.getTime()) - Math.max(opens, from.getTime())) / HOUR_MS;
  }
  return hours;
}

/**
 * Whether a window holds far less than its neighbours say, or nothing where the forecast says something.
 * @param neighbours other months of the source that have been read
 */
export function fewReleases(options: {
  window: MonthRead;
  neighbours: readonly MonthRead[];
  /** What the source usually publishes in such a time; counts where no neighbour has anything. */
  forecast: number;
}): Suspicion | null {
  const { window, neighbours, forecast } = options;
  const hours = workingHours(window.from, window.to);
  const near = neighbours.filter(
    ({ from, to }) =>
      Math.min(
        Math.abs(from.getTime() - window.to.getTime()),
        Math.abs(to.getTime() - window.from.getTime()),
      ) < NEIGHBOUR_MS,
  );
  const rates = near
    .map((one) => ({
      rate: one.releases / Math.max(1, workingHours(one.from, one.to)),
      releases: one.releases,
    }))
    .filter(({ releases }) => releases > 0)
    .map(({ rate }) => rate)
    .sort((a, b) => a - b);
  const rate = rates[Math.floor((rates.length - 1) / 2)];
  const expected = rate === undefined ? forecast : rate * hours;
  const { releases } = window;
  if (releases === 0 && expected >= EXPECTED_MIN.empty && hours > 0)
    return {
      kind: "empty",
      detail: `nothing came where about ${Math.round(expected)} releases were expected`,
    };
  if (rate !== undefined && expected >= EXPECTED_MIN.few && releases < expected * FEW_SHARE) {
    return {
      kind: "few",
      detail: `${releases} releases came where its neighbours have about ${Math.round(expected)}`,
    };
  }
  return null;
}

/**
 * The record (api-facts): the densest page of 100 rows lacks 30.6 % of its numbers, the longest run is 7; a thousand
 * numbers lack at most 19 %. What goes beyond it with room to spare has never been seen.
 */
const RECORD = { run: 12, of: 150, ofShare: 0.4, month: 0.12, monthAbsentMin: 30 };

/** Whether more numbers are absent than have ever been. @param line stored numbers, ascending */
export function manyAbsent(line: readonly Numbered[], isStored: (id: string) => boolean): Suspicion | null {
  let absentInAll = 0;
  let windowed: { absent: number; span: number }[] = [];
  for (const [at, row] of line.entries()) {
    const previous = line[at - 1];
    if (!previous || previous.year !== row.year) continue;
    let absent = 0;
    for (let number = previous.number + 1; number < row.number && absent <= RECORD.of; number++) {
      const id = `${String(number).padStart(6, "0")}-${row.year}`;
      if (!isStored(id)) absent++;
    }
    if (absent > RECORD.run)
      return { kind: "numbers", detail: `${absent} numbers in a row are absent before ${row.id}` };
    absentInAll += absent;
    windowed = [...windowed, { absent, span: absent + 1 }].slice(-RECORD.of);
    while (spanOf(windowed.slice(1)) >= RECORD.of) windowed = windowed.slice(1);
    const [lacking, span] = [windowed.reduce((sum, one) => sum + one.absent, 0), spanOf(windowed)];
    if (span >= RECORD.of && lacking / span > RECORD.ofShare)
      return { kind: "numbers", detail: `${lacking} of ${span} numbers up to ${row.id} are absent` };
  }
  const all = absentInAll + line.length;
  if (absentInAll >= RECORD.monthAbsentMin && absentInAll / all > RECORD.month)
    return { kind: "numbers", detail: `${absentInAll} of ${all} numbers are absent` };
  return null;
}

const spanOf = (parts: readonly { span: number }[]) => parts.reduce((sum, { span }) => sum + span, 0);

/** A row or two may have been withdrawn; more than a tenth never have. */
const WITHDRAWN = { rows: 2, share: 0.1 };

/** Whether a slice holds far fewer rows than are stored of it: an index that is being rebuilt, not a proof. */
export function hasShrunk(expected: readonly string[], came: ReadonlySet<string>): Suspicion | null {
  const gone = expected.filter((key) => !came.has(key)).length;
  if (gone <= Math.max(WITHDRAWN.rows, expected.length * WITHDRAWN.share)) return null;
  return { kind: "shrunk", detail: `${gone} of ${expected.length} stored releases were not listed any more` };
}
