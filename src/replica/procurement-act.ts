// A notice under the Procurement Act 2023, UK1 to UK17: which body it has, and what stands around it. An update may be a
// delta: it then says only what has changed.
import { awarded, changed, marketChanged, performed, signed, terminated } from "./fat-awards.ts";
import {
  amended,
  type Body,
  buyerParty,
  head,
  type Making,
  manyOf,
  type Section,
  supplierParty,
} from "./fat-parts.ts";
import { cancelled, opened, planned } from "./fat-tenders.ts";
import { buyerOf, maybe, supplierOf, themeOf, zoned } from "./made-up.ts";
import type { Published } from "./published.ts";
import type { Random } from "./random.ts";

/** Where a notice's document stands, its documentType and its name. UK8, 14, 16 and 17: by analogy, none is recorded. */
const NOTICES: Record<string, [Section, string, string]> = {
  UK1: ["planning", "plannedProcurementNotice", "Pipeline notice"],
  UK2: ["planning", "marketEngagementNotice", "Preliminary market engagement notice"],
  UK3: ["planning", "plannedProcurementNotice", "Planned procurement notice"],
  UK4: ["tender", "tenderNotice", "Tender notice"],
  UK5: ["awards", "awardNotice", "Transparency notice"],
  UK6: ["awards", "awardNotice", "Contract award notice"],
  UK7: ["contracts", "contractNotice", "Contract details notice"],
  UK8: ["contracts", "implementationNotice", "Contract payment notice"],
  UK9: ["contracts", "implementationNotice", "Contract performance notice"],
  UK10: ["contracts", "contractNotice", "Contract change notice"],
  UK11: ["contracts", "contractTerminationNotice", "Contract termination notice"],
  UK12: ["tender", "tenderCancellationNotice", "Procurement termination notice"],
  UK13: ["tender", "tenderNotice", "Dynamic market intention notice"],
  UK14: ["tender", "tenderNotice", "Dynamic market establishment notice"],
  UK15: ["tender", "awardNotice", "Dynamic market modification notice"],
  UK16: ["tender", "tenderCancellationNotice", "Dynamic market cessation notice"],
  UK17: ["contracts", "implementationNotice", "Payments compliance notice"],
};
export function procurementAct(record: Published, random: Random): object {
  const { noticeType, tags, releaseId, at } = record;
  const [section, documentType, name] = NOTICES[noticeType ?? ""] ?? ["tender", "tenderNotice", "Notice"];
  const url = `https://www.find-tender.service.gov.uk/Notice/${releaseId}`;
  const notice = {
    id: releaseId,
    documentType,
    noticeType,
    description: `${name} on Find a Tender`,
    url,
    datePublished: zoned(at),
    format: "text/html",
  };
  const making: Making = {
    record,
    random,
    buyer: buyerOf(record),
    suppliers: Array.from({ length: manyOf(random) }, () => supplierOf(random)),
    title: themeOf(record.ocid).title,
    lots: manyOf(random),
    documents: (where, ...others) =>
      where === section ? { documents: [...others, notice] } : others.length > 0 ? { documents: others } : {},
  };
  const isUpdate = tags.some((tag) => tag.endsWith("Update"));
  const body = isUpdate && random() < 0.3 ? delta(making) : bodyOf(making, isUpdate);
  const { hasSuppliers = false, hasBuyer = true, ...sections } = body;
  const { ocid, date } = record;
  return {
    ocid,
    ...maybe(random, 0.4, () => ({ buyerID: [] })),
    id: releaseId,
    tag: tags,
    date: zoned(date),
    initiationType: "tender",
    parties: [buyerParty(making), ...(hasSuppliers ? making.suppliers.map(supplierParty(random)) : [])],
    ...(hasBuyer ? { buyer: { id: `GB-PPON-${making.buyer.ppon}`, name: making.buyer.name } } : {}),
    ...sections,
    language: "en",
  };
}

function bodyOf(making: Making, isUpdate: boolean): Body {
  switch (making.record.noticeType) {
    case "UK1":
    case "UK2":
    case "UK3":
      return planned(making, isUpdate);
    case "UK5":
    case "UK6":
      return awarded(making, isUpdate);
    case "UK7":
      return signed(making, isUpdate);
    case "UK8":
    case "UK9":
    case "UK17":
      return performed(making);
    case "UK10":
      return changed(making);
    case "UK11":
      return terminated(making);
    case "UK12":
    case "UK16":
      return cancelled(making);
    case "UK15":
      return marketChanged(making);
    default:
      return opened(making, isUpdate);
  }
}

/** An update that is no snapshot: the notice, and what has changed. */
function delta(making: Making): Body {
  const { record, documents } = making;
  const changes = amended(making);
  if (record.stage === "planning") {
    return {
      planning: documents("planning"),
      tender: { ...head(making), ...changes, status: "planning" },
    };
  }
  if (record.stage === "tender") return { tender: { ...head(making), ...changes, ...documents("tender") } };
  const inContracts = record.noticeType === "UK7";
  return {
    tender: head(making),
    awards: [{ id: "1", ...(inContracts ? {} : { ...changes, ...documents("awards") }) }],
    ...(inContracts ? { contracts: [{ id: "1", awardID: "1", ...changes, ...documents("contracts") }] } : {}),
  };
}
