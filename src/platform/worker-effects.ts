// The real effects: the only place, with logger.ts and database.ts, that touches the clock, timers and the network.
import { ObjectId } from "mongodb";
import { type Effects, type HttpAnswer, type HttpGet, TransportError } from "./effects.ts";
import { post } from "./post.ts";

export const USER_AGENT =
  "tendhunt-data-sync/0.1 (public procurement mirror; one polite client per database)";

export const workerEffects: Effects = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms))),
  get: getAs(USER_AGENT),
  post,
  random: () => Math.random(),
  newId: () => new ObjectId(),
};

export function getAs(userAgent: string): HttpGet {
  return (url, { timeoutMs }) => httpGet(url, { timeoutMs, userAgent });
}

async function httpGet(
  url: string,
  { timeoutMs, userAgent }: { timeoutMs: number; userAgent: string },
): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      headers: { "User-Agent": userAgent, Accept: "application/json" },
      redirect: "manual",
      signal,
    });
    const body = new Uint8Array(await response.arrayBuffer());
    const expected = response.headers.get("content-length");
    if (expected !== null && !response.headers.has("content-encoding") && Number(expected) > body.length) {
      throw new TransportError(`the body ended after ${body.length} of ${expected} bytes`, {
        timedOut: false,
      });
    }
    return { status: response.status, retryAfter: response.headers.get("retry-after"), body };
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const what = signal.aborted ? `no answer within ${timeoutMs} ms` : describe(error);
    throw new TransportError(what, { timedOut: signal.aborted, cause: error });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's fetch says only "fetch failed"; its cause says what.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
