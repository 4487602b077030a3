// Documents in memory, and the statements that change them as mongod does: filters, updates and update pipelines.
import { type Document, MongoServerError, ObjectId } from "mongodb";
import { isPlain, same } from "../terms/same.ts";
import { clone, compare, evaluate, matches, valueAt } from "./expressions.ts";
import { candidates, keyOf, newestDays, reindex } from "./memory-index.ts";

export interface MemoryStore {
  collections: Map<string, Map<string, Document>>;
  /** What collections were made with, or given later; nothing here enforces their validators. */
  options: Map<string, Document>;
  /** The database's clock. */
  now: () => Date;
  /** Called after each change of a document; `before` is null for an insertion. */
  onChange: (change: { collection: string; before: Document | null; after: Document | null }) => void;
}

export function createMemoryStore(now: () => Date): MemoryStore {
  return { collections: new Map(), options: new Map(), now, onChange: () => undefined };
}

export function documentsOf(store: MemoryStore, name: string): Map<string, Document> {
  let documents = store.collections.get(name);
  if (!documents) {
    documents = new Map();
    store.collections.set(name, documents);
  }
  return documents;
}

/** Every change of a document goes through here. */
export function replace(
  store: MemoryStore,
  name: string,
  { before, after }: { before: Document | null; after: Document | null },
): void {
  const documents = documentsOf(store, name);
  const key = keyOf((after ?? before)?.["_id"]);
  reindex(documents, { key, before: documents.get(key) ?? null, after });
  if (after) documents.set(key, after);
  else documents.delete(key);
  store.onChange({ collection: name, before, after });
}

export interface FindOptions {
  sort?: Record<string, 1 | -1>;
  projection?: Document;
  limit?: number;
}

export function select(
  store: MemoryStore,
  name: string,
  filter: Document,
  { sort, limit }: FindOptions,
): Document[] {
  const documents = documentsOf(store, name);
  const newest = limit === 1 && newestOf(store, name, { filter, ...(sort ? { sort } : {}) });
  if (newest) return [newest];
  const { _id } = filter;
  const direct1 = typeof _id === "string" || _id instanceof ObjectId ? [documents.get(keyOf(_id))] : null;
  const some =
    isPlain(_id) && Array.isArray(_id["$in"])
      ? _id["$in"].map((id: unknown) => documents.get(keyOf(id)))
      : null;
  const possible = (direct1 ?? some ?? candidates(documents, filter)).filter((one) => one !== undefined);
  const found = possible.filter((one) => matches(one, filter, store.now()));
  const [by, ...more] = Object.entries(sort ?? {});
  if (by && more.length === 0 && limit === 1) return firstOf(found, by);
  for (const [path, order] of Object.entries(sort ?? {}).reverse()) {
    found.sort((a, b) => order * compare(valueAt(a, path), valueAt(b, path)));
  }
  return limit === undefined ? found : found.slice(0, limit);
}

/** Day by day back, as an index would be read; null where that does not tell. */
function newestOf(
  store: MemoryStore,
  name: string,
  { filter, sort = {} }: { filter: Document; sort?: Record<string, 1 | -1> },
): Document | null {
  const [by, ...more] = Object.entries(sort);
  if (by?.[1] !== -1 || more.length > 0 || "_id" in filter) return null;
  for (const day of newestDays(documentsOf(store, name), by[0])) {
    const [first] = firstOf(
      day.filter((one) => matches(one, filter, store.now())),
      by,
    );
    if (first) return first;
  }
  return null;
}

/** Without sorting all of them. */
function firstOf([one, ...others]: Document[], [path, order]: [string, 1 | -1]): Document[] {
  if (!one) return [];
  const isBefore = (a: Document, b: Document) => order * compare(valueAt(a, path), valueAt(b, path)) < 0;
  return [others.reduce((first, other) => (isBefore(other, first) ? other : first), one)];
}

/** Unique and sparse, as platform/database.ts has them. */
const UNIQUE: Record<string, readonly string[]> = { buyers: ["orgId", "nameLower"] };

function isTaken(store: MemoryStore, name: string, document: Document): boolean {
  const fields = (UNIQUE[name] ?? []).filter((field) => document[field] !== undefined);
  if (fields.length === 0) return false;
  const key = keyOf(document["_id"]);
  return fields.some((field) =>
    candidates(documentsOf(store, name), { [field]: document[field] }).some(
      (one) => keyOf(one["_id"]) !== key,
    ),
  );
}

export function insert(store: MemoryStore, name: string, document: Document): { insertedId: unknown } {
  const documents = documentsOf(store, name);
  const key = keyOf(document["_id"]);
  if (documents.has(key) || isTaken(store, name, document))
    throw new MongoServerError({ message: "E11000 duplicate key error", code: 11000 });
  replace(store, name, { before: null, after: document });
  return { insertedId: document["_id"] };
}

export function update1(
  store: MemoryStore,
  name: string,
  { filter, update, upsert = false }: { filter: Document; update: Document | Document[]; upsert?: boolean },
): { matchedCount: number; modifiedCount: number; upsertedId?: unknown } {
  const [found] = select(store, name, filter, {});
  if (found) return { matchedCount: 1, modifiedCount: Number(change(store, name, found, update)) };
  if (!upsert) return { matchedCount: 0, modifiedCount: 0 };
  const equalities = Object.entries(filter).filter(
    ([path, value]) => !path.startsWith("$") && !isPlain(value),
  );
  const base = Object.fromEntries(equalities);
  const document = Array.isArray(update)
    ? afterPipeline(base, update, store.now())
    : afterOperators({ ...base, ...clone(update["$setOnInsert"] ?? {}) }, update, store.now());
  insert(store, name, document);
  return { matchedCount: 0, modifiedCount: 0, upsertedId: document["_id"] };
}

/** True when the document is another than before. */
export function change(
  store: MemoryStore,
  name: string,
  before: Document,
  update: Document | Document[],
): boolean {
  const after = Array.isArray(update)
    ? afterPipeline(before, update, store.now())
    : afterOperators(clone(before), update, store.now());
  if (same(before, after)) return false;
  replace(store, name, { before, after });
  return true;
}

function afterPipeline(
  document: Document,
  pipeline: Document[],
  now: Date,
  vars: Record<string, unknown> = {},
): Document {
  return pipeline.reduce<Document>((current, stage) => {
    const scope = { root: current, now, vars };
    if (stage["$set"]) {
      const next = clone(current);
      const values = Object.entries(stage["$set"]).map(
        ([path, one]) => [path, evaluate(one, scope)] as const,
      );
      for (const [path, value] of values) if (value !== undefined) put(next, path, clone(value));
      return next;
    }
    if (stage["$unset"]) {
      const next = clone(current);
      for (const path of [stage["$unset"]].flat()) delete next[path];
      return next;
    }
    if (stage["$replaceWith"]) {
      const next = evaluate(stage["$replaceWith"], scope);
      if (!isPlain(next)) throw new Error("$replaceWith: expected a document");
      return clone(next);
    }
    throw new Error(`pipeline: ${Object.keys(stage)[0]} is not known here`);
  }, document);
}

function put(document: Document, path: string, value: unknown): void {
  const names = path.split(".");
  const last = names.pop() ?? path;
  let inner = document;
  for (const name of names) {
    if (!isPlain(inner[name])) inner[name] = {};
    inner = inner[name];
  }
  inner[last] = value;
}

function afterOperators(document: Document, update: Document, now: Date): Document {
  for (const [operator, fields] of Object.entries<Document>(update)) {
    for (const [path, value] of Object.entries<unknown>(fields)) {
      if (value === undefined) continue;
      const current = valueAt(document, path);
      if (operator === "$set") put(document, path, clone(value));
      else if (operator === "$inc") put(document, path, Number(current ?? 0) + Number(value));
      else if (operator === "$max")
        put(document, path, current === undefined || compare(value, current) > 0 ? value : current);
      else if (operator === "$currentDate") put(document, path, now);
      else if (operator === "$push") {
        const before = Array.isArray(current) ? current : [];
        const many = isPlain(value) && Array.isArray(value["$each"]) ? value : null;
        const added: unknown[] = many ? clone(many["$each"]) : [clone(value)];
        put(document, path, [...before, ...added].slice(many?.["$slice"] ?? 0));
      } else if (operator === "$unset") delete document[path];
      else if (operator !== "$setOnInsert") throw new Error(`update: ${operator} is not known here`);
    }
  }
  return document;
}
