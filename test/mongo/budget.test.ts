// The storage budget on a mongod of its own, because it counts every database of the cluster.
import { MongoClient } from "mongodb";
import { afterAll, describe, expect, it } from "vitest";
import { startMongod } from "../../src/local/mongod.ts";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import { SOURCES } from "../../src/replica/sources.ts";
import { statusOf } from "../../src/run/status.ts";
import { createWorld, missingReleases, type World, type WorldOptions } from "../../src/sim/world.ts";
import { measureStorage } from "../../src/store/budget.ts";
import type { SyncRun, SyncWindow } from "../../src/terms/documents.ts";

const MIB = 1_048_576;
const mongo = await startMongod({ ownServer: true });
const client = await new MongoClient(mongo.uri, { ignoreUndefined: true, monitorCommands: true }).connect();
afterAll(async () => {
  await client.close();
  await mongo.stop();
});

let databases = 0;
async function freshDatabase(): Promise<Database> {
  await client.db(`budget_${databases}`).dropDatabase();
  return collectionsOf(client.db(`budget_${++databases}`));
}

/** An index's size is only known after a checkpoint; mongod makes one each minute, which are six requests here. */
const checkpoint = () => client.db("admin").command({ fsync: 1 });
const REQUEST_MS = 10_000; // as many requests in a run as in a real one
const usedMb = async (db: Database) => (await measureStorage(db)).usedBytes / MIB;

const now = new Date("2026-06-10T12:00:00Z");
const DAY_MS = 86_400_000;

function worldOf(db: Database, { from, notices }: Pick<WorldOptions, "from" | "notices">): World {
  const replica = { faults: [], bodies: "full" as const };
  const world = createWorld({ db, now, from, notices, replica, afterMs: 90 * DAY_MS, requestMs: REQUEST_MS });
  const { get } = world.effects;
  let requests = 0;
  world.effects.get = async (...asked) => {
    if (++requests % 6 === 0) await checkpoint();
    return get(...asked);
  };
  return world;
}

const twoYears = (notices: number) => ({
  from: new Date("2024-06-10T12:00:00Z"),
  notices: { FIND_A_TENDER: notices, CONTRACTS_FINDER: notices },
});

/** A working day at least, so that new notices come in too. */
async function untilStill(world: World, vars: Record<string, string>): Promise<SyncRun[]> {
  const runs: SyncRun[] = [];
  for (let hour = 0; hour < 60; hour++) {
    await checkpoint();
    runs.push(await world.run({ ...vars, VERIFY_REQUESTS_PER_RUN: "0" }));
    world.pass(3_600_000 - (world.now().getTime() % 3_600_000));
    const last = runs.at(-1)?.sources ?? [];
    if (hour >= 8 && last.every(({ endedBy }) => endedBy === "nothing left")) break;
  }
  await checkpoint();
  return runs;
}

const windowsOf = (db: Database) => db.syncWindows.find({}, { sort: { from: -1, _id: 1 } }).toArray();

/** Newest first: what is done has no hole in it, and whatever is older waits. */
function expectNewestFirst(windows: SyncWindow[]): { done: number; deferred: number } {
  const oldestDone = Math.min(
    ...windows.filter(({ status }) => status === "done").map(({ from }) => Number(from)),
  );
  const waiting = windows.filter(({ status }) => status === "deferred");
  const newestWaiting = Math.max(...waiting.map(({ from }) => Number(from)));
  for (const source of SOURCES) {
    const states = windows.filter((window) => window.source === source).map(({ status }) => status);
    expect(states).toEqual(states.toSorted((a, b) => Number(a !== "done") - Number(b !== "done")));
  }
  expect(new Set(windows.map(({ status }) => status))).toEqual(new Set(["done", "deferred"]));
  // Both sources end in the same month, or in neighbouring ones.
  expect(newestWaiting).toBeLessThanOrEqual(oldestDone);
  return { done: windows.length - waiting.length, deferred: waiting.length };
}

async function expectCurrent(db: Database, world: World): Promise<void> {
  for (const { lastSyncedDate, status } of await db.syncJobs.find().toArray()) {
    expect(world.now().getTime() - lastSyncedDate.getTime()).toBeLessThan(2 * 3_600_000);
    expect(status).toBe("syncing");
  }
  const late = await missingReleases(db, world, new Date(world.now().getTime() - 2 * 3_600_000));
  expect(late.filter((one) => (/ of (\S+)$/.exec(one)?.[1] ?? "") >= now.toISOString())).toEqual([]);
}

/** All there is, in the real proportions of sources, years and months: 200 MB of the real 2 GB, or a fifth of that. */
const FULL = process.env["BUDGET_FULL"] !== undefined;
const BUDGET_MB = FULL ? 40 : 6;
const history = {
  from: new Date("2016-11-01T00:00:00Z"),
  notices: FULL
    ? { FIND_A_TENDER: 33_000, CONTRACTS_FINDER: 90_000 }
    : { FIND_A_TENDER: 5_000, CONTRACTS_FINDER: 13_500 },
};

describe("a budget of a fifth of what the history takes", () => {
  it("is filled with the newest months, and with more when it is raised", async () => {
    const db = await freshDatabase();
    const world = worldOf(db, history);
    for (const budget of [BUDGET_MB, 2 * BUDGET_MB]) {
      const runs = await untilStill(world, { STORAGE_BUDGET_MB: String(budget) });
      const used = await usedMb(db);
      const { done, deferred } = expectNewestFirst(await windowsOf(db));
      console.log(
        `STORAGE_BUDGET_MB=${budget}: ${used.toFixed(1)} MB (${((100 * used) / budget).toFixed(0)} %), ${done} windows done, ${deferred} deferred, ${runs.length} runs`,
      );
      expect(used / budget).toBeGreaterThan(FULL ? 0.85 : 0.8); // a month is a fifteenth of the smaller one
      expect(used / budget).toBeLessThan(1);
      await expectCurrent(db, world);
    }
    // Budget off: everything comes back.
    await world.run({ RUN_BUDGET_SECONDS: "60" });
    expect(await db.syncWindows.countDocuments({ status: "deferred" })).toBe(0);
  }, 300_000);

  it("that is lowered below what is there stops the backfill at once, and the delta at last and loudly", async () => {
    const db = await freshDatabase();
    const world = worldOf(db, twoYears(300));
    await world.run({ STORAGE_BUDGET_MB: "1000", VERIFY_REQUESTS_PER_RUN: "0" });
    await checkpoint();
    const used = await usedMb(db);
    const tight = String(used / 0.96); // the reserve is begun
    const during = await world.run({ STORAGE_BUDGET_MB: tight, VERIFY_REQUESTS_PER_RUN: "0" });
    expect(during.sources.flatMap(({ windowsDone }) => windowsDone)).toEqual([]);
    expect(during.outcome).toBe("done");
    world.pass(DAY_MS);
    const after = await world.run({ STORAGE_BUDGET_MB: tight, VERIFY_REQUESTS_PER_RUN: "0" });
    expect(after.sources.some(({ releases }) => releases > 0)).toBe(true);

    world.pass(3_600_000);
    // Before any run: who looks learns from the setting alone that nothing new will be stored.
    const lowered = { STORAGE_BUDGET_MB: String(used * 0.9) };
    const seen = await statusOf(db, world.configFor(lowered), world.now());
    expect(seen.alarms.map(({ key, text }) => `${key}: ${text}`)).toEqual([
      expect.stringMatching(/^storage: New notices are not stored any more. The database uses 11\d % of/),
    ]);
    const asked = () => SOURCES.map((source) => world.replica.stats()[source].asked);
    const before = asked();
    const over = await world.run({ ...lowered, VERIFY_REQUESTS_PER_RUN: "0" });
    expect(asked()).toEqual(before);
    expect(over.sources.map(({ endedBy }) => endedBy)).toEqual(["storage full", "storage full"]);
    expect(over.sources[0]?.errors[0]).toMatch(
      /New notices are not stored any more: .* STORAGE_BUDGET_MB is/,
    );
    expect((await db.syncJobs.findOne({ _id: "FIND_A_TENDER" }))?.status).toBe("error");

    const told = await statusOf(db, world.configFor(lowered), world.now());
    expect(told.alarms.map(({ key }) => key)).toEqual([
      ...SOURCES.map((source) => `failing/${source}`),
      "storage",
    ]);

    const again = await world.run({ STORAGE_BUDGET_MB: "1000" });
    expect(again.sources.every(({ endedBy }) => endedBy !== "storage full")).toBe(true);
  }, 300_000);

  it("is measured at the beginning and before each claim", async () => {
    const db = await freshDatabase();
    const world = worldOf(db, twoYears(200));
    await world.run({ STORAGE_BUDGET_MB: "1000" });
    const commands: string[] = [];
    const note = ({
      commandName,
      command,
    }: {
      commandName: string;
      command: { update?: unknown; findAndModify?: unknown };
    }) => commands.push(`${commandName} ${command.findAndModify ?? ""}`.trim());
    client.on("commandStarted", note);
    await world.run({ STORAGE_BUDGET_MB: "1000", RUN_BUDGET_SECONDS: "300" });
    client.off("commandStarted", note);
    const count = (name: string) => commands.filter((one) => one === name).length;
    const claims = count("findAndModify syncWindows");
    expect(claims).toBeGreaterThan(2);
    expect(count("dbStats")).toBeGreaterThan(1);
    expect(count("dbStats")).toBeLessThanOrEqual(1 + claims);
  });

  it("counts what other databases of the cluster hold", async () => {
    const db = await freshDatabase();
    const before = await usedMb(db);
    const other = client.db("somebody_else");
    await other.collection("things").insertOne({ text: "x".repeat(2 * MIB) });
    expect((await usedMb(db)) - before).toBeGreaterThan(1.9);
    await other.dropDatabase();
  });
});
