// The MongoDB client and the collections. One client per invocation: one kept across invocations fails every second
// time in workerd (design.md §8).
import {
  type Collection,
  type Db,
  type IndexDescription,
  MongoClient,
  type MongoClientOptions,
} from "mongodb";
import type {
  Buyer,
  Contract,
  NoticeGap,
  Quarantined,
  RateLimit,
  SyncJob,
  SyncRun,
  SyncWindow,
} from "../terms/documents.ts";
import { ConfigError } from "../terms/errors.ts";

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
const CLIENT_OPTIONS: MongoClientOptions = {
  serverMonitoringMode: "poll",
  heartbeatFrequencyMS: 30_000,
  maxPoolSize: 2,
  minPoolSize: 0,
  connectTimeoutMS: 10_000,
  serverSelectionTimeoutMS: 10_000,
  socketTimeoutMS: 30_000,
  ignoreUndefined: true,
  appName: "tendhunt-data-sync",
};

/** Connects, hands over the database, and closes whatever happens. @throws ConfigError when MongoDB cannot be reached */
export async function withDatabase<T>(
  options: { uri: string; name: string },
  use: (db: Db) => Promise<T>,
): Promise<T> {
  let client: MongoClient;
  try {
    client = new MongoClient(options.uri, CLIENT_OPTIONS);
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
    { key: { buyerId: 1, publishedDate: -1 }, name: "byBuyer" },
    { key: { stage: 1, deadlineDate: -1 }, name: "byDeadline" },
  ],
  syncRuns: [{ key: { startedAt: -1 }, name: "kept90Days", expireAfterSeconds: RUNS_KEPT_SECONDS }],
} as const satisfies Partial<Record<keyof Omit<Database, "db">, IndexDescription[]>>;

/** Makes sure of every index; what is there already costs nothing. */
export async function ensureIndexes({ db }: Database): Promise<void> {
  await Promise.all(
    Object.entries(INDEXES).map(([name, indexes]) => db.collection(name).createIndexes([...indexes])),
  );
}
