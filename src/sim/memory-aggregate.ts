// Aggregations over the store in memory: those stages that the production code uses, and no others.
import type { Document } from "mongodb";
import { clone, evaluate, matches, same } from "./expressions.ts";
import {
  afterPipeline,
  countsOf,
  documentsOf,
  insert,
  keyOf,
  type MemoryStore,
  replace,
  select,
} from "./memory-store.ts";

/** `$documents`, `$lookup` with a count, `$set`, `$replaceWith`, `$merge`: what brings buyers up to date. */
export function aggregate(store: MemoryStore, pipeline: Document[]): Document[] {
  let rows: Document[] = [];
  for (const stage of pipeline) {
    const [name = ""] = Object.keys(stage);
    const argument: Document = stage[name];
    if (name === "$documents")
      rows = argument.map((one: unknown) => evaluate(one, { root: {}, now: store.now(), vars: {} }));
    else if (name === "$unionWith") rows = [...rows, ...others(store, argument)];
    else if (name === "$match") rows = rows.filter((row) => matches(row, argument, store.now()));
    else if (name === "$lookup") rows = lookedUp(store, rows, argument);
    else if (name === "$set" || name === "$replaceWith")
      rows = rows.map((row) => afterPipeline(row, [stage], store.now()));
    else if (name === "$merge") {
      for (const row of rows) merge(store, row, argument);
      rows = [];
    } else throw new Error(`aggregate: ${name} is not known here`);
  }
  return rows;
}

/** `$match`, `$unwind`, `$group` by one array: its distinct values. */
function others(store: MemoryStore, { coll, pipeline }: Document): Document[] {
  const [{ $match }, { $unwind }] = pipeline;
  const values = new Set<string>();
  for (const one of select(store, coll, $match, {}))
    for (const value of one[$unwind.slice(1)]) values.add(value);
  return [...values].map((_id) => ({ _id }));
}

function lookedUp(store: MemoryStore, rows: Document[], argument: Document): Document[] {
  const { from, localField, foreignField, as, pipeline } = argument;
  if (!pipeline) {
    const known = (row: Document) => select(store, from, { [foreignField]: row[localField] }, {}).map(clone);
    return rows.map((row) => ({ ...row, [as]: known(row) }));
  }
  const counts = countsOf(store, from, foreignField);
  return rows.map((row) => {
    const count = counts.get(row[localField]) ?? 0;
    return { ...row, [as]: count > 0 ? [{ contracts: count }] : [] };
  });
}

function merge(store: MemoryStore, row: Document, { into, whenMatched }: Document): void {
  const found = documentsOf(store, into).get(keyOf(row["_id"]));
  if (!found) {
    insert(store, into, clone(row));
    return;
  }
  const after = afterPipeline(clone(found), whenMatched, store.now(), { new: row });
  if (same(found, after)) return;
  replace(store, into, { before: found, after });
}
