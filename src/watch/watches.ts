// Saved questions: made, listed, removed, and asked again. The one writer of `watches`.
import type { Collection } from "mongodb";
import type { Database } from "../platform/database.ts";
import { QUESTIONS } from "../questions/index.ts";
import { type Asking, ask, type Question } from "../questions/question.ts";
import { ConfigError } from "../terms/errors.ts";
import type { Watch } from "../terms/watch.ts";
import { newsOf, type Row, rowSchema } from "./news.ts";

const WATCHES_MAX = 20; // each is asked at the end of a run
const ROWS_MAX = 300; // of an answer; each takes about a hundred bytes in `watches`
const ASK_MS_MAX = 3000; // twenty of them end within the two minutes that a run keeps back
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,39}$/u;

export const watchesOf = ({ db }: Pick<Database, "db">): Collection<Watch> => db.collection<Watch>("watches");

/** Whether its rows are procurements or notices: sums and councils' minutes cannot be new or closing. */
export const isWatchable = ({ columns, collection }: Question) =>
  collection !== "boarddocuments" &&
  columns.some(({ field, kind }) => kind === "link" && field === "noticeId");

interface Saving {
  name: string;
  question: Question;
  parameters: Record<string, string>;
  asking: Asking;
}

/** Saving shows the answer, so only what comes after it is told. @throws ConfigError */
export async function saveWatch(db: Database, saving: Saving): Promise<"new" | "replaced"> {
  const { name, question, parameters, asking } = saving;
  if (!NAME.test(name))
    throw new ConfigError(
      `--watch "${name}" is not a name: allowed are up to 40 letters, digits, spaces, _ and -, with a letter or a digit first.`,
    );
  if (!isWatchable(question)) {
    const others = QUESTIONS.filter(isWatchable).map((one) => one.name);
    throw new ConfigError(
      `${question.name} cannot be watched: its rows are not single procurements. These can: ${others.join(", ")}.`,
    );
  }
  const watches = watchesOf(db);
  const others = await watches.countDocuments({ _id: { $ne: name } });
  if (others >= WATCHES_MAX)
    throw new ConfigError(
      `There are ${others} watches already, and ${WATCHES_MAX} at most: remove one with npm run ask -- unwatch NAME.`,
    );
  const { now } = asking;
  const { rows, isCut } = await rowsOf(db, { question, parameters, asking });
  const { seen } = newsOf({ rows, isCut, seen: [], seenAt: now, now });
  const fields = { question: question.name, parameters, createdAt: now, seenAt: now, seen };
  const { upsertedCount } = await watches.updateOne({ _id: name }, { $set: fields }, { upsert: true });
  return upsertedCount > 0 ? "new" : "replaced";
}

export async function removeWatch(db: Database, name: string): Promise<boolean> {
  return (await watchesOf(db).deleteOne({ _id: name })).deletedCount > 0;
}

export async function listWatches(db: Database): Promise<Watch[]> {
  return watchesOf(db).find({}).sort({ _id: 1 }).limit(WATCHES_MAX).toArray();
}

/** What was told of it: not where somebody has made it again meanwhile. */
export async function noteSeen(db: Database, watch: Watch, { seen, now }: Noted): Promise<void> {
  const { _id, createdAt, seenAt } = watch;
  await watchesOf(db).updateOne({ _id, createdAt, seenAt }, { $set: { seen, seenAt: now } });
}

interface Noted {
  seen: Watch["seen"];
  now: Date;
}

/** @throws ConfigError when the question is not asked like that any more */
export async function rowsOf(
  { db }: Pick<Database, "db">,
  { question, parameters, asking }: Omit<Saving, "name">,
): Promise<{ rows: Row[]; isCut: boolean }> {
  const typed = {
    ...parameters,
    ...("limit" in question.parameters.shape ? { limit: `${ROWS_MAX + 1}` } : {}),
  };
  const asked = ask(question, typed, asking);
  if (asked.kind === "refused")
    throw new ConfigError(
      asked.problems.map(({ parameter, message }) => `${parameter}: ${message}`).join(". "),
    );
  const fields = Object.fromEntries(Object.keys(rowSchema.shape).map((field) => [field, 1]));
  const found = await db
    .collection(question.collection)
    .aggregate([...question.pipeline(typed, asking), { $project: fields }], { maxTimeMS: ASK_MS_MAX })
    .toArray();
  const rows = found.flatMap((row) => {
    const read = rowSchema.safeParse(row);
    return read.success ? [read.data] : [];
  });
  return { rows: rows.slice(0, ROWS_MAX), isCut: rows.length > ROWS_MAX };
}
