// What a bid team asks: what one can bid for, what comes, what has moved.
import { z } from "zod";
import { BUYER, DEADLINE, NOTICE, OCID, PUBLISHED, STATE, TITLE, VALUE } from "./columns.ts";
import {
  amount,
  anyDays,
  cpv,
  cpvFilter,
  days,
  daysFrom,
  limit,
  region,
  regionFilter,
} from "./parameters.ts";
import { question } from "./question.ts";

const tradeAndRegion = z.object({ cpv, region, limit });
const openRows = [TITLE, BUYER, DEADLINE, VALUE, NOTICE, OCID];

export const bidding = [
  question({
    name: "open",
    title: "What can I bid for now, closing first?",
    asker: "bid team",
    about:
      "One row for each procurement, however many notices tell of it; what has no closing day, as a dynamic market that one may join, comes last.",
    parameters: z.object({ cpv, region, closing: anyDays("Closing within"), limit }),
    collection: "processes",
    index: "open",
    columns: openRows,
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "open",
          deadlineDate:
            read.closing === undefined
              ? { $not: { $lte: now } }
              : { $gt: now, $lte: daysFrom(now, read.closing) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $set: { undated: { $eq: [{ $type: "$deadlineDate" }, "missing"] } } },
      { $sort: { undated: 1, deadlineDate: 1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "closing-soon",
    title: "Which of them close soon?",
    asker: "bid team",
    about: "The last days to bid.",
    parameters: z.object({ closing: days(14, "Closing within"), cpv, region, limit }),
    collection: "processes",
    index: "open",
    columns: openRows,
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "open",
          deadlineDate: { $gt: now, $lte: daysFrom(now, read.closing) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { deadlineDate: 1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "open-for-small-firms",
    title: "Which open tenders suit a small firm, up to an amount?",
    asker: "bid team",
    about:
      "Suitable for small and medium-sized firms by the buyer's own word; without VAT where that is said.",
    parameters: z.object({ most: amount("Worth at most").meta({ example: "500000" }), cpv, region, limit }),
    collection: "processes",
    index: "open",
    columns: openRows,
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "open",
          deadlineDate: { $not: { $lte: now } },
          suitableForSme: true,
          ...(read.most === undefined ? {} : { valueMax: { $lte: read.most } }),
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { deadlineDate: 1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "open-by-worth",
    title: "Which open tenders are worth most?",
    asker: "bid team",
    about: "Only what says its worth, in one currency each.",
    parameters: z.object({
      least: amount("Worth at least").meta({ example: "1000000" }),
      cpv,
      region,
      limit,
    }),
    collection: "processes",
    index: "open",
    columns: openRows,
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "open",
          deadlineDate: { $not: { $lte: now } },
          valueMax: { $gte: read.least ?? 0 },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { valueMax: -1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "open-frameworks",
    title: "Which frameworks and dynamic markets can I apply to?",
    asker: "bid team",
    about:
      "Being on a framework is the only way to its call-offs; a dynamic market takes applications as long as it exists.",
    parameters: tradeAndRegion,
    example: { cpv: "" },
    collection: "processes",
    index: "open",
    columns: [
      TITLE,
      BUYER,
      { field: "contractMechanism", title: "Kind", kind: "text" },
      DEADLINE,
      VALUE,
      NOTICE,
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "open",
          deadlineDate: { $not: { $lte: now } },
          contractMechanism: { $in: ["framework", "dps"] },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { deadlineDate: 1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "planned",
    title: "What will be tendered?",
    asker: "bid team",
    about: "Announced and not called for yet, the newest plan first.",
    parameters: z.object({ since: days(365, "Announced within the last"), cpv, region, limit }),
    collection: "processes",
    index: "byStateAndDate",
    columns: [
      TITLE,
      BUYER,
      VALUE,
      { field: "contractStartDate", title: "Begins", kind: "day" },
      PUBLISHED,
      NOTICE,
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "planned",
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { publishedDate: -1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "talks",
    title: "Which buyers want to speak to the market, and until when?",
    asker: "bid team",
    about: "Plans on which one can still speak to the buyer, ending first.",
    parameters: tradeAndRegion,
    collection: "contracts",
    index: "closing",
    columns: [TITLE, BUYER, { field: "openUntil", title: "Until", kind: "day" }, VALUE, NOTICE],
    pipeline: (read, { now }) => [
      {
        $match: {
          status: "OPEN",
          openUntil: { $gt: now },
          stage: "PLANNING",
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { openUntil: 1, noticeId: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "changed",
    title: "What has moved since yesterday?",
    asker: "bid team",
    about: "State, deadline and worth, with what they were before. A deadline that only passes is no change.",
    parameters: z.object({ since: days(1, "Within the last"), cpv, region, limit }),
    example: { cpv: "", since: "30" },
    collection: "processes",
    index: "changed",
    columns: [
      TITLE,
      BUYER,
      { field: "at", title: "When", kind: "instant" },
      { field: "field", title: "What", kind: "text" },
      { field: "from", title: "Before", kind: "text" },
      { field: "to", title: "Now", kind: "text" },
      OCID,
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          "changes.at": { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $unwind: "$changes" },
      { $match: { "changes.at": { $gte: daysFrom(now, -read.since) } } },
      { $sort: { "changes.at": -1, ocid: 1, "changes.field": 1 } },
      { $limit: read.limit },
      {
        $set: {
          at: "$changes.at",
          field: "$changes.field",
          from: "$changes.from",
          to: "$changes.to",
        },
      },
    ],
  }),
  question({
    name: "new-notices",
    title: "What was published since yesterday?",
    asker: "bid team",
    about: "Every notice, the newest first, with what it is as things stand.",
    parameters: z.object({ since: days(1, "Within the last"), cpv, region, limit }),
    collection: "contracts",
    index: "bySourceAndDate",
    columns: [
      TITLE,
      BUYER,
      { field: "stage", title: "Stage", kind: "text" },
      { field: "status", title: "Status", kind: "text" },
      { field: "publishedDate", title: "Published", kind: "instant" },
      NOTICE,
    ],
    pipeline: (read, { now, sources }) => [
      {
        $match: {
          source: { $in: sources },
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { publishedDate: -1, noticeId: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "cancelled",
    title: "Which tenders were cancelled lately, and may come again?",
    asker: "bid team",
    about: "Ended without an award: by a notice, by the buyer's word, or lot by lot.",
    parameters: z.object({ since: days(90, "Within the last"), cpv, region, limit }),
    example: { cpv: "" },
    collection: "processes",
    index: "byStateAndDate",
    columns: [TITLE, BUYER, VALUE, PUBLISHED, NOTICE],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "cancelled",
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { publishedDate: -1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "announced-awards",
    title: "Which awards are announced and not made yet?",
    asker: "bid team",
    about: "Direct awards (UK5) and decisions in their standstill: what can still be challenged.",
    parameters: z.object({ since: days(30, "Within the last"), cpv, region, limit }),
    collection: "processes",
    index: "byStateAndDate",
    columns: [TITLE, BUYER, VALUE, PUBLISHED, STATE, NOTICE],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "intended",
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { publishedDate: -1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
];
