// The real effects: the only place, with logger.ts and database.ts, that touches the clock, timers and the network.
import { ObjectId } from "mongodb";
import manifest from "../../package.json" with { type: "json" };
import { type Effects, type HttpAnswer, type HttpGet, type HttpOptions, TransportError } from "./effects.ts";
import { post } from "./post.ts";

export const USER_AGENT = `tendhunt-data-sync/${manifest.version} (public procurement mirror; one polite client per database)`;

export const workerEffects: Effects = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms))),
  get: getAs(USER_AGENT),
  post,
  random: () => Math.random(),
  newId: () => new ObjectId(),
};

export function getAs(userAgent: string): HttpGet {
  return (url, options) => httpGet(url, { ...options, userAgent });
}

/** Unpacked. A page of 100 has 1 MB; read, an answer takes some six times its bytes of an isolate's 128 MB, for each source. */
export const BODY_BYTES_MAX = 8_000_000;

async function httpGet(
  url: string,
  {
    timeoutMs,
    userAgent,
    headers,
    body: sent,
    bytesMax = BODY_BYTES_MAX,
    take,
  }: HttpOptions & { userAgent: string },
): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      headers: { "User-Agent": userAgent, Accept: "application/json", ...headers },
      redirect: "manual",
      signal,
      ...(sent === undefined ? {} : { method: "POST", body: sent }),
    });
    const { body, length, whole } = await Promise.race([readBody(response, bytesMax, take), timeOf(signal)]);
    const expected = response.headers.get("content-length");
    if (
      whole &&
      expected !== null &&
      !response.headers.has("content-encoding") &&
      Number(expected) > length
    ) {
      throw new TransportError(`the body ended after ${length} of ${expected} bytes`, {
        timedOut: false,
      });
    }
    const header = (name: string) => response.headers.get(name);
    return {
      ...{ status: response.status, retryAfter: header("retry-after") },
      ...{ contentType: header("content-type"), location: header("location") },
      body,
      ...(whole ? {} : { cutAt: bytesMax }),
    };
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const what = signal.aborted ? `no answer within ${timeoutMs} ms` : describe(error);
    throw new TransportError(what, { timedOut: signal.aborted, cause: error });
  }
}

/** A packed body that is cut off has been seen to end never: the time is up for it too. @throws at the signal's abort */
function timeOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Read as it comes, and no further than is wanted: a few packed bytes can be gigabytes. */
async function readBody(
  response: Response,
  bytesMax: number,
  take?: HttpOptions["take"],
): Promise<{ body: Uint8Array; length: number; whole: boolean }> {
  if (response.body === null) return { body: new Uint8Array(0), length: 0, whole: true };
  const taker = response.status === 200 ? take : undefined;
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    length += chunk.value.length;
    if (taker && length <= bytesMax) await taker(chunk.value);
    else chunks.push(chunk.value);
    if (length > bytesMax) {
      void reader.cancel().catch(() => undefined); // nobody waits for what is not wanted
      break;
    }
  }
  if (taker) return { body: new Uint8Array(0), length, whole: length <= bytesMax };
  const body = new Uint8Array(Math.min(length, bytesMax));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk.subarray(0, body.length - at), at);
    at += chunk.length;
  }
  return { body, length, whole: length <= bytesMax };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's fetch says only "fetch failed"; its cause says what.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
