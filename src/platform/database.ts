// The MongoDB client and the collections. One client per invocation: one kept across invocations fails every second
// time in workerd (design.md §8).
import {
  type Collection,
  type Db,
  MongoBulkWriteError,
  MongoClient,
  type MongoClientOptions,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";
import type {
  Assumption,
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
import { withoutPieces } from "./redact.ts";

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
  assumptions: Collection<Assumption>;
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
    assumptions: db.collection("assumptions"),
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

/** What the database's clock says. */
export async function databaseTime({ db }: Pick<Database, "db">): Promise<Date> {
  const { localTime }: { localTime?: Date } = await db.command({ hello: 1 });
  if (!localTime) throw new Error("the database does not say what time it is");
  return localTime;
}

/**
 * Connects, hands over the database, and closes whatever happens. No error carries the driver's own: it quotes the string.
 * @throws ConfigError when MongoDB cannot be reached, or its user lacks a right
 */
export async function withDatabase<T>(
  options: { uri: string; name: string; connections?: number },
  use: (db: Db) => Promise<T>,
): Promise<T> {
  const { uri, name, connections: maxPoolSize = CONNECTIONS } = options;
  let client: MongoClient;
  try {
    client = new MongoClient(uri, { ...CLIENT_OPTIONS, maxPoolSize });
  } catch {
    throw new ConfigError(
      "MONGODB_URI is not a connection string that MongoDB's driver understands. Expected is mongodb+srv://user:password@host/ " +
        "or mongodb://…, whole, with every character of user and password percent-encoded that is not a letter or a digit.",
    );
  }
  try {
    try {
      await client.connect();
    } catch (cause) {
      throw new ConfigError(unreachable(cause, uri));
    }
    return await use(client.db(name));
  } catch (error) {
    if (isNotAllowed(error)) throw new ConfigError(lackOfRight(error, name));
    throw error;
  } finally {
    await client.close();
  }
}

const UNAUTHORIZED = 13;
const ATLAS_ERROR = 8000; // its own word for what a user or a tier may not do; and for a full database

export function isNotAllowed(error: unknown): error is MongoServerError {
  if (!(error instanceof MongoServerError)) return false;
  return error.code === UNAUTHORIZED || (error.code === ATLAS_ERROR && !/space quota/i.test(error.message));
}

/** As Promise.all, but waits for all before it throws: an end of the first would close the connection under the others. */
export async function allOf<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

const DUPLICATE_KEY = 11000;

/** Nothing but what was there already was refused. */
export function isDuplicate(error: unknown): boolean {
  if (error instanceof MongoBulkWriteError) {
    // A command that failed as a whole, at a full database or a lost connection, comes as one without any.
    const refused = [error.writeErrors].flat();
    return refused.length > 0 && refused.every(({ code }) => code === DUPLICATE_KEY);
  }
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

function lackOfRight(error: MongoServerError, name: string): string {
  const [what = "it is not authorised"] = withoutQuotes(error.message).split(" to execute command");
  return (
    `The user in MONGODB_URI may not do all that is needed in ${name}: ${what}. Expected are the roles readWrite and dbAdmin on ` +
    `${name} (Atlas: Database Access); \`npm run sync -- doctor\` names what is lacking.`
  );
}

const withoutQuotes = (text: string) => text.slice(0, 200).replaceAll(/\s+/g, " ");

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

function unreachable(cause: unknown, uri: string): string {
  const reason = withoutPieces(cause instanceof Error ? cause.message : "unknown", uri);
  return (
    `MongoDB cannot be reached with MONGODB_URI: ${reason}. Expected is a running server that accepts this user. ` +
    "Check the secret, the user's password and the IP access list; nothing was changed, and the next run tries again."
  );
}
