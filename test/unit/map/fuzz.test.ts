// Mutated releases: each maps to a valid document or is rejected; none throws, none is stored invalid.
// FUZZ_RELEASES=100000 npx vitest run test/unit/map/fuzz.test.ts does the long run.
import { BSON } from "mongodb";
import { describe, expect, it } from "vitest";
import { readPage } from "../../../src/fetch/page.ts";
import { mapRelease } from "../../../src/map/map-release.ts";
import { createHistory } from "../../../src/replica/history.ts";
import { createRandom, pick, type Random } from "../../../src/replica/random.ts";
import { releaseText } from "../../../src/replica/release.ts";
import { buyerSchema, contractSchema } from "../../../src/terms/documents.ts";
import { SOURCES, type Source } from "../../../src/terms/window.ts";
import { hasCorpus, recordedReleases } from "../../kit/corpus.ts";

const RELEASES = Number(process.env["FUZZ_RELEASES"] ?? 6000);
const now = new Date("2026-11-24T12:00:00Z");

const STRANGE: ((random: Random) => unknown)[] = [
  () => null,
  () => [],
  () => ({}),
  () => "",
  () => "\ud800 lone",
  () => "\u0000",
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -1e308,
  () => true,
  () => [null, 1, "x", [[]], {}],
  () => ({ "1": { id: "x" }, "2": null }),
  () => ({ "a.b": 1, $where: "x", constructor: 2 }),
  () => JSON.parse('{"__proto__":{"id":"x","title":"polluted"}}'),
  () => "0201-01-01T00:00:00Z",
  () => "2026-02-30T00:00:00",
  () => "9999-12-31T23:59:59Z",
  () => "2026-03-29T01:30:00",
  () => "1e400",
  (random) => "x".repeat(Math.floor(random() * 20_000)),
  (random) => random() * 1e12,
];

/** The value with a few of its places changed. */
function mutate(value: unknown, random: Random, share: number): unknown {
  if (random() < share) return pick(random, STRANGE)(random);
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

describe("mutated releases", () => {
  it.each(SOURCES)(
    `of %s map to valid documents or are rejected (${RELEASES} of them)`,
    async (source) => {
      const random = createRandom(42);
      const originals = await seeds(source);
      let mapped = 0;
      for (let at = 0; at < RELEASES; at++) {
        const release = mutate(originals[at % originals.length], random, pick(random, [0.002, 0.02, 0.1]));
        const result = mapRelease({ source, release, now });
        if (result.kind === "rejected") {
          expect(result.reason).not.toBe("");
          continue;
        }
        mapped++;
        const problems =
          contractSchema.safeParse({ ...result.contract, createdAt: now, updatedAt: now }).error?.issues ??
          [];
        if (problems.length > 0) throw new Error(`${JSON.stringify(problems)} of ${JSON.stringify(release)}`);
        if (result.buyer)
          buyerSchema.parse({ ...result.buyer, contractCount: 1, createdAt: now, updatedAt: now });
        // What BSON writes it must read back the same: no lone surrogate, no NaN.
        const { contract } = result;
        const back = BSON.deserialize(BSON.serialize(contract));
        expect(back).toEqual(contract);
      }
      expect(mapped).toBeGreaterThan(RELEASES / 4);
    },
    300_000,
  );

  it("never take their page with them", () => {
    const random = createRandom(7);
    const [one] = createHistory({
      source: "FIND_A_TENDER",
      seed: 3,
      from: new Date("2026-01-01"),
      to: new Date("2026-02-01"),
      notices: 1,
    });
    if (!one) throw new Error("no release");
    const original: unknown = JSON.parse(releaseText("FIND_A_TENDER", one, "full"));
    for (let at = 0; at < 300; at++) {
      const releases = [original, mutate(original, random, 0.2)];
      const read = readPage(new TextEncoder().encode(JSON.stringify({ uri: "", releases })));
      expect(read.kind === "page" && read.page.rows.length + read.page.unidentified.length).toBe(2);
    }
  });
});
