// The questions, in the order of docs/queries.md.
import { awards } from "./awards.ts";
import { bidding } from "./bidding.ts";
import { buyers } from "./buyers.ts";
import { minutes } from "./minutes.ts";
import { operations } from "./operations.ts";
import type { Question } from "./question.ts";
import { words } from "./words.ts";

export const QUESTIONS: readonly Question[] = [
  ...bidding,
  ...awards,
  ...buyers,
  ...minutes,
  ...operations,
  ...words,
];

export function questionNamed(name: string): Question | undefined {
  return QUESTIONS.find((one) => one.name === name);
}
