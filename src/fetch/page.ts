// Bytes → page. Pure. Reads what can be read and says what cannot: a bad release never takes its page with it.
import { z } from "zod";
import { instantOf } from "../terms/london-time.ts";
import { type Row, releaseIdentitySchema } from "../terms/release.ts";

export interface Page {
  /** What the API says it was asked. */
  uri: string;
  rows: Row[];
  /** Releases without an identity, as text: nothing can be made of them but evidence. */
  unidentified: { rawText: string; reason: string }[];
  /** URL of `links.next`. Followed only where a single slice overflows a page. */
  next: string | null;
}

export type Read =
  | { kind: "page"; page: Page }
  | { kind: "empty" }
  /** Not a package of releases at all: a maintenance page, an error in JSON. It says nothing of any release. */
  | { kind: "foreign"; reason: string }
  /** `salvaged`: the page all the same, where it is whole but for single releases that are no JSON. */
  | { kind: "unreadable"; reason: string; salvaged: Page | null };

const envelopeSchema = z.object({
  uri: z.string().catch(""),
  releases: z.array(z.unknown()),
  links: z.object({ next: z.string().nullish() }).nullish().catch(null),
});

const utf8 = new TextDecoder("utf-8", { fatal: true });
const windows1252 = new TextDecoder("windows-1252");

/** Contracts Finder: mostly UTF-8, but some pages are windows-1252 (api-facts, Bytes). */
export function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (error) {
    if (error instanceof TypeError) return windows1252.decode(body);
    throw error;
  }
}

export function readPage(body: Uint8Array): Read {
  const text = decode(body);
  if (text.trim() === "") return { kind: "empty" };
  const json = parseLenient(text);
  if (!json.ok && !beginsAsPackage(text)) return { kind: "foreign", reason: json.reason };
  if (!json.ok) return { kind: "unreadable", reason: json.reason, salvaged: salvagePage(text) };
  const envelope = envelopeSchema.safeParse(json.value);
  if (!envelope.success) return { kind: "foreign", reason: "no `releases` array in the answer" };
  const { uri, releases, links } = envelope.data;
  const { rows, unidentified } = readRows(releases);
  if (uri === "" && rows.length === 0 && unidentified.length > 0)
    return { kind: "foreign", reason: "no `uri`, and nothing in `releases` is a release" };
  return { kind: "page", page: { uri, rows, unidentified, next: links?.next ?? null } };
}

const releasesStart = /"releases"\s*:\s*\[/;

function beginsAsPackage(text: string): boolean {
  return text.trimStart().startsWith("{") && releasesStart.test(text);
}

/** Whether the answer comes to a package's end: one that was cut off may still be read whole another time. */
export function endsAsPackage(body: Uint8Array): boolean {
  return decode(body).trimEnd().endsWith("}");
}

/**
 * What can still be read of a page that is no JSON, when no smaller question can be asked: each release by itself. The
 * text of those that cannot be read is evidence.
 */
export function salvageReleases(body: Uint8Array): Pick<Page, "rows" | "unidentified"> {
  const text = decode(body);
  const parts = partsOf(text);
  return parts
    ? readPieces(parts.pieces.flatMap(apart))
    : { rows: [], unidentified: [{ rawText: text, reason: "the page cannot be read as JSON" }] };
}

/**
 * The page, if its text falls into releases without a doubt: the rest of it is JSON, nothing but commas stands between
 * them, and each that cannot be read is one release. Else null: only a smaller question can tell.
 */
function salvagePage(text: string): Page | null {
  const parts = partsOf(text);
  if (!parts?.clean) return null;
  const json = parseLenient(parts.envelope);
  const envelope = envelopeSchema.safeParse(json.ok ? json.value : null);
  const { rows, unidentified } = readPieces(parts.pieces);
  const isOne = ({ broken }: Row) => !broken || broken.rawText.match(/"ocid"\s*:/g)?.length === 1;
  if (!envelope.success || !rows.every(isOne)) return null;
  const { uri, links } = envelope.data;
  return { uri, rows, unidentified, next: links?.next ?? null };
}

function readPieces(pieces: string[]): Pick<Page, "rows" | "unidentified"> {
  const page: Pick<Page, "rows" | "unidentified"> = { rows: [], unidentified: [] };
  for (const piece of pieces) {
    const json = parseLenient(piece);
    const read = json.ok ? readRows([json.value]) : readBroken(piece, json.reason);
    page.rows.push(...read.rows);
    page.unidentified.push(...read.unidentified);
  }
  return page;
}

/** What is no JSON mostly says who it is before it breaks. */
function readBroken(rawText: string, why: string): Pick<Page, "rows" | "unidentified"> {
  const broken = { rawText, reason: `the release cannot be read as JSON: ${why}` };
  const { ocid, id, date } = outerTexts(rawText);
  if (!ocid || !id) return { rows: [], unidentified: [broken] };
  const row = {
    key: `${ocid}/${id}`,
    ocid,
    releaseId: id,
    date: instantOf(date ?? ""),
    tags: tagsIn(rawText),
  };
  return { rows: [{ ...row, release: undefined, broken }], unidentified: [] };
}

/** The tags say which lane lists it. No other key of a release has this name. */
function tagsIn(rawText: string): string[] {
  const [, list = ""] = /"tag"\s*:\s*\[([^\]]*)\]/.exec(rawText) ?? [];
  return [...list.matchAll(/"([^"\\]*)"/g)].map(([, tag = ""]) => tag);
}

/** The texts that stand in the outermost object itself, as far as it can be followed. */
function outerTexts(text: string): Record<string, string> {
  const texts: Record<string, string> = {};
  let depth = 0;
  for (const [token, key, value] of text.matchAll(
    /"([^"\\]*)"\s*:\s*"([^"\\]*)"|"(?:[^"\\]|\\.)*"|[{}[\]]/g,
  )) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && key !== undefined && value !== undefined) texts[key] ??= value;
  }
  return texts;
}

/** A release whose quotes or braces do not close takes its neighbours with it: they are looked for in its text. */
function apart(piece: string): string[] {
  if (parseLenient(piece).ok) return [piece];
  const parts: string[] = [];
  let from = 0;
  for (let at = piece.indexOf("{"); at >= 0; at = piece.indexOf("{", Math.max(at + 1, from))) {
    const end = objectEnd(piece, at);
    const json = end === null ? null : parseLenient(piece.slice(at, end));
    if (end === null || !json?.ok || !releaseIdentitySchema.safeParse(json.value).success) continue;
    parts.push(piece.slice(from, at), piece.slice(at, end));
    from = end;
  }
  return [...parts, piece.slice(from)].filter((part) => part.includes("{"));
}

/** A page's text as its releases' texts, and the page without them; null when it is not even shaped like one. */
function partsOf(text: string): { pieces: string[]; envelope: string; clean: boolean } | null {
  const start = releasesStart.exec(text);
  if (!start) return null;
  const from = start.index + start[0].length;
  const { pieces, between, end } = objectsIn(text, from);
  const envelope = text.slice(0, from) + text.slice(end);
  return { pieces, envelope, clean: /^\s*(?:,\s*)*$/.test(between) };
}

function readRows(releases: unknown[]): Pick<Page, "rows" | "unidentified"> {
  const rows: Row[] = [];
  const unidentified: Page["unidentified"] = [];
  for (const release of releases) {
    const read = rowSchema.safeParse(release);
    if (read.success) {
      const { ocid, id, date, tag } = read.data;
      rows.push({ key: `${ocid}/${id}`, ocid, releaseId: id, date: instantOf(date), tags: tag, release });
    } else
      unidentified.push({
        rawText: JSON.stringify(release) ?? "null",
        reason: "the release has no `ocid` and `id`",
      });
  }
  return { rows, unidentified };
}

const rowSchema = releaseIdentitySchema.extend({
  date: z.string().catch(""),
  tag: z.array(z.string()).catch([]),
});

type Parsed = { ok: true; value: unknown } | { ok: false; reason: string };

function parseLenient(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    try {
      return { ok: true, value: JSON.parse(repairNumbers(text)) };
    } catch (again) {
      if (!(again instanceof SyntaxError)) throw again;
      return { ok: false, reason: again.message.slice(0, 200) };
    }
  }
}

// A string, or a number with leading zeros. `000` has occurred as a number (api-facts): it can only mean 0, and 007
// only 7, so reading them so invents nothing.
const stringOrPaddedNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\w.+-])(-?)0+(?=\d)/gs;

function repairNumbers(text: string): string {
  return text.replace(stringOrPaddedNumber, (found, sign?: string) =>
    found.startsWith('"') ? found : (sign ?? ""),
  );
}

/** The `{…}` of the JSON array that begins at `from`, what stands between them, and where it ends. */
function objectsIn(text: string, from: number): { pieces: string[]; between: string; end: number } {
  const pieces: string[] = [];
  let between = "";
  const next = /[{\]]/g;
  for (let at = from; ; ) {
    next.lastIndex = at;
    const start = next.exec(text)?.index ?? text.length;
    between += text.slice(at, start);
    if (text[start] !== "{") return { pieces, between, end: start };
    at = objectEnd(text, start) ?? text.length; // a release whose quotes or braces do not close
    pieces.push(text.slice(start, at));
  }
}

/** Behind the object that begins at `start`, minding strings; null when it does not close. */
function objectEnd(text: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") depth++;
    else if ((char === "}" || char === "]") && --depth === 0) return at + 1;
  }
  return null;
}
