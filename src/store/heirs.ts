// What others wrote into a process is about a procurement, and goes where that goes: to another document when an older notice
// gives the ocid's own id to another procurement, or when two procurements turn out to be one. Pure.
import type { Document, ObjectId } from "mongodb";
import type { Process } from "../terms/documents.ts";
import { othersOf } from "./own-fields.ts";

/** What becomes of what others wrote into one document. */
export interface Inherited {
  /** From other documents. */
  taken: Document;
  /** What it has goes to another document. */
  leaves: boolean;
}

type Wanted = Pick<Process, "_id" | "notices">;

export function inherited(
  wanted: readonly Wanted[],
  stored: readonly Process[],
  own: readonly string[],
): { of: (id: ObjectId) => Inherited; moves: boolean } {
  const taken = new Map<string, Document>();
  const leaving = new Set<string>();
  const isPlain = wanted.length === 1 && stored.every(({ _id }) => wanted[0]?._id.equals(_id));
  if (!isPlain) {
    const heirs = new Map(
      wanted.flatMap(({ _id, notices }) => notices.map(({ noticeId }) => [noticeId, _id] as const)),
    );
    for (const one of stored) {
      const others = othersOf(one, own);
      if (Object.keys(others).length === 0) continue;
      // The procurement that has the oldest of its notices that is still there.
      const heir = one.notices.flatMap(({ noticeId }) => heirs.get(noticeId) ?? [])[0];
      if (!heir || heir.equals(one._id)) continue;
      leaving.add(one._id.toHexString());
      taken.set(heir.toHexString(), { ...others, ...taken.get(heir.toHexString()) });
    }
  }
  const of = (id: ObjectId) => ({
    taken: taken.get(id.toHexString()) ?? {},
    leaves: leaving.has(id.toHexString()),
  });
  return { of, moves: leaving.size > 0 };
}
