// What operators ask: how far the copy reaches, what is missing, what came in.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { z } from "zod";
import { limit } from "./parameters.ts";
import { question } from "./question.ts";

const none = z.object({});
const SOURCE = { field: "source", title: "Source", kind: "text" } as const;
const bySource = { $set: { source: "$_id" } };

export const operations = [
  question({
    name: "months",
    title: "How many months are done, how many are open?",
    asker: "operator",
    about: "By source, status and proof: `ordered` once read, `exact` once verified.",
    parameters: none,
    collection: "syncWindows",
    index: null,
    columns: [
      SOURCE,
      { field: "status", title: "Status", kind: "text" },
      { field: "proof", title: "Proof", kind: "text" },
      { field: "months", title: "Months", kind: "number" },
      { field: "first", title: "First", kind: "text" },
      { field: "last", title: "Last", kind: "text" },
      { field: "releases", title: "Releases", kind: "number" },
    ],
    pipeline: () => [
      {
        $group: {
          _id: { source: "$source", status: "$status", proof: "$proof" },
          months: { $sum: 1 },
          first: { $min: "$month" },
          last: { $max: "$month" },
          releases: { $sum: "$counts.releases" },
        },
      },
      { $sort: { _id: 1 } },
      { $set: { source: "$_id.source", status: "$_id.status", proof: "$_id.proof" } },
    ],
  }),
  question({
    name: "unproved",
    title: "What is not proved yet, and why?",
    asker: "operator",
    about:
      "The months that are not `exact`, newest first: how far each is, what only a cursor could read, its last error. Nothing comes back when all is proved.",
    parameters: z.object({ limit }),
    collection: "syncWindows",
    index: null,
    columns: [
      SOURCE,
      { field: "month", title: "Month", kind: "text" },
      { field: "status", title: "Status", kind: "text" },
      { field: "proof", title: "Proof", kind: "text" },
      { field: "slices", title: "Slices by cursor", kind: "number" },
      { field: "error", title: "Last error", kind: "text" },
    ],
    pipeline: (read) => [
      { $match: { status: { $ne: "cancelled" }, proof: { $ne: "exact" } } },
      { $sort: { from: -1, _id: 1 } },
      { $limit: read.limit },
      {
        $set: {
          slices: { $size: { $ifNull: ["$unproven", []] } },
          error: { $ifNull: ["$lastError.message", "$$REMOVE"] },
        },
      },
    ],
  }),
  question({
    name: "requests-left",
    title: "How many requests are left, and how many days?",
    asker: "operator",
    about:
      "By the mean of the months that were read, at 6 requests a minute (`REQUESTS_PER_MINUTE`) for 13 minutes (`RUN_BUDGET_SECONDS`) of every hour; `npm run plan` judges each month by itself.",
    parameters: none,
    collection: "syncWindows",
    index: null,
    columns: [
      SOURCE,
      { field: "open", title: "Months", kind: "number" },
      { field: "requestsLeft", title: "Requests", kind: "number" },
      { field: "daysLeft", title: "Days", kind: "number" },
    ],
    pipeline: () => [
      { $match: { status: { $nin: ["cancelled", "deferred"] } } },
      {
        $group: {
          _id: "$source",
          open: { $sum: { $cond: [{ $eq: ["$status", "done"] }, 0, 1] } },
          perMonth: { $avg: { $cond: [{ $eq: ["$status", "done"] }, "$counts.requests", null] } },
        },
      },
      { $set: { requestsLeft: { $ceil: { $multiply: ["$open", "$perMonth"] } } } },
      { $set: { daysLeft: { $round: [{ $divide: ["$requestsLeft", 6 * 13 * 24] }, 2] } } },
      { $sort: { _id: 1 } },
      bySource,
    ],
  }),
  question({
    name: "last-hours",
    title: "What came in during the last hours?",
    asker: "operator",
    about: "By source, of all runs that began in that time.",
    parameters: z.object({
      hours: z.coerce.number().min(1).max(2160).default(1).describe("Within so many hours"),
    }),
    collection: "syncRuns",
    index: "kept90Days",
    columns: [
      SOURCE,
      { field: "runs", title: "Runs", kind: "number" },
      { field: "releases", title: "Releases", kind: "number" },
      { field: "contractsChanged", title: "Contracts changed", kind: "number" },
      { field: "errors", title: "Errors", kind: "number" },
    ],
    pipeline: (read, { now }) => [
      { $match: { startedAt: { $gte: new Date(now.getTime() - read.hours * HOUR_MS) } } },
      { $unwind: "$sources" },
      {
        $group: {
          _id: "$sources.source",
          runs: { $sum: 1 },
          releases: { $sum: "$sources.releases" },
          contractsChanged: { $sum: "$sources.contractsChanged" },
          errors: { $sum: { $size: "$sources.errors" } },
        },
      },
      { $sort: { _id: 1 } },
      bySource,
    ],
  }),
  question({
    name: "holes",
    title: "Is there a hole: an instant between the start and T0 that is in no month?",
    asker: "operator",
    about: "Nothing comes back when there is none. docs/completeness.md has the rest.",
    parameters: none,
    collection: "syncWindows",
    index: null,
    columns: [
      SOURCE,
      { field: "to", title: "From", kind: "instant" },
      { field: "next", title: "To", kind: "instant" },
    ],
    pipeline: () => [
      { $match: { status: { $ne: "cancelled" } } },
      {
        $setWindowFields: {
          partitionBy: { source: "$source", site: "$site" },
          sortBy: { from: 1 },
          output: { next: { $shift: { output: "$from", by: 1 } } },
        },
      },
      { $match: { $expr: { $and: [{ $ne: ["$next", null] }, { $lt: ["$to", "$next"] }] } } },
    ],
  }),
  question({
    name: "quarantine",
    title: "What could not be stored, and why?",
    asker: "operator",
    about: "`npm run sync -- quarantine retry` maps them once more, after a fix.",
    parameters: z.object({ limit }),
    collection: "quarantine",
    index: null,
    columns: [
      SOURCE,
      { field: "reason", title: "Reason", kind: "text" },
      { field: "releases", title: "Releases", kind: "number" },
    ],
    pipeline: (read) => [
      {
        $group: {
          _id: { source: "$source", reason: { $first: { $split: ["$reason", ":"] } } },
          releases: { $sum: 1 },
        },
      },
      { $sort: { releases: -1, _id: 1 } },
      { $limit: read.limit },
      { $set: { source: "$_id.source", reason: "$_id.reason" } },
    ],
  }),
];
