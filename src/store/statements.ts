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
  const kept =
    revision === null
      ? times
      : {
          otherBuyerIds: otherBuyers(contract.buyerId),
          revisions: {
            $sortArray: { input: { $setUnion: [{ $ifNull: ["$revisions", []] }, [revision]] }, sortBy: 1 },
          },
          ...times,
        };
  // What comes once for a page comes a hundred times over the wire: each expression stands here once.
  const next = { $mergeObjects: [{ $cond: ["$$newer", { $literal: values }, "$$ROOT"] }, kept] };
  return {
    updateOne: {
      filter: { _id: contract._id },
      update: [{ $replaceWith: { $let: { vars: { newer }, in: changedOrSame(next) } } }],
      upsert: true,
    },
  };
}

/** Buyers that other revisions of the notice name: an edit may change the buyer, and then both counts change. */
function otherBuyers(buyerId: string | undefined): Document {
  const named = {
    $setUnion: [{ $ifNull: ["$otherBuyerIds", []] }, ["$buyerId"], buyerId === undefined ? [] : [buyerId]],
  };
  const current = { $cond: ["$$newer", { $literal: buyerId ?? null }, "$buyerId"] };
  const others = { $sortArray: { input: { $setDifference: [named, [current, null]] }, sortBy: 1 } };
  return { $let: { vars: { others }, in: { $cond: [{ $eq: ["$$others", []] }, "$$REMOVE", "$$others"] } } };
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

/** As the mapper closes them (map/status.ts), so that reading them again changes nothing more. */
export function closing(now: Date) {
  return {
    filter: { status: "OPEN", deadlineDate: { $lte: now } },
    update: { $set: { status: "CLOSED" }, $currentDate: { updatedAt: true } },
  } as const;
}

/**
 * Makes the buyers that are not there yet and brings `contractCount` up to what is stored, in one round trip. Fields
 * that are there, whoever enriched them, are never overwritten. Two writers may count at once, so the count of a buyer
 * that the page names only grows; one that an edit no longer names is counted anew.
 */
export function buyersRecounted(buyers: MappedBuyer[], contractIds: string[]): Document[] {
  const others = [
    { $match: { _id: { $in: contractIds }, otherBuyerIds: { $exists: true } } },
    { $unwind: "$otherBuyerIds" },
    { $group: { _id: "$otherBuyerIds" } },
  ];
  return [
    { $documents: buyers.map((buyer) => ({ $literal: buyer })) },
    { $unionWith: { coll: "contracts", pipeline: others } },
    { $lookup: { from: "buyers", localField: "_id", foreignField: "_id", as: "known" } },
    { $match: { $or: [{ name: { $exists: true } }, { known: { $ne: [] } }] } },
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
    { $unset: ["counted", "known"] },
    { $merge: { into: "buyers", on: "_id", whenMatched: [{ $replaceWith: mergedBuyer }] } },
  ];
}

const mergedCount = {
  $cond: [
    { $eq: [{ $ifNull: ["$$new.name", null] }, null] },
    "$$new.contractCount",
    { $max: ["$contractCount", "$$new.contractCount"] },
  ],
};
const mergedBuyer: Document = changedOrSame({
  $mergeObjects: ["$$ROOT", "$$new", "$$ROOT", { contractCount: mergedCount }],
});
