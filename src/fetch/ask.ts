// One question, asked until it is answered or until it is clear that it will not be now. What is retried is a closed
// table; every try takes a slot of the pacer, and no wait outlives the deadline.
import { type Effects, type HttpAnswer, TransportError } from "../platform/effects.ts";
import { ApiError, type ApiTrouble, DeadlineReached } from "../terms/errors.ts";
import { type Api, pageUrl, type Question } from "./api.ts";
import type { Pacer } from "./pacer.ts";
import { type Page, readPage } from "./page.ts";

export type Answer = {
  url: string;
  /** How many requests it took. */
  requests: number;
} & (
  | { kind: "page"; page: Page }
  /** It came several times and is not a page: ask narrower. */
  | { kind: "unreadable"; reason: string; body: Uint8Array }
  /** It did not come in time, several times: ask narrower. */
  | { kind: "too slow" }
  /** A look-up's answer for an id that does not exist; `byApi`: as the API itself says it, not a page on its way. */
  | { kind: "not found"; byApi: boolean }
);

/** What the run wants to know of the asking. */
export interface AskTally {
  requests: number;
  refusals: number;
  retries: number;
  /** Requests that the API answered with what was asked for, whether or not all of it could be read. */
  answers: number;
}

export interface Asker {
  api: Api;
  origin: string;
  effects: Effects;
  pacer: Pacer;
  cooldownSeconds: number | null;
  remainingMs: () => number;
  wait: (ms: number) => Promise<void>;
  tally: AskTally;
}

/** A page of 100 releases takes the APIs seconds, rarely ten (kingfisher-collect waits 30 s too). */
const REQUEST_TIMEOUT_MS = 30_000;
const TRIES_MAX = 6;
/** The same answer twice is no accident of the network; a third time costs more than asking narrower. */
const UNREADABLE_MAX = 2;
const TIMEOUTS_MAX = 3;
const REFUSALS_MAX = 20;
/** So many troubles in a row before time is up are the question's trouble, and not only the clock's. */
const TROUBLES_MIN = 3;
const RETRY_AFTER_SECONDS_MAX = 3600; // a broken header must not stop a source for days
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 120_000;

/**
 * The answer to one question.
 * @throws DeadlineReached when time is up, ApiError when the API refuses the question or stays out of order
 */
export function ask(asker: Asker, question: Question): Promise<Answer> {
  return askUrl(asker, pageUrl(asker.api, asker.origin, question));
}

/** As `ask`, for a look-up or a `links.next` of this API. */
export async function askUrl(asker: Asker, url: string): Promise<Answer> {
  const troubles: Trouble[] = [];
  try {
    return await askUntilAnswered(asker, url, troubles);
  } catch (error) {
    if (!(error instanceof DeadlineReached) || troubles.length < TROUBLES_MIN) throw error;
    throw new DeadlineReached(error.message, { cause: triesFailed(asker.api, url, troubles) });
  }
}

/** `troubles` grows by one with each try that failed. */
async function askUntilAnswered(asker: Asker, url: string, troubles: Trouble[]): Promise<Answer> {
  const { api, pacer, tally } = asker;
  let unreadable = 0;
  let timeouts = 0;
  let refusals = 0;
  let requests = 0;
  while (troubles.length < TRIES_MAX) {
    if (troubles.length > 0) {
      tally.retries++;
      await backOff(asker, troubles.length);
    }
    await pacer.slot();
    tally.requests++;
    requests++;
    const outcome = judgeAnswer(await fetchOnce(asker, url));
    if (outcome.kind === "page" || outcome.kind === "not found") await pacer.answered();
    switch (outcome.kind) {
      case "page":
        tally.answers++;
        return { kind: "page", page: outcome.page, url, requests };
      case "not found":
        // Of a number it says that there is none; a list that is not there answers nothing.
        if (!url.includes(`${api.fromName}=`)) tally.answers++;
        return { kind: "not found", byApi: outcome.byApi, url, requests };
      case "refused":
        tally.refusals++;
        await pacer.refused(waitMs(asker, outcome));
        // A refusal is the pacer's business, not a failed try; but an API that only refuses ends the claim.
        if (++refusals >= REFUSALS_MAX) throw refusedTooOften(api, { url, status: outcome.status, refusals });
        break;
      case "wrong question":
        throw notTaken(api, { url, outcome, attempts: troubles.length + 1 });
      case "unreadable":
        troubles.push({ kind: "broken", detail: `unreadable: ${outcome.reason}` });
        tally.answers++;
        if (++unreadable >= UNREADABLE_MAX) return { ...stillUnreadable(outcome), url, requests };
        break;
      case "timeout":
        troubles.push({ kind: "slow", detail: "no answer in time" });
        if (++timeouts >= TIMEOUTS_MAX) return { kind: "too slow", url, requests };
        break;
      case "unreachable":
        troubles.push({ kind: "unreachable", detail: outcome.detail });
        break;
      case "trouble":
        troubles.push({ kind: "broken", detail: outcome.detail });
    }
  }
  throw triesFailed(api, url, troubles);
}

/** One try that failed. */
interface Trouble {
  kind: ApiTrouble;
  detail: string;
}

/** Unreachable or slow where every try was, else broken. */
function triesFailed({ source }: Asker["api"], url: string, troubles: readonly Trouble[]): ApiError {
  const attempts = troubles.length;
  const [first = "broken", ...others] = new Set(troubles.map(({ kind }) => kind));
  const kind = others.length === 0 ? first : "broken";
  const details = [...new Set(troubles.map(({ detail }) => detail))].join("; ");
  const message = `${source}: ${attempts} tries failed for ${url}: ${details}`;
  return new ApiError(message, { url, attempts, kind, permanent: false });
}

function refusedTooOften(
  { source }: Asker["api"],
  { url, status, refusals }: { url: string; status: number; refusals: number },
): ApiError {
  return new ApiError(`${source}: refused ${refusals} times in a row (${status}) for ${url}`, {
    ...{ permanent: false, url, status, attempts: refusals },
  });
}

function notTaken(
  { source, settings }: Asker["api"],
  given: { url: string; outcome: { status: number; detail: string }; attempts: number },
): ApiError {
  const { url, attempts } = given;
  const { status, detail } = given.outcome;
  return new ApiError(
    `${source} does not take this request (${status}): ${detail}. Expected is a page of releases; ` +
      `check ${settings.origin} and ${settings.stages}. It was ${url}`,
    { url, status, attempts, permanent: true },
  );
}

type Outcome =
  | { kind: "page"; page: Page }
  | { kind: "not found"; byApi: boolean }
  | { kind: "refused"; status: 403 | 429; retryAfter: string | null }
  | { kind: "wrong question"; status: number; detail: string }
  | { kind: "unreadable"; reason: string; body: Uint8Array; salvaged: Page | null }
  | { kind: "timeout" }
  /** No connection, or it broke. */
  | { kind: "unreachable"; detail: string }
  | { kind: "trouble"; detail: string };

async function fetchOnce(asker: Asker, url: string): Promise<HttpAnswer | TransportError> {
  try {
    return await asker.effects.get(url, { timeoutMs: REQUEST_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
}

/** The closed table: what each answer means. */
function judgeAnswer(answer: HttpAnswer | TransportError): Outcome {
  if (answer instanceof TransportError) {
    return answer.timedOut ? { kind: "timeout" } : { kind: "unreachable", detail: answer.message };
  }
  const { status, retryAfter, body, cutAt } = answer;
  if (status === 200) {
    if (cutAt !== undefined)
      return { kind: "unreadable", reason: `the answer has more than ${cutAt} bytes`, body, salvaged: null };
    const read = readPage(body);
    if (read.kind === "page") return read;
    if (read.kind === "empty") return { kind: "trouble", detail: "an empty body" }; // some 200s are empty (api-facts)
    // A maintenance page with status 200 is trouble like a 503.
    if (read.kind === "foreign") return { kind: "trouble", detail: `status 200, ${read.reason}` };
    return { ...read, body };
  }
  if (status === 429 || status === 403) return { kind: "refused", status, retryAfter };
  if (status === 404) return { kind: "not found", byApi: isJson(body) };
  if (status >= 500 || status === 408 || (status > 200 && status < 300))
    return { kind: "trouble", detail: `status ${status}` };
  return { kind: "wrong question", status, detail: excerpt(body) };
}

/** The same twice: a page whose bad releases stand alone needs no smaller question. */
function stillUnreadable({ reason, body, salvaged }: Extract<Outcome, { kind: "unreadable" }>) {
  return salvaged ? { kind: "page" as const, page: salvaged } : { kind: "unreadable" as const, reason, body };
}

/** Milliseconds that a refusal asks for; seconds, a date, or the API's own default. */
function waitMs(asker: Asker, refusal: { status: 403 | 429; retryAfter: string | null }): number {
  const fallback = asker.cooldownSeconds ?? asker.api.cooldownSeconds[refusal.status];
  const seconds = secondsOf(refusal.retryAfter, asker.effects.now()) ?? fallback;
  return Math.min(RETRY_AFTER_SECONDS_MAX, seconds) * 1000;
}

function secondsOf(retryAfter: string | null, now: Date): number | null {
  if (retryAfter === null) return null;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? null : Math.max(0, (at - now.getTime()) / 1000);
}

async function backOff(asker: Asker, troubles: number): Promise<void> {
  const base = Math.max(BACKOFF_MS_MIN, asker.pacer.intervalMs() / 2);
  const ms = Math.min(BACKOFF_MS_MAX, base * 2 ** (troubles - 1)) * (0.5 + asker.effects.random());
  if (ms > asker.remainingMs()) throw new DeadlineReached("the next try would come after the deadline");
  await asker.wait(ms);
}

/** Both APIs say 404 in JSON; what stands between them and us says it in HTML. */
function isJson(body: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function excerpt(body: Uint8Array): string {
  return new TextDecoder().decode(body.slice(0, 300)).replaceAll(/\s+/g, " ");
}
