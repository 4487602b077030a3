// What a bid team and an analyst ask about awards and contracts: who won what, for how much, and until when.
import { z } from "zod";
import {
  AT_THE_LATEST,
  AWARDED,
  BUYER,
  ENDS,
  NOTICE,
  OCID,
  PUBLISHED,
  SUPPLIERS,
  suppliersOfAwards,
  TITLE,
} from "./columns.ts";
import {
  beginning,
  cpv,
  cpvFilter,
  days,
  daysFrom,
  limit,
  needed,
  region,
  regionFilter,
} from "./parameters.ts";
import { question } from "./question.ts";

const WON = { $in: ["awarded", "ended"] };

export const awards = [
  question({
    name: "won",
    title: "What did it cost, and who won it?",
    asker: "bid team",
    about:
      "Each award once, however many notices tell it; a framework's ceiling once. Without VAT where that is said.",
    parameters: z.object({ since: days(90, "Last notice within the last"), cpv, region, limit }),
    collection: "processes",
    index: "byStateAndDate",
    columns: [
      TITLE,
      BUYER,
      AWARDED,
      { field: "currency", title: "Currency", kind: "text" },
      SUPPLIERS,
      NOTICE,
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: WON,
          publishedDate: { $gte: daysFrom(now, -read.since) },
          awardValue: { $gt: 0 },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { awardValue: -1, ocid: 1 } },
      { $limit: read.limit },
      suppliersOfAwards,
    ],
  }),
  question({
    name: "winners",
    title: "Who wins most of my trade?",
    asker: "bid team",
    about:
      "By company number where it is told, else by name. An award to several firms counts in full for each.",
    parameters: z.object({ since: days(365, "Last notice within the last"), cpv, region, limit }),
    collection: "processes",
    index: "byStateAndDate",
    columns: [
      { field: "name", title: "Firm", kind: "text" },
      { field: "supplierId", title: "Number", kind: "text" },
      { field: "won", title: "Awards", kind: "number" },
      { field: "value", title: "Worth", kind: "money" },
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: WON,
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $unwind: "$awards" },
      { $unwind: "$awards.suppliers" },
      {
        $group: {
          _id: { $ifNull: ["$awards.suppliers.supplierId", { $toLower: "$awards.suppliers.name" }] },
          name: { $first: "$awards.suppliers.name" },
          supplierId: { $first: "$awards.suppliers.supplierId" },
          won: { $sum: 1 },
          value: { $sum: "$awards.value" },
        },
      },
      { $sort: { won: -1, value: -1, _id: 1 } },
      { $limit: read.limit },
    ],
  }),
  question({
    name: "won-by",
    title: "What has one competitor won?",
    asker: "bid team",
    about:
      "By the beginning of its name, in any case. Reads all procurements: an index of firms would cost every one of them 30 bytes.",
    parameters: z.object({ supplier: needed("the beginning of a firm's name", "Supplier 1"), cpv, limit }),
    example: { cpv: "" },
    collection: "processes",
    index: null,
    columns: [TITLE, BUYER, AWARDED, SUPPLIERS, ENDS, NOTICE],
    pipeline: (read) => [
      { $match: { "awards.suppliers.name": beginning(read.supplier), ...cpvFilter(read.cpv) } },
      { $sort: { publishedDate: -1, ocid: 1 } },
      { $limit: read.limit },
      suppliersOfAwards,
    ],
  }),
  question({
    name: "ending",
    title: "Which contracts of my trade end within a year, and will be tendered again?",
    asker: "bid team",
    about: "The last day that was said, and the last if every extension is used.",
    parameters: z.object({ within: days(365, "Ending within"), cpv, region, limit }),
    collection: "processes",
    index: "running",
    columns: [TITLE, BUYER, ENDS, AT_THE_LATEST, AWARDED, SUPPLIERS, NOTICE],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "awarded",
          contractEndDate: { $gt: now, $lte: daysFrom(now, read.within) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { contractEndDate: 1, ocid: 1 } },
      { $limit: read.limit },
      suppliersOfAwards,
    ],
  }),
  question({
    name: "call-offs",
    title: "What has been called off from a framework?",
    asker: "bid team",
    about: "By the framework's ocid, which its call-offs name (`callOffOf`).",
    parameters: z.object({ framework: needed("the ocid of a framework", "ocds-h6vhtk-0300db"), limit }),
    collection: "processes",
    index: "callOffs",
    columns: [TITLE, BUYER, AWARDED, SUPPLIERS, PUBLISHED, NOTICE],
    pipeline: (read) => [
      { $match: { callOffOf: read.framework } },
      { $sort: { publishedDate: -1, ocid: 1 } },
      { $limit: read.limit },
      suppliersOfAwards,
    ],
  }),
  question({
    name: "frameworks",
    title: "Which frameworks of my trade are in force?",
    asker: "bid team",
    about: "Awarded and not over; the value is its ceiling, not what was bought from it.",
    parameters: z.object({ since: days(1460, "Last notice within the last"), cpv, region, limit }),
    example: { cpv: "" },
    collection: "processes",
    index: "frameworks",
    columns: [TITLE, BUYER, { field: "awardValue", title: "Ceiling", kind: "money" }, SUPPLIERS, ENDS, OCID],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: "awarded",
          publishedDate: { $gte: daysFrom(now, -read.since) },
          contractMechanism: "framework",
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $sort: { publishedDate: -1, ocid: 1 } },
      { $limit: read.limit },
      suppliersOfAwards,
    ],
  }),
  question({
    name: "spend-by-month",
    title: "How much is awarded, month by month?",
    asker: "analyst",
    about: "By the day of each award, in pounds, in months of London.",
    parameters: z.object({ since: days(365, "Awarded within the last"), cpv, region, limit }),
    collection: "processes",
    index: "byStateAndDate",
    columns: [
      { field: "month", title: "Month", kind: "text" },
      { field: "awards", title: "Awards", kind: "number" },
      { field: "value", title: "Worth", kind: "money" },
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: WON,
          // An award is told after it was made, so nothing that was made since is in an older process.
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      { $unwind: "$awards" },
      {
        $match: { "awards.date": { $gte: daysFrom(now, -read.since), $lte: now }, "awards.currency": "GBP" },
      },
      {
        $group: {
          _id: { $dateToString: { date: "$awards.date", format: "%Y-%m", timezone: "Europe/London" } },
          awards: { $sum: 1 },
          value: { $sum: "$awards.value" },
        },
      },
      { $sort: { _id: -1 } },
      { $limit: read.limit },
      { $set: { month: "$_id", value: { $round: "$value" } } },
    ],
  }),
  question({
    name: "how-it-is-bought",
    title: "By which kind of contract is how much awarded?",
    asker: "analyst",
    about:
      "Standard contracts, frameworks (their ceilings) and what is called off from them must not be added to each other.",
    parameters: z.object({ since: days(365, "Last notice within the last"), cpv, region, limit }),
    collection: "processes",
    index: "byStateAndDate",
    columns: [
      { field: "mechanism", title: "Kind", kind: "text" },
      { field: "procurements", title: "Procurements", kind: "number" },
      { field: "value", title: "Worth", kind: "money" },
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          state: WON,
          publishedDate: { $gte: daysFrom(now, -read.since) },
          ...cpvFilter(read.cpv),
          ...regionFilter(read.region),
        },
      },
      {
        $group: {
          _id: { $ifNull: ["$contractMechanism", "not said"] },
          procurements: { $sum: 1 },
          value: { $sum: "$awardValue" },
        },
      },
      { $sort: { value: -1, _id: 1 } },
      { $limit: read.limit },
      { $set: { mechanism: "$_id", value: { $round: "$value" } } },
    ],
  }),
];
