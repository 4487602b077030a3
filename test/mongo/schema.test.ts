// Collections, their validators and their indexes, as the first step of an invocation makes them.
import { type Document, MongoClient, ObjectId } from "mongodb";
import { describe, expect, it, vi } from "vitest";
import { startMongod } from "../../src/local/mongod.ts";
import { collectionsOf } from "../../src/platform/database.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { ensureCollections, ensureIndexes, schemaDifferences } from "../../src/platform/schema.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, client, name } = await freshDatabase({ monitorCommands: true });
const log = createLogger({ level: "silent", secrets: [] });
const DOCUMENT_INVALID = 121;
const now = new Date("2026-06-01T00:00:00Z");
const _id = new ObjectId();
const buyer = {
  _id,
  orgId: "b",
  name: "B",
  identifiers: [],
  ...{ keys: ["auto-b"], places: [], version: 1 },
  contractCount: 0,
  said: { name: "B" },
  createdAt: now,
  updatedAt: now,
};

async function commandsOf(work: () => Promise<unknown>): Promise<string[]> {
  const commands: string[] = [];
  const note = ({ commandName }: { commandName: string }) => commands.push(commandName);
  client.on("commandStarted", note);
  await work();
  client.off("commandStarted", note);
  return commands;
}

describe("the schema", () => {
  it("is all there, and making sure of the validators again is one question", async () => {
    expect(await schemaDifferences(db)).toEqual([]);
    expect(await commandsOf(() => ensureCollections(db, log))).toEqual(["listCollections"]);
    const commands = await commandsOf(() => ensureIndexes(db));
    expect(new Set(commands)).toEqual(new Set(["listIndexes"]));
  });

  it("is made by two invocations at once", async () => {
    const other = collectionsOf(client.db(`${name}_two`));
    try {
      await Promise.all([1, 2, 3].map(() => ensureCollections(other, log).then(() => ensureIndexes(other))));
      expect(await schemaDifferences(other)).toEqual([]);
      const made = await other.db.listCollections().toArray();
      expect(made.length).toBe(13);
    } finally {
      await other.db.dropDatabase();
    }
  });

  it("says what differs, and is brought up to date", async () => {
    await db.db.command({ collMod: "rateLimits", validator: {}, validationLevel: "off" });
    await db.contracts.dropIndex("buyer");
    await db.contracts.createIndex({ buyerName: 1 }, { name: "buyer" });
    expect(await schemaDifferences(db)).toEqual(["contracts.buyer", "rateLimits: validator"]);
    await db.contracts.dropIndex("buyer");
    await ensureCollections(db, log);
    await ensureIndexes(db);
    expect(await schemaDifferences(db)).toEqual([]);
  });

  it("refuses documents that are not what the schema says, whoever writes them", async () => {
    const raw = (collection: string) => db.db.collection<Document>(collection);
    await expect(raw("contracts").insertOne({ tags: ["x"] })).rejects.toMatchObject({
      code: DOCUMENT_INVALID,
    });
    await expect(raw("quarantine").insertOne({ source: "x" })).rejects.toMatchObject({
      code: DOCUMENT_INVALID,
    });
    await db.buyers.insertOne(buyer);
    const bad = raw("buyers").updateOne({ name: "B" }, { $set: { contractCount: 1.5 } });
    await expect(bad).rejects.toMatchObject({ code: DOCUMENT_INVALID });
  });

  it("lets others enrich buyers", async () => {
    const url = { boardPapersUrl: "https://b.example/papers", logo: { width: 3 } };
    await db.db.collection("buyers").updateOne({ _id }, { $set: url });
    expect(await db.buyers.findOne({ _id })).toMatchObject(url);
  });

  it("compresses indexes, also the one of `_id`", async () => {
    const [contracts] = await db.db.listCollections({ name: "contracts" }).toArray();
    expect(JSON.stringify(contracts)).toContain("block_compressor=zstd");
    const [stats] = await db.contracts
      .aggregate([{ $collStats: { storageStats: {} } }, { $project: { "storageStats.indexDetails": 1 } }])
      .toArray();
    for (const [index, { creationString }] of Object.entries<{ creationString: string }>(
      stats?.["storageStats"].indexDetails,
    ))
      expect(`${index} ${creationString}`).toContain("block_compressor=zstd");
  });
});

describe("a server that does not take all of it", () => {
  it("may refuse options of its storage engine, and a user may lack the right to change validators", async () => {
    const mongo = await startMongod({ ownServer: true, auth: true, parameters: ["enableTestCommands=1"] });
    const signedIn = (who: string) => new MongoClient(mongo.uri, { auth: { username: who, password: who } });
    const [admin, root, poor] = [new MongoClient(mongo.uri), signedIn("root"), signedIn("poor")];
    try {
      await admin.db("admin").command({ createUser: "root", pwd: "root", roles: ["root"] });
      const refusal = { failCommands: ["create"], errorCode: 8000 };
      const failPoint = { configureFailPoint: "failCommand", mode: { times: 1 }, data: refusal };
      await root.db("admin").command(failPoint);
      const made = collectionsOf(root.db("made"));
      await ensureCollections(made, log);
      await ensureIndexes(made);
      expect(await schemaDifferences(made)).toEqual([]);

      const actions = ["find", "insert", "update", "createIndex", "listIndexes", "listCollections"];
      const privileges = [{ resource: { db: "made", collection: "" }, actions }];
      await root.db("made").command({ createRole: "poor", privileges, roles: [] });
      await root
        .db("admin")
        .command({ createUser: "poor", pwd: "poor", roles: [{ role: "poor", db: "made" }] });
      await root.db("made").command({ collMod: "buyers", validator: {} });
      const used = collectionsOf(poor.db("made"));
      const warned = vi.spyOn(log, "warn");
      await ensureCollections(used, log);
      expect(warned).toHaveBeenCalledOnce();
      expect(await schemaDifferences(used)).toEqual(["buyers: validator"]);
      await used.buyers.insertOne(buyer);
    } finally {
      await Promise.all([admin, root, poor].map((one) => one.close()));
      await mongo.stop();
    }
  });
});
