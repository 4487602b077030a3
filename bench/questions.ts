// `npm run bench:questions`: each question of `npm run ask` on a database of one and a half million notices. A made-up history
// of both sites is stored as the Worker stores it, and copied on the server under other ids; dates, values and texts stay.
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { type Document, MongoClient } from "mongodb";
import { startMongod } from "../src/local/mongod.ts";
import { foldOcid } from "../src/map/process/fold.ts";
import { collectionsOf, type Database } from "../src/platform/database.ts";
import { ensureIndexes } from "../src/platform/schema.ts";
import { QUESTIONS } from "../src/questions/index.ts";
import { ask, exampleOf } from "../src/questions/question.ts";
import { createHistory } from "../src/replica/history.ts";
import { releaseText } from "../src/replica/release.ts";
import { SOURCES } from "../src/replica/sources.ts";
import type { Upsert } from "../src/store/statements.ts";
import { storePage } from "../src/store/store.ts";
import { mapRelease } from "../test/kit/map.ts";
import { SEED, T0 } from "./histories.ts";
import { median } from "./machine.ts";

const { values: given } = parseArgs({ options: { contracts: { type: "string", default: "1500000" } } });
const wanted = Number(given.contracts);
const say = (line: string) => console.error(line);

const MADE_UP = 20_000;
const STORIES = 1000;
const ROWS_PER_WRITE = 100;
const TIMES = 3;
/** Longer than this, a question says why. */
const SECONDS_MAX = 2;
const now = T0;
const from = new Date(now.getTime() - 10 * 365 * 86_400_000);

async function fill(db: Database): Promise<void> {
  for (const source of SOURCES) {
    const rows = createHistory({ source, seed: SEED, from, to: now, notices: MADE_UP / 2, stories: STORIES });
    for (let at = 0; at < rows.length; at += ROWS_PER_WRITE) {
      const upserts = rows.slice(at, at + ROWS_PER_WRITE).flatMap((row): Upsert[] => {
        const release: unknown = JSON.parse(releaseText(source, row, "full"));
        const mapped = mapRelease({ source, release, now });
        return mapped.kind === "rejected" ? [] : [mapped];
      });
      await storePage({ db, fold: foldOcid, now }, upserts);
    }
  }
}

const idOf = (field: string, mark: string) => ({
  $cond: [
    { $eq: [{ $type: field }, "objectId"] },
    { $toObjectId: { $concat: [mark, { $substrCP: [{ $toString: field }, 4, 20] }] } },
    "$$REMOVE",
  ],
});
const marked = (field: string, mark: string) => ({ $concat: [field, "-", mark] });

/** One more copy of what was stored first: every id of it gets a mark. */
async function copy(db: Database, mark: string): Promise<void> {
  const original: Document = { $match: { copied: { $exists: false } } };
  const own = { _id: idOf("$_id", mark), copied: mark };
  const buyerId = idOf("$buyerId", mark);
  const into = (collection: string) => ({ $merge: { into: collection, whenMatched: "keepExisting" } });
  const buyer = { nameLower: marked("$nameLower", mark), orgId: marked("$orgId", mark) };
  await db.buyers.aggregate([original, { $set: { ...own, ...buyer, keys: [] } }, into("buyers")]).toArray();
  const notice = { ocid: marked("$ocid", mark), noticeId: marked("$noticeId", mark) };
  await db.contracts
    .aggregate([original, { $set: { ...own, ...notice, buyerId } }, into("contracts")])
    .toArray();
  await db.processes
    .aggregate([original, { $set: { ...own, ocid: notice.ocid, buyerId } }, into("processes")])
    .toArray();
}

const mongo = await startMongod({ ownServer: true });
const client = await new MongoClient(mongo.uri, { ignoreUndefined: true }).connect();
try {
  const db = collectionsOf(client.db("questions"));
  await ensureIndexes(db);
  say(`storing ${MADE_UP.toLocaleString("en")} notices …`);
  await fill(db);
  const each = await db.contracts.countDocuments();
  const copies = Math.max(0, Math.ceil(wanted / each) - 1);
  for (let at = 1; at <= copies; at++) {
    await copy(db, (0xf000 + at).toString(16));
    if (at % 10 === 0) say(`${(each * (at + 1)).toLocaleString("en")} notices …`);
  }
  const asking = { now, sources: [...SOURCES] };
  const table = new Table({ head: ["question", "median s", "slowest s", "rows", "index"] });
  let slow = 0;
  for (const question of QUESTIONS) {
    const asked = ask(question, exampleOf(question), asking);
    if (asked.kind === "refused") throw new RangeError(JSON.stringify(asked.problems));
    const seconds: number[] = [];
    let rows = 0;
    for (let time = 0; time < TIMES; time++) {
      const begun = performance.now();
      rows = (await db.db.collection(question.collection).aggregate(asked.pipeline).toArray()).length;
      seconds.push((performance.now() - begun) / 1000);
    }
    if (median(seconds) > SECONDS_MAX) slow++;
    table.push([
      ...[question.name, median(seconds).toFixed(2), Math.max(...seconds).toFixed(2), rows],
      question.index ?? `reads all of ${question.collection}`,
    ]);
  }
  const [contracts, processes] = await Promise.all([
    db.contracts.estimatedDocumentCount(),
    db.processes.estimatedDocumentCount(),
  ]);
  console.log(`${contracts.toLocaleString("en")} contracts, ${processes.toLocaleString("en")} processes`);
  console.log(table.toString());
  console.log(`${QUESTIONS.length - slow} of ${QUESTIONS.length} answer within ${SECONDS_MAX} s.`);
} finally {
  await client.close();
  await mongo.stop();
}
