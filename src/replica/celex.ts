// A notice under the older regime (CELEX), in the shapes of recorded ones.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { CATEGORIES } from "./fat-parts.ts";
import {
  buyerOf,
  companyNumber,
  contractPeriod,
  cpvBeside,
  grossValue,
  maybe,
  type Organisation,
  prose,
  SENTINEL,
  skewed,
  supplierOf,
  themeOf,
  typed,
  zoned,
} from "./made-up.ts";
import type { Published } from "./published.ts";
import { pick, type Random } from "./random.ts";

/** What every part of one release draws on. */
interface Making {
  record: Published;
  random: Random;
  buyer: Organisation;
  supplier: Organisation;
  title: string;
  value: { amount: number; currency: string };
  isTender: boolean;
  isAward: boolean;
  changesAward: boolean;
  changesTender: boolean;
}

export function celex(record: Published, random: Random): object {
  const { ocid, releaseId, date, tags, plant } = record;
  const [buyer, supplier] = [buyerOf(record), supplierOf(random)];
  const { title } = themeOf(ocid);
  const number = random() < 0.65 ? null : companyNumber(buyer);
  const buyerId = number ? `GB-COH-${number}` : `GB-FTS-${3000 + buyer.number}`;
  const amount = plant === "bare-zeros" || plant === "broken-release" ? SENTINEL : grossValue(random).amount;
  const making: Making = {
    record,
    random,
    buyer,
    supplier,
    title,
    value: { amount: amount ?? 1, currency: "GBP" },
    isTender: tags.includes("tender"),
    isAward: tags.includes("award"),
    changesAward: tags.includes("awardUpdate"),
    changesTender: tags.includes("tenderUpdate"),
  };
  const tender = tenderOf(making);
  const tellsAward = making.isAward || making.changesAward;
  return {
    ocid,
    id: releaseId,
    date: zoned(date),
    tag: tags,
    ...maybe(random, 0.5, () => ({ description: prose(random, 200) })),
    initiationType: "tender",
    tender,
    parties: [buyerParty(making, { number, buyerId }), ...(tellsAward ? [supplierParty(supplier)] : [])],
    buyer: { id: buyerId, name: buyer.name },
    ...(tellsAward ? awardsOf(making) : {}),
    ...(making.isAward
      ? {
          bids: {
            statistics: [{ id: "1", measure: "bids", relatedLot: "1", value: 1 + Math.floor(random() * 9) }],
          },
        }
      : {}),
    ...maybe(random, 0.3, () => ({
      links: [{ rel: "canonical", href: "https://api.publiccontractsscotland.gov.uk/v1/Notice?id=made-up" }],
    })),
    language: "en",
  };
}

function tenderOf(making: Making): object {
  const { record, random, title, value, isTender, isAward, changesAward, changesTender } = making;
  const isUpdate = changesAward || changesTender;
  return {
    id: random() < 0.5 ? record.ocid : `REF/${record.seed % 10_000}`,
    legalBasis: { id: "32014L0024", scheme: "CELEX" },
    title,
    ...(isUpdate ? {} : { status: isAward ? "complete" : isTender ? "active" : "planned" }),
    classification: themeOf(record.ocid).cpv,
    mainProcurementCategory: pick(random, CATEGORIES),
    ...(changesAward ? {} : { description: prose(random, skewed(random, isTender ? 2800 : 1300)) }),
    ...(isAward || isUpdate ? {} : { value }),
    ...(changesTender ? corrections(making) : lotsAndItems(making)),
    ...(isTender
      ? {
          submissionMethod: ["electronicSubmission", "written"],
          submissionMethodDetails: "https://portal.example.org",
          procurementMethod: "open",
          procurementMethodDetails: "Open procedure",
          coveredBy: ["GPA"],
          tenderPeriod: { endDate: typed(record.at + Math.floor(20 + random() * 30) * DAY_MS, random) },
          submissionTerms: { languages: ["en"], bidValidityPeriod: { durationInDays: 120 } },
          hasRecurrence: false,
        }
      : {}),
    ...(isAward
      ? { procurementMethod: "open", procurementMethodDetails: "Open procedure", coveredBy: ["GPA"] }
      : {}),
    ...(record.tags[0] === "planning"
      ? { communication: { futureNoticeDate: typed(record.at + 60 * DAY_MS, random) } }
      : {}),
  };
}

/** F14: what changes, in words, and nothing else. */
function corrections({ random }: Making): object {
  return {
    amendments: [
      {
        id: "1",
        unstructuredChanges: [
          {
            oldValue: { text: prose(random, 400) },
            newValue: { text: prose(random, 400) },
            where: { section: "II.1.4", label: "Short Description" },
          },
        ],
        description: prose(random, 200),
      },
    ],
  };
}

const deliveryAddresses = ({ buyer }: Making) => [{ region: buyer.region.slice(0, 4) }];

function lotsAndItems(making: Making): object {
  const { record, random, isTender, isAward } = making;
  const { start, end } = contractPeriod(record.at, random);
  const addresses = deliveryAddresses(making);
  const lot = {
    id: "1",
    description: prose(random, skewed(random, isTender ? 2600 : 1000)),
    ...(isTender
      ? {
          contractPeriod: { startDate: typed(start, random), endDate: typed(end, random) },
          hasRenewal: false,
        }
      : {}),
    ...(isAward
      ? {
          awardCriteria: {
            criteria: [{ type: "quality", name: "Quality", description: "60" }, { type: "price" }],
          },
        }
      : {}),
    hasOptions: false,
    status: isAward ? "cancelled" : isTender ? "active" : "planned",
  };
  return {
    ...(record.plant === "infinity" ? { lotDetails: { maximumLotsBidPerSupplier: SENTINEL } } : {}),
    lots: [lot],
    items: [
      {
        id: "1",
        additionalClassifications: [cpvBeside(themeOf(record.ocid), random)],
        // As notice 002109-2021 has it.
        deliveryAddresses: random() < 0.01 ? { "1": addresses[0] } : addresses,
        relatedLot: "1",
      },
    ],
  };
}

const supplierNumber = (supplier: Organisation) => `GB-FTS-${200_000 + supplier.number}`;

function awardsOf(making: Making): object {
  const { record, random, supplier, title, value, changesAward } = making;
  const id = `${record.releaseId}-1`;
  const suppliers = [{ id: supplierNumber(supplier), name: supplier.name }];
  const contract = {
    id,
    awardID: id,
    ...maybe(random, 0.2, () => ({ title })),
    status: "active",
    value,
    dateSigned: zoned(record.at - 30 * DAY_MS),
    ...(changesAward
      ? {
          period: { durationInDays: 480 },
          items: [
            {
              id: "1",
              classification: cpvBeside(themeOf(record.ocid), random),
              deliveryAddresses: deliveryAddresses(making),
              relatedLot: "1",
            },
          ],
          amendments: [{ id: "1", description: prose(random, 300), rationale: prose(random, 200) }],
        }
      : {}),
  };
  return {
    awards: [{ id, relatedLots: ["1"], status: "active", suppliers }],
    contracts: [contract],
  };
}

const addressOf = ({ locality, region, postalCode, number }: Organisation) => ({
  streetAddress: `${1 + (number % 90)} High Street`,
  locality,
  region,
  postalCode,
  countryName: "United Kingdom",
});

function buyerParty(
  { buyer, random }: Making,
  { number, buyerId }: { number: string | null; buyerId: string },
): object {
  return {
    name: buyer.name,
    id: buyerId,
    identifier: number
      ? { legalName: buyer.name, id: number, scheme: "GB-COH" }
      : { legalName: buyer.name, noIdentifierRationale: "notOnAnyRegister" },
    address: addressOf(buyer),
    contactPoint: { name: "Procurement Team", email: "procurement@example.org" },
    roles: ["buyer"],
    details: {
      url: `http://buyer-${buyer.number}.example.org`,
      ...maybe(random, 0.5, () => ({ buyerProfile: "https://portal.example.org/profile" })),
      classifications: [
        { scheme: "TED_CA_TYPE", id: "BODY_PUBLIC", description: "Body governed by public law" },
        { scheme: "COFOG", id: "09", description: "Education" },
      ],
    },
  };
}

function supplierParty(supplier: Organisation): object {
  return {
    name: supplier.name,
    id: supplierNumber(supplier),
    identifier: { legalName: supplier.name },
    address: addressOf(supplier),
    roles: ["supplier"],
    details: { scale: "sme" },
  };
}
