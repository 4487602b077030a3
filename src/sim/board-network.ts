// The board minutes' replica as the Worker's fetch sees it, in simulated time.
import { type HttpAnswer, type HttpOptions, TransportError } from "../platform/effects.ts";
import type { BoardReplica } from "../replica/moderngov/replica.ts";

/** Where the replica's sites are. */
export const BOARDS_URL = "http://boards.example";

export interface Delivery {
  /** After so long the answer, or its absence, is known. */
  ms: number;
  answer: HttpAnswer | TransportError;
}

/** What comes of a request that is made at `now`. */
export function deliveryOf(
  replica: BoardReplica,
  { url, options, now }: { url: string; options: HttpOptions; now: number },
): Delivery {
  const { headers = {}, body = "", timeoutMs } = options;
  const method = options.body === undefined ? "GET" : "POST";
  const lowerCased = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const {
    status,
    headers: said,
    body: whole,
    transport,
  } = replica.handle({ url, method, headers: lowerCased, body, now });
  const seen = {
    ...{ status, retryAfter: said["retry-after"] ?? null },
    ...{ contentType: said["content-type"] ?? null, location: said["location"] ?? null },
  };
  switch (transport?.kind) {
    case "slow":
      return transport.ms >= timeoutMs
        ? {
            ms: timeoutMs,
            answer: new TransportError(`no answer within ${timeoutMs} ms`, { timedOut: true }),
          }
        : { ms: transport.ms, answer: { ...seen, body: whole } };
    case "reset":
      return { ms: 0, answer: new TransportError("connection reset", { timedOut: false }) };
    case "truncated":
      return { ms: 0, answer: { ...seen, body: whole.subarray(0, Math.floor(whole.length / 2)) } };
    case undefined:
      return { ms: 0, answer: { ...seen, body: whole } };
  }
}
