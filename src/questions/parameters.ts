// Parameters that questions share: what somebody types, and the part of a filter that it becomes. Empty is as good as left out.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { Document } from "mongodb";
import { z } from "zod";

export function daysFrom(now: Date, days: number): Date {
  return new Date(now.getTime() + days * DAY_MS);
}

const codes = (pattern: RegExp, expected: string) =>
  z
    .string()
    .trim()
    .transform((typed) => (typed === "" ? [] : typed.split(/[\s,]+/)))
    .refine((list) => list.every((code) => pattern.test(code)), expected);

/** Trades by the first digits of their CPV codes; without it all. */
export const cpv = codes(/^\d{2,8}$/, "expected CPV codes or their first digits, like 45,77")
  .default([])
  .describe("CPV codes, or the first digits of some: 45 construction, 72 IT, 79 business services, 85 health")
  .meta({ example: "45,77" });

/** Regions by the beginnings of their ITL or NUTS codes; without it all. */
export const region = codes(/^[A-Za-z][A-Za-z0-9]{0,6}$/, "expected region codes, like UKE or UKI32")
  .default([])
  .describe("ITL or NUTS codes, or how some begin: UKE Yorkshire, UKI London, UKM Scotland")
  .meta({ example: "" });

const DAYS_IN = { d: 1, w: 7, mo: 30.4375, y: 365.25 } as const;
const SPANS = z.enum(["d", "w", "mo", "y"]);

/** `14`, `14d`, `2w`, `12mo`, `1y` or `yesterday`, in days; anything else is not a number. */
function spanInDays(typed: unknown): unknown {
  const words = String(typed).trim().toLowerCase();
  if (words === "yesterday") return 1;
  const [, many, unit] = /^(\d{1,5})\s*([a-z]{0,2})$/.exec(words) ?? [];
  const known = SPANS.safeParse(unit === "" ? "d" : unit);
  return known.success ? Math.round(Number(many) * DAYS_IN[known.data]) : Number.NaN;
}

const span = z.preprocess(
  spanInDays,
  z
    .number({ error: "expected a span of time like 14d, 2w, 12mo, 1y or yesterday" })
    .min(1, "expected at least 1 day")
    .max(3660, "expected at most ten years"),
);

/** A span of time, read as days. */
export const days = (usual: number, what: string) =>
  span.default(usual).describe(`${what}: 14d, 2w, 12mo, 1y or yesterday; ${usual}d unless given`);

export const anyDays = (what: string) => span.optional().describe(`${what}: 14d, 2w, 12mo or 1y`);

export const amount = (what: string) =>
  z.coerce.number({ error: "expected an amount" }).min(0).optional().describe(what);

export const limit = z.coerce
  .number({ error: "expected a number of rows" })
  .int()
  .min(1, "expected at least 1 row")
  .max(1000, "expected at most 1000 rows")
  .default(50)
  .describe("How many rows at most; 50 unless given");

/** A text that must be given. */
export const needed = (what: string, example: string) =>
  z
    .string({ error: `expected ${what}` })
    .trim()
    .min(1, `expected ${what}`)
    .describe(what)
    .meta({ example });

export function cpvFilter(list: readonly string[]): Document {
  return list.length === 0 ? {} : { cpvCodes: beginsWith(list) };
}

/** Delivered there; where a notice names no place of delivery, the buyer's. */
export function regionFilter(list: readonly string[]): Document {
  const there = beginsWith(list.map((code) => code.toUpperCase()));
  return list.length === 0 ? {} : { $or: [{ regions: there }, { regions: null, buyerRegion: there }] };
}

function beginsWith(list: readonly string[]): RegExp {
  return new RegExp(`^(${list.join("|")})`);
}

/** A typed text as a pattern that means just it. */
export function beginning(typed: string): RegExp {
  return new RegExp(`^${escaped(typed)}`, "i");
}

const escaped = (typed: string) => typed.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A typed text anywhere in another, in any case. */
export function within(typed: string): RegExp {
  return new RegExp(escaped(typed), "i");
}
