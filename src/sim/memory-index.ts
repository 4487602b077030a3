// Which documents of a collection in memory can match a filter, by the values of its equalities: a scan of everything for
// each page makes a long history quadratic. An index is made when a field is first asked for, and kept by `reindex`.
import { type Document, ObjectId } from "mongodb";
import { isPlain } from "../terms/same.ts";

export const keyOf = (id: unknown): string =>
  id instanceof ObjectId ? id.toHexString() : JSON.stringify(id);

type Documents = ReadonlyMap<string, Document>;
/** The keys of the documents that hold a value. */
type Bucket = Set<string>;
type ByValue = Map<string, Bucket>;

interface Indexes {
  byField: Map<string, ByValue>;
  /** When a key first came: results keep the order of insertion. */
  order: Map<string, number>;
  next: number;
}

const INDEXES = new WeakMap<Documents, Indexes>();

function indexesOf(documents: Documents): Indexes {
  let indexes = INDEXES.get(documents);
  if (!indexes) {
    const order = new Map([...documents.keys()].map((key, at) => [key, at]));
    indexes = { byField: new Map(), order, next: order.size };
    INDEXES.set(documents, indexes);
  }
  return indexes;
}

const DAY_MS = 86_400_000;
const dayKey = (at: number) => `day ${Math.floor(at / DAY_MS)}`;

/** What a scalar is kept under, an instant under its day; nothing for what cannot be found by an index. */
function valueKey(value: unknown): string | undefined {
  if (value instanceof Date) return dayKey(value.getTime());
  if (value instanceof ObjectId) return `id ${value.toHexString()}`;
  return ["string", "number", "boolean"].includes(typeof value) ? `${typeof value} ${value}` : undefined;
}

function valuesOf(document: Document, field: string): string[] {
  const value: unknown = document[field];
  if (Array.isArray(value)) return value.flatMap((one) => valueKey(one) ?? []);
  const key = valueKey(value);
  return key === undefined ? [] : [key];
}

/** Keeps the indexes of a collection after one of its documents has changed, come or gone. */
export function reindex(
  documents: Documents,
  { key, before, after }: { key: string; before: Document | null; after: Document | null },
): void {
  const { byField, order } = indexesOf(documents);
  if (!after) order.delete(key);
  else if (!order.has(key)) order.set(key, indexesOf(documents).next++);
  for (const [field, byValue] of byField) {
    if (before && after && before[field] === after[field]) continue;
    const [old, now] = [before, after].map((document) => (document ? valuesOf(document, field) : []));
    if (old?.join("\n") === now?.join("\n")) continue;
    for (const value of old ?? []) byValue.get(value)?.delete(key);
    for (const value of now ?? []) add(byValue, value, key);
  }
}

function add(byValue: ByValue, value: string, key: string): void {
  const keys = byValue.get(value);
  if (keys) keys.add(key);
  else byValue.set(value, new Set([key]));
}

function indexOf(documents: Documents, field: string): ByValue {
  const { byField } = indexesOf(documents);
  let byValue = byField.get(field);
  if (!byValue) {
    byValue = new Map();
    for (const [key, document] of documents)
      for (const value of valuesOf(document, field)) add(byValue, value, key);
    byField.set(field, byValue);
  }
  return byValue;
}

/** A window is a month, and a year of days is few beside all documents. */
const DAYS_MAX = 400;

/** The values that a condition allows, if it is an equality, `$in` of scalars or a range of instants. */
function allowedBy(condition: unknown): string[] | undefined {
  if (isPlain(condition) && condition["$gte"] instanceof Date) {
    const [from, to] = [condition["$gte"], condition["$lt"] ?? condition["$lte"]];
    if (!(to instanceof Date)) return undefined;
    const first = Math.floor(from.getTime() / DAY_MS);
    const days = Math.floor(to.getTime() / DAY_MS) - first + 1;
    return days > DAYS_MAX
      ? undefined
      : Array.from({ length: Math.max(0, days) }, (_, at) => dayKey((first + at) * DAY_MS));
  }
  const wanted = isPlain(condition) ? condition["$in"] : [condition];
  if (!Array.isArray(wanted)) return undefined;
  const values = wanted.map(valueKey);
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** Keys of what can match: those of the condition with the fewest, that hold what the others ask for; nothing when none can be looked up. */
function keysFor(documents: Documents, filter: Document): string[] | undefined {
  const { _id, $or } = filter;
  if (_id instanceof ObjectId || typeof _id === "string") return [keyOf(_id)];
  const looked = Object.entries(filter).flatMap(([field, condition]: [string, unknown]) => {
    if (field.startsWith("$") || field.includes(".") || field === "_id") return [];
    const allowed = allowedBy(condition);
    if (!allowed) return [];
    const byValue = indexOf(documents, field);
    return [{ field, allowed, buckets: allowed.flatMap((value) => byValue.get(value) ?? []) }];
  });
  const [fewest, ...others] = looked.sort((a, b) => sizeOf(a.buckets) - sizeOf(b.buckets));
  if (!fewest) return orKeys(documents, $or);
  const also = others.map(({ field, allowed }) => ({ field, allowed: new Set(allowed) }));
  return fewest.buckets
    .flatMap((keys) => [...keys])
    .filter((key) => {
      const document = documents.get(key) ?? {};
      return also.every(({ field, allowed }) =>
        valuesOf(document, field).some((value) => allowed.has(value)),
      );
    });
}

function orKeys(documents: Documents, branches: unknown): string[] | undefined {
  if (!Array.isArray(branches)) return undefined;
  const each = branches.map((branch: Document) => keysFor(documents, branch));
  return each.every((keys) => keys !== undefined) ? each.flat() : undefined;
}

const sizeOf = (buckets: readonly Bucket[]) => buckets.reduce((sum, { size }) => sum + size, 0);

/** A superset of what matches, in the order of insertion. */
export function candidates(documents: Documents, filter: Document): Document[] {
  const keys = keysFor(documents, filter);
  if (!keys) return [...documents.values()];
  const { order } = indexesOf(documents);
  return [...new Set(keys)]
    .sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
    .flatMap((key) => documents.get(key) ?? []);
}

/** Documents by the day of an instant, the newest day first; those without one are in none. */
export function* newestDays(documents: Documents, field: string): Generator<Document[]> {
  const byValue = indexOf(documents, field);
  const days = [...byValue.keys()].filter((key) => key.startsWith("day ")).map((key) => Number(key.slice(4)));
  for (const day of days.sort((a, b) => b - a))
    yield [...(byValue.get(`day ${day}`) ?? [])].flatMap((key) => documents.get(key) ?? []);
}
