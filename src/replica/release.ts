// A record of the history → the OCDS release that the API would show, in the shapes that recorded releases have.
// Deterministic: the body depends on the record alone.
import { toLondon } from "../terms/london-time.ts";
import type { Source } from "../terms/window.ts";
import type { Published } from "./history.ts";
import { createRandom, pick, type Random } from "./random.ts";

export type Bodies = "full" | "light";

/** Stands for what JSON.stringify cannot write; `releaseText` puts the defect in its place. */
const SENTINEL = 7_700_077_000_771;
const DEFECTS = { "bare-zeros": "000", infinity: "1e9999", "broken-release": "n/a" } as const;

/** The release as it stands in a page. */
export function releaseText(source: Source, record: Published, bodies: Bodies): string {
  const text = JSON.stringify(record.recorded ?? release(source, record, bodies));
  const { plant } = record;
  const defect =
    plant === "bare-zeros" || plant === "infinity" || plant === "broken-release" ? DEFECTS[plant] : null;
  return defect === null ? text : text.replace(String(SENTINEL), defect);
}

function release(source: Source, record: Published, bodies: Bodies): object {
  const random = createRandom(record.seed);
  if (bodies === "light") return light(record, random);
  return source === "FIND_A_TENDER" ? findATender(record, random) : contractsFinder(record, random);
}

function light(record: Published, random: Random): object {
  const buyer = buyerOf(random);
  const amount = amountOf(record, random);
  return {
    ...head(record),
    tender: { id: "1", title: `Notice ${record.releaseId}`, value: { amount, currency: "GBP" } },
    parties: [
      {
        id: buyer.ppon,
        name: buyer.name,
        roles: ["buyer"],
        identifier: { scheme: "GB-PPON", id: buyer.ppon.slice(8) },
      },
    ],
    buyer: { id: buyer.ppon, name: buyer.name },
  };
}

function head({ ocid, releaseId, date, tags }: Published) {
  return { ocid, id: releaseId, language: "en", date: zoned(date), tag: tags, initiationType: "tender" };
}

// FaT writes its dates with London's offset, CF some with Z and some with an offset.
function zoned(ms: number): string {
  const wall = toLondon(new Date(ms));
  const offsetHours = Math.round((Date.parse(`${wall}Z`) - Math.floor(ms / 1000) * 1000) / 3_600_000);
  return `${wall}+0${offsetHours}:00`;
}

const utc = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const DAY_MS = 86_400_000;

const PLACES = [
  ["Warrington", "WA1 1UH", "UKD61"],
  ["London", "SW1A 2AH", "UKI32"],
  ["Leeds", "LS1 1UR", "UKE42"],
  ["Edinburgh", "EH1 1YJ", "UKM75"],
  ["Cardiff", "CF10 4UW", "UKL22"],
  ["Belfast", "BT1 5GS", "UKN06"],
  ["Bristol", "BS1 5TR", "UKK11"],
  ["Norwich", "NR2 1NH", "UKH15"],
  ["Birmingham", "B1 1BB", "UKG31"],
  ["Newcastle", "NE1 8QH", "UKC22"],
] as const;
const KINDS = [
  "Council",
  "NHS Foundation Trust",
  "University",
  "Police",
  "Housing Group",
  "Combined Authority",
] as const;
const WORKS = [
  "Roof repairs",
  "Fostering placements",
  "Network switches",
  "Audit services",
  "Grounds maintenance",
] as const;
const CPV = [
  ["45261910", "Roof repair"],
  ["85311300", "Welfare services for children and young people"],
  ["32420000", "Network equipment"],
  ["79212000", "Auditing services"],
  ["77314000", "Grounds maintenance services"],
  ["72267000", "Software maintenance and repair services"],
  ["33140000-3", "Medical consumables"],
] as const;
const WORDS =
  "the authority invites tenders for services to be delivered across its estate over a period of years with an option to extend subject to performance budget and approval suppliers must register on the portal before the deadline and answer every question in full".split(
    " ",
  );

function prose(random: Random, words: number): string {
  const text = Array.from({ length: words }, () => pick(random, WORDS)).join(" ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function buyerOf(random: Random) {
  // Few buyers publish much, many publish little.
  const number = Math.floor(random() ** 3 * 3000);
  const [locality, postalCode, region] = PLACES[number % PLACES.length] ?? PLACES[0];
  const name = `${locality} ${KINDS[number % KINDS.length]} ${Math.floor(number / 7) + 1}`;
  const letters = `P${"BCDFGHJKLM".charAt(number % 10)}${"NPQRSTVWXY".charAt(Math.floor(number / 10) % 10)}Z`;
  return { name, locality, postalCode, region, number, ppon: `GB-PPON-${letters}-${1000 + number}-NXYW` };
}

function supplierOf(random: Random) {
  const number = Math.floor(random() * 20_000);
  return {
    id: `GB-COH-${String(number).padStart(8, "0")}`,
    name: random() < 0.003 ? null : `Supplier ${number} Ltd`,
  };
}

function amountOf({ plant }: Published, random: Random): number {
  const amount = Math.round(10 ** (3 + random() * 5));
  if (plant === "bare-zeros" || plant === "infinity" || plant === "broken-release") return SENTINEL;
  return random() < 0.03 ? pick(random, [0, 1]) : amount; // placeholders
}

const currencyOf = (random: Random) =>
  random() < 0.985 ? "GBP" : pick(random, ["EUR", "USD", "AED", "CHF", "NOK", "QAR"]);

function cpvOf(random: Random) {
  const [id, description] = pick(random, CPV);
  return { scheme: "CPV", id, description };
}

function periodOf({ at, ocid }: Published, random: Random) {
  const start = at + Math.floor(30 + random() * 90) * DAY_MS;
  const end = random() < 0.001 ? Date.UTC(2076, 11, 31) : start + Math.floor(90 + random() * 1500) * DAY_MS;
  return {
    startDate: zoned(start),
    endDate: zoned(end),
    // Only FaT says how far an extension may go.
    ...(ocid.startsWith("ocds-h6vhtk") && random() < 0.3 ? { maxExtentDate: zoned(end + 365 * DAY_MS) } : {}),
  };
}

const TYPE_FACTS: Record<
  string,
  [documentType: string, where: "planning" | "tender" | "awards" | "contracts"]
> = {
  UK1: ["plannedProcurementNotice", "planning"],
  UK2: ["marketEngagementNotice", "planning"],
  UK3: ["plannedProcurementNotice", "planning"],
  UK4: ["tenderNotice", "tender"],
  UK5: ["transparencyNotice", "awards"],
  UK6: ["awardNotice", "awards"],
  UK7: ["contractNotice", "contracts"],
  UK9: ["contractPerformanceNotice", "contracts"],
  UK10: ["contractChangeNotice", "contracts"],
  UK11: ["contractTerminationNotice", "contracts"],
  UK12: ["tenderCancellationNotice", "tender"],
  UK13: ["dynamicMarketIntentionNotice", "planning"],
  UK14: ["dynamicMarketNotice", "tender"],
  UK15: ["dynamicMarketAwardNotice", "awards"],
  UK16: ["dynamicMarketCancellationNotice", "tender"],
  UK17: ["paymentsNotice", "contracts"],
};

function findATender(record: Published, random: Random): object {
  const { at, releaseId, stage, tags, noticeType } = record;
  const buyer = buyerOf(random);
  const value = { amountGross: 0, amount: amountOf(record, random), currency: currencyOf(random) };
  value.amountGross = Math.round(value.amount * 1.2);
  const cpv = cpvOf(random);
  const title = `${pick(random, WORKS)} &amp; support ${releaseId}`;
  const where = noticeType ? TYPE_FACTS[noticeType] : undefined;
  const document = where && {
    id: releaseId,
    documentType: where[0],
    noticeType,
    description: "Notice on Find a Tender",
    url: `https://www.find-tender.service.gov.uk/Notice/${releaseId}`,
    datePublished: zoned(at),
    format: "text/html",
  };
  const documentsIn = (place: string) => (document && where?.[1] === place ? { documents: [document] } : {});
  const cancelled = tags.includes("tenderCancellation");
  const ended = cancelled || stage === "implementation";
  const items = [
    {
      id: "1",
      additionalClassifications: random() < 0.2 ? [cpv, cpvOf(random)] : [cpv],
      deliveryAddresses:
        random() < 0.004 ? { "1": { region: buyer.region } } : [{ region: buyer.region, country: "GB" }],
      relatedLot: "1",
    },
  ];
  const lots = Array.from({ length: random() < 0.85 ? 1 : Math.ceil(random() * 5) }, (_, lot) => ({
    id: String(lot + 1),
    status: stage === "tender" ? "active" : stage === "planning" ? "planning" : "complete",
    ...(stage === "tender" || stage === "planning"
      ? {
          value,
          suitability: { sme: random() < 0.8, vcse: random() < 0.5 },
          contractPeriod: periodOf(record, random),
        }
      : {}),
    description: random() < 0.5 ? prose(random, 60) : null,
  }));
  const legalBasis = noticeType
    ? { id: "2023/54", scheme: "UKPGA", uri: "https://www.legislation.gov.uk/ukpga/2023/54/contents" }
    : { id: "32014L0024", scheme: "CELEX" };
  const open = stage === "tender" && !cancelled;
  const tender = {
    id: `T-${record.seed % 100_000}`,
    legalBasis,
    title,
    ...(ended ? {} : { description: prose(random, 120 + Math.floor(random() ** 3 * 900)) }),
    status: open ? "active" : stage === "planning" ? pick(random, ["planning", null]) : "complete",
    ...(noticeType ? {} : { classification: cpv }),
    ...(stage === "award" || ended
      ? {}
      : { items, value, mainProcurementCategory: "services", aboveThreshold: true }),
    ...(open
      ? {
          procurementMethod: "open",
          procurementMethodDetails: "Open procedure",
          tenderPeriod: { endDate: zoned(at + Math.floor(14 + random() * 40) * DAY_MS) },
          enquiryPeriod: { endDate: zoned(at + 7 * DAY_MS) },
          submissionMethodDetails: "https://portal.example.org",
        }
      : {}),
    lots,
    ...documentsIn("tender"),
  };
  const awards = {
    id: "1",
    status: "active",
    date: zoned(at - 5 * DAY_MS),
    value: noticeType === "UK7" ? undefined : { amountGross: value.amountGross, currency: value.currency },
    suppliers: [supplierOf(random)],
    items,
    contractPeriod: periodOf(record, random),
    standstillPeriod: random() < 0.1 ? [] : undefined,
    relatedLots: ["1"],
    ...documentsIn("awards"),
  };
  const delta = tags.includes("awardUpdate");
  const contract = {
    id: "1",
    awardID: "1",
    title,
    status: tags.includes("contractTermination") ? "terminated" : "active",
    ...(stage === "award" ? { value, period: periodOf(record, random), dateSigned: zoned(at) } : {}),
    ...documentsIn("contracts"),
  };
  const scheme = random() < 0.9 ? "GB-PPON" : "GB-FTS";
  const partyId = scheme === "GB-PPON" ? buyer.ppon : `GB-FTS-${buyer.number}`;
  return {
    ...head(record),
    parties: [
      {
        name: buyer.name,
        id: partyId,
        identifier: scheme === "GB-PPON" ? { scheme, id: buyer.ppon.slice(8) } : { legalName: buyer.name },
        address: {
          streetAddress: "Town Hall",
          locality: buyer.locality,
          postalCode: buyer.postalCode,
          country: "GB",
          countryName: "United Kingdom",
          region: buyer.region,
        },
        contactPoint: { name: "Procurement Team", email: "procurement@example.org" },
        roles: ["buyer"],
        details: {
          url: "https://www.example.org",
          classifications: [{ scheme: "UK_CA_TYPE", id: "publicAuthority" }],
        },
      },
    ],
    ...(ended ? {} : { buyer: { id: partyId, name: buyer.name } }),
    ...(stage === "planning" ? { planning: { milestones: [], ...documentsIn("planning") } } : {}),
    tender,
    ...(stage === "award"
      ? { awards: [delta ? { id: "1", amendments: [{ id: "1", description: prose(random, 20) }] } : awards] }
      : {}),
    ...(where?.[1] === "contracts" || noticeType === null ? { contracts: [contract] } : {}),
    ...(stage === "award"
      ? { bids: { statistics: [{ id: "1", measure: "bids", value: 3, relatedLot: "1" }] } }
      : {}),
  };
}

function contractsFinder(record: Published, random: Random): object {
  const { at, releaseId, stage, plant } = record;
  const guid = releaseId.replace(/-\d+$/, "");
  const buyer = buyerOf(random);
  const cpv = cpvOf(random);
  const most = amountOf(record, random);
  const value = { amount: most, currency: "GBP" };
  const title = `${pick(random, WORKS)} ${plant === "mojibake" ? "â€“ cafÃ©" : "£ café"} ${guid.slice(0, 8)}`;
  const url = `https://www.contractsfinder.service.gov.uk/Notice/${guid}`;
  const document = {
    id: "1",
    documentType: `${stage}Notice`,
    url,
    datePublished: utc(at),
    format: "text/html",
    language: "en",
  };
  const partyId = `GB-CFS-${10_000 + buyer.number}`;
  return {
    ...head(record),
    date: utc(record.date),
    ...(stage === "planning" ? { title, planning: { milestones: [], documents: [document] } } : {}),
    tender: {
      id: `CF-${record.seed % 100_000}`,
      title,
      description: prose(random, 110 + Math.floor(random() ** 3 * 500)),
      status: stage === "tender" ? "active" : stage === "planning" ? "planning" : "complete",
      classification: cpv,
      additionalClassifications: random() < 0.3 ? [cpvOf(random)] : [],
      items: [{ id: "1", deliveryAddresses: [{ region: "England", countryName: "United Kingdom" }] }],
      ...(stage === "planning" ? {} : { minValue: { ...value, amount: Math.floor(most / 2) }, value }),
      ...(stage === "planning"
        ? {}
        : {
            procurementMethod: "open",
            procurementMethodDetails: "Open procedure (below threshold)",
            tenderPeriod: { endDate: utc(at + Math.floor(14 + random() * 30) * DAY_MS) },
            contractPeriod: periodOf(record, random),
          }),
      suitability: { sme: random() < 0.8, vcse: random() < 0.4 },
      mainProcurementCategory: "services",
      ...(stage === "tender" ? { documents: [document] } : {}),
    },
    parties: [
      {
        id: partyId,
        name: buyer.name,
        identifier: { legalName: buyer.name },
        address: {
          streetAddress: "Town Hall",
          locality: buyer.locality,
          postalCode: buyer.postalCode,
          countryName: "England",
        },
        contactPoint: { name: "Procurement Team", email: "procurement@example.org" },
        details: { url: "https://www.example.org" },
        roles: ["buyer"],
      },
    ],
    buyer: { id: partyId, name: buyer.name },
    ...(stage === "award"
      ? {
          awards: [
            {
              id: `${record.ocid}-1`,
              status: "active",
              date: utc(at - 3 * DAY_MS),
              datePublished: utc(at),
              value,
              suppliers: [supplierOf(random)],
              contractPeriod: periodOf(record, random),
              documents: [document],
            },
          ],
        }
      : {}),
  };
}
