// Why a question got no answer, in a sentence that says what helps. Pure.
import type { Question } from "./question.ts";

const TIME_IS_UP = 50;
const NO_TEXT_INDEX = 27;

/** Null for an error that says nothing of the question. */
export function whyUnanswered(error: unknown, question: Question): string | null {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === TIME_IS_UP) return `It took too long and was stopped. ${whatItReads(question)}`;
  if (code === NO_TEXT_INDEX)
    return "SEARCH_INDEX is text, and this database has no text index yet: the next run of the Worker makes it. Until then SEARCH_INDEX=off reads all notices.";
  return null;
}

/** What makes a question slow, and what helps. */
export function whatItReads({ index, collection, parameters }: Question): string {
  const narrower = ["since", "closing", "within"].filter((name) => name in parameters.shape);
  const fewer = narrower.length > 0 ? ` A shorter --${narrower.join(" or --")} reads fewer.` : "";
  return index === null
    ? `No index serves it: it reads all of ${collection}.${fewer}`
    : `Its index is ${collection}.${index}; npm run sync -- doctor says whether it is there.${fewer}`;
}
