// Small readers of untrusted JSON: each gives a value that can be stored, or undefined. Nothing is guessed.
import { decodeHTML } from "entities";
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
  return path.reduce<unknown>(
    (here, name) => (isObject(here) && Object.hasOwn(here, name) ? here[name] : undefined),
    value,
  );
}

/** The objects of an array; also of an object keyed "1", "2" … (deliveryAddresses have come so). */
export function list(value: unknown): Json[] {
  if (Array.isArray(value)) return value.filter(isObject);
  return isObject(value) && Object.keys(value).every((key) => /^\d+$/.test(key))
    ? Object.values(value).filter(isObject)
    : [];
}

/** Trimmed text with its HTML entities decoded once, never cut; undefined where nothing is left. */
export function text(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const decoded = value.includes("&") ? decodeHTML(value) : value;
  const clean = decoded.toWellFormed().replaceAll("\u0000", "").trim();
  return clean === "" ? undefined : clean;
}

export function firstText(...values: unknown[]): string | undefined {
  for (const value of values) {
    const read = text(value);
    if (read !== undefined) return read;
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

export function earliest(dates: (Date | undefined)[]): Date | undefined {
  return dates.reduce((first, one) => (one && (!first || one < first) ? one : first), undefined);
}

export function latest(dates: (Date | undefined)[]): Date | undefined {
  return dates.reduce((last, one) => (one && (!last || one > last) ? one : last), undefined);
}

/** An amount of money that means something: 0 and 1 are placeholders, and Infinity is 1e9999. */
export function amount(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number > 1 ? number : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/** Without the fields that are undefined. */
export function filled<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
