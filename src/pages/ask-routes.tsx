// The routes of /ask and /processes: read what was typed, ask, show. Behind the token, as all pages are.
import type { Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { Document } from "mongodb";
import type { Database } from "../platform/database.ts";
import { csvOf } from "../questions/csv.ts";
import { questionNamed } from "../questions/index.ts";
import { ask, type Question } from "../questions/question.ts";
import { readProcess } from "../report/procurement.ts";
import { AnswerPage, type NoticePage, QuestionsPage } from "./ask.tsx";
import { ProcessPage } from "./process.tsx";

/** A question that takes longer is ended by MongoDB: a page must not hold its connection. */
const ANSWER_MS_MAX = 10_000;
const ID = /^[0-9a-f]{24}$/;

interface Signed {
  Variables: { session: string | null };
}

export interface AskOptions {
  now: () => Date;
  sourceIds: string[];
  noticePage: NoticePage;
  withData: <T>(c: Context<Signed>, use: (db: Database) => Promise<T>) => Promise<T>;
  page: (c: Context<Signed>, status: 200, content: Child) => Response | Promise<Response>;
}

export function addAskRoutes(app: Hono<Signed>, options: AskOptions): void {
  const { now, sourceIds, noticePage, withData, page } = options;
  const asking = () => ({ now: now(), sources: sourceIds });
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
    const rows = refused ? null : await rowsOf(c, question, asked.pipeline);
    const problems = refused && given ? asked.problems : [];
    return page(c, 200, <AnswerPage {...{ question, typed, problems, rows, noticePage }} />);
  });
  app.get("/processes/:id", async (c) => {
    const id = c.req.param("id");
    const view = ID.test(id) ? await withData(c, (db) => readProcess(db, id)) : null;
    if (view === null) return c.notFound();
    return page(c, 200, <ProcessPage {...view} noticePage={noticePage} />);
  });
}

/** What was left empty was not given. */
function typedIn(c: Context): Record<string, string> {
  return Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value.trim() !== ""));
}
