// The built Worker in workerd, against a real mongod and the replica over HTTP.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { compareWithTruth } from "../../src/cli/demo-report.ts";
import { isComplete, readProgress } from "../../src/cli/progress.ts";
import { freePort } from "../../src/local/mongod.ts";
import { type LocalWorker, startWorker } from "../../src/local/worker.ts";
import { DEFAULT_FAULTS } from "../../src/replica/faults.ts";
import { createHistory } from "../../src/replica/history.ts";
import { type RunningReplica, startReplica } from "../../src/replica/server.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { syncJobSchema, windowSchema } from "../../src/terms/documents.ts";
import { freshDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";

/** The Worker's time when it starts, and the replica's. */
const AT = new Date("2026-06-10T12:00:00Z");
const builtDir = await builtWorker(AT);

const { db, uri, name, clear } = await freshDatabase();
const PASSWORD = "s3cret-pa55word";
const DAY_MS = 86_400_000;
const from = new Date(AT.getTime() - 40 * DAY_MS);
let replica: RunningReplica;
let worker: LocalWorker;

function vars(more: Record<string, string> = {}): Record<string, string> {
  return {
    MONGODB_DB: name,
    FAT_API_URL: replica.url,
    CF_API_URL: replica.url,
    BACKFILL_START_DATE: from.toISOString().slice(0, 10),
    REQUESTS_PER_MINUTE: "12000",
    RUN_BUDGET_SECONDS: "60",
    LEASE_SECONDS: "5",
    COOLDOWN_SECONDS: "0",
    VERIFY_AFTER_HOURS: "0",
    ...more,
  };
}

beforeAll(async () => {
  const faults = DEFAULT_FAULTS.filter((fault) => fault !== "slow");
  const made = (source: Source) => createHistory({ source, seed: 5, faults, from, to: AT, notices: 350 });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  const begun = performance.now();
  const clock = () => AT.getTime() + performance.now() - begun;
  const limit = { requests: 1000, perSeconds: 1, retryAfterSeconds: 0 };
  replica = await startReplica({ seed: 5, faults, histories, limit, faultShare: 0.05, clock });
  worker = await startWorker({ builtDir, vars: vars(), secrets: { MONGODB_URI: uri } });
});
beforeEach(clear);
afterAll(async () => {
  await worker.close();
  await replica.close();
});

const line = (lines: string[], pattern: RegExp) =>
  lines
    .join("\n")
    .split("\n")
    .find((one) => pattern.test(one));

describe("scheduled", () => {
  it("does the whole job, and every document is as the design says", async () => {
    for (let tick = 0; tick < 6 && !isComplete(await readProgress(db)); tick++) await worker.tick();
    expect(isComplete(await readProgress(db))).toBe(true);
    for (const source of SOURCES) {
      const { published, missing, strange } = await compareWithTruth(db, replica, source);
      expect([published > 300, missing.map(({ releaseId }) => releaseId), strange]).toEqual([true, [], 0]);
    }
    for (const window of await db.syncWindows.find().toArray())
      expect(windowSchema.safeParse(window).error).toBeUndefined();
    for (const job of await db.syncJobs.find().toArray()) {
      expect(syncJobSchema.safeParse(job).error).toBeUndefined();
      expect(job.status).toBe("syncing");
    }
    const runs = await db.syncRuns.find().toArray();
    expect(runs.every(({ outcome, endedAt }) => outcome === "done" && endedAt !== null)).toBe(true);
  }, 300_000);

  it("shares the work with another invocation at the same time, and never a window", async () => {
    const second = await startWorker({ builtDir, vars: vars(), secrets: { MONGODB_URI: uri } });
    await Promise.all([worker.tick(), second.tick(), worker.tick()]);
    await worker.tick();
    await second.close();
    for (const source of SOURCES) expect((await compareWithTruth(db, replica, source)).missing).toEqual([]);
    const windows = await db.syncWindows.find().toArray();
    expect(windows.every(({ status, claim }) => status === "done" && claim === null)).toBe(true);
    const done = (await db.syncRuns.find().toArray()).flatMap(({ sources }) =>
      sources.flatMap((source) => source.windowsDone),
    );
    expect(new Set(done).size).toBe(done.length);
    expect(await db.contracts.countDocuments()).toBeGreaterThan(500);
  }, 300_000);

  it("writes one summary line, and no secret into any", async () => {
    const secretUri = uri.replace(/^(mongodb(?:\+srv)?:\/\/)([^@/]*@)?/, `$1user:${PASSWORD}@`);
    const locked = await startWorker({
      builtDir,
      vars: vars({ LOG_LEVEL: "trace" }),
      secrets: { MONGODB_URI: secretUri },
    });
    const lines = await locked.tick();
    await locked.close();
    expect(lines.join("\n")).not.toContain(PASSWORD);
    expect(line(lines, /MongoDB cannot be reached/)).toBeDefined();
    const good = await worker.tick();
    const summary: unknown = JSON.parse(line(good, /"msg":"invocation"/) ?? "null");
    expect(summary).toMatchObject({
      level: "info",
      outcome: "done",
      sources: { FIND_A_TENDER: { requests: expect.any(Number) } },
    });
  }, 300_000);
});

describe("a wrong setting", () => {
  it.each([
    [{ BACKFILL_START_DATE: "2024-13-01" }, uri, 'BACKFILL_START_DATE is \\"2024-13-01\\": allowed is a day'],
    [{ PAGE_LIMIT: "0" }, uri, 'PAGE_LIMIT is \\"0\\": allowed are whole numbers from 2 to 100'],
    [{}, "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=500", "MongoDB cannot be reached with MONGODB_URI"],
  ])(
    "%j gives one clear error and changes nothing",
    async (wrong, mongodbUri, message) => {
      const before = replica.replica.stats().FIND_A_TENDER.asked;
      const one = await startWorker({ builtDir, vars: vars(wrong), secrets: { MONGODB_URI: mongodbUri } });
      const lines = (await one.tick())
        .join("\n")
        .split("\n")
        .filter((text) => text.includes('"level"'));
      await one.close();
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(message);
      expect(await db.syncWindows.countDocuments()).toBe(0);
      expect(replica.replica.stats().FIND_A_TENDER.asked).toBe(before);
    },
    60_000,
  );
});

it("workerd ends with its parent, also when only that is killed", async () => {
  const module = JSON.stringify(fileURLToPath(new URL("../../src/local/worker.ts", import.meta.url)));
  const given = JSON.stringify({ builtDir, vars: vars(), secrets: { MONGODB_URI: uri } });
  const script = `
    const { startWorker } = await import(${module});
    console.log((await startWorker(${given})).url);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line]: Buffer[] = await once(parent.stdout, "data");
  const health = () => fetch(new URL("/healthz", String(line).trim()));
  expect((await health()).status).toBe(200);
  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(health()).rejects.toThrow(), { timeout: 10_000 });
}, 300_000);

describe("wrangler dev", () => {
  it("takes settings from outside, and /cdn-cgi/local/scheduled does one invocation", async () => {
    const port = await freePort();
    const given = { ...vars(), MONGODB_URI: uri };
    const flags = Object.entries(given).flatMap(([key, value]) => ["--var", `${key}:${value}`]);
    const args = [
      "node_modules/wrangler/bin/wrangler.js",
      "dev",
      "--port",
      String(port),
      "--inspector-port",
      "0",
      ...flags,
    ];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    try {
      const output: string[] = [];
      child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
      for await (const chunk of child.stdout) {
        output.push(String(chunk));
        if (output.join("").includes("Ready on")) break;
      }
      const response = await fetch(`http://127.0.0.1:${port}/cdn-cgi/local/scheduled`);
      expect([response.status, output.join("").includes("Ready on")]).toEqual([200, true]);
      expect(await db.syncRuns.countDocuments({ outcome: { $in: ["done", "deadline"] } })).toBe(1);
      expect(await db.contracts.countDocuments()).toBeGreaterThan(100);
    } finally {
      const exited = once(child, "exit");
      process.kill(-(child.pid ?? 0), "SIGTERM");
      await exited;
    }
  }, 300_000);
});
