// Find a Tender's notices up to an award: UK1 to UK4, UK12 to UK14, UK16, in the shapes of recorded ones.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import {
  amended,
  type Body,
  CATEGORIES,
  defects,
  head,
  itemsOf,
  lotsOf,
  type Making,
  METHODS,
  noticeValue,
} from "./fat-parts.ts";
import { maybe, prose, skewed, typed, zoned } from "./made-up.ts";
import { pick } from "./random.ts";

export function planned(making: Making, isUpdate: boolean): Body {
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

export function opened(making: Making, isUpdate: boolean): Body {
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
      ...techniquesOf(making, isMarket),
      submissionMethodDetails: "https://portal.example.org",
      submissionTerms: { electronicSubmissionPolicy: "allowed", languages: ["en"] },
      ...timesOf(making, deadline),
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

function techniquesOf({ random }: Making, isMarket: boolean): object {
  if (isMarket)
    return {
      techniques: {
        hasDynamicPurchasingSystem: true,
        dynamicPurchasingSystem: { status: "pending" },
        frameworkAgreement: { type: "closed" },
      },
    };
  return maybe(random, 0.14, () => ({
    techniques: {
      hasFrameworkAgreement: true,
      frameworkAgreement: {
        method: "withAndWithoutReopeningCompetition",
        type: "closed",
        description: prose(random, 300),
      },
    },
  }));
}

function timesOf({ random }: Making, deadline: number): object {
  return {
    ...maybe(random, 0.9, () => ({
      // Now and then a date alone.
      tenderPeriod: {
        endDate: random() < 0.01 ? zoned(deadline).slice(0, 10) : typed(deadline, random),
      },
    })),
    ...maybe(random, 0.05, () => ({ expressionOfInterestDeadline: typed(deadline, random) })),
    ...maybe(random, 0.8, () => ({ enquiryPeriod: { endDate: typed(deadline - 7 * DAY_MS, random) } })),
    ...maybe(random, 0.5, () => ({ awardPeriod: { endDate: typed(deadline + 60 * DAY_MS, random) } })),
  };
}

export function cancelled(making: Making): Body {
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
