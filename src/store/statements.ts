// The writes that keep contracts right in whatever order, and however often, releases arrive. Pure. Each names what it was
// decided by (`seen`); where that is no longer so, it changes nothing and the page is looked at again.

import { createHash } from "node:crypto";
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { AnyBulkWriteOperation, Document, Filter, ObjectId } from "mongodb";
import { type Contract, contractSchema, type MappedBuyer, type MappedContract } from "../terms/documents.ts";
import { sameIn } from "../terms/same.ts";
import { type Standing, TOLD_PROJECTION, type ToldNotice } from "../terms/told.ts";
import { contractId } from "./ids.ts";
import { inOrder, ownOf, withOwn } from "./own-fields.ts";

export interface Upsert {
  contract: MappedContract;
  /** The buyer, then those that buy jointly with it. */
  buyers: readonly MappedBuyer[];
  /** CF: the number behind the release id; FaT: null. */
  revision: number | null;
  rawData?: unknown;
}

/** A stored contract as far as the store reads it. */
export type Seen = ToldNotice &
  Standing &
  Pick<
    Contract,
    "_id" | "revisions" | "otherBuyerIds" | "otherMonths" | "documents" | "documentsHash" | "createdAt"
  >;

export const SEEN_PROJECTION = {
  ...TOLD_PROJECTION,
  ...{ revisions: 1, otherBuyerIds: 1, otherMonths: 1, createdAt: 1 },
} as const;

/** What a contract becomes: decided from what is stored, then written. */
export interface Next {
  _id: ObjectId;
  /** Null: it is inserted. */
  seen: Seen | null;
  /** What the release says; null where what is stored is newer. */
  values: (MappedContract & Partial<Contract>) | null;
  kept: Pick<Contract, "revisions" | "otherBuyerIds" | "otherMonths">;
  standing: Standing;
}

export const monthOf = (instant: Date): string => instant.toISOString().slice(0, 7);

/** A release replaces what is there unless that is newer: by revision (CF), by publication (FaT). */
function isNewer(seen: Seen | null, { contract, revision }: Upsert): boolean {
  if (seen?.publishedDate === undefined) return true; // others' documents may have no date
  if (revision === null) return contract.publishedDate >= seen.publishedDate;
  return revision >= Math.max(-1, ...(seen.revisions ?? []));
}

const idsOf = ({ buyerId, jointBuyerIds = [] }: Pick<Seen, "buyerId" | "jointBuyerIds">): ObjectId[] =>
  [buyerId ?? [], jointBuyerIds].flat();

const distinctIds = (ids: readonly ObjectId[]): ObjectId[] => [
  ...new Map(ids.map((id) => [id.toHexString(), id])).values(),
];

/** Buyers and months that this notice no longer counts for, and did in another revision. */
function formerOf(
  seen: Seen | null,
  current: Pick<Seen, "buyerId" | "jointBuyerIds" | "publishedDate">,
  release: Pick<Seen, "buyerId" | "jointBuyerIds" | "publishedDate">,
): Pick<Contract, "otherBuyerIds" | "otherMonths"> {
  const named = new Set(idsOf(current).map((id) => id.toHexString()));
  const said = [seen, release].filter((one) => one !== null);
  const ids = distinctIds([...(seen?.otherBuyerIds ?? []), ...said.flatMap(idsOf)])
    .filter((id) => !named.has(id.toHexString()))
    .sort((a, b) => (a.toHexString() < b.toHexString() ? -1 : 1));
  const dates = said.flatMap(({ publishedDate }) => publishedDate ?? []);
  const months = new Set([...(seen?.otherMonths ?? []), ...dates.map(monthOf)]);
  months.delete(monthOf(current.publishedDate));
  return {
    ...(ids.length > 0 ? { otherBuyerIds: ids } : {}),
    ...(months.size > 0 ? { otherMonths: [...months].sort() } : {}),
  };
}

/** The contract as it will be stored. */
export function asStored({ _id, seen, values, kept, standing }: Next): Seen {
  const {
    status: _s,
    supersededBy: _b,
    openUntil: _u,
    otherBuyerIds: _o,
    otherMonths: _m,
    ...before
  } = seen ?? ({} as Partial<Seen>);
  const said = values ?? before;
  return { ...(said as Seen), _id, ...kept, ...standing };
}

/** Another release of the same notice on the same page. */
export function nextAfter(
  before: Next,
  upsert: Upsert,
  options: { buyerIds: readonly ObjectId[]; now: Date },
): Next {
  const { _id, seen, values } = before;
  const next = nextOf(upsert, { ...options, seen: asStored(before) });
  return { ...next, _id, seen, values: next.values ?? values };
}

/** What a release makes of a stored contract, or of none; its standing is decided by the fold (settle.ts). */
export function nextOf(
  upsert: Upsert,
  { seen, buyerIds, now }: { seen: Seen | null; buyerIds: readonly ObjectId[]; now: Date },
): Next {
  const { contract, revision, rawData } = upsert;
  const [buyerId, ...joint] = distinctIds(buyerIds);
  const release = {
    publishedDate: contract.publishedDate,
    ...(buyerId === undefined ? {} : { buyerId }),
    ...(joint.length > 0 ? { jointBuyerIds: joint } : {}),
  };
  const newer = isNewer(seen, upsert);
  const revisions = [...new Set([...(seen?.revisions ?? []), ...(revision === null ? [] : [revision])])];
  const { documents: _, ...said } = contract;
  const { status } = contract;
  const values = {
    ...{ ...said, ...release, ...toldOf(contract, seen, now), ...ownDocuments(contract, seen) },
    ...(rawData === undefined ? {} : { rawData }),
  };
  const standing: Standing = newer || seen === null ? { status } : standingOf(seen);
  return {
    _id: seen?._id ?? contractId(contract),
    seen,
    values: newer ? values : null,
    kept: {
      ...(revisions.length > 0 ? { revisions: revisions.sort((a, b) => a - b) } : {}),
      ...formerOf(seen, newer || seen === null ? release : seen, release),
    },
    standing,
  };
}

const AHEAD_MS = HOUR_MS; // of the Worker's clock: a zone that was left out, a clock that is off

/** A date in the future is no date of publication: what counts is when the notice was read first. */
function toldOf(
  { told, publishedDate }: MappedContract,
  seen: Seen | null,
  now: Date,
): Pick<Contract, "told"> {
  const isSame = seen?.publishedDate?.getTime() === publishedDate.getTime();
  const before = isSame ? seen?.told?.readAt : undefined;
  const readAt = before ?? (publishedDate.getTime() > now.getTime() + AHEAD_MS ? now : undefined);
  if (readAt) return { told: { ...told, readAt } };
  return told ? { told } : {};
}

/** A notice that the page does not hold: only its standing may change. */
export function asItIs(seen: Seen): Next {
  const { _id, revisions, otherBuyerIds, otherMonths } = seen;
  return {
    ...{ _id, seen, values: null, standing: standingOf(seen) },
    kept: {
      ...(revisions ? { revisions } : {}),
      ...(otherBuyerIds ? { otherBuyerIds } : {}),
      ...(otherMonths ? { otherMonths } : {}),
    },
  };
}

export function standingOf({ status, supersededBy, openUntil }: Standing): Standing {
  return {
    status,
    ...(supersededBy === undefined ? {} : { supersededBy }),
    ...(openUntil === undefined ? {} : { openUntil }),
  };
}

/** `documents` that others have changed since are theirs. */
function ownDocuments(
  { documents }: MappedContract,
  seen: Seen | null,
): Pick<Contract, "documents" | "documentsHash"> {
  if (documents === undefined) return {};
  const isOthers = seen?.documents !== undefined && hashOfDocuments(seen.documents) !== seen.documentsHash;
  return isOthers ? {} : { documents, documentsHash: hashOfDocuments(documents) };
}

function hashOfDocuments(documents: unknown): string {
  return createHash("sha256").update(JSON.stringify(documents)).digest("base64url").slice(0, 8);
}

/** As STORE_DETAILS says: what a release does not bring now is left as it is, others write there too. */
const DETAILS = ["lots", "documents", "buyerContact", "documentsHash"] as const;
/** What the store decides: behind the rest, whichever revision wrote that. */
const KEPT = [
  ...["status", "supersededBy", "openUntil", "revisions", "otherBuyerIds", "otherMonths"],
  ...["createdAt", "updatedAt"],
] as const;
const OWN = Object.keys(contractSchema.shape);
const SAID = OWN.filter((name) => ![...KEPT, ...DETAILS].some((one) => one === name));

/** All that this project writes into a contract. */
export const OWN_PROJECTION: Document = Object.fromEntries(OWN.map((name) => [name, 1]));

/** Null where nothing changes: `stored` is the document as it is, if it has been read. */
export function writeOf(
  next: Next,
  { now, stored }: { now: Date; stored?: Document | undefined },
): AnyBulkWriteOperation<Contract> | null {
  const { _id, seen, values, kept, standing } = next;
  const decided = { ...kept, ...standing };
  if (seen === null) {
    const times = { createdAt: now, updatedAt: now };
    const document = { ...inOrder({ _id, ...values }, OWN_SAID), ...inOrder({ ...decided, ...times }, KEPT) };
    return { insertOne: { document: document as unknown as Contract } };
  }
  const isKept = sameIn(KEPT_OF_FOLD, seen as Document, decided);
  if (values === null ? isKept : stored && isAsStored({ _id, ...values, ...decided }, stored)) return null;
  // Others write `documents`: where they are replaced, they have to be as they were read.
  const documents = values?.documents === undefined ? {} : { documents: seen.documents ?? null };
  const filter = { ...unchanged(seen), ...documents } as Filter<Contract>;
  return { updateOne: { filter, update: replaced(next, decided) } };
}

function isAsStored(next: Document, stored: Document): boolean {
  const names = namesOf(next).filter((name) => name !== "createdAt" && name !== "updatedAt");
  return sameIn(names, next, stored);
}

/** Of `values`, a release's details only where it brings them. */
const namesOf = (values: Document | null) => [
  ...SAID,
  ...DETAILS.filter((name) => values === null || values[name] !== undefined),
  ...KEPT,
];

const OWN_SAID = OWN.filter((name) => !KEPT.some((one) => one === name));
const KEPT_OF_FOLD = KEPT.filter((name) => name !== "createdAt" && name !== "updatedAt");

/** As long as nobody has written another revision, publication or buyer since it was read. */
function unchanged(seen: Seen): Filter<Contract> {
  const { _id, publishedDate, revisions, buyerId } = seen;
  return {
    _id,
    publishedDate: publishedDate ?? null,
    revisions: revisions ?? null,
    buyerId: buyerId ?? null,
  } as Filter<Contract>;
}

/** A new `updatedAt` where what is ours differs from what is there. */
function replaced({ values, seen }: Next, decided: Document): Document[] {
  const names = namesOf(values);
  const times = { createdAt: { $ifNull: ["$createdAt", "$$NOW"] }, updatedAt: "$updatedAt" };
  const said =
    values === null
      ? ownOf(names.filter((name) => !KEPT.some((one) => one === name)))
      : { $literal: inOrder({ _id: seen?._id, ...values }, OWN_SAID) };
  const next = { $mergeObjects: [said, { $literal: inOrder(decided, KEPT) }, times] };
  const changed = withOwn({ $mergeObjects: ["$$next", { updatedAt: "$$NOW" }] }, names);
  return [
    {
      $replaceWith: {
        $let: {
          vars: { next, own: ownOf(names) },
          in: { $cond: [{ $eq: ["$$next", "$$own"] }, "$$ROOT", changed] },
        },
      },
    },
  ];
}

/** As the fold closes them, so that reading them again changes nothing more. */
export function closeStatement(now: Date) {
  return {
    filter: { status: "OPEN", openUntil: { $lte: now } },
    update: { $set: { status: "CLOSED" }, $unset: { openUntil: 1 }, $currentDate: { updatedAt: true } },
  } as const;
}
