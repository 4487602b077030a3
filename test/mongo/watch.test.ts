// Watched questions on a real database, with a real webhook: one post a day of what is new, changed and closing.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { ObjectId } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { post } from "../../src/platform/post.ts";
import { questionNamed } from "../../src/questions/index.ts";
import { invoke } from "../../src/run/invocation.ts";
import { noticePage } from "../../src/sources/index.ts";
import { watchSchema } from "../../src/terms/watch.ts";
import { sendDigest } from "../../src/watch/digest.ts";
import { isWatchable, listWatches, removeWatch, saveWatch, watchesOf } from "../../src/watch/watches.ts";
import { freshDatabase } from "../kit/database.ts";

interface Posted {
  text: string;
  watches: { name: string; new: number; changed: number; closing: number }[];
  attachments: { content: { body: { text: string }[] } }[];
}

const DAY = 86_400_000;
const NOW = new Date("2026-06-10T23:30:00Z"); // half past midnight in London: the 11th
const later = (days: number) => new Date(NOW.getTime() + days * DAY);
const sources = ["FIND_A_TENDER", "CONTRACTS_FINDER"];
const log = createLogger({ level: "silent", secrets: [] });
const mongo = await freshDatabase();
const { db } = mongo;
const posted: Posted[] = [];
let answerWith: number | "nothing" = 200;
let url: string;
const webhook = createServer(async (request, response) => {
  posted.push(JSON.parse(await textOf(request)));
  if (answerWith === "nothing") request.socket.destroy();
  else response.writeHead(answerWith).end();
});

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

beforeAll(async () => {
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook`;
});
afterAll(() => webhook.close());
beforeEach(async () => {
  await mongo.clear();
  posted.length = 0;
  answerWith = 200;
});

const tender = (number: number, fields: object = {}) => ({
  ...{ _id: new ObjectId(), source: "FIND_A_TENDER", ocid: `ocds-h6vhtk-${number}`, state: "open" as const },
  ...{ noticeId: `00000${number}-2026`, notices: [], cpvCodes: ["45000000"], title: `Tender ${number}` },
  ...{ firstPublishedDate: NOW, publishedDate: NOW, updatedAt: NOW, version: 1 },
  ...{ deadlineDate: later(30), valueMax: 100_000, currency: "GBP", ...fields },
});

function named(name: string) {
  const question = questionNamed(name);
  if (!question) throw new RangeError(name);
  return question;
}

const watch = (name: string, { question = "open", now = NOW } = {}) =>
  saveWatch(db, {
    ...{ name, question: named(question), parameters: { cpv: "45" } },
    asking: { now, sources },
  });
const send = (now: Date, webhookUrl: string | null = url) =>
  sendDigest({ db, webhookUrl, sources, noticePage, post, now, log });

describe("the daily post", () => {
  it("tells once what is new, changed and closing, whatever runs overlap", async () => {
    await db.processes.insertMany([tender(1), tender(2), tender(3, { deadlineDate: later(8) }), tender(4)]);
    await watch("roads");
    await send(later(0.1));
    expect(posted).toEqual([]); // making a watch shows the answer
    await db.processes.insertOne(tender(5));
    await db.processes.updateOne({ noticeId: "000002-2026" }, { $set: { deadlineDate: later(40) } });
    await Promise.all([send(later(1.1)), send(later(1.1)), send(later(1.1))]);
    await send(later(1.5)); // the same day
    expect(posted).toHaveLength(1);
    expect(posted[0]?.watches).toEqual([{ name: "roads", new: 1, changed: 1, closing: 1 }]);
    expect(posted[0]?.text).toMatch(/New: Tender 5, .*\/Notice\/000005-2026$/m);
    expect(posted[0]?.text).toMatch(/Changed: closes 11 Jul 2026, 00:30 → 21 Jul 2026, 00:30: Tender 2/);
    expect(posted[0]?.text).toMatch(/Closing: Tender 3, closes 19 Jun 2026, 00:30, 100,000 GBP/);
    await send(later(2.1)); // nothing is told twice
    expect(posted).toHaveLength(1);
    for (const one of await listWatches(db)) watchSchema.parse(one);
  });

  it("comes once from three whole invocations at once, and from none with NOTIFY=alarms", async () => {
    await watch("roads");
    await db.processes.insertOne(tender(1));
    const get = () => Promise.reject(new Error("no source is read here"));
    const sleep = () => Promise.resolve();
    const run = (NOTIFY: string) =>
      invoke({
        ...{
          db,
          log,
          config: readConfig({ MONGODB_URI: mongo.uri, ALERT_WEBHOOK_URL: url, NOTIFY }, NOW, []),
        },
        effects: { now: () => later(1), sleep, get, post, random: () => 0.5, newId: () => new ObjectId() },
      });
    await run("alarms");
    expect(posted).toEqual([]);
    await Promise.all([run("daily"), run("daily"), run("daily")]);
    expect(posted.map(({ watches }) => watches)).toEqual([
      [{ name: "roads", new: 1, changed: 0, closing: 0 }],
    ]);
  });

  it("says what a post told again the next day only where the webhook did not take it", async () => {
    await watch("roads");
    await db.processes.insertOne(tender(1));
    answerWith = 503;
    await send(later(1));
    answerWith = "nothing"; // it may have been read: not sent again on this day
    await send(later(1.1));
    await send(later(1.2));
    expect(posted).toHaveLength(2);
    answerWith = 200;
    await send(later(2));
    await send(later(3));
    expect(posted.map(({ watches }) => watches[0]?.new)).toEqual([1, 1, 1]);
  });

  it("holds nothing that a reader of it takes for a link, a mention or a mark", async () => {
    await watch("roads");
    const title = "<!channel> @all [Win](https://evil.example) *now* `x` <b>&amp; \u202eabc\u001b[2J\n# head";
    await db.processes.insertOne(tender(1, { title, buyerName: "_<script>_ ~x~ www.evil.example" }));
    await send(later(1));
    const [{ text = "", attachments = [] } = {}] = posted;
    const card = attachments.flatMap(({ content }) => content.body.map((one) => one.text)).join("\n");
    expect(text).toContain("‹!channel›");
    for (const form of [text, card]) {
      const theirs = form.split("\n").slice(2).join("\n");
      expect(theirs.replace("https://www.find-tender.service.gov.uk/Notice/000001-2026", "")).not.toMatch(
        /[<>[\]@*_~`|\\\p{Cf}]|:\/\/|www\./u,
      );
      expect(form.split("\n")).toHaveLength(3);
    }
    expect(text).toContain("&amp;amp;");
  });

  it("stays short, however much came, and a watch that cannot be asked keeps none back", async () => {
    await watch("roads");
    await watch("gone");
    await watchesOf(db).updateOne({ _id: "gone" }, { $set: { question: "no-such" } });
    await db.processes.insertMany(
      Array.from({ length: 250 }, (_, at) => tender(at + 1, { title: "é".repeat(500) })),
    );
    await send(later(1));
    expect(posted[0]?.watches).toMatchObject([{ name: "roads", new: 250 }]);
    expect(posted[0]?.text).toMatch(/… and 211 more/);
    expect(Buffer.byteLength(JSON.stringify(posted[0]))).toBeLessThan(28_000); // Teams' most
  });

  it("is nobody's without a webhook", async () => {
    await watch("roads");
    await db.processes.insertOne(tender(1));
    await send(later(1), null);
    expect(await db.db.collection("digests").countDocuments()).toBe(0);
  });
});

describe("watches", () => {
  it("are questions whose rows are procurements or notices, with a name, twenty at most", async () => {
    await expect(watch("x", { question: "winners" })).rejects.toThrow(/cannot be watched/);
    await expect(watch("$where")).rejects.toThrow(/is not a name/);
    expect([await watch("roads"), await watch("roads")]).toEqual(["new", "replaced"]);
    for (let at = 1; at < 20; at++) await watch(`watch ${at}`);
    await expect(watch("one more")).rejects.toThrow(/unwatch NAME/);
    expect([await removeWatch(db, "roads"), await removeWatch(db, "roads")]).toEqual([true, false]);
    expect(isWatchable(named("minutes"))).toBe(false);
  });
});
