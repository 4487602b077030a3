// What was published against what is stored: the one rule by which a release counts as there. Pure.
import type { Published } from "../published.ts";

/** A contract, as far as it says which releases were read. */
export interface StoredNotice {
  ocid: string;
  noticeId: string;
  /** Where edits are revisions: the number behind each release id; 0 has no suffix, or `-0`. */
  revisions?: readonly number[] | undefined;
}

/** A case of the quarantine. */
export interface StoredCase {
  ocid: string | null;
  releaseId: string | null;
  rawText: string;
}

export interface Comparison {
  missing: Published[];
  /** Releases that the contracts hold. */
  stored: number;
  /** Of these, how many nobody published. */
  strange: number;
}

const keyOf = ({ ocid, releaseId }: Pick<Published, "ocid" | "releaseId">) => `${ocid}/${releaseId}`;

/** The releases that a contract holds, `ocid/releaseId`. */
export function releasesOf({ ocid, noticeId, revisions }: StoredNotice): string[] {
  if (!revisions) return [keyOf({ ocid, releaseId: noticeId })];
  return revisions.map((revision) =>
    revision === 0 ? `${ocid}/${noticeId}` : `${ocid}/${noticeId}-${revision}`,
  );
}

/** @param all what was ever published, @param due what has to be there */
export function compareWithStored(facts: {
  all: readonly Published[];
  due: readonly Published[];
  contracts: readonly StoredNotice[];
  cases: readonly StoredCase[];
}): Comparison {
  const { all, due, contracts, cases } = facts;
  const stored = new Set(contracts.flatMap(releasesOf));
  const zero = (key: string) => key.replace(/-0$/, "");
  const quarantined = new Set(cases.map(({ ocid, releaseId }) => `${ocid}/${releaseId}`));
  // A release that no parser takes is in quarantine as text alone: its text names it.
  const inEvidence = (releaseId: string) => cases.some(({ rawText }) => rawText.includes(`"${releaseId}"`));
  const missing = due.filter((row) => {
    const key = keyOf(row);
    return !stored.has(key) && !stored.has(zero(key)) && !quarantined.has(key) && !inEvidence(row.releaseId);
  });
  const published = new Set(all.flatMap((row) => [keyOf(row), zero(keyOf(row))]));
  return { missing, stored: stored.size, strange: [...stored].filter((key) => !published.has(key)).length };
}
