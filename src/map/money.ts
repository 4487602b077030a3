// Amounts of money as a release says them: a range of all that one value or a group of parts says.
import { amount, at, type Json, text } from "./read.ts";

export interface Money {
  least: number;
  most: number;
  currency: string | undefined;
}

/** The lowest and the highest of these values' amounts: CF's minimum and maximum, FaT's without and with VAT. */
export function rangeOf(...values: unknown[]): Money | undefined {
  let range: Money | undefined;
  let currency: string | undefined;
  for (const value of values) {
    currency ??= currencyOf(value);
    for (const said of [amount(at(value, "amount")), amount(at(value, "amountGross"))]) {
      if (said === undefined) continue;
      range ??= { least: said, most: said, currency };
      range.least = Math.min(range.least, said);
      range.most = Math.max(range.most, said);
    }
  }
  return range && { ...range, currency };
}

/** What the parts' values add up to, in the currency of the first; those in others cannot be added. */
export function totalOf(parts: Json[], value = "value"): Money | undefined {
  let total: Money | undefined;
  for (const part of parts) {
    const one = rangeOf(at(part, ...value.split(".")));
    if (!one) continue;
    if (!total) total = one;
    else if (one.currency === total.currency || one.currency === undefined) {
      total.least += one.least;
      total.most += one.most;
    }
  }
  return total && { ...total, least: toPence(total.least), most: toPence(total.most) };
}

/** Sums of binary fractions end in 0.30000000000000004. */
function toPence(sum: number): number {
  return Math.round(sum * 100) / 100;
}

function currencyOf(value: unknown): string | undefined {
  const code = text(at(value, "currency"))?.toUpperCase();
  return code !== undefined && /^[A-Z]{3}$/.test(code) ? code : undefined;
}
