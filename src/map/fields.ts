// The fields that both sources keep in the same places, each from all its places in the order of preference written here
// (docs/records.md). What is not said is left out.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { MappedContract } from "../terms/documents.ts";
import { type Award, awardsOf, distinctSuppliers } from "./awards.ts";
import { cpvCode, sectorOf } from "./cpv.ts";
import { type Money, sumOf, totalOf } from "./money.ts";
import { itemsOf, type Parts } from "./parts.ts";
import { deadlineOf, engagementDeadlineOf, mechanismOf, portalOf, typeOf } from "./procedure.ts";
import {
  at,
  date,
  earliest,
  filled,
  firstText,
  firstTitle,
  type Json,
  lastInstant,
  latest,
  list,
  number,
  object,
  text,
  webPage,
} from "./read.ts";
import type { SourceRules } from "./source-rules.ts";
import { stageOf } from "./stage.ts";
import { toldOf } from "./told-of.ts";

export type Fields = Pick<MappedContract, "stage" | "tags"> & Partial<MappedContract>;

export function fieldsOf(
  parts: Parts,
  rules: SourceRules,
  ids: { ocid: string; noticeId: string; revision: number | null },
): Fields {
  const { release, tender, planning, lots, awards, contracts, tags } = parts;
  const noticeType = rules.noticeType(parts);
  const stage = stageOf({ tags, noticeType, tellsAwards: awards.length + contracts.length > 0 });
  // An award says its own title and period better than the tender that led to it.
  const said = stage === "AWARD" ? [...contracts, ...awards, ...lots] : [...lots, ...awards, ...contracts];
  const told = awardsOf(parts, noticeType);
  const made = told.filter(({ fate }) => fate === undefined);
  const awarded = sumOf(made.map(({ value }) => value));
  const value = rules.value(parts) ?? awarded ?? expectedOf(parts, told);
  const cpvCodes = cpvCodesOf(parts);
  const awardedSuppliers = distinctSuppliers(made.flatMap(({ suppliers }) => suppliers));
  return {
    tags,
    stage,
    ...filled({
      title: firstTitle(tender["title"], release["title"], planning["title"], said[0]?.["title"]),
      description: firstText(
        tender["description"],
        release["description"],
        planning["rationale"],
        said[0]?.["description"],
      ),
      noticeType,
      cpvCodes,
      sector: sectorOf(cpvCodes?.[0]),
      valueMin: value?.least,
      valueMax: value?.most,
      currency: value?.currency ?? awarded?.currency,
      valueIncludesVat: value?.includesVat || awarded?.includesVat || undefined,
      contractType: typeOf(parts),
      ...mechanismOf(parts, noticeType),
      awardedSuppliers: awardedSuppliers.length > 0 ? awardedSuppliers : undefined,
      awardDate: latest(made.map((award) => award.date)),
      awardValue: awarded?.least,
      ...periodOf(parts, stage),
      tenderPeriodStart: date(at(tender, "tenderPeriod", "startDate")),
      enquiryPeriodEnd: lastInstant(at(tender, "enquiryPeriod", "endDate")),
      deadlineDate: deadlineOf(parts),
      engagementDeadline: engagementDeadlineOf(parts),
      procurementMethod: text(tender["procurementMethod"]),
      procurementMethodDetails: procedureOf(tender),
      lotCount: lots.length > 1 ? lots.length : undefined,
      suitableForSme: rules.suitable(parts, "sme") || undefined,
      suitableForVco: rules.suitable(parts, "vcse") || undefined,
      submissionPortalUrl: portalOf(tender),
      documentsUrl: documentsUrlOf(tender),
      told: toldOf({
        ...{ parts, ids, noticeType, stage, awards: told, awardedSuppliers },
        keepsTenderId: ids.revision !== null,
      }),
    }),
  };
}

const noProcedure = /\bunknown$|^other\s*-?$|^not (specified|applicable)$/i;

/** The procedure's name, where that says something. */
function procedureOf(tender: Json): string | undefined {
  const named = firstText(tender["procurementMethodDetails"]);
  return named === undefined || noProcedure.test(named) ? undefined : named;
}

/** What is announced (UK5), what it cost in the end (UK9, UK11), or what it will be changed to (UK10). */
function expectedOf({ contracts, proposed }: Parts, told: Award[]): Money | undefined {
  const pending = told.filter(({ fate }) => fate === "pending").map(({ value }) => value);
  return (
    sumOf(pending) ??
    totalOf(contracts) ??
    totalOf(contracts, "implementation.finalValue") ??
    totalOf(proposed)
  );
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
      const contractMaxEndDate = latest(periods.map((period) => lastInstant(period["maxExtentDate"])));
      return filled({ contractStartDate, contractEndDate, contractMaxEndDate });
    }
  }
  const ended = latest(contracts.map((contract) => lastInstant(at(contract, "implementation", "endDate"))));
  return filled({ contractEndDate: ended });
}

const DAYS_MAX = 40_000; // a lease of a hundred years; 1e9999 has come

/** The end that a period says, or that its start and length say. */
function endOf(period: Json): Date | undefined {
  const end = lastInstant(period["endDate"]);
  if (end) return end;
  const [start, days] = [date(period["startDate"]), number(period["durationInDays"])];
  return start && days !== undefined && days > 1 && days < DAYS_MAX
    ? new Date(start.getTime() + days * DAY_MS)
    : undefined;
}

/** Where the bidding documents are. */
function documentsUrlOf(tender: Json): string | undefined {
  for (const document of list(tender["documents"])) {
    const url = document["documentType"] === "biddingDocuments" ? webPage(document["url"]) : undefined;
    if (url !== undefined) return url;
  }
  return undefined;
}
