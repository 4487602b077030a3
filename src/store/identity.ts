// Which stored buyer a release means: the same register number, or the same name with nothing against it. Pure.
import type { Buyer, MappedBuyer } from "../terms/documents.ts";
import {
  isElsewhere,
  nameId,
  numbersOf,
  placeFrom,
  placeOf,
  placeText,
  REGISTERS,
} from "../terms/organisation.ts";

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
  const identity = identities.get(buyer) ?? identityFrom(buyer);
  identities.set(buyer, identity);
  return identity;
}
const identities = new WeakMap<KnownBuyer | MappedBuyer, Identity>(); // a page asks for each several times

function identityFrom(buyer: KnownBuyer | MappedBuyer): Identity {
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

/** The version of one that this page makes. */
export const NOT_STORED = 0;

const share = (a: readonly string[], b: readonly string[]) => a.some((one) => b.includes(one));
const sameNumber = (a: Identity, b: Identity) => share(a.numbers, b.numbers) && !haveOtherNumbers(a, b);
const sameName = (a: Identity, b: Identity) =>
  share(a.names, b.names) && !haveOtherNumbers(a, b) && !areElsewhere(a, b);
const isOne = (a: Identity, b: Identity) => sameNumber(a, b) || sameName(a, b);

/**
 * Those of the known that this buyer is; several are to be merged. Where a name is that of several
 * organisations, what bears nothing but the name is none of them.
 */
export function matchesOf(buyer: Identity, known: readonly KnownBuyer[]): KnownBuyer[] {
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
export function keptFirst(a: KnownBuyer, b: KnownBuyer): number {
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
