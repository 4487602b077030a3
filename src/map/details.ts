// STORE_DETAILS: lots, documents and the buyer's contact, in the shapes that the application's detail page shows.
import type { MappedContract, StoreDetail } from "../terms/documents.ts";
import { amount } from "./money.ts";
import { hasRole, type Parts } from "./parts.ts";
import {
  at,
  date,
  filled,
  firstText,
  firstTitle,
  flag,
  type Json,
  list,
  number,
  text,
  webPage,
} from "./read.ts";

type Details = Pick<MappedContract, "lots" | "documents" | "buyerContact">;

export function detailsOf(parts: Parts, wanted: readonly StoreDetail[]): Details {
  return filled({
    lots: wanted.includes("lots") ? unlessEmpty(parts.lots.map(lotOf)) : undefined,
    documents: wanted.includes("documents") ? unlessEmpty(documentsOf(parts)) : undefined,
    buyerContact: wanted.includes("contact") ? contactOf(parts) : undefined,
  });
}

const unlessEmpty = <T>(all: T[]) => (all.length > 0 ? all : undefined);

function lotOf(lot: Json): NonNullable<Details["lots"]>[number] {
  const criteria = [at(lot, "awardCriteria"), lot].flatMap((one) => list(at(one, "criteria")));
  return filled({
    lotId: text(lot["id"]),
    title: firstTitle(lot["title"]),
    description: firstText(lot["description"]),
    value: amount(at(lot, "value", "amount")) ?? amount(at(lot, "value", "amountGross")),
    currency: text(at(lot, "value", "currency")),
    status: text(lot["status"]),
    hasRenewal: flag(lot["hasRenewal"]),
    renewalDescription: firstText(at(lot, "renewal", "description")),
    hasOptions: flag(lot["hasOptions"]),
    optionsDescription: firstText(at(lot, "options", "description")),
    awardCriteria: unlessEmpty(criteria.map(criterionOf)),
  });
}

function criterionOf(criterion: Json) {
  const weights = list(criterion["numbers"]).map(({ number: weight }) => number(weight));
  return filled({
    name: firstTitle(criterion["name"], criterion["description"]),
    criteriaType: text(criterion["type"]),
    weight: weights.find((weight) => weight !== undefined),
  });
}

/** The notice's own page is `sourceUrl`. */
function documentsOf({ planning, tender, awards, contracts }: Parts): NonNullable<Details["documents"]> {
  const all = [planning, tender, ...awards, ...contracts].flatMap((part) => list(part["documents"]));
  return all
    .filter((document) => document["noticeType"] === undefined && document["documentType"] !== "tenderNotice")
    .map((document) =>
      filled({
        id: text(document["id"]),
        documentType: text(document["documentType"]),
        title: firstTitle(document["title"]),
        description: firstText(document["description"]),
        url: webPage(document["url"]),
        datePublished: date(document["datePublished"]),
        format: text(document["format"]),
      }),
    )
    .filter(({ url, title, description }) => url ?? title ?? description);
}

function contactOf({ release, parties, partyOf }: Parts): Details["buyerContact"] {
  const party = partyOf(at(release["buyer"], "id")) ?? parties.find((one) => hasRole(one, "buyer"));
  const point = at(party, "contactPoint");
  const contact = filled({
    name: firstText(at(point, "name")),
    email: firstText(at(point, "email")),
    telephone: firstText(at(point, "telephone")),
  });
  return Object.keys(contact).length > 0 ? contact : undefined;
}
