// The MongoDB client and the collections. One client per invocation: one kept across invocations fails every second
// time in workerd (design.md §8).
import {
  type Collection,
  type CollectionInfo,
  type Db,
  type Document,
  type IndexDescription,
  MongoClient,
  type MongoClientOptions,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";
import type { z } from "zod";
import {
  alertSchema,
  type Buyer,
  buyerSchema,
  type Contract,
  contractSchema,
  type NoticeGap,
  noticeGapSchema,
  type Quarantined,
  quarantineSchema,
  type RateLimit,
  rateLimitSchema,
  type SyncJob,
  type SyncRun,
  type SyncWindow,
  syncJobSchema,
  syncRunSchema,
  windowSchema,
} from "../terms/documents.ts";
import { ConfigError } from "../terms/errors.ts";
import type { Logger } from "./logger.ts";
import { validatorOf } from "./validators.ts";

export interface Database {
  db: Db;
  syncWindows: Collection<SyncWindow>;
  syncJobs: Collection<SyncJob>;
  contracts: Collection<Contract>;
  buyers: Collection<Buyer>;
  quarantine: Collection<Quarantined>;
  syncRuns: Collection<SyncRun>;
  rateLimits: Collection<RateLimit>;
  noticeGaps: Collection<NoticeGap>;
}

export function collectionsOf(db: Db): Database {
  return {
    db,
    syncWindows: db.collection("syncWindows"),
    syncJobs: db.collection("syncJobs"),
    contracts: db.collection("contracts"),
    buyers: db.collection("buyers"),
    quarantine: db.collection("quarantine"),
    syncRuns: db.collection("syncRuns"),
    rateLimits: db.collection("rateLimits"),
    noticeGaps: db.collection("noticeGaps"),
  };
}

// At most six connections may be open in a Worker; polling needs no second one for monitoring (design.md §8).
const CONNECTIONS = 2;
const CLIENT_OPTIONS: MongoClientOptions = {
  serverMonitoringMode: "poll",
  heartbeatFrequencyMS: 30_000,
  maxPoolSize: CONNECTIONS,
  minPoolSize: 0,
  connectTimeoutMS: 10_000,
  serverSelectionTimeoutMS: 10_000,
  socketTimeoutMS: 30_000,
  ignoreUndefined: true,
  appName: "tendhunt-data-sync",
};

/** Connects, hands over the database, and closes whatever happens. @throws ConfigError when MongoDB cannot be reached */
export async function withDatabase<T>(
  options: { uri: string; name: string; connections?: number },
  use: (db: Db) => Promise<T>,
): Promise<T> {
  let client: MongoClient;
  try {
    const { connections: maxPoolSize = CONNECTIONS } = options;
    client = new MongoClient(options.uri, { ...CLIENT_OPTIONS, maxPoolSize });
  } catch (cause) {
    throw new ConfigError("MONGODB_URI is not a connection string that MongoDB's driver understands.", {
      cause,
    });
  }
  try {
    try {
      await client.connect();
    } catch (cause) {
      throw new ConfigError(unreachable(cause), { cause });
    }
    return await use(client.db(options.name));
  } finally {
    await client.close();
  }
}

/** The server, or the way to it: no fault of what was written, and the next invocation tries again. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  const isOfConnection =
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError;
  const isOfServer = error.hasErrorLabel("RetryableWriteError") || error.hasErrorLabel("ResetPool");
  return (
    isOfConnection || isOfServer || /PoolCleared|PoolClosed|TopologyClosed|ClientClosed/.test(error.name)
  );
}

function unreachable(cause: unknown): string {
  const reason =
    cause instanceof Error ? cause.message.replaceAll(/mongodb(\+srv)?:\/\/\S+/g, "[uri]") : "unknown";
  return (
    `MongoDB cannot be reached with MONGODB_URI: ${reason}. Expected is a running server that accepts this user. ` +
    "Check the secret, the user's password and the IP access list; nothing was changed, and the next run tries again."
  );
}

const RUNS_KEPT_SECONDS = 90 * 86_400;

/** Every index by its collection, and no more (docs/queries.md: the question that each one serves). */
export const INDEXES = {
  syncWindows: [{ key: { source: 1, status: 1, from: -1 }, name: "claim" }],
  contracts: [
    { key: { source: 1, publishedDate: -1 }, name: "bySourceAndDate" },
    { key: { buyerId: 1 }, name: "buyer" },
    // Only of what is open: few of all, and a notice leaves it for good when its deadline has passed.
    { key: { deadlineDate: 1, stage: 1 }, name: "open", partialFilterExpression: { status: "OPEN" } },
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

/** Makes sure of every index; what is there already costs nothing. */
export async function ensureIndexes({ db }: Database, own: OwnCollections = {}): Promise<void> {
  await Promise.all(
    indexesWith(own).map(([name, indexes]) => db.collection(name).createIndexes([...indexes])),
  );
}

/** What each collection's documents must be like. */
const VALIDATORS = {
  syncWindows: validatorOf(windowSchema),
  syncJobs: validatorOf(syncJobSchema),
  contracts: validatorOf(contractSchema),
  buyers: validatorOf(buyerSchema),
  quarantine: validatorOf(quarantineSchema),
  syncRuns: validatorOf(syncRunSchema),
  rateLimits: validatorOf(rateLimitSchema),
  noticeGaps: validatorOf(noticeGapSchema),
  alerts: validatorOf(alertSchema),
} as const satisfies Record<keyof Omit<Database, "db"> | "alerts", Document>;

// `moderate`: documents of an older version that no longer fit can still be changed.
const RULES = { validationLevel: "moderate", validationAction: "error" };
// The tier counts an index as it lies on disk: compressed, and in blocks of 512 bytes instead of 4096, it takes about half.
const COMPRESSED = {
  storageEngine: { wiredTiger: { configString: "block_compressor=zstd,allocation_size=512" } },
};

const NAMESPACE_EXISTS = 48;
const UNAUTHORIZED = 13;
const ATLAS_ERROR = 8000; // its own word for what a user or a tier may not do; and for a full database

function isNotAllowed(error: unknown): boolean {
  if (!(error instanceof MongoServerError)) return false;
  return error.code === UNAUTHORIZED || (error.code === ATLAS_ERROR && !/space quota/i.test(error.message));
}

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
    await Promise.all(
      differing.map(async ({ name, validator, exists }) => {
        if (!exists && (await made(db, name, validator))) return;
        await db.command({ collMod: name, validator, ...RULES });
      }),
    );
  } catch (error) {
    if (!isNotAllowed(error)) throw error;
    log.warn({ err: error }, "MongoDB's validators are not up to date: this user may not change them");
  }
}

/** False when another invocation was faster. */
async function made(db: Db, name: string, validator: Document): Promise<boolean> {
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
    if (JSON.stringify(now) === JSON.stringify({ validator, ...RULES })) return [];
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
  const indexes = await Promise.all(
    indexesWith(own)
      .filter(([name]) => !absent.has(name))
      .map(async ([collection, wanted]) => {
        const there = await db.collection(collection).indexes();
        const has = ({ name, key }: IndexDescription) =>
          there.some((one) => one.name === name && JSON.stringify(one.key) === JSON.stringify(key));
        return wanted.filter((index) => !has(index)).map(({ name }) => `${collection}.${name}`);
      }),
  );
  return [...indexes.flat(), ...validators];
}
