// The questions of src/questions as pages: a list, and for each a form that works without a script, its answer as a table, and
// the same answer as a file. What comes from the sites is text, never markup.
import type { Document } from "mongodb";
import { z } from "zod";
import { cellText } from "../questions/cell.ts";
import { OCID } from "../questions/columns.ts";
import { QUESTIONS } from "../questions/index.ts";
import type { Column, Question } from "../questions/question.ts";
import { counted } from "../report/words.ts";
import { Advice, Layout, Scroll } from "./layout.tsx";

/** The site's own page of a notice. */
export type NoticePage = (source: string, noticeId: string) => string | undefined;

const ASKERS = [...new Set(QUESTIONS.map(({ asker }) => asker))];

export function QuestionsPage() {
  return (
    <Layout title="Ask – Procurement sync" signedIn>
      <h1>Ask</h1>
      {ASKERS.map((asker) => (
        <section class="card" aria-labelledby={`of-${asker.replace(" ", "-")}`}>
          <h2 id={`of-${asker.replace(" ", "-")}`}>What {asker}s ask</h2>
          <ul class="questions">
            {QUESTIONS.filter((one) => one.asker === asker).map(({ name, title }) => (
              <li>
                <a href={`/ask/${name}`}>{title}</a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Layout>
  );
}

interface AnswerPageProps {
  question: Question;
  typed: Readonly<Record<string, string>>;
  problems: readonly { parameter: string; message: string }[];
  /** Null until it was asked, or where it could not be. */
  rows: Document[] | null;
  /** Why it could not be answered. */
  why: string | null;
  /** What it costs. */
  note: string | null;
  noticePage: NoticePage;
}

export function AnswerPage(props: AnswerPageProps) {
  const { question, typed, problems, rows, why, note, noticePage } = props;
  return (
    <Layout title={`${question.title} – Procurement sync`} signedIn>
      <p class="crumb">
        <a href="/ask">← All questions</a>
      </p>
      <h1>{question.title}</h1>
      <p class="soft">
        <Advice text={question.about} />
      </p>
      {note !== null && <p class="soft">{note}</p>}
      <section class="card" aria-label="Parameters">
        <Form question={question} typed={typed} problems={problems} />
      </section>
      {why !== null && (
        <section class="card" role="alert">
          <p>{why}</p>
        </section>
      )}
      {rows !== null && (
        <section class="card" aria-labelledby="answer">
          <h2 id="answer">{rows.length === 0 ? "Nothing was found." : counted(rows.length, "row")}</h2>
          {rows.length > 0 && <Answer question={question} rows={rows} noticePage={noticePage} />}
          <p class="below soft">
            <a href={`/ask/${question.name}.csv?${new URLSearchParams(typed)}`}>Download it as CSV</a>
          </p>
        </section>
      )}
    </Layout>
  );
}

function Form({ question, typed, problems }: Pick<AnswerPageProps, "question" | "typed" | "problems">) {
  return (
    <form class="asked" method="get" action={`/ask/${question.name}`}>
      {Object.entries(question.parameters.shape).map(([name, schema]) => {
        const problem = problems.find(({ parameter }) => parameter === name);
        const described = problem === undefined ? `about-${name}` : `about-${name} problem-${name}`;
        return (
          <div>
            <label for={name}>{name}</label>
            <input
              id={name}
              name={name}
              value={typed[name] ?? ""}
              maxlength={200}
              autocomplete="off"
              aria-describedby={described}
              aria-invalid={problem === undefined ? undefined : "true"}
            />
            <span class="soft" id={`about-${name}`}>
              {z.globalRegistry.get(schema)?.description ?? ""}
            </span>
            {problem !== undefined && (
              <span class="problem" id={`problem-${name}`} role="alert">
                {problem.message}
              </span>
            )}
          </div>
        );
      })}
      <button type="submit">Ask</button>
    </form>
  );
}

function Answer({
  question,
  rows,
  noticePage,
}: Pick<AnswerPageProps, "question" | "noticePage"> & { rows: Document[] }) {
  return (
    <Scroll name="The answer">
      <table class="list sortable answer">
        <thead>
          <tr>
            {question.columns.map(({ title, kind }) => (
              <th scope="col" class={isNumber(kind) ? "number" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {question.columns.map((column) => (
                <Cell column={column} row={row} noticePage={noticePage} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const isNumber = (kind: Column["kind"]) => kind === "number" || kind === "money";

function Cell({ column, row, noticePage }: { column: Column; row: Document; noticePage: NoticePage }) {
  const value: unknown = row[column.field];
  const text = cellText(value, column);
  const sortable =
    value instanceof Date ? value.toISOString() : typeof value === "number" ? String(value) : undefined;
  const address = typeof value === "string" ? addressOf(value, { column, row, noticePage }) : undefined;
  return (
    <td class={isNumber(column.kind) ? "number" : undefined} data-value={sortable}>
      {address === undefined ? text : <a href={address}>{text}</a>}
    </td>
  );
}

/** A procurement's page, a notice's, or an address as it is stored; never one that a browser would run. */
function addressOf(
  value: string,
  { column, row, noticePage }: { column: Column; row: Document; noticePage: NoticePage },
): string | undefined {
  if (column.field === OCID.field) return `/processes/${encodeURIComponent(value)}`;
  if (column.kind !== "link") return undefined;
  return /^https:\/\//.test(value) ? value : noticePage(String(row["source"]), value);
}
