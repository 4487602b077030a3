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

export type Read = { kind: "page"; page: Page } | { kind: "empty" } | { kind: "unreadable"; reason: string };

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
  if (!json.ok) return { kind: "unreadable", reason: json.reason };
  const envelope = envelopeSchema.safeParse(json.value);
  if (!envelope.success) return { kind: "unreadable", reason: "no `releases` array in the answer" };
  const { uri, releases, links } = envelope.data;
  return { kind: "page", page: { uri, ...readRows(releases), next: links?.next ?? null } };
}

/**
 * What can still be read of a page that is no JSON, when no smaller question can be asked: each release by itself. The
 * text of those that cannot be read is evidence. Empty when the text is not even shaped like a page.
 */
export function salvageReleases(body: Uint8Array): Pick<Page, "rows" | "unidentified"> {
  const text = decode(body);
  const start = /"releases"\s*:\s*\[/.exec(text);
  const releases: unknown[] = [];
  const broken: Page["unidentified"] = [];
  if (!start)
    return { rows: [], unidentified: [{ rawText: text, reason: "the page cannot be read as JSON" }] };
  for (const piece of objectsIn(text.slice(start.index + start[0].length))) {
    const json = parseLenient(piece);
    if (json.ok) releases.push(json.value);
    else broken.push({ rawText: piece, reason: `the release cannot be read as JSON: ${json.reason}` });
  }
  const { rows, unidentified } = readRows(releases);
  return { rows, unidentified: [...unidentified, ...broken] };
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

/** The top-level `{…}` of a JSON array's text, minding strings. */
function objectsIn(text: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      if (depth === 0) start = at;
      depth++;
    } else if (char === "}" || char === "]") {
      depth--;
      if (depth < 0) return pieces; // the array's own end
      if (depth === 0) pieces.push(text.slice(start, at + 1));
    }
  }
  if (depth > 0) pieces.push(text.slice(start)); // a release whose quotes or braces do not close
  return pieces;
}
