import { describe, expect, it } from "vitest";
import { type StatusFacts, stageOf, statusOf } from "../../../src/map/status.ts";

const now = new Date("2026-11-24T12:00:00Z");
const ahead = new Date("2026-11-24T12:00:01Z");
const nothing: StatusFacts = {
  tags: [],
  noticeType: undefined,
  tenderStatus: undefined,
  awardStatuses: [],
  contractStatuses: [],
  deadline: undefined,
  now,
};

/** Every combination of tags, regime and notice type that has been recorded, and those that FaT's documentation names. */
const TABLE: [string, Partial<StatusFacts>, string][] = [
  ["UK1 pipeline", { tags: ["planning"], noticeType: "UK1", tenderStatus: "planned" }, "PLANNING OPEN"],
  ["UK1 changed", { tags: ["planningUpdate"], noticeType: "UK1", tenderStatus: "planned" }, "PLANNING OPEN"],
  [
    "UK2 market engagement",
    { tags: ["planning"], noticeType: "UK2", tenderStatus: "planning" },
    "PLANNING OPEN",
  ],
  ["UK3 planned procurement", { tags: ["planning"], noticeType: "UK3", deadline: ahead }, "PLANNING OPEN"],
  ["UK3 whose day has passed", { tags: ["planning"], noticeType: "UK3", deadline: now }, "PLANNING CLOSED"],
  [
    "UK4 tender",
    { tags: ["tender"], noticeType: "UK4", tenderStatus: "active", deadline: ahead },
    "TENDER OPEN",
  ],
  ["UK4 without a deadline", { tags: ["tender"], noticeType: "UK4", tenderStatus: "active" }, "TENDER OPEN"],
  [
    "UK4 on its deadline",
    { tags: ["tender"], noticeType: "UK4", tenderStatus: "active", deadline: now },
    "TENDER CLOSED",
  ],
  ["UK4 changed", { tags: ["tenderUpdate"], noticeType: "UK4", deadline: ahead }, "TENDER OPEN"],
  [
    "UK5 transparency",
    { tags: ["award", "contract"], noticeType: "UK5", awardStatuses: ["pending"] },
    "AWARD AWARDED",
  ],
  [
    "UK6 award",
    { tags: ["award", "contract"], noticeType: "UK6", awardStatuses: ["active"] },
    "AWARD AWARDED",
  ],
  [
    "UK6 in standstill",
    { tags: ["award", "contract"], noticeType: "UK6", awardStatuses: ["pending"] },
    "AWARD AWARDED",
  ],
  [
    "UK6 changed",
    { tags: ["awardUpdate", "contractUpdate"], noticeType: "UK6", awardStatuses: [undefined] },
    "AWARD AWARDED",
  ],
  [
    "UK7 contract details",
    {
      tags: ["award", "contract"],
      noticeType: "UK7",
      awardStatuses: ["active"],
      contractStatuses: ["active"],
    },
    "AWARD AWARDED",
  ],
  [
    "UK9 performance",
    { tags: ["implementation"], noticeType: "UK9", contractStatuses: [undefined] },
    "AWARD AWARDED",
  ],
  ["UK10 contract changed", { tags: ["contractAmendment"], noticeType: "UK10" }, "AWARD AWARDED"],
  [
    "UK11 contract ended",
    { tags: ["contractTermination"], noticeType: "UK11", contractStatuses: ["terminated"] },
    "AWARD CLOSED",
  ],
  [
    "UK12 procurement ended",
    {
      tags: ["tenderCancellation"],
      noticeType: "UK12",
      tenderStatus: "complete",
      awardStatuses: ["cancelled"],
    },
    "TENDER CANCELLED",
  ],
  [
    "UK12 before a contract was signed",
    {
      tags: ["tenderCancellation"],
      noticeType: "UK12",
      awardStatuses: ["active"],
      contractStatuses: ["cancelled"],
    },
    "TENDER CANCELLED",
  ],
  ["UK13 dynamic market", { tags: ["tender"], noticeType: "UK13", tenderStatus: "active" }, "TENDER OPEN"],
  [
    "UK15 suppliers of a dynamic market",
    { tags: ["award", "contract"], noticeType: "UK15", awardStatuses: [undefined] },
    "AWARD AWARDED",
  ],
  ["UK16 end of a dynamic market", { noticeType: "UK16" }, "TENDER CLOSED"],
  ["UK3 without tags", { noticeType: "UK3" }, "PLANNING OPEN"],
  ["UK7 without tags", { noticeType: "UK7" }, "AWARD AWARDED"],
  ["CELEX prior information", { tags: ["planning"], tenderStatus: "planned" }, "PLANNING OPEN"],
  [
    "CELEX prior information as a call",
    { tags: ["planning", "tender"], tenderStatus: "active", deadline: ahead },
    "TENDER OPEN",
  ],
  ["CELEX tender", { tags: ["tender"], tenderStatus: "active", deadline: ahead }, "TENDER OPEN"],
  ["CELEX change, which is a delta", { tags: ["tenderUpdate"] }, "TENDER OPEN"],
  [
    "CELEX award",
    { tags: ["award", "contract"], tenderStatus: "complete", awardStatuses: ["active"] },
    "AWARD AWARDED",
  ],
  [
    "CELEX award of some lots",
    { tags: ["award"], awardStatuses: ["unsuccessful", "active"] },
    "AWARD AWARDED",
  ],
  [
    "CELEX award of nothing",
    { tags: ["award"], tenderStatus: "cancelled", awardStatuses: ["unsuccessful"] },
    "AWARD CANCELLED",
  ],
  [
    "CELEX modification",
    { tags: ["awardUpdate", "contractUpdate"], contractStatuses: ["active"] },
    "AWARD AWARDED",
  ],
  [
    "contracts that were all cancelled",
    { tags: ["contract"], contractStatuses: ["cancelled"] },
    "AWARD CANCELLED",
  ],
  ["CF early engagement", { tags: ["planning"], tenderStatus: "planning" }, "PLANNING OPEN"],
  ["CF engagement called off", { tags: ["planning"], tenderStatus: "cancelled" }, "PLANNING CANCELLED"],
  ["a plan cancelled", { tags: ["planningCancellation"] }, "PLANNING CANCELLED"],
  ["CF opportunity", { tags: ["tender"], tenderStatus: "active", deadline: ahead }, "TENDER OPEN"],
  [
    "CF opportunity, complete",
    { tags: ["tender"], tenderStatus: "complete", deadline: ahead },
    "TENDER CLOSED",
  ],
  [
    "CF opportunity, withdrawn",
    { tags: ["tender"], tenderStatus: "withdrawn", deadline: ahead },
    "TENDER CANCELLED",
  ],
  ["CF opportunity, unsuccessful", { tags: ["tender"], tenderStatus: "unsuccessful" }, "TENDER CANCELLED"],
  ["CF amendment", { tags: ["tenderAmendment"], tenderStatus: "active", deadline: now }, "TENDER CLOSED"],
  ["CF award", { tags: ["award"], tenderStatus: "complete", awardStatuses: ["active"] }, "AWARD AWARDED"],
  ["CF award edited", { tags: ["awardUpdate"], awardStatuses: ["active"] }, "AWARD AWARDED"],
  ["no tag, an award", { awardStatuses: ["active"] }, "AWARD AWARDED"],
  ["no tag, a contract", { contractStatuses: ["active"] }, "AWARD AWARDED"],
  ["no tag, a deadline ahead", { deadline: ahead }, "TENDER OPEN"],
  ["a tag that nobody knows", { tags: ["compiled"], deadline: now }, "TENDER CLOSED"],
];

describe("stage and status of", () => {
  it.each(TABLE)("%s", (_, said, expected) => {
    const facts = { ...nothing, ...said };
    expect(`${stageOf(facts)} ${statusOf(facts)}`).toBe(expected);
  });
});
