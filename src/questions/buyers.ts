// What people ask about buyers, and about one procurement.
import { z } from "zod";
import {
  AT_THE_LATEST,
  AWARDED,
  BUYER,
  DEADLINE,
  ENDS,
  NOTICE,
  OCID,
  PUBLISHED,
  STATE,
  SUPPLIERS,
  suppliersOfAwards,
  TITLE,
  VALUE,
} from "./columns.ts";
import { cpv, cpvFilter, days, daysFrom, limit, needed, region, regionFilter } from "./parameters.ts";
import { question } from "./question.ts";

/** A buyer is found by its name as it is written, in any case; its procurements by its id. */
const buyer = needed("a buyer's name", "Warrington Council 1");
const procurementsOfBuyer = (name: string) => [
  { $match: { nameLower: name.toLowerCase() } },
  { $lookup: { from: "processes", localField: "_id", foreignField: "buyerId", as: "process" } },
  { $unwind: "$process" },
  { $replaceWith: "$process" },
];

export const buyers = [
  question({
    name: "buyer",
    title: "What does this buyer buy?",
    asker: "bid team",
    about: "Its procurements, the newest first, in whatever state.",
    parameters: z.object({ buyer, limit }),
    collection: "buyers",
    index: "nameLower",
    columns: [TITLE, STATE, VALUE, AWARDED, PUBLISHED, NOTICE, OCID],
    pipeline: (read) => [
      ...procurementsOfBuyer(read.buyer),
      { $sort: { publishedDate: -1, ocid: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "buyer-contracts",
    title: "Who works for this buyer, and until when?",
    asker: "bid team",
    about: "Contracts that run, ending first.",
    parameters: z.object({ buyer, limit }),
    collection: "buyers",
    index: "nameLower",
    columns: [TITLE, SUPPLIERS, AWARDED, ENDS, AT_THE_LATEST, NOTICE],
    pipeline: (read) => [
      ...procurementsOfBuyer(read.buyer),
      { $match: { state: "awarded" } },
      { $sort: { contractEndDate: 1, ocid: 1 } },
      { $limit: read.limit },
      suppliersOfAwards,
    ],
  }),
  question({
    name: "who-buys",
    title: "Who buys what I sell?",
    asker: "bid team",
    about: "Buyers by how many procurements of the trade had a notice in that time.",
    parameters: z.object({ since: days(365, "Last notice within the last"), cpv, region, limit }),
    collection: "processes",
    index: "byStateAndDate",
    columns: [
      BUYER,
      { field: "procurements", title: "Procurements", kind: "number" },
      { field: "open", title: "Open now", kind: "number" },
      { field: "value", title: "Worth", kind: "money" },
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: { $in: ["planned", "open", "closed", "intended", "awarded", "ended"] },
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      {
        $group: {
          _id: "$buyerId",
          buyerName: { $first: "$buyerName" },
          procurements: { $sum: 1 },
          open: { $sum: { $cond: [{ $eq: ["$state", "open"] }, 1, 0] } },
          value: { $sum: { $ifNull: ["$awardValue", "$valueMax"] } },
        },
      },
      { $sort: { procurements: -1, value: -1, buyerName: 1, _id: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "biggest-buyers",
    title: "Which organisations of one kind buy most, and where are they?",
    asker: "analyst",
    about:
      "`contractCount` is the number of notices that name it. Reads all buyers: there are some thousands.",
    parameters: z.object({
      kind: needed("a kind of organisation", "council"),
      limit,
    }),
    collection: "buyers",
    index: null,
    columns: [
      { field: "name", title: "Buyer", kind: "text" },
      { field: "regionName", title: "Region", kind: "text" },
      { field: "locality", title: "Town", kind: "text" },
      { field: "website", title: "Website", kind: "link" },
      { field: "contractCount", title: "Notices", kind: "number" },
    ],
    pipeline: (read) => [
      { $match: { sector: read.kind } },
      { $sort: { contractCount: -1, name: 1, _id: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "process",
    title: "How does one procurement stand?",
    asker: "bid team",
    about: "By its ocid; several rows where unrelated buyers use one.",
    parameters: z.object({ ocid: needed("an ocid", "ocds-h6vhtk-0300d5"), limit }),
    collection: "processes",
    index: "process",
    columns: [TITLE, BUYER, STATE, DEADLINE, VALUE, AWARDED, SUPPLIERS, NOTICE],
    pipeline: (read, { sources }) => [
      { $match: { source: { $in: sources }, ocid: read.ocid } },
      { $sort: { publishedDate: -1, _id: 1 } },
      { $limit: read.limit },
      suppliersOfAwards,
    ],
  }),
  question({
    name: "notices",
    title: "Which notices belong to one procurement, first to last?",
    asker: "bid team",
    about: "Each as things stand, with the one that replaced it.",
    parameters: z.object({ ocid: needed("an ocid", "ocds-h6vhtk-0300d5"), limit }),
    collection: "contracts",
    index: "notice",
    columns: [
      { field: "publishedDate", title: "Published", kind: "instant" },
      { field: "noticeType", title: "Type", kind: "text" },
      { field: "stage", title: "Stage", kind: "text" },
      { field: "status", title: "Status", kind: "text" },
      { field: "supersededBy", title: "Replaced by", kind: "text" },
      DEADLINE,
      AWARDED,
      NOTICE,
    ],
    pipeline: (read, { sources }) => [
      { $match: { source: { $in: sources }, ocid: read.ocid } },
      { $sort: { publishedDate: 1, noticeId: 1 } },
      { $limit: read.limit },
    ],
  }),
];
