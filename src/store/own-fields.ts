// A document's own fields are replaced as a whole, in one order whoever came first; what others wrote into it stays.
import type { Document } from "mongodb";

/** `values` in place of all the `names` of the document; the rest of it behind. */
export function withOwn(values: Document, names: readonly string[]): Document {
  const isOthers = { $not: [{ $in: ["$$this.k", names] }] };
  const others = { $filter: { input: { $objectToArray: "$$ROOT" }, cond: isOthers } };
  return { $mergeObjects: [values, { $arrayToObject: others }] };
}

/** Those of the `names` that the document has, in its own order. */
export function ownOf(names: readonly string[]): Document {
  const isOwn = { $in: ["$$this.k", names] };
  return { $arrayToObject: { $filter: { input: { $objectToArray: "$$ROOT" }, cond: isOwn } } };
}
