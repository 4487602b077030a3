// Decides what to ask next and what a page proves. Pure. Time is the only cursor: a lane walks from newest to oldest,
// and its frontier says that everything from it up has been read.
//
// mode `time`:   ask from the start to the frontier. A full page is complete from its newest row down to a few rows
//                before its end, because rows come newest first; the frontier moves there.
// mode `slices`: pages of this lane have broken their order, so only a page that is not full counts.
//
// A question that cannot be answered whole is asked narrower, down to the smallest range of the API; only there may
// a cursor be followed.
import {
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  type LondonTime,
  later,
  midpoint,
  plusSeconds,
  secondsBetween,
  toLondon,
} from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES, type LaneProgress } from "../terms/window.ts";
import { type Api, echoes, noticeNumber, type Question, stageOf } from "./api.ts";
import { brokenAt, type Page } from "./page.ts";

export type Distrust = "order" | "gaps" | "echo" | "count" | "range" | "duplicate page";

export type Verdict =
  /** All of [lo, hi] is here. */
  | { kind: "whole" }
  /** All of [frontier, hi] is here. */
  | { kind: "full"; frontier: LondonTime }
  /** Most of the page lies in the newest second: time alone cannot go on. */
  | { kind: "crowded" }
  /** The dates at its end lie outside, or in the oldest second: it does not say how far it reaches. */
  | { kind: "unclear" }
  /** Proves nothing. */
  | { kind: "untrusted"; why: Distrust };

/** What the page proves about the range that was asked. `before`: keys of the page that this lane read before it. */
export function judgePage(options: {
  api: Api;
  asked: Question;
  page: Page;
  before: ReadonlySet<string>;
}): Verdict {
  const { api, asked, page, before } = options;
  const { rows } = page;
  const count = rows.length + page.unidentified.length;
  if (echoes(api, asked, page.uri) !== true) return { kind: "untrusted", why: "echo" };
  if (count > asked.limit) return { kind: "untrusted", why: "count" };
  const inItsOrder = inOrder(api, rows);
  const leavesOut = api.order === "id" && asked.stage === ALL_STAGES && inItsOrder && hasGaps(rows);
  if (leavesOut) return { kind: "untrusted", why: "gaps" };
  if (count < asked.limit && page.next === null) return { kind: "whole" };
  if (count < asked.limit) return { kind: "untrusted", why: "count" };
  if (!inItsOrder) return { kind: "untrusted", why: "order" };
  if (rows.length > 1 && before.size > 0 && rows.every((row) => before.has(row.key))) {
    return { kind: "untrusted", why: "duplicate page" };
  }
  if (mostlyOutside(asked, rows)) return { kind: "untrusted", why: "range" };
  const frontier = frontierOf(api, asked, rows);
  if (frontier !== null && frontier > asked.lo && frontier < asked.hi) return { kind: "full", frontier };
  return inNewestSecond(asked, rows) ? { kind: "crowded" } : { kind: "unclear" };
}

/** What a page proves when its order is not to be trusted: all, or nothing. */
export function judgeSlice(
  api: Api,
  asked: Question,
  page: Page,
): { kind: "whole" } | { kind: "over" } | { kind: "untrusted"; why: "echo" } {
  const count = page.rows.length + page.unidentified.length;
  const echoed = echoes(api, asked, page.uri);
  // Rows say themselves what they are; an empty page that does not say what it was asked says nothing.
  if (echoed === false || (echoed === null && count === 0)) return { kind: "untrusted", why: "echo" };
  return count < asked.limit && page.next === null ? { kind: "whole" } : { kind: "over" };
}

function inOrder(api: Api, rows: Row[]): boolean {
  return rows.every((row, at) => {
    const above = rows[at - 1];
    if (!above) return true;
    if (api.order === "date") return row.date !== null && above.date !== null && row.date <= above.date;
    const [one, other] = [noticeNumber(above.releaseId), noticeNumber(row.releaseId)];
    if (!one || !other) return false;
    return other.year < one.year || (other.year === one.year && other.number <= one.number);
  });
}

/**
 * What the record has shown at most (329,153 numbers of 2021 to 2026, api-facts): a page of 100 rows lacks 44 of 144
 * numbers, and the longest run is 7. A page may lack that share and one such run before it is believed to leave rows out.
 */
const ABSENT_SHARE_MAX = 0.306;
const ABSENT_RUN_MAX = 7;

/** FaT's numbers are one sequence: a page in order that leaves many out is not all there is. */
function hasGaps(rows: Row[]): boolean {
  const numbers = new Set(rows.flatMap(({ releaseId }) => noticeNumber(releaseId)?.number ?? []));
  const years = new Set(rows.flatMap(({ releaseId }) => noticeNumber(releaseId)?.year ?? []));
  if (years.size !== 1) return false;
  const span = Math.max(...numbers) - Math.min(...numbers) + 1;
  const absent = span - numbers.size;
  return absent > ABSENT_RUN_MAX + ABSENT_SHARE_MAX * span;
}

/** FaT's dates are not always those that it selects by (009921-2021), so a few may be outside. */
function mostlyOutside({ lo, hi }: Question, rows: Row[]): boolean {
  const outside = rows.filter(({ date }) => {
    if (date === null) return false;
    const at = toLondon(date);
    return at < lo || at > hi;
  });
  return outside.length > rows.length / 2;
}

function inNewestSecond({ hi }: Question, rows: Row[]): boolean {
  const since = plusSeconds(hi, -1);
  return rows.filter(({ date }) => date !== null && toLondon(date) >= since).length > rows.length / 2;
}

/** The median date of the last rows: a few odd dates among them cannot move it out of line. */
function frontierOf(api: Api, { limit }: Question, rows: Row[]): LondonTime | null {
  const margin = Math.max(1, Math.min(api.marginRows, Math.floor(limit / 2)));
  const dates = rows
    .slice(-margin)
    .flatMap(({ date }) => (date === null ? [] : [date.getTime()]))
    .sort((a, b) => a - b);
  const median = dates[Math.floor(dates.length / 2)];
  if (median === undefined) return null;
  return boundaryAtOrAfter(toLondon(new Date(median)));
}

/** The range of a lane's next question: down to the start, or `spanSeconds` when less is asked for. */
export function questionFor(options: {
  api: Api;
  stage: string;
  hi: LondonTime;
  start: LondonTime;
  limit: number;
  spanSeconds: number | null;
}): Question {
  const { api, stage, hi, start, limit, spanSeconds } = options;
  const wished =
    spanSeconds === null ? start : later(start, plusSeconds(hi, -Math.max(1, Math.floor(spanSeconds))));
  const highest = plusSeconds(hi, -api.spanSecondsMin);
  return { stage, lo: boundaryAtOrBefore(wished < highest ? wished : highest), hi, limit };
}

/** The newest second of the question, as small as the API allows. */
export function smallest(api: Api, question: Question): Question {
  return {
    ...question,
    lo: later(question.lo, boundaryAtOrBefore(plusSeconds(question.hi, -api.spanSecondsMin))),
  };
}

/** The newer half of the question; null when it is the smallest range already. */
export function narrower(api: Api, question: Question): Question | null {
  const lo = boundaryAtOrAfter(midpoint(question.lo, question.hi));
  const fits = lo > question.lo && secondsBetween(lo, question.hi) >= api.spanSecondsMin;
  return fits ? { ...question, lo } : null;
}

/**
 * A narrower question after an answer that cannot be read: all above the release that breaks it, or just its second. Null
 * where the answer does not tell.
 */
export function besideBroken(api: Api, question: Question, body: Uint8Array): Question | null {
  const date = brokenAt(body);
  const at = date && toLondon(date);
  if (!at || at < question.lo || at > question.hi) return null;
  const lo = boundaryAtOrAfter(plusSeconds(at, 1));
  if (lo < question.hi && secondsBetween(lo, question.hi) >= api.spanSecondsMin) return { ...question, lo };
  const least = smallest(api, question);
  return least.lo > question.lo ? least : null;
}

/** How many rows a slice is cut short of the full page that came in its place: some may be listed twice. */
const SHORT_OF_FULL_ROWS = 4;

/** The newer part of a slice that was full: by the dates of its rows where they are in order, else its newer half. */
export function shorter(api: Api, question: Question, rows: Row[]): Question | null {
  const { date } = rows[question.limit - SHORT_OF_FULL_ROWS] ?? { date: null };
  const lo = date && inOrder(api, rows) ? boundaryAtOrAfter(plusSeconds(toLondon(date), 1)) : question.lo;
  const fits = lo > question.lo && secondsBetween(lo, question.hi) >= api.spanSecondsMin;
  return fits ? { ...question, lo } : narrower(api, question);
}

/** A slice that should hold most of a page, given how many rows the last one held. */
export function nextSpanSeconds(asked: Question, rows: number): number {
  const growth = Math.min(4, Math.max(0.5, (0.85 * asked.limit) / Math.max(1, rows)));
  return Math.max(1, Math.round(secondsBetween(asked.lo, asked.hi) * growth));
}

/** First guess for slices: a working day holds about 500 notices (api-facts, Volumes). */
export const SLICE_SECONDS_FIRST = 2 * 3600;

/**
 * The lane after all of `[reached, …]` has been stored, and which of the rows are counted now for the first time.
 * Rows that the next page repeats are remembered by key, so that counts stay those of distinct releases.
 */
export function laneAfter(options: {
  lane: LaneProgress;
  rows: Row[];
  reached: LondonTime;
  start: LondonTime;
}): { lane: LaneProgress; counted: Row[] } {
  const { lane, rows, reached, start } = options;
  const seen = new Set(lane.seen);
  const counted = distinct(rows).filter(({ key }) => !seen.has(key));
  const done = reached <= start;
  // A lane that is done may go on one day, when the start moves back: below its last second.
  const edge = plusSeconds(reached, 1);
  const tail = done ? rows.length : rows.length - REPEATED_ROWS_MAX;
  const repeated = rows.filter((row, at) => at >= tail || (row.date !== null && toLondon(row.date) <= edge));
  // What was counted below a narrower question than the one before has not come again yet.
  const here = new Set(rows.map(({ key }) => key));
  const carried = done ? [] : [...seen].filter((key) => !here.has(key));
  const { seen: _, ...kept } = lane;
  const keys = [...new Set([...carried, ...repeated.map(({ key }) => key)])].slice(-SEEN_MAX);
  return { lane: { ...kept, frontier: reached, done, ...(keys.length > 0 ? { seen: keys } : {}) }, counted };
}

const SEEN_MAX = 300; // a crowded second and a page's end; more would only be a wrong count
const REPEATED_ROWS_MAX = 30; // the margin is at most 9 rows; the rest is for rows whose date is out of line

/** Byte-identical duplicates occur inside one page (api-facts: 071452-2026). The last one of a key stands. */
export function distinct(rows: Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.key, row])).values()];
}

/** The lane to go on with: the one whose frontier is newest, so that all reach the old end together. */
export function nextLane(lanes: LaneProgress[]): LaneProgress | null {
  const open = lanes.filter((lane) => !lane.done);
  return open.reduce<LaneProgress | null>(
    (newest, lane) => (newest && newest.frontier >= lane.frontier ? newest : lane),
    null,
  );
}

/**
 * One question without `stages` for all lanes at once, where they cover every stage and have come equally far: each lane
 * by itself would ask for a last page, and an empty lane for a page of nothing. Null where they go on apart.
 */
export function jointQuestion(options: {
  api: Api;
  lanes: LaneProgress[];
  start: LondonTime;
  limit: number;
}): Question | null {
  const { api, lanes, start, limit } = options;
  const complete =
    api.stages.length > 1 && api.stages.every((stage) => lanes.some((lane) => lane.stage === stage));
  const [first] = lanes;
  const level = lanes.every(
    (lane) => !lane.done && lane.mode !== "slices" && lane.frontier === first?.frontier,
  );
  if (!first || !complete || !level) return null;
  return questionFor({ api, stage: ALL_STAGES, hi: first.frontier, start, limit, spanSeconds: null });
}

/** Lanes and first-time rows after a joint question: all of `[reached, …]` is here, for every lane. */
export function lanesAfter(options: {
  lanes: LaneProgress[];
  rows: Row[];
  reached: LondonTime;
  start: LondonTime;
}): {
  lanes: LaneProgress[];
  counted: Row[];
} {
  const { lanes, reached, start } = options;
  const counted: Row[] = [];
  const byStage = new Map<string, Row[]>();
  for (const row of distinct(options.rows)) {
    const stage = stageOf(row) ?? "";
    byStage.set(stage, [...(byStage.get(stage) ?? []), row]);
  }
  const moved = lanes.map((lane) => {
    if (lane.done || lane.frontier <= reached) return lane;
    const rows = (byStage.get(lane.stage) ?? []).filter(
      ({ date }) => !date || toLondon(date) <= lane.frontier,
    );
    const after = laneAfter({ lane, rows, reached, start });
    counted.push(...after.counted);
    return after.lane;
  });
  return { lanes: moved, counted };
}
