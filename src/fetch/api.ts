// What differs between the two APIs, as data. Facts: docs of both sites, measured in 2026.
import type { LondonTime } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES, type Source } from "../terms/window.ts";

/** One request for a page: all releases of `stage` published from `lo` to `hi`, both ends inclusive. */
export interface Question {
  stage: string;
  lo: LondonTime;
  hi: LondonTime;
  limit: number;
}

export interface Api {
  source: Source;
  path: string;
  fromName: string;
  toName: string;
  /** Shortest range that the API answers: FaT refuses a range of one second (400). */
  spanSecondsMin: number;
  /** `id`: newest notice id first; `date`: newest date first. */
  order: "id" | "date";
  /** How many rows a full page repeats at its old end, so that dates that are out of line hide nothing. */
  marginRows: number;
  /** One notice by its id, where the API has such a request. */
  lookupPath: ((noticeId: string) => string) | null;
  /** The wait after a refusal that names none. */
  cooldownSeconds: { 429: number; 403: number };
  /** Lanes that an overflowing slice can be split into. */
  stages: string[];
}

export const APIS: Record<Source, Api> = {
  FIND_A_TENDER: {
    source: "FIND_A_TENDER",
    path: "/api/1.0/ocdsReleasePackages",
    fromName: "updatedFrom",
    toName: "updatedTo",
    spanSecondsMin: 1,
    order: "id",
    marginRows: 9,
    lookupPath: (noticeId) => `/api/1.0/ocdsReleasePackages/${encodeURIComponent(noticeId)}`,
    cooldownSeconds: { 429: 120, 403: 300 },
    stages: [], // `stages` hides most rows here
  },
  CONTRACTS_FINDER: {
    source: "CONTRACTS_FINDER",
    path: "/Published/Notices/OCDS/Search",
    fromName: "publishedFrom",
    toName: "publishedTo",
    spanSecondsMin: 1,
    order: "date",
    marginRows: 3,
    lookupPath: null,
    cooldownSeconds: { 429: 120, 403: 300 },
    stages: ["planning", "tender", "award", "implementation"],
  },
};

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

/** The stage whose lane lists a Contracts Finder row, by its tags; null when no lane is known to. */
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

/** FaT's notice ids are one sequence a year. */
export function noticeNumber(releaseId: string): { year: number; number: number } | null {
  const match = noticeIdPattern.exec(releaseId);
  return match ? { year: Number(match[2]), number: Number(match[1]) } : null;
}

export function noticeId(year: number, number: number): string {
  return `${String(number).padStart(6, "0")}-${year}`;
}
