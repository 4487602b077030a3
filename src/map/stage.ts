// `stage` of a notice, as far as it tells: what it is about. Its status depends on the procurement's other notices (process/).
import type { ContractStage } from "../terms/documents.ts";

export interface StageFacts {
  tags: readonly string[];
  /** UK1 to UK17; none under the old regime and in CF. */
  noticeType: string | undefined;
  tellsAwards: boolean;
}

/** A dynamic market's notices are tagged as awards, although nothing is awarded by them. */
const marketNotice = /^UK1[3-6]$/;

/** The furthest stage first: `planning, tender` is a call for competition, `award, contract` an award. */
const STAGES_BY_TAG: readonly (readonly [ContractStage, RegExp])[] = [
  ["AWARD", /^(award|contract|implementation)/],
  ["TENDER", /^tender/],
  ["PLANNING", /^planning/],
];

/** Where no tag tells. */
const STAGES_BY_NOTICE_TYPE: readonly (readonly [ContractStage, RegExp])[] = [
  ["PLANNING", /^UK[123]$/],
  ["TENDER", /^UK(4|12)$/],
  ["AWARD", /^UK([5-9]|10|11|17)$/],
];

/** By tag, else by notice type, else by whether anything is awarded. */
export function stageOf({ tags, noticeType, tellsAwards }: StageFacts): ContractStage {
  if (marketNotice.test(noticeType ?? "")) return "TENDER";
  for (const [stage, pattern] of STAGES_BY_TAG) if (tags.some((tag) => pattern.test(tag))) return stage;
  for (const [stage, pattern] of STAGES_BY_NOTICE_TYPE) if (pattern.test(noticeType ?? "")) return stage;
  return tellsAwards ? "AWARD" : "TENDER";
}
