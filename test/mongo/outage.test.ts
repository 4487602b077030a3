// MongoDB pulled out from under a run: killed and started again, stepped down. The run ends cleanly, the next one
// goes on, nothing is lost.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { describe, expect, it } from "vitest";
import { freePort, startMongod } from "../../src/local/mongod.ts";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import { createWorld, missingReleases, type World } from "../../src/sim/world.ts";

const now = new Date("2026-06-20T12:00:00Z");
const worldOf = (db: Database, interrupt: (requests: number) => Promise<void>): World => {
  const world = createWorld({
    db,
    now,
    from: new Date("2026-04-10T00:00:00Z"),
    notices: { FIND_A_TENDER: 400, CONTRACTS_FINDER: 400 },
  });
  let requests = 0;
  const { get } = world.effects;
  world.effects.get = async (url, options) => {
    await interrupt(++requests);
    return get(url, options);
  };
  return world;
};

async function finished(db: Database, world: World): Promise<void> {
  for (let run = 0; run < 6; run++) {
    world.pass(3_600_000);
    await db.syncWindows.updateMany({ status: "running" }, { $set: { "claim.until": new Date(0) } });
    await db.syncWindows.updateMany({ status: "pending" }, { $set: { retryAt: null } });
    await world.run();
  }
  expect(await missingReleases(db, world, now)).toEqual([]);
  expect(await db.syncWindows.countDocuments({ status: { $ne: "done" } })).toBe(0);
}

const quick = {
  serverSelectionTimeoutMS: 1500,
  connectTimeoutMS: 1000,
  socketTimeoutMS: 3000,
  ignoreUndefined: true,
};

describe("MongoDB", () => {
  it("killed in the middle of a run, and started again", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tendhunt-outage-"));
    const port = await freePort();
    let mongo = await startMongod({ ownServer: true, dataDir, port });
    const client = await new MongoClient(mongo.uri, quick).connect();
    const db = collectionsOf(client.db("outage"));
    const world = worldOf(db, async (requests) => {
      if (requests === 20 && mongo.pid) process.kill(mongo.pid, "SIGKILL");
    });
    const outcome = await world.run().then(
      ({ outcome: ended }) => ended,
      (error: Error) => error.name,
    );
    expect(outcome).not.toBe("done");
    await mongo.stop();
    mongo = await startMongod({ ownServer: true, dataDir, port });
    await finished(db, world);
    await client.close();
    await mongo.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 300_000);

  it("stepped down in the middle of a run", async () => {
    const mongo = await startMongod({ ownServer: true, replicaSet: true });
    const client = await new MongoClient(mongo.uri.replace("directConnection=true&", ""), {
      ...quick,
      serverSelectionTimeoutMS: 15_000,
    }).connect();
    const db = collectionsOf(client.db("stepdown"));
    let stepped = 0;
    const world = worldOf(db, async (requests) => {
      if (requests % 15 !== 0 || stepped >= 2) return;
      stepped++;
      const admin = new MongoClient(mongo.uri, quick);
      await admin.db("admin").command({ replSetStepDown: 2, force: true });
      await admin.close();
    });
    await world.run().catch((error: Error) => error);
    expect(stepped).toBeGreaterThan(0);
    await finished(db, world);
    await client.close();
    await mongo.stop();
  }, 300_000);

  it("out of disk: the run ends at once as full, the next one goes on by itself", async () => {
    const mongo = await startMongod({ ownServer: true, parameters: ["enableTestCommands=1"] });
    const client = await new MongoClient(mongo.uri, quick).connect();
    const db = collectionsOf(client.db("disk"));
    const OUT_OF_DISK = 14031;
    const disk = (mode: object | string) =>
      client.db("admin").command({
        configureFailPoint: "failCommand",
        mode,
        data: { failCommands: ["update"], namespace: "disk.contracts", errorCode: OUT_OF_DISK },
      });
    const world = worldOf(db, async () => undefined);
    await disk({ skip: 3 });
    const run = await world.run();
    expect(run.sources.map(({ endedBy }) => endedBy)).toEqual(["storage full", "storage full"]);
    expect(await db.contracts.countDocuments()).toBeGreaterThan(0);
    await disk("off");
    await finished(db, world);
    await client.close();
    await mongo.stop();
  }, 300_000);
});
