import { describe, expect, it } from "vitest";
import { type Mapped, mapRelease } from "../../../src/map/map-release.ts";
import { stageOf, statusOf } from "../../../src/map/status.ts";
import type { Source } from "../../../src/terms/window.ts";

const now = new Date("2026-11-24T12:00:00Z");
const ahead = new Date("2026-12-24T12:00:00Z");
const past = new Date("2026-10-24T12:00:00Z");
const least = {
  ocid: "ocds-h6vhtk-1",
  id: "000001-2026",
  date: "2026-06-01T09:00:00+01:00",
  tag: ["tender"],
};

function map(release: object, source: Source = "FIND_A_TENDER"): Mapped {
  return mapRelease({ source, release: { ...least, ...release }, now });
}

function contract(release: object, source: Source = "FIND_A_TENDER") {
  const mapped = map(release, source);
  if (mapped.kind !== "mapped") throw new Error(mapped.reason);
  return mapped.contract;
}

function buyer(release: object) {
  const mapped = map(release);
  return mapped.kind === "mapped" ? mapped.buyer : null;
}

describe("stage and status", () => {
  const nothing = { tenderStatus: undefined, awardStatuses: [], deadline: undefined, now };

  it.each([
    [["planning"], {}, "PLANNING", "OPEN"],
    [["planningUpdate"], {}, "PLANNING", "OPEN"],
    [["planning"], { tenderStatus: "cancelled" }, "PLANNING", "CANCELLED"],
    [["planning"], { tenderStatus: "planned" }, "PLANNING", "OPEN"],
    [["tender"], { deadline: ahead }, "TENDER", "OPEN"],
    [["tender"], {}, "TENDER", "OPEN"],
    [["tender"], { deadline: past }, "TENDER", "CLOSED"],
    [["tenderUpdate"], { deadline: ahead, tenderStatus: "active" }, "TENDER", "OPEN"],
    [["tenderAmendment"], { deadline: past }, "TENDER", "CLOSED"],
    [["tender"], { deadline: ahead, tenderStatus: "complete" }, "TENDER", "CLOSED"],
    [["tender"], { deadline: ahead, tenderStatus: "withdrawn" }, "TENDER", "CANCELLED"],
    [["tender"], { deadline: ahead, tenderStatus: "unsuccessful" }, "TENDER", "CANCELLED"],
    [
      ["tenderCancellation"],
      { tenderStatus: "complete", awardStatuses: ["cancelled"] },
      "TENDER",
      "CANCELLED",
    ],
    [["award", "contract"], { awardStatuses: ["active"] }, "AWARD", "AWARDED"],
    [["award"], { awardStatuses: ["unsuccessful", "cancelled"] }, "AWARD", "CANCELLED"],
    [["award"], { awardStatuses: ["unsuccessful", "active"] }, "AWARD", "AWARDED"],
    [["awardUpdate", "contractUpdate"], { awardStatuses: [undefined] }, "AWARD", "AWARDED"],
    [["contractAmendment"], {}, "AWARD", "AWARDED"],
    [["implementation"], {}, "AWARD", "AWARDED"],
    [["contractTermination"], {}, "AWARD", "CLOSED"],
    [[], { awardStatuses: ["active"] }, "AWARD", "AWARDED"],
    [[], { deadline: ahead }, "TENDER", "OPEN"],
  ] as const)("of %j with %j are %s, %s", (tags, facts, stage, status) => {
    const all = { ...nothing, ...facts, tags };
    expect([stageOf(all), statusOf(all)]).toEqual([stage, status]);
  });
});

describe("identity", () => {
  it("of Find a Tender is the release's", () => {
    expect(map({})).toMatchObject({
      revision: null,
      contract: {
        _id: "FIND_A_TENDER/ocds-h6vhtk-1/000001-2026",
        noticeId: "000001-2026",
        sourceUrl: "https://www.find-tender.service.gov.uk/Notice/000001-2026",
        publishedDate: new Date("2026-06-01T08:00:00Z"),
      },
    });
  });

  it("of Contracts Finder is the notice's guid, and the revision is apart", () => {
    const guid = "2a1e3359-87a0-4fdd-ac61-20d5e6520a13";
    expect(map({ id: `${guid}-819950` }, "CONTRACTS_FINDER")).toMatchObject({
      revision: 819950,
      contract: {
        noticeId: guid,
        releaseId: `${guid}-819950`,
        sourceUrl: `https://www.contractsfinder.service.gov.uk/Notice/${guid}`,
      },
    });
  });

  it.each([
    ["a bare guid", "2a1e3359-87a0-4fdd-ac61-201586520213"],
    ["an id of 2015", "ocds-b5fd17-2a1e3359-87a0-4fdd-ac61-20d5e6520a13-2015-s-27-44744"],
    ["a padded number", "2a1e3359-87a0-4fdd-ac61-20d5e6520a13-010634"],
  ])("of Contracts Finder is whole where no revision is apart: %s", (_, id) => {
    expect(map({ id }, "CONTRACTS_FINDER")).toMatchObject({ revision: 0, contract: { noticeId: id } });
  });

  it.each([
    ["no object", null, "object"],
    ["no ocid", { ocid: undefined }, "ocid"],
    ["an id that is a number", { id: 7 }, "id"],
    ["an id with a space", { id: "a b" }, "id"],
    ["an endless id", { id: "x".repeat(400) }, "id"],
    ["a lone surrogate", { id: "x\ud800" }, "id"],
    ["no date", { date: "soon" }, "date"],
    ["the year 201", { date: "0201-01-01T00:00:00Z" }, "date"],
    ["a novel", { tender: { description: "x".repeat(5_000_000) } }, "characters"],
  ])("is missing with %s: rejected, and the reason names it", (_, release, reason) => {
    const mapped = mapRelease({ source: "FIND_A_TENDER", release: release && { ...least, ...release }, now });
    expect(mapped).toMatchObject({ kind: "rejected", reason: expect.stringContaining(reason) });
  });
});

describe("fields", () => {
  it("take the title and description from their places in order", () => {
    expect(
      contract({ tender: { title: " Roof &amp; walls ", description: "" }, description: "of the release" }),
    ).toMatchObject({
      title: "Roof & walls",
      description: "of the release",
    });
    expect(contract({ title: "at the root", tender: {} }).title).toBe("at the root");
    expect(contract({ tender: {} })).not.toHaveProperty("title");
  });

  it.each([
    [
      "net and gross",
      { value: { amount: 100, amountGross: 120, currency: "GBP" } },
      { valueMin: 100, valueMax: 120, currency: "GBP" },
    ],
    ["gross alone", { value: { amountGross: 120, currency: "EUR" } }, { valueMax: 120, currency: "EUR" }],
    [
      "CF's range",
      { minValue: { amount: 50 }, value: { amount: 90, currency: "GBP" } },
      { valueMin: 50, valueMax: 90 },
    ],
    [
      "its lots together",
      { lots: [{ value: { amount: 10, currency: "GBP" } }, { value: { amount: 30, currency: "GBP" } }] },
      { valueMax: 40 },
    ],
    ["a number in text", { value: { amount: "2500.50", currency: "GBP" } }, { valueMax: 2500.5 }],
  ])("take the value from %s", (_, tender, expected) => {
    expect(contract({ tender })).toMatchObject(expected);
  });

  it.each([0, 1, -5, Number.POSITIVE_INFINITY, Number.NaN, null, "a lot"])(
    "leave the value %s out",
    (amount) => {
      const mapped = contract({ tender: { value: { amount, currency: "GBP" } } });
      expect(mapped).not.toHaveProperty("valueMax");
      expect(mapped).not.toHaveProperty("currency");
    },
  );

  it("take awards from awards, else from contracts", () => {
    const awards = [
      {
        date: "2026-05-01T00:00:00Z",
        value: { amount: 10, currency: "GBP" },
        suppliers: [{ id: "GB-COH-1", name: "A" }],
      },
    ];
    const contracts = [
      {
        dateSigned: "2026-05-02",
        value: { amount: 20, currency: "GBP" },
        period: { startDate: "2026-06-01", endDate: "2027-06-01" },
      },
    ];
    expect(contract({ tag: ["award"], awards, contracts })).toMatchObject({
      awardValue: 10,
      awardDate: new Date("2026-05-01T00:00:00Z"),
      suppliers: [{ name: "A", orgId: "GB-COH-1" }],
      contractStart: new Date("2026-05-31T23:00:00Z"),
      contractEnd: new Date("2027-05-31T23:00:00Z"),
    });
    expect(contract({ tag: ["contract"], contracts })).toMatchObject({
      awardValue: 20,
      awardDate: new Date("2026-05-01T23:00:00Z"),
    });
  });

  it("keep a supplier that has only a number, and drop one that has nothing", () => {
    const awards = [
      { suppliers: [{ id: "GB-COH-1", name: null }, { id: "GB-FTS-7", name: null }, { name: "B" }] },
    ];
    expect(contract({ tag: ["award"], awards }).suppliers).toEqual([{ orgId: "GB-COH-1" }, { name: "B" }]);
  });

  it("take CPV codes of all items and lots once, without check digits", () => {
    const cpv = (id: unknown) => ({ scheme: "CPV", id });
    const tender = {
      classification: cpv("45261910-6"),
      items: [
        { additionalClassifications: [cpv("45261910"), cpv("9100000"), { scheme: "OTHER", id: "12345678" }] },
      ],
      lots: [{ items: [{ classification: cpv(72267000) }] }],
    };
    expect(contract({ tender })).toMatchObject({
      cpvCodes: ["45261910", "72267000"],
      sector: "Construction work",
    });
  });

  it("take the deadline from the tender period, else from the expression of interest, never from enquiries", () => {
    const enquiryPeriod = { endDate: "2026-07-01T00:00:00Z" };
    expect(contract({ tender: { enquiryPeriod } })).not.toHaveProperty("deadlineDate");
    const expressionOfInterestDeadline = "2026-07-02T12:00:00";
    expect(contract({ tender: { enquiryPeriod, expressionOfInterestDeadline } }).deadlineDate).toEqual(
      new Date("2026-07-02T11:00:00Z"),
    );
    const tenderPeriod = { endDate: "2026-07-03T12:00:00+01:00" };
    expect(contract({ tender: { tenderPeriod, expressionOfInterestDeadline } }).deadlineDate).toEqual(
      new Date("2026-07-03T11:00:00Z"),
    );
  });

  it("keep an end in 2076 and an extension, and leave the year 0201 out", () => {
    const contractPeriod = {
      startDate: "0201-01-01T00:00:00Z",
      endDate: "2076-12-31T00:00:00Z",
      maxExtentDate: "2078-12-31T00:00:00Z",
    };
    const mapped = contract({ tender: { lots: [{ contractPeriod }] } });
    expect(mapped).not.toHaveProperty("contractStart");
    expect(mapped.contractEnd).toEqual(new Date("2076-12-31T00:00:00Z"));
    expect(mapped.contractEndMax).toEqual(new Date("2078-12-31T00:00:00Z"));
  });

  it("read addresses that come as an object, and name regions", () => {
    const tender = { items: [{ deliveryAddresses: { "1": { region: "UKI32" }, "2": { region: "UKC22" } } }] };
    const parties = [{ id: "x", name: "X", roles: ["buyer"], address: { region: "UKI32" } }];
    expect(contract({ tender, parties })).toMatchObject({
      deliveryRegions: ["UKI32", "UKC22"],
      buyerRegion: "UKI32",
      buyerRegionName: "Inner London - West",
    });
  });

  it("find the notice type wherever its document is", () => {
    for (const place of [
      { planning: { documents: [{ noticeType: "UK3" }] } },
      { contracts: [{ documents: [{ noticeType: "UK3" }] }] },
    ]) {
      expect(contract(place).noticeType).toBe("UK3");
    }
  });

  it("say whether anyone small may bid, from the tender or any lot", () => {
    const lots = [{ suitability: { sme: false } }, { suitability: { sme: true, vcse: false } }];
    expect(contract({ tender: { lots } })).toMatchObject({
      suitableForSme: true,
      suitableForVcse: false,
      lotCount: 2,
    });
    expect(contract({ tender: {} })).not.toHaveProperty("suitableForSme");
  });

  it("never follow a prototype", () => {
    const release: unknown = JSON.parse(
      `{"__proto__":{"title":"no"},"ocid":"o","id":"1","date":"2026-01-01T00:00:00Z","tender":{"__proto__":{"title":"no"}}}`,
    );
    const mapped = mapRelease({ source: "FIND_A_TENDER", release, now });
    expect(mapped.kind === "mapped" && mapped.contract).not.toHaveProperty("title");
  });
});

describe("buyer", () => {
  const party = (fields: object) => ({
    buyer: { id: "p", name: "Leeds City Council" },
    parties: [{ id: "p", roles: ["buyer"], ...fields }],
  });

  it("is known by its number in a register", () => {
    const identified = party({
      identifier: { scheme: "GB-PPON", id: "PABC-1" },
      additionalIdentifiers: [{ scheme: "GB-COH", id: "1" }],
    });
    expect(buyer(identified)).toMatchObject({
      _id: "GB-PPON-PABC-1",
      orgId: "GB-PPON-PABC-1",
      name: "Leeds City Council",
    });
    expect(buyer(party({ identifier: { scheme: "GB-COH", id: "06023243" } }))?.orgId).toBe("GB-COH-06023243");
  });

  it.each(["GB-FTS", "GB-CFS"])(
    "is known by its name where %s is all it has: the sites' own numbers identify nobody",
    (scheme) => {
      expect(buyer(party({ identifier: { scheme, id: "182148" } }))?.orgId).toBe("auto-leeds-city-council");
    },
  );

  it.each(["LEEDS  CITY COUNCIL", "Leeds City Council.", "Leeds\u00a0City-Council"])(
    "is the same under the spelling %s",
    (name) => {
      expect(buyer({ buyer: { name } })?.orgId).toBe("auto-leeds-city-council");
    },
  );

  it("is the buying party where the release names none, and nobody where there is none", () => {
    expect(buyer({ parties: [{ name: "Ministry of Defence", roles: ["buyer"] }] })?.name).toBe(
      "Ministry of Defence",
    );
    expect(buyer({})).toBeNull();
    expect(contract({})).not.toHaveProperty("buyerId");
  });
});
