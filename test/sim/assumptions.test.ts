// What is taken for granted of the APIs is asked of them in the first run: a replica that breaks one thing is caught by its
// check, an alarm says so, and no month becomes exact by it.
import { describe, expect, it } from "vitest";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import type { Fault } from "../../src/replica/faults.ts";
import { broken } from "../../src/report/doubts.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore } from "../../src/sim/memory-store.ts";
import { createWorld } from "../../src/sim/world.ts";

const now = new Date("2026-09-24T12:00:00Z");
const HOUR_MS = 3_600_000;

function worldWith(faults: Fault[], notices = 300) {
  const db = collectionsOf(connect(createMemoryStore(() => now)));
  const world = createWorld({
    db,
    now,
    from: new Date("2026-08-01T00:00:00Z"),
    notices: { FIND_A_TENDER: notices, CONTRACTS_FINDER: notices },
    replica: { faults, outOfOrderMonths: ["2026-08", "2026-09"] },
  });
  return { db, world };
}

const failedIn = async (db: Database) =>
  (await db.assumptions.find({ holds: false }).toArray()).map(({ _id }) => _id).sort();
const exactIn = (db: Database) => db.syncWindows.countDocuments({ proof: "exact" });

const BOTH = ["CONTRACTS_FINDER", "FIND_A_TENDER"];
const of = (name: string) => BOTH.map((source) => `${source}/${name}`);

describe("what is taken for granted", { timeout: 60_000 }, () => {
  it("is asked once a week, with about a dozen requests a source, and stands against no proof while it holds", async () => {
    const { db, world } = worldWith([]);
    await world.run();
    const rows = await db.assumptions.find({}).toArray();
    expect(rows.filter(({ holds }) => holds !== true)).toEqual([]);
    for (const [source, names] of [
      ["FIND_A_TENDER", 10],
      ["CONTRACTS_FINDER", 7],
    ] as const) {
      const own = rows.filter((row) => row.source === source);
      expect(own).toHaveLength(names);
      expect(own.reduce((sum, { requests }) => sum + requests, 0)).toBeLessThanOrEqual(12);
    }
    expect(await exactIn(db)).toBeGreaterThan(0);
    const checkedAt = async () => (await db.assumptions.findOne({}))?.checkedAt.getTime() ?? 0;
    const first = await checkedAt();
    world.pass(24 * HOUR_MS);
    await world.run();
    expect(await checkedAt()).toBe(first);
    world.pass(7 * 24 * HOUR_MS);
    await world.run();
    expect(await checkedAt()).toBeGreaterThan(first);
  });

  it.each<[Fault[]]>([
    [["cursor-drops", "missing-links", "stages-hide", "comma-list-empty"]],
    [["wrong-dates", "late-rows", "duplicate-ids", "bare-zeros", "infinity", "mojibake"]],
    [["empty-body", "truncated", "reset", "500", "503", "wrong-echo"]],
  ])("holds under what the APIs are known to do: %s", async (faults) => {
    const { db, world } = worldWith(faults);
    await world.run();
    expect(await failedIn(db)).toEqual([]);
    expect(await db.assumptions.countDocuments({})).toBe(17);
  });

  it("cannot be told where nothing is published, and fails by that nowhere", async () => {
    const { db, world } = worldWith([], 0);
    await world.run();
    expect(await failedIn(db)).toEqual([]);
    const row = await db.assumptions.findOne({ _id: "CONTRACTS_FINDER/lower-end" });
    expect(row).toMatchObject({ holds: null, detail: "not enough published yet to tell" });
  });
});

describe("a habit that is broken", { timeout: 60_000 }, () => {
  it.each<[Fault, string[]]>([
    ["lower-end-exclusive", of("lower-end")],
    ["upper-end-exclusive", of("upper-end")],
    ["utc-clock", of("london-time")],
    ["unstable-pages", of("same-twice")],
    ["ids-lost", ["FIND_A_TENDER/known-id"]],
    ["absent-ids-found", ["FIND_A_TENDER/absent-id"]],
    ["unknown-parameters-ignored", ["FIND_A_TENDER/unknown-parameter"]],
  ])("%s is caught within the first run, and no month is exact by it", async (fault, expected) => {
    const { db, world } = worldWith([fault]);
    await world.run();
    expect(await failedIn(db)).toEqual(expect.arrayContaining(expected));
    for (const id of expected) {
      const [source = ""] = id.split("/");
      expect(await db.syncWindows.countDocuments({ source, proof: "exact" })).toBe(0);
    }
  });

  it.each<[Fault, string]>([
    ["out-of-order", "order"],
    ["full-page-drops", "halves"],
  ])("%s is caught, and months are proved by slices all the same", async (fault, name) => {
    const { db, world } = worldWith([fault]);
    await world.run();
    expect(await failedIn(db)).toEqual(expect.arrayContaining(of(name)));
  });

  it("is an alarm that says what cannot be believed", async () => {
    const { db, world } = worldWith(["upper-end-exclusive"]);
    await world.run();
    const failed = await db.assumptions.find({ source: "FIND_A_TENDER", holds: false }).toArray();
    const [alarm] = broken([], failed);
    expect(alarm).toMatchObject({ kind: "assumption", key: "assumption/FIND_A_TENDER/upper-end" });
    expect(alarm?.text).toMatch(/a range holds its last second .* two slices that touch/);
  });
});
