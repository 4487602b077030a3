// The errors that callers tell apart, by class. Every message says what, where, what was expected, what to do.

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

/** What an API can do wrong: kinds of the table in trouble.ts. */
export type ApiTrouble = "refused" | "slow" | "broken" | "rejected" | "unreachable";

const isRefusal = (status: number | undefined) => status === 429 || status === 403;

/** An API's answer that this invocation cannot use, after the retries it deserved. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly facts: { url: string; status?: number; attempts: number };
  /** True when the request itself is refused (400, 401): asking again cannot help. */
  readonly permanent: boolean;
  readonly kind: ApiTrouble;

  constructor(
    message: string,
    options: {
      url: string;
      status?: number;
      attempts: number;
      permanent: boolean;
      /** `slow` where nothing came in time; the others follow from status and `permanent`. */
      kind?: ApiTrouble;
      cause?: unknown;
    },
  ) {
    super(cut(message), { cause: options.cause });
    const { status, attempts, permanent } = options;
    this.kind = options.kind ?? (permanent ? "rejected" : isRefusal(status) ? "refused" : "broken");
    const url = cut(options.url);
    this.facts = status === undefined ? { url, attempts } : { url, status, attempts };
    this.permanent = permanent;
  }
}

/** Another invocation holds the window now: stop at once and write nothing more to it. */
export class ClaimLost extends Error {
  override readonly name = "ClaimLost";

  constructor(windowId: string) {
    super(`${windowId}: its claim was lost, another invocation has it`);
  }
}

const MAKE_ROOM =
  "Choose a later BACKFILL_START_DATE and prune, set STORE_RAW to none, or move to a bigger tier; the next run continues " +
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

/**
 * The soft deadline, or a wait that would outlive it: not a failure, the next invocation goes on. Its `cause` is the
 * ApiError of a question that had failed several times in a row by then.
 */
export class DeadlineReached extends Error {
  override readonly name = "DeadlineReached";
}

/** A part of a source (a site) is left alone for now. Nothing is wrong with the window, and the source goes on. */
export class SetAside extends Error {
  override readonly name = "SetAside";
}
