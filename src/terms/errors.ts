// The errors that callers tell apart, by class, and the kinds that are stored with their messages: nothing sorts errors
// by their texts. Every message says what, where, what was expected, what to do.
import { MongoError } from "mongodb";

/** What went wrong, in a word. `report/` has the sentence for each. */
export const ERROR_KINDS = [
  "refused",
  "slow",
  "broken",
  "rejected",
  "unreachable",
  "full",
  "database",
  "stuck",
  "other",
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export interface NotedError {
  kind: ErrorKind;
  message: string;
}

/** An error as it is stored. */
export function noted(error: unknown): NotedError {
  return { kind: kindOf(error), message: messageOf(error) };
}

function kindOf(error: unknown): ErrorKind {
  if (error instanceof ApiError) return error.kind;
  if (error instanceof StorageFull) return "full";
  return error instanceof MongoError ? "database" : "other";
}

/** What an error may quote of others is not bounded; what is stored and logged of it is. */
const MESSAGE_LENGTH_MAX = 1000;

/** The message of whatever was thrown, cut. */
export function messageOf(error: unknown): string {
  return cut(error instanceof Error ? error.message : String(error));
}

/** The text, at most so long, with a sign where it goes on; never half a character. */
export function cut(text: string, most = MESSAGE_LENGTH_MAX): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}

/** A setting is wrong: nothing was started. Fix the setting; a retry cannot help. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** An API's answer that this invocation cannot use, after the retries it deserved. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly kind: ErrorKind;
  readonly facts: { url: string; status?: number; attempts: number };

  constructor(
    message: string,
    options: { kind: ErrorKind; url: string; status?: number; attempts: number; cause?: unknown },
  ) {
    super(cut(message), { cause: options.cause });
    const { kind, status, attempts } = options;
    const url = cut(options.url);
    this.kind = kind;
    this.facts = status === undefined ? { url, attempts } : { url, status, attempts };
  }
}

/** Another invocation holds the window now: stop at once and write nothing more to it. */
export class ClaimLost extends Error {
  override readonly name = "ClaimLost";

  constructor(windowId: string) {
    super(`${windowId}: its claim was lost, another invocation goes on with it`);
  }
}

const MAKE_ROOM =
  "Choose a later BACKFILL_START_DATE and prune, set STORE_RAW to none, or move to a bigger tier; the next run goes on " +
  "by itself.";

/** The database refuses to grow (quota or disk), or has used up its budget. Make room: prune, or a bigger tier. */
export class StorageFull extends Error {
  override readonly name = "StorageFull";

  constructor(cause: unknown, what = "The database is full: MongoDB refuses writes over its quota.") {
    super(`${what} ${MAKE_ROOM}`, { cause });
  }

  /** By MongoDB, and not just by the budget. */
  get refused(): boolean {
    return this.cause !== null;
  }
}

/** The backfill's share of STORAGE_BUDGET_MB is used up: not a failure, the window waits for room. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

/** The soft deadline, or a wait that would outlive it: not a failure, the next invocation goes on. */
export class DeadlineReached extends Error {
  override readonly name = "DeadlineReached";
}
