import { type CommandStartedEvent, ObjectId } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import { closeStatement, type Upsert } from "../../src/store/statements.ts";
import { closePassed, quarantine, storePage } from "../../src/store/store.ts";
import type { MappedBuyer, MappedContract } from "../../src/terms/documents.ts";
import { freshDatabase } from "../kit/database.ts";
import { storingTo, wrongCounts } from "../kit/records.ts";

const { db, clear } = await freshDatabase({ monitorCommands: true });
beforeEach(clear);

const now = new Date("2026-06-02T00:00:00Z");
const storing = storingTo(db, now);
const leeds: MappedBuyer = { orgId: "auto-leeds", name: "Leeds", identifiers: [] };
const york: MappedBuyer = { orgId: "auto-york", name: "York", identifiers: [] };

function upsert(revision: number | null, fields: Partial<MappedContract> = {}, buyer = leeds): Upsert {
  const source = revision === null ? "FIND_A_TENDER" : "CONTRACTS_FINDER";
  return {
    revision,
    buyers: [buyer],
    contract: {
      source,
      ocid: "o",
      noticeId: "n",
      status: "OPEN",
      stage: "TENDER",
      publishedDate: new Date("2026-06-01T00:00:00Z"),
      sourceUrl: "https://example.org",
      tags: ["tender"],
      title: `$title of ${revision}`,
      ...fields,
    },
  };
}

const store = (...upserts: Upsert[]) => storePage(storing, upserts);
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
      expect(contract).toMatchObject({ title: "$title of 12", revisions: [3, 7, 12] });
    }
  });

  it("are the newest revision also when one page holds them all", async () => {
    await store(upsert(12), upsert(3), upsert(7));
    expect(await stored()).toMatchObject([{ title: "$title of 12", revisions: [3, 7, 12] }]);
  });

  it("do not change when they come again, `updatedAt` included", async () => {
    await store(upsert(3), upsert(null));
    const before = await stored();
    const buyersBefore = await db.buyers.find().toArray();
    for (let again = 0; again < 3; again++)
      expect(await store(upsert(3), upsert(null))).toEqual({ changed: 0, inserted: 0, refused: [] });
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
    expect(await stored()).toMatchObject([{ title: "$title of 6", revisions: [1, 2, 3, 4, 5, 6] }]);
    expect(await db.buyers.find().toArray()).toMatchObject([{ contractCount: 1 }]);
  });

  it("that come again as they are stored are not written", async () => {
    const page = [upsert(3), upsert(null, { description: "text", valueMin: 5, cpvCodes: ["45000000"] })];
    await store(...page);
    const written: string[] = [];
    const note = ({ commandName, command }: CommandStartedEvent) =>
      written.push(`${commandName} ${command[commandName]}`);
    db.db.client.on("commandStarted", note);
    await store(...page);
    await store(upsert(3), upsert(null, { description: "changed", valueMin: 5, cpvCodes: ["45000000"] }));
    db.db.client.off("commandStarted", note);
    expect(written.filter((one) => /^(update|insert) contracts$/.test(one))).toEqual(["update contracts"]);
  });

  it("take four round trips a page, of eleven commands", async () => {
    const client = db.db.client;
    let commands = 0;
    const count = () => commands++;
    client.on("commandStarted", count);
    await store(upsert(1), upsert(null));
    client.off("commandStarted", count);
    expect(commands).toBeLessThanOrEqual(11);
  });
});

describe("notices whose deadline has passed", () => {
  const deadline = new Date("2026-06-10T00:00:00Z");
  const at = (day: string) => ({ ...storing, now: new Date(`2026-06-${day}T00:00:00Z`) });
  const open = (fields: Partial<MappedContract> = {}) => upsert(null, { deadlineDate: deadline, ...fields });

  it("close, and only they, with their processes; reading them again changes nothing more", async () => {
    await store(
      open(),
      open({ ocid: "later", deadlineDate: new Date("2026-06-12T00:00:00Z") }),
      open({ ocid: "awarded", tags: ["award"], stage: "AWARD" }),
      upsert(null, { ocid: "no deadline" }),
    );
    const others = { ocid: { $ne: "o" } };
    const untouched = await db.contracts.find(others).toArray();
    expect(await closePassed(at("09"))).toBe(0);
    expect(await closePassed(at("10"))).toBe(1);
    expect(await closePassed(at("10"))).toBe(0);
    expect(await db.contracts.findOne({ ocid: "o" })).toMatchObject({ status: "CLOSED" });
    expect(await db.processes.findOne({ ocid: "o" })).toMatchObject({ state: "closed" });
    expect(await db.processes.findOne({ ocid: "later" })).toMatchObject({ state: "open" });
    expect(await db.contracts.find(others).toArray()).toEqual(untouched);
    const processes = await db.processes.find().toArray();
    expect(await storePage(at("10"), [open()])).toMatchObject({ changed: 0 });
    expect(await db.processes.find().toArray()).toEqual(processes);
  });

  it("are found by an index of what is open alone", async () => {
    await store(
      ...Array.from({ length: 300 }, (_, one) =>
        open({ ocid: `${one}`, ...(one % 10 === 0 ? {} : { tags: ["award"], stage: "AWARD" }) }),
      ),
    );
    const { filter } = closeStatement(deadline);
    const plan = await db.contracts.find(filter).explain("executionStats");
    expect(JSON.stringify(plan["queryPlanner"].winningPlan)).toMatch(
      /"stage":"IXSCAN".*"indexName":"closing"/,
    );
    expect(plan["executionStats"].totalKeysExamined).toBeLessThanOrEqual(31);
  });
});

describe("a notice whose date lies in the future", () => {
  const told = (noticeId: string, date: string, deadline: string) =>
    upsert(null, {
      ...{
        noticeId,
        noticeType: "UK4",
        tags: [noticeId === "1" ? "tender" : "tenderUpdate"],
      },
      ...{ publishedDate: new Date(date), deadlineDate: new Date(deadline) },
    });
  const first = told("1", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
  const ahead = told("2", "2026-12-17T00:00:00Z", "2026-08-01T00:00:00Z");
  const later = told("3", "2026-06-05T00:00:00Z", "2026-09-01T00:00:00Z");
  const storeAt = (day: string, ...page: Upsert[]) =>
    storePage({ ...storing, now: new Date(`2026-06-${day}T12:00:00Z`) }, page);

  it("counts from when it was read first, however often and late it is read again", async () => {
    await storeAt("02", first, ahead);
    expect(await db.processes.findOne()).toMatchObject({
      ...{ deadlineDate: new Date("2026-08-01T00:00:00Z"), publishedDate: new Date("2026-06-02T12:00:00Z") },
      changes: [{ field: "deadlineDate", at: new Date("2026-06-02T12:00:00Z") }],
    });
    await storeAt("06", later);
    const processes = await db.processes.find().toArray();
    expect(processes).toMatchObject([{ deadlineDate: new Date("2026-09-01T00:00:00Z"), noticeId: "3" }]);
    expect(await storeAt("20", ahead, later, first)).toMatchObject({ changed: 0 });
    await storePage({ ...storing, now: new Date("2027-01-01T00:00:00Z") }, [ahead]);
    expect((await db.processes.findOne())?.changes).toEqual(processes[0]?.changes);
    expect(await db.contracts.findOne({ noticeId: "2" })).toMatchObject({
      ...{ status: "CLOSED", supersededBy: "3", publishedDate: new Date("2026-12-17T00:00:00Z") },
    });
  });
});

describe("buyers", () => {
  const contracts = (count: number, buyer = leeds) =>
    Array.from({ length: count }, (_, at) => upsert(null, { noticeId: String(at) }, buyer));

  it("are made once and count their contracts, however often pages come", async () => {
    await store(...contracts(3));
    await store(...contracts(5));
    await store(...contracts(5));
    expect(await db.buyers.find().toArray()).toMatchObject([
      { orgId: "auto-leeds", name: "Leeds", nameLower: "leeds", contractCount: 5 },
    ]);
  });

  it("keep what others have enriched, and gain what they lacked", async () => {
    await store(upsert(null));
    const enriched = { name: "Leeds City Council", sector: "Local government", logoUrl: "l" };
    await db.buyers.updateOne({ orgId: leeds.orgId }, { $set: enriched });
    await store(...contracts(1, { ...leeds, name: "LEEDS", sector: "x", region: "UKE42" }));
    expect(await db.buyers.findOne()).toMatchObject({ ...enriched, region: "UKE42" });
  });

  it("that others have made are taken over, with their ids and fields", async () => {
    const _id = new ObjectId();
    const theirs = { _id, name: "Ours", orgId: "auto-leeds", vibe: 1 };
    await db.db.collection("buyers").insertOne(theirs);
    const named = { ...leeds, region: "UKE42" };
    for (let again = 0; again < 2; again++) await store(...contracts(2, named));
    expect(await db.buyers.find().toArray()).toMatchObject([
      { ...theirs, region: "UKE42", contractCount: 2 },
    ]);
    expect(await db.contracts.distinct("buyerId")).toEqual([_id]);
  });

  it("are counted right where an edit changes buyer and month, in whatever order the revisions come", async () => {
    const may = { publishedDate: new Date("2026-05-01T00:00:00Z") };
    const revisions = [upsert(1, may), upsert(2, {}, york), upsert(3, {}, york)];
    const states: unknown[] = [];
    for (const order of permutations(revisions)) {
      await clear();
      for (const one of order) await store(one);
      const counts = await db.buyers.find().sort({ orgId: 1 }).toArray();
      expect(counts.map(({ orgId, contractCount }) => [orgId, contractCount])).toEqual([
        ["auto-leeds", 0],
        ["auto-york", 1],
      ]);
      states.push((await stored()).map(({ createdAt: _c, updatedAt: _u, ...contract }) => contract));
    }
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it("are counted right by two writers at once, whoever is stopped", async () => {
    const pages = Array.from({ length: 6 }, (_, at) =>
      Array.from({ length: 5 }, (_, one) =>
        upsert(null, { ocid: `${at % 3}`, noticeId: `${at}-${one}` }, one % 2 ? leeds : york),
      ),
    );
    await Promise.all(pages.map((page) => storePage(storing, page)));
    expect(await wrongCounts(db)).toEqual([]);
    await db.buyers.updateMany({}, { $set: { contractCount: 1, countByMonth: {} } }); // as after a kill
    await Promise.all(pages.map((page) => storePage(storing, page)));
    expect(await wrongCounts(db)).toEqual([]);
    expect(await db.processes.countDocuments()).toBe((await db.processes.distinct("_id")).length);
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
