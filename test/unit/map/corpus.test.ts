// Every recorded release, mapped: none lost, and each field is there where the raw release carries it anywhere. What a
// release carries is found by a search of the raw JSON for names and patterns, not by the mapper's own paths.
import Table from "cli-table3";
import { beforeAll, describe, expect, it } from "vitest";
import { mapRelease } from "../../../src/map/map-release.ts";
import { contractSchema, type MappedContract } from "../../../src/terms/documents.ts";
import { SOURCES } from "../../../src/terms/window.ts";
import { hasCorpus, recordedReleases } from "../../kit/corpus.ts";

const now = new Date("2026-11-24T12:00:00Z");

/** True when any key of the raw JSON named so holds a value that `holds`. */
function anywhere(raw: unknown, name: RegExp, holds: (value: unknown, path: string) => boolean): boolean {
  let found = false;
  const walk = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (name.test(key) && holds(inner, path)) found = true;
      walk(inner, `${path}.${key}`);
    }
  };
  walk(raw, "");
  return found;
}

const nonEmpty = (value: unknown) => typeof value === "string" && value.trim() !== "";
const aDate = (value: unknown) => typeof value === "string" && /^(19[5-9]|20|21[0-4])\d\d?-/.test(value);

const CARRIED: Record<
  string,
  { carries: (raw: unknown) => boolean; has: (contract: MappedContract) => boolean }
> = {
  title: { carries: (raw) => anywhere(raw, /^title$/, nonEmpty), has: ({ title }) => title !== undefined },
  description: {
    carries: (raw) =>
      anywhere(raw, /^description$/, (value, path) => nonEmpty(value) && /^\.?(tender)?$/.test(path)),
    has: ({ description }) => description !== undefined,
  },
  cpv: {
    carries: (raw) =>
      anywhere(raw, /^id$/, (value, path) => /lassification/.test(path) && /^\d{8}/.test(String(value))),
    has: ({ cpvCodes }) => (cpvCodes?.length ?? 0) > 0,
  },
  value: {
    carries: (raw) =>
      anywhere(
        raw,
        /^amount(Gross)?$/,
        (value, path) => Number(value) > 1 && Number.isFinite(Number(value)) && !/fee|amend/i.test(path),
      ),
    has: ({ valueMax, awardValue }) => valueMax !== undefined || awardValue !== undefined,
  },
  region: {
    carries: (raw) => anywhere(raw, /^region$/, nonEmpty),
    has: ({ buyerRegion, deliveryRegions }) => buyerRegion !== undefined || deliveryRegions !== undefined,
  },
  deadline: {
    carries: (raw) =>
      anywhere(raw, /^endDate$/, (value, path) => aDate(value) && path.endsWith("tenderPeriod")) ||
      anywhere(raw, /^expressionOfInterestDeadline$/, aDate),
    has: ({ deadlineDate }) => deadlineDate !== undefined,
  },
  period: {
    carries: (raw) =>
      anywhere(
        raw,
        /^(start|end)Date$/,
        (value, path) => aDate(value) && /(contractPeriod|contracts\.\d+\.period)$/.test(path),
      ),
    has: ({ contractStart, contractEnd }) => contractStart !== undefined || contractEnd !== undefined,
  },
  supplier: {
    carries: (raw) => anywhere(raw, /^name$/, (value, path) => nonEmpty(value) && /suppliers/.test(path)),
    has: ({ suppliers }) => (suppliers?.length ?? 0) > 0,
  },
  buyer: {
    carries: (raw) =>
      anywhere(raw, /^buyer$/, (value) => nonEmpty((value as { name?: unknown } | null)?.name)),
    has: ({ buyerId }) => buyerId !== undefined,
  },
  noticeType: {
    carries: (raw) => anywhere(raw, /^noticeType$/, nonEmpty),
    has: ({ noticeType }) => noticeType !== undefined,
  },
};
const MUST_BE_NEARLY_ALL = ["cpv", "value", "region", "deadline", "period", "supplier", "title", "buyer"];

describe.skipIf(!hasCorpus)("recorded releases", () => {
  const mapped = new Map<string, { raw: unknown; contract: MappedContract }[]>();

  beforeAll(async () => {
    for (const source of SOURCES) {
      const all = (await recordedReleases(source)).map((raw) => {
        const result = mapRelease({ source, release: raw, now });
        if (result.kind !== "mapped") throw new Error(`${source}: ${result.reason}`);
        return { raw, contract: result.contract };
      });
      mapped.set(source, all);
    }
  });

  it("are all mapped to valid contracts without a placeholder", () => {
    for (const all of mapped.values()) {
      expect(all.length).toBeGreaterThan(100);
      for (const { contract } of all) {
        const stored = { ...contract, createdAt: now, updatedAt: now };
        expect(contractSchema.safeParse(stored).error?.issues ?? []).toEqual([]);
        expect(JSON.stringify(contract)).not.toMatch(/"(Untitled|Unknown|null|undefined|N\/A)"/);
      }
    }
  });

  it("have each field that they carry", () => {
    const table = new Table({
      head: ["field", "source", "raw", "mapped", "%"],
      style: { head: [], border: [] },
    });
    const short: string[] = [];
    for (const [source, all] of mapped) {
      for (const [field, { carries, has }] of Object.entries(CARRIED)) {
        const carrying = all.filter(({ raw }) => carries(raw));
        const having = carrying.filter(({ contract }) => has(contract));
        const share = carrying.length === 0 ? 1 : having.length / carrying.length;
        table.push([field, source, carrying.length, having.length, (100 * share).toFixed(1)].map(String));
        if (MUST_BE_NEARLY_ALL.includes(field) && share < 0.98) {
          const example = carrying.find(({ contract }) => !has(contract))?.contract._id;
          short.push(`${source} ${field} ${having.length} of ${carrying.length}, for one ${example}`);
        }
      }
    }
    console.log(table.toString());
    expect(short).toEqual([]);
  });
});
