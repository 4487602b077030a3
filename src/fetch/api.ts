// Questions to an API that lists releases by time, and what their answers echo.

import type { Row } from "../terms/release.ts";
import type { Api, Question } from "../terms/source.ts";
import { ALL_STAGES } from "../terms/window.ts";

export type { Api, Question };

export function pageUrl(api: Api, origin: string, question: Question): string {
  const stages = question.stage === ALL_STAGES ? "" : `&stages=${encodeURIComponent(question.stage)}`;
  return `${origin}${api.path}?${api.fromName}=${question.lo}&${api.toName}=${question.hi}&limit=${question.limit}${stages}`;
}

/** Whether the `uri` that a page echoes is the question that was asked: null when it says nothing that can be compared. */
export function echoes(api: Api, question: Question, uri: string): boolean | null {
  if (!URL.canParse(uri)) return null;
  const echoed = new URL(uri).searchParams;
  if (!echoed.has(api.fromName) && !echoed.has(api.toName)) return null;
  const stage = question.stage === ALL_STAGES ? null : question.stage;
  return (
    echoed.get(api.fromName)?.slice(0, 19) === question.lo &&
    echoed.get(api.toName)?.slice(0, 19) === question.hi &&
    echoed.get("stages") === stage
  );
}

/** The stage whose lane lists a row, by its tags; null when no lane is known to. */
export function stageOf(row: Row): string | null {
  for (const tag of row.tags) {
    if (tag.startsWith("planning")) return "planning";
    if (tag.startsWith("tender")) return "tender";
    if (tag.startsWith("award")) return "award";
    if (tag.startsWith("implementation") || tag.startsWith("contract")) return "implementation";
  }
  return null;
}

const noticeIdPattern = /^(\d{6})-(\d{4})$/;

/** Where rows come by id, the ids are one sequence a year: `075962-2026`. */
export function noticeNumber(releaseId: string): { year: number; number: number } | null {
  const match = noticeIdPattern.exec(releaseId);
  return match ? { year: Number(match[2]), number: Number(match[1]) } : null;
}

export function noticeId(year: number, number: number): string {
  return `${String(number).padStart(6, "0")}-${year}`;
}
