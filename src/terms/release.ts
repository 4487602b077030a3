// What the rest of the system needs to know of a release before it is mapped.
import { z } from "zod";

/** One row of a page: its identity as read, and the release itself, untouched and untrusted. */
export interface Row {
  /** What makes a release distinct within its source: see `releaseKey`. */
  key: string;
  ocid: string;
  releaseId: string;
  /** `date` as an instant; null when it is missing or unreadable. */
  date: Date | null;
  tags: string[];
  release: unknown;
  /** The release as it stands in the page: evidence, should it not be stored. */
  rawText?: string;
  /** It names itself and cannot be read: its text is evidence, and there is no `release`. */
  broken?: { rawText: string; reason: string };
}

/** The longest real one has 80 characters; beyond this an identity is no key, and its release is evidence under a hash. */
const IDENTITY_LENGTH_MAX = 300;

const identity = z.string().min(1).max(IDENTITY_LENGTH_MAX);

/** Identity of a release: the least that a row must have to be counted and compared. */
export const releaseIdentitySchema = z.object({ ocid: identity, id: identity });

// The separator, the sign of an escape, and half a character, which BSON would write as the same sign for all.
const unsafe = /[%/]|\p{Cs}/gu;

/** `ocid/id`, with what could make two pairs one escaped: no two pairs have the same key. */
export function releaseKey(ocid: string, id: string): string {
  const escaped = (text: string) =>
    text.replaceAll(unsafe, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${escaped(ocid)}/${escaped(id)}`;
}
