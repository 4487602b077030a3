// What the fold reads of a stored notice, and what it says in return. After a page the store reads the notices of its ocids by
// TOLD_PROJECTION, folds each ocid, writes what came out, and deletes a process of that ocid that did not (two became one).
// `changes` is told by the notices alone, so a process is the same however often and by whom it is written. What time alone
// changes is folded once more: notices that are OPEN with `openUntil` past, processes that are `awarded` with
// `contractEndDate` and `contractMaxEndDate` both more than ENDED_AFTER_MS ago.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { Contract, ContractStatus, FoldedProcess } from "./documents.ts";

const TOLD_FIELDS = [
  "source",
  "ocid",
  "noticeId",
  "publishedDate",
  "tags",
  "stage",
  "noticeType",
  "buyerId",
  "jointBuyerIds",
  "title",
  "buyerName",
  "buyerRegion",
  "regions",
  "cpvCodes",
  "sector",
  "contractType",
  "contractMechanism",
  "callOffOf",
  "valueMin",
  "valueMax",
  "currency",
  "valueIncludesVat",
  "suitableForSme",
  "suitableForVco",
  "lotCount",
  "deadlineDate",
  "engagementDeadline",
  "awardedSuppliers",
  "awardDate",
  "awardValue",
  "contractStartDate",
  "contractEndDate",
  "contractMaxEndDate",
  "told",
] as const satisfies readonly (keyof Contract)[];

/** A stored notice as far as the fold reads it: never what an earlier fold has written, so that it cannot depend on order. */
export type ToldNotice = Pick<Contract, (typeof TOLD_FIELDS)[number]>;

/** What an earlier fold has written into a notice. */
export interface Standing {
  status: ContractStatus;
  supersededBy?: string;
  /** OPEN, and it is known when it closes by itself. */
  openUntil?: Date;
}

/** Of `contracts`: a ToldNotice with its `_id` and its Standing. */
export const TOLD_PROJECTION: Readonly<Record<string, 1>> = Object.fromEntries(
  ["_id", ...TOLD_FIELDS, "status", "supersededBy", "openUntil"].map((field) => [field, 1 as const]),
);

/** One procurement of an ocid, which may hold several of unrelated buyers. */
export interface Procurement {
  buyerId: Contract["buyerId"] | undefined;
  process: FoldedProcess;
  /** Of each of its notices, as things stand. */
  notices: Map<string, Standing>;
}

/** The notices of one ocid → its procurements (map/process/fold.ts). */
export type Fold = (notices: readonly ToldNotice[], now: Date) => Procurement[];

/**
 * A contract is taken for over this long after its last day: that it was prolonged is told late, and the Act itself gives 120
 * days to tell of a contract (Procurement Act 2023, s. 53). `contractEndDate` says the day itself.
 */
export const ENDED_AFTER_MS = 120 * DAY_MS;
