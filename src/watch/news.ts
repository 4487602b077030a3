// What is new in the answer to a watched question: rows that were not there, rows that say something else, and deadlines that
// have come near. Pure.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { z } from "zod";
import { objectIdSchema } from "../terms/bson.ts";
import type { Seen } from "../terms/watch.ts";

/** As many days before a deadline it is told, once. */
const CLOSING_DAYS = 7;

export const rowSchema = z.object({
  _id: objectIdSchema,
  source: z.string(),
  noticeId: z.string(),
  title: z.string().optional(),
  buyerName: z.string().optional(),
  state: z.string().optional(),
  status: z.string().optional(),
  deadlineDate: z.date().optional(),
  valueMax: z.number().optional(),
  currency: z.string().optional(),
  firstPublishedDate: z.date().optional(),
  publishedDate: z.date().optional(),
});
export type Row = z.infer<typeof rowSchema>;

export interface Change {
  row: Row;
  before: Seen;
}

export interface News {
  fresh: Row[];
  changed: Change[];
  closing: Row[];
  /** The answer as it is now, to hold the next one against. */
  seen: Seen[];
}

/** @param isCut the answer has more rows than are looked at, so that one may come in because another has left */
export function newsOf(options: {
  rows: readonly Row[];
  seen: readonly Seen[];
  seenAt: Date;
  isCut: boolean;
  now: Date;
}): News {
  const { seen, seenAt, isCut, now } = options;
  const rows = [...new Map(options.rows.map((row) => [row._id.toHexString(), row])).values()];
  const known = new Map(seen.map((one) => [one._id.toHexString(), one]));
  const news: News = { fresh: [], changed: [], closing: [], seen: [] };
  for (const row of rows) {
    const before = known.get(row._id.toHexString());
    const isNear = closesSoon(row, now);
    if (before === undefined) {
      if (!isCut || publishedOf(row) > seenAt) news.fresh.push(row);
      else if (isNear) news.closing.push(row);
    } else if (!isSame(before, saidIn(row))) news.changed.push({ row, before });
    else if (isNear && !before.closing) news.closing.push(row);
    news.seen.push({ _id: row._id, ...saidIn(row), ...(isNear ? { closing: true } : {}) });
  }
  return news;
}

export const isNothing = ({ fresh, changed, closing }: Omit<News, "seen">) =>
  fresh.length + changed.length + closing.length === 0;

function closesSoon({ deadlineDate, state, status }: Row, now: Date): boolean {
  if (deadlineDate === undefined || (state ?? status ?? "open").toLowerCase() !== "open") return false;
  const leftMs = deadlineDate.getTime() - now.getTime();
  return leftMs > 0 && leftMs <= CLOSING_DAYS * DAY_MS;
}

const publishedOf = ({ firstPublishedDate, publishedDate }: Row) =>
  firstPublishedDate ?? publishedDate ?? new Date(0);

/** What a row says that may change. */
function saidIn({ state, status, deadlineDate, valueMax }: Row): Omit<Seen, "_id" | "closing"> {
  const said = state ?? status;
  return {
    ...(said === undefined ? {} : { state: said }),
    ...(deadlineDate === undefined ? {} : { deadlineDate }),
    ...(valueMax === undefined ? {} : { valueMax }),
  };
}

const isSame = (a: Omit<Seen, "_id">, b: Omit<Seen, "_id">) => {
  const [one, other] = [a, b].map(({ state, deadlineDate, valueMax }) => [state, deadlineDate, valueMax]);
  return JSON.stringify(one) === JSON.stringify(other);
};
