// Which buyer a release means: the same register number, or the same name with nothing against it. Two that turn out to be
// one are merged. Pure: from what is stored to what is to be written; buyers.ts reads and writes.
import type { ObjectId } from "mongodb";
import type { Buyer, MappedBuyer } from "../terms/documents.ts";
import {
  type Identifier,
  isElsewhere,
  isRegister,
  nameId,
  numbersOf,
  placeFrom,
  placeOf,
  placeText,
  REGISTERS,
  slugOf,
} from "../terms/organisation.ts";
import { buyerIdOf } from "./ids.ts";

/** A stored buyer as far as this project reads it; one that others made lacks what only we write. */
export type KnownBuyer = Pick<Buyer, "_id" | "name"> & Partial<Omit<Buyer, "_id" | "name">>;

/** What a buyer is known by. */
export interface Identity {
  name: string;
  numbers: readonly string[];
  /** Keys of names. */
  names: readonly string[];
  places: readonly string[];
}

export function keysOf({ name, identifiers }: Pick<MappedBuyer, "name" | "identifiers">): string[] {
  return [...numbersOf(identifiers), nameId(name) ?? []].flat();
}

export function identityOf(buyer: KnownBuyer | MappedBuyer): Identity {
  const known = "keys" in buyer ? buyer.keys : undefined;
  // Others know a buyer by `orgId` alone.
  const keys = known ?? [...keysOf({ identifiers: [], ...buyer }), buyer.orgId ?? []].flat();
  const place = placeOf(buyer);
  const places = "places" in buyer && buyer.places ? buyer.places : place ? [placeText(place)] : [];
  const isName = (key: string) => key.startsWith("auto-");
  return {
    name: buyer.name,
    numbers: [...new Set(keys.filter((key) => registerOf(key) !== undefined))],
    names: [...new Set(keys.filter(isName))],
    places,
  };
}

function registerOf(key: string): string | undefined {
  return REGISTERS.find((register) => key.startsWith(`${register}-`));
}

/** Two numbers of one register: two organisations, whatever their names. */
function haveOtherNumbers(a: Identity, b: Identity): boolean {
  return REGISTERS.some((register) => {
    const [of, against] = [a, b].map(({ numbers }) =>
      numbers.filter((number) => number.startsWith(`${register}-`)),
    );
    return of?.length && against?.length ? !of.some((number) => against.includes(number)) : false;
  });
}

/** The place speaks against it: none of the places of the one is one of the other. */
function areElsewhere(a: Identity, b: Identity): boolean {
  if (a.places.length === 0 || b.places.length === 0) return false;
  return a.places.every((one) =>
    b.places.every((other) => isElsewhere(a.name, placeFrom(one), placeFrom(other))),
  );
}

const NOT_STORED = 0;

const share = (a: readonly string[], b: readonly string[]) => a.some((one) => b.includes(one));
const sameNumber = (a: Identity, b: Identity) => share(a.numbers, b.numbers) && !haveOtherNumbers(a, b);
const sameName = (a: Identity, b: Identity) =>
  share(a.names, b.names) && !haveOtherNumbers(a, b) && !areElsewhere(a, b);
const isOne = (a: Identity, b: Identity) => sameNumber(a, b) || sameName(a, b);

/**
 * Those of the known that this buyer is; several are to be merged. Where a name is that of several
 * organisations, what bears nothing but the name is none of them.
 */
function matchesOf(buyer: Identity, known: readonly KnownBuyer[]): KnownBuyer[] {
  const all = known.map((one) => ({ one, identity: identityOf(one) }));
  const byNumber = all.filter(({ identity }) => sameNumber(buyer, identity));
  const namesakes = all.filter(({ identity }) => share(buyer.names, identity.names));
  const isAmbiguous = namesakes.some(({ identity: a }, at) =>
    namesakes.slice(at + 1).some(({ identity: b }) => !isOne(a, b)),
  );
  const byName = namesakes.filter(
    ({ identity }) => sameName(buyer, identity) && (!isAmbiguous || isCloser(buyer, identity)),
  );
  const found = [...new Set([...byNumber, ...byName])];
  // All of them are one another too, or those that share the number alone.
  const areOne = found.every(({ identity: a }, at) =>
    found.slice(at + 1).every(({ identity: b }) => !haveOtherNumbers(a, b)),
  );
  return (areOne ? found : byNumber.length > 0 ? byNumber.slice(0, 1) : []).map(({ one }) => one);
}

/** Where several have the name: both are known to be in one place, or neither says anything but its name. */
function isCloser(a: Identity, b: Identity): boolean {
  if (a.places.length > 0 && b.places.length > 0) return true; // areElsewhere has been asked
  return a.places.length + b.places.length + a.numbers.length + b.numbers.length === 0;
}

/** Of several that are one: what others have made keeps its document, then what was there first. */
function keptFirst(a: KnownBuyer, b: KnownBuyer): number {
  const isNew = (one: KnownBuyer) => Number(one.version === NOT_STORED);
  const age = (one: KnownBuyer) => Number(one.createdAt ?? one._id.getTimestamp());
  const isOurs = (one: KnownBuyer) => Number(one.said !== undefined);
  return (
    isNew(a) - isNew(b) ||
    isOurs(a) - isOurs(b) ||
    age(a) - age(b) ||
    (a._id.toHexString() < b._id.toHexString() ? -1 : 1)
  );
}

const isGreater = (a = "", b = "") => Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0; // MongoDB's order, not UTF-16's
const greater = (a: string | undefined, b: string | undefined) => (isGreater(b, a) ? b : a);

const ADDRESS = ["region", "locality", "postalCode"] as const;
type Address = { [field in (typeof ADDRESS)[number]]?: string | undefined };
const addressText = (buyer: Address) => ADDRESS.map((field) => buyer[field] ?? "").join("\n");

function saidOf(buyer: MappedBuyer): NonNullable<Buyer["said"]> {
  const { name, sector, website } = buyer;
  const address = addressText(buyer);
  return {
    name,
    ...(sector === undefined ? {} : { sector }),
    ...(website === undefined ? {} : { website }),
    ...(address.trim() === "" ? {} : { address }),
  };
}

const IDENTIFIERS_MAX = 50; // the most that a recorded buyer has is 4; one document must not grow for ever
const NAMES_MAX = 20;
const PLACES_MAX = 20;

/** Registers' numbers first, then in order; what is beyond the bound is left out. */
function boundedIdentifiers(all: readonly Identifier[]): Buyer["identifiers"] {
  const rank = ({ scheme }: Identifier) =>
    isRegister(scheme) ? REGISTERS.indexOf(scheme) : REGISTERS.length;
  const textOf = ({ scheme = "", id }: Identifier) => `${scheme} ${id}`;
  const distinct = new Map(all.map((one) => [textOf(one), one]));
  return [...distinct.values()]
    .sort((a, b) => rank(a) - rank(b) || (textOf(a) < textOf(b) ? -1 : 1))
    .slice(0, IDENTIFIERS_MAX)
    .map(({ scheme, id }) => (scheme === undefined ? { id } : { scheme, id }));
}

const sortedUnion = (...lists: (readonly string[])[]) => [...new Set(lists.flat())].sort();

/** What a release adds to a buyer: each field is the greatest that releases have said, unless others have changed it. */
function afterRelease(known: KnownBuyer | null, buyer: MappedBuyer): Omit<KnownBuyer, "_id"> {
  const said = saidOf(buyer);
  const before = known?.said;
  const identity = known && identityOf(known);
  const identifiers = boundedIdentifiers([...(known?.identifiers ?? []), ...buyer.identifiers]);
  const names = sortedUnion(identity?.names ?? [], [nameId(buyer.name) ?? []].flat()).slice(0, NAMES_MAX);
  const numbers = sortedUnion(numbersOf(identifiers), identity?.numbers ?? []).slice(0, IDENTIFIERS_MAX);
  const place = placeOf(buyer);
  const follows = (field: "sector" | "website") =>
    known?.[field] === before?.[field] ? greater(before?.[field], said[field]) : known?.[field];
  const ownsName = known === null || known.name === before?.name;
  const name = ownsName ? (greater(before?.name, said.name) ?? said.name) : known.name;
  const ownsAddress = addressText(known ?? {}) === (before?.address ?? addressText({}));
  const moves = ownsAddress && isGreater(said.address, before?.address);
  const { region, regionName, locality, postalCode } = moves ? buyer : (known ?? buyer);
  return {
    ...known,
    name,
    // One that was left out, since another has it, stays out as long as the name is the same.
    ...(ownsName && name !== known?.name ? { nameLower: name.toLowerCase() } : {}),
    orgId: orgIdAfter(known, numbers, [buyer.orgId]),
    identifiers,
    sector: follows("sector"),
    region,
    regionName,
    locality,
    postalCode,
    website: follows("website"),
    contractCount: known?.contractCount ?? 0,
    countByMonth: known?.countByMonth ?? {},
    ...(known ? {} : { version: NOT_STORED }),
    keys: sortedUnion(numbers, names),
    places: sortedUnion(identity?.places ?? [], place ? [placeText(place)] : []).slice(0, PLACES_MAX),
    said: {
      name: greater(before?.name, said.name) ?? said.name,
      ...definedOnly({
        sector: greater(before?.sector, said.sector),
        website: greater(before?.website, said.website),
        address: greater(before?.address, said.address),
      }),
    },
  };
}

function definedOnly<T extends Record<string, unknown>>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> };
function definedOnly(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The best number; what others have written there, and is none of ours, stays. */
function orgIdAfter(
  known: KnownBuyer | null,
  numbers: readonly string[],
  offered: readonly string[],
): string {
  const before = known?.orgId;
  if (before !== undefined && !before.startsWith("auto-") && !numbers.includes(before)) return before;
  const ranked = REGISTERS.flatMap((register) =>
    [before ?? [], offered].flat().filter((one) => one.startsWith(`${register}-`)),
  );
  return ranked[0] ?? before ?? offered[0] ?? "";
}

/** What others have changed in the one, where they have not in the `kept`. */
function enrichedIn(other: KnownBuyer, kept: KnownBuyer): Partial<KnownBuyer> {
  const isEnriched = (one: KnownBuyer, field: "sector" | "website") => one[field] !== one.said?.[field];
  const isMoved = (one: KnownBuyer) => addressText(one) !== (one.said?.address ?? addressText({}));
  const { region, regionName, locality, postalCode } = other;
  return definedOnly({
    ...(isEnriched(other, "sector") && !isEnriched(kept, "sector") ? { sector: other.sector } : {}),
    ...(isEnriched(other, "website") && !isEnriched(kept, "website") ? { website: other.website } : {}),
    ...(isMoved(other) && !isMoved(kept) ? { region, regionName, locality, postalCode } : {}),
  });
}

/** Two that turned out to be one: what releases have said of either, and what this one lacks. */
export function afterMerge(kept: KnownBuyer, other: KnownBuyer): Omit<KnownBuyer, "_id"> {
  const [a, b] = [identityOf(kept), identityOf(other)];
  const identifiers = boundedIdentifiers([...(kept.identifiers ?? []), ...(other.identifiers ?? [])]);
  const numbers = sortedUnion(a.numbers, b.numbers).slice(0, IDENTIFIERS_MAX);
  const said = other.said && afterRelease(kept, asSaid(other, other.said));
  const name = said?.name ?? kept.name;
  return {
    ...(said ?? kept),
    ...enrichedIn(other, kept),
    // `other` gives its own up.
    ...(kept.nameLower === undefined || name !== kept.name ? { nameLower: name.toLowerCase() } : {}),
    identifiers,
    orgId: orgIdAfter(kept, numbers, [...b.numbers, nameId(kept.name) ?? kept.name]),
    keys: sortedUnion(numbers, sortedUnion(a.names, b.names).slice(0, NAMES_MAX)),
    places: sortedUnion(a.places, b.places).slice(0, PLACES_MAX),
    contractCount: kept.contractCount ?? 0,
    mergedIds: [...(kept.mergedIds ?? []), ...(other.mergedIds ?? []), other._id],
  };
}

/** As one release would have said it. */
function asSaid({ regionName }: KnownBuyer, said: NonNullable<Buyer["said"]>): MappedBuyer {
  const { name, sector, website, address = "" } = said;
  const [region, locality, postalCode] = address.split("\n").map((text) => text || undefined);
  return {
    name,
    orgId: "",
    identifiers: [],
    ...definedOnly({ sector, website, region, locality, postalCode, regionName }),
  };
}

export interface Resolved {
  /** Of each release's buyer, in the order in which they were handed in. */
  ids: ObjectId[];
  inserts: KnownBuyer[];
  updates: { before: KnownBuyer; after: KnownBuyer }[];
  /** Stored buyers that are one: `other` is to be taken into `kept` first. */
  merges: { kept: KnownBuyer; other: KnownBuyer }[];
}

/** Which stored buyer each is, or a new one; several of a page may be the same. */
export function resolved(buyers: readonly MappedBuyer[], stored: readonly KnownBuyer[]): Resolved {
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

/** Equal but for what is undefined. */
function sameFields(a: object, b: object): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => {
    const [one, other]: unknown[] = [Reflect.get(a, name), Reflect.get(b, name)];
    return one === other || JSON.stringify(one) === JSON.stringify(other);
  });
}
