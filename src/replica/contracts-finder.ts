// Contracts Finder's releases in the shapes of recorded ones.

import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import {
  amountOf,
  buyerOf,
  companyNumber,
  contractPeriod,
  cpvBeside,
  maybe,
  type Organisation,
  prose,
  SENTINEL,
  skewed,
  supplierOf,
  themeOf,
  zoned,
} from "./made-up.ts";
import type { Published } from "./published.ts";
import { pick, type Random, weighted } from "./random.ts";

const METHODS = weighted([
  [["open", "Open procedure (below threshold)"], 30],
  [["open", "Open procedure (above threshold)"], 15],
  [["selective", "Call-off from a framework agreement"], 25],
  [["limited", "Competitive quotation (below threshold)"], 15],
  [[null, "Other: Not applicable"], 15],
] as const);
const DELIVERED = [
  { region: "England", countryName: "United Kingdom" },
  { countryName: "England" },
  { postalCode: "LS1 4PL" },
  { countryName: "British Oversea Territories" },
] as const;
const MOJIBAKE = "The councilâ€™s cafÃ© â€“ "; // decoded wrongly once, inside valid UTF-8

/** What the parts of one release share. */
interface Making {
  record: Published;
  random: Random;
  theme: ReturnType<typeof themeOf>;
  buyer: Organisation;
  supplier: Organisation;
  firstAt: number;
  amount: number;
  value: { amount: number; currency: string };
  period: { startDate: string; endDate: string };
  method: ReturnType<typeof METHODS>;
  /** Planning, or an award. */
  early: boolean;
  isAward: boolean;
  notice: (id: string, documentType: string, name: string) => object;
  attached: object[];
}

export function contractsFinder(record: Published, random: Random): object {
  const making = makingOf(record, random);
  const { early, theme, buyer, notice } = making;
  const planning = engagement(
    record.at + 20 * DAY_MS,
    notice("2", "marketEngagementNotice", "Early engagement"),
  );
  return {
    ocid: record.ocid,
    id: record.releaseId,
    language: "en",
    date: zoned(record.date),
    tag: record.tags,
    initiationType: "tender",
    ...(early ? { title: theme.title, planning } : {}),
    tender: tenderOf(making),
    parties: partiesOf(making),
    buyer: { id: identified(buyer).id, name: buyer.name },
    ...(making.isAward ? { awards: [awardOf(making)] } : {}),
  };
}

export function engagement(until: number, document: object): object {
  const milestone = { id: "1", title: "Engagement end date", type: "engagement", dueDate: zoned(until) };
  return { milestones: [milestone], documents: [document] };
}

function makingOf(record: Published, random: Random): Making {
  const { at, ocid, releaseId, stage, plant, tags } = record;
  const guid = releaseId.replace(/-\d+$/, "");
  const [buyer, supplier] = [buyerOf(record), supplierOf(random)];
  const edited = tags.some((tag) => tag === "tenderAmendment" || tag === "awardUpdate");
  const firstAt = edited ? at - Math.floor(1 + random() * 40) * DAY_MS : at;
  const isSentinel = plant === "bare-zeros" || plant === "infinity" || plant === "broken-release";
  const amount = isSentinel ? SENTINEL : amountOf(random);
  const { start, end } = contractPeriod(at, random);
  const method = METHODS(random);
  const notice = (id: string, documentType: string, name: string) => ({
    id,
    documentType,
    description: `${name} notice on Contracts Finder`,
    url: `https://www.contractsfinder.service.gov.uk/Notice/${guid}`,
    datePublished: zoned(firstAt),
    ...(edited ? { dateModified: zoned(at) } : {}),
    format: "text/html",
    language: "en",
  });
  const attachment = {
    id: "2",
    description: "Specification",
    url: `https://www.contractsfinder.service.gov.uk/Notice/Attachment/${guid}`,
    format: "application/pdf",
  };
  return {
    ...{ record, random, theme: themeOf(ocid), buyer, supplier, firstAt, method, notice },
    ...{ amount, value: { amount, currency: "GBP" } },
    period: { startDate: zoned(start), endDate: zoned(end) },
    early: stage === "planning",
    isAward: stage === "award" || stage === "implementation",
    attached: random() < 0.4 ? [attachment] : [],
  };
}

function tenderOf(making: Making): object {
  const { record, random, theme, firstAt, amount, value, period, method, early, isAward } = making;
  const { at, stage, plant } = record;
  const [procurementMethod, procurementMethodDetails] = method;
  const { title, cpv } = theme;
  return {
    id: random() < 0.5 ? `tender_${record.seed % 400_000}/${record.number}` : `CF-${record.seed % 100_000}`,
    title,
    description: `${plant === "mojibake" ? MOJIBAKE : random() < 0.05 ? "The café’s lease. " : ""}${prose(random, skewed(random, 1100))}`,
    ...(stage === "tender" ? { datePublished: zoned(firstAt) } : {}),
    status: isAward ? "complete" : early ? "planning" : "active",
    classification: cpv,
    ...maybe(random, 0.35, () => ({
      additionalClassifications: [cpvBeside(theme, random), cpvBeside(theme, random)],
    })),
    items: [{ id: "1", deliveryAddresses: [pick(random, DELIVERED), pick(random, DELIVERED)] }],
    ...maybe(random, 0.2, () => ({ minValue: { ...value, amount: Math.floor(amount / 2) } })),
    ...maybe(random, plant === null ? 0.75 : 1, () => ({ value })),
    ...(early
      ? { communication: { futureNoticeDate: zoned(at + 60 * DAY_MS) } }
      : {
          ...(procurementMethod === null ? {} : { procurementMethod }),
          procurementMethodDetails,
          tenderPeriod: { endDate: zoned(firstAt + Math.floor(14 + random() * 30) * DAY_MS) },
          contractPeriod: period,
        }),
    suitability: { sme: random() < 0.8, vcse: random() < 0.4 },
    ...(early ? {} : { mainProcurementCategory: pick(random, ["services", "goods", "works"]) }),
    ...(stage === "tender"
      ? { documents: [making.notice("1", "tenderNotice", "Opportunity"), ...making.attached] }
      : {}),
  };
}

function partiesOf({ random, buyer, supplier, isAward }: Making): object[] {
  return [
    {
      ...identified(buyer),
      address: {
        streetAddress: `${1 + (buyer.number % 90)} High Street`,
        locality: buyer.locality,
        postalCode: buyer.postalCode,
        countryName: pick(random, ["England", "United Kingdom"]),
      },
      contactPoint: {
        ...maybe(random, 0.8, () => ({ name: "Procurement Team" })),
        email: "procurement@example.org",
        ...maybe(random, 0.6, () => ({ telephone: "+44 0000 000000" })),
      },
      ...maybe(random, 0.5, () => ({ details: { url: `https://buyer-${buyer.number}.example.org` } })),
      roles: ["buyer"],
    },
    ...(isAward
      ? [
          {
            ...identified(supplier),
            address: { streetAddress: `${1 + (supplier.number % 90)} Mill Lane\r\n${supplier.locality}` },
            details: { scale: random() < 0.6 ? "sme" : "large", vcse: random() < 0.1 },
            roles: ["supplier"],
          },
        ]
      : []),
  ];
}

function awardOf({ record, random, supplier, firstAt, value, period, notice, attached }: Making): object {
  return {
    id: `${record.ocid}-1`,
    status: "active",
    date: zoned(firstAt - 3 * DAY_MS),
    datePublished: zoned(firstAt),
    value,
    // One supplier in a thousand has no name.
    suppliers: [{ id: identified(supplier).id, name: random() < 0.001 ? null : supplier.name }],
    contractPeriod: period,
    documents: [notice("1", "awardNotice", "Awarded contract"), ...attached],
  };
}

/** Few are known by a register; the others by the site's own number, which identifies nobody. */
function identified(organisation: Organisation) {
  const { name, number } = organisation;
  const registered = number % 10 < 3;
  return {
    id: registered ? `GB-COH-${companyNumber(organisation)}` : `GB-CFS-${10_000 + number}`,
    name,
    identifier: {
      legalName: name,
      ...(registered ? { scheme: "GB-COH", id: companyNumber(organisation) } : {}),
    },
  };
}
