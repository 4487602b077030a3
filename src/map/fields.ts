// The fields that both sources keep in the same places, each from all its places in the order of preference written here
// (docs/records.md). What is not said is left out.
import type { MappedContract, Supplier } from "../terms/documents.ts";
import { cpvCode, sectorOf } from "./cpv.ts";
import { type Money, totalOf } from "./money.ts";
import { organisationId } from "./organisation.ts";
import { hasRole, itemsOf, made, type Parts } from "./parts.ts";
import {
  amount,
  at,
  date,
  earliest,
  filled,
  firstText,
  type Json,
  latest,
  list,
  object,
  text,
  webPage,
} from "./read.ts";
import type { SourceRules } from "./source-rules.ts";
import { stageOf, statusOf } from "./status.ts";

export type Fields = Pick<MappedContract, "stage" | "status" | "tags"> & Partial<MappedContract>;

export function fieldsOf(parts: Parts, rules: SourceRules, now: Date): Fields {
  const { release, tender, planning, lots, awards, contracts, tags } = parts;
  const noticeType = rules.noticeType(parts);
  const deadlineDate =
    date(at(tender, "tenderPeriod", "endDate")) ?? date(tender["expressionOfInterestDeadline"]);
  const facts = {
    tags,
    noticeType,
    tenderStatus: text(tender["status"]),
    awardStatuses: awards.map((award) => text(award["status"])),
    contractStatuses: contracts.map((contract) => text(contract["status"])),
    deadline: deadlineDate,
    now,
  };
  const stage = stageOf(facts);
  // An award says its own title and period better than the tender that led to it.
  const said = stage === "AWARD" ? [...contracts, ...awards, ...lots] : [...lots, ...awards, ...contracts];
  const awarded = awardedOf(parts);
  const value = rules.value(parts) ?? awarded ?? totalOf(parts.proposed);
  const cpvCodes = cpvCodesOf(parts);
  return {
    tags,
    stage,
    status: statusOf(facts),
    ...filled({
      title: firstText(tender["title"], release["title"], planning["title"], said[0]?.["title"]),
      description: firstText(
        tender["description"],
        release["description"],
        planning["rationale"],
        said[0]?.["description"],
      ),
      noticeType,
      cpvCodes,
      sector: sectorOf(cpvCodes?.[0]),
      valueMin: value && value.least < value.most ? value.least : undefined,
      valueMax: value?.most,
      currency: value?.currency ?? awarded?.currency,
      awardedSuppliers: suppliersOf(parts),
      awardDate:
        latest(made(awards).map((award) => date(award["date"]))) ??
        latest(made(contracts).map((contract) => date(contract["dateSigned"]))),
      awardValue: awarded?.least,
      ...periodOf(parts, stage),
      deadlineDate,
      procurementMethod: text(tender["procurementMethod"]),
      procurementMethodDetails: procedureOf(tender),
      lotCount: lots.length > 1 ? lots.length : undefined,
      suitableForSme: rules.suitable(parts, "sme") || undefined,
      suitableForVco: rules.suitable(parts, "vcse") || undefined,
      documentsUrl: documentsUrlOf(tender),
    }),
  };
}

const noProcedure = /\bunknown$|^other\s*-?$|^not (specified|applicable)$/i;

/** The procedure's name, which some name where they have no code for it. */
function procedureOf(tender: Json): string | undefined {
  const named = firstText(tender["procurementMethodDetails"]);
  return named === undefined || noProcedure.test(named) ? undefined : named;
}

/** What was awarded, else what was signed, else what it cost in the end (UK9, UK11). */
function awardedOf({ awards, contracts }: Parts): Money | undefined {
  return totalOf(made(awards)) ?? totalOf(made(contracts)) ?? totalOf(contracts, "implementation.finalValue");
}

function cpvCodesOf({ tender, planning, lots, awards, contracts }: Parts): string[] | undefined {
  const codes = new Set<string>();
  const add = (classification: unknown) => {
    const scheme = text(at(classification, "scheme"));
    const code =
      scheme === undefined || scheme.toUpperCase() === "CPV" ? cpvCode(at(classification, "id")) : undefined;
    if (code) codes.add(code);
  };
  const parts = [tender, planning, ...lots, ...awards, ...contracts];
  for (const one of [...parts, ...itemsOf(parts)]) {
    add(one["classification"]);
    for (const additional of list(one["additionalClassifications"])) add(additional);
  }
  return codes.size > 0 ? [...codes] : undefined;
}

type Period = Pick<MappedContract, "contractStartDate" | "contractEndDate" | "contractMaxEndDate">;

/**
 * From the first start to the last end of what the notice is about: of its contracts once awarded, of its lots before; else
 * what a contract will be changed to (UK10), or when it ended (UK11).
 */
function periodOf(
  { tender, lots, awards, contracts, proposed }: Parts,
  stage: MappedContract["stage"],
): Period {
  const groups = stage === "AWARD" ? [contracts, awards, lots] : [lots, awards, contracts];
  for (const group of [...groups, [tender], proposed]) {
    const periods = group.flatMap((part) => [object(part["period"]), object(part["contractPeriod"])]);
    const contractStartDate = earliest(periods.map((period) => date(period["startDate"])));
    const contractEndDate = latest(periods.map(endOf));
    if (contractStartDate || contractEndDate) {
      const contractMaxEndDate = latest(periods.map((period) => date(period["maxExtentDate"])));
      return filled({ contractStartDate, contractEndDate, contractMaxEndDate });
    }
  }
  const ended = latest(contracts.map((contract) => date(at(contract, "implementation", "endDate"))));
  return filled({ contractEndDate: ended });
}

const DAY_MS = 86_400_000;
const DAYS_MAX = 40_000; // a lease of a hundred years; 1e9999 has come

/** The end that a period says, or that its start and length say. */
function endOf(period: Json): Date | undefined {
  const end = date(period["endDate"]);
  if (end) return end;
  const [start, days] = [date(period["startDate"]), amount(period["durationInDays"])];
  return start && days !== undefined && days < DAYS_MAX
    ? new Date(start.getTime() + days * DAY_MS)
    : undefined;
}

/** Who was awarded, each once; where no award names one, the parties that are suppliers. */
function suppliersOf({ awards, parties, partyOf }: Parts): MappedContract["awardedSuppliers"] {
  const named = made(awards).flatMap((award) => list(award["suppliers"]));
  const all = named.length > 0 ? named : parties.filter((party) => hasRole(party, "supplier"));
  const suppliers = new Map<string, Supplier>();
  for (const one of all) {
    const party = partyOf(one["id"]);
    const name = firstText(one["name"], party?.["name"]);
    const id = organisationId(party ?? one);
    const key = id ?? name;
    if (key !== undefined && !suppliers.has(key)) suppliers.set(key, filled({ name, supplierId: id }));
  }
  return suppliers.size > 0 ? [...suppliers.values()] : undefined;
}

/** Where the bidding documents are. */
function documentsUrlOf(tender: Json): string | undefined {
  for (const document of list(tender["documents"])) {
    const url = document["documentType"] === "biddingDocuments" ? webPage(document["url"]) : undefined;
    if (url !== undefined) return url;
  }
  return undefined;
}
