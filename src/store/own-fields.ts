// A document's own fields are replaced as a whole, in one order whoever came first; what others wrote into it stays.
import type { Document } from "mongodb";

/** `values` in place of all the `names` of the document; the rest of it behind. */
export function withOwn(values: Document, names: readonly string[]): Document {
  const isOthers = { $not: [{ $in: ["$$this.k", names] }] };
  const others = { $filter: { input: { $objectToArray: "$$ROOT" }, cond: isOthers } };
  return { $mergeObjects: [values, { $arrayToObject: others }] };
}

/** What others wrote into a document, all but the `names`. */
export function othersOf(document: Document, names: readonly string[]): Document {
  return Object.fromEntries(
    Object.entries(document).filter(([name, value]) => !names.includes(name) && value !== undefined),
  );
}

/** Adds what a document lacks of `others`; what is there stays. */
export function whereLacking(others: Document): Document[] {
  return [{ $replaceWith: { $mergeObjects: ["$$ROOT", { $literal: others }, "$$ROOT"] } }];
}

/** As long as nobody, whichever program, has changed the document since it was read. */
export function asRead(document: Document): Document {
  return { _id: document["_id"], $expr: { $eq: ["$$ROOT", { $literal: document }] } };
}

/** Those of the `names` that the document has, in its own order. */
export function ownOf(names: readonly string[]): Document {
  const isOwn = { $in: ["$$this.k", names] };
  return { $arrayToObject: { $filter: { input: { $objectToArray: "$$ROOT" }, cond: isOwn } } };
}

/** Its fields of these names, in their order: every writer makes the same document, byte for byte. */
export function inOrder(values: Document, names: readonly string[]): Document {
  const own: Document = {};
  for (const name of names) if (values[name] !== undefined) own[name] = values[name];
  return own;
}
