import { describe, expect, it } from "vitest";
import type { Mapped } from "../../../src/map/map-release.ts";
import type { Source } from "../../../src/replica/sources.ts";
import type { StoreDetail } from "../../../src/terms/documents.ts";
import { mapRelease } from "../../kit/map.ts";

const now = new Date("2026-11-24T12:00:00Z");
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

describe("identity", () => {
  it("of Find a Tender is the release's", () => {
    expect(map({})).toMatchObject({
      revision: null,
      contract: {
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
    ["an ocid with a slash: source/ocid/noticeId would be two notices'", { ocid: "a/b" }, "slash"],
    ["an endless id", { id: "x".repeat(400) }, "id"],
    ["a lone surrogate", { id: "x\ud800" }, "id"],
    ["no date", { date: "soon" }, "date"],
    ["the year 201", { date: "0201-01-01T00:00:00Z" }, "date"],
    ["a novel", { tender: { description: "x".repeat(5_000_000) } }, "bytes"],
    ["a million tags", { tag: Array.from({ length: 1_000_000 }, (_, at) => `t${at}`) }, "bytes"],
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
      { valueMin: 100, valueMax: 100, currency: "GBP" },
    ],
    [
      "gross alone",
      { value: { amountGross: 120, currency: "EUR" } },
      { valueMin: 120, valueMax: 120, currency: "EUR", valueIncludesVat: true },
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

  it("take the value of Contracts Finder from its minimum to its maximum, else from its budget by years", () => {
    const tender = { minValue: { amount: 50 }, value: { amount: 90, currency: "GBP" } };
    expect(contract({ tender }, "CONTRACTS_FINDER")).toMatchObject({
      valueMin: 50,
      valueMax: 90,
      currency: "GBP",
    });
    const years = [100, 200].map((amount) => ({ amount: { amount, currency: "GBP" } }));
    expect(contract({ planning: { budget: { budgetBreakdown: years } } }, "CONTRACTS_FINDER")).toMatchObject({
      valueMax: 300,
      currency: "GBP",
    });
  });

  it("add lots of one currency only, to the penny", () => {
    const lots = [
      { value: { amount: 10.1, currency: "gbp" } },
      { value: { amount: 20.2, currency: "GBP" } },
      { value: { amount: 5000, currency: "AED" } },
    ];
    expect(contract({ tender: { lots } })).toMatchObject({ valueMax: 30.3, currency: "GBP" });
  });

  it("take the final value where a contract has come to its end", () => {
    const contracts = [
      { implementation: { finalValue: { amount: 78497, amountGross: 94196.4, currency: "GBP" } } },
    ];
    const ended = contract({ tag: ["contractTermination"], contracts });
    expect(ended).toMatchObject({ valueMin: 78497, valueMax: 78497, status: "CLOSED" });
    expect(ended).not.toHaveProperty("awardValue"); // the award was told before
  });

  it("take what a contract will be changed to, and when it ended, where nothing else is said", () => {
    const period = {
      startDate: "2026-08-12T00:00:00Z",
      endDate: "2027-05-31T00:00:00Z",
      maxExtentDate: "2027-08-31T00:00:00Z",
    };
    const proposedAmendments = [{ value: { amount: 509195, currency: "GBP" }, period }];
    const proposed = contract({ tag: ["contractAmendment"], contracts: [{ proposedAmendments }] });
    expect(proposed).toMatchObject({
      valueMax: 509195,
      contractStartDate: new Date("2026-08-12T00:00:00Z"),
      contractEndDate: new Date("2027-05-31T00:00:00Z"),
      contractMaxEndDate: new Date("2027-08-31T00:00:00Z"),
    });
    expect(proposed).not.toHaveProperty("awardValue");
    const contracts = [{ implementation: { endDate: "2026-06-30T00:00:00Z" } }];
    expect(contract({ tag: ["contractTermination"], contracts }).contractEndDate).toEqual(
      new Date("2026-06-30T00:00:00Z"),
    );
  });

  it("leave out what a cancelled award says", () => {
    const cancelled = {
      status: "cancelled",
      date: "2026-05-09",
      value: { amount: 99 },
      suppliers: [{ name: "A" }],
    };
    const awards = [
      cancelled,
      { status: "active", date: "2026-05-01", value: { amount: 10 }, suppliers: [{ name: "B" }] },
    ];
    expect(contract({ tag: ["award"], awards })).toMatchObject({
      awardValue: 10,
      awardDate: new Date("2026-04-30T23:00:00Z"),
      awardedSuppliers: [{ name: "B" }],
    });
  });

  it("take the end of a period from its length, which may be 1e9999", () => {
    const lasting = (durationInDays: unknown) =>
      contract({ tender: { lots: [{ contractPeriod: { startDate: "2026-01-01", durationInDays } }] } });
    expect(lasting(360).contractEndDate).toEqual(new Date("2026-12-27T00:00:00Z"));
    expect(lasting(Number.POSITIVE_INFINITY)).not.toHaveProperty("contractEndDate");
  });

  it("take the day of publication from the notice's document where the release has no readable date", () => {
    const documents = [{ datePublished: "2026-08-10T18:48:29+01:00" }];
    expect(contract({ date: null, tender: { documents } }).publishedDate).toEqual(
      new Date("2026-08-10T17:48:29Z"),
    );
  });

  it("take the page of the documents from the bidding documents", () => {
    const documents = [
      { documentType: "tenderNotice", url: "https://a.uk/notice" },
      { documentType: "biddingDocuments", url: "by post" },
      { documentType: "biddingDocuments", url: "https://a.uk/1" },
    ];
    expect(contract({ tender: { documents } }).documentsUrl).toBe("https://a.uk/1");
    expect(contract({ tender: { documents: documents.slice(0, 2) } })).not.toHaveProperty("documentsUrl");
  });

  it("name delivery regions of Contracts Finder by the codes that Find a Tender uses", () => {
    const deliveryAddresses = [
      { region: "Yorkshire and the Humber", countryName: "England" },
      { region: "England" },
      { countryName: "United Kingdom" },
      { countryName: "Isle of Man" },
    ];
    const tender = { items: [{ deliveryAddresses }] };
    expect(contract({ tender }, "CONTRACTS_FINDER").regions).toEqual(["UKE", "England"]);
  });

  it("read the suitability of 2015", () => {
    const tender = { xClassifications: { isSuitableForSme: true, isSuitableForVco: false } };
    const read = contract({ tender }, "CONTRACTS_FINDER");
    expect(read.suitableForSme).toBe(true);
    expect(read).not.toHaveProperty("suitableForVco");
  });

  it.each([
    ["1 with VAT", { amount: 1, amountGross: 1.2 }, undefined],
    ["1.20 alone", { amountGross: 1.2 }, undefined],
    ["a penny", { amount: 0.01, amountGross: 0.01 }, undefined],
    ["a row of nines", { amount: 9_999_999_999, amountGross: 9_999_999_999 }, undefined],
    ["a row of nines with VAT", { amount: 9_999_999_999, amountGross: 11_999_999_998.8 }, undefined],
    ["a row of nines with VAT alone", { amountGross: 11_999_999_998.8 }, undefined],
    ["no amount without VAT, and one with it", { amount: 0, amountGross: 3_750_000 }, 3_750_000],
    ["1 without VAT, and much with it", { amount: 1, amountGross: 120_000 }, 120_000],
    ["the amount without VAT", { amount: 100, amountGross: 120 }, 100],
  ])("take for a value: %s", (_, said, value) => {
    const read = contract({ tender: { value: said } });
    expect([read.valueMin, read.valueMax]).toEqual([value, value]);
    expect(read.valueIncludesVat).toBe(value !== undefined && value !== said.amount ? true : undefined);
  });

  it.each([
    ["2026-08-13", "2026-08-13T22:59:59Z"],
    ["2026-01-13", "2026-01-13T23:59:59Z"],
    ["2026-08-13Z", "2026-08-13T22:59:59Z"],
    ["2026-08-13+01:00", "2026-08-13T22:59:59Z"],
    ["2026-08-13T00:00:00+01:00", "2026-08-12T23:00:00Z"],
  ])("end a day without a clock with that day: %s", (endDate, instant) => {
    const tender = { tenderPeriod: { endDate }, enquiryPeriod: { endDate } };
    const read = contract({ tender, planning: { milestones: [{ type: "engagement", dueDate: endDate }] } });
    const dates = [read.deadlineDate, read.enquiryPeriodEnd, read.engagementDeadline];
    expect(dates).toEqual(dates.map(() => new Date(instant)));
  });

  it.each([
    ["Roof<br/>and walls", "Roof\nand walls"],
    ["Roof</br>and walls", "Roof\nand walls"],
    ["Roof&lt;br /&gt;\nand walls", "Roof\nand walls"],
    ["Roof&amp;lt;br/&amp;gt;and walls", "Roof\nand walls"],
    ["<p>Roof</p><p>and <b>walls</b></p>", "Roof\n\nand walls"],
    ["under <5 years, a<b and <contract 1>", "under <5 years, a<b and <contract 1>"],
  ])("take markup out of a text: %s", (description, read) => {
    expect(contract({ tender: { description } }).description).toBe(read);
    expect(contract({ tender: { title: description } }).title).toBe(read.replaceAll(/\n+/g, " "));
  });

  it.each([
    ["https://www.the-chest.org.uk/x.", "https://www.the-chest.org.uk/x"],
    ["Bids go to (www.the-chest.org.uk), not by post", "www.the-chest.org.uk"],
    ["by post", undefined],
  ])("find where bids go: %s", (submissionMethodDetails, url) => {
    expect(contract({ tender: { submissionMethodDetails } }).submissionPortalUrl).toBe(url);
  });

  it.each([
    ["a framework", { tender: { techniques: { hasFrameworkAgreement: true } } }, "framework"],
    ["a dynamic market", { tender: { techniques: { hasDynamicPurchasingSystem: true } } }, "dps"],
    [
      "a call-off",
      { relatedProcesses: [{ relationship: ["framework"], scheme: "ocid" }] },
      "call_off_framework",
    ],
    [
      "a call-off by name",
      { tender: { procurementMethodDetails: "Call-off from a dynamic purchasing system" } },
      "call_off_dps",
    ],
    [
      "an award by name",
      { tender: { procurementMethodDetails: "Award under framework" } },
      "call_off_framework",
    ],
    [
      "a call-off named in another order",
      { tender: { procurementMethodDetails: "Other - Framework mini-competition" } },
      "call_off_framework",
    ],
    [
      "the award of a framework",
      {
        tender: {
          procurementMethodDetails: "Other - Award of a Framework Agreement",
          techniques: { hasFrameworkAgreement: true },
        },
      },
      "framework",
    ],
    ["neither", { tender: { procurementMethodDetails: "Open procedure" } }, "standard"],
    ["nothing", {}, undefined],
  ])("say by which kind of contract it is bought: %s", (_, said, mechanism) => {
    expect(contract(said).contractMechanism).toBe(mechanism);
  });

  it("name every buyer of a joint procurement once, the one that publishes first", () => {
    const parties = ["b", "a", "c", "a"].map((id) => ({ id, name: `Council ${id}`, roles: ["buyer"] }));
    const read = map({ buyer: { id: "a", name: "Council a" }, parties });
    expect(read.kind === "mapped" && read.buyers.map(({ name }) => name)).toEqual([
      "Council a",
      "Council b",
      "Council c",
    ]);
  });

  it("know a firm by its company number before its PPON", () => {
    const identifier = { scheme: "GB-PPON", id: "PABC-1234-WXYZ" };
    const additionalIdentifiers = [{ scheme: "GB-COH", id: "688424" }];
    const parties = [{ id: "s", name: "Atkins", roles: ["supplier"], identifier, additionalIdentifiers }];
    const awards = [{ suppliers: [{ id: "s", name: "Atkins" }, { name: "ATKINS" }] }];
    expect(contract({ tag: ["award"], awards, parties }).awardedSuppliers).toEqual([
      { name: "Atkins", supplierId: "GB-COH-00688424" },
    ]);
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
      awardedSuppliers: [{ name: "A", supplierId: "GB-COH-00000001" }],
      contractStartDate: new Date("2026-05-31T23:00:00Z"),
      contractEndDate: new Date("2027-06-01T22:59:59Z"),
    });
    expect(contract({ tag: ["contract"], contracts })).toMatchObject({
      awardValue: 20,
      awardDate: new Date("2026-05-01T23:00:00Z"),
    });
  });

  it("take a framework's ceiling once, though each of its firms' contracts says it", () => {
    const value = { amount: 4_000_000, amountGross: 4_800_000, currency: "GBP" };
    const firms = ["A", "B", "C"];
    const awards = firms.map((name, at) => ({ id: String(at), relatedLots: ["1"], suppliers: [{ name }] }));
    const contracts = firms.map((_, at) => ({ id: String(at), awardID: String(at), value }));
    const awarded = (techniques: object) =>
      contract({ tag: ["award"], tender: { techniques }, awards, contracts });
    expect(awarded({ hasFrameworkAgreement: true })).toMatchObject({
      awardValue: 4_000_000,
      awardedSuppliers: firms.map((name) => ({ name })),
      contractMechanism: "framework",
    });
    expect(awarded({}).awardValue).toBe(12_000_000);
  });

  it.each(["UK14", "UK15"])("name no winner where a dynamic market's members are told: %s", (noticeType) => {
    const tender = { documents: [{ noticeType }] };
    const awards = [{ id: "1", date: "2026-05-01", value: { amount: 10 }, suppliers: [{ name: "A" }] }];
    const read = contract({ tag: ["award", "contract"], tender, awards });
    expect(read).toMatchObject({ stage: "TENDER", contractMechanism: "dps" });
    for (const field of ["awardedSuppliers", "awardDate", "awardValue"])
      expect(read).not.toHaveProperty(field);
  });

  it("keep a supplier that has only a number, and drop one that has nothing", () => {
    const awards = [
      { suppliers: [{ id: "GB-COH-1", name: null }, { id: "GB-FTS-7", name: null }, { name: "B" }] },
    ];
    expect(contract({ tag: ["award"], awards }).awardedSuppliers).toEqual([
      { supplierId: "GB-COH-00000001" },
      { name: "B" },
    ]);
    const parties = [{ id: "GB-FTS-7", name: null, identifier: { legalName: "Slate Ltd" } }];
    expect(contract({ tag: ["award"], awards, parties }).awardedSuppliers).toContainEqual({
      name: "Slate Ltd",
    });
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
      sector: "Construction",
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
    expect(mapped).not.toHaveProperty("contractStartDate");
    expect(mapped.contractEndDate).toEqual(new Date("2076-12-31T00:00:00Z"));
    expect(mapped.contractMaxEndDate).toEqual(new Date("2078-12-31T00:00:00Z"));
  });

  it("read addresses that come as an object, and name regions", () => {
    const tender = { items: [{ deliveryAddresses: { "1": { region: "UKI32" }, "2": { region: "UKC22" } } }] };
    const parties = [{ id: "x", name: "X", roles: ["buyer"], address: { region: "UKI32" } }];
    expect(contract({ tender, parties })).toMatchObject({
      regions: ["UKI32", "UKC22"],
      buyerRegion: "UKI32",
    });
    expect(map({ parties })).toMatchObject({ buyers: [{ region: "UKI32", regionName: "Westminster" }] });
  });

  it("leave out a delivery region that is the buyer's own", () => {
    const tender = { items: [{ deliveryAddresses: [{ region: "UKI32" }, { region: "UKI32" }] }] };
    const parties = [{ id: "x", name: "X", roles: ["buyer"], address: { region: "UKI32" } }];
    expect(contract({ tender, parties })).not.toHaveProperty("regions");
    expect(contract({ tender })).toMatchObject({ regions: ["UKI32"] });
  });

  it("keep the lines of a text, without the spaces at their ends", () => {
    const description = "  One \r\n  two\t\n\nthree  ";
    expect(contract({ tender: { description } }).description).toBe("One\n  two\n\nthree");
  });

  it("say how it is bought: the code, else the procedure's name", () => {
    const procurementMethodDetails = "Other - Request for Quotation";
    expect(
      contract({ tender: { procurementMethod: "open", procurementMethodDetails } }).procurementMethod,
    ).toBe("open");
    expect(contract({ tender: { procurementMethodDetails } }).procurementMethodDetails).toBe(
      procurementMethodDetails,
    );
    for (const nothing of ["Below threshold - unknown", "Other -", "Not specified", "N/A"])
      expect(contract({ tender: { procurementMethodDetails: nothing } })).not.toHaveProperty(
        "procurementMethodDetails",
      );
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
    expect(contract({ tender: { lots } })).toMatchObject({ suitableForSme: true, lotCount: 2 });
    expect(contract({ tender: { lots } })).not.toHaveProperty("suitableForVco");
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

describe("STORE_DETAILS", () => {
  const release = {
    ...least,
    buyer: { id: "p", name: "Leeds" },
    parties: [{ id: "p", roles: ["buyer"], contactPoint: { name: "A", email: "a@example.org", url: "x" } }],
    tender: {
      lots: [
        {
          id: "1",
          title: "Roof",
          value: { amount: 10, currency: "GBP" },
          status: "active",
          hasRenewal: true,
          renewal: { description: "Twice" },
          awardCriteria: { criteria: [{ name: "Price", type: "price", numbers: [{ number: 60 }] }] },
        },
      ],
      documents: [
        { id: "d", documentType: "biddingDocuments", description: "All of it", url: "https://example.org/d" },
        { id: "n", documentType: "tenderNotice", noticeType: "UK4", url: "https://example.org/n" },
      ],
    },
  };
  const map = (details: readonly StoreDetail[]) => {
    const mapped = mapRelease({ source: "FIND_A_TENDER", release, now, details });
    if (mapped.kind === "rejected") throw new Error(mapped.reason);
    const { lots, documents, buyerContact } = mapped.contract;
    return { lots, documents, buyerContact };
  };

  it("keeps lots, documents and contact in the application's shapes, each where it is asked for", () => {
    expect(map([])).toEqual({});
    expect(map(["lots", "documents", "contact"])).toEqual({
      lots: [
        {
          ...{ lotId: "1", title: "Roof", value: 10, currency: "GBP", status: "active" },
          ...{ hasRenewal: true, renewalDescription: "Twice" },
          awardCriteria: [{ name: "Price", criteriaType: "price", weight: 60 }],
        },
      ],
      documents: [
        { id: "d", documentType: "biddingDocuments", description: "All of it", url: "https://example.org/d" },
      ],
      buyerContact: { name: "A", email: "a@example.org" },
    });
    expect(map(["contact"])).toEqual({ buyerContact: { name: "A", email: "a@example.org" } });
  });
});
