// Answers that are no page: refusals, server errors, and what happens to an answer on its way.
import { CF_FORBIDDEN, PAGE_HEADERS, rateLimitText } from "./envelope.ts";
import type { Fault } from "./faults.ts";
import type { LimitOptions } from "./limit.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** What happens to it on the way. */
  transport?: { kind: "reset" } | { kind: "truncated" } | { kind: "slow"; ms: number };
}

const utf8 = new TextEncoder();

export function json(status: number, text: string): Answer {
  return { status, headers: PAGE_HEADERS, body: utf8.encode(text) };
}

export function refusal(how: Fault, limit: LimitOptions | undefined): Answer {
  if (how === "403-html") {
    return { status: 403, headers: { "content-type": "text/html" }, body: utf8.encode(CF_FORBIDDEN) };
  }
  const seconds = limit?.retryAfterSeconds ?? 120;
  const header: Record<string, string> = how === "429" ? { "retry-after": String(seconds) } : {};
  return {
    status: 429,
    headers: { server: "awselb/2.0", "content-type": "text/plain", ...header },
    body: utf8.encode(rateLimitText(limit?.requests ?? 12, seconds)),
  };
}

/** The answer of a fault that needs no page, or null. */
export function brokenAnswer(fault: Fault): Answer | null {
  switch (fault) {
    case "500":
    case "503":
    case "504":
      return {
        status: Number(fault),
        headers: { server: "awselb/2.0", "content-type": "text/html" },
        body: utf8.encode(`<html><head><title>${fault}</title></head></html>`),
      };
    case "empty-body":
      return { status: 200, headers: PAGE_HEADERS, body: new Uint8Array(0) };
    default:
      return null;
  }
}

export function onTheWay(answer: Answer, fault: Fault, slowMs: number): Answer {
  switch (fault) {
    case "reset":
      return { ...answer, transport: { kind: "reset" } };
    case "truncated":
      return { ...answer, transport: { kind: "truncated" } };
    case "slow":
      return { ...answer, transport: { kind: "slow", ms: slowMs } };
    default:
      return answer;
  }
}
