import { beforeEach, describe, expect, it } from "vitest";
import { closing, type Upsert } from "../../src/store/statements.ts";
import { closePassed, quarantine, storePage } from "../../src/store/store.ts";
import type { MappedBuyer } from "../../src/terms/documents.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const buyer: MappedBuyer = { _id: "auto-leeds", orgId: "auto-leeds", name: "Leeds", identifiers: [] };
const buyers = new Map([[buyer._id, buyer]]);

function upsert(revision: number | null, fields: Partial<Upsert["contract"]> = {}): Upsert {
  const source = revision === null ? "FIND_A_TENDER" : "CONTRACTS_FINDER";
  return {
    revision,
    contract: {
      _id: `${source}/o/n`,
      source,
      ocid: "o",
      noticeId: "n",
      releaseId: `n-${revision}`,
      status: "OPEN",
      stage: "TENDER",
      publishedDate: new Date("2026-06-01T00:00:00Z"),
      sourceUrl: "https://example.org",
      tags: ["tender"],
      buyerId: buyer._id,
      title: `$title of ${revision}`,
      ...fields,
    },
  };
}

const store = (...upserts: Upsert[]) => storePage(db, { upserts, buyers });
const stored = () => db.contracts.find().sort({ _id: 1 }).toArray();
const permutations = <T>(values: T[]): T[][] =>
  values.length < 2
    ? [values]
    : values.flatMap((one, at) =>
        permutations(values.filter((_, i) => i !== at)).map((rest) => [one, ...rest]),
      );

describe("contracts", () => {
  it("are the newest revision in whatever order the revisions come, and show that each has been read", async () => {
    for (const order of permutations([3, 7, 12])) {
      await clear();
      for (const revision of order) await store(upsert(revision));
      const [contract, ...others] = await stored();
      expect(others).toEqual([]);
      expect(contract).toMatchObject({ releaseId: "n-12", title: "$title of 12", revisions: [3, 7, 12] });
    }
  });

  it("are the newest revision also when one page holds them all", async () => {
    await store(upsert(12), upsert(3), upsert(7));
    expect(await stored()).toMatchObject([{ releaseId: "n-12", revisions: [3, 7, 12] }]);
  });

  it("do not change when they come again, `updatedAt` included", async () => {
    await store(upsert(3), upsert(null));
    const before = await stored();
    const buyersBefore = await db.buyers.find().toArray();
    for (let again = 0; again < 3; again++)
      expect(await store(upsert(3), upsert(null))).toEqual({ changed: 0, inserted: 0 });
    expect(await stored()).toEqual(before);
    expect(await db.buyers.find().toArray()).toEqual(buyersBefore);
  });

  it("lose a field that a newer release no longer says", async () => {
    await store(upsert(1, { description: "old" }));
    await store(upsert(2));
    expect((await stored())[0]).not.toHaveProperty("description");
  });

  it("of Find a Tender follow the publication, and a release touched in place", async () => {
    await store(upsert(null, { title: "first" }));
    await store(upsert(null, { title: "older", publishedDate: new Date("2026-05-01T00:00:00Z") }));
    expect(await stored()).toMatchObject([{ title: "first" }]);
    await store(upsert(null, { title: "touched" }));
    const [contract] = await stored();
    expect(contract).toMatchObject({ title: "touched" });
    expect(contract).not.toHaveProperty("revisions");
  });

  it("come out the same from two writers at once", async () => {
    const pages = [1, 2, 3, 4, 5, 6].map((revision) => upsert(revision));
    await Promise.all([...pages, ...pages.toReversed()].map((one) => store(one)));
    expect(await stored()).toMatchObject([{ releaseId: "n-6", revisions: [1, 2, 3, 4, 5, 6] }]);
    expect(await db.buyers.find().toArray()).toMatchObject([{ contractCount: 1 }]);
  });

  it("take two round trips a page", async () => {
    const client = db.db.client;
    let commands = 0;
    const count = () => commands++;
    client.on("commandStarted", count);
    await store(upsert(1), upsert(null));
    client.off("commandStarted", count);
    expect(commands).toBeLessThanOrEqual(2);
  });
});

describe("notices whose deadline has passed", () => {
  const before = new Date("2026-06-09T00:00:00Z");
  const deadline = new Date("2026-06-10T00:00:00Z");
  const after = new Date("2026-06-11T00:00:00Z");
  const open = (fields: Partial<Upsert["contract"]> = {}) =>
    upsert(null, { deadlineDate: deadline, ...fields });

  it("close in one update, and only they; reading them again changes nothing more", async () => {
    const others: Partial<Upsert["contract"]>[] = [
      { deadlineDate: after },
      { status: "CANCELLED", deadlineDate: before },
      { status: "AWARDED", stage: "AWARD", deadlineDate: before },
    ];
    await store(open(), ...others.map((fields, at) => open({ _id: `other/${at}`, ...fields })));
    await store(upsert(null, { _id: "no deadline" }));
    const untouched = await db.contracts.find({ _id: { $ne: open().contract._id } }).toArray();
    const first = await db.contracts.findOne({ _id: open().contract._id });
    expect(await closePassed(db, before)).toBe(0);
    expect(await closePassed(db, deadline)).toBe(1);
    expect(await closePassed(db, deadline)).toBe(0);
    const closed = await db.contracts.findOne({ _id: open().contract._id });
    expect(closed).toEqual({ ...first, status: "CLOSED", updatedAt: expect.any(Date) });
    expect(Number(closed?.updatedAt)).toBeGreaterThan(Number(first?.updatedAt));
    expect(await db.contracts.find({ _id: { $ne: open().contract._id } }).toArray()).toEqual(untouched);
    expect(await store(open({ status: "CLOSED" }))).toEqual({ changed: 0, inserted: 0 });
  });

  it("are found by an index of what is open alone", async () => {
    const many = Array.from({ length: 300 }, (_, at) =>
      open({ _id: `many/${at}`, ...(at % 10 === 0 ? {} : { status: "AWARDED", stage: "AWARD" }) }),
    );
    await store(...many);
    const { filter } = closing(deadline);
    const plan = await db.contracts.find(filter).explain("executionStats");
    expect(JSON.stringify(plan["queryPlanner"].winningPlan)).toMatch(/"stage":"IXSCAN".*"indexName":"open"/);
    expect(plan["executionStats"].totalKeysExamined).toBeLessThanOrEqual(31);
  });
});

describe("buyers", () => {
  const contracts = (count: number) =>
    Array.from({ length: count }, (_, at) =>
      upsert(null, { _id: `FIND_A_TENDER/o/${at}`, noticeId: String(at) }),
    );

  it("are made once and count their contracts, however often pages come", async () => {
    await store(...contracts(3));
    await store(...contracts(5));
    await store(...contracts(5));
    expect(await db.buyers.find().toArray()).toMatchObject([
      { _id: "auto-leeds", name: "Leeds", contractCount: 5 },
    ]);
  });

  it("keep what others have enriched, and gain what they lacked", async () => {
    await store(upsert(null));
    await db.buyers.updateOne(
      { _id: buyer._id },
      { $set: { name: "Leeds City Council", sector: "Local government" } },
    );
    const named: MappedBuyer = { ...buyer, name: "LEEDS", sector: "x", region: "UKE42" };
    await storePage(db, { upserts: contracts(1), buyers: new Map([[named._id, named]]) });
    expect(await db.buyers.findOne()).toMatchObject({
      name: "Leeds City Council",
      sector: "Local government",
      region: "UKE42",
    });
  });

  it("that others have made keep what they have, and gain what they lacked", async () => {
    const { _id, orgId, identifiers } = buyer;
    const times = { createdAt: new Date(0), updatedAt: new Date(0) };
    await db.buyers.insertOne({ _id, orgId, identifiers, name: "Ours", contractCount: 0, ...times });
    const named: MappedBuyer = { ...buyer, name: "LEEDS", region: "UKE42" };
    await storePage(db, { upserts: contracts(2), buyers: new Map([[named._id, named]]) });
    await storePage(db, { upserts: contracts(2), buyers: new Map([[named._id, named]]) });
    expect(await db.buyers.findOne()).toMatchObject({ name: "Ours", region: "UKE42", contractCount: 2 });
  });

  it("are counted right where an edit changes the buyer, in whatever order the revisions come", async () => {
    const other: MappedBuyer = { _id: "auto-york", orgId: "auto-york", name: "York", identifiers: [] };
    const revisions = [upsert(1), upsert(2, { buyerId: other._id }), upsert(3, { buyerId: other._id })];
    const states: unknown[] = [];
    for (const order of permutations(revisions)) {
      await clear();
      for (const one of order) {
        const named = one.contract.buyerId === other._id ? other : buyer;
        await storePage(db, { upserts: [one], buyers: new Map([[named._id, named]]) });
      }
      const counts = (await db.buyers.find().sort({ _id: 1 }).toArray()).map(({ _id, contractCount }) => [
        _id,
        contractCount,
      ]);
      expect(counts).toEqual([
        ["auto-leeds", 0],
        ["auto-york", 1],
      ]);
      states.push((await stored()).map(({ createdAt: _c, updatedAt: _u, ...contract }) => contract));
    }
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it("are mended by the next page that holds them, after a crash between the two writes", async () => {
    await storePage(db, { upserts: contracts(2), buyers: new Map() });
    expect(await db.buyers.countDocuments()).toBe(0);
    await storePage(db, { upserts: contracts(2), buyers });
    expect(await db.buyers.findOne()).toMatchObject({ contractCount: 2 });
  });
});

describe("quarantine", () => {
  it("keeps the first time and the last, and the text", async () => {
    const one = {
      _id: "FIND_A_TENDER/o/1",
      source: "FIND_A_TENDER" as const,
      windowId: null,
      ocid: "o",
      releaseId: "1",
      place: "p",
      reason: "r",
      rawText: "{}",
    };
    const [first, last] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-02-01T00:00:00Z")];
    await quarantine(db, [one], first);
    await quarantine(db, [one], last);
    expect(await db.quarantine.find().toArray()).toEqual([{ ...one, firstSeenAt: first, lastSeenAt: last }]);
  });
});
