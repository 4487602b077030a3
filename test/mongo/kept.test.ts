// Invariant 10: what others wrote into `contracts`, `processes` and `buyers` stands, whatever is written here. First each
// statement that writes there, then all of them one after the other; KEPT_NOTICES=2000 is the long form.
import { readdirSync, readFileSync } from "node:fs";
import { type Document, MongoNetworkError, ObjectId } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import { releaseText } from "../../src/replica/release.ts";
import { SOURCES } from "../../src/replica/sources.ts";
import { createWorld } from "../../src/sim/world.ts";
import { adoptBuyers, buyerIdsFor, merge, sayWhereUnsaid } from "../../src/store/buyers.ts";
import { recount } from "../../src/store/counts.ts";
import { pruneStep } from "../../src/store/prune.ts";
import type { Upsert } from "../../src/store/statements.ts";
import { closePassed, storePage } from "../../src/store/store.ts";
import type { MappedBuyer, MappedContract } from "../../src/terms/documents.ts";
import { prune } from "../../src/upkeep/prune.ts";
import { retryQuarantine } from "../../src/upkeep/retry-quarantine.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage, storingTo, wrongCounts } from "../kit/records.ts";
import { award, call, cancellation, type Made, onDay } from "../kit/stories.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const NOTICES = Number(process.env["KEPT_NOTICES"] ?? 200);
const COLLECTIONS = ["contracts", "processes", "buyers"] as const;
type Name = (typeof COLLECTIONS)[number];
const collection = (name: Name) => db.db.collection(name);
const now = new Date("2026-03-02T00:00:00Z");
const at = (day: number) => storingTo(db, new Date(onDay(day)));

const store = (day: number, ...made: Made[]) =>
  storePage(
    at(day),
    made.flatMap(({ source, release }) => mappedPage(source, [release], new Date(onDay(day)))),
  );

/** What an application writes: a score, a document in a document, a list, a field that is null. */
const theirs = { vibeScore: 7, vibe: { reasons: ["fits", { at: new Date(0) }], by: null }, canRenew: null };
const writeTheirs = () =>
  Promise.all(COLLECTIONS.map((name) => collection(name).updateMany({}, { $set: theirs })));

async function expectTheirs(filter: Document = {}): Promise<void> {
  for (const name of COLLECTIONS)
    for (const one of await collection(name).find(filter).toArray())
      expect({ of: name, ...one }).toMatchObject({ of: name, ...theirs });
}

const buyer = (name: string, more: Partial<MappedBuyer> = {}): MappedBuyer => ({
  ...{ orgId: `auto-${name.toLowerCase()}`, name, identifiers: [] },
  ...more,
});

function upsert(
  revision: number,
  fields: Partial<MappedContract> = {},
  buyers: readonly MappedBuyer[] = [buyer("Leeds")],
): Upsert {
  return {
    ...{ revision, buyers },
    contract: {
      ...{ source: "CONTRACTS_FINDER", ocid: "o", noticeId: "n", status: "OPEN" },
      ...{ stage: "TENDER", publishedDate: now, sourceUrl: "https://example.org", tags: ["tender"] },
      title: `revision ${revision}`,
      ...fields,
    },
  };
}

const DOCUMENTS = [{ id: "1", title: "as published" }];

/** Each writes with its statement after others have written; `COLLECTIONS` are looked at afterwards. */
const STATEMENTS: Record<string, () => Promise<void>> = {
  "contracts: the same release again": async () => {
    await storePage(at(0), [upsert(1)]);
    await writeTheirs();
    await storePage(at(1), [upsert(1)]);
  },
  "contracts: a newer revision": async () => {
    await storePage(at(0), [upsert(1)]);
    await writeTheirs();
    await storePage(at(1), [upsert(2)]);
    expect(await db.contracts.findOne()).toMatchObject({ title: "revision 2" });
  },
  "contracts: an older revision, which is only noted": async () => {
    await storePage(at(0), [upsert(2)]);
    await writeTheirs();
    await storePage(at(1), [upsert(1)]);
    expect(await db.contracts.findOne()).toMatchObject({ title: "revision 2", revisions: [1, 2] });
  },
  "contracts: another standing, by a notice that came later": async () => {
    await store(0, call("1-2026", { day: 0, deadline: 30 }));
    await writeTheirs();
    await store(1, cancellation("2-2026", { day: 1 }));
    expect(await db.contracts.findOne({ noticeId: "1-2026" })).toMatchObject({ status: "CANCELLED" });
    await collection("contracts").deleteOne({ noticeId: "2-2026" });
  },
  "contracts: a deadline that passes": async () => {
    await store(0, call("1-2026", { day: 0, deadline: 30 }));
    await writeTheirs();
    expect(await closePassed(at(31))).toBe(1);
  },
  "contracts: one that was there before, without an ocid": async () => {
    const _id = new ObjectId();
    const before = { _id, source: "CONTRACTS_FINDER", noticeId: "n", title: "t", buyerName: "b" };
    await collection("contracts").insertOne({ ...before, ...theirs });
    await storePage(at(1), [upsert(1)]);
    expect(await collection("contracts").findOne()).toMatchObject({
      _id,
      ocid: "o",
      title: "revision 1",
      ...theirs,
    });
    await Promise.all(
      ["processes" as const, "buyers" as const].map((name) => collection(name).deleteMany({})),
    );
  },
  "contracts: `documents` that others have changed": async () => {
    await storePage(at(0), [upsert(1, { documents: DOCUMENTS })]);
    const documents = [{ id: "theirs", title: "found on the portal" }];
    await writeTheirs();
    await collection("contracts").updateOne({}, { $set: { documents } });
    await storePage(at(1), [upsert(2, { documents: [...DOCUMENTS, { id: "2" }] })]);
    expect(await db.contracts.findOne()).toMatchObject({ title: "revision 2", documents });
  },
  "contracts: `documents` that others change while a page is stored": async () => {
    await storePage(at(0), [upsert(1, { documents: DOCUMENTS })]);
    await writeTheirs();
    const documents = [{ id: "theirs" }];
    await meanwhile(
      "contracts",
      () => collection("contracts").updateOne({}, { $set: { documents } }),
      () => storePage(at(1), [upsert(2, { documents: [{ id: "2" }] })]),
    );
    expect(await db.contracts.findOne()).toMatchObject({ title: "revision 2", documents });
  },
  "contracts, processes, buyers: a prune of older notices": async () => {
    const old = new Date("2026-01-05T00:00:00Z");
    await storePage(at(0), [upsert(1), upsert(1, { noticeId: "old", ocid: "old", publishedDate: old })]);
    await storePage(at(0), [upsert(1, { noticeId: "older", publishedDate: old, title: "revision 1" })]);
    await writeTheirs();
    const steps = { source: "CONTRACTS_FINDER" as const, before: new Date("2026-02-01T00:00:00Z"), kept: [] };
    expect(await pruneStep(at(1), steps)).toBe(2);
    expect(await db.processes.find().toArray()).toMatchObject([{ ocid: "o", notices: [{ noticeId: "n" }] }]);
    expect(await wrongCounts(db)).toEqual([]);
  },
  "contracts, processes, buyers: two buyers that are one": async () => {
    await storePage(at(0), [
      upsert(1, {}, [buyer("York")]),
      upsert(1, { ocid: "p", noticeId: "p" }, [buyer("Leeds"), buyer("York")]),
    ]);
    await writeTheirs();
    const [kept, other] = await Promise.all(["Leeds", "York"].map((name) => db.buyers.findOne({ name })));
    if (kept && other) await merge(db, kept._id, other._id);
    expect(await db.contracts.distinct("buyerId")).toEqual([kept?._id]);
    expect(await db.processes.distinct("buyerId")).toEqual([kept?._id]);
    expect(await db.buyers.countDocuments()).toBe(1);
  },
  "signals that would stand twice when two buyers are one": async () => {
    await storePage(at(0), [upsert(1, {}, [buyer("York")]), upsert(1, { ocid: "p" }, [buyer("Leeds")])]);
    await writeTheirs();
    const [kept, other] = await Promise.all(["Leeds", "York"].map((name) => db.buyers.findOne({ name })));
    if (!kept || !other) throw new Error("two buyers were expected");
    const signals = db.db.collection("signals");
    await signals.deleteMany({});
    await signals.createIndex({ buyerId: 1, insight: 1 }, { unique: true });
    await signals.insertMany(
      [kept, other].flatMap(({ _id, name }) =>
        ["a new roof", name].map((insight) => ({ buyerId: _id, insight, quote: `said by ${name}` })),
      ),
    );
    await merge(db, kept._id, other._id);
    const rows = await signals.find({}, { projection: { _id: 0 } }).toArray();
    expect(rows.map(({ buyerId, ...row }) => ({ ...row, moved: kept._id.equals(buyerId) }))).toEqual([
      { insight: "a new roof", quote: "said by Leeds", moved: true },
      { insight: "Leeds", quote: "said by Leeds", moved: true },
      { insight: "a new roof", quote: "said by York", moved: false },
      { insight: "York", quote: "said by York", moved: true },
    ]);
    expect(await db.buyers.findOne()).toMatchObject({ mergedIds: [other._id] });
  },
  "buyers: what only the other one had, also when a merge is stopped or written into": async () => {
    await storePage(at(0), [upsert(1, {}, [buyer("York")]), upsert(1, { ocid: "p" }, [buyer("Leeds")])]);
    await writeTheirs();
    await collection("buyers").updateOne(
      { name: "York" },
      { $set: { logoUrl: "l", website: "w", region: "UKE21" } },
    );
    const [kept, other] = await Promise.all(["Leeds", "York"].map((name) => db.buyers.findOne({ name })));
    if (!kept || !other) throw new Error("two buyers were expected");
    // Stopped after the one has taken the other's keys.
    await db.buyers.updateOne({ _id: other._id }, { $set: { mergedInto: kept._id } });
    await db.buyers.updateOne({ _id: kept._id }, { $push: { mergedIds: other._id } });
    const staffCount = { $set: { staffCount: 12 } };
    await meanwhile(
      "buyers",
      () => collection("buyers").updateOne({ _id: other._id }, staffCount),
      () => merge(db, kept._id, other._id),
    );
    expect(await collection("buyers").find().toArray()).toMatchObject([{ logoUrl: "l", staffCount: 12 }]);
  },
  "buyers: `website` and place that others have found for the other one": async () => {
    await storePage(at(0), [upsert(1, {}, [buyer("York")]), upsert(1, { ocid: "p" }, [buyer("Leeds")])]);
    await writeTheirs();
    await db.buyers.updateOne({ name: "York" }, { $set: { website: "w", region: "UKE21" } });
    const [kept, other] = await Promise.all(["Leeds", "York"].map((name) => db.buyers.findOne({ name })));
    if (kept && other) await merge(db, kept._id, other._id);
    expect(await db.buyers.find().toArray()).toMatchObject([{ website: "w", region: "UKE21" }]);
  },
  "buyers: a release that says more": async () => {
    await storePage(at(0), [upsert(1)]);
    await writeTheirs();
    await storePage(at(1), [upsert(2, {}, [buyer("Leeds", { region: "UKE42" })])]);
    expect(await db.buyers.findOne()).toMatchObject({ region: "UKE42" });
  },
  "buyers: counts, by a page and over all": async () => {
    await storePage(at(0), [upsert(1)]);
    await writeTheirs();
    await storePage(at(1), [upsert(1, { noticeId: "m" })]);
    await collection("contracts").updateOne({ noticeId: "m" }, { $set: theirs });
    await db.buyers.updateOne({}, { $set: { contractCount: 9, countByMonth: { "2025-01": 9 } } });
    await recount(db, [(await db.buyers.findOne())?._id ?? new ObjectId()]);
    expect(await wrongCounts(db)).toEqual([]);
  },
  "buyers: those that others have made": async () => {
    await collection("buyers").insertOne({ name: "Leeds", ...theirs });
    await adoptBuyers(db);
    expect(await db.buyers.findOne()).toMatchObject({ keys: ["auto-leeds"], ...theirs });
    await storePage(at(0), [upsert(1)]);
    expect(await db.buyers.find().toArray()).toMatchObject([{ contractCount: 1, ...theirs }]);
    await collection("contracts").deleteMany({});
    await collection("processes").deleteMany({});
  },
  "buyers: what a third source says where nobody has": async () => {
    await storePage(at(0), [upsert(1)]);
    await writeTheirs();
    const [id] = await buyerIdsFor(db, [buyer("Leeds")], now);
    if (id) await sayWhereUnsaid(db, id, { website: "w", vibeScore: "8" });
    expect(await db.buyers.findOne()).toMatchObject({ website: "w" });
  },
  "processes: a later notice": async () => {
    await store(0, call("1-2026", { day: 0, deadline: 30 }));
    await writeTheirs();
    await store(40, award("2-2026", { day: 40 }));
    expect(await db.processes.find().toArray()).toMatchObject([{ state: "awarded" }]);
    await collection("contracts").deleteOne({ noticeId: "2-2026" });
  },
  "processes: one that has run its time": async () => {
    await store(0, call("1-2026", { day: 0, deadline: 30 }), award("2-2026", { day: 9, ends: 40 }));
    await writeTheirs();
    await closePassed(at(40 + 121));
    expect(await db.processes.findOne()).toMatchObject({ state: "ended" });
  },
};

/** Writes once between what `work` reads and its first write into the collection. */
async function meanwhile(
  name: Name,
  write: () => Promise<unknown>,
  work: () => Promise<unknown>,
): Promise<void> {
  const writes = await disturbed(name, async (nth) => (nth === 1 ? write() : undefined), work);
  expect(writes).toBeGreaterThan(0);
}

/** @param before each write of `work` into the collection, from the first on. @returns how many it tried */
async function disturbed(
  name: Name,
  before: (nth: number) => Promise<unknown>,
  work: () => Promise<unknown>,
): Promise<number> {
  const own = db[name];
  let writes = 0;
  const proxy = new Proxy(own, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      if (property !== "bulkWrite" && property !== "deleteMany") return value.bind(target);
      return async (...given: unknown[]) => {
        await before(++writes);
        return Reflect.apply(value, target, given);
      };
    },
  });
  Object.assign(db, { [name]: proxy });
  try {
    await work();
  } finally {
    Object.assign(db, { [name]: own });
  }
  return writes;
}

describe("what others wrote stands after", () => {
  it.each(Object.keys(STATEMENTS))("%s", async (statement) => {
    await STATEMENTS[statement]?.();
    await expectTheirs();
  });

  it("each statement of the source that writes there: a new one belongs into this list", () => {
    const writing =
      /\b(contracts|processes|buyers|collection)\s*\.(bulkWrite|(?:insert|update|replace|delete)(?:One|Many)|findOneAnd\w+)\(/g;
    const found = readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((file) => /^(store|run|upkeep|plan|claim|report|pages)\/.*\.tsx?$/.test(file))
      .flatMap((file) =>
        [...readFileSync(`src/${file}`, "utf8").matchAll(writing)].map(
          ([, of, how]) => `${file}: ${of}.${how}`,
        ),
      );
    expect(found.sort()).toEqual([
      "store/buyers.ts: buyers.bulkWrite", // those that others have made
      "store/buyers.ts: buyers.deleteMany", // two buyers that are one
      "store/buyers.ts: buyers.updateMany", // what a third source says
      "store/buyers.ts: buyers.updateOne", // two buyers that are one: it gives its names up
      "store/buyers.ts: buyers.updateOne", // what only the other one had
      "store/buyers.ts: collection.bulkWrite", // board papers and signals of two buyers that are one
      "store/buyers.ts: collection.updateMany", // `buyerId`
      "store/buyers.ts: collection.updateMany", // `jointBuyerIds`
      "store/buyers.ts: collection.updateMany",
      "store/counts.ts: buyers.bulkWrite", // counts, over all
      "store/processes.ts: processes.bulkWrite",
      "store/processes.ts: processes.updateMany", // the twin of one that goes
      "store/prune.ts: contracts.deleteMany",
      "store/store.ts: contracts.updateMany", // a deadline that passes
      "store/twins.ts: processes.bulkWrite",
      "store/writes.ts: buyers.bulkWrite",
      "store/writes.ts: contracts.bulkWrite",
    ]);
  });
});

describe("what others wrote into a process goes with the procurement", () => {
  const ocid = "ocds-h6vhtk-2";
  const utility = (name: string, day: number, title: string) =>
    award(`${name}-${day}`, { ...{ ocid, day, title, buyer: `Utility ${name}` }, type: null });
  const watch = (of: string) =>
    collection("processes").updateOne({ "notices.noticeId": of }, { $set: { watch: of, [`watch${of}`]: 1 } });
  const watched = async () => {
    const all = await collection("processes").find().toArray();
    return all.map(({ notices, watch: of }) => [notices.map((one: Document) => one["noticeId"]), of]).sort();
  };

  it("when an older notice gives the ocid's own id to another one, and again when that is pruned", async () => {
    await store(9, utility("b", 9, "Cables"));
    await watch("b-9");
    await store(9, utility("a", 5, "Pipes"));
    expect(await watched()).toEqual([
      [["a-5"], undefined],
      [["b-9"], "b-9"],
    ]);
    await watch("a-5");
    await store(9, utility("c", 2, "Poles"), utility("b", 9, "Cables"));
    const all = [
      [["a-5"], "a-5"],
      [["b-9"], "b-9"],
      [["c-2"], undefined],
    ];
    expect(await watched()).toEqual(all);
    await pruneStep(at(9), { source: "FIND_A_TENDER", before: new Date(onDay(4)), kept: [] });
    expect(await watched()).toEqual(all.slice(0, 2));
  });

  it("when a run is stopped with the other written, and the ocid's own document not yet", async () => {
    await store(9, utility("b", 9, "Cables"));
    await watch("b-9");
    const stopAtSecond = async (nth: number) => {
      if (nth === 2) throw new MongoNetworkError("stopped");
    };
    await disturbed("processes", stopAtSecond, () =>
      expect(store(9, utility("a", 5, "Pipes"))).rejects.toThrow("stopped"),
    );
    expect(await watched()).toEqual([
      [["b-9"], "b-9"],
      [["b-9"], "b-9"],
    ]);
    await store(9, utility("a", 5, "Pipes"));
    expect(await watched()).toEqual([
      [["a-5"], undefined],
      [["b-9"], "b-9"],
    ]);
  });

  it("when two turn out to be one, and their buyers too", async () => {
    await store(9, utility("a", 5, "Pipes"), utility("b", 9, "Cables"), utility("c", 11, "Poles"));
    for (const of of ["a-5", "b-9", "c-11"]) await watch(of);
    const [kept, other] = await Promise.all(
      ["Utility c", "Utility b"].map((name) => db.buyers.findOne({ name })),
    );
    if (kept && other) await merge(db, kept._id, other._id);
    await store(9, utility("b", 9, "Cables"), utility("c", 11, "Poles"));
    expect(await watched()).toEqual([
      [["a-5"], "a-5"],
      [["b-9", "c-11"], "c-11"], // of one name: that of the document that stays
    ]);
    expect(await collection("processes").countDocuments({ "watchb-9": 1, "watchc-11": 1 })).toBe(1);
  });
});

it(`${NOTICES} notices keep it through drain, verification, delta, edits, retry, merges and prune`, async () => {
  const [DAY_MS, half] = [86_400_000, NOTICES / 2];
  const world = createWorld({
    ...{
      db,
      from: new Date("2026-04-01T00:00:00Z"),
      now: new Date("2026-06-10T12:00:00Z"),
      afterMs: 12 * DAY_MS,
    },
    notices: { FIND_A_TENDER: half, CONTRACTS_FINDER: half },
    ...{ history: { stories: half / 5 }, replica: { faults: ["broken-release"], bodies: "full" } },
  });
  const run = async (hours = 1) => {
    for (let hour = 0; hour < hours; hour++) {
      await world.run({ BACKFILL_START_DATE: "2026-04-01", STORE_DETAILS: "lots,documents,contact" });
      world.pass(3_600_000);
    }
  };
  /** By collection and `_id`; a process by its first notice, since another may get its `_id`. */
  const written = new Map<string, Document>();
  const keysOf = (name: Name, { _id, ocid, notices = [] }: Document): string[] =>
    name === "processes"
      ? notices.map(({ noticeId }: Document) => `${name} ${ocid} ${noticeId}`)
      : [`${name} ${_id.toHexString()}`];
  const write = async () => {
    for (const name of COLLECTIONS) {
      const updates = (await collection(name).find().toArray()).flatMap((one) => {
        const [key = ""] = keysOf(name, one);
        if (written.has(key)) return [];
        const fields: Document = { [`theirs${written.size}`]: { n: written.size } };
        if (name === "contracts") fields["documents"] = [{ id: `theirs ${written.size}` }];
        if (name === "buyers") fields["website"] = `https://example.org/${written.size}`;
        written.set(key, fields);
        return [{ updateOne: { filter: { _id: one._id }, update: { $set: fields } } }];
      });
      if (updates.length > 0) await collection(name).bulkWrite(updates);
    }
  };
  let checked = 0;
  /** Of what is there; `gone`: that many may have gone, with all that was in them. */
  const expectKept = async (gone = 0) => {
    const found = new Map<string, Document>();
    for (const name of COLLECTIONS)
      for (const one of await collection(name).find().toArray())
        for (const key of keysOf(name, one)) found.set(key, one);
    const there = [...written].filter(([key]) => found.has(key));
    expect(written.size - there.length).toBe(gone);
    for (const [key, fields] of there) expect({ key, ...found.get(key) }).toMatchObject({ key, ...fields });
    checked += there.length;
  };

  await run();
  await write();
  await run(2); // verification
  await expectKept();
  world.pass(11 * DAY_MS);
  await run(); // delta, edits, deadlines
  await write();
  await db.syncWindows.deleteMany({});
  await db.syncJobs.deleteMany({});
  await run();
  await expectKept();
  expect(await db.syncWindows.countDocuments({ proof: "exact" })).toBeGreaterThan(2);

  const published = world.replica.published("FIND_A_TENDER", world.now().getTime());
  const again = published.filter(({ plant }) => plant === null).slice(0, 10);
  await db.quarantine.insertMany(
    again.map((row) => ({
      ...{
        _id: `FIND_A_TENDER/${row.ocid}/${row.releaseId}`,
        source: "FIND_A_TENDER" as const,
        windowId: null,
      },
      ...{ ocid: row.ocid, releaseId: row.releaseId, place: "p", reason: "r" },
      ...{ rawText: releaseText("FIND_A_TENDER", row, "full"), firstSeenAt: now, lastSeenAt: now },
    })),
  );
  const config = world.configFor({ STORE_DETAILS: "documents" });
  const { stored } = await retryQuarantine({ db, config, now: world.now() });
  expect(stored.length).toBeGreaterThanOrEqual(10);
  await expectKept();

  const buyers = await db.buyers.find({ contractCount: { $gt: 0 } }, { limit: 2 }).toArray();
  const [kept, other] = buyers.map(({ _id }) => _id);
  if (!kept || !other) throw new Error("two buyers were expected");
  await merge(db, kept, other);
  const [ownName = ""] = Object.keys(written.get(`buyers ${other.toHexString()}`) ?? {});
  expect(await collection("buyers").countDocuments({ _id: kept, [ownName]: { $exists: true } })).toBe(1);
  await expectKept(1);

  const start = new Date("2026-05-14T23:00:00Z");
  const before = await db.contracts.countDocuments();
  const sources = SOURCES.map((source) => ({ source, start }));
  await prune({ db, sources, now: world.now(), dryRun: false });
  const noticesLeft = new Set((await db.contracts.find().toArray()).map(({ noticeId }) => noticeId));
  const contractsGone = before - noticesLeft.size;
  expect(contractsGone).toBeGreaterThan(NOTICES / 8);
  const processesGone = [...written.keys()].filter((key) => {
    const [name, , noticeId = ""] = key.split(" ");
    return name === "processes" && !noticesLeft.has(noticeId);
  }).length;
  await expectKept(1 + contractsGone + processesGone);
  expect(checked).toBeGreaterThan(3 * NOTICES);
}, 300_000);
