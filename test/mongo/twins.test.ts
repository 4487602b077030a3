// `processes.twins` in the database: found after storing, in whatever order both sites are read, and as things stand.
import { MongoNetworkError } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import { twinsAmong } from "../../src/map/process/twins.ts";
import { createHistory } from "../../src/replica/history.ts";
import { releaseObject } from "../../src/replica/release.ts";
import { SOURCES } from "../../src/replica/sources.ts";
import { merge } from "../../src/store/buyers.ts";
import { pruneStep } from "../../src/store/prune.ts";
import type { Upsert } from "../../src/store/statements.ts";
import { storePage } from "../../src/store/store.ts";
import { findTwins } from "../../src/store/twins.ts";
import type { MappedContract } from "../../src/terms/documents.ts";
import type { Source } from "../../src/terms/window.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage, storingTo } from "../kit/records.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const day = (count: number) => new Date(Date.UTC(2024, 2, 1 + count, 12));
const find = () => findTwins(db, twinsAmong);

function upsert(source: Source, more: Partial<MappedContract> = {}, buyer = "Leeds City Council"): Upsert {
  const noticeId = source === "FIND_A_TENDER" ? "000001-2024" : "a-guid";
  return {
    revision: source === "FIND_A_TENDER" ? null : 1,
    buyers: [{ name: buyer, orgId: `auto-${buyer.toLowerCase().replaceAll(" ", "-")}`, identifiers: [] }],
    contract: {
      ...{ source, ocid: `ocds-${source}`, noticeId, sourceUrl: "https://example.org" },
      ...{ status: "OPEN", stage: "TENDER", tags: ["tender"], publishedDate: day(0) },
      ...{ title: "Roof repairs at three schools", buyerName: buyer, deadlineDate: day(30) },
      ...{ valueMin: 250_000, valueMax: 250_000, currency: "GBP" },
      ...more,
    },
  };
}
const store = (...upserts: Upsert[]) => storePage(storingTo(db, day(500)), upserts);
const twinsOf = async (source: Source) => (await db.processes.findOne({ source }))?.twins;
const due = () => db.processes.countDocuments({ twinsDue: true });

describe("twins", () => {
  it("are named by each other once both are stored, and stay two records with all that others wrote", async () => {
    await store(upsert("FIND_A_TENDER"));
    expect(await find()).toBe(1);
    expect(await twinsOf("FIND_A_TENDER")).toBeUndefined();
    await db.db.collection("processes").updateMany({}, { $set: { note: "theirs" } });
    await store(upsert("CONTRACTS_FINDER"));
    expect([await find(), await due()]).toEqual([1, 0]);
    const [fat, cf] = await Promise.all(SOURCES.map((source) => db.processes.findOne({ source })));
    const agree = ["title", "deadline", "value"];
    expect(fat).toMatchObject({ note: "theirs", twins: [{ processId: cf?._id, likelihood: 0.99, agree }] });
    expect(cf).toMatchObject({ twins: [{ processId: fat?._id, likelihood: 0.99, agree }] });
    expect(await db.contracts.countDocuments()).toBe(2);
    // What is stored again has not changed, and is not looked at again.
    await store(upsert("CONTRACTS_FINDER"), upsert("FIND_A_TENDER"));
    expect(await find()).toBe(0);
    expect(await db.processes.findOne({ source: "FIND_A_TENDER" })).toEqual(fat);
  });

  it("are no longer named by either when one of them changes", async () => {
    await store(upsert("FIND_A_TENDER"), upsert("CONTRACTS_FINDER"));
    await find();
    const more = { title: "Boilers", valueMax: 90_000, valueMin: 90_000 };
    await store({ ...upsert("CONTRACTS_FINDER", more), revision: 2 });
    expect((await twinsOf("CONTRACTS_FINDER"))?.length).toBe(1); // as long as nobody has looked
    await find();
    expect([await twinsOf("FIND_A_TENDER"), await twinsOf("CONTRACTS_FINDER")]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("are no longer named when one of them goes", async () => {
    await store(upsert("FIND_A_TENDER"), upsert("CONTRACTS_FINDER"));
    await find();
    const steps = { source: "FIND_A_TENDER" as const, before: day(1), kept: [] };
    expect(await pruneStep(storingTo(db, day(500)), steps)).toBe(1);
    await find();
    expect(await db.processes.find().toArray()).toMatchObject([{ source: "CONTRACTS_FINDER" }]);
    expect(await twinsOf("CONTRACTS_FINDER")).toBeUndefined();
  });

  it("are found when their two buyers turn out to be one", async () => {
    await store(upsert("FIND_A_TENDER"), upsert("CONTRACTS_FINDER", {}, "Leeds Council"));
    await find();
    expect(await twinsOf("FIND_A_TENDER")).toBeUndefined();
    const [kept, other] = await db.buyers.find().toArray();
    if (!kept || !other) return expect.fail("two buyers were expected");
    await merge(db, kept._id, other._id);
    await find();
    expect((await twinsOf("FIND_A_TENDER"))?.length).toBe(1);
  });

  it("are not looked for where the procurement began under the Act", async () => {
    const publishedDate = new Date("2025-03-01T00:00:00Z");
    await store(upsert("FIND_A_TENDER", { publishedDate }), upsert("CONTRACTS_FINDER", { publishedDate }));
    expect([await due(), await find()]).toEqual([0, 0]);
  });

  it("are the same for two that look at once, and for one that is stopped", async () => {
    const span = { from: new Date("2024-02-01T00:00:00Z"), to: new Date("2024-09-01T00:00:00Z") };
    for (const source of SOURCES) {
      const rows = createHistory({ ...span, seed: 4, source, notices: 0, stories: 40 });
      const releases = rows.map((row) => releaseObject(source, row, "full"));
      await storePage(storingTo(db, span.to), mappedPage(source, releases, span.to));
    }
    const stopped = new Proxy(db.processes, {
      get(target, property) {
        if (property === "bulkWrite") return () => Promise.reject(new MongoNetworkError("killed"));
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await expect(findTwins({ ...db, processes: stopped }, twinsAmong)).rejects.toThrow("killed");
    await Promise.all([find(), find()]);
    const processes = await db.processes.find().toArray();
    const byBuyer = Map.groupBy(processes, ({ buyerId }) => String(buyerId));
    const expected = [...byBuyer.values()].flatMap((own) => [...twinsAmong(own)]);
    const stored = processes.flatMap(({ _id, twins }) =>
      twins ? [[_id.toHexString(), twins] as const] : [],
    );
    expect(new Map(stored)).toEqual(new Map(expected));
    expect(stored.length).toBeGreaterThan(8);
    expect(await due()).toBe(0);
  });
});
