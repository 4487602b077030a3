// What a buyer becomes by a release that names it, and by another buyer that turns out to be the same. Pure.
import type { Buyer, MappedBuyer } from "../terms/documents.ts";
import {
  type Identifier,
  isRegister,
  nameId,
  numbersOf,
  placeOf,
  placeText,
  REGISTERS,
} from "../terms/organisation.ts";
import { identityOf, type KnownBuyer, NOT_STORED } from "./identity.ts";

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
export function afterRelease(known: KnownBuyer | null, buyer: MappedBuyer): Omit<KnownBuyer, "_id"> {
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
