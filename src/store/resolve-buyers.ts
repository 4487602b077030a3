// The buyers of a page: which of them are stored, which are new, which of the stored turn out to be one. Pure: from what is
// stored to what is to be written; buyers.ts reads and writes.
import type { ObjectId } from "mongodb";
import type { MappedBuyer } from "../terms/documents.ts";
import { nameId, placeOf, placeText, slugOf } from "../terms/organisation.ts";
import { sameIn } from "../terms/same.ts";
import { afterMerge, afterRelease } from "./buyer-fields.ts";
import { identityOf, type KnownBuyer, keptFirst, matchesOf } from "./identity.ts";
import { buyerIdOf } from "./ids.ts";

export interface Resolved {
  /** Of each release's buyer, in the order in which they were handed in. */
  ids: ObjectId[];
  inserts: KnownBuyer[];
  updates: { before: KnownBuyer; after: KnownBuyer }[];
  /** Stored buyers that are one: `other` is to be taken into `kept` first. */
  merges: { kept: KnownBuyer; other: KnownBuyer }[];
}

/** Which stored buyer each is, or a new one; several of a page may be the same. */
export function resolveBuyers(buyers: readonly MappedBuyer[], stored: readonly KnownBuyer[]): Resolved {
  const before = new Map(stored.map((one) => [one._id.toHexString(), one]));
  const now = new Map(before);
  const byKey = new Map<string, Set<string>>();
  const index = (one: KnownBuyer) => {
    const { numbers, names } = identityOf(one);
    for (const key of [...numbers, ...names]) {
      const ids = byKey.get(key) ?? new Set();
      byKey.set(key, ids.add(one._id.toHexString()));
    }
  };
  for (const one of stored) index(one);
  const merges = new Map<string, Resolved["merges"][number]>();
  const replacedBy = new Map<string, ObjectId>();
  const take = (one: KnownBuyer) => {
    now.set(one._id.toHexString(), one);
    index(one);
  };
  const given = buyers.map((buyer) => {
    const identity = identityOf(buyer);
    const candidates = new Set(
      [...identity.numbers, ...identity.names].flatMap((key) => [...(byKey.get(key) ?? [])]),
    );
    const known = [...candidates].flatMap((id) => now.get(id) ?? []);
    const [kept, ...others] = matchesOf(identity, known).sort(keptFirst);
    let mine = kept ?? null;
    for (const other of kept ? others : []) {
      const id = other._id.toHexString();
      if (before.has(id) && kept) merges.set(id, { kept: before.get(kept._id.toHexString()) ?? kept, other });
      else if (mine) {
        // Both are this page's own: the one never comes to be.
        const { mergedIds: _, ...both } = { ...afterMerge(mine, other), _id: mine._id };
        mine = both;
        now.delete(id);
        replacedBy.set(id, both._id);
      }
    }
    const _id = mine?._id ?? newId(buyer, now);
    take({ _id, ...afterRelease(mine, buyer) });
    return _id;
  });
  const ids = given.map((id) => replacedBy.get(id.toHexString()) ?? id);
  const holders = holdersOf(before, [...now.values()]);
  const inserts: KnownBuyer[] = [];
  const updates: Resolved["updates"] = [];
  for (const [id, one] of now) {
    const old = before.get(id);
    if (old === one) continue;
    const after = withFreeNames(one, holders);
    if (!old) inserts.push(after);
    else if (!sameFields(old, after)) updates.push({ before: old, after });
  }
  return { ids, inserts, updates, merges: [...merges.values()] };
}

function newId(buyer: MappedBuyer, known: ReadonlyMap<string, KnownBuyer>): ObjectId {
  const key = nameId(buyer.name) ?? buyer.orgId;
  const place = placeOf(buyer);
  const apart = buyer.orgId.startsWith("auto-") ? (place ? placeText(place) : "") : buyer.orgId;
  const ids = [buyerIdOf(key), buyerIdOf(key, apart), buyerIdOf(key, `${apart} ${buyer.orgId}`)];
  return ids.find((id) => !known.has(id.toHexString())) ?? buyerIdOf(key, JSON.stringify(buyer));
}

/** Who has an `orgId` or a `nameLower`: both are unique, and who has one keeps it. */
function holdersOf(before: ReadonlyMap<string, KnownBuyer>, all: readonly KnownBuyer[]): Map<string, string> {
  const holders = new Map<string, string>();
  const take = (one: KnownBuyer | undefined) => {
    if (!one) return;
    for (const what of [one.orgId && `id ${one.orgId}`, one.nameLower && `name ${one.nameLower}`])
      if (what && !holders.has(what)) holders.set(what, one._id.toHexString());
  };
  for (const one of before.values()) take(one);
  for (const one of all) take(one);
  return holders;
}

function withFreeNames(buyer: KnownBuyer, holders: ReadonlyMap<string, string>): KnownBuyer {
  const id = buyer._id.toHexString();
  const { nameLower, ...rest } = buyer;
  const isFree = (what: string) => (holders.get(what) ?? id) === id;
  const named = nameLower !== undefined && isFree(`name ${nameLower}`) ? { nameLower } : {};
  const orgIds = [buyer.orgId, `${nameId(buyer.name) ?? "auto"}-${slugOf(buyer.locality ?? "") ?? id}`];
  const orgId = orgIds.find((one) => one === undefined || isFree(`id ${one}`)) ?? `auto-${id}`;
  return { ...rest, ...named, orgId };
}

/** Equal but for what is undefined, in whatever order. */
function sameFields(a: KnownBuyer, b: KnownBuyer): boolean {
  return sameIn([...new Set([...Object.keys(a), ...Object.keys(b)])], a, b);
}
