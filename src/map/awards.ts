// The awards that a notice tells, each with its contracts: what became of it, for which lots, when, to whom and for how much.
import type { AwardFate, Supplier } from "../terms/documents.ts";
import { type Money, sumOf, totalOf } from "./money.ts";
import { identifiersOf, nameId, registeredId } from "./organisation.ts";
import { hasRole, type Parts } from "./parts.ts";
import { date, filled, firstText, type Json, latest, list, text } from "./read.ts";

export interface Award {
  /** As in the release; a place in the list where it has none. */
  id: string;
  /** Left out: it was made. */
  fate?: AwardFate;
  /** Null where the release does not say for which. */
  lots: string[] | null;
  date: Date | undefined;
  value: Money | undefined;
  suppliers: Supplier[];
}

/** Set up, change and end a dynamic market: its members are no winners, although they are written as awards. */
const MARKET_NOTICES = new Set(["UK13", "UK14", "UK15", "UK16"]);
/** A change, a report on and an end of a contract: the award was told before. */
const AFTERWARDS = new Set(["UK8", "UK9", "UK10", "UK17"]);
const afterwards = /^(contractAmendment|implementation)/;

export function awardsOf(parts: Parts, noticeType: string | undefined): Award[] {
  const { awards, contracts, tags } = parts;
  if (noticeType !== undefined && (MARKET_NOTICES.has(noticeType) || AFTERWARDS.has(noticeType))) return [];
  if (tags.some((tag) => afterwards.test(tag))) return [];
  if (noticeType === "UK11" || tags.includes("contractTermination")) return contracts.map(endedOf);
  const contractsOf = new Map<string, Json[]>();
  for (const contract of contracts) {
    const id = text(contract["awardID"]) ?? text(contract["id"]) ?? "";
    contractsOf.set(id, [...(contractsOf.get(id) ?? []), contract]);
  }
  const told = awards.map((award, at) => {
    const id = text(award["id"]) ?? String(at + 1);
    const own = awards.length === 1 ? contracts : (contractsOf.get(id) ?? []);
    contractsOf.delete(id);
    return awardOf(parts, { id, award, contracts: own, noticeType });
  });
  // Contracts that name no award of this notice; where awards have values, theirs would count twice.
  const valued = told.some(({ value }) => value !== undefined);
  for (const [id, own] of valued || awards.length === 1 ? [] : contractsOf)
    told.push(awardOf(parts, { id, award: {}, contracts: own, noticeType }));
  const made = told.filter(({ fate }) => fate === undefined);
  const [only] = made;
  // Some name the winner among the parties alone.
  if (only && made.every(({ suppliers }) => suppliers.length === 0))
    only.suppliers = suppliersAmong(
      parts.parties.filter((party) => hasRole(party, "supplier")),
      parts,
    );
  return isFramework(parts) ? ceilingsOnce(told) : told;
}

function endedOf(contract: Json): Award {
  const id = text(contract["awardID"]) ?? text(contract["id"]) ?? "1";
  return { id, fate: "ended", lots: null, date: undefined, value: undefined, suppliers: [] };
}

function awardOf(
  parts: Parts,
  told: { id: string; award: Json; contracts: Json[]; noticeType: string | undefined },
): Award {
  const { id, award, contracts, noticeType } = told;
  const fate = fateOf(award, contracts, noticeType);
  const lots = Array.isArray(award["relatedLots"]) ? award["relatedLots"] : [];
  const signed = contracts.filter(({ status }) => !isCancelled(status));
  const value = totalOf([award]) ?? sumOf(isFramework(parts) ? distinctValues(signed) : signed.map(moneyOf));
  return {
    id,
    ...(fate === undefined ? {} : { fate }),
    lots: lots.length > 0 ? [...new Set(lots.map(text).filter((lot) => lot !== undefined))] : null,
    date: date(award["date"]) ?? latest(contracts.map((contract) => date(contract["dateSigned"]))),
    value,
    suppliers: suppliersAmong(list(award["suppliers"]), parts),
  };
}

function fateOf(award: Json, contracts: Json[], noticeType: string | undefined): Award["fate"] {
  if (isCancelled(award["status"])) return "cancelled";
  if (contracts.length > 0 && contracts.every(({ status }) => isCancelled(status))) return "cancelled";
  if (noticeType === "UK12") return "cancelled";
  if (noticeType === "UK5" || award["status"] === "pending") return "pending";
  return contracts.length > 0 && contracts.every(({ status }) => status === "terminated")
    ? "ended"
    : undefined;
}

export function isCancelled(status: unknown): boolean {
  return status === "cancelled" || status === "unsuccessful" || status === "withdrawn";
}

function isFramework({ tender }: Parts): boolean {
  const { hasFrameworkAgreement } = Object(tender["techniques"]);
  return hasFrameworkAgreement === true;
}

const moneyOf = (part: Json) => totalOf([part]);

/** A framework's ceiling is said with each of its firms' contracts. */
function distinctValues(contracts: Json[]): (Money | undefined)[] {
  const distinct = new Map(contracts.map((contract) => [moneyOf(contract)?.least, moneyOf(contract)]));
  return [...distinct.values()];
}

/** Awards of a framework for the same lots and of the same value are one ceiling for several firms. */
function ceilingsOnce(awards: Award[]): Award[] {
  const distinct = new Map<string, Award>();
  for (const award of awards) {
    const { fate, lots, value } = award;
    const key = JSON.stringify([fate, lots?.toSorted(), value?.least, value?.currency]);
    const same = value === undefined ? undefined : distinct.get(key);
    if (!same) distinct.set(value === undefined ? `${key} ${distinct.size}` : key, { ...award });
    else {
      same.suppliers = distinctSuppliers([...same.suppliers, ...award.suppliers]);
      same.date = latest([same.date, award.date]);
    }
  }
  return [...distinct.values()];
}

function suppliersAmong(named: Json[], { partyOf }: Parts): Supplier[] {
  const suppliers = named.map((one) => {
    const party = partyOf(one["id"]);
    return filled({
      name: firstText(one["name"], party?.["name"]),
      supplierId: firmId(party ?? one),
    });
  });
  return distinctSuppliers(suppliers);
}

/** A firm is known by its company number, which all notices have of it; only some have its PPON (api-facts). */
function firmId(party: Json): string | undefined {
  const identifiers = identifiersOf(party);
  const companies = identifiers.filter(({ scheme }) => scheme === "GB-COH");
  return registeredId(companies) ?? registeredId(identifiers);
}

/** Each once, by number, else by name whatever its spelling; the one with a number stands. */
export function distinctSuppliers(suppliers: Supplier[]): Supplier[] {
  const distinct = new Map<string, Supplier>();
  const names = new Set<string | undefined>();
  const numbered = suppliers.filter(({ supplierId }) => supplierId !== undefined);
  for (const one of [...numbered, ...suppliers.filter(({ supplierId }) => supplierId === undefined)]) {
    const name = one.name === undefined ? undefined : (nameId(one.name) ?? one.name);
    const key = one.supplierId ?? name;
    if (key === undefined || distinct.has(key)) continue;
    if (one.supplierId === undefined && names.has(name)) continue;
    distinct.set(key, one);
    names.add(name);
  }
  return [...distinct.values()];
}
