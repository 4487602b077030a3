// What an answer of a site means: one closed table. An answer counts only when it is XML with the root element that the
// question asks for; a firewall's page comes with status 200 too. Pure.
import type { Question } from "./service.ts";
import { type Element, rootOf } from "./xml.ts";

export interface SiteAnswer {
  status: number;
  contentType: string | null;
  retryAfter: string | null;
  location: string | null;
  body: Uint8Array;
}

export type Outcome =
  | { kind: "answered"; root: Element }
  /** A firewall, or the site itself, does not want this client. */
  | { kind: "blocked"; why: string }
  /** ASP.NET with GET switched off. */
  | { kind: "GET is off" }
  /** Another program answers here, or none: asking again cannot help. */
  | { kind: "no service"; why: string }
  /** The site asks for a pause. */
  | { kind: "wait"; why: string; retryAfter: string | null }
  /** What may be gone next time. */
  | { kind: "trouble"; why: string };

const ROOTS = {
  GetCommittees: "committees",
  GetMeetings: "getmeetings",
  GetAllMeetingsByDate: "getmeetingsbydate",
  GetMeeting: "meeting",
} as const satisfies Record<Question["operation"], string>;

const FIREWALL =
  /incapsula|just a moment|cf-chl|attention required|access denied|captcha|request unsuccessful/i;

export function judgeAnswer(question: Question, answer: SiteAnswer): Outcome {
  const text = new TextDecoder().decode(answer.body);
  const { status } = answer;
  if (status === 200) return judgeText(question, text);
  if (status === 429) return { kind: "wait", why: "429", retryAfter: answer.retryAfter };
  if (status === 401 || status === 403) return { kind: "blocked", why: `${status} ${titleOf(text)}` };
  if (status === 404 || status === 410) return { kind: "no service", why: `${status}: nothing is there` };
  if (status >= 300 && status < 400)
    return { kind: "no service", why: `${status}: it points to ${answer.location ?? "nowhere"}` };
  if (status === 503 && FIREWALL.test(text)) return { kind: "blocked", why: `503 ${titleOf(text)}` };
  if (/request format is unrecognized/i.test(text)) return { kind: "GET is off" };
  if (/web service method name is not valid/i.test(text))
    return { kind: "no service", why: `it has no ${question.operation}` };
  if (status === 405) return { kind: "GET is off" };
  return { kind: "trouble", why: `status ${status} ${excerpt(text)}`.trim() };
}

function judgeText(question: Question, text: string): Outcome {
  if (text.trim() === "") return { kind: "trouble", why: "an empty answer" };
  const expected = ROOTS[question.operation];
  const root = rootOf(text);
  if (root?.localName === expected) return { kind: "answered", root };
  if (FIREWALL.test(text) && !root?.localName?.startsWith(expected))
    return { kind: "blocked", why: `200, but a firewall's page of ${text.length} characters` };
  if (/<html|<!doctype html/i.test(text.slice(0, 1000)))
    return { kind: "no service", why: `200, but a web page: ${titleOf(text)}` };
  if (root) return { kind: "trouble", why: `200, but <${root.nodeName}> where <${expected}> was expected` };
  return { kind: "trouble", why: `200, but not whole XML: ${excerpt(text)}` };
}

function titleOf(text: string): string {
  return /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim() || excerpt(text);
}

function excerpt(text: string): string {
  return text.slice(0, 120).replaceAll(/\s+/g, " ").trim();
}
