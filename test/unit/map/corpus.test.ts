// Every recorded release, mapped: none lost, and each field is there where the raw release carries it anywhere. What a
// release carries is found by walking the raw JSON for names, not by the mapper's own paths. docs/records.md shows the table.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { SOURCES } from "../../../src/replica/sources.ts";
import { contractId } from "../../../src/store/ids.ts";
import { buyerSchema, contractSchema, type MappedContract } from "../../../src/terms/documents.ts";
import { hasCorpus, recordedReleases } from "../../kit/corpus.ts";
import { mapRelease } from "../../kit/map.ts";

const now = new Date("2026-11-24T12:00:00Z");
const mappedBuyer = buyerSchema.pick({
  ...{ name: true, orgId: true, identifiers: true, sector: true, region: true, regionName: true },
  ...{ locality: true, postalCode: true, website: true },
});
const records = readFileSync(new URL("../../../docs/records.md", import.meta.url), "utf8");

type Carries = (key: string, value: unknown, path: string, holder: Record<string, unknown>) => boolean;

/** True when any key anywhere in the raw JSON carries it. */
function anywhere(raw: unknown, carries: Carries): boolean {
  const walk = (value: unknown, path: string): boolean =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).some(
      ([key, inner]) =>
        carries(key, inner, path, value as Record<string, unknown>) || walk(inner, `${path}.${key}`),
    );
  return walk(raw, "");
}

const said = (value: unknown) => typeof value === "string" && value.trim() !== "";
const aDate = (value: unknown) => typeof value === "string" && /^(19[5-9]|20\d|21[0-4])\d-/.test(value);
const money = (value: unknown) => Number.isFinite(Number(value)) && Number(value) > 1;

// Periods and values of something else than the contract: of the procedure, of fees, of one measure or payment.
const OTHER_PERIOD =
  /(tender|enquiry|award|standstill|bidValidity)Period|observations|performanceFailures|budgetBreakdown|techniques/;
const OTHER_VALUE = /[fF]ees|bids|observations/;

const FIELDS: Record<string, { carries: Carries; has: (contract: MappedContract) => unknown }> = {
  title: { carries: (key, value) => key === "title" && said(value), has: ({ title }) => title },
  description: {
    carries: (key, value, path) =>
      key === "description" && said(value) && (path === "" || path === ".tender"),
    has: ({ description }) => description,
  },
  noticeType: {
    carries: (key, value) => key === "noticeType" && said(value),
    has: ({ noticeType }) => noticeType,
  },
  buyer: {
    carries: (key, value, path, holder) =>
      (key === "name" && said(value) && /\.buyer$/.test(path)) ||
      (key === "roles" && JSON.stringify(value).includes('"buyer"') && said(holder["name"])),
    has: ({ buyerName }) => buyerName,
  },
  region: {
    carries: (key, value) => key === "region" && said(value),
    has: ({ buyerRegion, regions }) => buyerRegion ?? regions,
  },
  cpv: {
    carries: (key, value, _, holder) =>
      key === "scheme" && value === "CPV" && /^\d{8}/.test(String(holder["id"])),
    has: ({ cpvCodes, sector }) => cpvCodes && sector,
  },
  value: {
    carries: (key, value, path) => /^amount(Gross)?$/.test(key) && money(value) && !OTHER_VALUE.test(path),
    has: ({ valueMax, currency }) => valueMax && currency,
  },
  supplier: {
    carries: (key, value, path, holder) =>
      (key === "name" && said(value) && /suppliers/.test(path)) ||
      (key === "roles" && JSON.stringify(value).includes('"supplier"') && said(holder["name"])),
    has: ({ awardedSuppliers }) => awardedSuppliers,
  },
  awardDate: {
    carries: (key, value, path) =>
      /^(date|dateSigned)$/.test(key) && aDate(value) && /^\.(awards|contracts)\.\d+$/.test(path),
    has: ({ awardDate }) => awardDate,
  },
  awardValue: {
    carries: (key, value, path) =>
      /^amount(Gross)?$/.test(key) &&
      money(value) &&
      /^\.(awards|contracts)/.test(path) &&
      !OTHER_VALUE.test(path),
    has: ({ awardValue }) => awardValue,
  },
  period: {
    carries: (key, value, path) =>
      /^(start|end)Date$/.test(key) && aDate(value) && /[pP]eriod$/.test(path) && !OTHER_PERIOD.test(path),
    has: ({ contractStartDate, contractEndDate }) => contractStartDate ?? contractEndDate,
  },
  extension: {
    carries: (key, value) => key === "maxExtentDate" && aDate(value),
    has: ({ contractMaxEndDate }) => contractMaxEndDate,
  },
  deadline: {
    carries: (key, value, path) =>
      aDate(value) && ((key === "endDate" && /tenderPeriod$/.test(path)) || /InterestDeadline$/.test(key)),
    has: ({ deadlineDate }) => deadlineDate,
  },
  method: {
    carries: (key, value) => /^procurementMethod(Details)?$/.test(key) && said(value),
    has: ({ procurementMethod, procurementMethodDetails }) => procurementMethod ?? procurementMethodDetails,
  },
  "lots (several)": {
    carries: (key, value) => key === "lots" && Array.isArray(value) && value.length > 1,
    has: ({ lotCount }) => lotCount,
  },
  sme: {
    carries: (key, value, path) =>
      /^(sme|isSuitableForSme)$/.test(key) && value === true && path.startsWith(".tender"),
    has: ({ suitableForSme }) => suitableForSme,
  },
  vcse: {
    carries: (key, value, path) =>
      /^(vcse|isSuitableForVco)$/.test(key) && value === true && path.startsWith(".tender"),
    has: ({ suitableForVco }) => suitableForVco,
  },
  documents: {
    carries: (key, value, _, holder) =>
      key === "url" && said(value) && holder["documentType"] === "biddingDocuments",
    has: ({ documentsUrl }) => documentsUrl,
  },
};
const MUST_BE_NEARLY_ALL = ["cpv", "value", "region", "deadline", "period", "supplier", "title", "buyer"];

/** Only of awards that were made: not of intentions, nor of what is told of a contract or a market afterwards. */
const OF_AWARDS = ["supplier", "awardDate", "awardValue"];
function tellsAward(raw: unknown): boolean {
  const written = JSON.stringify(raw);
  const statuses: unknown[] = [];
  anywhere(raw, (key, value, path) => {
    if (key === "status" && /^\.awards\.\d+$/.test(path)) statuses.push(value);
    return false;
  });
  return !/"noticeType":"UK(5|9|1\d)"/.test(written) && statuses.some((status) => status !== "pending");
}

const GROUPS = ["FaT, UKPGA", "FaT, CELEX", "CF", "CF, 2014-15"] as const;
type Group = (typeof GROUPS)[number];

function groupOf(contract: MappedContract, raw: unknown): Group {
  if (contract.source === "CONTRACTS_FINDER")
    return contract.noticeId.startsWith("ocds-") ? "CF, 2014-15" : "CF";
  return JSON.stringify(raw).includes('"scheme":"CELEX"') ? "FaT, CELEX" : "FaT, UKPGA";
}

describe("docs/records.md", () => {
  it.each([...Object.keys(contractSchema.shape), ...Object.keys(buyerSchema.shape)])(
    "tells of %s",
    (field) => {
      expect(records).toMatch(new RegExp(`\\| [^|]*\`${field}\``));
    },
  );
});

describe.skipIf(!hasCorpus)("recorded releases", () => {
  const all: { raw: unknown; contract: MappedContract; revision: number | null; group: Group }[] = [];

  beforeAll(async () => {
    for (const source of SOURCES) {
      for (const raw of await recordedReleases(source)) {
        const result = mapRelease({ source, release: raw, now });
        if (result.kind !== "mapped") throw new Error(`${source}: ${result.reason}`);
        const { contract, revision } = result;
        for (const buyer of result.buyers) mappedBuyer.parse(buyer);
        all.push({ raw, contract, revision, group: groupOf(contract, raw) });
      }
    }
  });

  it("are all mapped to valid contracts without a placeholder", () => {
    expect(all.length).toBeGreaterThan(1500);
    for (const { contract } of all) {
      const stored = { _id: contractId(contract), ...contract, createdAt: now, updatedAt: now };
      expect(contractSchema.safeParse(stored).error?.issues ?? []).toEqual([]);
      expect(JSON.stringify(contract)).not.toMatch(/"(Untitled|Unknown|null|undefined|'?N\/?A'?)"/i);
    }
    expect(
      new Set(all.map(({ contract, revision }) => `${contract.ocid} ${contract.noticeId} ${revision}`)).size,
    ).toBe(all.length);
  });

  it("have each field that they carry, as docs/records.md counts them", () => {
    const rows = [
      ["field", ...GROUPS],
      ["---", ...GROUPS.map(() => "---:")],
      ["releases", ...GROUPS.map((group) => all.filter((one) => one.group === group).length)],
    ];
    const short: string[] = [];
    for (const [field, { carries, has }] of Object.entries(FIELDS)) {
      const counts = GROUPS.map((group) => {
        const carrying = all.filter(
          (one) =>
            one.group === group &&
            anywhere(one.raw, carries) &&
            (!OF_AWARDS.includes(field) || tellsAward(one.raw)),
        );
        const without = carrying.filter(({ contract }) => !has(contract));
        const share = carrying.length === 0 ? 1 : 1 - without.length / carrying.length;
        if (MUST_BE_NEARLY_ALL.includes(field) && share < 0.98) {
          short.push(
            `${group} ${field}: ${(100 * share).toFixed(1)} %, not ${without[0]?.contract.noticeId}`,
          );
        }
        return `${carrying.length - without.length} of ${carrying.length}`;
      });
      rows.push([field, ...counts]);
    }
    const table = rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
    console.log(table);
    expect(short).toEqual([]);
    const counted = /<!-- counted[^>]*-->\n+([\s\S]*?)\n+<!-- \/counted -->/.exec(records)?.[1] ?? "";
    expect(cells(counted)).toEqual(cells(table));
  });
});

/** A table's cells without its padding. */
function cells(table: string): string[][] {
  return table
    .split("\n")
    .filter((line) => !/^\|[\s:|-]+$/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));
}
