// `stage` and `status` of a notice, as far as this notice tells: a table from tags, statuses and dates.
import type { CONTRACT_STAGES, CONTRACT_STATUSES } from "../terms/documents.ts";

type Stage = (typeof CONTRACT_STAGES)[number];
type Status = (typeof CONTRACT_STATUSES)[number];

export interface StatusFacts {
  tags: readonly string[];
  tenderStatus: string | undefined;
  awardStatuses: readonly (string | undefined)[];
  deadline: Date | undefined;
  now: Date;
}

/** By the release's first telling tag; without one, by whether it awards anything. */
export function stageOf({ tags, awardStatuses }: Pick<StatusFacts, "tags" | "awardStatuses">): Stage {
  for (const tag of tags) {
    if (tag.startsWith("award") || tag.startsWith("contract") || tag === "implementation") return "AWARD";
    if (tag.startsWith("tender")) return "TENDER";
    if (tag.startsWith("planning")) return "PLANNING";
  }
  return awardStatuses.length > 0 ? "AWARD" : "TENDER";
}

const CANCELLED = ["cancelled", "unsuccessful", "withdrawn"];

/** OPEN: one can still bid, or (planning) still will be able to. */
export function statusOf(facts: StatusFacts): Status {
  const { tags, tenderStatus, awardStatuses, deadline, now } = facts;
  if (tags.includes("tenderCancellation") || tags.includes("planningCancellation")) return "CANCELLED";
  if (tags.includes("contractTermination")) return "CLOSED";
  if (stageOf(facts) === "AWARD") {
    const nothingAwarded =
      awardStatuses.length > 0 && awardStatuses.every((status) => CANCELLED.includes(status ?? ""));
    return nothingAwarded ? "CANCELLED" : "AWARDED";
  }
  if (CANCELLED.includes(tenderStatus ?? "")) return "CANCELLED";
  if (tenderStatus === "complete") return "CLOSED";
  return deadline !== undefined && deadline <= now ? "CLOSED" : "OPEN";
}
