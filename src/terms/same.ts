// Equality of documents and their values. Pure.
import { Binary, type Document, ObjectId } from "mongodb";

/** As BSON has it: types and the order of fields count; what is undefined is not there. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return typeof a === "number" && typeof b === "number" && Number.isNaN(a) && Number.isNaN(b);
  if (Array.isArray(a)) return Array.isArray(b) && sameElements(a, b);
  if (isPlain(a)) return isPlain(b) && sameFields(a, b);
  if (a instanceof Date) return b instanceof Date && same(a.getTime(), b.getTime());
  if (a instanceof ObjectId) return b instanceof ObjectId && a.equals(b);
  return a instanceof Binary && b instanceof Binary && Buffer.compare(a.value(), b.value()) === 0;
}

export type Fields = Readonly<Record<string, unknown>>;

/** `names` of two documents, each by itself: their order in the documents does not count. */
export function sameIn(names: readonly string[], a: Fields, b: Fields): boolean {
  return names.every((name) => same(a[name], b[name]));
}

/** An object that is nothing else: no date, no id, no list. */
export function isPlain(value: unknown): value is Document {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

const sameElements = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((one, at) => same(one, b[at]));

function sameFields(a: Fields, b: Fields): boolean {
  const others = Object.keys(b);
  let at = 0;
  const skipUndefined = () => {
    while (at < others.length && b[others[at] ?? ""] === undefined) at++;
  };
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue;
    skipUndefined();
    if (others[at++] !== key || !same(a[key], b[key])) return false;
  }
  skipUndefined();
  return at === others.length;
}
