// Amounts of money as a release says them: without VAT where that is said. Placeholders say nothing.
import { at, type Json, number, text } from "./read.ts";

export interface Money {
  least: number;
  most: number;
  currency: string | undefined;
  /** Only the amount with VAT is said, or that of a part. */
  includesVat: boolean;
}

const VAT = 1.2; // the United Kingdom's standard rate since 2011
// More than all that the United Kingdom earns in a year is a slip, and sums of it would be no money either.
const AMOUNT_MAX = 1e13;
const LEAST = 1; // 0, 0.01 and 1 are typed where a form wants a number
const ROW_OF_NINES = /^9{7,}(\.9+)?$/; // 9,999,999,999 stands for "no ceiling known"; 999,999 may be meant

/** 0 and 1, what VAT makes of them, and rows of nines. */
function isPlaceholder(amount: number): boolean {
  return amount <= LEAST || ROW_OF_NINES.test(String(amount));
}

/** An amount that means something. */
export function amount(value: unknown): number | undefined {
  const read = number(value);
  return read !== undefined && read < AMOUNT_MAX && !isPlaceholder(read) ? read : undefined;
}

/** One value's amount without VAT, else the one with it, unless that is just VAT on a placeholder. */
function amountOf(value: unknown): { amount: number; includesVat: boolean } | undefined {
  const net = amount(at(value, "amount"));
  if (net !== undefined) return { amount: net, includesVat: false };
  const gross = amount(at(value, "amountGross"));
  if (gross === undefined || isPlaceholder(toPence(gross / VAT))) return undefined;
  const written = number(at(value, "amount")) ?? 0;
  return gross <= written * (VAT + 0.01) ? undefined : { amount: gross, includesVat: true };
}

/** From the lowest to the highest of these values: CF's minimum and maximum. */
export function rangeOf(...values: unknown[]): Money | undefined {
  let range: Money | undefined;
  let currency: string | undefined;
  for (const value of values) {
    currency ??= currencyOf(value);
    const said = amountOf(value);
    if (!said) continue;
    range ??= { least: said.amount, most: said.amount, currency, includesVat: said.includesVat };
    range.least = Math.min(range.least, said.amount);
    range.most = Math.max(range.most, said.amount);
    range.includesVat ||= said.includesVat;
  }
  return range && { ...range, currency };
}

/** What the parts' values add up to. */
export function totalOf(parts: Json[], value = "value"): Money | undefined {
  return sumOf(parts.map((part) => rangeOf(at(part, ...value.split(".")))));
}

/** The sum in the currency of the first; amounts in others cannot be added. */
export function sumOf(amounts: (Money | undefined)[]): Money | undefined {
  let total: Money | undefined;
  for (const one of amounts) {
    if (!one) continue;
    if (!total) total = { ...one };
    else if (one.currency === total.currency || one.currency === undefined) {
      total.least += one.least;
      total.most += one.most;
      total.includesVat ||= one.includesVat;
    }
  }
  return total && { ...total, least: toPence(total.least), most: toPence(total.most) };
}

/** Sums of binary fractions end in 0.30000000000000004. */
export function toPence(sum: number): number {
  return Math.round(sum * 100) / 100;
}

function currencyOf(value: unknown): string | undefined {
  const code = text(at(value, "currency"))?.toUpperCase();
  return code !== undefined && /^[A-Z]{3}$/.test(code) ? code : undefined;
}
