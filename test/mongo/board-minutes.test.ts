// BOARD_MINUTES through the planner, the claims and the executor, on a real database, against the replica's sites.
import { ObjectId } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { boardDifferences } from "../../src/cli/board-truth.ts";
import { startMongod } from "../../src/local/mongod.ts";
import { TRAPS, type Trap } from "../../src/replica/moderngov/made-up.ts";
import { type BoardReplica, createBoardReplica } from "../../src/replica/moderngov/replica.ts";
import { BOARDS_URL } from "../../src/sim/board-network.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { addSite, boardSites, switchSite } from "../../src/sources/board-minutes/sites.ts";
import { boardDocuments } from "../../src/sources/board-minutes/store.ts";
import { buyerIdsFor, merge } from "../../src/store/buyers.ts";
import { freshDatabase } from "../kit/database.ts";

const NOW = new Date("2026-03-20T12:00:00Z");
const DAY_MS = 86_400_000;
const CLOSED: readonly Trap[] = ["firewall", "forbidden", "silent", "disallowed", "gone"];
const mongo = await startMongod({ ownServer: true }); // the budget counts all of a server
afterAll(() => mongo.stop()); // the last of all: hooks end in reverse
const { db, clear } = await freshDatabase({ server: mongo.uri });

const source = "BOARD_MINUTES";
const siteOf = (key: string) => `${BOARDS_URL.replace("http://", "")}/${key}`;

async function worldOf(boards: BoardReplica, vars: Record<string, string> = {}): Promise<World> {
  for (const { key, name, councils } of boards.sites) {
    const parts = councils.map((council) => ({
      ...{ name: council },
      ...(councils.length > 1 ? { committees: council.replace(/ Council$/, "") } : {}),
    }));
    await addSite(db.db, { baseUrl: `${BOARDS_URL}/${key}`, name, councils: parts }, NOW);
  }
  return createWorld({
    ...{ db, from: new Date("2026-03-19T00:00:00Z"), now: NOW, boards },
    vars: { BOARD_MINUTES: "on", BOARD_BACKFILL_START_DATE: "2026-01-01", ...vars },
    notices: { FIND_A_TENDER: 5, CONTRACTS_FINDER: 5 },
  });
}

const boardsOf = (traps: readonly Trap[], meetingsPerMonth = 3) =>
  createBoardReplica({
    ...{ seed: 3, sites: traps.length, traps, meetingsPerMonth },
    ...{ from: new Date("2025-12-20"), to: new Date("2026-07-10") },
  });

const differences = (boards: BoardReplica, keys: string[], now: Date) =>
  boardDifferences(db.db, boards, {
    ...{ from: "2026-01-01", to: "2026-06-30", now: now.getTime() },
    sites: keys.map((key) => ({ site: siteOf(key), key, base: `${BOARDS_URL}/${key}` })),
  });

async function runToTheEnd(world: World): Promise<void> {
  for (let runs = 0; runs < 20; runs++) {
    const { sources } = await world.run();
    const own = sources.find((one) => one.source === source);
    expect(own?.errors).toEqual([]);
    // The database's clock is the real one: when a window was done is told in this world's.
    const doneAt = { $gt: new Date(world.now().getTime() + DAY_MS) };
    await db.syncWindows.updateMany({ source, doneAt }, { $set: { doneAt: world.now() } });
    if (own?.endedBy === "nothing left") return;
    world.pass(3_600_000);
  }
  expect.fail("it does not come to an end");
}

describe("every kind of site, read to the end", () => {
  const boards = boardsOf(TRAPS);
  const open = boards.sites.filter(({ trap }) => !CLOSED.includes(trap)).map(({ key }) => key);
  let world: World;

  beforeAll(async () => {
    await clear();
    world = await worldOf(boards);
    await runToTheEnd(world);
  });

  it("has every meeting with its minutes and attachments, and no document twice", async () => {
    expect(await differences(boards, open, world.now())).toEqual([]);
    expect(await boardDocuments(db.db).countDocuments({ site: { $nin: open.map(siteOf) } })).toBe(0);
  });

  it("has its windows verified, and those of closed sites openly pending", async () => {
    const windows = await db.syncWindows.find({ source }).toArray();
    const states = (keys: string[]) =>
      new Set(
        windows
          .filter(({ site }) => keys.map(siteOf).includes(site ?? ""))
          .map(({ status, proof }) => `${status} ${proof}`),
      );
    expect(states(open)).toEqual(new Set(["done exact"]));
    const closed = boards.sites.filter(({ trap }) => CLOSED.includes(trap)).map(({ key }) => key);
    expect(states(closed)).toEqual(new Set(["pending null"]));
    expect(windows.map(({ _id }) => _id)).toContain(`BOARD_MINUTES/${siteOf("s00")}/2026-03`);
  });

  it("shows for each site what was found", async () => {
    const sites = await boardSites(db.db).find().sort({ _id: 1 }).toArray();
    const states = sites.map(({ state }, at) => [boards.sites[at]?.trap, state]);
    expect(Object.fromEntries(states)).toMatchObject({
      ...{ plain: "ok", "minus one": "ok", "one by one": "ok", "SOAP only": "ok", "no list by date": "ok" },
      ...{
        firewall: "blocked",
        forbidden: "blocked",
        disallowed: "disallowed",
        silent: "unknown",
        gone: "unknown",
      },
    });
    expect(sites.find(({ _id }) => _id === siteOf("s09"))?.probe?.slow).toBe(true);
    expect(sites.every(({ turn }) => turn === null)).toBe(true);
  });

  it("tells two councils of a site apart by committee, and says where nobody can", async () => {
    const key = boards.sites.find(({ trap }) => trap === "two councils")?.key ?? "";
    const documents = await boardDocuments(db.db)
      .find({ site: siteOf(key) })
      .toArray();
    const [east, west] = boards.sites.find((one) => one.key === key)?.councils ?? [];
    const owners = new Map(documents.map((one) => [one.dataSourceName, one.buyerId.toHexString()]));
    expect([...owners.keys()].sort()).toEqual([east, west]);
    expect(new Set(owners.values()).size).toBe(2);
    for (const { committeeName, dataSourceName, buyerUncertain } of documents) {
      const told = committeeName.includes(" West ") || committeeName.includes(" East ");
      expect(buyerUncertain ?? false).toBe(!told);
      expect(dataSourceName).toBe(committeeName.includes(" West ") ? west : east);
    }
  });

  it("is found by the application's two questions, exactly what has text", async () => {
    const withText = { extractionStatus: "extracted", signalExtractionStatus: { $ne: "extracted" } } as const;
    const all = await boardDocuments(db.db).find().toArray();
    const expected = all.filter(({ textContent }) => textContent !== undefined && textContent !== "");
    const buyers = await boardDocuments(db.db).distinct("buyerId", {
      ...withText,
      textContent: { $exists: true, $ne: "" },
    });
    expect(buyers.map(String).sort()).toEqual(
      [...new Set(expected.map(({ buyerId }) => String(buyerId)))].sort(),
    );
    const found = await boardDocuments(db.db)
      .find({ ...withText, buyerId: { $in: buyers }, textContent: { $exists: true, $ne: "" } })
      .toArray();
    expect(found.length).toBe(expected.length);
    expect(found.length).toBeGreaterThan(50);
  });
});

describe("a site", () => {
  beforeEach(clear);

  it("that lets this client in again is read, a week later", async () => {
    const boards = boardsOf(["firewall"]);
    const world = await worldOf(boards);
    await runToTheEnd(world);
    const asked = boards.stats().requests["s00"];
    world.pass(6 * DAY_MS);
    await runToTheEnd(world);
    expect(boards.stats().requests["s00"]).toBe(asked);
    const [site] = boards.sites;
    if (site) site.trap = "plain";
    world.pass(DAY_MS);
    await runToTheEnd(world);
    expect(await differences(boards, ["s00"], world.now())).toEqual([]);
    expect(await boardSites(db.db).findOne()).toMatchObject({ state: "ok", lastError: null });
  });

  it("is read again until its minutes are out, and nothing is written that has not changed", async () => {
    const boards = boardsOf(["PDF only"], 5);
    const world = await worldOf(boards);
    await runToTheEnd(world);
    const open = ["s00"];
    const before = await boardDocuments(db.db).find().toArray();
    await boardDocuments(db.db).updateMany(
      {},
      { $set: { r2Key: "theirs", signalExtractionStatus: "extracted" } },
    );
    world.pass(40 * DAY_MS);
    await runToTheEnd(world);
    expect(await differences(boards, open, world.now())).toEqual([]);
    const after = new Map(
      (await boardDocuments(db.db).find().toArray()).map((one) => [String(one._id), one]),
    );
    let changed = 0;
    for (const { _id, textHash, updatedAt } of before) {
      const now = after.get(String(_id)) ?? expect.fail(`${_id} is gone`);
      expect(Reflect.get(now, "r2Key")).toBe("theirs");
      if (now.textHash !== textHash) changed++;
      expect(now.signalExtractionStatus).toBe(now.textHash === textHash ? "extracted" : "pending");
      if (
        now.textHash === textHash &&
        now.meetingStatus?.includes("Rescheduled") === false &&
        now.updatedAt > NOW
      )
        expect(now.updatedAt >= updatedAt).toBe(true);
    }
    expect(changed).toBeGreaterThan(3);
    const weeks = 13 * 7 * DAY_MS;
    world.pass(weeks);
    await runToTheEnd(world);
    world.pass(weeks);
    await runToTheEnd(world);
    const requests = (await world.run()).sources.find((one) => one.source === source)?.requests;
    expect(requests).toBe(0);
  });

  it("that is off is left alone, and its months are out of the plan until it is on", async () => {
    const boards = boardsOf(["plain", "plain"]);
    const world = await worldOf(boards);
    await switchSite(db.db, siteOf("s01"), { on: false, now: NOW });
    await runToTheEnd(world);
    expect(boards.stats().requests["s01"]).toBeUndefined();
    expect(await db.syncWindows.countDocuments({ source, site: siteOf("s01") })).toBe(0);
    await switchSite(db.db, siteOf("s01"), { on: true, now: NOW });
    await runToTheEnd(world);
    expect(await differences(boards, ["s00", "s01"], world.now())).toEqual([]);
  });

  it("is nobody's but this client's: one at a time and at most one a second", async () => {
    const boards = boardsOf(["plain"]);
    const world = await worldOf(boards);
    await Promise.all([world.run(), world.run(), world.run()]);
    expect(boards.stats().shortestGapMs).toBeGreaterThanOrEqual(1000);
  });
});

describe("the buyer of a document", () => {
  beforeEach(clear);

  it("is the organisation that notices name, and keeps what others have said of it", async () => {
    const boards = boardsOf(["plain", "plain"]);
    const [known, unknown] = boards.sites;
    const named = {
      orgId: "GB-PPON-PABC-1234-DEFG",
      identifiers: [{ scheme: "GB-PPON", id: "PABC-1234-DEFG" }],
    };
    const name = known?.name.toUpperCase() ?? "";
    const [id] = await buyerIdsFor(db, [{ ...named, name }], NOW);
    if (!id) return expect.fail("there is no buyer");
    const theirs = "https://theirs.example";
    await db.buyers.updateOne({ _id: id }, { $set: { democracyPortalUrl: theirs } });
    await runToTheEnd(await worldOf(boards));
    expect(await boardDocuments(db.db).distinct("buyerId", { site: siteOf("s00") })).toEqual([id]);
    expect(await db.buyers.findOne({ _id: id })).toMatchObject({
      ...named,
      ...{ name, democracyPortalUrl: theirs, democracyPlatform: "ModernGov" },
    });
    const [made] = await boardDocuments(db.db).distinct("buyerId", { site: siteOf("s01") });
    if (!made) return expect.fail("there is no buyer");
    expect(await db.buyers.findOne({ _id: made })).toMatchObject({
      name: unknown?.name,
      ...{ contractCount: 0, democracyPortalUrl: `https://${siteOf("s01")}`, democracyPlatform: "ModernGov" },
    });
  });

  it("takes its documents along when it turns out to be another, and what would stand twice is not lost", async () => {
    await runToTheEnd(await worldOf(boardsOf(["plain"])));
    const [other] = await boardDocuments(db.db).distinct("buyerId");
    const organisation = {
      name: "One and the Same Council",
      orgId: "auto-one-and-the-same-council",
      identifiers: [],
    };
    const [kept] = await buyerIdsFor(db, [organisation], NOW);
    if (!kept || !other) return expect.fail("a buyer is missing");
    const twin = await boardDocuments(db.db).findOne({ documentType: "minutes" });
    if (!twin) return expect.fail("there are no minutes");
    await boardDocuments(db.db).insertOne({ ...twin, _id: new ObjectId(), buyerId: kept });
    const theirs = { signalExtractionStatus: "extracted", r2Key: "minutes/1.pdf" } as const;
    await boardDocuments(db.db).updateOne({ _id: twin._id }, { $set: theirs });
    const documents = await boardDocuments(db.db).countDocuments();
    await merge(db, kept, other);
    expect(await boardDocuments(db.db).countDocuments()).toBe(documents);
    expect(
      await boardDocuments(db.db)
        .find({ buyerId: { $ne: kept } })
        .toArray(),
    ).toEqual([{ ...twin, ...theirs }]);
    expect(await db.buyers.findOne({ _id: other })).toBeNull();
    expect(await db.buyers.findOne({ _id: kept })).toMatchObject({ mergedIds: [other] });
  });
});

describe("the storage budget", () => {
  it("lets minutes fill their share, newest months first, and no more", async () => {
    await clear();
    const boards = boardsOf(["plain", "plain"], 12);
    const world = await worldOf(boards, { STORAGE_BUDGET_MB: "0.45" });
    await runToTheEnd(world);
    const windows = await db.syncWindows.find({ source }).sort({ from: -1 }).toArray();
    const deferred = windows.filter(({ status }) => status === "deferred");
    expect(deferred.length).toBeGreaterThan(0);
    expect(windows.filter(({ status }) => status === "done").length).toBeGreaterThan(0);
    const newest = deferred[0]?.from ?? NOW;
    expect(windows.filter(({ status, from }) => status === "done" && from < newest)).toEqual([]);
    expect(await db.syncWindows.countDocuments({ source: { $ne: source }, status: { $ne: "done" } })).toBe(0);
  });
});
