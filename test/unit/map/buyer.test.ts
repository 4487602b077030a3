import { describe, expect, it } from "vitest";
import { buyersOf } from "../../../src/map/buyer.ts";
import { nameId, organisationId } from "../../../src/map/organisation.ts";
import { partsOf } from "../../../src/map/parts.ts";

function buyer(release: Record<string, unknown>) {
  return buyersOf(partsOf(release))[0] ?? null;
}

const leeds = (fields: object) => ({
  buyer: { id: "p", name: "Leeds City Council" },
  parties: [{ id: "p", roles: ["buyer"], ...fields }],
});

describe("a buyer", () => {
  it("is known by its number in the best register", () => {
    const identifier = { scheme: "GB-COH", id: "6023243" };
    const additionalIdentifiers = [{ scheme: "GB-PPON", id: "PABC-1234-WXYZ" }];
    expect(buyer(leeds({ identifier, additionalIdentifiers }))).toEqual({
      orgId: "GB-PPON-PABC-1234-WXYZ",
      name: "Leeds City Council",
      sector: "council",
      identifiers: [
        { scheme: "GB-COH", id: "06023243" },
        { scheme: "GB-PPON", id: "PABC-1234-WXYZ" },
      ],
    });
    expect(buyer(leeds({ identifier }))?.orgId).toBe("GB-COH-06023243");
  });

  it.each([
    ["leading zeros left out", { scheme: "GB-COH", id: "1360961" }, "GB-COH-01360961"],
    ["also behind its country", { scheme: "GB-COH", id: "SC15263" }, "GB-COH-SC015263"],
    ["spaces and small letters", { scheme: "GB-COH", id: " sc 015263" }, "GB-COH-SC015263"],
    ["a society's number", { scheme: "GB-COH", id: "IP27656R" }, "GB-COH-IP27656R"],
    [
      "capitals that mean something",
      { scheme: "GB-SRS", id: "sid4gov.cabinetoffice.gov.uk/hu9j9Du9" },
      "GB-SRS-sid4gov.cabinetoffice.gov.uk/hu9j9Du9",
    ],
    ["a PPON whose scheme is not said", { id: "PHNT-5649-ZYQJ" }, "GB-PPON-PHNT-5649-ZYQJ"],
    ["a name for a number", { scheme: "GB-COH", id: "Imosphere Ltd" }, undefined],
    ["too many digits", { scheme: "GB-COH", id: "458577871" }, undefined],
    ["a placeholder", { scheme: "GB-PPON", id: "N/A" }, undefined],
    ["zeros", { scheme: "GB-COH", id: "00000000" }, undefined],
    ["a book", { scheme: "GB-CHC", id: "9".repeat(5000) }, undefined],
    ["FaT's own number", { scheme: "GB-FTS", id: "182148" }, undefined],
    ["CF's own number", { scheme: "GB-CFS", id: "50508" }, undefined],
    ["a foreign register", { scheme: "IM-CR", id: "120826C" }, undefined],
  ])("has one number in its register: %s", (_, identifier, expected) => {
    expect(organisationId({ identifier })).toBe(expected);
    expect(organisationId({ additionalIdentifiers: [identifier] })).toBe(expected);
    expect(buyer(leeds({ identifier }))?.orgId).toBe(expected ?? "auto-leeds-city-council");
  });

  it("has its number in its party's id too", () => {
    expect(organisationId({ id: "GB-COH-8533880" })).toBe("GB-COH-08533880");
    expect(organisationId({ id: "GB-FTS-7" })).toBeUndefined();
  });

  it.each([
    ["LEEDS  CITY COUNCIL", "Leeds City Council."],
    ["Leeds\u00a0City-Council", "Leeds, City Council"],
    ["Smith & Jones Limited", "Smith and Jones Ltd."],
    ["Smith&Jones LTD", "SMITH AND JONES (LIMITED)"],
    ["King’s Lynn", "Kings Lynn"],
    ["Château Ltd", "CHATEAU LIMITED"],
    ["M.O.D.", "MOD"],
  ])("is the same organisation as %s and as %s", (one, other) => {
    expect(nameId(one)).toBe(nameId(other));
    expect(nameId(one)).toMatch(/^auto-[\p{L}\p{N}-]+$/u);
  });

  it("is another organisation under another name, and nobody under none", () => {
    expect(nameId("Limited Edition")).not.toBe(nameId("Ltd Edition"));
    expect(nameId("Smith Ltd")).not.toBe(nameId("Smith plc"));
    expect(nameId("…")).toBeUndefined();
    expect(nameId("x ".repeat(5000))?.length).toBeLessThan(310);
  });

  it.each([
    ["Avon Fire & Rescue Service", "fire and rescue"],
    ["University Hospitals Dorset NHS Foundation Trust", "NHS"],
    ["Cardiff and Vale University Local Health Board", "NHS"],
    ["THE UNIVERSITY OF CHICHESTER", "university"],
    ["The City of Liverpool College", "college"],
    ["GLF SCHOOLS", "school"],
    ["ST OSCAR ROMERO CATHOLIC ACADEMY TRUST", "school"],
    ["The Police, Fire and Crime Commissioner for Northamptonshire", "police"],
    ["Lancashire Constabulary", "police"],
    ["London Borough of Merton", "council"],
    ["Cyngor Gwynedd", "council"],
    ["Rhondda Cynon Taf CBC", "council"],
    ["West Midlands Combined Authority", "council"],
    ["General Medical Council (GMC)", "other public body"],
    ["British Council", "other public body"],
    ["Hyde Housing Association", "housing"],
    ["Karbon Homes", "housing"],
    ["Department of Health & Social Care", "central government"],
    ["Home Office", "central government"],
    ["Transport for London", "transport"],
    ["UNITED UTILITIES WATER LIMITED", "utility"],
    ["SparkFund", undefined],
  ])("called %s is: %s", (name, sector) => {
    expect(buyer({ buyer: { name } })?.sector).toBe(sector);
  });

  it("tells its kind by its register or its own classification where its name doesn't", () => {
    const named = (party: object) =>
      buyer({ buyer: { id: "p", name: "Acme" }, parties: [{ id: "p", ...party }] });
    expect(named({ identifier: { scheme: "GB-NHS", id: "RV9" } })?.sector).toBe("NHS");
    const details = { classifications: [{ id: "GB-WLS" }, { id: "publicAuthorityCentralGovernment" }] };
    expect(named({ details })?.sector).toBe("central government");
    expect(
      named({ details: { classifications: [{ id: "publicAuthoritySubCentralGovernment" }] } }),
    ).not.toHaveProperty("sector");
  });

  it("has its place and website from its party", () => {
    const party = {
      address: { region: "UKE42", locality: " Leeds ", postalCode: "LS1 1UR" },
      details: { url: "https://www.leeds.gov.uk" },
    };
    expect(buyer(leeds(party))).toMatchObject({
      region: "UKE42",
      locality: "Leeds",
      postalCode: "LS1 1UR",
      website: "https://www.leeds.gov.uk",
    });
    expect(buyer(leeds({ details: { url: "n/a" } }))).not.toHaveProperty("website");
  });

  it("is the buying party where the release names none, and nobody where there is none", () => {
    expect(buyer({ parties: [{ name: "Ministry of Defence", roles: ["buyer"] }] })?.name).toBe(
      "Ministry of Defence",
    );
    expect(buyer({})).toBeNull();
    expect(buyer({ buyer: { name: "N/A" } })).toBeNull();
  });

  it("of 2015 carries its own address", () => {
    const old = { buyer: { name: "Derby City Council", address: { postalCode: "DE1 2FS", region: null } } };
    expect(buyer(old)).toMatchObject({ orgId: "auto-derby-city-council", postalCode: "DE1 2FS" });
  });
});
