// What the rest of the system needs to know of a release before it is mapped.
import { z } from "zod";

/** One row of a page: its identity as read, and the release itself, untouched and untrusted. */
export interface Row {
  /** ocid/releaseId: what makes a release distinct within its source. */
  key: string;
  ocid: string;
  releaseId: string;
  /** `date` as an instant; null when it is missing or unreadable. */
  date: Date | null;
  tags: string[];
  release: unknown;
  /** It names itself and is no JSON: its text is evidence, and there is no `release`. */
  broken?: { rawText: string; reason: string };
}

/** Identity of a release: the least that a row must have to be counted and compared. */
export const releaseIdentitySchema = z.object({
  ocid: z.string().min(1),
  id: z.string().min(1),
});
