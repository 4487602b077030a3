// The one place where a cursor is followed: a smallest slice that holds more rows than a page. The cursor drops rows,
// so what can be asked in another way is asked in another way.
import { noticeNumber, type Question } from "../fetch/api.ts";
import { ask, askUrl } from "../fetch/ask.ts";
import type { Page } from "../fetch/page.ts";
import { absentIds } from "../fetch/proof.ts";
import { distinct, judgeSlice } from "../fetch/walk.ts";
import { toLondon } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import type { SourceContext } from "./context.ts";

export interface Overflow {
  rows: Row[];
  /** True when slices by stage held less than a page each. */
  exact: boolean;
}

const CURSOR_PAGES_MAX = 20; // 2,000 notices in a second; the most ever seen are 130
const LOOKUPS_MAX = 400;
/** Numbers that were never published come one or two at a time; after this many there is nothing more below. */
const ABSENT_IN_A_ROW_MAX = 15;

export async function readOverflow(
  context: SourceContext,
  { asked, page }: { asked: Question; page: Page },
): Promise<Overflow> {
  const { api } = context;
  if (asked.stage === ALL_STAGES && api.stages.length > 0) return byStage(context, { asked, page });
  const rows = [...page.rows, ...(await byCursor(context, page))];
  if (!api.lookupPath) return { rows: distinct(rows), exact: false };
  return { rows: distinct([...rows, ...(await byNumber(context, { asked, rows }))]), exact: false };
}

async function byStage(
  context: SourceContext,
  { asked, page }: { asked: Question; page: Page },
): Promise<Overflow> {
  let rows = page.rows;
  let exact = true;
  for (const stage of context.api.stages) {
    const question = { ...asked, stage };
    const answer = await ask(context.asker, question);
    if (answer.kind !== "page") {
      exact = false;
      continue;
    }
    rows = [...rows, ...answer.page.rows];
    if (judgeSlice(context.api, question, answer.page).kind !== "whole") {
      exact = false;
      rows = [...rows, ...(await byCursor(context, answer.page))];
    }
  }
  return { rows: distinct(rows), exact };
}

async function byCursor({ asker }: SourceContext, first: Page): Promise<Row[]> {
  const followed = new Set<string>();
  const rows: Row[] = [];
  const host = new URL(asker.origin);
  for (let next = first.next; next !== null && followed.size < CURSOR_PAGES_MAX && !followed.has(next); ) {
    followed.add(next); // a cursor has pointed at itself (api-facts)
    const url = new URL(next, asker.origin);
    url.protocol = host.protocol;
    url.host = host.host; // the API names its public host, whatever address it was asked by
    const answer = await askUrl(asker, url.href);
    if (answer.kind !== "page") break;
    rows.push(...answer.page.rows);
    next = answer.page.next;
  }
  return rows;
}

/** FaT: every number that the rows leave out, and those below them until the slice is left. */
async function byNumber(
  context: SourceContext,
  { asked, rows }: { asked: Question; rows: Row[] },
): Promise<Row[]> {
  const found: Row[] = [];
  let lookups = 0;
  const look = async (id: string): Promise<Row[]> => {
    lookups++;
    const answer = await lookUp(context, id);
    found.push(...answer);
    return answer;
  };
  for (const id of [...fannedOut(rows), ...absentIds(rows, [])]) {
    if (lookups >= LOOKUPS_MAX) return found;
    await look(id);
  }
  const lowest = rows.map(({ releaseId }) => releaseId).sort(byNoticeNumber)[0];
  let absent = 0;
  for (
    let id = lowest && below(lowest);
    id && absent < ABSENT_IN_A_ROW_MAX && lookups < LOOKUPS_MAX;
    id = below(id)
  ) {
    const answer = await look(id);
    absent = answer.length === 0 ? absent + 1 : 0;
    if (answer.some(({ date }) => date !== null && toLondon(date) < asked.lo)) return found;
  }
  return found;
}

/** What the API knows of one notice. */
export async function lookUp({ asker, api }: SourceContext, noticeId: string): Promise<Row[]> {
  if (!api.lookupPath) return [];
  const answer = await askUrl(asker, `${asker.origin}${api.lookupPath(noticeId)}`);
  return answer.kind === "page" ? answer.page.rows : [];
}

/** One notice under several processes (033562-2023 stands under 15): its id may have more of them than were listed. */
function fannedOut(rows: Row[]): string[] {
  const times = new Map<string, number>();
  for (const { releaseId } of rows) times.set(releaseId, (times.get(releaseId) ?? 0) + 1);
  return [...times].filter(([, count]) => count > 1).map(([id]) => id);
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
