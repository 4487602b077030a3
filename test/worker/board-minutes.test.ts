// Board minutes in the built Worker: SOAP, minutes that are PDFs of 30 pages, one request a second on a real clock.
// MEASURE_PDF=1 prints what the run took of workerd (docs/board-minutes.md).
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalWorker, startWorker } from "../../src/local/worker.ts";
import { createHistory } from "../../src/replica/history.ts";
import { type RunningBoardReplica, startBoardReplica } from "../../src/replica/moderngov/server.ts";
import { type RunningReplica, startReplica } from "../../src/replica/server.ts";
import type { Source } from "../../src/replica/sources.ts";
import { addSite, boardSites } from "../../src/sources/board-minutes/sites.ts";
import { boardDocuments } from "../../src/sources/board-minutes/store.ts";
import { freshDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";

const { db, uri, name } = await freshDatabase();
const DAY_MS = 86_400_000;
const now = Date.now();
const from = new Date(now - 45 * DAY_MS);
let notices: RunningReplica;
let boards: RunningBoardReplica;
let worker: LocalWorker;

beforeAll(async () => {
  const made = (source: Source) =>
    createHistory({
      source,
      seed: 5,
      faults: [],
      from: new Date(now - DAY_MS),
      to: new Date(now),
      notices: 20,
    });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  const limit = { requests: 1000, perSeconds: 1, retryAfterSeconds: 0 };
  notices = await startReplica({ seed: 5, faults: [], histories, limit });
  boards = await startBoardReplica({
    ...{ seed: 16, sites: 2, traps: ["SOAP only", "PDF only"], meetingsPerMonth: 2, printedPages: 30 },
    ...{ from, to: new Date(now + 60 * DAY_MS) },
  });
  worker = await startWorker({
    builtDir: await builtWorker(),
    vars: {
      ...{ MONGODB_DB: name, FAT_API_URL: notices.url, CF_API_URL: notices.url },
      ...{ REQUESTS_PER_MINUTE: "12000", RUN_BUDGET_SECONDS: "40", VERIFY_REQUESTS_PER_RUN: "0" },
      ...{ BACKFILL_START_DATE: new Date(now - DAY_MS).toISOString().slice(0, 10) },
      ...{ BOARD_MINUTES: "on", BOARD_BACKFILL_START_DATE: from.toISOString().slice(0, 10) },
    },
    secrets: { MONGODB_URI: uri },
  });
  for (const { key, name: council } of boards.replica.sites)
    await addSite(db.db, { baseUrl: `${boards.url}/${key}`, name: council }, new Date(now));
});
afterAll(async () => {
  await worker.close();
  await boards.close();
  await notices.close();
});

it("reads two sites side by side: minutes by SOAP, and out of PDFs", async () => {
  const before = process.env["MEASURE_PDF"] ? usageOfWorkerd() : null;
  await worker.tick();
  if (before) console.log("workerd, before and after:", before, usageOfWorkerd());
  const sites = await boardSites(db.db).find().sort({ _id: 1 }).toArray();
  expect(sites.map(({ state, probe }) => [state, probe?.via])).toEqual([
    ["ok", "SOAP"],
    ["ok", "GET"],
  ]);
  for (const { key } of boards.replica.sites) {
    const site = `${boards.url.replace("http://", "")}/${key}`;
    const truth = boards.replica
      .truth(key, { base: `${boards.url}/${key}`, now })
      .filter(({ day, minutes }) => day >= from.toISOString().slice(0, 10) && minutes !== null);
    expect(truth.length).toBeGreaterThan(0);
    for (const { id, minutes, says } of truth) {
      const document = await boardDocuments(db.db).findOne({ site, meetingId: id, documentType: "minutes" });
      expect([id, document?.extractionStatus]).toEqual([id, minutes === "scan" ? "failed" : "extracted"]);
      if (minutes === "scan") continue;
      for (const said of says) expect(document?.textContent).toContain(said);
      if (minutes === "PDF") expect(document?.textLength).toBeGreaterThan(30 * 1000);
    }
  }
  expect(boards.replica.stats().shortestGapMs).toBeGreaterThan(950);
}, 300_000);

/** Resident memory now and at its highest, and CPU so far, of this process's workerd. */
function usageOfWorkerd() {
  const rows = execFileSync("ps", ["-eo", "pid,ppid,comm"], { encoding: "utf8" }).split("\n");
  const all = rows.map((row) => row.trim().split(/\s+/));
  const family = new Set([String(process.pid)]);
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const [pid = "", parent = ""] of all) if (family.has(parent)) family.add(pid);
  }
  return all
    .filter(([pid = "", , command = ""]) => family.has(pid) && command.startsWith("workerd"))
    .map(([pid = ""]) => {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const ticks = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      const mb = (field: string) =>
        Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
      return { rssMb: mb("VmRSS"), peakMb: mb("VmHWM"), cpuMs: (Number(ticks[11]) + Number(ticks[12])) * 10 };
    });
}
