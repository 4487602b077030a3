// Aggregations over the store in memory: those stages that the production code uses, and no others.
import type { Document } from "mongodb";
import { evaluate, keyOfValue } from "./expressions.ts";
import { type MemoryStore, select } from "./memory-store.ts";

/** `$match` first, then `$unwind`, `$group` with a count, `$unionWith`: how many notices buyers have. */
export function aggregate(store: MemoryStore, collection: string, pipeline: Document[]): Document[] {
  const [first, ...stages] = pipeline;
  let rows = select(store, collection, first?.["$match"] ?? {}, {});
  for (const stage of stages) {
    const [name = ""] = Object.keys(stage);
    const argument = stage[name];
    if (name === "$unwind") rows = unwound(rows, argument.slice(1));
    else if (name === "$group") rows = grouped(store, rows, argument);
    else if (name === "$unionWith") rows = [...rows, ...aggregate(store, argument.coll, argument.pipeline)];
    else throw new Error(`aggregate: ${name} is not known here`);
  }
  return rows;
}

function unwound(rows: Document[], field: string): Document[] {
  return rows.flatMap((row) =>
    Array.isArray(row[field]) ? row[field].map((one: unknown) => ({ ...row, [field]: one })) : [],
  );
}

function grouped(store: MemoryStore, rows: Document[], { _id, ...sums }: Document): Document[] {
  const groups = new Map<string, Document>();
  for (const row of rows) {
    const id = evaluate(_id, { root: row, now: store.now(), vars: {} });
    const key = keyOfValue(id);
    const group = groups.get(key) ?? { _id: id };
    for (const [field, { $sum }] of Object.entries<Document>(sums))
      group[field] = (group[field] ?? 0) + Number($sum);
    groups.set(key, group);
  }
  return [...groups.values()];
}
