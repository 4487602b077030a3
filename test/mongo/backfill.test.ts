// Whole backfills in this process: the production code, a real mongod, the replica as the network.
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/platform/database.ts";
import { ALL_FAULTS, DEFAULT_FAULTS } from "../../src/replica/faults.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { createWorld, missingReleases, type World } from "../../src/sim/world.ts";
import type { SyncWindow } from "../../src/terms/documents.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const NONE: Record<Source, number> = { FIND_A_TENDER: 0, CONTRACTS_FINDER: 0 };
const now = new Date("2026-06-20T12:00:00Z");
const windows = (filter: object = {}): Promise<SyncWindow[]> =>
  db.syncWindows.find(filter).sort({ _id: 1 }).toArray();

async function runs(world: World, count: number, vars: Record<string, string> = {}): Promise<void> {
  for (let at = 0; at < count; at++) {
    await world.run(vars);
    world.pass(3_600_000);
  }
}

/** Everything but times, for comparing two states. */
async function snapshot(from: Database) {
  const [contracts, buyers] = await Promise.all([
    from.contracts.find().sort({ _id: 1 }).toArray(),
    from.buyers.find().sort({ _id: 1 }).toArray(),
  ]);
  return { contracts, buyers };
}

describe("a backfill", () => {
  it("with every ordinary fault ends with nothing missing, and a second one changes nothing", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-03-10T00:00:00Z"),
      notices: { FIND_A_TENDER: 250, CONTRACTS_FINDER: 250 },
      replica: { faults: DEFAULT_FAULTS, faultShare: 0.05 },
    });
    await runs(world, 4);
    expect(await missingReleases(db, world, now)).toEqual([]);
    const done = await windows();
    expect(done.map(({ _id, status, proof }) => [_id, status, proof])).toEqual(
      ["CONTRACTS_FINDER", "FIND_A_TENDER"].flatMap((source) =>
        ["2026-03", "2026-04", "2026-05", "2026-06"].map((month) => [`${source}/${month}`, "done", "exact"]),
      ),
    );
    expect(await db.syncJobs.find().toArray()).toMatchObject([{ status: "syncing" }, { status: "syncing" }]);

    const before = await snapshot(db);
    for (const { _id, lanes } of done) {
      const afresh = lanes.map(({ stage }) => ({
        stage,
        frontier: done.find((one) => one._id === _id)?.to && topOf(done, _id),
        done: false,
      }));
      await db.syncWindows.updateOne(
        { _id },
        { $set: { status: "pending", lanes: afresh as SyncWindow["lanes"] } },
      );
    }
    await runs(world, 3);
    expect((await windows()).every(({ status }) => status === "done")).toBe(true);
    expect(await snapshot(db)).toEqual(before);
  });

  const withBroken = async (fault: "broken-release" | "unclosed-quote") => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-05-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 700, CONTRACTS_FINDER: 700 },
      replica: { faults: [fault] },
    });
    await runs(world, 3);
    expect(await missingReleases(db, world, now)).toEqual([]);
    const all = await windows();
    const sum = (of: (window: SyncWindow) => number) => all.reduce((total, one) => total + of(one), 0);
    const broken = SOURCES.flatMap((source) =>
      world.replica.published(source, now.getTime()).filter(({ plant }) => plant === fault),
    );
    const drained = sum(({ counts }) => counts.requests);
    const verified = sum(({ verify }) => verify?.requests ?? 0);
    console.log(`${broken.length} with ${fault}: ${drained} requests to drain 1,400, ${verified} to verify`);
    expect(broken.length).toBeGreaterThan(0);
    // A slice that nobody could read whole is said openly, and keeps its month from being exact.
    expect(all.every(({ proof, unproven }) => (proof === "exact") === (unproven.length === 0))).toBe(true);
    return { all, broken: broken.length, drained, verified };
  };

  it("names releases that are not valid JSON and stand alone in their page; nothing is halved for them", async () => {
    const { all, broken, drained, verified } = await withBroken("broken-release");
    expect(await db.quarantine.countDocuments({ ocid: { $ne: null } })).toBe(broken);
    expect(drained).toBeLessThan(22 + 3 * broken);
    expect(verified).toBeLessThan(22 + 3 * broken);
    expect(all.flatMap(({ unproven }) => unproven)).toEqual([]);
  });

  it("halves down to a release that takes its page with it, stores the rest, and says so", async () => {
    const { all, broken } = await withBroken("unclosed-quote");
    expect(await db.quarantine.countDocuments({ ocid: { $ne: null } })).toBe(broken);
    const alarms = all.flatMap((window) => window.alarms ?? []);
    expect(alarms.filter(({ kind }) => kind === "unreadable").length).toBeGreaterThanOrEqual(broken);
    expect(all.flatMap(({ unproven }) => unproven).length).toBeGreaterThanOrEqual(broken);
  });

  it("with all faults at once loses nothing", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-04-20T00:00:00Z"),
      notices: { FIND_A_TENDER: 200, CONTRACTS_FINDER: 200 },
      replica: { faults: ALL_FAULTS, faultShare: 0.1, outOfOrderMonths: ["2026-05"] },
    });
    const unsettled = async () =>
      (await windows()).filter(
        ({ status, proof, unproven }) => status !== "done" || (proof !== "exact" && unproven.length === 0),
      );
    await runs(world, 5);
    for (let hour = 5; hour < 60 && (await unsettled()).length > 0; hour++) await runs(world, 1);
    expect(await missingReleases(db, world, now)).toEqual([]);
    expect(await unsettled()).toEqual([]);
  });
});

describe("hard places", () => {
  it("a second with 130 notices is read on through the cursor and by number, and said to be unproven", async () => {
    const crowds = [{ at: new Date("2026-06-10T10:00:00Z"), count: 130 }];
    const world = createWorld({
      db,
      now,
      from: new Date("2026-06-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 300, CONTRACTS_FINDER: 300 },
      history: { crowds },
      replica: { faults: ["cursor-drops", "self-cursor"], faultShare: 0.3 },
    });
    await runs(world, 2);
    expect(await missingReleases(db, world, now)).toEqual([]);
    const [cf, fat] = await windows();
    const inTheSecond = (slice: { from: string; to: string }) =>
      slice.from <= "2026-06-10T11:00:00" && slice.to >= "2026-06-10T11:00:00";
    expect(fat?.unproven.length).toBeGreaterThan(0);
    expect(fat?.unproven.every(inTheSecond)).toBe(true);
    expect(cf?.unproven).toEqual([]); // lanes of fewer than a hundred each
  });

  it("a day with 1,000 notices is read by the walk alone", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-06-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 200, CONTRACTS_FINDER: 200 },
      history: { busyDays: [{ day: new Date("2026-06-09T00:00:00Z"), count: 1000 }] },
    });
    await world.run({ VERIFY_REQUESTS_PER_RUN: "0" });
    expect(await missingReleases(db, world, now)).toEqual([]);
    expect((await windows()).flatMap(({ unproven, alarms = [] }) => [...unproven, ...alarms])).toEqual([]);
  });

  it("pages without links.next are not taken for the last", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-05-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 600, CONTRACTS_FINDER: 600 },
      replica: { faults: ["missing-links"] },
    });
    await world.run({ VERIFY_REQUESTS_PER_RUN: "0" });
    expect(world.replica.stats().FIND_A_TENDER.faults["missing-links"]).toBeGreaterThan(0);
    expect(await missingReleases(db, world, now)).toEqual([]);
  });

  it("a month out of order goes on in slices, raises an alarm, and loses nothing", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-04-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 500, CONTRACTS_FINDER: 500 },
      replica: { faults: ["out-of-order"], outOfOrderMonths: ["2026-05"] },
    });
    await runs(world, 2);
    expect(await missingReleases(db, world, now)).toEqual([]);
    for (const window of await windows()) {
      const kinds = (window.alarms ?? []).map(({ kind }) => kind);
      expect(kinds.includes("order")).toBe(window.month === "2026-05");
      expect(window.proof).toBe("exact");
    }
  });

  it("new notices out of order are read in slices, and their source says so", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-06-15T00:00:00Z"),
      notices: { FIND_A_TENDER: 2000, CONTRACTS_FINDER: 0 },
      afterMs: 10 * 86_400_000,
      replica: { faults: ["out-of-order"], outOfOrderMonths: ["2026-06"] },
    });
    await runs(world, 1);
    world.pass(3 * 86_400_000); // an outage: more than a page of new notices
    await runs(world, 2);
    const [fat, cf] = await Promise.all(
      (["FIND_A_TENDER", "CONTRACTS_FINDER"] as const).map((_id) => db.syncJobs.findOne({ _id })),
    );
    expect(fat?.alarms?.map(({ kind }) => kind)).toEqual(["order"]);
    expect(cf?.alarms).toBeUndefined();
    expect(await missingReleases(db, world, fat?.lastSyncedDate ?? now)).toEqual([]);
  });

  it("rows that appear days late are found by verification, and the window says so", async () => {
    const friday = new Date("2026-06-19T17:00:00Z"); // a Saturday has hardly any row that could be late
    const world = createWorld({
      db,
      now: friday,
      from: new Date("2026-06-10T00:00:00Z"),
      notices: { FIND_A_TENDER: 500, CONTRACTS_FINDER: 500 },
      replica: { faults: ["very-late-rows"] },
    });
    await world.run({ VERIFY_REQUESTS_PER_RUN: "0" });
    world.pass(3 * 86_400_000);
    const late = await missingReleases(db, world, friday);
    expect(late.length).toBeGreaterThan(0);
    await runs(world, 2);
    expect(await missingReleases(db, world, friday)).toEqual([]);
    const drift = (await windows()).flatMap((window) => window.drift.map(({ missing }) => missing));
    // The delta's overlap may have met some of them first.
    expect(drift.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
    expect(drift.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(late.length);
  });

  it.each([
    ["spring", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z"],
    ["autumn", "2025-10-26T12:00:00Z", "2025-10-25T22:00:00Z"],
  ])(
    "the clock change of %s hides nothing, though the busiest hour stands in it",
    async (season, at, from) => {
      const day = new Date(at);
      const crowds = Array.from({ length: 300 }, (_unused, minute) => ({
        at: new Date(Date.parse(from) + minute * 60_000),
        count: 2,
      }));
      const world = createWorld({
        db,
        now: new Date(day.getTime() + 3 * 86_400_000),
        from: new Date(day.getTime() - 20 * 86_400_000),
        notices: NONE,
        history: { crowds },
      });
      await runs(world, 2);
      expect(await missingReleases(db, world, world.now())).toEqual([]);
      const read = (await windows()).filter(({ counts }) => counts.releases > 0);
      // In autumn two hours are one slice (240 notices here): all of it is stored, and what no page could prove is said.
      for (const { _id, proof, unproven } of read)
        expect([_id, proof]).toEqual([_id, unproven.length > 0 ? "ordered" : "exact"]);
      const openly = read.filter(({ unproven }) => unproven.length > 0).map(({ _id }) => _id);
      expect(openly).toEqual(
        season === "spring" ? [] : ["CONTRACTS_FINDER/2025-10", "FIND_A_TENDER/2025-10"],
      );
    },
  );

  it("a lane that a filter hides is found by verification", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-06-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 600, CONTRACTS_FINDER: 0 },
      replica: { faults: ["stages-hide"] },
      vars: { FAT_STAGES: "planning,tender,award" },
    });
    await world.run({ VERIFY_REQUESTS_PER_RUN: "0" });
    expect((await missingReleases(db, world, now)).length).toBeGreaterThan(300);
    await runs(world, 2);
    expect(await missingReleases(db, world, now)).toEqual([]);
  });
});

describe("the hand-over", () => {
  const EVERY_HOURS = 18;

  it("leaves no instant in nobody's hands, though the backfill takes days and months end meanwhile", async () => {
    const start = new Date("2026-06-28T12:00:00Z");
    const world = createWorld({
      db,
      now: start,
      from: new Date("2026-04-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 300, CONTRACTS_FINDER: 300 },
      afterMs: 40 * 86_400_000,
      requestMs: 10_000,
      vars: { RUN_BUDGET_SECONDS: "60" },
    });
    const hours = (24 * 36) / EVERY_HOURS;
    for (let hour = 0; hour < hours; hour++) {
      await world.run();
      if (hour % 3 === 1) {
        const horizon = (await db.syncJobs.findOne({ _id: "FIND_A_TENDER" }))?.lastSyncedDate ?? start;
        // From the first hour on, what is new arrives, whatever the backfill does.
        expect(world.now().getTime() - horizon.getTime()).toBeLessThan(2 * 3_600_000);
      }
      world.pass(EVERY_HOURS * 3_600_000 - 100_000);
    }
    const job = await db.syncJobs.findOne({ _id: "FIND_A_TENDER" });
    expect(await missingReleases(db, world, job?.lastSyncedDate ?? start)).toEqual([]);
    const months = (await windows({ source: "FIND_A_TENDER" })).map(({ month, status, to }) => [
      month,
      status,
      to.toISOString(),
    ]);
    expect(months).toEqual([
      ["2026-04", "done", "2026-04-30T23:00:00.000Z"],
      ["2026-05", "done", "2026-05-31T23:00:00.000Z"],
      ["2026-06", "done", "2026-06-30T23:00:00.000Z"],
      ["2026-07", "done", "2026-07-31T23:00:00.000Z"],
    ]);
  }, 300_000);

  it("makes up for an outage of weeks by a walk whose progress is kept", async () => {
    const world = createWorld({
      db,
      now,
      from: new Date("2026-06-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 1500, CONTRACTS_FINDER: 1500 },
      afterMs: 60 * 86_400_000,
      requestMs: 10_000,
      vars: { RUN_BUDGET_SECONDS: "30", VERIFY_REQUESTS_PER_RUN: "0" },
    });
    await runs(world, 12);
    world.pass(18 * 86_400_000);
    // Two of the four pages that Find a Tender has brought; both sources have one clock here, so the other one rests.
    const pause = (paused: boolean) =>
      db.syncJobs.updateOne({ _id: "CONTRACTS_FINDER" }, { $set: { paused } });
    await pause(true);
    await world.run({ RUN_BUDGET_SECONDS: "20" });
    await pause(false);
    const during = await db.syncJobs.findOne({ _id: "FIND_A_TENDER" });
    expect(during?.deltaWalk?.lanes[0]?.done).toBe(false);
    expect(during?.lastSyncedDate.getTime()).toBeLessThan(world.now().getTime() - 17 * 86_400_000);
    await runs(world, 8);
    const after = await db.syncJobs.findOne({ _id: "FIND_A_TENDER" });
    expect(after?.lastSyncedDate.getTime()).toBeGreaterThan(world.now().getTime() - 3 * 3_600_000);
    expect(await missingReleases(db, world, after?.lastSyncedDate ?? now)).toEqual([]);
  });
});

function topOf(all: SyncWindow[], id: string): string {
  const window = all.find(({ _id }) => _id === id);
  return window ? firstFrontier(window.to) : "";
}

function firstFrontier(to: Date): string {
  const summer = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Europe/London",
    dateStyle: "short",
    timeStyle: "medium",
  });
  return summer.format(new Date(to.getTime() - 1)).replace(" ", "T");
}
