// Invariant 11 against the truth: what the database says of a procurement is what follows from the notices that it holds. It
// says nothing until the database keeps `processes`.
import type { Document } from "mongodb";
import type { Published } from "../../src/replica/history.ts";
import { type Truth, truthAt } from "../../src/replica/truth/procurements.ts";

/** The invocations' clocks differ by so much, and a deadline may pass between a fold and its check. */
const CLOCKS_MS = 60_000;

export interface StoredProcess {
  state: string;
  notices: string[];
  awards: number;
}

export function storedProcess(document: Document): StoredProcess {
  const notices: { noticeId: string }[] = document["notices"] ?? [];
  return {
    state: String(document["state"]),
    notices: notices.map(({ noticeId }) => noticeId),
    awards: Array.isArray(document["awards"]) ? document["awards"].length : 0,
  };
}

/** What is wrong with the processes of one ocid, or null. @param rows its releases that are stored; `all`: none may be missing; `foldedAt`: when the last run ended */
export function wrongProcess(
  processes: readonly StoredProcess[],
  rows: readonly Published[],
  { now, all, foldedAt = now }: { now: number; all: boolean; foldedAt?: number },
): string | null {
  const [earlier, later] = [foldedAt - CLOCKS_MS, now + CLOCKS_MS].map((at) => truthAt(stored(rows), at));
  for (const [index, truth] of (later ?? []).entries()) {
    const process = processes.find(({ notices }) => truth.notices.some((id) => notices.includes(id)));
    if (!process && !all) continue;
    if (!process) return `${truth.ocid} has no process for ${truth.notices.join(", ")}`;
    const allowed = [truth, earlier?.[index]].flatMap((one) => (one ? [wordsOf(one)] : []));
    const words = `${process.state}, ${process.awards} awards`;
    if (!allowed.includes(words))
      return `${truth.ocid} is ${words}, but in truth ${allowed[0]} (${kindsOf(rows)})`;
  }
  return null;
}

/** What was read counts, whenever it was listed. */
const stored = (rows: readonly Published[]) => rows.map((row) => ({ ...row, listedAt: 0 }));
const wordsOf = ({ state, awards }: Truth) => `${state}, ${awards.length} awards`;
const kindsOf = (rows: readonly Published[]) => rows.map(({ telling }) => telling?.kind).join(", ");

/** Of stories, by ocid. */
export function toldRows(rows: readonly Published[]): Map<string, Published[]> {
  return Map.groupBy(
    rows.filter(({ telling }) => telling !== undefined),
    ({ ocid }) => ocid,
  );
}
