// Alarms against a real database and a real webhook, and the status in four queries. About 10 s.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { startWorker } from "../../src/local/worker.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { post } from "../../src/platform/post.ts";
import { sendAlerts } from "../../src/report/alerts.ts";
import { statusOf } from "../../src/run/status.ts";
import { measureUsed } from "../../src/store/budget.ts";
import { alertSchema } from "../../src/terms/documents.ts";
import { freshDatabase, type TestDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";
import { setScene } from "./status-data.ts";

const builtDir = await builtWorker();

interface Posted {
  text: string;
  alarms: { key: string }[];
  wellAgain: boolean;
}

const HOUR = 3_600_000;
const silent = createLogger({ level: "silent", secrets: [] });
let mongo: TestDatabase;
let answerWith = 200;
const posted: Posted[] = [];
const webhook = createServer(async (request, response) => {
  const body = await textOf(request);
  if (answerWith === 200) posted.push(JSON.parse(body));
  response.writeHead(answerWith).end();
});
let url: string;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

beforeAll(async () => {
  mongo = await freshDatabase({ monitorCommands: true });
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  const { port } = webhook.address() as AddressInfo;
  url = `http://127.0.0.1:${port}/hook`;
});
afterAll(() => webhook.close());
beforeEach(async () => {
  await mongo.clear();
  posted.length = 0;
  answerWith = 200;
});

const statusAt = (now: Date, settings: Record<string, string> = {}) =>
  statusOf(mongo.db, readConfig({ MONGODB_URI: mongo.uri, ...settings }, now), now);
const send = (now: Date, webhookUrl: string | null = url, settings: Record<string, string> = {}) =>
  sendAlerts({
    ...{ db: mongo.db, webhookUrl, post, now, log: silent },
    readStatus: () => statusAt(now, settings),
  });
const keys = () => posted.flatMap(({ alarms }) => alarms.map(({ key }) => key)).sort();
const alerts = () => mongo.client.db(mongo.name).collection("alerts").find({}).toArray();

const IN_TROUBLE = [
  "drift/CONTRACTS_FINDER/2026-02/2026-11-23",
  "drift/FIND_A_TENDER/2026-02/2026-11-23",
  "failed/CONTRACTS_FINDER/2025-09",
  "failed/FIND_A_TENDER/2026-03",
  "failing/FIND_A_TENDER",
  "lag/FIND_A_TENDER",
  "order/CONTRACTS_FINDER/2026-04",
  "order/FIND_A_TENDER/2026-04",
];
const NOW = new Date("2026-11-24T13:00:00Z");

describe("alarms", () => {
  it("each case is sent once, however many invocations end at the same time", async () => {
    await setScene(mongo.db, "trouble", NOW);
    await Promise.all(Array.from({ length: 8 }, () => send(NOW)));
    expect(keys()).toEqual(IN_TROUBLE);
    await send(new Date(NOW.getTime() + HOUR));
    expect(keys()).toEqual(IN_TROUBLE);
    for (const alert of await alerts()) alertSchema.parse(alert);
    const text = posted.map((one) => one.text).join("\n");
    expect(text).not.toMatch(/<|user:secret|https?:/);
  });

  it("a budget that is used is one of them, and is over when there is room", async () => {
    // Other files' databases on this server count too, as the tier counts them, and change meanwhile.
    const { usedBytes, otherBytes } = await measureUsed(mongo.db);
    const own = (usedBytes - otherBytes) / 2 ** 20;
    await send(NOW, url, { STORAGE_BUDGET_MB: String(own) });
    expect(posted[0]?.alarms.map(({ key }) => key)).toEqual(["storage"]);
    expect(posted[0]?.text).toMatch(/\d+ % of its storage budget/);
    await send(NOW, url, { STORAGE_BUDGET_MB: "1000000" });
    expect(posted[1]).toMatchObject({ alarms: [], wellAgain: true });
  });

  it("says once when all is well again, and a case that returns is sent again", async () => {
    await setScene(mongo.db, "trouble", NOW);
    await send(NOW);
    const well = async () => {
      await mongo.db.syncWindows.updateMany({ status: "failed" }, { $set: { status: "done" } });
      await mongo.db.syncJobs.updateMany({}, { $set: { lastSyncedDate: NOW } });
      await mongo.db.syncRuns.updateMany(
        { outcome: "error" },
        { $set: { outcome: "done", "sources.$[].endedBy": "nothing left" } },
      );
    };
    await mongo.db.syncJobs.updateMany({}, { $set: { lastSyncedDate: NOW } });
    await send(NOW);
    expect(posted).toHaveLength(1); // one of several is over: no reason to write
    await well();
    await Promise.all([send(NOW), send(NOW), send(NOW)]);
    expect(posted).toHaveLength(2);
    expect(posted[1]).toMatchObject({ alarms: [], wellAgain: true });
    await mongo.db.syncWindows.updateOne({ _id: "FIND_A_TENDER/2026-03" }, { $set: { status: "failed" } });
    await send(new Date(NOW.getTime() + 60_000));
    expect(posted[2]?.alarms.map(({ key }) => key)).toEqual(["failed/FIND_A_TENDER/2026-03"]);
  });

  it("a failing webhook harms nothing, and the alarm comes once it is back", async () => {
    await setScene(mongo.db, "trouble", NOW);
    answerWith = 500;
    await send(NOW);
    await send(new Date(NOW.getTime() + HOUR), "http://127.0.0.1:9/nobody");
    expect(await alerts()).toEqual([]);
    answerWith = 200;
    await send(new Date(NOW.getTime() + 2 * HOUR));
    expect(keys().filter((key) => !key.startsWith("drift"))).toEqual(
      IN_TROUBLE.filter((key) => !key.startsWith("drift")),
    );
  });

  it("without a webhook nothing is read or written", async () => {
    await setScene(mongo.db, "trouble", NOW);
    await send(NOW, null);
    expect(await alerts()).toEqual([]);
  });

  it("the built Worker sends them at the end of its invocation; a failing webhook leaves the run as it was", async () => {
    const now = new Date();
    await setScene(mongo.db, "trouble", now);
    const nowhere = "http://127.0.0.1:9";
    const start = (hook: string) =>
      startWorker({
        builtDir,
        vars: { MONGODB_DB: mongo.name, FAT_API_URL: nowhere, CF_API_URL: nowhere, RUN_BUDGET_SECONDS: "1" },
        secrets: { MONGODB_URI: mongo.uri, ALERT_WEBHOOK_URL: hook },
      });
    const secret = "http://127.0.0.1:9/secret-path-of-the-hook";
    for (const hook of [secret, url]) {
      const worker = await start(hook);
      const lines = (await worker.tick()).map((line) => JSON.parse(line));
      expect(lines.filter(({ msg }) => msg === "invocation")).toHaveLength(1);
      expect(JSON.stringify(lines)).not.toContain("secret-path");
      await worker.close();
      const run = await mongo.db.syncRuns.findOne({}, { sort: { startedAt: -1 } });
      expect(run?.endedAt).not.toBeNull();
      expect(posted.length > 0).toBe(hook === url);
    }
    expect(keys()).toContain(`failed/CONTRACTS_FINDER/${await failedMonth("CONTRACTS_FINDER")}`);
  }, 300_000);
});

async function failedMonth(source: "CONTRACTS_FINDER") {
  const window = await mongo.db.syncWindows.findOne({ source, status: "failed" });
  return window?.month ?? "none";
}

describe("the status", () => {
  it("takes three queries and the size, none of them on contracts", async () => {
    await setScene(mongo.db, "middle", NOW);
    const commands: string[] = [];
    const note = ({ commandName, command }: { commandName: string; command: object }) => {
      commands.push(`${commandName} ${JSON.stringify(command)}`);
    };
    mongo.client.on("commandStarted", note);
    const status = await statusAt(NOW, { STORAGE_BUDGET_MB: "400" });
    mongo.client.off("commandStarted", note);
    // The size is the cluster's: dbStats of each of its databases.
    const names = commands.map((command) => command.split(" ")[0]).filter((name) => name !== "dbStats");
    expect(names.sort()).toEqual(["aggregate", "aggregate", "find", "listDatabases"]);
    expect(commands.some((command) => command.startsWith("dbStats"))).toBe(true);
    expect(commands.join()).not.toContain("contracts");
    expect(status.windows).toHaveLength(192);
  });

  it("of an empty database says that nothing has begun, and that nothing is wrong", async () => {
    const status = await statusAt(NOW);
    const verdict = "Not started yet: the cron begins the first run within the hour.";
    expect([status.well, status.verdict, status.alarms]).toEqual([true, verdict, []]);
    expect(status.sources.map(({ status: of }) => of)).toEqual(["not started", "not started"]);
  });
});
