// The APIs' rate limit, in two ways. `counted`: so many requests within so many seconds, exactly. `estimated`: as an AWS
// WAF rate rule behaves, which weighs recent requests more, acts late, lets go late and counts what it refuses.
import { createRandom } from "./random.ts";

export interface CountedLimit {
  kind?: "counted";
  requests: number;
  perSeconds: number;
  retryAfterSeconds: number;
  /** One budget for both APIs (api-facts: it may be so). */
  shared?: boolean;
}

export interface EstimatedLimit {
  kind: "estimated";
  /** The estimate that is too high. */
  requests: number;
  retryAfterSeconds: number;
  shared?: boolean;
  /** A request's weight falls to 1/e in this time. */
  memorySeconds: number;
  /** What a request adds to the estimate when it comes. */
  weight: number;
  /** From when the estimate is too high to the first refusal: somewhere between these two. */
  actsAfterSeconds: readonly [number, number];
  /** How long refusals go on after the estimate is no longer too high. */
  letsGoAfterSeconds: number;
  countsRefused: boolean;
}

export type LimitOptions = CountedLimit | EstimatedLimit;

/** As documented: 12 requests in two minutes. */
export const COUNTED_LIMIT: CountedLimit = { requests: 12, perSeconds: 120, retryAfterSeconds: 120 };

/**
 * Fitted to what was measured (api-facts, Rate): 19 requests back to back all answered, then 10 of 16 refused; one every
 * 6 s, 5 of 14 refused; every 11 s, 7 of 13; every 13 s, 0 of 123. Its limit lies at one every 12.6 s.
 */
export const ESTIMATED_LIMIT: EstimatedLimit = {
  kind: "estimated",
  requests: 12,
  retryAfterSeconds: 120,
  memorySeconds: 25,
  weight: 4.75,
  actsAfterSeconds: [20, 30],
  letsGoAfterSeconds: 30,
  countsRefused: true,
};

export interface Limiter {
  /** Whether a request at `now` is answered; instants never go back. */
  admits(now: number): boolean;
}

export function createLimiter(options: LimitOptions, seed: number): Limiter {
  return options.kind === "estimated" ? estimating(options, seed) : counting(options);
}

function counting({ requests, perSeconds }: CountedLimit): Limiter {
  const taken: number[] = [];
  return {
    admits(now) {
      while (taken[0] !== undefined && taken[0] <= now - perSeconds * 1000) taken.shift();
      if (taken.length >= requests) return false;
      taken.push(now);
      return true;
    },
  };
}

function estimating(options: EstimatedLimit, seed: number): Limiter {
  const { requests, memorySeconds, weight, actsAfterSeconds, letsGoAfterSeconds, countsRefused } = options;
  const random = createRandom(seed ^ 0x3af);
  const memoryMs = memorySeconds * 1000;
  let estimate = 0;
  let last = 0;
  /** Refusals begin at `from` and end at `until`. */
  let acting: { from: number; until: number } | null = null;
  return {
    admits(now) {
      estimate *= Math.exp(-(now - last) / memoryMs);
      last = now;
      if (acting && now >= acting.until) acting = null;
      const refused = acting !== null && now >= acting.from;
      if (!refused || countsRefused) estimate += weight;
      if (estimate > requests) {
        const tooHighUntil = now + memoryMs * Math.log(estimate / requests);
        const until = tooHighUntil + letsGoAfterSeconds * 1000;
        const [least, most] = actsAfterSeconds;
        if (acting) acting.until = Math.max(acting.until, until);
        else {
          const from = now + (least + random() * (most - least)) * 1000;
          acting = { from, until: Math.max(until, from) };
        }
      }
      return !refused;
    },
  };
}
