// The updates that keep contracts and buyers right in whatever order, and however often, releases arrive. Pure.
import type { AnyBulkWriteOperation, Document } from "mongodb";
import {
  type Buyer,
  buyerSchema,
  type Contract,
  type MappedBuyer,
  type MappedContract,
} from "../terms/documents.ts";

export interface Upsert {
  contract: MappedContract & Pick<Contract, "_id" | "buyerId" | "jointBuyerIds">;
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

/** Fields of a buyer in which releases differ. */
const SAID = ["name", "sector", "website"] as const;
/** Of one address, so taken from one release; `regionName` goes with its region. */
const ADDRESS = ["region", "locality", "postalCode"] as const;

/** What releases say, beside the fields that others may enrich. */
function saidOf(buyer: MappedBuyer): NonNullable<Buyer["said"]> {
  const { name, sector, website } = buyer;
  const address = ADDRESS.map((field) => buyer[field] ?? "").join("\n");
  return { name, sector, website, address: address.trim() === "" ? undefined : address };
}

const isGreater = (a = "", b = "") => Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0; // MongoDB's order, not UTF-16's

/** Each buyer once. */
export function distinctBuyers(buyers: Iterable<MappedBuyer>): MappedBuyer[] {
  const distinct = new Map<string, MappedBuyer>();
  for (const buyer of buyers) {
    const named = distinct.get(buyer._id);
    distinct.set(buyer._id, named ? merged(named, buyer) : buyer);
  }
  return [...distinct.values()];
}

/** One buyer as two releases name it, whichever comes first: of each field the greater text. */
function merged(a: MappedBuyer, b: MappedBuyer): MappedBuyer {
  const [saidA, saidB] = [saidOf(a), saidOf(b)];
  const pick = (field: keyof typeof saidA) => (isGreater(saidB[field], saidA[field]) ? b : a);
  const [{ sector }, { website }, { name }] = [pick("sector"), pick("website"), pick("name")];
  const { region, regionName, locality, postalCode } = pick("address");
  const address = { region, regionName, locality, postalCode };
  return { ...a, name, identifiers: [...a.identifiers, ...b.identifiers], sector, ...address, website };
}

/**
 * Makes the buyers that are not there yet and brings `contractCount` up to what is stored, in one round trip. Fields that
 * others have enriched are never overwritten. Two writers may count at once, so the count of a buyer that the page names
 * only grows; one that an edit no longer names is counted anew.
 */
export function buyersRecounted(buyers: MappedBuyer[], contractIds: string[]): Document[] {
  const others = [
    { $match: { _id: { $in: contractIds }, otherBuyerIds: { $exists: true } } },
    { $unwind: "$otherBuyerIds" },
    { $group: { _id: "$otherBuyerIds" } },
  ];
  return [
    { $documents: buyers.map((buyer) => ({ $literal: { ...buyer, said: saidOf(buyer) } })) },
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
    { $replaceWith: inOrder({ identifiers: union("$identifiers") }) },
    { $merge: { into: "buyers", on: "_id", whenMatched: [{ $replaceWith: mergedBuyer() }] } },
  ];
}

const BUYER_FIELDS = Object.keys(buyerSchema.shape);

/** Our fields of a buyer, in one order whoever came first. */
function inOrder(values: Document): Document {
  return Object.fromEntries(BUYER_FIELDS.map((field) => [field, values[field] ?? `$${field}`]));
}

function union(...lists: string[]): Document {
  return { $sortArray: { input: { $setUnion: lists.map((list) => ({ $ifNull: [list, []] })) }, sortBy: 1 } };
}

/** Each field is the greatest that releases have said, unless it is no longer what they said: then others have enriched it. */
function mergedBuyer(): Document {
  const greatest = (field: string) => ({
    $ifNull: [{ $max: [`$said.${field}`, `$$new.said.${field}`] }, "$$REMOVE"],
  });
  const orNull = (value: unknown) => ({ $ifNull: [value, null] });
  const follows = SAID.map((field) => [
    field,
    { $cond: [{ $eq: [orNull(`$${field}`), orNull(`$said.${field}`)] }, greatest(field), `$${field}`] },
  ]);
  const texts = ADDRESS.map((field) => ({ $ifNull: [`$${field}`, ""] }));
  const ownAddress = { $concat: texts.flatMap((text, at) => (at === 0 ? [text] : ["\n", text])) };
  const moves = {
    $and: [
      { $gt: [orNull("$$new.said.address"), orNull("$said.address")] },
      { $eq: [ownAddress, { $ifNull: ["$said.address", "\n".repeat(ADDRESS.length - 1)] }] },
    ],
  };
  const address = [...ADDRESS, "regionName"].map((field) => [
    field,
    { $cond: [moves, `$$new.${field}`, `$${field}`] },
  ]);
  const count = {
    $cond: [
      { $eq: [orNull("$$new.name"), null] },
      "$$new.contractCount",
      { $max: ["$contractCount", "$$new.contractCount"] },
    ],
  };
  const ours = inOrder({
    ...Object.fromEntries([...follows, ...address]),
    identifiers: union("$identifiers", "$$new.identifiers"),
    contractCount: count,
    said: Object.fromEntries([...SAID, "address"].map((field) => [field, greatest(field)])),
  });
  const isOthers = { $not: [{ $in: ["$$this.k", BUYER_FIELDS] }] };
  const others = { $filter: { input: { $objectToArray: "$$ROOT" }, cond: isOthers } };
  return changedOrSame({ $mergeObjects: [ours, { $arrayToObject: others }] });
}

/** A mapped contract with its ids. */
export function identified(contract: MappedContract, buyers: readonly MappedBuyer[]): Upsert["contract"] {
  const { source, ocid, noticeId } = contract;
  const [first, ...others] = buyers.map(({ _id }) => _id);
  return {
    _id: `${source}/${ocid}/${noticeId}`,
    ...(first === undefined ? {} : { buyerId: first }),
    ...(others.length === 0 ? {} : { jointBuyerIds: others }),
    ...contract,
  };
}
