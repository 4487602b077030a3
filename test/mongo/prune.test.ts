// Pruning: what is older than the start goes in steps, nothing else does, and moving the start back fetches it again.
import { ObjectId } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import { SOURCES } from "../../src/replica/sources.ts";
import { createWorld, missingReleases, type World } from "../../src/sim/world.ts";
import { pruneStep } from "../../src/store/prune.ts";
import { prune } from "../../src/upkeep/prune.ts";
import { freshDatabase } from "../kit/database.ts";
import { storingTo, wrongCounts } from "../kit/records.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const now = new Date("2026-06-10T12:00:00Z");
const START = "2026-04-15";
const start = new Date("2026-04-14T23:00:00Z");
const sources = SOURCES.map((source) => ({ source, start }));

async function filledWorld(): Promise<World> {
  const world = createWorld({
    db,
    now,
    from: new Date("2026-01-01T12:00:00Z"),
    notices: { FIND_A_TENDER: 300, CONTRACTS_FINDER: 300 },
    replica: { faults: [] },
  });
  await settle(world, "2026-01-01");
  return world;
}

async function settle(world: World, day: string): Promise<void> {
  for (let hour = 0; hour < 3; hour++) {
    await world.run({ BACKFILL_START_DATE: day });
    world.pass(3_600_000);
  }
}

const older = () => db.contracts.countDocuments({ publishedDate: { $lt: start } });
describe("prune", () => {
  it("says what would go, and leaves everything as it is", async () => {
    await filledWorld();
    const before = [await db.contracts.countDocuments(), await db.syncWindows.find().toArray()];
    const reports = await prune({ db, sources, now, dryRun: true });
    expect(reports.map(({ contracts }) => contracts).reduce((a, b) => a + b)).toBe(await older());
    expect(reports[0]?.windows).toEqual([
      "FIND_A_TENDER/2026-01",
      "FIND_A_TENDER/2026-02",
      "FIND_A_TENDER/2026-03",
      "FIND_A_TENDER/2026-04",
    ]);
    expect(reports[0]?.bytes).toBeGreaterThan(50_000);
    expect([await db.contracts.countDocuments(), await db.syncWindows.find().toArray()]).toEqual(before);
  });

  it("deletes what is older, keeps the rest and its counts right, and moving back fetches it again", async () => {
    const world = await filledWorld();
    const all = await db.contracts
      .find({}, { projection: { createdAt: 0, updatedAt: 0 }, sort: { _id: 1 } })
      .toArray();
    const kept = all.filter(({ publishedDate }) => publishedDate >= start);
    await settle(world, START);
    const steps: number[] = [];
    await prune({ db, sources, now, dryRun: false, onStep: (_, gone) => steps.push(gone) });
    expect(steps.length).toBeGreaterThan(1);
    expect(await older()).toBe(0);
    expect(await db.contracts.countDocuments()).toBe(kept.length);
    expect(await wrongCounts(db)).toEqual([]);
    const cut = await db.syncWindows.findOne({ _id: "FIND_A_TENDER/2026-04" });
    expect(cut).toMatchObject({ status: "done", from: start });
    const inApril = await db.contracts.countDocuments({
      source: "FIND_A_TENDER",
      publishedDate: { $gte: start, $lt: new Date("2026-04-30T23:00:00Z") },
    });
    expect(cut?.counts.releases).toBe(inApril);

    // As it is, nothing is fetched again; moved back, everything is.
    const asked = world.replica.stats().FIND_A_TENDER.byMonth["2026-03"];
    await settle(world, START);
    expect(world.replica.stats().FIND_A_TENDER.byMonth["2026-03"]).toBe(asked);
    await settle(world, "2026-01-01");
    expect(await missingReleases(db, world, now)).toEqual([]);
    const again = await db.contracts
      .find({}, { projection: { createdAt: 0, updatedAt: 0 }, sort: { _id: 1 } })
      .toArray();
    expect(again).toEqual(all);
    expect(await wrongCounts(db)).toEqual([]);
    const windows = await db.syncWindows.find().toArray();
    expect(windows.every(({ status, proof }) => status === "done" && proof === "exact")).toBe(true);
    const fat = windows.filter(({ source }) => source === "FIND_A_TENDER");
    const published = world.replica.published("FIND_A_TENDER", now.getTime()).length;
    expect(fat.reduce((sum, { counts }) => sum + counts.releases, 0)).toBe(published);
  }, 300_000);

  it("stopped anywhere goes on, and nothing that is gone counts as read meanwhile", async () => {
    const world = await filledWorld();
    await settle(world, START);
    const stop = new Error("killed");
    const killed = prune({
      db,
      sources,
      now,
      dryRun: false,
      onStep: () => {
        throw stop;
      },
    });
    await expect(killed).rejects.toBe(stop);
    const left = await older();
    expect(left).toBeGreaterThan(0);
    await settle(world, "2026-01-01");
    expect(await missingReleases(db, world, now)).toEqual([]);
    await settle(world, START);
    await prune({ db, sources, now, dryRun: false });
    await prune({ db, sources, now, dryRun: false });
    expect(await older()).toBe(0);
    expect(await wrongCounts(db)).toEqual([]);
    const cut = await db.syncWindows.findOne({ _id: "FIND_A_TENDER/2026-04" });
    expect(cut?.counts.releases).toBeGreaterThan(0);
  }, 300_000);

  it("while pages are stored leaves every count right", async () => {
    const world = await filledWorld();
    await db.syncWindows.updateMany({}, { $set: { status: "cancelled", doneAt: null } });
    const old = { source: "CONTRACTS_FINDER" as const, before: start, kept: [] };
    const pruning = (async () => {
      while ((await pruneStep(storingTo(db, now), old, 40)) > 0);
    })();
    await Promise.all([pruning, world.run({ BACKFILL_START_DATE: START })]);
    expect(await wrongCounts(db)).toEqual([]);
  }, 300_000);

  it("keeps a notice whose date lies before the start when its number was listed after it", async () => {
    const world = await filledWorld();
    await settle(world, START);
    const misdated = await db.contracts.findOneAndUpdate(
      { source: "FIND_A_TENDER", publishedDate: { $gt: new Date("2026-05-10T00:00:00Z") } },
      { $set: { publishedDate: new Date("2026-02-01T00:00:00Z") } },
    );
    await prune({ db, sources, now, dryRun: false });
    expect(await db.contracts.findOne({ _id: misdated?._id ?? new ObjectId() })).not.toBeNull();
  });
});
