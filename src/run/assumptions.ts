// Asks the live API what this system takes for granted of it: once a deployment has drained its first month, weekly, and when
// an operator wants to know. A row in `assumptions` says what came of each; a doubtful proof waits.

import { echoes, pageUrl, type Question } from "../fetch/api.ts";
import { ask, askUrl } from "../fetch/ask.ts";
import {
  ASSUMPTIONS,
  type AssumptionName,
  absentIdOf,
  around,
  assumptionsOf,
  doubtOf,
  fails,
  halvesOf,
  holds,
  isSummer,
  type Judged,
  judgeHalves,
  judgeHolds,
  judgeLinks,
  judgeOrder,
  judgeSame,
  NOT_ENOUGH,
  nextCheckAt,
  stretch,
  summerStretch,
  triedRows,
  turnUntil,
  unknown,
} from "../fetch/assumptions.ts";
import type { Page } from "../fetch/page.ts";
import type { Database } from "../platform/database.ts";
import type { Assumption } from "../terms/documents.ts";
import { ApiError } from "../terms/errors.ts";
import type { Row } from "../terms/release.ts";
import type { SourceContext } from "./context.ts";

/** Why no month of this source may become exact now; null where nothing stands against it. */
export async function proofDoubt(db: Database, source: string, now: Date): Promise<string | null> {
  return doubtOf(await db.assumptions.find({ source }).toArray(), now);
}

/** Checks them where they are due and no other invocation does. */
export async function checkAssumptionsIfDue(context: SourceContext): Promise<void> {
  const { db, source, effects } = context;
  const now = effects.now();
  const job = await db.syncJobs.findOne({ _id: source });
  const due = job?.assumptionsDueAt ?? null;
  if (!job || (due !== null && due > now)) return;
  const taken = await db.syncJobs.updateOne(
    { _id: source, assumptionsDueAt: due === null ? { $in: [null] } : due },
    { $set: { assumptionsDueAt: turnUntil(now) } },
  );
  if (taken.matchedCount === 1) await checkAssumptions(context);
}

/** @returns the rows as they were written. @throws DeadlineReached, StorageFull */
export async function checkAssumptions(context: SourceContext): Promise<Assumption[]> {
  const { db, source, effects, api } = context;
  const check: Check = { context, now: effects.now(), base: null, small: null };
  const rows: Assumption[] = [];
  for (const name of assumptionsOf(api)) {
    const before = context.report.requests;
    const { statement, consequence, bearsProof } = ASSUMPTIONS[name];
    const judged = await twiceIfFalse(check, name);
    const row = {
      ...{ _id: `${source}/${name}`, source, name, statement, consequence, bearsProof },
      ...{ checkedAt: effects.now(), ...judged, requests: context.report.requests - before },
    };
    const { _id, ...fields } = row;
    await db.assumptions.updateOne({ _id }, { $set: fields }, { upsert: true });
    rows.push(row);
  }
  const assumptionsDueAt = nextCheckAt(effects.now(), rows);
  await db.syncJobs.updateOne({ _id: source }, { $set: { assumptionsDueAt } });
  return rows;
}

interface Check {
  context: SourceContext;
  now: Date;
  base: Asked | null;
  /** A page that is not full, and what was asked for it. */
  small: Asked | null;
}

interface Asked {
  asked: Question;
  page: Page;
}

/** An API's single bad answer is no change of its habits; its trouble tells nothing. */
async function twiceIfFalse(check: Check, name: AssumptionName): Promise<Judged> {
  try {
    const first = await CHECKS[name](check);
    if (first.holds !== false) return first;
    check.base = null;
    return await CHECKS[name](check);
  } catch (error) {
    if (error instanceof ApiError) return unknown(error.message);
    throw error;
  }
}

async function asked(check: Check, question: Question): Promise<Asked | null> {
  const { asker, api } = check.context;
  const answer = await ask(asker, question);
  if (answer.kind !== "page" || echoes(api, question, answer.page.uri) === false) return null;
  const found = { asked: question, page: answer.page };
  if (answer.page.rows.length + answer.page.unidentified.length < question.limit) check.small = found;
  return found;
}

async function baseOf(check: Check): Promise<Asked | null> {
  check.base ??= await asked(check, stretch(check.now, check.context.config.pageLimit));
  return check.base;
}

const NO_ANSWER = unknown("the API gave no answer to judge by");

/** Until one of the rows is there: a date may be out of line. */
async function anyHolds(
  check: Check,
  rows: ReturnType<typeof triedRows>,
  ends: { before: number; after: number },
): Promise<Judged> {
  let judged = NOT_ENOUGH;
  for (const { row, at } of rows) {
    const { before, after } = ends;
    const found = await asked(check, around(at, before, { after, limit: check.context.config.pageLimit }));
    judged = found ? judgeHolds(row, found.asked, found.page) : NO_ANSWER;
    if (judged.holds) return judged;
  }
  return judged;
}

async function ofBase(check: Check, judge: (base: Asked) => Promise<Judged> | Judged): Promise<Judged> {
  const base = await baseOf(check);
  if (!base) return NO_ANSWER;
  return base.page.rows.length === 0 ? NOT_ENOUGH : judge(base);
}

async function lookedUp(check: Check, noticeId: string): Promise<Page | "absent" | null> {
  const { asker, api } = check.context;
  if (!api.lookupPath) return null;
  const answer = await askUrl(asker, `${asker.origin}${api.lookupPath(noticeId)}`);
  if (answer.kind === "not found") return answer.byApi ? "absent" : null;
  return answer.kind === "page" ? answer.page : null;
}

const middleOf = ({ page: { rows } }: Asked): Row | undefined => rows[Math.floor(rows.length / 2)];

const UNKNOWN_PARAMETER = "notAParameter"; // any name that no API would have

const CHECKS: Record<AssumptionName, (check: Check) => Promise<Judged>> = {
  order: (check) => ofBase(check, ({ page }) => judgeOrder(check.context.api, page)),
  "same-twice": (check) =>
    ofBase(check, async (base) => {
      const again = await asked(check, base.asked);
      return again ? judgeSame(base.page, again.page) : NO_ANSWER;
    }),
  halves: (check) =>
    ofBase(check, async (base) => {
      const halves = halvesOf(check.context.api, base.asked, base.page);
      if (!halves) return NOT_ENOUGH;
      const [newer, older] = [await asked(check, halves[0]), await asked(check, halves[1])];
      return newer && older ? judgeHalves(base.page, [newer, older]) : NO_ANSWER;
    }),
  links: async (check) => {
    const known = check.small ?? (await baseOf(check));
    return known ? judgeLinks(known.asked, known.page) : NO_ANSWER;
  },
  "lower-end": (check) =>
    ofBase(check, ({ page }) =>
      anyHolds(check, triedRows(page.rows), {
        before: 0,
        after: Math.max(1, check.context.api.spanSecondsMin),
      }),
    ),
  "upper-end": (check) =>
    ofBase(check, ({ page }) =>
      anyHolds(check, triedRows(page.rows), {
        before: Math.max(1, check.context.api.spanSecondsMin),
        after: 0,
      }),
    ),
  "london-time": async (check) => {
    const { now, context } = check;
    const base = await baseOf(check);
    const isUsable = base?.page.rows.some(({ date }) => date && isSummer(date));
    const summer = isUsable ? base : await asked(check, summerStretch(now, context.config.pageLimit));
    if (!summer) return NO_ANSWER;
    return anyHolds(check, triedRows(summer.page.rows, true), { before: 600, after: 600 });
  },
  "known-id": (check) =>
    ofBase(check, async (base) => {
      const row = middleOf(base);
      if (!row) return NOT_ENOUGH;
      const found = await lookedUp(check, row.releaseId);
      if (found === null) return NO_ANSWER;
      const isThere = found !== "absent" && found.rows.some(({ releaseId }) => releaseId === row.releaseId);
      return isThere ? holds(`${row.releaseId} was found`) : fails(`${row.releaseId} was not found`);
    }),
  "absent-id": (check) =>
    ofBase(check, async (base) => {
      const row = middleOf(base);
      const id = row && absentIdOf(row);
      if (!id) return NOT_ENOUGH;
      const found = await lookedUp(check, id);
      if (found === null) return NO_ANSWER;
      if (found === "absent" || found.rows.length === 0) return holds(`${id} was not found`);
      return fails(`${id}, which nobody published, brought ${found.rows.length} rows`);
    }),
  "unknown-parameter": async (check) => {
    const { asker, api, config } = check.context;
    try {
      const question = stretch(check.now, config.pageLimit);
      const answer = await askUrl(asker, `${pageUrl(api, asker.origin, question)}&${UNKNOWN_PARAMETER}=1`);
      return answer.kind === "page" ? fails("it was answered as if it were not there") : NO_ANSWER;
    } catch (error) {
      if (error instanceof ApiError && error.facts.status === 400) return holds("it was refused with 400");
      throw error;
    }
  },
};
