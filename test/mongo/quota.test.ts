// Over the quota at each single write of an invocation in turn: the run ends at once, nothing is lost or falsely done, no
// hot loop, and after room is made it goes on by itself.
import { MongoClient } from "mongodb";
import { afterAll, describe, expect, it } from "vitest";
import { startMongod } from "../../src/local/mongod.ts";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { openJob, setPaused } from "../../src/run/jobs.ts";
import { createWorld, missingReleases, type World } from "../../src/sim/world.ts";
import { prune } from "../../src/upkeep/prune.ts";
import { type Refused, startQuotaProxy } from "../kit/quota-proxy.ts";
import { wrongCounts } from "../kit/records.ts";

const NOTICES = 6; // of each source: a page
/** Full at each write in turn; or at every second and every fifth: `QUOTA_FULL=1 npx vitest run test/mongo/quota.test.ts`. */
const FULL = process.env["QUOTA_FULL"] !== undefined;
const HOUR_MS = 3_600_000;
const now = new Date("2026-06-20T12:00:00Z");
const mongo = await startMongod({ ownServer: true });
const proxy = await startQuotaProxy(mongo.uri);
const client = await new MongoClient(proxy.uri, { ignoreUndefined: true }).connect();
const direct = await new MongoClient(mongo.uri, { ignoreUndefined: true }).connect();
afterAll(async () => {
  await client.close();
  await direct.close();
  await proxy.close();
  await mongo.stop();
});

function worldOf(db: Database): World {
  return createWorld({
    ...{ db, now, from: new Date("2026-06-10T00:00:00Z") },
    notices: { FIND_A_TENDER: NOTICES, CONTRACTS_FINDER: NOTICES },
    ...{ replica: { faults: [] }, afterMs: 86_400_000 },
  });
}

/** What counts as read is stored: windows that are done, and what the delta has passed. */
async function expectNothingFalselyDone(db: Database, world: World): Promise<void> {
  const missing = (await missingReleases(db, world, world.now())).map((one) => {
    const [source = "", at = ""] = /^(\S+) .* of (\S+)$/.exec(one)?.slice(1) ?? [];
    return { source, at: new Date(at) };
  });
  for (const { source, from, to } of await db.syncWindows.find({ status: "done" }).toArray())
    expect(missing.filter((one) => one.source === source && one.at >= from && one.at < to)).toEqual([]);
  for (const { source, horizon, lastSyncedDate } of await db.syncJobs.find().toArray())
    expect(
      missing.filter((one) => one.source === source && one.at >= horizon && one.at < lastSyncedDate),
    ).toEqual([]);
}

/** One history, full after so many writes, an hour later still, and then with room again. */
async function fullAt(
  writes: number,
  paused: Source | null,
): Promise<{ during: Refused[]; hourLater: Refused[] }> {
  const name = `quota_${writes}`;
  const [db, real] = [collectionsOf(client.db(name)), collectionsOf(direct.db(name))];
  const world = worldOf(db);
  if (paused) {
    await openJob(real, paused, now);
    await setPaused(real, { source: paused, paused: true, now });
  }
  proxy.fullAfter(writes);
  const first = await world.run();
  const during = proxy.refused();
  if (during.length === 0) return { during, hourLater: [] };
  for (const { endedBy } of first.sources)
    expect(["storage full", "nothing left", "paused"]).toContain(endedBy);
  await expectNothingFalselyDone(real, world);

  world.pass(HOUR_MS);
  proxy.fullAfter(0);
  const later = await world.run();
  const hourLater = proxy.refused();
  expect(later.sources.map(({ endedBy }) => endedBy)).toEqual(["storage full", "storage full"]);
  expect(later.sources[0]?.errors[0]).toMatch(/MongoDB refuses writes over its quota.*prune/);
  await expectNothingFalselyDone(real, world);

  proxy.makeRoom();
  if (paused) await setPaused(real, { source: paused, paused: false, now });
  // An hour has passed: a claim that could not be given back has expired.
  await real.syncWindows.updateMany({ status: "running" }, { $set: { "claim.until": new Date(0) } });
  world.pass(HOUR_MS);
  await world.run();
  expect(await missingReleases(real, world, new Date(world.now().getTime() - HOUR_MS))).toEqual([]);
  expect(await real.syncWindows.distinct("status")).toEqual(["done"]);
  expect(await real.syncJobs.distinct("status")).toEqual(["syncing"]);
  await direct.db(name).dropDatabase();
  return { during, hourLater };
}

describe("over the quota", () => {
  it.each([
    ["one source", "CONTRACTS_FINDER", FULL ? 1 : 4],
    ["both sources at once", null, FULL ? 3 : 9],
  ] as const)(
    "in the middle of an invocation of %s: nothing is lost or falsely done, two pages an hour at most are tried, and it goes on by itself",
    async (_, paused, step) => {
      const cut: Refused[] = [];
      let writes = 0;
      for (; ; writes += step) {
        const { during, hourLater } = await fullAt(writes, paused);
        if (during.length === 0) break;
        // A page writes its contracts and its buyers at once, and each source has one page under way.
        expect(during.length).toBeLessThanOrEqual(4);
        expect(hourLater.map(({ command }) => command)).toEqual(["insert syncRuns"]);
        cut.push(...during.slice(0, 1));
      }
      const kinds = new Set(cut.map(({ command }) => command));
      console.log(`${writes} writes, every ${step} in turn: ${[...kinds].join(", ")}`);
      expect(kinds.size).toBeGreaterThan(paused ? 4 : 2);
      // A page of contracts is cut at each of its operations, or at every second.
      const pages = cut.filter(({ command, of }) => command === "insert contracts" && of === NOTICES);
      if (paused) expect(new Set(pages.map(({ kept }) => kept)).size).toBeGreaterThanOrEqual(NOTICES / step);
    },
    300_000,
  );

  it("prune makes the room, marks the rest as soon as it may, and nothing that counts as read is gone", async () => {
    const steps = 2;
    const name = "quota_prune";
    const [db, real] = [collectionsOf(client.db(name)), collectionsOf(direct.db(name))];
    const world = createWorld({
      ...{ db, now, from: new Date("2026-03-10T00:00:00Z"), replica: { faults: [] } },
      notices: { FIND_A_TENDER: 1800, CONTRACTS_FINDER: 200 },
    });
    proxy.makeRoom();
    await world.run();
    expect(await real.syncWindows.distinct("status")).toEqual(["done"]);
    const start = new Date("2026-05-14T23:00:00Z");
    const sources = SOURCES.map((source) => ({ source, start }));
    proxy.fullAfter(0, steps);
    const reports = await prune({ db, sources, now, dryRun: false });
    expect(proxy.refused().length).toBeGreaterThanOrEqual(steps);
    expect(reports[0]?.contracts).toBeGreaterThan(1000);
    expect(await real.contracts.countDocuments({ publishedDate: { $lt: start } })).toBe(0);
    expect(await wrongCounts(real)).toEqual([]);
    const settings = { BACKFILL_START_DATE: "2026-05-15" };
    for (let hour = 0; hour < 2; hour++) {
      world.pass(HOUR_MS);
      await world.run(settings);
    }
    const missing = async () =>
      (await missingReleases(real, world, now)).map((one) => one.slice(one.lastIndexOf(" ") + 1));
    expect((await missing()).filter((at) => at >= start.toISOString())).toEqual([]);
    // Moved back, the start fetches again what was deleted.
    world.pass(HOUR_MS);
    await world.run({ BACKFILL_START_DATE: "2026-03-10" });
    expect(await missing()).toEqual([]);
    await direct.db(name).dropDatabase();
  }, 300_000);
});
