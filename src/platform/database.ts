// The MongoDB client and the collections. One client per invocation: one kept across invocations fails every second
// time in workerd (design.md §8).
import {
  type Collection,
  type Db,
  MongoClient,
  type MongoClientOptions,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerSelectionError,
} from "mongodb";
import type {
  Buyer,
  Contract,
  NoticeGap,
  Process,
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
  processes: Collection<Process>;
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
    processes: db.collection("processes"),
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
