// Mutated releases: each maps to a valid document that MongoDB takes, or is rejected; none throws, none is stored invalid.
// FUZZ_RELEASES=100000 npx vitest run test/unit/map/fuzz.test.ts does the long run (SEED=… another one).
import { BSON } from "mongodb";
import { describe, expect, it } from "vitest";
import { readPage } from "../../../src/fetch/page.ts";
import { foldOcid } from "../../../src/map/process/fold.ts";
import { createHistory } from "../../../src/replica/history.ts";
import { createRandom, pick, type Random } from "../../../src/replica/random.ts";
import { releaseText } from "../../../src/replica/release.ts";
import { SOURCES, type Source } from "../../../src/replica/sources.ts";
import { contractId } from "../../../src/store/ids.ts";
import { nextOf, type Upsert } from "../../../src/store/statements.ts";
import { storePage } from "../../../src/store/store.ts";
import { buyerSchema, contractSchema } from "../../../src/terms/documents.ts";
import { hasCorpus, recordedReleases } from "../../kit/corpus.ts";
import { freshDatabase } from "../../kit/database.ts";
import { mapRelease } from "../../kit/map.ts";

const RELEASES = Number(process.env["FUZZ_RELEASES"] ?? 500);
const SEED = Number(process.env["SEED"] ?? 42);
const PAGE = 100;
const STORED_PAGES_SHARE = RELEASES > 10_000 ? 1 : 0.5; // the database is most of the time that this takes
const now = new Date("2026-11-24T12:00:00Z");
const mappedBuyer = buyerSchema.pick({
  ...{ name: true, orgId: true, identifiers: true, sector: true, region: true, regionName: true },
  ...{ locality: true, postalCode: true, website: true },
});

const STRANGE: ((random: Random, value: unknown) => unknown)[] = [
  () => null,
  () => [],
  () => ({}),
  () => "",
  () => 0,
  () => "\ud800 lone \udfff",
  () => "\u0000",
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -1e308,
  () => 1e308,
  () => Number.MAX_SAFE_INTEGER + 2,
  () => true,
  () => [null, 1, "x", [[]], {}],
  () => ({ "1": { id: "x" }, "2": null }),
  () => ({ "a.b": 1, $where: "x", constructor: 2, toString: 3, hasOwnProperty: 4, length: 5 }),
  () => JSON.parse('{"__proto__":{"id":"x","title":"polluted","date":"2026-01-01"}}'),
  () => ["a.b", "$set", "__proto__", "constructor"],
  () => "&amp;lt;script&gt;&#0;&#xD800;&notit;",
  () => "0201-01-01T00:00:00Z",
  () => "2026-02-30T00:00:00",
  () => "9999-12-31T23:59:59Z",
  () => "2026-03-29T01:30:00",
  () => "2026-10-25T01:30:00+14:00",
  () => "1e400",
  () => "a/b-1",
  (_, value) => [value],
  (_, value) => [value, value, value],
  (_, value) => ({ value }),
  (_, value) => String(value),
  (random) => "x".repeat(Math.floor(random() * 20_000)),
  (random) => "\u{1f4a9}é".repeat(Math.floor(random() * 300)),
  (random) => random() * 1e12,
];

/** The value with a few of its places changed. */
function mutate(value: unknown, random: Random, share: number): unknown {
  if (random() < share) return pick(random, STRANGE)(random, value);
  if (Array.isArray(value)) return value.map((one) => mutate(one, random, share));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      random() < share ? `$${key}.x` : key,
      mutate(one, random, share),
    ]),
  );
}

async function seeds(source: Source): Promise<unknown[]> {
  const dates = { from: new Date("2024-01-01T00:00:00Z"), to: new Date("2026-11-01T00:00:00Z") };
  const made = createHistory({ source, seed: 3, ...dates, notices: 300 }).map((one) =>
    JSON.parse(releaseText(source, one, "full")),
  );
  return hasCorpus ? [...made, ...(await recordedReleases(source))] : made;
}

function valid(release: unknown, source: Source): Upsert | null {
  const result = mapRelease({ source, release, now });
  if (result.kind === "rejected") {
    expect(result.reason).toMatch(/expected/);
    return null;
  }
  const { contract: mapped, buyers, revision } = result;
  const upsert = { contract: mapped, buyers, revision };
  const { _id, values } = nextOf(upsert, { seen: null, buyerIds: [], now });
  const contract = { _id, ...values };
  const times = { createdAt: now, updatedAt: now };
  const issues = [
    ...(contractSchema.safeParse({ ...contract, ...times }).error?.issues ?? []),
    ...buyers.flatMap((buyer) => mappedBuyer.safeParse(buyer).error?.issues ?? []),
  ];
  if (issues.length > 0) throw new Error(`${JSON.stringify(issues)} of ${JSON.stringify(release)}`);
  // What BSON writes it must read back the same: no lone surrogate, no NaN, no undefined.
  expect(BSON.deserialize(BSON.serialize({ contract, buyers }))).toEqual({ contract, buyers });
  return upsert;
}

describe("mutated releases", async () => {
  const { db, clear } = await freshDatabase();

  it.each(SOURCES)(
    `of %s map to valid documents that MongoDB takes, or are rejected (${RELEASES} of both, SEED=${SEED})`,
    async (source) => {
      await clear();
      const random = createRandom(SEED);
      const originals = await seeds(source);
      const ids = new Set<string>();
      let mapped = 0;
      for (let at = 0; at < RELEASES / SOURCES.length; at += PAGE) {
        const page = Array.from({ length: PAGE }, (_, row) =>
          valid(
            mutate(originals[(at + row) % originals.length], random, pick(random, [0.002, 0.02, 0.1])),
            source,
          ),
        ).filter((one) => one !== null);
        mapped += page.length;
        if (random() >= STORED_PAGES_SHARE) continue;
        await storePage({ db, fold: foldOcid, now }, page);
        for (const { contract } of page) ids.add(contractId(contract).toHexString());
      }
      expect(mapped).toBeGreaterThan(RELEASES / SOURCES.length / 2);
      expect(await db.contracts.countDocuments()).toBe(ids.size);
      for await (const stored of db.contracts.find())
        expect(contractSchema.safeParse(stored).error?.issues ?? []).toEqual([]);
      for await (const stored of db.buyers.find())
        expect(buyerSchema.safeParse(stored).error?.issues ?? []).toEqual([]);
    },
    1_800_000,
  );

  it("never take their page with them", () => {
    const random = createRandom(7);
    const dates = { from: new Date("2026-01-01"), to: new Date("2026-02-01") };
    const [one] = createHistory({ source: "FIND_A_TENDER", seed: 3, ...dates, notices: 1 });
    if (!one) throw new Error("no release");
    const original: unknown = JSON.parse(releaseText("FIND_A_TENDER", one, "full"));
    for (let at = 0; at < 300; at++) {
      const releases = [original, mutate(original, random, 0.2)];
      const read = readPage(new TextEncoder().encode(JSON.stringify({ uri: "", releases })));
      expect(read.kind === "page" && read.page.rows.length + read.page.unidentified.length).toBe(2);
    }
  });

  // Work that grew by the square of 60,000 would not come to its end within the test's limit.
  it.each(SOURCES)(
    "of %s may be endless in every list: no overflow, and it ends",
    (source) => {
      const many = <T>(of: (at: number) => T) => Array.from({ length: 60_000 }, (_, at) => of(at));
      const release = {
        ocid: "o",
        id: "1",
        date: "2026-01-01",
        tag: ["award"],
        buyer: { id: "p1", name: "Buyer" },
        parties: many((at) => ({ id: `p${at}`, name: `${at}`, roles: ["supplier"] })),
        tender: {
          documents: many((at) => ({ id: at })),
          lots: many((at) => ({ value: { amount: at, currency: "GBP" } })),
          items: many((at) => ({
            classification: { id: at },
            deliveryAddresses: [{ region: `UK${at}` }],
          })),
        },
        awards: many((at) => ({ date: "2026-01-01", suppliers: [{ id: `p${at}` }], value: { amount: at } })),
      };
      expect(mapRelease({ source, release, now }).kind).toBe("rejected");
    },
    60_000,
  );
});
