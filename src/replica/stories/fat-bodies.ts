// What Find a Tender publishes of a story: a release of each kind, in the shapes of recorded ones.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { buyerParty, type Making, supplierParty, UKPGA } from "../fat-parts.ts";
import { buyerNumbered, supplierNumbered, themeOf, zoned } from "../made-up.ts";
import type { Published } from "../published.ts";
import { createRandom } from "../random.ts";
import type { NoticeKind, StoryAward, Telling } from "./story.ts";

const YEAR_MS = 365 * DAY_MS;
type Section = "planning" | "tender" | "awards" | "contracts";

/** Where the notice's document stands, and its tags, first told and updated. */
const NOTICES: Partial<Record<NoticeKind, { section: Section; first: string[]; update?: string[] }>> = {
  UK2: { section: "planning", first: ["planning"] },
  UK3: { section: "planning", first: ["planning"] },
  UK4: { section: "tender", first: ["tender"], update: ["tenderUpdate"] },
  UK5: { section: "awards", first: ["award", "contract"] },
  UK6: { section: "awards", first: ["award", "contract"], update: ["awardUpdate", "contractUpdate"] },
  UK7: { section: "contracts", first: ["award", "contract"], update: ["awardUpdate", "contractUpdate"] },
  UK11: { section: "contracts", first: ["contractTermination"] },
  UK12: { section: "tender", first: ["tenderCancellation"] },
  UK14: { section: "tender", first: ["award", "contract"] },
  UK15: { section: "tender", first: ["award", "contract"] },
  UK16: { section: "tender", first: ["tenderCancellation"] },
  F2: { section: "tender", first: ["tender"] },
  F3: { section: "awards", first: ["award", "contract"] },
  F14: { section: "tender", first: ["tenderUpdate"] },
};

export function tagsOfFat({ kind, update = false }: Telling): string[] {
  const notice = NOTICES[kind];
  return (update ? notice?.update : undefined) ?? notice?.first ?? ["tender"];
}

export const isOldRegime = (kind: NoticeKind): boolean => kind === "F2" || kind === "F3" || kind === "F14";

export function fatStoryRelease(record: Published, telling: Telling): object {
  const { story, kind, buyer, awards = [] } = telling;
  const random = createRandom(record.seed);
  const theme = themeOf(story.ocid);
  const buyers = (buyer === undefined ? story.buyers : [buyer]).map(buyerNumbered);
  const [first = buyerNumbered(0)] = buyers;
  const making: Making = {
    record,
    random,
    buyer: first,
    suppliers: [],
    title: telling.title ?? story.title ?? theme.title,
    lots: 1,
    documents: () => ({}),
  };
  const firms = tellsAwards(kind)
    ? awards.flatMap(({ supplier, others = [] }) => [supplier, ...others]).map(supplierNumbered)
    : [];
  // Cancellations and terminations name no buyer at the root.
  const anonymous = kind === "UK11" || kind === "UK12" || kind === "UK16";
  return {
    ocid: record.ocid,
    id: record.releaseId,
    tag: record.tags,
    date: zoned(record.date),
    initiationType: "tender",
    parties: [
      ...buyers.map((one) => buyerParty({ ...making, buyer: one })),
      ...firms.map(supplierParty(random)),
    ],
    ...(anonymous ? {} : { buyer: { id: `GB-PPON-${first.ppon}`, name: first.name } }),
    ...sectionsOf(record, telling, making),
    ...(story.framework !== null && (kind === "UK4" || kind === "UK6" || kind === "UK7")
      ? {
          relatedProcesses: [
            { id: "framework", relationship: ["framework"], scheme: "ocid", identifier: story.framework },
          ],
        }
      : {}),
    language: "en",
  };
}

const tellsAwards = (kind: NoticeKind) => ["UK5", "UK6", "UK7", "UK15", "F3"].includes(kind);

function sectionsOf(record: Published, telling: Telling, making: Making): object {
  const { kind } = telling;
  if (kind === "F2" || kind === "F14") return { tender: oldTender(record, telling, making) };
  if (kind === "F3") return oldAward(record, telling, making);
  const document = documentOf(record, telling);
  const section = NOTICES[kind]?.section ?? "tender";
  const at = (where: Section) => (where === section ? { documents: [document] } : {});
  const tender = { ...tenderOf(record, telling, making), ...at("tender") };
  switch (kind) {
    case "UK2":
    case "UK3":
      return { planning: { ...talks(telling), ...at("planning") }, tender };
    case "UK5":
    case "UK6":
      return {
        tender,
        awards: awardsOf(telling).map((award, index) => ({ ...award, ...(index === 0 ? at("awards") : {}) })),
      };
    case "UK7":
      return { tender, awards: awardsOf(telling), contracts: contractsOf(telling, document) };
    case "UK11":
      return { tender, contracts: endedContracts(telling, document) };
    case "UK15":
      return {
        tender,
        awards: (telling.awards ?? []).map(({ id, supplier }) => ({
          id,
          amendments: [{ id: record.releaseId }],
          suppliers: [reference(supplier)],
        })),
      };
    default:
      return { tender };
  }
}

function documentOf(record: Published, { kind }: Telling): object {
  return {
    id: record.releaseId,
    documentType: "tenderNotice",
    noticeType: kind,
    url: `https://www.find-tender.service.gov.uk/Notice/${record.releaseId}`,
    datePublished: zoned(record.at),
    format: "text/html",
  };
}

const talks = ({ talksUntil }: Telling) =>
  talksUntil === undefined
    ? {}
    : {
        milestones: [
          { id: "engagement", type: "engagement", dueDate: zoned(talksUntil), status: "scheduled" },
        ],
      };

function deadlineText({ deadline }: Telling): string | undefined {
  if (!deadline) return undefined;
  const text = zoned(deadline.at);
  return deadline.day ? text.slice(0, 10) : text;
}

function tenderOf(record: Published, telling: Telling, { title, buyer }: Making): object {
  const { story, kind, update = false } = telling;
  const { cpv } = themeOf(story.ocid);
  const endDate = deadlineText(telling);
  const status =
    kind === "UK2" || kind === "UK3" ? "planned" : kind === "UK4" || kind === "UK14" ? "active" : "complete";
  const lot = {
    id: "1",
    status: kind === "UK12" ? "cancelled" : status,
    ...(kind === "UK4"
      ? {
          value: { amountGross: story.value * 1.2, amount: story.value, currency: "GBP" },
          contractPeriod: {
            startDate: zoned(record.at + YEAR_MS / 2),
            endDate: zoned(record.at + 4 * YEAR_MS),
          },
          suitability: { sme: true },
        }
      : {}),
  };
  return {
    id: story.ocid,
    legalBasis: UKPGA,
    title,
    ...(kind === "UK12" || kind === "UK11" ? {} : { description: `${title} for ${buyer.name}.` }),
    status,
    ...(kind === "UK11" ? {} : { lots: [lot] }),
    ...(kind === "UK2" || kind === "UK3" || kind === "UK4" || kind === "UK14"
      ? {
          items: [{ id: "1", additionalClassifications: [cpv], relatedLot: "1" }],
          mainProcurementCategory: "services",
        }
      : {}),
    ...(kind === "UK4"
      ? {
          value: { amountGross: story.value * 1.2, amount: story.value, currency: "GBP" },
          procurementMethod: "open",
          procurementMethodDetails: "Open procedure",
          submissionMethodDetails: "https://portal.example.org",
        }
      : {}),
    ...(endDate === undefined ? {} : { tenderPeriod: { endDate } }),
    ...(story.isFramework
      ? { techniques: { hasFrameworkAgreement: true, frameworkAgreement: { type: "closed" } } }
      : {}),
    ...(story.isMarket ? { techniques: { hasDynamicPurchasingSystem: true } } : {}),
    ...(update ? { amendments: [{ id: record.releaseId, description: "A later version." }] } : {}),
    ...(kind === "UK12" ? { statusDetails: "The procurement has been terminated." } : {}),
  };
}

const reference = (supplier: number) => {
  const { name } = supplierNumbered(supplier);
  const party = supplierParty(createRandom(supplier))(supplierNumbered(supplier));
  return { id: "id" in party ? party.id : "", name };
};

function awardsOf({ story, kind, awards = [], at }: Telling): object[] {
  return awards.map(({ id, value, supplier, others = [] }) => ({
    id,
    status: kind === "UK5" ? "pending" : "active",
    ...(kind === "UK7"
      ? {}
      : { date: zoned(at - DAY_MS), value: { amountGross: value * 1.2, amount: value, currency: "GBP" } }),
    suppliers: [supplier, ...others].map(reference),
    items: [{ id: "1", additionalClassifications: [themeOf(story.ocid).cpv], relatedLot: "1" }],
    relatedLots: ["1"],
    ...(kind === "UK7" ? {} : { contractPeriod: { startDate: zoned(at), endDate: zoned(at + 4 * YEAR_MS) } }),
  }));
}

const contractsOf = ({ awards = [], at }: Telling, document: object): object[] =>
  awards.map(({ id, value }: StoryAward, index) => ({
    id,
    awardID: id,
    status: "active",
    period: { startDate: zoned(at), endDate: zoned(at + 4 * YEAR_MS) },
    value: { amountGross: value * 1.2, amount: value, currency: "GBP" },
    dateSigned: zoned(at - DAY_MS),
    ...(index === 0 ? { documents: [document] } : {}),
  }));

const endedContracts = ({ awards = [], at }: Telling, document: object): object[] =>
  awards.map(({ id }) => ({
    id,
    awardID: id,
    status: "terminated",
    implementation: { endDate: zoned(at - DAY_MS) },
    documents: [document],
  }));

function oldTender(record: Published, telling: Telling, { title, buyer }: Making): object {
  const { story, kind, section = "II.1.4" } = telling;
  const endDate = deadlineText(telling);
  const common = {
    id: `REF/${story.seed % 10_000}`,
    legalBasis: { id: "32014L0024", scheme: "CELEX" },
    title,
    classification: themeOf(story.ocid).cpv,
    mainProcurementCategory: "services",
    description: `${title} for ${buyer.name}.`,
  };
  if (kind === "F2") {
    return {
      ...common,
      status: "active",
      value: { amount: story.value, currency: "GBP" },
      lots: [
        {
          id: "1",
          status: "active",
          contractPeriod: {
            startDate: zoned(record.at + YEAR_MS / 2),
            endDate: zoned(record.at + 4 * YEAR_MS),
          },
        },
      ],
      tenderPeriod: { endDate },
      procurementMethod: "open",
      submissionMethod: ["electronicSubmission"],
    };
  }
  // What is no deadline is a date too: when bids are opened, until when they hold.
  const date = endDate ?? zoned(record.at + 40 * DAY_MS);
  const newValue = section === "II.1.4" ? { text: "Another description." } : { date };
  return {
    ...common,
    amendments: [{ id: "1", unstructuredChanges: [{ newValue, where: { section, label: "As corrected" } }] }],
  };
}

function oldAward(record: Published, telling: Telling, { title }: Making): object {
  const { story, awards = [] } = telling;
  return {
    tender: {
      id: `REF/${story.seed % 10_000}`,
      legalBasis: { id: "32014L0024", scheme: "CELEX" },
      title,
      status: "complete",
      classification: themeOf(story.ocid).cpv,
      lots: [{ id: "1", status: "cancelled" }],
    },
    awards: awards.map(({ id, supplier }) => ({
      id: `${record.releaseId}-${id}`,
      relatedLots: ["1"],
      status: "active",
      suppliers: [reference(supplier)],
    })),
    contracts: awards.map(({ id, value }) => ({
      id: `${record.releaseId}-${id}`,
      awardID: `${record.releaseId}-${id}`,
      status: "active",
      value: { amount: value, currency: "GBP" },
      dateSigned: zoned(record.at - 5 * DAY_MS),
    })),
  };
}
