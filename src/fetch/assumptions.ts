// What this system takes for granted of an API that lists releases by time, as questions to it and judgements of the
// answers. Pure: run/assumptions.ts asks them. What cannot be told is null, never false.
import { millisecondsInDay as DAY_MS, millisecondsInHour as HOUR_MS } from "date-fns/constants";
import {
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  type LondonTime,
  londonTime,
  plusSeconds,
  toLondon,
} from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import { type Api, noticeId, noticeNumber, type Question } from "./api.ts";
import type { Page } from "./page.ts";

export interface Judged {
  /** Null: it could not be told. */
  holds: boolean | null;
  detail: string;
}

interface Assumption {
  statement: string;
  /** What can no longer be believed once it fails. */
  consequence: string;
  /** Whether a month's proof rests on it; what only the walk rests on is found by verification. */
  bearsProof: boolean;
}

const proof = (statement: string, consequence: string): Assumption => ({
  statement,
  consequence,
  bearsProof: true,
});
const walk = (statement: string, consequence: string): Assumption => ({
  statement,
  consequence,
  bearsProof: false,
});

/** In the order in which they are checked. */
export const ASSUMPTIONS = {
  order: walk("a page comes newest first", "where a page's frontier lies: months are read in exact slices"),
  "same-twice": proof(
    "the same question, without a cursor, has the same answer twice",
    "that a slice shows all of its time",
  ),
  halves: walk(
    "the newest part of a full page is what two smaller questions hold",
    "that a full page is complete from its newest row down: verification finds what it left out",
  ),
  links: proof(
    "a page that is not full has no next page",
    "that a page with fewer rows than its limit is all of its range",
  ),
  "lower-end": proof(
    "a range holds its first second",
    "that two slices that touch leave nothing between them",
  ),
  "upper-end": proof(
    "a range holds its last second",
    "that two slices that touch leave nothing between them",
  ),
  "london-time": proof("ranges are read as London time", "that a month holds what was published in it"),
  "known-id": proof(
    "a published notice is found by its id",
    "that a number without a notice was never published",
  ),
  "absent-id": proof("an id that does not exist is not found", "that a number that is found was published"),
  "unknown-parameter": proof(
    "a parameter that the API does not know is refused",
    "that what a question names is what the API selects by",
  ),
} as const satisfies Record<string, Assumption>;
export type AssumptionName = keyof typeof ASSUMPTIONS;

/** Those that can be asked of this API. */
export function assumptionsOf(api: Api): AssumptionName[] {
  const left = new Set<string>([
    ...(api.lookupPath ? [] : ["known-id", "absent-id"]),
    ...(api.refusesUnknownParameters ? [] : ["unknown-parameter"]),
  ]);
  return NAMES.filter((name) => !left.has(name));
}

function isName(name: string): name is AssumptionName {
  return Object.hasOwn(ASSUMPTIONS, name);
}
const NAMES = Object.keys(ASSUMPTIONS).filter(isName);

/** Rows have appeared up to 50 hours late (docs/completeness.md); what is older stands still. */
const SETTLED_MS = 4 * DAY_MS;
/** One page shows the newest of it, however long it is; in quiet times it takes weeks to fill one. */
const STRETCH_DAYS = 28;

/** A settled stretch up to noon: a page of its newest rows is what the checks work with. */
export function stretch(now: Date, limit: number): Question {
  return stretchUntil(new Date(now.getTime() - SETTLED_MS), limit);
}

function stretchUntil(end: Date, limit: number): Question {
  const noonOf = (instant: Date) => londonTime(`${toLondon(instant).slice(0, 10)}T12:00:00`);
  const lo = noonOf(new Date(end.getTime() - STRETCH_DAYS * DAY_MS));
  return { stage: ALL_STAGES, lo, hi: noonOf(end), limit };
}

/** The last settled stretch of summer time: in winter London's clock and UTC are the same. */
export function summerStretch(now: Date, limit: number): Question {
  let end = new Date(now.getTime() - SETTLED_MS);
  while (!isSummer(end)) end = new Date(end.getTime() - 7 * DAY_MS);
  return stretchUntil(end, limit);
}

export const isSummer = (instant: Date) => toLondon(instant) !== instant.toISOString().slice(0, 19);

const TRIED_ROWS = 3;

/** Rows of a page that can be asked for by their own second: from all over it, since a date may be out of line. */
export function triedRows(rows: readonly Row[], summer = false): { row: Row; at: LondonTime }[] {
  const usable = rows.flatMap((row) => {
    if (!row.date || row.broken || (summer && !isSummer(row.date))) return [];
    const at = toLondon(row.date);
    return at.slice(11, 13) < "03" ? [] : [{ row, at }]; // no end may stand in the hour of a change of the clocks
  });
  const step = Math.max(1, Math.floor(usable.length / TRIED_ROWS));
  return usable.filter((_, index) => index % step === Math.floor(step / 2)).slice(0, TRIED_ROWS);
}

export function around(at: LondonTime, before: number, options: { after: number; limit: number }): Question {
  const { after, limit } = options;
  return { stage: ALL_STAGES, lo: plusSeconds(at, -before), hi: plusSeconds(at, after), limit };
}

/** Whether the page of a narrow question holds the row it was made for. */
export function judgeHolds(row: Row, asked: Question, page: Page): Judged {
  const { lo, hi, limit } = asked;
  if (page.rows.some(({ key }) => key === row.key)) return holds(`${row.releaseId} is in ${lo} to ${hi}`);
  if (page.rows.length + page.unidentified.length >= limit) return unknown(`${lo} to ${hi} fills a page`);
  return fails(`${row.releaseId} is not in ${lo} to ${hi}`);
}

/** Real pages have single inversions (4 of 17 recorded ones): a page in no order has them all over. */
const INVERSIONS_MAX = 0.2;
const ROWS_TOLD = 10;

export function judgeOrder(api: Api, { rows }: Page): Judged {
  const places = rows.flatMap((row) => {
    if (api.order === "date") return row.date ? [row.date.getTime()] : [];
    const id = noticeNumber(row.releaseId);
    return id ? [id.year * 1e6 + id.number] : [];
  });
  if (places.length < ROWS_TOLD) return unknown(`${rows.length} rows are too few to tell`);
  const inversions = places.filter(
    (place, at) => place > (places[at - 1] ?? Number.POSITIVE_INFINITY),
  ).length;
  const detail = `${inversions} of ${places.length} rows stand above an older one`;
  return inversions > INVERSIONS_MAX * places.length ? fails(detail) : holds(detail);
}

export function judgeSame(one: Page, other: Page): Judged {
  if (one.rows.length === 0) return NOT_ENOUGH;
  const apart = different(keysOf(one.rows), keysOf(other.rows));
  return apart.length === 0
    ? holds(`${one.rows.length} rows, the same twice`)
    : fails(`${apart.length} rows came once and not the other time, ${apart[0]} among them`);
}

export function judgeLinks(asked: Question, page: Page): Judged {
  if (page.rows.length + page.unidentified.length >= asked.limit) return unknown("the page is full");
  return page.next === null
    ? holds(`${page.rows.length} rows of ${asked.limit} and no next page`)
    : fails(`${page.rows.length} rows of ${asked.limit} from ${asked.lo} to ${asked.hi}, and a next page`);
}

/** Two questions that together hold the newest part of a full page; null where it has no such part. */
export function halvesOf(api: Api, asked: Question, { rows }: Page): [Question, Question] | null {
  if (rows.length < asked.limit) return null;
  const dates = rows.flatMap(({ date }) => (date ? [date] : [])).sort((a, b) => a.getTime() - b.getTime());
  // Dates out of line stand at the ends: as many rows as the walk repeats are left out.
  const [oldest, middle] = [dates[api.marginRows + 1], dates[Math.floor(dates.length / 2)]];
  if (!oldest || !middle) return null;
  const lo = boundaryAtOrAfter(plusSeconds(toLondon(oldest), 1));
  const cut = boundaryAtOrBefore(toLondon(middle));
  if (!(lo < cut && cut < asked.hi)) return null;
  return [
    { ...asked, lo: cut },
    { ...asked, lo, hi: cut },
  ];
}

export function judgeHalves(full: Page, halves: readonly { asked: Question; page: Page }[]): Judged {
  const [newer, older] = halves;
  if (!newer || !older) return unknown("no full page to cut");
  if (halves.some(({ asked, page }) => page.rows.length >= asked.limit))
    return fails("half of a full page fills a page");
  const known = keysOf(full.rows);
  const lacking = [...keysOf([...newer.page.rows, ...older.page.rows])].filter((key) => !known.has(key));
  return lacking.length === 0
    ? holds(`${newer.page.rows.length} and ${older.page.rows.length} rows, all of them in the full page`)
    : fails(`the full page lacks ${lacking.length} rows of its newest part, ${lacking[0]} among them`);
}

const NUMBER_NEVER_REACHED = 999_999; // the most of a year was 79,413 (docs/api-facts.md)

/** An id of the same year as the row's that nobody has published. */
export function absentIdOf({ releaseId }: Row): string | null {
  const id = noticeNumber(releaseId);
  return id && noticeId(id.year, NUMBER_NEVER_REACHED);
}

const keysOf = (rows: readonly Row[]) => new Set(rows.map(({ key }) => key));
const different = (one: Set<string>, other: Set<string>) => [
  ...[...one].filter((key) => !other.has(key)),
  ...[...other].filter((key) => !one.has(key)),
];

export const holds = (detail: string): Judged => ({ holds: true, detail });
export const fails = (detail: string): Judged => ({ holds: false, detail });
export const unknown = (detail: string): Judged => ({ holds: null, detail });
export const NOT_ENOUGH = unknown("not enough published yet to tell");

const WEEK_MS = 7 * DAY_MS;

/** When they are asked again: weekly, and soon while one fails or could not be told because of the API's trouble. */
export function nextCheckAt(now: Date, judged: readonly Pick<Judged, "holds">[]): Date {
  const failing = judged.some((one) => one.holds === false);
  const untold = judged.every((one) => one.holds === null);
  return new Date(now.getTime() + (failing ? 6 * HOUR_MS : untold ? DAY_MS : WEEK_MS));
}

/** A check that an invocation has begun and never ended is begun again after so long. */
export const turnUntil = (now: Date) => new Date(now.getTime() + HOUR_MS / 2);

const OVERDUE_MS = 3 * WEEK_MS;

/** Why no month of the source may become exact now; null where nothing stands against it. */
export function doubtOf(
  rows: readonly { name: string; holds: boolean | null; bearsProof: boolean; checkedAt: Date }[],
  now: Date,
): string | null {
  const failed = rows.find((row) => row.bearsProof && row.holds === false);
  if (failed) return `${failed.name} does not hold`;
  const isCurrent = rows.some(({ checkedAt }) => now.getTime() - checkedAt.getTime() < OVERDUE_MS);
  return isCurrent ? null : "the assumptions have not been checked";
}
