// What the database has to be like: every index, every validator, and how they come to be.
import {
  type CollectionInfo,
  type Db,
  type Document,
  type IndexDescription,
  MongoServerError,
} from "mongodb";
import type { z } from "zod";
import {
  alertSchema,
  assumptionSchema,
  buyerSchema,
  contractSchema,
  noticeGapSchema,
  processSchema,
  quarantineSchema,
  rateLimitSchema,
  syncJobSchema,
  syncRunSchema,
  windowSchema,
} from "../terms/documents.ts";
import { ConfigError } from "../terms/errors.ts";
import { same } from "../terms/same.ts";
import { digestSchema, watchSchema } from "../terms/watch.ts";
import { allOf, type Database, isDuplicate, isNotAllowed } from "./database.ts";
import type { Logger } from "./logger.ts";
import { ownOnly, validatorOf } from "./validators.ts";

const RUNS_KEPT_SECONDS = 90 * 86_400;

/** Every index by its collection, and no more (docs/queries.md: the question that each one serves). */
export const INDEXES = {
  syncWindows: [{ key: { source: 1, status: 1, from: -1 }, name: "claim" }],
  contracts: [
    { key: { source: 1, ocid: 1, noticeId: 1 }, name: "notice", unique: true },
    { key: { noticeId: 1 }, name: "noticeId" },
    { key: { source: 1, publishedDate: -1 }, name: "bySourceAndDate" },
    { key: { buyerId: 1, publishedDate: -1 }, name: "buyer" },
    {
      key: { jointBuyerIds: 1, publishedDate: -1 },
      name: "jointBuyers",
      partialFilterExpression: { jointBuyerIds: { $exists: true } },
    },
    // Only of what is open: few of all, and a notice leaves them for good when its deadline has passed.
    { key: { deadlineDate: 1, stage: 1 }, name: "open", partialFilterExpression: { status: "OPEN" } },
    { key: { openUntil: 1 }, name: "closing", partialFilterExpression: { status: "OPEN" } },
  ],
  processes: [
    { key: { source: 1, ocid: 1 }, name: "process" },
    { key: { buyerId: 1 }, name: "buyer" },
    { key: { state: 1, publishedDate: -1 }, name: "byStateAndDate" },
    // Of what a question is about alone: few of all, so they cost next to nothing.
    { key: { deadlineDate: 1 }, name: "open", partialFilterExpression: { state: "open" } },
    { key: { contractEndDate: 1 }, name: "running", partialFilterExpression: { state: "awarded" } },
    {
      key: { publishedDate: -1, ocid: 1 },
      name: "frameworks",
      partialFilterExpression: { contractMechanism: "framework" },
    },
    {
      key: { "changes.at": -1 },
      name: "changed",
      partialFilterExpression: { "changes.at": { $exists: true } },
    },
    {
      key: { callOffOf: 1 },
      name: "callOffs",
      partialFilterExpression: { callOffOf: { $exists: true } },
    },
    { key: { buyerId: 1, _id: 1 }, name: "twinsDue", partialFilterExpression: { twinsDue: true } },
    { key: { turnsAt: 1 }, name: "turning", partialFilterExpression: { turnsAt: { $exists: true } } },
  ],
  buyers: [
    { key: { keys: 1 }, name: "keys" },
    { key: { orgId: 1 }, name: "orgId", unique: true, sparse: true },
    { key: { nameLower: 1 }, name: "nameLower", unique: true, sparse: true },
  ],
  quarantine: [
    { key: { lastSeenAt: -1, _id: 1 }, name: "newestCases" },
    { key: { windowId: 1 }, name: "casesOfWindow" },
  ],
  syncRuns: [{ key: { startedAt: -1 }, name: "kept90Days", expireAfterSeconds: RUNS_KEPT_SECONDS }],
} as const satisfies Partial<Record<keyof Omit<Database, "db">, IndexDescription[]>>;

/** Collections that a source brings with it: what their documents are like, and their indexes. */
export type OwnCollections = Readonly<Record<string, { schema: z.ZodType; indexes: IndexDescription[] }>>;

function indexesWith(own: OwnCollections): [string, readonly IndexDescription[]][] {
  const theirs = Object.entries(own).map(([name, { indexes }]): [string, IndexDescription[]] => [
    name,
    indexes,
  ]);
  return [...Object.entries(INDEXES), ...theirs.filter(([, indexes]) => indexes.length > 0)];
}

/** What an index does, whatever its name: others may have made it before. */
function meaningOf(index: Partial<IndexDescription>): string {
  const {
    key,
    unique = false,
    sparse = false,
    partialFilterExpression = null,
    expireAfterSeconds = null,
  } = index;
  return JSON.stringify([key, unique, sparse, partialFilterExpression, expireAfterSeconds]);
}

const NO_SUCH_COLLECTION = 26;

async function indexesOf(db: Db, collection: string): Promise<IndexDescription[]> {
  try {
    return await db.collection(collection).indexes();
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NO_SUCH_COLLECTION) return [];
    throw error;
  }
}

/** Those that a collection lacks, by what they index. */
async function missingIndexes(db: Db, collection: string, wanted: readonly IndexDescription[]) {
  const there = new Set((await indexesOf(db, collection)).map(meaningOf));
  return wanted.filter((index) => !there.has(meaningOf(index)));
}

/**
 * Makes sure of every index; what is there already, under whichever name, costs one question. A unique one that the
 * documents of others do not allow is left out: `doctor` says so.
 */
export async function ensureIndexes({ db }: Pick<Database, "db">, own: OwnCollections = {}): Promise<void> {
  await allOf(
    indexesWith(own).map(async ([name, wanted]) => {
      const missing = await missingIndexes(db, name, wanted);
      try {
        if (missing.length > 0) await db.collection(name).createIndexes([...missing]);
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        const plain = missing.filter(({ unique }) => !unique);
        if (plain.length > 0) await db.collection(name).createIndexes(plain);
      }
    }),
  );
}

/**
 * Before version 0.2 contracts and buyers had texts for `_id`s: nothing in such a database is changed.
 * @throws ConfigError that says what to do
 */
export async function refuseEarlierVersion({ db }: Pick<Database, "db">): Promise<void> {
  const isText = { _id: { $gte: "" } } as Document;
  const found = await Promise.all(
    ["contracts", "buyers"].map((name) => db.collection(name).findOne(isText, { projection: { _id: 1 } })),
  );
  if (found.every((one) => one === null)) return;
  throw new ConfigError(
    `The database ${db.databaseName} was filled by an earlier version of this project, whose contracts and buyers have texts for _ids: nothing in it was changed. Set MONGODB_DB to the name of a new database, or drop this one, and all of it is read again.`,
  );
}

/** What each collection's documents must be like. */
const VALIDATORS = {
  syncWindows: validatorOf(windowSchema),
  syncJobs: validatorOf(syncJobSchema),
  // Documents that others make there have none of these two fields, and are not checked.
  contracts: ownOnly("tags", validatorOf(contractSchema)),
  processes: validatorOf(processSchema),
  buyers: ownOnly("version", validatorOf(buyerSchema)),
  quarantine: validatorOf(quarantineSchema),
  syncRuns: validatorOf(syncRunSchema),
  rateLimits: validatorOf(rateLimitSchema),
  noticeGaps: validatorOf(noticeGapSchema),
  assumptions: validatorOf(assumptionSchema),
  alerts: validatorOf(alertSchema),
  watches: validatorOf(watchSchema),
  digests: validatorOf(digestSchema),
} as const satisfies Record<keyof Omit<Database, "db"> | "alerts" | "watches" | "digests", Document>;

// `moderate`: documents of an older version that no longer fit can still be changed.
const RULES = { validationLevel: "moderate", validationAction: "error" };
// The tier counts an index as it lies on disk: compressed, and in blocks of 512 bytes instead of 4096, it takes about half.
const COMPRESSED = {
  storageEngine: { wiredTiger: { configString: "block_compressor=zstd,allocation_size=512" } },
};

const NAMESPACE_EXISTS = 48;

/**
 * Makes the collections that are not there, and brings the validators of the others up to date; one question when nothing
 * has changed, and the same from two invocations at once. A user without the right to it is no reason not to run.
 */
export async function ensureCollections(
  { db }: Pick<Database, "db">,
  log: Logger,
  own: OwnCollections = {},
): Promise<void> {
  try {
    const differing = await differingCollections(db, own);
    await allOf(
      differing.map(async ({ name, validator, exists }) => {
        if (!exists && (await createdNow(db, name, validator))) return;
        await db.command({ collMod: name, validator, ...RULES });
      }),
    );
  } catch (error) {
    if (!isNotAllowed(error)) throw error;
    log.warn({ err: error }, "MongoDB's validators are not up to date: this user may not change them");
  }
}

/** False when another invocation was faster. */
async function createdNow(db: Db, name: string, validator: Document): Promise<boolean> {
  const options = { validator, ...RULES };
  const isThere = (error: unknown) => error instanceof MongoServerError && error.code === NAMESPACE_EXISTS;
  try {
    try {
      await db.createCollection(name, { ...options, indexOptionDefaults: COMPRESSED });
    } catch (error) {
      if (isThere(error)) throw error;
      await db.createCollection(name, options); // a server or tier that does not take options of its storage engine
    }
    return true;
  } catch (error) {
    if (!isThere(error)) throw error;
    return false;
  }
}

async function differingCollections(
  db: Db,
  own: OwnCollections,
): Promise<{ name: string; validator: Document; exists: boolean }[]> {
  const there = await db.listCollections<CollectionInfo>({}).toArray();
  const known = new Map(there.map(({ name, options = {} }) => [name, options]));
  const theirs = Object.entries(own).map(([name, { schema }]): [string, Document] => [
    name,
    validatorOf(schema),
  ]);
  return [...Object.entries(VALIDATORS), ...theirs].flatMap(([name, validator]) => {
    const { validator: old, validationLevel, validationAction } = known.get(name) ?? {};
    const now = { validator: old, validationLevel, validationAction };
    if (same(now, { validator, ...RULES })) return [];
    return [{ name, validator, exists: known.has(name) }];
  });
}

/** Indexes and validators that collections lack, or have in another form: `contracts.buyer`, `buyers: validator`. */
export async function schemaDifferences(
  { db }: Pick<Database, "db">,
  own: OwnCollections = {},
): Promise<string[]> {
  const differing = await differingCollections(db, own);
  const absent = new Set(differing.filter(({ exists }) => !exists).map(({ name }) => name));
  const validators = differing.filter(({ exists }) => exists).map(({ name }) => `${name}: validator`);
  const indexes = await allOf(
    indexesWith(own)
      .filter(([name]) => !absent.has(name))
      .map(async ([collection, wanted]) => {
        const missing = await missingIndexes(db, collection, wanted);
        return missing.map(({ name }) => `${collection}.${name}`);
      }),
  );
  return [...indexes.flat(), ...validators];
}
