// Small readers of untrusted JSON: each gives a value that can be stored, or undefined. Nothing is guessed.
import { decodeHTMLStrict } from "entities";
import { instantOf } from "../terms/london-time.ts";

export type Json = Record<string, unknown>;

/** The object at `value`; an empty one where there is none, so that paths can be read on. */
export function object(value: unknown): Json {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The own field at the end of a path. */
export function at(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const name of path) {
    if (!isObject(here) || !Object.hasOwn(here, name)) return undefined;
    here = here[name];
  }
  return here;
}

/** The objects of an array; also of an object keyed "1", "2" … (deliveryAddresses have come so). */
export function list(value: unknown): Json[] {
  if (Array.isArray(value)) return value.filter(isObject);
  return isObject(value) && Object.keys(value).every((key) => /^\d+$/.test(key))
    ? Object.values(value).filter(isObject)
    : [];
}

/**
 * Text with its HTML entities decoded once and each line's end trimmed, never cut; undefined where nothing is left. Only
 * entities with their semicolon: `&reg` and `&copy` are parts of addresses of web pages.
 */
export function text(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const decoded = value.includes("&") ? decodeHTMLStrict(value) : value;
  const whole = decoded.isWellFormed() ? decoded : decoded.toWellFormed();
  const plain = whole.includes("<") || whole.includes("&lt;") ? withoutMarkup(whole) : whole;
  const clean = (plain.includes("\u0000") ? plain.replaceAll("\u0000", "") : plain).trim();
  if (clean === "") return undefined;
  return clean.includes("\n")
    ? clean
        .split("\n")
        .map((line) => line.trimEnd())
        .join("\n")
    : clean;
}

// The forms keep what was pasted into them: a line's end is `<br/>`, and some texts are whole pages of a word processor. Only
// names of HTML elements count: `<5 years` and `<contract 1>` are text. No pattern begins with spaces: where nothing follows
// them, it would look at them from each one on.
const lineBreak = /(?:<\/?br\b[^<>]{0,200}>|&lt;br ?\/?&gt;)[ \t]*\n?/gi;
const block = /<\/?(?:p|div|li|ul|ol|tr|table|tbody|h[1-6])\b[^<>]{0,500}>[ \t]*/gi;
const inline = /<\/?(?:a|b|i|u|em|strong|span|font|sup|sub|td|th|small|s)(?:\s[^<>]{0,500})?\/?>/gi;

const emptyLines = /\n(?:[^\S\n]*\n){2,}/g;

function withoutMarkup(written: string): string {
  const plain = written.replaceAll(lineBreak, "\n").replaceAll(block, "\n").replaceAll(inline, "");
  return plain === written ? written : plain.replaceAll(emptyLines, "\n\n");
}

/** The first text that says something, on one line. */
export function firstTitle(...values: unknown[]): string | undefined {
  const lines = firstText(...values)?.split("\n");
  return lines
    ?.map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}

// What people type where a form wants something: it says nothing.
const nothingSaid =
  /^['"\s]*(?:n\s?[/.]?\s?a\.?|none|null|undefined|untitled|unknown|tb[acd]|[-–—.…,_*?]+)['"\s]*$/i;

/** The first text that says something. */
export function firstText(...values: unknown[]): string | undefined {
  for (const value of values) {
    const read = text(value);
    if (read !== undefined && !(read.length < 15 && nothingSaid.test(read))) return read;
  }
  return undefined;
}

// A Procurement Act plan may end in 2076; the year 0201 is a slip of the keyboard.
const YEAR_MIN = 1950;
const YEAR_MAX = 2150;

/** The instant, whatever zone it carries; London's where it carries none. */
export function date(value: unknown): Date | undefined {
  const instant = typeof value === "string" ? instantOf(value) : null;
  const year = instant?.getUTCFullYear() ?? 0;
  return instant && year >= YEAR_MIN && year <= YEAR_MAX ? instant : undefined;
}

const dayAlone = /^\s*(\d{4}-\d\d-\d\d)\s?(?:Z|[+-]\d\d:?\d\d)?\s*$/i;

/** The end of something: a last day without a clock includes that day, London time. */
export function lastInstant(value: unknown): Date | undefined {
  const [, day] = typeof value === "string" ? (dayAlone.exec(value) ?? []) : [];
  return date(day === undefined ? value : `${day}T23:59:59`);
}

export function earliest(dates: (Date | undefined)[]): Date | undefined {
  return dates.reduce((first, one) => (one && (!first || one < first) ? one : first), undefined);
}

export function latest(dates: (Date | undefined)[]): Date | undefined {
  return dates.reduce((last, one) => (one && (!last || one > last) ? one : last), undefined);
}

/** A finite number, also one that is written as text; Infinity is 1e9999. */
export function number(value: unknown): number | undefined {
  const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

const webAddress = /^(?:https?:\/\/|www\.)\S+$/i;

/** A text that is the address of a web page. */
export function webPage(value: unknown): string | undefined {
  const read = text(value);
  return read !== undefined && webAddress.test(read) ? read : undefined;
}

/** Without the fields that are undefined. */
export function filled<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) kept[name] = value as Exclude<T[typeof name], undefined>;
  }
  return kept;
}

/** At least the bytes that a value takes in BSON. */
export function weight(value: unknown): number {
  if (typeof value === "string") return 20 + 3 * value.length; // a character has three bytes at most, a pair of two four
  let sum = 20;
  if (Array.isArray(value)) for (const one of value) sum += weight(one);
  else if (isObject(value)) for (const key in value) sum += 3 * key.length + weight(value[key]);
  return sum;
}
