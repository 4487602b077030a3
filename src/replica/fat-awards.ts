// Find a Tender's notices of what was awarded: UK5 to UK11, UK15, UK17, in the shapes of recorded ones.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import {
  amended,
  type Body,
  CATEGORIES,
  complete,
  head,
  itemsOf,
  type Making,
  named,
  noticeValue,
} from "./fat-parts.ts";
import { contractPeriod, grossValue, maybe, prose, typed, zoned } from "./made-up.ts";
import { pick } from "./random.ts";

export function awarded(making: Making, isUpdate: boolean): Body {
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

export function signed(making: Making, isUpdate: boolean): Body {
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

export function performed(making: Making): Body {
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

export function changed(making: Making): Body {
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

export function terminated(making: Making): Body {
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

/** A dynamic market's new members: up to 127 awards that hold no value. */
export function marketChanged(making: Making): Body {
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
