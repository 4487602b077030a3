// The identifiers that a party of a release carries, and the one that a firm is known by.
import {
  type Identifier,
  isNumber,
  isRegister,
  numberIn,
  numbersOf,
  REGISTERS,
  type Register,
} from "../terms/organisation.ts";
import { at, type Json, list, text } from "./read.ts";

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
  const register = REGISTERS.find((one) => own?.startsWith(`${one}-`));
  if (own !== undefined && register) add(register, numberIn(register, own.slice(register.length + 1)));
  else if (found.size === 0) add(undefined, own);
  return [...found.values()];
}

const ppon = /^P[A-Z]{3}-\d{4}-[A-Z]{4}$/;

export { nameId } from "../terms/organisation.ts";

export function registeredId(
  identifiers: readonly Identifier[],
  order: readonly Register[] = REGISTERS,
): string | undefined {
  return numbersOf(identifiers, order)[0];
}

/** A firm is known by its company's number, which both sources and both laws name; an authority by its PPON. */
const FIRMS_REGISTERS: readonly Register[] = ["GB-COH", ...REGISTERS.filter((one) => one !== "GB-COH")];

/** `GB-COH-01234567` of a firm, where a number stands in a register. */
export function organisationId(party: Json): string | undefined {
  return registeredId(identifiersOf(party), FIRMS_REGISTERS);
}
