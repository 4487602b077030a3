// What quarantine keeps of a release that cannot be stored: who it is, where it was, why, and the beginning of its own
// text. Bounded for each release, and for all together: evidence must not take the room of what can be stored.
import { createHash } from "node:crypto";
import type { Page } from "../fetch/page.ts";
import type { Quarantined } from "../terms/documents.ts";
import type { Row } from "../terms/release.ts";
import type { Source } from "../terms/window.ts";

export type Case = Omit<Quarantined, "firstSeenAt" | "lastSeenAt">;

/** The largest recorded release has 130,000 characters, one in twenty more than 14,000. */
const TEXT_CHARACTERS_MAX = 50_000;
// A month that is wholly rejected has one cause: after its first cases the beginning of a text says enough, and after more
// the reason alone. At most 2 MB for a month and 10 MB for a source, which count against the storage budget like all else.
const WHOLE_TEXTS_MAX = 20;
const SHORT_TEXTS_MAX = 200;
const SHORT_CHARACTERS_MAX = 5_000;
const TEXTS_OF_A_SOURCE_MAX = 1_000;

/** How many texts are kept already: of a source, and of its windows. */
export interface TextCounts {
  all: number;
  byWindow: Map<string | null, number>;
}

export function countTexts(cases: readonly { windowId: string | null }[]): TextCounts {
  const byWindow = new Map<string | null, number>();
  for (const { windowId } of cases) byWindow.set(windowId, (byWindow.get(windowId) ?? 0) + 1);
  return { all: cases.length, byWindow };
}

/** The case with as much of its text as there is room for; noted in `kept`. */
export function withinBounds(kept: TextCounts, one: Case): Case {
  const ofWindow = kept.byWindow.get(one.windowId) ?? 0;
  const isFull = kept.all >= TEXTS_OF_A_SOURCE_MAX || ofWindow >= SHORT_TEXTS_MAX;
  const most = isFull ? 0 : ofWindow >= WHOLE_TEXTS_MAX ? SHORT_CHARACTERS_MAX : TEXT_CHARACTERS_MAX;
  const rawText = wellFormed(one.rawText, most);
  if (rawText !== "") {
    kept.all++;
    kept.byWindow.set(one.windowId, ofWindow + 1);
  }
  return { ...one, rawText };
}

/** What a case takes in the database, near enough until that is measured again. */
export const caseBytes = ({ rawText, reason, place }: Case): number =>
  Buffer.byteLength(rawText) + Buffer.byteLength(reason) + place.length + CASE_EXTRA_BYTES;
const CASE_EXTRA_BYTES = 400; // ids, times, names of fields, entries in three indexes

const REASON_CHARACTERS_MAX = 300;

export interface Found {
  source: Source;
  windowId: string | null;
  place: string;
}

export function caseOf(found: Found, row: Row, reason: string): Case {
  const { key, ocid, releaseId } = row;
  const text = row.broken?.rawText ?? row.rawText ?? "";
  return caseFrom(found, { _id: `${found.source}/${key}`, ocid, releaseId, reason, text });
}

/** A release without an identity is known by its text. */
export function namelessCase(found: Found, { rawText, reason }: Page["unidentified"][number]): Case {
  const hash = createHash("sha256").update(rawText).digest("hex").slice(0, 24);
  return caseFrom(found, {
    _id: `${found.source}/${hash}`,
    ocid: null,
    releaseId: null,
    reason,
    text: rawText,
  });
}

function caseFrom(
  { source, windowId, place }: Found,
  facts: Pick<Case, "_id" | "ocid" | "releaseId" | "reason"> & { text: string },
): Case {
  const { _id, ocid, releaseId, reason, text } = facts;
  return {
    ...{ _id, source, windowId, ocid, releaseId, place },
    reason: wellFormed(reason, REASON_CHARACTERS_MAX),
    rawText: wellFormed(text, TEXT_CHARACTERS_MAX),
  };
}

/** Cut between two halves of a character, a text would be changed by BSON. */
function wellFormed(text: string, most: number): string {
  return text.slice(0, most).toWellFormed();
}
