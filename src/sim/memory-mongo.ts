// Collections in memory that carry out the production statements as mongod does, checked against one by
// test/mongo/memory.test.ts. `gate` decides when, and whether, each operation happens: it belongs to the simulation.
import { type BulkWriteResult, type Db, type Document, MongoBulkWriteError, MongoServerError } from "mongodb";
import { clone } from "./expressions.ts";
import { aggregate } from "./memory-aggregate.ts";
import { keyOf } from "./memory-index.ts";
import {
  change,
  documentsOf,
  type FindOptions,
  insert,
  type MemoryStore,
  replace,
  select,
  update1,
} from "./memory-store.ts";

/** Carries out `apply` at its time and hands its result back, unless something goes wrong on the way. */
export type Gate = <T>(
  operation: { collection: string; name: string; write: boolean },
  apply: () => T,
) => Promise<T>;

const direct: Gate = async (_operation, apply) => apply();

/** A `Db` over the store, for one invocation. */
export function connect(store: MemoryStore, gate: Gate = direct): Db {
  const schema = <T>(name: string, write: boolean, apply: () => T) =>
    gate({ collection: "schema", name, write }, apply);
  const db = {
    databaseName: "memory",
    collection: (name: string) => collection(store, name, gate),
    listCollections: () => ({
      toArray: () =>
        schema("listCollections", false, () =>
          [...store.options].map(([name, options]) => ({ name, options: clone(options) })),
        ),
    }),
    createCollection: (name: string, options: Document) =>
      schema("createCollection", true, () => {
        if (store.options.has(name)) throw new MongoServerError({ message: "NamespaceExists", code: 48 });
        store.options.set(name, clone(options));
      }),
    command: ({ hello, collMod, ...options }: Document) =>
      hello === 1
        ? schema("hello", false, () => ({ localTime: store.now() }))
        : schema("collMod", true, () =>
            store.options.set(collMod, { ...store.options.get(collMod), ...clone(options) }),
          ),
  };
  return db as unknown as Db;
}

function collection(store: MemoryStore, name: string, gate: Gate) {
  const read = <T>(operation: string, apply: () => T) =>
    gate({ collection: name, name: operation, write: false }, apply);
  const write = <T>(operation: string, apply: () => T) =>
    gate({ collection: name, name: operation, write: true }, apply);
  const find = (filter: Document = {}, options: FindOptions = {}) => ({
    toArray: () =>
      read("find", () => select(store, name, filter, options).map((one) => shown(one, options.projection))),
  });
  return {
    find,
    findOne: (filter: Document, options: FindOptions = {}) =>
      read("findOne", () => {
        const [found] = select(store, name, filter, { ...options, limit: 1 });
        return found ? shown(found, options.projection) : null;
      }),
    countDocuments: (filter: Document = {}) =>
      read("countDocuments", () => select(store, name, filter, {}).length),
    collectionName: name,
    aggregate: (pipeline: Document[]) => ({
      toArray: () => read("aggregate", () => aggregate(store, name, pipeline).map(clone)),
    }),
    indexes: () => read("indexes", () => []),
    createIndexes: () => read("createIndexes", () => []),
    insertOne: (document: Document) => write("insertOne", () => insert(store, name, clone(document))),
    updateOne: (filter: Document, update: Document | Document[], options: { upsert?: boolean } = {}) =>
      write("updateOne", () => update1(store, name, { filter, update, ...options })),
    updateMany: (filter: Document, update: Document | Document[]) =>
      write("updateMany", () => {
        const all = select(store, name, filter, {});
        const modified = all.filter((one) => change(store, name, one, update)).length;
        return { matchedCount: all.length, modifiedCount: modified };
      }),
    deleteMany: (filter: Document) =>
      write("deleteMany", () => {
        const all = select(store, name, filter, {});
        for (const one of all) replace(store, name, { before: one, after: null });
        return { deletedCount: all.length };
      }),
    findOneAndUpdate: (
      filter: Document,
      update: Document | Document[],
      options: FindOptions & { upsert?: boolean } = {},
    ) =>
      write("findOneAndUpdate", () => {
        const [found] = select(store, name, filter, { ...options, limit: 1 });
        if (found) {
          change(store, name, found, update);
          return clone(documentsOf(store, name).get(keyOf(found["_id"])) ?? null);
        }
        if (!options.upsert) return null;
        const { upsertedId } = update1(store, name, { filter, update, upsert: true });
        return clone(documentsOf(store, name).get(keyOf(upsertedId)) ?? null);
      }),
    bulkWrite: (operations: Document[]) => write("bulkWrite", () => bulkWrite(store, name, operations)),
  };
}

/** A copy of what the projection names; of a path all that its first name holds. */
function shown(document: Document, projection: Document = {}): Document {
  const paths = Object.keys(projection);
  if (paths.length === 0 || paths.some((path) => projection[path] !== 1)) return clone(document);
  const names = new Set(["_id", ...paths.map((path) => path.replace(/\..*/, ""))]);
  const copy: Document = {};
  for (const name of Object.keys(document)) if (names.has(name)) copy[name] = clone(document[name]);
  return copy;
}

/** Unordered: what is refused is told at the end. */
function bulkWrite(store: MemoryStore, name: string, operations: Document[]) {
  const upsertedIds: Record<number, unknown> = {};
  const result = {
    ...{ insertedCount: 0, matchedCount: 0, modifiedCount: 0, deletedCount: 0, upsertedCount: 0 },
    upsertedIds,
  };
  const writeErrors: Document[] = [];
  for (const [index, { insertOne, updateOne, updateMany, deleteOne }] of operations.entries()) {
    try {
      if (insertOne) {
        insert(store, name, clone(insertOne.document));
        result.insertedCount++;
      } else if (deleteOne) {
        const [found] = select(store, name, deleteOne.filter, {});
        if (found) replace(store, name, { before: found, after: null });
        result.deletedCount += Number(found !== undefined);
      } else if (updateMany) {
        const found = select(store, name, updateMany.filter, {});
        result.matchedCount += found.length;
        for (const one of found) result.modifiedCount += Number(change(store, name, one, updateMany.update));
      } else {
        const one = update1(store, name, updateOne);
        result.matchedCount += one.matchedCount;
        result.modifiedCount += one.modifiedCount;
        if (one.upsertedId !== undefined) {
          result.upsertedCount++;
          upsertedIds[index] = one.upsertedId;
        }
      }
    } catch (error) {
      if (!(error instanceof MongoServerError)) throw error;
      writeErrors.push({ index, code: error.code, errmsg: error.message });
    }
  }
  if (writeErrors.length === 0) return result;
  const message = "E11000 duplicate key error";
  throw new MongoBulkWriteError(
    { message, code: 11000, writeErrors: writeErrors as never },
    result as unknown as BulkWriteResult,
  );
}
