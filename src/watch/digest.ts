// Once a day, one post with what the watched questions brought. Its day is claimed in MongoDB before it is sent, so that of all
// runs that overlap one sends it; the claim is given back only when the webhook answered that it did not take it. What was not
// told stays untold, and comes with the next day's post.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Collection } from "mongodb";
import { type Database, isDuplicate } from "../platform/database.ts";
import type { Logger } from "../platform/logger.ts";
import { payloadFor } from "../platform/payload.ts";
import { NotTaken, type Post } from "../platform/post.ts";
import { questionNamed } from "../questions/index.ts";
import { toLondon } from "../terms/london-time.ts";
import type { SearchMode } from "../terms/search.ts";
import type { Digest, Seen, Watch } from "../terms/watch.ts";
import { digestOf, type NoticePage, type Told } from "./message.ts";
import { isNothing, newsOf } from "./news.ts";
import { listWatches, noteSeen, rowsOf } from "./watches.ts";

const POST_MS_MAX = 10_000; // the invocation has two minutes left at least
/** A run that posts before midnight may still be noting what it told when another begins the next day. */
const APART_MS = HOUR_MS;

export interface DigestOptions {
  db: Database;
  /** Null: nothing is looked at. */
  webhookUrl: string | null;
  sources: string[];
  search?: SearchMode;
  noticePage: NoticePage;
  post: Post;
  now: Date;
  log: Logger;
}

/** Never throws. */
export async function sendDigest(options: DigestOptions): Promise<void> {
  const { webhookUrl, log } = options;
  if (webhookUrl === null) return;
  try {
    await tell(options, webhookUrl);
  } catch (error) {
    log.warn(
      { err: error },
      "the daily post could not be sent; what it would have told comes with a later one",
    );
  }
}

async function tell(options: DigestOptions, webhookUrl: string): Promise<void> {
  const { db, now, noticePage, post } = options;
  const digests = db.db.collection<Digest>("digests");
  const day = toLondon(now).slice(0, 10);
  if (await digests.findOne({ _id: "daily", $or: [{ day: { $gte: day } }, tooNear(now)] })) return;
  const looked = await lookAt(await listWatches(db), options);
  const told = looked.filter(({ news }) => !isNothing(news)).map(({ told: one }) => one);
  if (told.length === 0 || !(await takeDay(digests, day, now))) return;
  const { lines, ...digest } = digestOf(told, { noticePage, now });
  try {
    await post(webhookUrl, JSON.stringify(payloadFor(webhookUrl, digest, lines)), { timeoutMs: POST_MS_MAX });
  } catch (error) {
    if (error instanceof NotTaken)
      await digests.updateOne({ _id: "daily", day, at: now }, { $set: { day: "", at: new Date(0) } });
    throw error;
  }
  for (const { watch, news } of looked) await noteSeen(db, watch, { seen: news.seen, now });
}

const tooNear = (now: Date) => ({ at: { $gt: new Date(now.getTime() - APART_MS) } });

/** False when another run has told of this day, or is about to. */
async function takeDay(digests: Collection<Digest>, day: string, now: Date): Promise<boolean> {
  const free = { day: { $lt: day }, at: { $lte: new Date(now.getTime() - APART_MS) } };
  try {
    const { matchedCount, upsertedCount } = await digests.updateOne(
      { _id: "daily", ...free },
      { $set: { day, at: now } },
      { upsert: true },
    );
    return matchedCount + upsertedCount > 0;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

interface Looked {
  watch: Watch;
  news: Omit<Told, "name" | "question" | "typed"> & { seen: Seen[] };
  told: Told;
}

/** One that cannot be asked keeps none of the others back. */
async function lookAt(watches: readonly Watch[], options: DigestOptions): Promise<Looked[]> {
  const { db, sources, search = "off", now, log } = options;
  const looked: Looked[] = [];
  for (const watch of watches) {
    const { _id: name, question: asked, parameters, seen, seenAt } = watch;
    const question = questionNamed(asked);
    try {
      if (!question) throw new RangeError(`there is no question ${asked}`);
      const { rows, isCut } = await rowsOf(db, { question, parameters, asking: { now, sources, search } });
      const news = newsOf({ rows, isCut, seen, seenAt, now });
      looked.push({ watch, news, told: { ...news, name, question: question.title, typed: parameters } });
    } catch (error) {
      log.warn({ err: error, watch: name }, "a watched question could not be asked");
    }
  }
  return looked;
}
