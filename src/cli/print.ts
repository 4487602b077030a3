// What commands print. Texts of the APIs come along in many of them, so no control character reaches the terminal: each is
// shown as what it is, `\u001b`, which JSON reads as the same character.
import { terminal } from "./terminal.ts";

// All but line breaks and tabs; with the marks that turn the direction of writing, and other ends of lines.
const unseen = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

export function visible(text: string): string {
  return text.replaceAll(unseen, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function print(text: string): void {
  terminal().line(visible(text));
}

/** On the other stream, so that answers for programs stay readable. */
export function printProblem(text: string): void {
  terminal().problem(visible(text));
}

/** Our own colours and movements; never a text of others. */
export function printStyled(text: string): void {
  terminal().line(text);
}
