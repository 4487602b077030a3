// Bytes → page. Pure. Reads what can be read and says what cannot: a bad release never takes its page with it. Each
// release is read from its own text, which is evidence should it not be stored; all of it takes linear time.
import { z } from "zod";
import { instantOf } from "../terms/london-time.ts";
import { type Row, releaseIdentitySchema, releaseKey } from "../terms/release.ts";
import {
  type Element,
  elementsOf,
  listAt,
  membersOf,
  nextMember,
  objectsApart,
  parseLenient,
  plainStringAt,
} from "./json-text.ts";

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
  /** Nothing of a package of releases: a maintenance page, another answer. Not the fault of what was asked. */
  | { kind: "foreign"; reason: string }
  /** `salvaged`: the page all the same, where it is whole but for single releases that cannot be read. */
  | { kind: "unreadable"; reason: string; salvaged: Page | null };

/** Real ones have 200 characters. What is longer is not what was asked, and not a cursor either. */
const ADDRESS_LENGTH_MAX = 4000;

const address = z.string().transform((text) => text.slice(0, ADDRESS_LENGTH_MAX));
const envelopeSchema = z.object({
  uri: address.catch(""),
  // Whatever stands there says that there is more: only nothing says that there is not.
  links: z
    .object({ next: address.nullish().catch("") })
    .nullish()
    .catch(null),
});

// What a page's values take once they are read, in an isolate of 128 MB. The largest recorded page has 60,000.
const PAGE_VALUES_MAX = 500_000;
const RELEASE_VALUES_MAX = 250_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const windows1252 = new TextDecoder("windows-1252");

/** Usually UTF-8, but some pages are windows-1252 (api-facts, Bytes). */
export function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (error) {
    if (error instanceof TypeError) return windows1252.decode(body);
    throw error;
  }
}

/** Whether the answer comes to a package's end: one that was cut off may still be read whole another time. */
export function endsAsPackage(body: Uint8Array): boolean {
  return decode(body).trimEnd().endsWith("}");
}

export function readPage(body: Uint8Array): Read {
  const text = decode(body);
  if (text.trim() === "") return { kind: "empty" };
  const parts = partsOf(text);
  if (!parts) return { kind: "foreign", reason: `not a package of releases: ${text.trim().slice(0, 100)}` };
  const values = parts.elements.reduce((sum, element) => sum + element.values, 0);
  if (values > PAGE_VALUES_MAX)
    return {
      kind: "unreadable",
      reason: `it holds ${values} values: expected at most ${PAGE_VALUES_MAX}`,
      salvaged: null,
    };
  const envelope = parseLenient(parts.envelope);
  const read = envelopeSchema.safeParse(envelope.ok ? envelope.value : null);
  const { page, troubles } = readElements(parts.elements);
  const [trouble] = troubles;
  if (!envelope.ok) return { kind: "unreadable", reason: envelope.reason, salvaged: null };
  if (!read.success) return { kind: "unreadable", reason: "the answer is not an object", salvaged: null };
  const { uri, links } = read.data;
  const whole = { uri, ...page, next: links?.next ?? null };
  if (uri === "" && page.rows.length === 0 && page.unidentified.length > 0)
    return { kind: "foreign", reason: "no `uri`, and nothing in `releases` is a release" };
  if (!trouble) return { kind: "page", page: whole };
  return { kind: "unreadable", reason: trouble.reason, salvaged: troubles.every(isOne) ? whole : null };
}

/**
 * What can still be read of a page that is not JSON, when no smaller question can be asked: each release by itself. The
 * text of those that cannot be read is evidence.
 */
export function salvageReleases(body: Uint8Array): Pick<Page, "rows" | "unidentified"> {
  const text = decode(body);
  const parts = partsOf(text);
  if (!parts)
    return { rows: [], unidentified: [{ rawText: text, reason: "the page cannot be read as JSON" }] };
  return readElements(parts.elements.flatMap(splitUnclosed)).page;
}

/**
 * When the first release was published that cannot be read, as far as its text or the row before it tells. Where to look
 * for it, and no proof of anything.
 */
export function brokenAt(body: Uint8Array): Date | null {
  const parts = partsOf(decode(body));
  if (!parts) return null;
  let before: Date | null = null;
  for (const element of parts.elements) {
    const { page, troubles } = readElements([element]);
    const [row] = page.rows;
    if (troubles.length > 0) return row?.date ?? before;
    before = row?.date ?? before;
  }
  return null;
}

interface Trouble {
  rawText: string;
  reason: string;
}

/** Whether it is one release without a doubt. Where it is not, only a smaller question can tell how many there are. */
function isOne({ rawText }: Trouble): boolean {
  return /^\{.*\}$/s.test(rawText) && (rawText.match(/"ocid"\s*:/g)?.length ?? 0) <= 1;
}

function readElements(elements: Element[]): {
  page: Pick<Page, "rows" | "unidentified">;
  troubles: Trouble[];
} {
  const page: Pick<Page, "rows" | "unidentified"> = { rows: [], unidentified: [] };
  const troubles: Trouble[] = [];
  let room = PAGE_VALUES_MAX;
  for (const { text: rawText, values } of elements) {
    const most = Math.min(room, RELEASE_VALUES_MAX);
    const json =
      values > most
        ? { ok: false as const, reason: `it holds ${values} values: expected at most ${most}` }
        : parseLenient(rawText);
    if (json.ok) {
      room -= values;
      readRow(page, rawText, json.value);
      continue;
    }
    const broken = { rawText, reason: `the release cannot be read as JSON: ${json.reason}` };
    troubles.push(broken);
    readBroken(page, broken);
  }
  return { page, troubles };
}

const rowSchema = releaseIdentitySchema.extend({
  date: z.string().catch(""),
  tag: z.array(z.string()).catch([]),
});

function readRow(page: Pick<Page, "rows" | "unidentified">, rawText: string, release: unknown): void {
  const read = rowSchema.safeParse(release);
  if (!read.success) {
    page.unidentified.push({ rawText, reason: NO_IDENTITY });
    return;
  }
  const { ocid, id, date, tag: tags } = read.data;
  page.rows.push({
    key: releaseKey(ocid, id),
    ocid,
    releaseId: id,
    date: instantOf(date),
    tags,
    release,
    rawText,
  });
}

const NO_IDENTITY = "the release has no `ocid` and `id` of at most 300 characters";

/** What cannot be read usually says who it is before it breaks. */
function readBroken(page: Pick<Page, "rows" | "unidentified">, broken: Trouble): void {
  const { rawText } = broken;
  const members = membersOf(rawText, ["ocid", "id", "date", "tag"]);
  const [ocid, id, date] = ["ocid", "id", "date"].map((name) => plainStringAt(rawText, members.get(name)));
  const named = releaseIdentitySchema.safeParse({ ocid, id });
  if (!named.success) {
    page.unidentified.push(broken);
    return;
  }
  const identity = {
    key: releaseKey(named.data.ocid, named.data.id),
    ocid: named.data.ocid,
    releaseId: named.data.id,
  };
  const tags = tagsAt(rawText, members.get("tag"));
  page.rows.push({ ...identity, date: instantOf(date ?? ""), tags, release: undefined, broken });
}

/** The tags say which lane lists it. */
function tagsAt(rawText: string, from: number | undefined): string[] {
  if (from === undefined || rawText[from] !== "[") return [];
  const { elements } = elementsOf(rawText, from + 1);
  return elements.flatMap(({ text }) => plainStringAt(text, 0) ?? []);
}

/** A release whose quotes or braces do not close takes its neighbours with it: they are looked for in its text. */
function splitUnclosed(element: Element): Element[] {
  if (element.values > RELEASE_VALUES_MAX || parseLenient(element.text).ok) return [element];
  const parts = objectsApart(element.text, (value) => releaseIdentitySchema.safeParse(value).success);
  return parts
    .filter((part) => part.includes("{"))
    .map((text) => ({ text: text.trim(), values: element.values }));
}

/** A page's text as its releases' texts, and the page without them; null when it is not shaped like one. */
function partsOf(text: string): { elements: Element[]; envelope: string } | null {
  if (!/^\s*\{/.test(text)) return null;
  let parts: ReturnType<typeof partsOf> = null;
  let behind: number | null = null;
  for (
    let member = nextMember(text, ["releases"], null);
    member;
    member = nextMember(text, ["releases"], behind)
  ) {
    const first = listAt(text, member.colon);
    const list = first === null ? null : elementsOf(text, first);
    parts = list && { elements: list.elements, envelope: text.slice(0, first ?? 0) + text.slice(list.end) };
    behind = list ? list.end + 1 : member.colon; // the last of a name stands
  }
  return parts;
}
