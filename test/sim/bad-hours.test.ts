// Hours in which the APIs lie: 200 with empty or halved lists, rows that appear days late. No month is `exact` by such
// answers, the alarms name source and month, and days later nothing is missing.
import { describe, expect, it } from "vitest";
import { hash } from "../../src/replica/random.ts";
import { HOUR_MS, type Lie, live } from "./live.ts";

/** The long form tries more of each kind: `LONG=1 npx vitest run test/sim/bad-hours.test.ts`. */
const LONG = process.env["LONG"] !== undefined;

const seen = (rows: { source: string; releaseId: string; at: number }[]) =>
  rows
    .map(({ source, releaseId, at }) => `${source} ${new Date(at).toISOString()} ${releaseId}`)
    .sort()
    .slice(-5);

const t0 = new Date("2026-06-17T09:20:00Z");
const from = new Date("2026-05-15T00:00:00Z");

const MORE: [string, Lie, string][] = [
  ["an empty list", "empty", "3"],
  ["every second row", "half", "3"],
];

describe("a lying hour", { timeout: 120_000 }, () => {
  it.each<[string, Lie, string]>([
    ["an empty list, proved at once", "empty", "0"],
    ["every second row and no links", "half without links", "3"],
    ...(LONG ? MORE : []),
  ])(
    "at the first run, %s: nothing is exact by it, and nothing is missing two days later",
    async (_, lie, hours) => {
      const options = { t0, from, hours: 56, lie: (hour: number) => (hour === 0 ? lie : null) };
      const { missing, falselyExact, suspected, alarms } = await live({
        ...options,
        vars: { VERIFY_AFTER_HOURS: hours },
      });
      expect(seen(missing)).toEqual([]);
      expect(falselyExact).toEqual([]);
      if (hours === "0") expect(suspected).toContain("CONTRACTS_FINDER/2026-05");
      expect([...alarms]).toContain(hours === "0" ? "suspect" : "drift");
    },
  );

  it("in new notices: nothing is missing two days later, and a list that stays empty is an alarm", async () => {
    const lie = (hour: number): Lie => (hour >= 24 && hour < 31 ? "empty" : hour === 34 ? "half" : null);
    const { missing, falselyExact, quiet, alarms } = await live({ t0, from, hours: 82, lie });
    expect(seen(missing)).toEqual([]);
    expect(falselyExact).toEqual([]);
    expect(quiet).toEqual(["CONTRACTS_FINDER", "FIND_A_TENDER"]);
    expect([...alarms]).toEqual(expect.arrayContaining(["quiet", "suspect"]));
  });

  it("while months are verified: what shrank is no proof, and nothing is deleted", async () => {
    const lie = (hour: number): Lie => (hour >= 3 && hour < 5 ? "half without links" : null);
    const { missing, falselyExact, suspected, windows } = await live({
      ...{ t0, from: new Date("2026-04-25T00:00:00Z"), hours: 40, lie },
      vars: { CF_WITNESS_URL: "off" }, // it is right, and proves months all the same
    });
    expect(seen(missing)).toEqual([]);
    expect(falselyExact).toEqual([]);
    expect(suspected).toContain("CONTRACTS_FINDER/2026-05");
    expect(windows.filter(({ to }) => to <= new Date("2026-06-01")).map(({ proof }) => proof)).toEqual(
      Array.from({ length: 4 }, () => "exact"),
    );
  });
});

it("an API that is away for eight hours lags behind, and says so", async () => {
  let hour = 0;
  const { alarms, missing } = await live({
    ...{ t0, from: new Date("2026-06-01T00:00:00Z"), hours: 12, lie: () => null },
    befalls: (_, answer) => (hour >= 2 && hour < 10 ? { ...answer, status: 503 } : answer),
    watch: async (seen) => {
      hour = seen.hour + 1;
      return false;
    },
  });
  expect([...alarms]).toEqual(expect.arrayContaining(["failing", "silent", "lag"]));
  expect(seen(missing)).toEqual([]);
});

describe("rows that appear late", { timeout: 120_000 }, () => {
  it.each(LONG ? [[2], [50]] : [[50]])(
    "by %i hours, a third of them, over the end of a month, are all there four days later",
    async (lag) => {
      const begun = new Date("2026-05-29T12:20:00Z");
      const options = { t0: begun, from: new Date("2026-05-15T00:00:00Z"), hours: 7 * 24, lie: () => null };
      const { missing, falselyExact, alarms } = await live({
        ...options,
        // All of them would be met by the delta: it begins at the newest that is stored.
        listedAt: ({ at, releaseId }) => at + (hash(releaseId) % 3 === 0 ? lag * HOUR_MS : 0),
      });
      const due = begun.getTime() + (7 - 4) * 24 * HOUR_MS;
      expect(seen(missing.filter(({ at }) => at < due))).toEqual([]);
      expect([...alarms]).toContain("late");
      expect(falselyExact).toEqual([]);
    },
  );
});

it("a month that answers 500 fails openly, also where runs are too short for all tries", async () => {
  const broken = { status: 500, retryAfter: null, body: new Uint8Array() };
  const { alarms, windows } = await live({
    ...{ t0, from, hours: 30, lie: () => null },
    vars: { RUN_BUDGET_SECONDS: "60", REQUESTS_PER_MINUTE: "6", CF_WITNESS_URL: "off" },
    befalls: ({ searchParams }, answer) =>
      searchParams.get("updatedTo")?.startsWith("2026-05") ? broken : answer,
  });
  expect([...alarms]).toContain("failed");
  expect(windows.find(({ _id }) => _id === "FIND_A_TENDER/2026-05")).toMatchObject({
    status: "failed",
    lastError: { kind: "broken" },
  });
});
