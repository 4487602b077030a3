// The routes of /ask and /processes: read what was typed, ask, show. Behind the token, as all pages are.
import type { Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { Document } from "mongodb";
import type { Database } from "../platform/database.ts";
import { csvOf } from "../questions/csv.ts";
import { whyUnanswered } from "../questions/failure.ts";
import { questionNamed } from "../questions/index.ts";
import { ask, type Question } from "../questions/question.ts";
import { readProcess } from "../report/procurement.ts";
import type { SearchMode } from "../terms/search.ts";
import { AnswerPage, type NoticePage, QuestionsPage } from "./ask.tsx";
import { ProcessPage } from "./process.tsx";

/** A question that takes longer is ended by MongoDB: a page must not hold its connection. */
const ANSWER_MS_MAX = 10_000;
const ID_LENGTH_MAX = 300;

interface Signed {
  Variables: { session: string | null };
}

export interface AskOptions {
  now: () => Date;
  sourceIds: string[];
  search: SearchMode;
  noticePage: NoticePage;
  withData: <T>(c: Context<Signed>, use: (db: Database) => Promise<T>) => Promise<T>;
  page: (c: Context<Signed>, status: 200, content: Child) => Response | Promise<Response>;
}

export function addAskRoutes(app: Hono<Signed>, options: AskOptions): void {
  const { now, sourceIds, search, noticePage, withData, page } = options;
  const asking = () => ({ now: now(), sources: sourceIds, search });
  const rowsOf = (c: Context<Signed>, { collection }: Question, pipeline: Document[]) =>
    withData(c, (db) =>
      db.db.collection(collection).aggregate(pipeline, { maxTimeMS: ANSWER_MS_MAX }).toArray(),
    );
  app.get("/ask", (c) => page(c, 200, <QuestionsPage />));
  app.get("/ask/:file{[a-z-]+\\.csv}", async (c) => {
    const name = c.req.param("file").replace(".csv", "");
    const question = questionNamed(name);
    const asked = question && ask(question, typedIn(c), asking());
    if (!question || asked?.kind !== "asked") return c.notFound();
    return c.body(csvOf(question, await rowsOf(c, question, asked.pipeline), noticePage), 200, {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": `attachment; filename="${name}.csv"`,
    });
  });
  app.get("/ask/:name", async (c) => {
    const question = questionNamed(c.req.param("name"));
    if (!question) return c.notFound();
    const typed = typedIn(c);
    const given = c.req.url.includes("?");
    const asked = ask(question, typed, asking());
    const refused = asked.kind === "refused";
    const problems = refused && given ? asked.problems : [];
    const { rows, why } = refused
      ? { rows: null, why: null }
      : await answered(question, () => rowsOf(c, question, asked.pipeline));
    const note = question.note?.(asking()) ?? null;
    return page(c, 200, <AnswerPage {...{ question, typed, problems, rows, why, note, noticePage }} />);
  });
  app.get("/processes/:id", async (c) => {
    const id = c.req.param("id");
    const view =
      id.length <= ID_LENGTH_MAX ? await withData(c, (db) => readProcess(db, id, sourceIds)) : null;
    if (view === null) return c.notFound();
    return page(c, 200, <ProcessPage {...view} noticePage={noticePage} />);
  });
}

/** The rows, or why there are none. */
async function answered(question: Question, rows: () => Promise<Document[]>) {
  try {
    return { rows: await rows(), why: null };
  } catch (error) {
    const why = whyUnanswered(error, question);
    if (why === null) throw error;
    return { rows: null, why };
  }
}

/** What was left empty was not given. */
function typedIn(c: Context): Record<string, string> {
  return Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value.trim() !== ""));
}
