// `stage` and `status` of a notice, as far as this notice tells: two tables from tags, notice type, statuses and dates. The
// regime makes no difference that its tags and notice types don't tell.
import type { CONTRACT_STAGES, CONTRACT_STATUSES } from "../terms/documents.ts";

type Stage = (typeof CONTRACT_STAGES)[number];
type Status = (typeof CONTRACT_STATUSES)[number];

export interface StatusFacts {
  tags: readonly string[];
  /** UK1 to UK17; none under the old regime and in CF. */
  noticeType: string | undefined;
  tenderStatus: string | undefined;
  awardStatuses: readonly (string | undefined)[];
  contractStatuses: readonly (string | undefined)[];
  deadline: Date | undefined;
  now: Date;
}

/** The furthest stage first: `planning, tender` is a call for competition, `award, contract` an award. */
const STAGES_BY_TAG: readonly (readonly [Stage, RegExp])[] = [
  ["AWARD", /^(award|contract|implementation)/],
  ["TENDER", /^tender/],
  ["PLANNING", /^planning/],
];

/** Where no tag tells. */
const STAGES_BY_NOTICE_TYPE: readonly (readonly [Stage, RegExp])[] = [
  ["PLANNING", /^UK[123]$/],
  ["TENDER", /^UK(4|12|13|14|16)$/],
  ["AWARD", /^UK([5-9]|10|11|15|17)$/],
];

/** By tag, else by notice type, else by whether anything is awarded. */
export function stageOf(facts: Omit<StatusFacts, "deadline" | "now" | "tenderStatus">): Stage {
  const { tags, noticeType, awardStatuses, contractStatuses } = facts;
  for (const [stage, pattern] of STAGES_BY_TAG) if (tags.some((tag) => pattern.test(tag))) return stage;
  for (const [stage, pattern] of STAGES_BY_NOTICE_TYPE) if (pattern.test(noticeType ?? "")) return stage;
  return awardStatuses.length + contractStatuses.length > 0 ? "AWARD" : "TENDER";
}

/** OPEN: one can still bid (TENDER), or will be able to (PLANNING). The first row that fits. */
export function statusOf(facts: StatusFacts): Status {
  const { tags, noticeType, tenderStatus, awardStatuses, contractStatuses, deadline, now } = facts;
  if (tags.some((tag) => tag.endsWith("Cancellation")) || noticeType === "UK12") return "CANCELLED";
  if (tags.includes("contractTermination") || noticeType === "UK11") return "CLOSED"; // the contract has ended
  if (noticeType === "UK16") return "CLOSED"; // the dynamic market has ended
  if (stageOf(facts) === "AWARD") {
    const nothingCameOfIt = allCancelled(awardStatuses) || allCancelled(contractStatuses);
    return nothingCameOfIt ? "CANCELLED" : "AWARDED";
  }
  if (isCancelled(tenderStatus)) return "CANCELLED";
  if (tenderStatus === "complete") return "CLOSED";
  return deadline !== undefined && deadline <= now ? "CLOSED" : "OPEN";
}

function isCancelled(status: string | undefined): boolean {
  return status === "cancelled" || status === "unsuccessful" || status === "withdrawn";
}

function allCancelled(statuses: readonly (string | undefined)[]): boolean {
  return statuses.length > 0 && statuses.every(isCancelled);
}
