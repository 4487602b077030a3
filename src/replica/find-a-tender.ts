// Find a Tender's releases in the shapes of recorded ones: the Procurement Act's notices UK1 to UK17 (UKPGA), and the
// older regime (CELEX). An update may be a delta: it then says only what has changed.
import type { Published } from "./history.ts";
import {
  buyerOf,
  companyNumber,
  contractPeriod,
  cpvOf,
  DAY_MS,
  grossValue,
  maybe,
  type Organisation,
  prose,
  SENTINEL,
  skewed,
  supplierOf,
  titleOf,
  typed,
  zoned,
} from "./made-up.ts";
import { pick, type Random, weighted } from "./random.ts";

export function findATender(record: Published, random: Random): object {
  return record.noticeType === null ? celex(record, random) : procurementAct(record, random);
}

type Section = "planning" | "tender" | "awards" | "contracts";
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
const METHODS = weighted([
  [["open", "Open procedure"], 30],
  [["selective", "Competitive flexible procedure"], 15],
  [["direct", "Below threshold - without competition"], 25],
  [["limited", "Below threshold - limited competition"], 15],
  [["open", "Below threshold - open competition"], 15],
] as const);
const CATEGORIES = ["services", "services", "works", "goods"] as const;
const UKPGA = {
  id: "2023/54",
  scheme: "UKPGA",
  uri: "https://www.legislation.gov.uk/ukpga/2023/54/contents",
};

/** What every part of one release draws on. */
interface Making {
  record: Published;
  random: Random;
  buyer: Organisation;
  suppliers: Organisation[];
  title: string;
  lots: number;
  /** The notice's own document, for the section where it stands. */
  documents: (section: Section, ...others: object[]) => object;
}

function procurementAct(record: Published, random: Random): object {
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
    title: titleOf(random),
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

interface Body {
  hasSuppliers?: boolean;
  hasBuyer?: boolean;
  planning?: object;
  tender: object;
  bids?: object;
  awards?: object[];
  contracts?: object[];
  relatedProcesses?: object[];
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

const amended = ({ record, random }: Making) => ({
  amendments: [{ description: prose(random, 140), id: record.releaseId }],
});

function head({ record, title }: Making): { id: string; legalBasis: object; title: string } {
  const id = record.seed % 3 === 0 ? record.ocid : `DN${record.seed % 1_000_000}`;
  return { id, legalBasis: UKPGA, title };
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

function planned(making: Making, isUpdate: boolean): Body {
  const { record, random, documents } = making;
  const isEngagement = record.noticeType === "UK2";
  const status = isEngagement ? "planning" : "planned";
  const due = record.at + Math.floor(10 + random() * 60) * DAY_MS;
  return {
    planning: {
      ...(isEngagement
        ? {
            milestones: [
              {
                id: "engagement",
                type: "engagement",
                description: prose(random, 900),
                dueDate: typed(due, random),
                status: random() < 0.3 ? "met" : "scheduled",
              },
            ],
          }
        : {}),
      ...documents("planning"),
    },
    tender: {
      ...head(making),
      description: prose(random, skewed(random, 1200)),
      items: itemsOf(making),
      ...maybe(random, 0.75, () => ({ value: noticeValue(making) })),
      mainProcurementCategory: pick(random, CATEGORIES),
      aboveThreshold: random() < 0.7,
      lots: lotsOf(making, status, { periods: true, values: record.noticeType === "UK3" }),
      ...defects(making),
      communication: { futureNoticeDate: typed(due + 20 * DAY_MS, random) },
      ...(isUpdate ? amended(making) : {}),
      status: random() < 0.005 ? null : status,
    },
  };
}

function opened(making: Making, isUpdate: boolean): Body {
  const { record, random, documents } = making;
  const isMarket = record.noticeType !== "UK4";
  const [procurementMethod, procurementMethodDetails] = isMarket
    ? ["open", "Dynamic market"]
    : METHODS(random);
  const deadline = record.at + Math.floor(14 + random() * 40) * DAY_MS;
  const papers = random() < 0.5;
  return {
    tender: {
      ...head(making),
      description: prose(random, skewed(random, 2600)),
      status: "active",
      items: itemsOf(making),
      ...(isMarket ? {} : { value: noticeValue(making) }),
      procurementMethod,
      procurementMethodDetails,
      mainProcurementCategory: pick(random, CATEGORIES),
      aboveThreshold: random() < 0.6,
      ...maybe(random, 0.17, () => ({ coveredBy: ["GPA"] })),
      ...maybe(random, 0.15, () => ({ specialRegime: ["lightTouch"] })),
      ...(isMarket
        ? {
            techniques: {
              hasDynamicPurchasingSystem: true,
              dynamicPurchasingSystem: { status: "pending" },
              frameworkAgreement: { type: "closed" },
            },
          }
        : maybe(random, 0.14, () => ({
            techniques: {
              hasFrameworkAgreement: true,
              frameworkAgreement: {
                method: "withAndWithoutReopeningCompetition",
                type: "closed",
                description: prose(random, 300),
              },
            },
          }))),
      submissionMethodDetails: "https://portal.example.org",
      submissionTerms: { electronicSubmissionPolicy: "allowed", languages: ["en"] },
      ...maybe(random, 0.9, () => ({
        // Now and then a date alone.
        tenderPeriod: {
          endDate: random() < 0.01 ? zoned(deadline).slice(0, 10) : typed(deadline, random),
        },
      })),
      ...maybe(random, 0.05, () => ({ expressionOfInterestDeadline: typed(deadline, random) })),
      ...maybe(random, 0.8, () => ({ enquiryPeriod: { endDate: typed(deadline - 7 * DAY_MS, random) } })),
      ...maybe(random, 0.5, () => ({ awardPeriod: { endDate: typed(deadline + 60 * DAY_MS, random) } })),
      ...defects(making),
      lots: lotsOf(making, "active", { periods: true, values: true, criteria: true }),
      ...(isUpdate ? amended(making) : {}),
      ...documents(
        "tender",
        ...(papers
          ? [
              {
                id: "L-1",
                documentType: "biddingDocuments",
                description: "The tender pack",
                url: "www.portal.example.org",
              },
            ]
          : []),
      ),
    },
  };
}

function awarded(making: Making, isUpdate: boolean): Body {
  const { record, random, documents, title, suppliers, lots } = making;
  const { start, end } = contractPeriod(record.at, random);
  const award = (_: unknown, index: number) => ({
    id: String(index + 1),
    ...maybe(random, 0.5, () => ({ title })),
    status: random() < 0.6 ? "pending" : "active",
    date: zoned(record.at - 5 * DAY_MS),
    value: noticeValue(making),
    mainProcurementCategory: pick(random, CATEGORIES),
    aboveThreshold: random() < 0.7,
    suppliers: named(making, suppliers),
    items: itemsOf(making).slice(index, index + 1),
    ...maybe(random, 0.4, () => ({
      standstillPeriod: random() < 0.05 ? [] : { endDate: typed(record.at + 12 * DAY_MS, random) },
    })),
    contractPeriod: {
      startDate: typed(start, random),
      endDate: typed(end, random),
      ...maybe(random, 0.3, () => ({ maxExtentDate: typed(end + 365 * DAY_MS, random) })),
    },
    ...maybe(random, 0.3, () => ({ hasRenewal: true, renewal: { description: prose(random, 120) } })),
    relatedLots: [String(index + 1)],
    ...(isUpdate ? amended(making) : {}),
    ...(index === 0 ? documents("awards") : {}),
    milestones: [
      {
        id: "1",
        type: "futureSignatureDate",
        dueDate: typed(record.at + 20 * DAY_MS, random),
        status: "scheduled",
      },
    ],
  });
  return {
    hasSuppliers: true,
    tender: complete(making),
    bids: {
      statistics: [
        { id: "1", measure: "bids", value: 1 + Math.floor(random() * 9), relatedLot: "1" },
        { id: "2", measure: "finalStageBids", value: 1, relatedLot: "1" },
      ],
    },
    awards: Array.from({ length: lots }, award),
  };
}

function signed(making: Making, isUpdate: boolean): Body {
  const { record, random, documents, title, suppliers } = making;
  const { start, end } = contractPeriod(record.at - 60 * DAY_MS, random);
  return {
    hasSuppliers: true,
    tender: complete(making),
    awards: [
      {
        id: "1",
        status: "active",
        mainProcurementCategory: pick(random, CATEGORIES),
        suppliers: named(making, suppliers),
        items: itemsOf(making),
        relatedLots: Array.from({ length: making.lots }, (_, lot) => String(lot + 1)),
      },
    ],
    contracts: [
      {
        id: "1",
        awardID: "1",
        ...maybe(random, 0.6, () => ({ title })),
        status: "active",
        period: {
          startDate: typed(start, random),
          endDate: typed(end, random),
          ...maybe(random, 0.2, () => ({ maxExtentDate: typed(end + 365 * DAY_MS, random) })),
        },
        value: noticeValue(making),
        aboveThreshold: random() < 0.5,
        ...maybe(random, 0.2, () => ({ hasRenewal: true, renewal: { description: prose(random, 120) } })),
        dateSigned: zoned(record.at - 2 * DAY_MS),
        ...maybe(random, 0.55, () => ({ statusDetails: null })),
        ...(isUpdate ? amended(making) : {}),
        ...documents("contracts"),
      },
    ],
    ...maybe(random, 0.06, () => ({
      relatedProcesses: [
        {
          id: "framework",
          relationship: ["framework"],
          scheme: "ocid",
          identifier: record.ocid,
          uri: `https://www.find-tender.service.gov.uk/api/1.0/ocdsReleasePackages/${record.ocid}`,
        },
      ],
    })),
  };
}

function performed(making: Making): Body {
  const { record, random, documents } = making;
  const metric = (_: unknown, index: number) => ({
    id: String(index + 1),
    title: prose(random, 60),
    description: prose(random, 200),
    observations: [
      {
        period: {
          startDate: typed(record.at - 120 * DAY_MS, random),
          endDate: typed(record.at - 30 * DAY_MS, random),
        },
        measure: "75%",
        measureClassification: {
          id: "slightlyBelow",
          description: "Approaching target - performance is close to meeting the KPI",
        },
        id: record.releaseId,
      },
    ],
  });
  return {
    hasBuyer: false,
    tender: head(making),
    contracts: [
      {
        id: "1",
        awardID: "1",
        ...(record.noticeType === "UK9" ? { implementation: { metrics: [0, 1, 2].map(metric) } } : {}),
        ...documents("contracts"),
      },
    ],
  };
}

function changed(making: Making): Body {
  const { record, random, documents, suppliers } = making;
  const change = {
    date: zoned(record.at - 10 * DAY_MS),
    id: record.releaseId,
    rationale: prose(random, 400),
    rationaleClassifications: [{ id: "transferCorporateRestructuring" }],
  };
  return {
    hasSuppliers: true,
    tender: head(making),
    awards: [{ id: "1", suppliers: named(making, suppliers) }],
    contracts: [
      {
        id: "1",
        awardID: "1",
        amendments: [change],
        statusDetails: null,
        ...documents("contracts"),
        period: { startDate: typed(record.at - 10 * DAY_MS, random) },
        aboveThreshold: true,
      },
    ],
  };
}

function terminated(making: Making): Body {
  const { record, random, documents } = making;
  return {
    hasBuyer: false,
    tender: head(making),
    contracts: [
      {
        id: "1",
        awardID: "1",
        status: "terminated",
        terminationRationaleClassifications: [{ id: "contractCompleted" }],
        implementation: { endDate: zoned(record.at - 20 * DAY_MS), finalValue: grossValue(random) },
        statusDetails: null,
        ...documents("contracts"),
      },
    ],
  };
}

function cancelled(making: Making): Body {
  const { record, random, documents } = making;
  return {
    hasBuyer: false,
    tender: {
      ...head(making),
      status: "complete",
      lots: lotsOf(making, "complete"),
      ...documents("tender"),
    },
    awards: [
      {
        id: "1",
        status: "cancelled",
        statusDetails: prose(random, 300),
        finalStatusDate: zoned(record.at - 15 * DAY_MS),
        relatedLots: ["1"],
      },
    ],
  };
}

/** A dynamic market's new members: up to 127 awards that hold no value. */
function marketChanged(making: Making): Body {
  const { record, random, documents, suppliers } = making;
  const change = { date: zoned(record.at), id: record.releaseId };
  return {
    hasSuppliers: true,
    tender: { ...head(making), amendments: [change], ...documents("tender") },
    awards: Array.from({ length: 1 + Math.floor(random() ** 3 * 127) }, (_, index) => ({
      id: String(index + 5),
      amendments: [{ id: record.releaseId }],
      suppliers: named(making, suppliers.slice(0, 1)),
    })),
  };
}

function complete(making: Making): object {
  const { random } = making;
  const [procurementMethod, procurementMethodDetails] = METHODS(random);
  return {
    ...head(making),
    description: prose(random, skewed(random, 900)),
    status: "complete",
    procurementMethod,
    procurementMethodDetails,
    ...defects(making),
    lots: lotsOf(making, "complete"),
    ...maybe(random, 0.15, () => ({
      documents: [
        { id: "conflictOfInterest", documentType: "conflictOfInterest", description: "Not published" },
      ],
    })),
  };
}

function noticeValue({ record, random }: Making) {
  const value = grossValue(random);
  return record.plant === "bare-zeros" || record.plant === "broken-release"
    ? { ...value, amountGross: SENTINEL }
    : value;
}

/** Where a number that no JSON has stands, in the notices that have no value and no limit of lots too. */
function defects({ record: { plant } }: Making): object {
  return plant === "infinity" ? { lotDetails: { maximumLotsBidPerSupplier: SENTINEL } } : {};
}

function lotsOf(
  making: Making,
  status: string,
  has: { periods?: boolean; values?: boolean; criteria?: boolean } = {},
): object[] {
  const { random, record, lots } = making;
  return Array.from({ length: lots }, (_, lot) => {
    const { start, end } = contractPeriod(record.at, random);
    const extends_ = random() < 0.45;
    return {
      id: String(lot + 1),
      status,
      ...(lots > 1 ? { title: titleOf(random) } : {}),
      ...(has.values ? { value: grossValue(random) } : {}),
      ...(has.criteria
        ? {
            ...maybe(random, 0.3, () => ({
              selectionCriteria: { criteria: [{ type: "economic", description: prose(random, 250) }] },
            })),
            awardCriteria: {
              criteria: [
                {
                  type: "quality",
                  name: "Quality",
                  description: prose(random, 120),
                  numbers: [{ number: 70, weight: "percentageExact" }],
                },
                { type: "price", name: "Price", numbers: [{ number: 30, weight: "percentageExact" }] },
              ],
            },
          }
        : {}),
      ...(has.periods
        ? {
            suitability: { sme: random() < 0.8, vcse: random() < 0.4 },
            contractPeriod: {
              startDate: typed(start, random),
              endDate: typed(end, random),
              ...(extends_ ? { maxExtentDate: typed(end + 365 * DAY_MS, random) } : {}),
            },
            ...(extends_ ? { hasRenewal: true } : {}),
          }
        : {}),
      ...maybe(random, 0.5, () => ({ description: lots > 1 ? prose(random, 400) : null })),
    };
  });
}

function itemsOf({ random, buyer, lots }: Making) {
  return Array.from({ length: lots }, (_, lot) => ({
    id: String(lot + 1),
    additionalClassifications: random() < 0.3 ? [cpvOf(random), cpvOf(random)] : [cpvOf(random)],
    ...maybe(random, 0.75, () => ({
      deliveryAddresses: [{ region: buyer.region, country: "GB", countryName: "United Kingdom" }],
    })),
    relatedLot: String(lot + 1),
  }));
}

/** One supplier in a thousand has no name. */
const named = ({ random }: Making, suppliers: Organisation[]) =>
  suppliers.map((supplier) => ({
    id: supplierId(supplier),
    name: random() < 0.001 ? null : supplier.name,
  }));
const hasCompanyNumber = ({ number }: Organisation) => number % 10 < 6;
const supplierId = (supplier: Organisation) =>
  hasCompanyNumber(supplier) ? `GB-COH-${companyNumber(supplier)}` : `GB-PPON-${supplier.ppon}`;

function addressOf({ locality, postalCode, region, number }: Organisation) {
  return {
    streetAddress: `${1 + (number % 90)} High Street`,
    locality,
    postalCode,
    country: "GB",
    countryName: "United Kingdom",
    region,
  };
}

function buyerParty({ buyer, random }: Making): object {
  const central = buyer.number % 4 === 0;
  return {
    name: buyer.name,
    id: `GB-PPON-${buyer.ppon}`,
    identifier: { scheme: "GB-PPON", id: buyer.ppon },
    address: addressOf(buyer),
    contactPoint: {
      ...maybe(random, 0.5, () => ({ name: "Procurement Team" })),
      email: "procurement@example.org",
      ...maybe(random, 0.2, () => ({ telephone: "+44 0000 000000" })),
    },
    roles: ["buyer"],
    details: {
      ...maybe(random, 0.6, () => ({ url: `https://buyer-${buyer.number}.example.org` })),
      classifications: [
        {
          scheme: "UK_CA_TYPE",
          id: central ? "publicAuthorityCentralGovernment" : "publicAuthoritySubCentralGovernment",
          description: `Public authority - ${central ? "central" : "sub-central"} government`,
        },
      ],
    },
  };
}

const supplierParty = (random: Random) => (supplier: Organisation) => ({
  name: supplier.name,
  id: supplierId(supplier),
  identifier: hasCompanyNumber(supplier)
    ? { scheme: "GB-COH", id: companyNumber(supplier) }
    : { scheme: "GB-PPON", id: supplier.ppon },
  ...(hasCompanyNumber(supplier)
    ? { additionalIdentifiers: [{ scheme: "GB-PPON", id: supplier.ppon }] }
    : {}),
  address: addressOf(supplier),
  contactPoint: { email: "sales@example.org" },
  roles: ["supplier"],
  details: {
    ...maybe(random, 0.3, () => ({ url: `http://supplier-${supplier.number}.example.org` })),
    scale: random() < 0.6 ? "sme" : "large",
    vcse: random() < 0.1,
  },
});

/** Lots and suppliers: mostly one, in a framework dozens. */
function manyOf(random: Random): number {
  const dice = random();
  if (dice < 0.82) return 1;
  return 1 + Math.ceil(random() ** 2 * (dice < 0.97 ? 6 : dice < 0.998 ? 30 : 120));
}

function celex(record: Published, random: Random): object {
  const { ocid, releaseId, date, tags, at, plant } = record;
  const [buyer, supplier] = [buyerOf(record), supplierOf(random)];
  const title = titleOf(random);
  const number = random() < 0.65 ? null : companyNumber(buyer);
  const buyerId = number ? `GB-COH-${number}` : `GB-FTS-${3000 + buyer.number}`;
  const supplierNumber = `GB-FTS-${200_000 + supplier.number}`;
  const amount = plant === "bare-zeros" || plant === "broken-release" ? SENTINEL : grossValue(random).amount;
  const value = { amount: amount ?? 1, currency: "GBP" };
  const isAward = tags.includes("award");
  const changesAward = tags.includes("awardUpdate");
  const changesTender = tags.includes("tenderUpdate");
  const { start, end } = contractPeriod(at, random);
  const awardId = `${releaseId}-1`;
  const deliveryAddresses = [{ region: buyer.region.slice(0, 4) }];
  const lot = {
    id: "1",
    description: prose(random, skewed(random, tags.includes("tender") ? 2600 : 1000)),
    ...(tags.includes("tender")
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
    status: isAward ? "cancelled" : tags.includes("tender") ? "active" : "planned",
  };
  const tender = {
    id: random() < 0.5 ? ocid : `REF/${record.seed % 10_000}`,
    legalBasis: { id: "32014L0024", scheme: "CELEX" },
    title,
    ...(changesAward || changesTender
      ? {}
      : { status: isAward ? "complete" : tags.includes("tender") ? "active" : "planned" }),
    classification: cpvOf(random),
    mainProcurementCategory: pick(random, CATEGORIES),
    ...(changesAward
      ? {}
      : { description: prose(random, skewed(random, tags.includes("tender") ? 2800 : 1300)) }),
    ...(isAward || changesAward || changesTender ? {} : { value }),
    ...(changesTender
      ? {
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
        }
      : {
          ...(plant === "infinity" ? { lotDetails: { maximumLotsBidPerSupplier: SENTINEL } } : {}),
          lots: [lot],
          items: [
            {
              id: "1",
              additionalClassifications: [cpvOf(random)],
              // As notice 002109-2021 has it.
              deliveryAddresses: random() < 0.01 ? { "1": deliveryAddresses[0] } : deliveryAddresses,
              relatedLot: "1",
            },
          ],
        }),
    ...(tags.includes("tender")
      ? {
          submissionMethod: ["electronicSubmission", "written"],
          submissionMethodDetails: "https://portal.example.org",
          procurementMethod: "open",
          procurementMethodDetails: "Open procedure",
          coveredBy: ["GPA"],
          tenderPeriod: { endDate: typed(at + Math.floor(20 + random() * 30) * DAY_MS, random) },
          submissionTerms: { languages: ["en"], bidValidityPeriod: { durationInDays: 120 } },
          hasRecurrence: false,
        }
      : {}),
    ...(isAward
      ? { procurementMethod: "open", procurementMethodDetails: "Open procedure", coveredBy: ["GPA"] }
      : {}),
    ...(tags[0] === "planning"
      ? { communication: { futureNoticeDate: typed(at + 60 * DAY_MS, random) } }
      : {}),
  };
  const suppliers = [{ id: supplierNumber, name: supplier.name }];
  const contract = {
    id: awardId,
    awardID: awardId,
    ...maybe(random, 0.2, () => ({ title })),
    status: "active",
    value,
    dateSigned: zoned(at - 30 * DAY_MS),
    ...(changesAward
      ? {
          period: { durationInDays: 480 },
          items: [{ id: "1", classification: cpvOf(random), deliveryAddresses, relatedLot: "1" }],
          amendments: [{ id: "1", description: prose(random, 300), rationale: prose(random, 200) }],
        }
      : {}),
  };
  const address = ({ locality, region, postalCode, number: at_ }: Organisation) => ({
    streetAddress: `${1 + (at_ % 90)} High Street`,
    locality,
    region,
    postalCode,
    countryName: "United Kingdom",
  });
  return {
    ocid,
    id: releaseId,
    date: zoned(date),
    tag: tags,
    ...maybe(random, 0.5, () => ({ description: prose(random, 200) })),
    initiationType: "tender",
    tender,
    ...(isAward || changesAward
      ? { awards: [{ id: awardId, relatedLots: ["1"], status: "active", suppliers }] }
      : {}),
    parties: [
      {
        name: buyer.name,
        id: buyerId,
        identifier: number
          ? { legalName: buyer.name, id: number, scheme: "GB-COH" }
          : { legalName: buyer.name, noIdentifierRationale: "notOnAnyRegister" },
        address: address(buyer),
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
      },
      ...(isAward || changesAward
        ? [
            {
              name: supplier.name,
              id: supplierNumber,
              identifier: { legalName: supplier.name },
              address: address(supplier),
              roles: ["supplier"],
              details: { scale: "sme" },
            },
          ]
        : []),
    ],
    buyer: { id: buyerId, name: buyer.name },
    ...(isAward || changesAward ? { contracts: [contract] } : {}),
    ...(isAward
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
