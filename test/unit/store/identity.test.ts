// One buyer per organisation: which names are one, and which are not, made up and as recorded.
import { describe, expect, it } from "vitest";
import { SOURCES } from "../../../src/replica/sources.ts";
import type { KnownBuyer } from "../../../src/store/identity.ts";
import { resolveBuyers } from "../../../src/store/resolve-buyers.ts";
import type { MappedBuyer } from "../../../src/terms/documents.ts";
import { nameId, numbersOf } from "../../../src/terms/organisation.ts";
import { hasCorpus, recordedReleases } from "../../kit/corpus.ts";
import { mapRelease } from "../../kit/map.ts";

interface Named {
  name: string;
  town?: string;
  postcode?: string;
  numbers?: string[];
}

function buyer({ name, town, postcode, numbers = [] }: Named): MappedBuyer {
  const identifiers = numbers.map((number) => {
    const [, scheme = "", id = ""] = /^(GB-[A-Z]+)-(.+)$/.exec(number) ?? [];
    return { scheme, id };
  });
  return {
    ...{ name, identifiers, orgId: numbersOf(identifiers)[0] ?? nameId(name) ?? name },
    ...(town === undefined ? {} : { locality: town }),
    ...(postcode === undefined ? {} : { postalCode: postcode }),
  };
}

/** How many documents these become, page after page, in this order. */
function documentsOf(pages: MappedBuyer[][]): KnownBuyer[] {
  let stored: KnownBuyer[] = [];
  for (const page of pages) {
    const { inserts, updates, merges } = resolveBuyers(page, stored);
    const after = new Map(updates.map((one) => [one.before._id.toHexString(), one.after]));
    const gone = new Set(merges.map(({ other }) => other._id.toHexString()));
    stored = [...stored, ...inserts]
      .map((one) => ({ version: 1, ...(after.get(one._id.toHexString()) ?? one) }))
      .filter(({ _id }) => !gone.has(_id.toHexString()));
  }
  return stored;
}

const inBothOrders = (all: Named[]) =>
  [all, all.toReversed()].map((some) => documentsOf(some.map((one) => [buyer(one)])).length);

describe("one organisation", () => {
  it.each<[string, Named[]]>([
    [
      "known by its name, then by its number",
      [{ name: "Leeds City Council" }, { name: "LEEDS CITY COUNCIL", numbers: ["GB-PPON-PJYG-6658-PPMY"] }],
    ],
    [
      "under two names with one number",
      [
        { name: "A", numbers: ["GB-COH-01234567"] },
        { name: "B", numbers: ["GB-COH-1234567"] },
      ],
    ],
    ["Ltd and Limited", [{ name: "Derby Homes Ltd" }, { name: "Derby Homes Limited", town: "Derby" }]],
    [
      "a council from two offices of its area",
      [
        { name: "North Northamptonshire Council", town: "Corby", postcode: "NN17 1QG" },
        { name: "North Northamptonshire Council", town: "Kettering", postcode: "NN16 8TL" },
      ],
    ],
    [
      "a ministry from two towns",
      [
        { name: "Ministry of Defence", town: "Bristol", postcode: "BS34 8JH" },
        { name: "Ministry of Defence", town: "Andover", postcode: "SP11 8HT" },
      ],
    ],
    [
      "from two postcodes of London",
      [
        { name: "Great Ormond Street Hospital", town: "London", postcode: "WC1N 3JH" },
        { name: "Great Ormond Street Hospital", town: "London", postcode: "SE1 4BY" },
      ],
    ],
    [
      "a number of one register, then of another",
      [
        { name: "X Board", numbers: ["GB-PPON-PBHX-8363-MBBV"] },
        { name: "X Board", numbers: ["GB-COH-16480621"] },
      ],
    ],
  ])("is one document: %s", (_, all) => {
    expect(inBothOrders(all)).toEqual([1, 1]);
  });

  it("that turns out to be two documents becomes one, with both keys", () => {
    const pages = [
      [buyer({ name: "Anglia Water" })],
      [buyer({ name: "AW", numbers: ["GB-COH-02366656"] })],
      [buyer({ name: "Anglia Water", numbers: ["GB-COH-02366656"] })],
    ];
    const stored = documentsOf(pages.slice(0, 2));
    expect(stored).toHaveLength(2);
    expect(resolveBuyers(pages[2] ?? [], stored).merges).toHaveLength(1);
  });
});

describe("two organisations", () => {
  it.each<[string, Named[]]>([
    [
      "two numbers of one register",
      [
        { name: "Carmarthenshire County Council", numbers: ["GB-PPON-PTVL-7854-TMRZ"] },
        { name: "Carmarthenshire County Council", numbers: ["GB-PPON-PJXZ-4423-NDBT"] },
      ],
    ],
    [
      "schools of one name in two towns",
      [
        { name: "St Mary's Primary School", town: "Leeds", postcode: "LS1 4AP" },
        { name: "St Mary's Primary School", town: "York", postcode: "YO1 7PR" },
      ],
    ],
    [
      "schools in two towns of one postcode area",
      [
        { name: "Holy Trinity School", town: "Harrogate", postcode: "HG1 1AA" },
        { name: "Holy Trinity School", town: "Ripon", postcode: "HG4 1AA" },
      ],
    ],
    [
      "schools of which only towns are known",
      [
        { name: "St John's School", town: "Leeds" },
        { name: "St John's School", town: "York" },
      ],
    ],
    [
      "trusts",
      [
        { name: "The Learning Trust", town: "Hull", postcode: "HU1 1AA" },
        { name: "The Learning Trust", town: "Bath", postcode: "BA1 1AA" },
      ],
    ],
    [
      "town councils in towns of one name",
      [
        { name: "Newport Town Council", town: "Newport", postcode: "TF10 7AA" },
        { name: "Newport Town Council", town: "Newport", postcode: "PO30 1AA" },
      ],
    ],
    [
      "councils in two areas",
      [
        { name: "Richmond Borough Council", town: "Richmond", postcode: "TW9 1AA" },
        { name: "Richmond Borough Council", town: "Richmond", postcode: "DL10 4AA" },
      ],
    ],
    ["other names", [{ name: "Leeds City Council" }, { name: "Leeds City College" }]],
  ])("are two documents: %s", (_, all) => {
    expect(inBothOrders(all)).toEqual([2, 2]);
    const [first, second] = documentsOf(all.map((one) => [buyer(one)]));
    expect(first?._id.equals(second?._id)).toBe(false);
    expect(first?.orgId).not.toBe(second?.orgId);
    if (all[0]?.name === all[1]?.name)
      expect([first?.nameLower, second?.nameLower].filter((one) => one !== undefined)).toHaveLength(1);
  });

  it("keep what is nobody's: a name alone, where two have it", () => {
    const all = [
      { name: "St Mary's School", town: "Leeds", postcode: "LS1 4AP" },
      { name: "St Mary's School", town: "York", postcode: "YO1 7PR" },
      { name: "St Mary's School" },
      { name: "St Mary's School" },
    ];
    expect(documentsOf(all.map((one) => [buyer(one)]))).toHaveLength(3);
  });
});

it("a buyer's identifiers have a bound", () => {
  const pages = Array.from({ length: 30 }, (_, at) => [
    { ...buyer({ name: "Busy" }), identifiers: [at, at + 100, at + 200].map((id) => ({ id: `x-${id}` })) },
  ]);
  const [busy] = documentsOf(pages);
  expect(busy?.identifiers).toHaveLength(50);
});

describe.skipIf(!hasCorpus)("recorded releases", () => {
  it("have at most five names that stand twice, each with its reason", async () => {
    const pages: MappedBuyer[][] = [];
    const now = new Date("2026-11-24T12:00:00Z");
    for (const source of SOURCES) {
      for (const release of await recordedReleases(source)) {
        const mapped = mapRelease({ source, release, now });
        if (mapped.kind !== "mapped") continue;
        const page = pages.at(-1);
        if (page === undefined || page.length >= 100) pages.push([...mapped.buyers]);
        else page.push(...mapped.buyers);
      }
    }
    for (const order of [pages, pages.toReversed()]) {
      const stored = documentsOf(order);
      const byName = new Map<string, KnownBuyer[]>();
      for (const one of stored) {
        const key = nameId(one.name) ?? "";
        byName.set(key, [...(byName.get(key) ?? []), one]);
      }
      const doubled = [...byName].filter(([, some]) => some.length > 1);
      console.table(
        doubled.flatMap(([, some]) =>
          some.map(({ name, orgId, places }) => ({ name, orgId, places: places?.join("; ") })),
        ),
      );
      expect(doubled.length).toBeLessThanOrEqual(5);
      // Nobody has two numbers of one register but what one release names together.
      const ppons = stored.map(({ keys = [] }) => keys.filter((key) => key.startsWith("GB-PPON-")).length);
      expect(Math.max(...ppons)).toBe(1);
    }
  });
});
