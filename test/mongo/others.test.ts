// What stands in the database before the first run: a database of an earlier version, and unique indexes of others; each is
// said in a sentence, with what mends it.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { createWorld } from "../../src/sim/world.ts";
import { quarantine, storePage } from "../../src/store/store.ts";
import { inDatabase } from "../../src/upkeep/checks/database.ts";
import { retryQuarantine } from "../../src/upkeep/retry-quarantine.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage, storingTo } from "../kit/records.ts";
import { call, type Made } from "../kit/stories.ts";

const { db, uri, name, clear } = await freshDatabase();
const now = new Date("2026-03-10T00:00:00Z");
const config = readConfig({ MONGODB_URI: uri, MONGODB_DB: name }, now);

describe.each(["contracts", "buyers"])("a database whose %s have texts for _ids", (collection) => {
  it("is left as it is, and the run says what to do", async () => {
    await clear();
    const old = { _id: "FIND_A_TENDER/o/n", title: "of 0.1.0", name: "of 0.1.0" };
    await db.db.collection<{ _id: string }>(collection).insertOne(old, { bypassDocumentValidation: true });
    const indexes = await db.contracts.indexes();
    const from = new Date("2026-03-01T00:00:00Z");
    const world = createWorld({ db, now, from, notices: { FIND_A_TENDER: 20, CONTRACTS_FINDER: 20 } });
    await expect(world.run()).rejects.toThrow(
      `The database ${name} was filled by an earlier version of this project, whose contracts and buyers have texts for _ids: nothing in it was changed. Set MONGODB_DB to the name of a new database, or drop this one, and all of it is read again.`,
    );
    expect(world.replica.stats().FIND_A_TENDER.asked).toBe(0);
    const all = await db.db.collections();
    const left = await Promise.all(all.map((one) => one.find().toArray()));
    expect(left.flat()).toEqual([old]);
    expect(await db.contracts.indexes()).toEqual(indexes);
  });
});

describe("unique indexes of others", () => {
  const said = async () => {
    const findings = [];
    for await (const finding of inDatabase(config)) findings.push(finding);
    return findings.find(({ check }) => check === "indexes of others");
  };
  const page = ({ source, release }: Made) => mappedPage(source, [release], now);

  it("are no trouble where nothing is kept out", async () => {
    await clear();
    expect(await said()).toMatchObject({ state: "well", found: "none keeps anything out" });
  });

  it("on {source, noticeId}: doctor names it, how many notices it keeps out, and what lets them in", async () => {
    await clear();
    await db.contracts.createIndex({ source: 1, noticeId: 1 }, { unique: true });
    const fannedOut = ["ocds-h6vhtk-1", "ocds-h6vhtk-2", "ocds-h6vhtk-3"].map((ocid) =>
      call("033562-2026", { day: 1, deadline: 30, ocid }),
    );
    const { refused } = await storePage(
      storingTo(db, now),
      [...fannedOut, call("2-2026", { day: 1 })].flatMap(page),
    );
    expect(refused.length).toBe(2);
    await quarantine(
      db,
      refused.map(({ upsert: { contract }, reason }) => ({
        ...{
          _id: `FIND_A_TENDER/${contract.ocid}/${contract.noticeId}`,
          source: "FIND_A_TENDER",
          windowId: null,
        },
        ...{ ocid: contract.ocid, releaseId: contract.noticeId, place: "p", reason },
        rawText: JSON.stringify(fannedOut.find(({ release }) => release["ocid"] === contract.ocid)?.release),
      })),
      now,
    );
    expect(await db.contracts.countDocuments()).toBe(2);
    expect(await said()).toMatchObject({
      state: "warning",
      found:
        "the unique index contracts.source_1_noticeId_1 keeps out 2 notices that stand under several processes (they are in quarantine)",
      advice:
        'contracts.source_1_noticeId_1: db.contracts.dropIndex("source_1_noticeId_1"), then npm run sync -- quarantine retry',
    });
    await db.contracts.dropIndex("source_1_noticeId_1");
    expect((await retryQuarantine({ db, config, now })).left).toEqual([]);
    expect(await db.contracts.countDocuments()).toBe(4);
    expect(await said()).toMatchObject({ state: "well" });
  });

  it("on nameLower: doctor says how many buyers are stored without it", async () => {
    await clear();
    const school = (ocid: string, locality: string): Made => {
      const { source, release } = call(`1-${locality}`, { day: 1, ocid, buyer: "St Mary's Primary School" });
      const [party] = release["parties"] as object[];
      return { source, release: { ...release, parties: [{ ...party, address: { locality } }] } };
    };
    await storePage(storingTo(db, now), [school("ocds-1", "York"), school("ocds-2", "Truro")].flatMap(page));
    expect(await db.buyers.countDocuments()).toBe(2);
    expect(await said()).toMatchObject({
      state: "warning",
      found:
        "the unique index buyers.nameLower keeps out the nameLower of 1 buyers that have the name of another one; they are found by _id and orgId",
    });
  });
});
