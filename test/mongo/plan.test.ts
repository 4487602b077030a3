// A start that is moved: only the difference is read, counted by the replica.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plan } from "../../src/plan/plan.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { openJob } from "../../src/run/jobs.ts";
import { createWorld, missingReleases, type World } from "../../src/sim/world.ts";
import type { SyncWindow } from "../../src/terms/documents.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, client, clear } = await freshDatabase({ monitorCommands: true });
beforeEach(clear);

const now = new Date("2026-06-10T12:00:00Z");
const HISTORY = new Date("2023-06-01T12:00:00Z");

function worldOf(notices: number): World {
  return createWorld({
    db,
    now,
    from: HISTORY,
    notices: { FIND_A_TENDER: notices, CONTRACTS_FINDER: notices },
    replica: { faults: [] },
    vars: { FAT_BACKFILL_START_DATE: "", CF_BACKFILL_START_DATE: "" },
  });
}

async function settle(world: World, start: string): Promise<void> {
  for (let hour = 0; hour < 3; hour++) {
    await world.run({ BACKFILL_START_DATE: start });
    world.pass(3_600_000);
  }
}

/** Months that requests have been made for since `before`, by source. */
function askedSince(world: World, before: Record<Source, Record<string, number>>): Record<Source, string[]> {
  const months = (source: Source) =>
    Object.entries(world.replica.stats()[source].byMonth)
      .filter(([month, times]) => times > (before[source][month] ?? 0))
      .map(([month]) => month)
      .sort();
  return { FIND_A_TENDER: months("FIND_A_TENDER"), CONTRACTS_FINDER: months("CONTRACTS_FINDER") };
}

const snapshot = (world: World): Record<Source, Record<string, number>> => {
  const { FIND_A_TENDER, CONTRACTS_FINDER } = world.replica.stats();
  return { FIND_A_TENDER: { ...FIND_A_TENDER.byMonth }, CONTRACTS_FINDER: { ...CONTRACTS_FINDER.byMonth } };
};

const statuses = async (): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status } of await db.syncWindows.find().toArray()) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};
const window = (id: string) => db.syncWindows.findOne({ _id: id });
const contractsOf = () => db.contracts.find({}, { sort: { _id: 1 } }).toArray();

describe("24 months that are finished", () => {
  it("moved by twelve months either way ask for the months of the difference alone, and back again for none", async () => {
    const world = worldOf(700);
    await settle(world, "2024-06-10");
    expect(await statuses()).toEqual({ done: 50 });
    expect(await missingReleases(db, world, now)).toEqual(await missingBefore(world, "2024-06-09T23:00:00Z"));

    const whole = snapshot(world);
    const stored = await contractsOf();
    await settle(world, "2025-06-10");
    // The partial month that the start cuts was whole, and stays so.
    expect(await statuses()).toEqual({ done: 26, cancelled: 24 });
    expect(askedSince(world, whole)).toEqual({ FIND_A_TENDER: ["2026-06"], CONTRACTS_FINDER: ["2026-06"] });

    const forward = snapshot(world);
    const asked = () => SOURCES.map((source) => world.replica.stats()[source].asked);
    const askedBefore = asked();
    await settle(world, "2024-06-10");
    // The delta's one page in each of three runs, and nothing else.
    expect(asked()).toEqual(askedBefore.map((requests) => requests + 3));
    expect(await statuses()).toEqual({ done: 50 });
    expect(askedSince(world, forward)).toEqual({ FIND_A_TENDER: ["2026-06"], CONTRACTS_FINDER: ["2026-06"] });
    expect(await contractsOf()).toEqual(stored);

    const again = snapshot(world);
    await settle(world, "2023-06-10");
    expect(await statuses()).toEqual({ done: 74 });
    const difference = Array.from({ length: 13 }, (_, month) =>
      new Date(Date.UTC(2023, 5 + month)).toISOString().slice(0, 7),
    );
    for (const source of SOURCES) {
      const asked = askedSince(world, again)[source];
      expect(asked).toEqual([...difference, "2026-06"]);
    }
    const proofs = await db.syncWindows.distinct("proof");
    expect(proofs).toEqual(["exact"]);
    expect(await missingReleases(db, world, now)).toEqual(await missingBefore(world, "2023-06-09T23:00:00Z"));
  }, 300_000);

  it("with a start in the middle of a month that is moved a week back read that week", async () => {
    const world = worldOf(3600);
    await settle(world, "2026-03-15");
    const months = () => Promise.all(SOURCES.map((source) => window(`${source}/2026-03`)));
    const before = await months();
    const asked = SOURCES.map((source) => world.replica.stats()[source].log.length);
    await settle(world, "2026-03-08");
    const after = await months();
    SOURCES.forEach((source, at) => {
      expect(after[at]).toMatchObject({
        ...{ status: "done", proof: "exact", from: new Date("2026-03-08T00:00:00Z") },
      });
      const log = world.replica.stats()[source].log.slice(asked[at]);
      const ranges = log.flatMap(({ asked: query }) => {
        const { searchParams } = new URL(query, "https://replica.example");
        const [from, to] = ["From", "To"].map(
          (end) => searchParams.get(`updated${end}`) ?? searchParams.get(`published${end}`) ?? "",
        );
        return from && to && from < "2026-06" ? [{ from, to }] : [];
      });
      expect(ranges.length).toBeGreaterThan(0);
      for (const { from, to } of ranges) {
        expect(from >= "2026-03-08T00:00:00").toBe(true);
        expect(to <= "2026-03-17T00:00:00").toBe(true); // a gap is looked at with both neighbours: the 15th is a Sunday
      }
      const published = world.replica.published(source, world.now().getTime());
      const within = (from: string, to: string) =>
        published.filter((one) => one.at >= Date.parse(from) && one.at < Date.parse(to)).length;
      expect(before[at]?.counts.releases).toBe(within("2026-03-15T00:00:00Z", "2026-03-31T23:00:00Z"));
      expect(after[at]?.counts.releases).toBe(within("2026-03-08T00:00:00Z", "2026-03-31T23:00:00Z"));
    });
    expect(await missingReleases(db, world, now)).toEqual(await missingBefore(world, "2026-03-08T00:00:00Z"));
  }, 300_000);
});

/** What nobody asked for. */
async function missingBefore(world: World, start: string): Promise<string[]> {
  const all = await missingReleases(db, world, now);
  return all.filter((one) => (/ of (\S+)$/.exec(one)?.[1] ?? "") < new Date(start).toISOString());
}

describe("two planners at once", () => {
  const source = "FIND_A_TENDER";
  const horizon = now;
  const stages = ["all"];
  const planned = (start: string, knownHash: string | null) =>
    plan(db, { source, start: new Date(start), horizon, stages, knownHash, now });
  const months = async (filter: Partial<SyncWindow> = {}) =>
    (await db.syncWindows.find({ source, ...filter }, { sort: { month: 1 } }).toArray()).map(
      ({ month }) => month,
    );
  afterEach(clear);

  it("that find nothing changed ask just whether a done window lacks a lane", async () => {
    const { hash } = await planned("2026-01-14T00:00:00Z", null);
    const commands: string[] = [];
    const note = ({ commandName }: { commandName: string }) => commands.push(commandName);
    client.on("commandStarted", note);
    expect(await planned("2026-01-14T00:00:00Z", hash)).toEqual({ hash, inserted: 0, moved: 0 });
    expect(commands.splice(0)).toEqual(["find"]);
    await planned("2026-01-13T00:00:00Z", hash);
    client.off("commandStarted", note);
    expect(commands).toEqual(["find", "update"]);
  });

  it("with the same settings make each window once", async () => {
    await Promise.all(Array.from({ length: 8 }, () => planned("2026-01-14T00:00:00Z", null)));
    expect(await months()).toEqual(["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]);
    expect(await db.syncWindows.countDocuments({ status: "pending" })).toBe(6);
  });

  it("with different settings end with the later ones, at the next invocation at the latest", async () => {
    const world = worldOf(40);
    for (let round = 0; round < 6; round++) {
      await Promise.all([
        world.run({ BACKFILL_START_DATE: "2026-01-14" }),
        world.run({ BACKFILL_START_DATE: "2026-04-14" }),
      ]);
      await world.run({ BACKFILL_START_DATE: "2026-04-14" });
      expect(await months({ status: "done" })).toEqual(["2026-04", "2026-05", "2026-06"]);
      const cut = await window(`${source}/2026-04`);
      expect(cut?.from.getTime()).toBeLessThanOrEqual(Date.parse("2026-04-13T23:00:00Z"));
      await clear();
    }
  });

  it("of which one is killed before it could note its plan are put right within a day", async () => {
    const job = await openJob(db, source, now);
    const first = await planned("2026-04-14T00:00:00Z", job.planHash);
    await planned("2026-01-14T00:00:00Z", job.planHash); // killed here
    expect(await months({ status: "pending" })).toHaveLength(6);
    expect(await planned("2026-04-14T00:00:00Z", first.hash)).toMatchObject({ inserted: 0, moved: 0 });
    const tomorrow = new Date(now.getTime() + 86_400_000);
    const start = new Date("2026-04-14T00:00:00Z");
    await plan(db, { source, start, horizon, stages, knownHash: first.hash, now: tomorrow });
    expect(await months({ status: "pending" })).toEqual(["2026-04", "2026-05", "2026-06"]);
  });
});
