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
const REASON_CHARACTERS_MAX = 300;

export interface Found {
  source: Source;
  windowId: string | null;
  place: string;
}

export function caseOf(found: Found, row: Row, reason: string): Case {
  const { key, ocid, releaseId } = row;
  const text = row.broken?.rawText ?? row.rawText ?? "";
  return made(found, { _id: `${found.source}/${key}`, ocid, releaseId, reason, text });
}

/** A release without an identity is known by its text. */
export function namelessCase(found: Found, { rawText, reason }: Page["unidentified"][number]): Case {
  const hash = createHash("sha256").update(rawText).digest("hex").slice(0, 24);
  return made(found, { _id: `${found.source}/${hash}`, ocid: null, releaseId: null, reason, text: rawText });
}

function made(
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
