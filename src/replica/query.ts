// What a request asks for: the parameters of both APIs as their servers read them, and the cursors that they hand out.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { fromLondon, isLondonTime, toLondon } from "../terms/london-time.ts";
import type { Published } from "./published.ts";
import { hash } from "./random.ts";
import type { Source } from "./sources.ts";

export const PAGE_MAX = 100;

const FAT_PARAMETERS = ["stages", "limit", "cursor", "updatedFrom", "updatedTo"];
const CF_RECENT_MS = 90 * DAY_MS; // without any window only recent months come back

/** Both ends inclusive, in ms; null where the request names none. */
export interface Range {
  from: number | null;
  to: number;
  size: number;
  wanted: (row: Published) => boolean;
}

export interface Question {
  from: number | null;
  to: number | null;
  size: number;
  stages: string[] | null;
}

/** Find a Tender's question, or what its server says against it. */
export function fatQuestion(query: URLSearchParams, isLenient = false): Question | { bad: string } {
  const unknown = isLenient ? undefined : [...query.keys()].find((name) => !FAT_PARAMETERS.includes(name));
  if (unknown !== undefined) {
    const allowed = FAT_PARAMETERS.join(", ");
    return { bad: `Request parameter '${unknown}' is not recognised, allowed parameters are: ${allowed}` };
  }
  const size = limitOf(query);
  if (size === null) return { bad: "'limit' must be between 1 and 100" };
  const [from, to] = [dateOf(query.get("updatedFrom")), dateOf(query.get("updatedTo"))];
  if (from === "wrong" || to === "wrong") return { bad: "dates must be YYYY-MM-DDTHH:MM:SS" };
  if (from !== null && to !== null && from >= to) return { bad: "'updatedTo' must be after 'updatedFrom'" };
  return { from, to, size, stages: stagesOf(query) };
}

/** Contracts Finder's question: what it cannot read it takes for absent. */
export function cfQuestion(query: URLSearchParams, now: number): Question {
  const [from, to] = [looseDate(query.get("publishedFrom")), looseDate(query.get("publishedTo"))];
  return {
    from: from ?? (to === null ? now - CF_RECENT_MS : null),
    to,
    size: limitOf(query) ?? PAGE_MAX,
    stages: stagesOf(query),
  };
}

export const fromName = (source: Source) => (source === "FIND_A_TENDER" ? "updatedFrom" : "publishedFrom");
export const toName = (source: Source) => (source === "FIND_A_TENDER" ? "updatedTo" : "publishedTo");

const stagesOf = (query: URLSearchParams) => query.get("stages")?.split(",") ?? null;

function limitOf(query: URLSearchParams): number | null {
  const text = query.get("limit") ?? String(PAGE_MAX);
  const limit = Number(text);
  return /^\d+$/.test(text) && limit >= 1 && limit <= PAGE_MAX ? limit : null;
}

/** 19 characters of local time; a trailing Z is ignored. In the hour that autumn repeats: the first. */
function dateOf(text: string | null): number | null | "wrong" {
  if (text === null) return null;
  const wall = text.replace(/Z$/, "");
  return isLondonTime(wall) ? fromLondon(wall).getTime() : "wrong";
}

/** CF takes dates alone, and zones. */
function looseDate(text: string | null): number | null {
  if (text === null) return null;
  for (const wall of [text, `${text}T00:00:00`]) {
    const exact = dateOf(wall);
    if (typeof exact === "number") return exact;
  }
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : secondsFloor(ms);
}

export const secondsFloor = (ms: number) => Math.floor(ms / 1000) * 1000;

export interface Asked {
  source: Source;
  url: URL;
  query: URLSearchParams;
  now: number;
}

/** The question as the page repeats it: as it was asked, without the cursor, and with the end that was left out. */
export function uriOf(
  { source, url, query }: Asked,
  options: {
    origin?: string | undefined;
    leftOut: number | null;
    instead?: Pick<Range, "from" | "to"> | null;
  },
): string {
  const { origin = url.origin, leftOut, instead = null } = options;
  const parts = [...query]
    .filter(([name]) => name !== "cursor")
    .map(([name, value]) => {
      if (instead && name === toName(source)) return `${name}=${toLondon(new Date(instead.to))}`;
      if (instead && instead.from !== null && name === fromName(source))
        return `${name}=${toLondon(new Date(instead.from))}`;
      return `${name}=${value}`;
    });
  if (leftOut !== null) parts.push(`${toName(source)}=${toLondon(new Date(leftOut))}`);
  const path = `${origin}${url.pathname}`;
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}

/** Cursors end in digits that their window decides, so that a changed one is noticed without remembering any. */
const CHECK = 97;

/** `updatedFrom=…|updatedTo=…|nextCursor=582730`, and CF's with its limit: base64, unescaped. */
export function cursorText(source: Source, uri: string, key: number): string {
  const query = new URL(uri.replaceAll("+", "%2B")).searchParams;
  const parts = cursorParts(source, query);
  return Buffer.from([...parts, `nextCursor=${key * CHECK + checkOf(parts, key)}`].join("|")).toString(
    "base64",
  );
}

function cursorParts(source: Source, query: URLSearchParams): string[] {
  const names = [fromName(source), toName(source), ...(source === "CONTRACTS_FINDER" ? ["limit"] : [])];
  return names.flatMap((name) => (query.has(name) ? [`${name}=${query.get(name)}`] : []));
}

const checkOf = (parts: string[], key: number) => hash(`${parts.join("|")} ${key}`) % CHECK;

/** The hidden key; null without a cursor, or with one that says nothing. */
export function cursorOf(query: URLSearchParams): number | null {
  const cursor = query.get("cursor");
  if (cursor === null) return null;
  const match = /nextCursor=(\d+)/.exec(Buffer.from(cursor, "base64").toString());
  return match ? Math.floor(Number(match[1]) / CHECK) : null;
}

/** Whether the cursor is, byte for byte, one that was handed out for this question. */
export function isOwnCursor(source: Source, query: URLSearchParams): boolean {
  const cursor = query.get("cursor");
  const key = cursorOf(query);
  if (cursor === null) return true;
  if (key === null) return false;
  const parts = cursorParts(source, query);
  const text = [...parts, `nextCursor=${key * CHECK + checkOf(parts, key)}`].join("|");
  return Buffer.from(text).toString("base64") === cursor;
}
