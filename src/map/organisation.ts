// What makes an organisation the same organisation: its number in a register, else its normalised name.
import { at, type Json, list, text } from "./read.ts";

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
] as const;
type Register = (typeof REGISTERS)[number];

export interface Identifier {
  scheme?: string;
  id: string;
}

/** A party's identifiers, each once, with the one that its own id holds (`GB-COH-08533880`). */
export function identifiersOf(party: Json): Identifier[] {
  const found = new Map<string, Identifier>();
  const add = (scheme: string | undefined, written: string | undefined) => {
    const id = written !== undefined && isNumber(written) ? written : undefined;
    if (id === undefined) return;
    const known = scheme ?? (ppon.test(id) ? "GB-PPON" : undefined);
    found.set(`${known} ${id}`, { ...(known === undefined ? {} : { scheme: known }), id });
  };
  for (const one of [party["identifier"], ...list(party["additionalIdentifiers"])]) {
    const scheme = text(at(one, "scheme"));
    const id = text(at(one, "id"));
    add(scheme, isRegister(scheme) ? (numberIn(scheme, id) ?? id) : id);
  }
  const own = text(party["id"]);
  const register = registerOf(own);
  if (own !== undefined && register) add(register, numberIn(register, own.slice(register.length + 1)));
  else if (found.size === 0) add(undefined, own);
  return [...found.values()];
}

/** `GB-COH-01234567`, where a number stands in a register; the sites' own numbers (GB-FTS, GB-CFS) identify nobody. */
export function organisationId(party: Json): string | undefined {
  return registeredId(identifiersOf(party));
}

export function registeredId(identifiers: Identifier[]): string | undefined {
  for (const register of REGISTERS) {
    for (const { scheme, id } of identifiers) {
      const number = scheme === register ? numberIn(register, id) : undefined;
      if (number !== undefined) return `${register}-${number}`;
    }
  }
  return undefined;
}

function registerOf(id: string | undefined): Register | undefined {
  return id === undefined ? undefined : REGISTERS.find((register) => id.startsWith(`${register}-`));
}

function isRegister(scheme: string | undefined): scheme is Register {
  return registerOf(`${scheme}-`) !== undefined;
}

const ppon = /^P[A-Z]{3}-\d{4}-[A-Z]{4}$/;
const ID_LENGTH_MAX = 100; // the longest real one has 50 characters
const placeholder = /^(0+|x+|n\W?a|none|null|tb[acd]|unknown|[^\p{L}\p{N}]+)$/iu;

function isNumber(id: string): boolean {
  return id.length <= ID_LENGTH_MAX && !placeholder.test(id);
}

/**
 * The number as its register writes it, so that one organisation has one: companies' numbers have eight places (people
 * leave zeros out), and only GB-SRS tells capitals from small letters. Undefined where it cannot be a number of that register.
 */
function numberIn(register: Register, written: string | undefined): string | undefined {
  const bare = written?.replaceAll(/\s/g, "");
  if (bare === undefined || !isNumber(bare)) return undefined;
  const number = register === "GB-SRS" ? bare : bare.toUpperCase();
  if (register !== "GB-COH") return number;
  if (/^\d{1,8}$/.test(number)) return number.padStart(8, "0");
  return /^[A-Z]{2}[A-Z\d]{6}$/.test(number) ? number : undefined;
}

const SLUG_LENGTH_MAX = 300; // the longest real name has 170 characters

/** The same for every spelling that differs only in case, accents, punctuation, spaces, `Ltd`/`Limited`, `&`/`and`. */
export function nameId(name: string): string | undefined {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[&+]/g, " and ")
    .replaceAll(/['’`.]/g, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "")
    .replaceAll(/(?<=-)limited(?=-|$)/g, "ltd")
    .slice(0, SLUG_LENGTH_MAX);
  return slug === "" ? undefined : `auto-${slug}`;
}
