// The updates that keep contracts and buyers right in whatever order, and however often, releases arrive. Pure.
import type { AnyBulkWriteOperation, Document } from "mongodb";
import type { Contract, MappedBuyer, MappedContract } from "../terms/documents.ts";

export interface Upsert {
  contract: MappedContract;
  /** CF: the number behind the release id; FaT: null. */
  revision: number | null;
  rawData?: unknown;
}

/**
 * One upsert. A release replaces what is there unless that is newer: by revision (CF), by publication (FaT). What does
 * not change the document changes nothing, `updatedAt` included.
 */
export function contractUpsert({ contract, revision, rawData }: Upsert): AnyBulkWriteOperation<Contract> {
  const values = rawData === undefined ? contract : { ...contract, rawData };
  const newer =
    revision === null
      ? { $gte: [contract.publishedDate, { $ifNull: ["$publishedDate", contract.publishedDate] }] }
      : { $gte: [revision, { $ifNull: [{ $max: "$revisions" }, revision] }] };
  const times = { createdAt: { $ifNull: ["$createdAt", "$$NOW"] }, updatedAt: "$updatedAt" };
  const revisions =
    revision === null
      ? {}
      : {
          revisions: {
            $sortArray: { input: { $setUnion: [{ $ifNull: ["$revisions", []] }, [revision]] }, sortBy: 1 },
          },
        };
  const next = {
    $cond: [
      newer,
      { $mergeObjects: [{ $literal: values }, { ...revisions, ...times }] },
      { $mergeObjects: ["$$ROOT", revisions] },
    ],
  };
  return {
    updateOne: {
      filter: { _id: contract._id },
      update: [{ $replaceWith: changedOrSame(next) }],
      upsert: true,
    },
  };
}

/** `next` with a new `updatedAt` where it differs from what is there. */
function changedOrSame(next: Document): Document {
  return {
    $let: {
      vars: { next },
      in: {
        $cond: [
          { $eq: ["$$next", "$$ROOT"] },
          "$$ROOT",
          { $mergeObjects: ["$$next", { updatedAt: "$$NOW" }] },
        ],
      },
    },
  };
}

/**
 * Makes the buyers that are not there yet and brings `contractCount` up to what is stored, in one round trip. Fields
 * that are there, whoever enriched them, are never overwritten. A count only grows: two writers may count at once.
 */
export function buyersRecounted(buyers: MappedBuyer[]): Document[] {
  return [
    { $documents: buyers.map((buyer) => ({ $literal: buyer })) },
    {
      $lookup: {
        from: "contracts",
        localField: "_id",
        foreignField: "buyerId",
        pipeline: [{ $count: "contracts" }],
        as: "counted",
      },
    },
    { $set: { contractCount: { $ifNull: [{ $first: "$counted.contracts" }, 0] } } },
    { $set: { createdAt: "$$NOW", updatedAt: "$$NOW" } },
    { $unset: "counted" },
    { $merge: { into: "buyers", on: "_id", whenMatched: [{ $replaceWith: mergedBuyer }] } },
  ];
}

const mergedBuyer: Document = changedOrSame({
  $mergeObjects: [
    "$$ROOT",
    "$$new",
    "$$ROOT",
    { contractCount: { $max: ["$contractCount", "$$new.contractCount"] } },
  ],
});
