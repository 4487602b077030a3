// Asks one site: one request at a time, at most one a second, under the operator's address. What is retried is a closed
// table; a site that does not want this client is left alone, never disguised to.
import manifest from "../../../package.json" with { type: "json" };
import { type Effects, type HttpAnswer, type HttpOptions, TransportError } from "../../platform/effects.ts";
import { ApiError, DeadlineReached } from "../../terms/errors.ts";
import { judgeAnswer, type Outcome } from "./judge.ts";
import { PDF_BYTES_MAX } from "./pdf.ts";
import { ROBOT_NAME, type Robots, readRobots, robotsTextOf } from "./robots.ts";
import { type Question, requestFor, type Via } from "./service.ts";
import { SiteClosed } from "./site-closed.ts";
import type { Element } from "./xml.ts";

export interface ClientOptions {
  site: string;
  baseUrl: string;
  /** What is known of it; both may change while it is asked. */
  via: Via;
  slow: boolean;
  /** robots.txt as it was read today; null: it is asked for first. */
  robotsText: string | null;
  contact: string;
  effects: Pick<Effects, "get" | "now">;
  remainingMs: () => number;
  /** Keeps leases alive. */
  wait: (ms: number) => Promise<void>;
  /** Makes leases last through a call that may take so long. */
  hold: (ms: number) => Promise<void>;
  tally: { requests: number; answers: number; refusals: number; retries: number };
}

export interface Downloaded {
  bytes: Uint8Array;
  /** False: it had more than is read. */
  whole: boolean;
}

export interface SiteClient {
  readonly via: Via;
  readonly slow: boolean;
  readonly robotsText: string | null;
  /** The root element of the answer. @throws SiteClosed, ApiError, DeadlineReached */
  ask(question: Question): Promise<Element>;
  /** A page or a PDF of the site, if robots.txt and the site allow it; null otherwise. @throws DeadlineReached */
  download(url: string): Promise<Downloaded | null>;
}

const TIMEOUT_MS = 30_000; // hosted sites answer within a second
const SLOW_TIMEOUT_MS = 150_000; // Brighton, Halton, Wiltshire: 30 to 90 s a call; clients wait 60 to 150 s
const SLOW_FROM_MS = 15_000;
/** The soft deadline leaves 120 of the platform's 900 s: an answer has to come within them. */
const AFTER_DEADLINE_MS = 90_000;
const NO_ANSWER = "no answer in time";
const TRIES_MAX = 3;
const PAUSE_AFTER_TROUBLE_MS = 5_000;
const REFUSALS_MAX = 3;
const RETRY_AFTER_MS_MAX = 600_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

interface State {
  via: Via;
  slow: boolean;
  nextAt: number;
  robots: Robots | null;
  robotsText: string | null;
}

export function createClient(options: ClientOptions): SiteClient {
  const known = options.robotsText === null ? null : readRobots(options.baseUrl, options.robotsText);
  const state: State = {
    ...{ via: options.via, slow: options.slow, robots: known, robotsText: options.robotsText },
    nextAt: options.effects.now().getTime() + (known?.pauseMs ?? 1000), // an earlier client may have asked a moment ago
  };
  const line = openLine(options, state);
  return {
    get via() {
      return state.via;
    },
    get slow() {
      return state.slow;
    },
    get robotsText() {
      return state.robotsText;
    },
    ask: (question) => askUntilAnswered({ ...options, state, line }, question),
    async download(url) {
      if (!(await line.robots()).allows(url)) return null;
      const accept = { Accept: "text/html, application/pdf" };
      const answer = await line.send(url, { headers: accept, bytesMax: PDF_BYTES_MAX });
      if (answer instanceof TransportError || answer.status !== 200) return null;
      return { bytes: answer.body, whole: answer.cutAt === undefined };
    },
  };
}

/** What goes over the wire, a second apart, and what robots.txt says of it. */
interface Line {
  send(url: string, request: Partial<HttpOptions>): Promise<HttpAnswer | TransportError>;
  robots(): Promise<Robots>;
  pause(ms: number): Promise<void>;
}

function openLine(options: ClientOptions, state: State): Line {
  const { site, baseUrl, contact, effects, remainingMs, wait, hold, tally } = options;

  async function send(url: string, request: Partial<HttpOptions>): Promise<HttpAnswer | TransportError> {
    const pauseMs = Math.max(0, state.nextAt - effects.now().getTime());
    if (pauseMs >= remainingMs()) throw new DeadlineReached(`${site}: the next request would come too late`);
    if (pauseMs > 0) await wait(pauseMs);
    const timeoutMs = Math.min(state.slow ? SLOW_TIMEOUT_MS : TIMEOUT_MS, remainingMs() + AFTER_DEADLINE_MS);
    await hold(timeoutMs);
    const begun = effects.now().getTime();
    tally.requests++;
    const headers = { "User-Agent": `${ROBOT_NAME}/${manifest.version} (+${contact})`, ...request.headers };
    try {
      const answer = await effects.get(url, { bytesMax: ANSWER_BYTES_MAX, ...request, timeoutMs, headers });
      if (effects.now().getTime() - begun >= SLOW_FROM_MS) state.slow = true;
      return answer;
    } catch (error) {
      if (error instanceof TransportError) return error;
      throw error;
    } finally {
      // After the answer, not after the question: a second apart when they arrive, however long they are on the way.
      state.nextAt = effects.now().getTime() + (state.robots?.pauseMs ?? 1000);
    }
  }

  async function robots(): Promise<Robots> {
    if (state.robots) return state.robots;
    const answer = await send(`${new URL(baseUrl).origin}/robots.txt`, { headers: { Accept: "text/plain" } });
    const text = answer instanceof TransportError ? null : robotsTextOf(answer);
    if (text === null) {
      const why = answer instanceof TransportError ? answer.message : `status ${answer.status}`;
      if (answer instanceof TransportError && answer.timedOut) state.slow = true; // next time it gets longer
      throw new SiteClosed("unknown", `${site}: robots.txt did not come: ${why}`);
    }
    state.robotsText = text;
    state.robots = readRobots(baseUrl, text);
    return state.robots;
  }

  async function pause(ms: number): Promise<void> {
    if (ms > remainingMs()) throw new DeadlineReached(`${site}: the next try would come after the deadline`);
    await wait(ms);
  }

  return { send, robots, pause };
}

interface Asking extends ClientOptions {
  state: State;
  line: Line;
}

async function askUntilAnswered(asking: Asking, question: Question): Promise<Element> {
  const { site, baseUrl, effects, tally, state, line } = asking;
  const troubles: string[] = [];
  for (let refusals = 0; troubles.length < TRIES_MAX; ) {
    if (troubles.length > 0) await line.pause(PAUSE_AFTER_TROUBLE_MS * troubles.length);
    const { url, ...request } = requestFor(baseUrl, question, state.via);
    if (!(await line.robots()).allows(url))
      throw new SiteClosed("disallowed", `${site}: robots.txt disallows ${url}`);
    const answer = await line.send(url, request);
    const outcome = outcomeOf(state, question, answer);
    switch (outcome.kind) {
      case "answered":
        tally.answers++;
        return outcome.root;
      case "blocked":
        throw new SiteClosed("blocked", `${site} does not let this client in: ${outcome.why}`);
      case "no service":
        throw new SiteClosed("unknown", `${site}: ${outcome.why}`);
      case "GET is off":
        if (state.via === "SOAP") throw new SiteClosed("unknown", `${site} takes neither GET nor SOAP`);
        state.via = "SOAP";
        break;
      case "wait":
        tally.refusals++;
        if (++refusals >= REFUSALS_MAX)
          throw new SiteClosed("blocked", `${site}: refused ${refusals} times (429)`);
        await line.pause(retryAfterMs(outcome.retryAfter, effects.now()));
        break;
      case "trouble":
        troubles.push(outcome.why);
        tally.retries++;
    }
  }
  const { url } = requestFor(baseUrl, question, state.via);
  if (troubles.every((why) => why === NO_ANSWER))
    throw new SiteClosed("unknown", `${site} did not answer within ${SLOW_TIMEOUT_MS / 1000} s`);
  const message = `${site}: ${TRIES_MAX} tries failed for ${url}: ${[...new Set(troubles)].join("; ")}`;
  throw new ApiError(message, { url, attempts: TRIES_MAX, permanent: false });
}

function outcomeOf(state: State, question: Question, answer: HttpAnswer | TransportError): Outcome {
  if (!(answer instanceof TransportError)) {
    if (answer.cutAt === undefined) return judgeAnswer(question, asSeen(answer));
    return { kind: "trouble", why: `the answer has more than ${answer.cutAt} bytes` };
  }
  if (answer.timedOut) state.slow = true; // the next try gets as long as slow sites need
  return { kind: "trouble", why: answer.timedOut ? NO_ANSWER : answer.message };
}

function asSeen({ status, retryAfter, body, contentType = null, location = null }: HttpAnswer) {
  return { status, retryAfter, body, contentType, location };
}

function retryAfterMs(retryAfter: string | null, now: Date): number {
  const text = retryAfter?.trim() ?? "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Math.min(RETRY_AFTER_MS_MAX, Number.isNaN(ms) ? 60_000 : Math.max(1000, ms));
}
