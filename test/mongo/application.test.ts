// The application beside us, by its own client (Mongoose): every query that it makes, whoever came first; what it wrote is
// there after everything has been read once more.
import { MongoClient, ObjectId } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { othersIndexes } from "../../src/upkeep/others-indexes.ts";
import { type Application, makeIndexes, startApplication } from "../kit/application.ts";
import { freshDatabase } from "../kit/database.ts";
import { wrongCounts } from "../kit/records.ts";

const now = new Date("2026-06-10T12:00:00Z");
const HOUR_MS = 3_600_000;

interface House {
  name: string;
  db: Database;
  world: World;
  application: Application;
}

const { uri } = await freshDatabase();

async function open(name: string): Promise<House> {
  const client = await new MongoClient(uri, { ignoreUndefined: true }).connect();
  const dbName = `application_${process.pid}_${name}`;
  const db = collectionsOf(client.db(dbName));
  const application = await startApplication(uri, dbName);
  const world = createWorld({
    ...{ db, now, from: new Date("2026-05-01T00:00:00Z"), replica: { faults: [], bodies: "full" } },
    notices: { FIND_A_TENDER: 260, CONTRACTS_FINDER: 140 },
  });
  afterAll(async () => {
    await db.db.dropDatabase();
    await application.connection.close();
    await client.close();
  });
  return { name, db, world, application };
}

async function readAll({ world }: House): Promise<void> {
  for (let hour = 0; hour < 3; hour++) {
    await world.run({ BACKFILL_START_DATE: "2026-05-01" });
    world.pass(HOUR_MS);
  }
}

const ids = (documents: { _id: unknown }[]) => documents.map(({ _id }) => String(_id)).sort();
const byNewest = { publishedDate: -1 } as const;

/** Each query of the application beside what a plain reading of the documents gives. */
async function queries({ db, application }: House): Promise<[string, unknown, unknown][]> {
  const { Contract, Buyer, SyncJob } = application;
  const contracts = await db.contracts.find().toArray();
  const buyers = await db.buyers.find().toArray();
  const filters: [Record<string, unknown>, (one: (typeof contracts)[number]) => boolean][] = [
    [{}, () => true],
    [{ stage: "TENDER", status: "OPEN" }, ({ stage, status }) => stage === "TENDER" && status === "OPEN"],
    [{ sector: "Construction" }, ({ sector }) => sector === "Construction"],
    [{ contractMechanism: "standard" }, ({ contractMechanism }) => contractMechanism === "standard"],
    [{ contractType: "services" }, ({ contractType }) => contractType === "services"],
    [{ suitableForSme: true }, ({ suitableForSme }) => suitableForSme === true],
    [{ suitableForVco: true }, ({ suitableForVco }) => suitableForVco === true],
    [{ buyerRegion: /^UKI/i }, ({ buyerRegion }) => /^UKI/i.test(buyerRegion ?? "")],
    [{ buyerRegion: null }, ({ buyerRegion }) => buyerRegion === undefined],
    [
      { valueMax: { $gte: 100_000 }, valueMin: { $lte: 500_000 } },
      ({ valueMin, valueMax }) =>
        valueMax !== undefined && valueMax >= 100_000 && valueMin !== undefined && valueMin <= 500_000,
    ],
    [
      { submissionPortalUrl: /example/ },
      ({ submissionPortalUrl }) => /example/.test(submissionPortalUrl ?? ""),
    ],
  ];
  const answers: [string, unknown, unknown][] = [];
  for (const [filter, fits] of filters) {
    const found = await Contract.find(filter).sort(byNewest).lean();
    answers.push([JSON.stringify(filter), ids(found), ids(contracts.filter(fits))]);
  }
  const some = await Contract.find({}).sort(byNewest).limit(50).lean();
  const wanted = some.flatMap(({ buyerId }) => buyerId ?? []);
  answers.push([
    "buyers of a list",
    ids(await Buyer.find({ _id: { $in: wanted } }).lean()),
    [...new Set(wanted.map(String))].sort(),
  ]);
  const [first] = contracts;
  answers.push(["findById", (await Contract.findById(String(first?._id)))?.title, first?.title]);
  const word = first?.title?.split(" ").find((one) => /^[a-z]{6,}$/i.test(one)) ?? "services";
  const searched = await Contract.find({ $text: { $search: word } }).lean();
  answers.push([
    "text search finds its own title",
    searched.some(({ _id }) => String(_id) === String(first?._id)),
    true,
  ]);
  for (const { _id, name, nameLower, contractCount, orgId } of buyers) {
    if (nameLower !== undefined)
      answers.push([
        `by name ${name}`,
        String((await Buyer.findOne({ nameLower }).lean())?._id),
        String(_id),
      ]);
    const joint = contracts.filter(({ jointBuyerIds = [] }) => jointBuyerIds.some((id) => id.equals(_id)));
    const page = await Contract.countDocuments({ buyerId: { $in: [_id] } });
    answers.push([`notices of ${orgId}`, page + joint.length, contractCount]);
  }
  answers.push(["estimated", await Contract.estimatedDocumentCount(), contracts.length]);
  answers.push([
    "sectors",
    (await Contract.distinct("sector")).filter((one) => one !== null).sort(), // an index knows null for "none"
    [...new Set(contracts.flatMap(({ sector }) => sector ?? []))].sort(),
  ]);
  const suppliers = await Contract.aggregate([
    { $match: { "awardedSuppliers.0": { $exists: true } } },
    { $unwind: "$awardedSuppliers" },
    { $group: { _id: "$awardedSuppliers.name", won: { $sum: 1 }, value: { $sum: "$awardValue" } } },
  ]);
  const named = contracts.flatMap(({ awardedSuppliers = [] }) => awardedSuppliers.map(({ name }) => name));
  answers.push(["competitors", suppliers.reduce((sum, { won }) => sum + won, 0), named.length]);
  const newest = await Contract.find({}).sort({ createdAt: -1 }).limit(5).lean();
  answers.push(["newest", newest.length, 5]);
  const after = await Buyer.find({ _id: { $gt: new ObjectId("000000000000000000000000") } })
    .sort({ enrichmentPriority: -1, _id: 1 })
    .limit(100)
    .lean();
  answers.push(["enrichment's cursor", after.length, Math.min(100, buyers.length)]);
  const jobs = await SyncJob.find({}).lean();
  answers.push(["jobs", jobs.map(({ source }) => source).sort(), ["CONTRACTS_FINDER", "FIND_A_TENDER"]]);
  answers.push([
    "texts in errorLog",
    jobs.every(({ errorLog = [] }) => errorLog.every((one) => typeof one === "string")),
    true,
  ]);
  return answers;
}

async function expectRight(house: House): Promise<void> {
  for (const [query, answer, right] of await queries(house)) expect([query, answer]).toEqual([query, right]);
  expect(await wrongCounts(house.db)).toEqual([]);
}

/** What it writes: into notices and buyers that are there, and new ones of its own. */
async function work({ application: { Contract, Buyer } }: House): Promise<void> {
  await Contract.updateMany(
    {},
    {
      $set: {
        ...{ vibeScore: 7, vibeReasoning: "fits" },
        documents: [{ id: "d", title: "found on the portal", url: "https://example.org/d" }],
      },
    },
  );
  await Buyer.updateMany(
    {},
    { $set: { logoUrl: "https://example.org/l", enrichmentScore: 9, region: "theirs" } },
  );
}

async function expectKept({ db }: House): Promise<void> {
  const lost = await db.db.collection("contracts").countDocuments({
    $or: [{ vibeScore: { $ne: 7 } }, { vibeReasoning: { $ne: "fits" } }, { "documents.id": { $ne: "d" } }],
  });
  expect(lost).toBe(0);
  const poorer = await db.db.collection("buyers").countDocuments({
    $or: [{ logoUrl: { $exists: false } }, { enrichmentScore: { $ne: 9 } }, { region: { $ne: "theirs" } }],
  });
  expect(poorer).toBe(0);
}

describe("the Worker first, then the application", () => {
  let house: House;
  beforeAll(async () => {
    house = await open("after");
    await readAll(house);
    await makeIndexes(house.application);
  }, 300_000);

  it("gets from each of its queries what stands in the documents", () => expectRight(house), 60_000);

  it("finds what it wrote after everything has been read once more", async () => {
    await work(house);
    await house.db.syncWindows.deleteMany({});
    await house.db.syncJobs.deleteMany({});
    await readAll(house);
    await expectKept(house);
    await expectRight(house);
  }, 300_000);
});

describe("the application first, then the Worker", () => {
  let house: House;
  const theirs = { vibeScore: 3, canRenew: true };
  let taken: string[] = [];

  beforeAll(async () => {
    house = await open("before");
    const { application, db, world } = house;
    expect(await makeIndexes(application)).toEqual([]);
    const published = world.replica.published("FIND_A_TENDER", now.getTime()).slice(0, 20);
    const stored = await application.Contract.insertMany(
      published.map(({ releaseId, ocid }, at) => ({
        ...{ source: "FIND_A_TENDER", noticeId: releaseId, title: "theirs", buyerName: "theirs" },
        ...(at % 2 ? { ocid } : {}),
        vibeScore: 3,
      })),
    );
    taken = ids(stored);
    await db.db.collection("contracts").updateMany({}, { $set: theirs });
    await application.Buyer.create({ name: "A buyer of theirs", nameLower: "a buyer of theirs" });
    await readAll(house);
  }, 300_000);

  it("takes over its documents with their ids and fields", async () => {
    const { db } = house;
    const found = await db.db.collection("contracts").find({ canRenew: true }).toArray();
    expect(ids(found)).toEqual(taken);
    for (const one of found) {
      expect(one).toMatchObject({ ...theirs, tags: expect.any(Array), ocid: expect.any(String) });
      expect(one["title"]).not.toBe("theirs");
    }
    expect(await db.buyers.findOne({ name: "A buyer of theirs" })).toMatchObject({
      keys: ["auto-a-buyer-of-theirs"],
    });
  });

  it("gets from each of its queries what stands in the documents", async () => {
    const { db } = house;
    await db.buyers.deleteMany({ name: "A buyer of theirs" });
    await expectRight(house);
  }, 300_000);

  it("has notices that its index keeps out in quarantine, and says so; its own writes pass", async () => {
    const { db, application } = house;
    const refused = await db.quarantine.find().toArray();
    for (const { reason } of refused) expect(reason).toContain("source_1_noticeId_1");
    const [index] = await othersIndexes(db);
    expect(index).toMatchObject({
      index: "contracts.source_1_noticeId_1",
      keepsOut: expect.stringContaining(`${refused.length} notices`),
    });
    const one = { source: "FIND_A_TENDER" as const, noticeId: "mine", title: "t", buyerName: "b" };
    await application.Contract.create(one);
    await application.Buyer.create({ name: "Mine" });
    await application.Contract.deleteOne({ noticeId: "mine" });
    await application.Buyer.deleteOne({ name: "Mine" });
  });

  it("finds what it wrote after everything has been read once more", async () => {
    await work(house);
    await house.db.syncWindows.deleteMany({});
    await house.db.syncJobs.deleteMany({});
    await readAll(house);
    await expectKept(house);
    await expectRight(house);
  }, 300_000);
});
