// The daily post as people read it. What comes from the sites is text in it and nothing else: no link, no mention, no mark.
// Pure.
import { cellText } from "../questions/cell.ts";
import type { Change, News, Row } from "./news.ts";

const LINES_MAX = 40; // Teams refuses a post of more than 28 KB, which holds each line twice
const LINES_MIN = 2; // of each watch
const TITLE_MAX = 100;
const NAME_MAX = 60;

export interface Told extends Pick<News, "fresh" | "changed" | "closing"> {
  name: string;
  /** The question in words, and what was typed for it. */
  question: string;
  typed: Readonly<Record<string, string>>;
}

export interface Digest {
  text: string;
  /** The same lines for a card. */
  lines: string[];
  watches: { name: string; new: number; changed: number; closing: number }[];
  at: string;
}

export type NoticePage = (source: string, noticeId: string) => string | undefined;

export function digestOf(told: readonly Told[], options: { noticePage: NoticePage; now: Date }): Digest {
  const most = Math.max(LINES_MIN, Math.floor(LINES_MAX / Math.max(1, told.length)));
  const lines = [
    "*Procurement sync: what the watched questions brought*",
    ...told.flatMap((one) => linesOf(one, { most, noticePage: options.noticePage })),
  ];
  return {
    text: lines.map(entities).join("\n"),
    lines,
    watches: told.map(({ name, fresh, changed, closing }) => ({
      ...{ name: harmless(name, NAME_MAX), new: fresh.length },
      ...{ changed: changed.length, closing: closing.length },
    })),
    at: options.now.toISOString(),
  };
}

function linesOf(
  { name, question, typed, fresh, changed, closing }: Told,
  { most, noticePage }: { most: number; noticePage: NoticePage },
): string[] {
  const given = Object.entries(typed).map(([key, value]) => `${key} ${value}`);
  const asked = harmless([question, ...given].join(", "), TITLE_MAX);
  const items = [
    ...fresh.map((row) => `New: ${described(row, noticePage)}`),
    ...changed.map((change) => `Changed: ${movesOf(change)}: ${described(change.row, noticePage)}`),
    ...closing.map((row) => `Closing: ${described(row, noticePage)}`),
  ];
  const shown = items.slice(0, items.length > most ? most - 1 : most);
  const left = items.length - shown.length;
  return [
    `*${harmless(name, NAME_MAX)}* (${asked}): ${fresh.length} new, ${changed.length} changed, ${closing.length} closing`,
    ...shown.map((line) => `• ${line}`),
    ...(left > 0 ? [`• … and ${left} more: ask the question to see them all.`] : []),
  ];
}

function described(row: Row, noticePage: NoticePage): string {
  const { title, buyerName, deadlineDate, source, noticeId } = row;
  const address = noticePage(source, noticeId);
  const parts = [
    harmless(title ?? "without a title", TITLE_MAX),
    ...(buyerName === undefined ? [] : [harmless(buyerName, NAME_MAX)]),
    ...(deadlineDate === undefined ? [] : [`closes ${instant(deadlineDate)}`]),
    ...worth(row),
  ];
  return [parts.join(", "), ...(address === undefined ? [] : [address])].join(" ");
}

function movesOf({ row, before }: Change): string {
  const moves = [
    [before.state, row.state ?? row.status, "state"],
    [before.deadlineDate, row.deadlineDate, "closes"],
    [before.valueMax, row.valueMax, "worth"],
  ] as const;
  return moves
    .filter(([from, to]) => String(from) !== String(to))
    .map(([from, to, what]) => `${what} ${valueText(from)} → ${valueText(to)}`)
    .join(", ");
}

const worth = ({ valueMax, currency }: Row) =>
  valueMax === undefined ? [] : [harmless(`${valueText(valueMax)} ${currency ?? ""}`, NAME_MAX)];

const valueText = (value: unknown) =>
  value === undefined ? "nothing" : harmless(cellText(value, { kind: "instant" }), NAME_MAX);

const instant = (at: Date) => cellText(at, { kind: "instant" });

/** Marks that Slack, Mattermost or Teams would read as more than text, and what stands for each. */
const MARKS: Readonly<Record<string, string>> = {
  ...{ "<": "‹", ">": "›", "[": "(", "]": ")", "@": "＠", "*": "∗", _: "ˍ" },
  ...{ "~": "∼", "`": "'", "|": "¦", "\\": "⧵" },
};
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text of others, cut, as nothing but text. */
function harmless(text: string, most: number): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll(UNSEEN, "").trim();
  const letters = [...line];
  const short = letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : line;
  return short
    .replaceAll(/[<>[\]@*_~`|\\]/g, (mark) => MARKS[mark] ?? " ")
    .replaceAll("://", ": //")
    .replaceAll(/\bwww\./gi, "www ");
}

/** As Slack wants it of every text. */
const entities = (line: string) => line.replaceAll("&", "&amp;");
