// A release → a contract and its buyer, or the reason why not. Pure. Every field is read from all places where either
// regime or source keeps it, in the order of preference written here (docs/records.md); what is not said is left out.
import type { MappedBuyer, MappedContract } from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import { buyerOf, registerNumber } from "./buyer.ts";
import { cpvCode, regionName, sectorOf } from "./codes.ts";
import {
  amount,
  at,
  date,
  earliest,
  filled,
  firstText,
  flag,
  isObject,
  type Json,
  latest,
  list,
  object,
  text,
} from "./read.ts";
import { stageOf, statusOf } from "./status.ts";

export type Mapped =
  | { kind: "mapped"; contract: MappedContract; buyer: MappedBuyer | null; revision: number | null }
  | { kind: "rejected"; ocid: string | null; releaseId: string | null; reason: string };

const ID_LENGTH_MAX = 300; // the longest real one has 80 characters
const TEXT_LENGTH_MAX = 4_000_000; // a MongoDB document has 16 MB at most, a character up to three bytes
// Control characters and spaces would make an id that nobody can type.
const plainId = /^[^\p{C}\s]+$/u;

/** Never throws: whatever the release is, it is mapped or rejected with a reason that names the place. */
export function mapRelease(options: { source: Source; release: unknown; now: Date }): Mapped {
  const { source, release, now } = options;
  if (!isObject(release))
    return { kind: "rejected", ocid: null, releaseId: null, reason: "expected an object" };
  const ocid = idAt(release, "ocid");
  const releaseId = idAt(release, "id");
  const rejected = (reason: string): Mapped => ({ kind: "rejected", ocid, releaseId, reason });
  if (ocid === null) return rejected(`ocid: expected a plain text of 1 to ${ID_LENGTH_MAX} characters`);
  if (releaseId === null) return rejected(`id: expected a plain text of 1 to ${ID_LENGTH_MAX} characters`);
  const publishedDate = date(release["date"]);
  if (!publishedDate) return rejected("date: expected a date between 1950 and 2150");
  const identity = identityOf(source, releaseId);
  const { revision, ...ids } = identity;
  const fields = fieldsOf(release, now);
  const length = Object.values(fields).reduce<number>((sum, value) => sum + textLength(value), 0);
  if (length > TEXT_LENGTH_MAX)
    return rejected(`its texts have ${length} characters: expected at most ${TEXT_LENGTH_MAX}`);
  const buyer = buyerOf(release);
  const { stage, status, ...others } = fields;
  return {
    kind: "mapped",
    revision,
    buyer,
    contract: {
      _id: `${source}/${ocid}/${ids.noticeId}`,
      source,
      ocid,
      ...ids,
      releaseId,
      status,
      stage,
      publishedDate,
      ...filled({
        buyerId: buyer?.orgId,
        buyerName: buyer?.name,
        buyerRegion: buyer?.region,
        buyerRegionName: regionName(buyer?.region),
      }),
      ...others,
    },
  };
}

function idAt(release: Json, name: string): string | null {
  const id = release[name];
  return typeof id === "string" && id.length <= ID_LENGTH_MAX && plainId.test(id) && id.isWellFormed()
    ? id
    : null;
}

/** FaT: the release id is the notice's. CF: guid and revision; every edit is a new revision of the same notice. */
function identityOf(
  source: Source,
  releaseId: string,
): { noticeId: string; sourceUrl: string; revision: number | null } {
  if (source === "FIND_A_TENDER") {
    const sourceUrl = `https://www.find-tender.service.gov.uk/Notice/${encodeURIComponent(releaseId)}`;
    return { noticeId: releaseId, sourceUrl, revision: null };
  }
  // Ids of 2014 and 2015 (`ocds-b5fd17-…-2015-s-9-010634`) end in a reference that is no revision: padded, and not a guid's.
  const edited = /^(?!ocds-)(.+)-(0|[1-9]\d{0,14})$/.exec(releaseId);
  // A bare guid (as in 2015) ends in twelve hexadecimal digits, which may all be decimal.
  const bareGuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(releaseId);
  const noticeId = edited && !bareGuid ? (edited[1] ?? releaseId) : releaseId;
  const sourceUrl = `https://www.contractsfinder.service.gov.uk/Notice/${encodeURIComponent(noticeId)}`;
  return { noticeId, sourceUrl, revision: edited && !bareGuid ? Number(edited[2]) : 0 };
}

type Fields = Pick<MappedContract, "stage" | "status" | "tags"> &
  Partial<Omit<MappedContract, "_id" | "source" | "ocid" | "noticeId" | "releaseId" | "publishedDate">>;

function fieldsOf(release: Json, now: Date): Fields {
  const tender = object(release["tender"]);
  const planning = object(release["planning"]);
  const awards = list(release["awards"]);
  const contracts = list(release["contracts"]);
  const lots = list(tender["lots"]);
  const tags = tagsOf(release);
  const awardStatuses = awards.map((award) => text(award["status"]));
  const deadline =
    date(at(tender, "tenderPeriod", "endDate")) ?? date(tender["expressionOfInterestDeadline"]);
  const stage = stageOf({ tags, awardStatuses });
  const status = statusOf({ tags, tenderStatus: text(tender["status"]), awardStatuses, deadline, now });
  const said = stage === "AWARD" ? [contracts, awards] : [lots, awards];
  const values = valuesOf({ tender, planning, lots, awards, contracts });
  const cpvCodes = cpvCodesOf({ tender, planning, lots, awards, contracts });
  const periods = periodsOf({ said, lots, awards, contracts, tender });
  return {
    tags,
    stage,
    status,
    ...filled({
      title: firstText(
        tender["title"],
        release["title"],
        planning["title"],
        said[0]?.[0]?.["title"],
        contracts[0]?.["title"],
      ),
      description: firstText(
        tender["description"],
        release["description"],
        planning["rationale"],
        lots[0]?.["description"],
        awards[0]?.["description"],
        contracts[0]?.["description"],
      ),
      noticeType: noticeTypeOf([planning, tender, ...awards, ...contracts]),
      deliveryRegions: deliveryRegionsOf([tender, ...awards, ...contracts]),
      cpvCodes,
      sector: sectorOf(cpvCodes?.[0]),
      ...values,
      suppliers: suppliersOf(awards, release),
      awardDate:
        latest(awards.map((award) => date(award["date"]))) ??
        latest(contracts.map((one) => date(one["dateSigned"]))),
      ...periods,
      deadlineDate: deadline,
      procurementMethod: text(tender["procurementMethod"]),
      procurementMethodDetails: text(tender["procurementMethodDetails"]),
      lotCount: lots.length > 0 ? lots.length : undefined,
      suitableForSme: suitable("sme", tender, lots),
      suitableForVcse: suitable("vcse", tender, lots),
      documentsUrl: documentsUrlOf(tender),
    }),
  };
}

function tagsOf(release: Json): string[] {
  const tags = Array.isArray(release["tag"]) ? release["tag"] : [release["tag"]];
  return tags.map(text).filter((tag) => tag !== undefined);
}

interface Parts {
  tender: Json;
  planning: Json;
  lots: Json[];
  awards: Json[];
  contracts: Json[];
}

/**
 * `valueMax` is the highest amount said (CF's maximum, FaT's with VAT), `valueMin` the lowest where it differs (CF's
 * minimum, FaT's without VAT); of the tender, else its lots together, else the plan's budget, else what was awarded.
 */
function valuesOf({ tender, planning, lots, awards, contracts }: Parts) {
  const award = total(awards) ?? total(contracts);
  const value =
    rangeOf([tender["minValue"], tender["value"], tender["maxValue"]]) ??
    total(lots) ??
    rangeOf([at(planning, "budget", "amount")]) ??
    award;
  return {
    valueMin: value && value.least < value.most ? value.least : undefined,
    valueMax: value?.most,
    currency: value?.currency ?? award?.currency,
    awardValue: award?.least,
  };
}

interface Range {
  least: number;
  most: number;
  currency: string | undefined;
}

function rangeOf(values: unknown[]): Range | undefined {
  const amounts = values.flatMap((value) => [amount(at(value, "amount")), amount(at(value, "amountGross"))]);
  const said = amounts.filter((one) => one !== undefined);
  const currency = firstText(...values.map((value) => at(value, "currency")));
  return said.length === 0 ? undefined : { least: Math.min(...said), most: Math.max(...said), currency };
}

/** Lots, awards or contracts of one currency add up; of several there is no sum. */
function total(parts: Json[]): Range | undefined {
  const ranges = parts.map((part) => rangeOf([part["value"]])).filter((range) => range !== undefined);
  const [first] = ranges;
  if (!first || ranges.some(({ currency }) => currency !== first.currency)) return first;
  const sum = (pick: (range: Range) => number) => ranges.reduce((all, range) => all + pick(range), 0);
  const [least, most] = [sum((range) => range.least), sum((range) => range.most)];
  return Number.isFinite(most) ? { least, most, currency: first.currency } : first;
}

function cpvCodesOf({ tender, planning, lots, awards, contracts }: Parts): string[] | undefined {
  const codes = new Set<string>();
  const add = (classification: unknown) => {
    const scheme = text(at(classification, "scheme"));
    const code =
      scheme === undefined || scheme.toUpperCase() === "CPV" ? cpvCode(at(classification, "id")) : undefined;
    if (code) codes.add(code);
  };
  for (const part of [tender, planning, ...lots, ...awards, ...contracts]) {
    for (const item of [part, ...list(part["items"])]) {
      add(item["classification"]);
      list(item["additionalClassifications"]).forEach(add);
    }
  }
  return codes.size > 0 ? [...codes] : undefined;
}

function periodsOf(parts: { said: Json[][]; lots: Json[]; awards: Json[]; contracts: Json[]; tender: Json }) {
  const { said, lots, awards, contracts, tender } = parts;
  for (const group of [...said, lots, awards, contracts, [tender]]) {
    const periods = group.flatMap((part) => [object(part["period"]), object(part["contractPeriod"])]);
    const contractStart = earliest(periods.map((period) => date(period["startDate"])));
    const contractEnd = latest(periods.map(endOf));
    if (contractStart || contractEnd) {
      const extended = periods.map((period) => date(period["maxExtentDate"]));
      return { contractStart, contractEnd, contractEndMax: latest(extended) };
    }
  }
  return {};
}

const DAY_MS = 86_400_000;

/** The end that a period says, or that its start and length say. */
function endOf(period: Json): Date | undefined {
  const end = date(period["endDate"]);
  if (end) return end;
  const [start, days] = [date(period["startDate"]), amount(period["durationInDays"])];
  return start && days !== undefined && days < 40_000 ? new Date(start.getTime() + days * DAY_MS) : undefined;
}

function suppliersOf(awards: Json[], release: Json): MappedContract["suppliers"] {
  const parties = list(release["parties"]);
  const named = awards.flatMap((award) => list(award["suppliers"]));
  const all =
    named.length > 0
      ? named
      : parties.filter(({ roles }) => Array.isArray(roles) && roles.includes("supplier"));
  const suppliers = new Map<string, { name?: string; orgId?: string }>();
  for (const one of all) {
    const party = parties.find(({ id }) => id !== undefined && id === one["id"]);
    const name = firstText(one["name"], party?.["name"]);
    const scheme = text(at(party, "identifier", "scheme"));
    const number = text(at(party, "identifier", "id"));
    const orgId =
      registerNumber(text(one["id"])) ?? registerNumber(scheme && number && `${scheme}-${number}`);
    if (name !== undefined || orgId !== undefined)
      suppliers.set(orgId ?? name ?? "", filled({ name, orgId }));
  }
  return suppliers.size > 0 ? [...suppliers.values()] : undefined;
}

/** UK1 to UK17, in one document somewhere; none under the old regime and in CF. */
function noticeTypeOf(parts: Json[]): string | undefined {
  return firstText(
    ...parts.flatMap((part) => list(part["documents"]).map((document) => document["noticeType"])),
  );
}

function deliveryRegionsOf(parts: Json[]): string[] | undefined {
  const items = parts.flatMap((part) => list(part["items"]));
  const addresses = items.flatMap((item) => list(item["deliveryAddresses"]));
  const regions = addresses.flatMap((address) => text(address["region"]) ?? []);
  return regions.length > 0 ? [...new Set(regions)] : undefined;
}

function suitable(whom: "sme" | "vcse", tender: Json, lots: Json[]): boolean | undefined {
  const said = [tender, ...lots]
    .map((part) => flag(at(part, "suitability", whom)))
    .filter((one) => one !== undefined);
  return said.length > 0 ? said.some(Boolean) : undefined;
}

/** Where the documents are: the bidding documents' page, else the address that submissions go to. */
function documentsUrlOf(tender: Json): string | undefined {
  const documents = list(tender["documents"]);
  const bidding = documents.filter(({ documentType }) => documentType === "biddingDocuments");
  const url = firstText(...bidding.map((document) => document["url"]), tender["submissionMethodDetails"]);
  return url !== undefined && /^(https?:\/\/|www\.)\S+$/i.test(url) ? url : undefined;
}

function textLength(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + textLength(one), 0);
  return isObject(value) ? Object.values(value).reduce<number>((sum, one) => sum + textLength(one), 0) : 0;
}
