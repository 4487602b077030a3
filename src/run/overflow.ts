// The one place where a cursor is followed: a smallest slice that holds more rows than a page. The cursor drops rows,
// so what can be asked in another way is asked in another way.
import { noticeNumber, type Question } from "../fetch/api.ts";
import { type Answer, ask, askUrl } from "../fetch/ask.ts";
import { fannedOut } from "../fetch/gap-slices.ts";
import type { Page } from "../fetch/page.ts";
import { absentIds } from "../fetch/proof.ts";
import { distinct, judgeSlice } from "../fetch/walk.ts";
import { noteAbsent } from "../store/gaps.ts";
import { storedIds } from "../store/store.ts";
import { ApiError, DeadlineReached } from "../terms/errors.ts";
import { boundaryAtOrBefore, plusSeconds, toLondon } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import type { ReadContext } from "./context.ts";
import { lookUp } from "./look-up.ts";

export interface Overflow {
  rows: Row[];
  /** True when slices by stage held less than a page each. */
  exact: boolean;
  requests: number;
}

const CHAINS_IDLE_MAX = 3;
/** A slice is read in one go, so it must fit into a run, which has about 76 requests, and fewer where the pace is slow. */
const REQUESTS_MAX = 50;
const RUN_SHARE_MAX = 0.5;
/** Numbers that were never published come one or two at a time; after this many there is nothing more below. */
const ABSENT_IN_A_ROW_MAX = 15;

interface Reading {
  context: ReadContext;
  asked: Question;
  /** Requests, and milliseconds, that are left for this slice. */
  allowance: Allowance;
}

interface Allowance {
  requests: number;
  readonly endsWhenLeftMs: number;
}

export async function readOverflow(
  context: ReadContext,
  { asked, page }: { asked: Question; page: Page },
): Promise<Overflow> {
  const { asker, config } = context;
  const shareMs = config.runBudgetSeconds * 1000 * RUN_SHARE_MAX;
  const leftMs = asker.remainingMs();
  if (leftMs < Math.min(shareMs, REQUESTS_MAX * asker.pacer.intervalMs())) {
    throw new DeadlineReached("a slice that overflows is read in one go: the next run has the time");
  }
  const allowance = { requests: REQUESTS_MAX, endsWhenLeftMs: leftMs - shareMs };
  const read = await readInOtherWays({ context, asked, allowance }, page);
  return { ...read, requests: REQUESTS_MAX - allowance.requests };
}

type Rows = Pick<Overflow, "rows" | "exact">;

async function readInOtherWays(reading: Reading, page: Page): Promise<Rows> {
  const { context, asked } = reading;
  if (asked.stage === ALL_STAGES && context.api.stages.length > 0) return byStage(reading, page);
  if (!context.api.lookupPath) return { rows: await byCursors(reading, page), exact: false };
  const rows = [...page.rows, ...(await byCursor(reading, page))];
  return { rows: distinct([...rows, ...(await byNumber(reading, rows))]), exact: false };
}

function mayAsk({ context: { asker }, allowance }: Reading): boolean {
  return allowance.requests > 0 && asker.remainingMs() > allowance.endsWhenLeftMs;
}

/** One request of the allowance, and as many as its repeats take. */
async function askWithin({ allowance }: Reading, question: Promise<Answer>): Promise<Answer> {
  const answer = await question;
  allowance.requests -= answer.requests;
  return answer;
}

async function byStage(reading: Reading, page: Page): Promise<Rows> {
  const { context } = reading;
  let rows = page.rows;
  let exact = true;
  for (const stage of context.api.stages) {
    const asked = { ...reading.asked, stage };
    const answer = mayAsk(reading) ? await askWithin(reading, ask(context.asker, asked)) : null;
    if (answer?.kind !== "page") {
      exact = false;
      continue;
    }
    rows = [...rows, ...answer.page.rows];
    if (judgeSlice(context.api, asked, answer.page).kind !== "whole") {
      exact = false;
      rows = [...rows, ...(await byCursors({ ...reading, asked }, answer.page))];
    }
  }
  return { rows: distinct(rows), exact };
}

/**
 * Where nothing but the cursor is left: it drops rows at the seams of its pages, so it is followed again with other
 * seams, from a range that begins earlier and with fewer rows a page, until that brings nothing new any more.
 */
async function byCursors(reading: Reading, page: Page): Promise<Row[]> {
  const { context, asked } = reading;
  const inSlice = ({ date }: Row) =>
    date === null || (toLondon(date) >= asked.lo && toLondon(date) <= asked.hi);
  let rows = distinct([...page.rows, ...(await byCursor(reading, page))]);
  for (let attempt = 1, idle = 0; idle < CHAINS_IDLE_MAX && mayAsk(reading); attempt++) {
    const lo = boundaryAtOrBefore(plusSeconds(asked.lo, -attempt));
    const question = { ...asked, lo, limit: otherLimit(asked.limit, attempt) };
    const answer = await askWithin(reading, ask(context.asker, question));
    if (answer.kind !== "page") break;
    const more = [...answer.page.rows, ...(await byCursor(reading, answer.page))].filter(inSlice);
    const all = distinct([...rows, ...more]);
    idle = all.length > rows.length ? 0 : idle + 1;
    rows = all;
  }
  return rows;
}

/** A cursor drops rows within some twenty of a seam (4.3 % of them: api-facts), so the next seams stand further away. */
const SEAM_ROWS = 0.13;

function otherLimit(limit: number, attempt: number): number {
  const span = Math.max(1, Math.floor((limit * 2) / 3));
  return Math.max(1, limit - (1 + ((Math.ceil(limit * SEAM_ROWS) * attempt - 1) % span)));
}

async function byCursor(reading: Reading, first: Page): Promise<Row[]> {
  const { asker } = reading.context;
  const followed = new Set<string>();
  const rows: Row[] = [];
  const host = new URL(asker.origin);
  for (let next = first.next; next !== null && !followed.has(next) && mayAsk(reading); ) {
    followed.add(next); // a cursor has pointed at itself (api-facts)
    const url = new URL(next, asker.origin);
    url.protocol = host.protocol;
    url.host = host.host; // the API names its public host, whatever address it was asked by
    const answer = await askWithin(reading, askUrl(asker, url.href));
    if (answer.kind !== "page") break;
    rows.push(...answer.page.rows);
    next = answer.page.next;
  }
  return rows;
}

/**
 * FaT: every number that the rows leave out, and those below them until the slice is left. What the slice's requests do
 * not suffice for is noted, and asked for with all other absent numbers.
 */
async function byNumber(reading: Reading, rows: Row[]): Promise<Row[]> {
  const { context, asked } = reading;
  const found: Row[] = [];
  const left: string[] = [];
  // What stands next door (a date out of line, another month) is not missing.
  const absent = absentIds(rows, []);
  const stands = await storedIds(context.db, context.source, absent);
  const wanted = [
    ...fannedOut(rows.map(({ releaseId }) => releaseId)),
    ...absent.filter((id) => !stands.has(id)),
  ];
  for (const id of wanted) {
    const rows = mayAsk(reading) ? await lookUpWithin(reading, id) : null;
    if (rows) found.push(...rows);
    else left.push(id);
  }
  const lowest = rows.map(({ releaseId }) => releaseId).sort(byNoticeNumber)[0];
  let none = 0;
  for (let id = lowest && below(lowest); id && none < ABSENT_IN_A_ROW_MAX; id = below(id)) {
    const rows = mayAsk(reading) ? await lookUpWithin(reading, id) : null;
    if (!rows) left.push(id);
    const answer = rows ?? [];
    if (answer.some(({ date }) => date !== null && toLondon(date) < asked.lo)) break;
    found.push(...answer);
    none = answer.length === 0 ? none + 1 : 0;
  }
  await noteAbsent(context.db, `${context.source}/${asked.lo.slice(0, 7)}`, left);
  return found;
}

/** Null where the site has no answer to this one: it is left for later, the others go on. */
async function lookUpWithin(reading: Reading, noticeId: string): Promise<Row[] | null> {
  try {
    const { rows, requests } = await lookUp(reading.context, noticeId);
    reading.allowance.requests -= requests;
    return rows;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    reading.allowance.requests -= error.facts.attempts;
    return null;
  }
}

function byNoticeNumber(a: string, b: string): number {
  const [one, other] = [noticeNumber(a), noticeNumber(b)];
  return one && other ? one.year - other.year || one.number - other.number : 0;
}

function below(id: string): string | undefined {
  const notice = noticeNumber(id);
  return notice && notice.number > 1
    ? `${String(notice.number - 1).padStart(6, "0")}-${notice.year}`
    : undefined;
}
