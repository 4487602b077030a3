// Who buys: one buyer per organisation, known by its number in a register, or else by its normalised name.
import type { MappedBuyer } from "../terms/documents.ts";
import { at, filled, firstText, type Json, list, object, text } from "./read.ts";

/** Registers, best first: FaT's own PPON is the only one that every authority has (api-facts, Identity). */
const REGISTERS = [
  "GB-PPON",
  "GB-COH",
  "GB-NHS",
  "GB-CHC",
  "GB-UKPRN",
  "GB-SRS",
  "GB-LAE",
  "GB-GOR",
  "GB-MPR",
];

interface Identifier {
  scheme?: string;
  id: string;
}

/** The buyer that a release names, or null: cancellations and terminations name none, and then its party counts. */
export function buyerOf(release: Json): MappedBuyer | null {
  const parties = list(release["parties"]);
  const buyer = object(release["buyer"]);
  const named = parties.find((party) => party["id"] !== undefined && party["id"] === buyer["id"]);
  // Before 2016 the buyer carries its own address and number, and there are no parties.
  const party = named ?? parties.find(isBuyer) ?? buyer;
  const name = firstText(buyer["name"], party["name"], at(party, "identifier", "legalName"));
  const identifiers = identifiersOf(party, buyer);
  const orgId = registeredId(identifiers) ?? (name === undefined ? undefined : autoId(name));
  if (name === undefined || orgId === undefined) return null;
  const address = object(party["address"]);
  return {
    _id: orgId,
    name,
    orgId,
    identifiers,
    ...filled({
      sector: text(list(at(party, "details", "classifications"))[0]?.["description"]),
      region: text(address["region"]),
      locality: text(address["locality"]),
      postalCode: text(address["postalCode"]),
      website: text(at(party, "details", "url")),
    }),
  };
}

function isBuyer(party: Json): boolean {
  const roles = party["roles"];
  return Array.isArray(roles) && roles.includes("buyer");
}

function identifiersOf(party: Json, buyer: Json): Identifier[] {
  const found: Identifier[] = [];
  const add = (scheme: string | undefined, id: string | undefined) => {
    if (id === undefined || found.some((one) => one.id === id && one.scheme === scheme)) return;
    found.push({ ...(scheme === undefined ? {} : { scheme }), id });
  };
  for (const one of [object(party["identifier"]), ...list(party["additionalIdentifiers"])]) {
    add(text(one["scheme"]), text(one["id"]));
  }
  const own = firstText(party["id"], buyer["id"]);
  const register = own && REGISTERS.find((scheme) => own.startsWith(`${scheme}-`));
  if (own && register) add(register, own.slice(register.length + 1));
  else if (found.length === 0) add(undefined, own);
  return found;
}

/** `GB-COH-01234567`, where the number stands in a register. */
export function registeredId(identifiers: Identifier[]): string | undefined {
  for (const register of REGISTERS) {
    const one = identifiers.find(({ scheme }) => scheme === register);
    if (one) return `${register}-${one.id}`;
  }
  return undefined;
}

/** The register number in an id such as `GB-COH-08533880`; the sites' own numbers identify nobody. */
export function registerNumber(id: string | undefined): string | undefined {
  return id !== undefined && REGISTERS.some((register) => id.startsWith(`${register}-`)) ? id : undefined;
}

/** The same for every spelling that differs only in case, accents, punctuation and spaces. */
function autoId(name: string): string | undefined {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/['’]/g, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
  return slug === "" ? undefined : `auto-${slug}`;
}
