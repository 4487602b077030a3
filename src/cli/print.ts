// What commands print. Texts of the APIs come along in many of them, so no control character reaches the terminal: each is
// shown as what it is, `\u001b`, which JSON reads as the same character.
import { terminal } from "./terminal.ts";

// All but line breaks and tabs; with the marks that turn the direction of writing, and other ends of lines.
const unseen = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

export function visible(text: string): string {
  return text.replaceAll(unseen, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Sentences: in a terminal, lines break between words, and what goes on is set in by two. */
export function print(text: string): void {
  terminal().line(wrapped(visible(text), terminal().columns));
}

/** What has to stay as it is: tables, JSON, commands to copy. */
export function printWhole(text: string): void {
  terminal().line(visible(text));
}

/** Sentences on the other stream, so that answers for programs stay readable. */
export function printProblem(text: string): void {
  terminal().problem(wrapped(visible(text), terminal().columns));
}

/** Our own colours and movements; never a text of others. */
export function printStyled(text: string): void {
  terminal().line(text);
}

const COLUMNS_MIN = 40;

export function wrapped(text: string, columns: number | null): string {
  if (columns === null) return text;
  const most = Math.max(COLUMNS_MIN, columns);
  return text
    .split("\n")
    .map((line) => wrappedLine(line, most))
    .join("\n");
}

function wrappedLine(line: string, most: number): string {
  if (line.length <= most) return line;
  const indent = /^ */.exec(line)?.[0] ?? "";
  const lines: string[] = [];
  let open = "";
  for (const word of line.trim().split(" ")) {
    const before = open === "" ? indent : `${open} `;
    if (open !== "" && before.length + word.length > most) {
      lines.push(open);
      open = `${indent}  ${word}`;
    } else open = `${before}${word}`;
  }
  return [...lines, open].join("\n");
}
