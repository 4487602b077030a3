// What the notices of Find a Tender are put together from: parties, lots, items, values, as recorded ones have them.

import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import {
  companyNumber,
  contractPeriod,
  cpvBeside,
  grossValue,
  maybe,
  type Organisation,
  prose,
  SENTINEL,
  skewed,
  themeOf,
  typed,
} from "./made-up.ts";
import type { Published } from "./published.ts";
import { type Random, weighted } from "./random.ts";

export type Section = "planning" | "tender" | "awards" | "contracts";
export const METHODS = weighted([
  [["open", "Open procedure"], 30],
  [["selective", "Competitive flexible procedure"], 15],
  [["direct", "Below threshold - without competition"], 25],
  [["limited", "Below threshold - limited competition"], 15],
  [["open", "Below threshold - open competition"], 15],
] as const);
export const CATEGORIES = ["services", "services", "works", "goods"] as const;
export const UKPGA = {
  id: "2023/54",
  scheme: "UKPGA",
  uri: "https://www.legislation.gov.uk/ukpga/2023/54/contents",
};

/** What every part of one release draws on. */
export interface Making {
  record: Published;
  random: Random;
  buyer: Organisation;
  suppliers: Organisation[];
  title: string;
  lots: number;
  /** The notice's own document, for the section where it stands. */
  documents: (section: Section, ...others: object[]) => object;
}

export interface Body {
  hasSuppliers?: boolean;
  hasBuyer?: boolean;
  planning?: object;
  tender: object;
  bids?: object;
  awards?: object[];
  contracts?: object[];
  relatedProcesses?: object[];
}

export const amended = ({ record, random }: Making) => ({
  amendments: [{ description: prose(random, 140), id: record.releaseId }],
});

export function head({ record, title }: Making): { id: string; legalBasis: object; title: string } {
  const id = record.seed % 3 === 0 ? record.ocid : `DN${record.seed % 1_000_000}`;
  return { id, legalBasis: UKPGA, title };
}

export function complete(making: Making): object {
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

export function noticeValue({ record, random }: Making) {
  const value = grossValue(random);
  return record.plant === "bare-zeros" || record.plant === "broken-release"
    ? { ...value, amountGross: SENTINEL }
    : value;
}

/** Where a number that JSON does not allow stands, in the notices that have no value and no limit of lots too. */
export function defects({ record: { plant } }: Making): object {
  return plant === "infinity" ? { lotDetails: { maximumLotsBidPerSupplier: SENTINEL } } : {};
}

export function lotsOf(
  making: Making,
  status: string,
  has: { periods?: boolean; values?: boolean; criteria?: boolean } = {},
): object[] {
  const { random, record, lots, title } = making;
  return Array.from({ length: lots }, (_, lot) => {
    const { start, end } = contractPeriod(record.at, random);
    const extends_ = random() < 0.45;
    return {
      id: String(lot + 1),
      status,
      ...(lots > 1 ? { title: `${title}, part ${lot + 1}` } : {}),
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

export function itemsOf({ record, random, buyer, lots }: Making) {
  const theme = themeOf(record.ocid);
  const { cpv } = theme;
  return Array.from({ length: lots }, (_, lot) => ({
    id: String(lot + 1),
    additionalClassifications: random() < 0.3 ? [cpv, cpvBeside(theme, random)] : [cpv],
    ...maybe(random, 0.75, () => ({
      deliveryAddresses: [{ region: buyer.region, country: "GB", countryName: "United Kingdom" }],
    })),
    relatedLot: String(lot + 1),
  }));
}

/** One supplier in a thousand has no name. */
export const named = ({ random }: Making, suppliers: Organisation[]) =>
  suppliers.map((supplier) => ({
    id: supplierId(supplier),
    name: random() < 0.001 ? null : supplier.name,
  }));
const hasCompanyNumber = ({ number }: Organisation) => number % 10 < 6;
export const supplierId = (supplier: Organisation) =>
  hasCompanyNumber(supplier) ? `GB-COH-${companyNumber(supplier)}` : `GB-PPON-${supplier.ppon}`;

export function addressOf({ locality, postalCode, region, number }: Organisation) {
  return {
    streetAddress: `${1 + (number % 90)} High Street`,
    locality,
    postalCode,
    country: "GB",
    countryName: "United Kingdom",
    region,
  };
}

export function buyerParty({ buyer, random }: Making): object {
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

export const supplierParty = (random: Random) => (supplier: Organisation) => ({
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
export function manyOf(random: Random): number {
  const dice = random();
  if (dice < 0.82) return 1;
  return 1 + Math.ceil(random() ** 2 * (dice < 0.97 ? 6 : dice < 0.998 ? 30 : 120));
}
