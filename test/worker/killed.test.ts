// The built Worker with every fault of the replica on, killed again and again. Small in the suite; the whole of it:
//   NOTICES=50000 KILLS=20 npx vitest run test/worker/killed.test.ts
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { compareWithTruth, storedReleases } from "../../src/cli/demo-report.ts";
import { doubtOf } from "../../src/fetch/assumptions.ts";
import { startWorker } from "../../src/local/worker.ts";
import { databaseTime } from "../../src/platform/database.ts";
import { ALL_FAULTS } from "../../src/replica/faults.ts";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { createRandom } from "../../src/replica/random.ts";
import { startReplica } from "../../src/replica/server.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import type { SyncWindow } from "../../src/terms/documents.ts";
import { toLondon } from "../../src/terms/london-time.ts";
import { freshDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";

const NOTICES = Number(process.env["NOTICES"] ?? 800);
const KILLS = Number(process.env["KILLS"] ?? 2);
const SEED = Number(process.env["SEED"] ?? 9);
const MINUTES_MAX = NOTICES > 5000 ? 30 : 3;
const TICKS_MAX = MINUTES_MAX * 10; // of up to 20 s each

const { db, uri, name } = await freshDatabase();
const DAY_MS = 86_400_000;
// What appears days after its date has appeared by now: the truth stands still.
const to = new Date(Date.now() - 10 * DAY_MS);
const from = new Date(to.getTime() - (NOTICES > 5000 ? 730 : 150) * DAY_MS);

it(
  `${KILLS} kills, every fault, ${NOTICES} and ${NOTICES} notices`,
  async () => {
    const made = (source: Source) =>
      createHistory({ source, seed: SEED, faults: ALL_FAULTS, from, to, notices: NOTICES });
    const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
    const limit = { requests: 240, perSeconds: 1, retryAfterSeconds: 1 };
    const replica = await startReplica({ seed: SEED, faults: ALL_FAULTS, histories, limit, slowMs: 200 });
    const vars = {
      MONGODB_DB: name,
      FAT_API_URL: replica.url,
      CF_API_URL: replica.url,
      BACKFILL_START_DATE: toLondon(from).slice(0, 10),
      REQUESTS_PER_MINUTE: "12000",
      RUN_BUDGET_SECONDS: "20",
      LEASE_SECONDS: "3",
      COOLDOWN_SECONDS: "1",
      VERIFY_REQUESTS_PER_RUN: "200",
      VERIFY_AFTER_HOURS: "0",
    };
    const given = { builtDir: await builtWorker(), vars, secrets: { MONGODB_URI: uri } };
    const random = createRandom(SEED);

    /** What every done window says it has: all that was listed before it was first claimed. */
    async function expectDoneIsDrained(): Promise<void> {
      for (const source of SOURCES) {
        const done = await db.syncWindows.find({ source, status: "done" }).toArray();
        const stored = await storedReleases(db, source);
        const evidence = (await db.quarantine.find({ source }).toArray()).map(({ rawText }) => rawText);
        const isKept = ({ ocid, releaseId }: Published) =>
          stored.has(`${ocid}/${releaseId}`) || evidence.some((text) => text.includes(`"${releaseId}"`));
        const rows = replica.replica.published(source, Date.now());
        for (const { _id, from: first, to: last, lanes, unproven } of done) {
          expect([_id, lanes.every((lane) => lane.done)]).toEqual([_id, true]);
          const slices = unproven.map((slice) => [slice.from, slice.to] as const);
          const lost = rows.filter((row) => {
            const at = toLondon(new Date(row.at));
            const inside = row.at >= first.getTime() && row.at < last.getTime();
            return inside && !isKept(row) && !slices.some(([lo, hi]) => lo <= at && at <= hi);
          });
          expect([_id, lost.map(({ releaseId }) => releaseId)]).toEqual([_id, []]);
        }
      }
    }

    let kills = 0;
    const begunAt = Date.now();
    while (kills < KILLS && (await unsettled()).length > 0) {
      const child = startCron(given);
      await once(child.stdout, "data");
      // 50,000 and 50,000 notices take some minutes: the kills are spread over them.
      await sleep(random() * Math.max(1500, (NOTICES / 50_000) * 20_000));
      const exited = once(child, "exit");
      process.kill(-(child.pid ?? 0), "SIGKILL");
      await exited;
      kills++;
      await expectDoneIsDrained();
    }
    await finish();
    const firstSeconds = (Date.now() - begunAt) / 1000;
    const first = await state();
    const { FIND_A_TENDER: fat, CONTRACTS_FINDER: cf } = replica.replica.stats();
    console.log(
      `${kills} kills, ${firstSeconds.toFixed(0)} s, ${fat.asked} and ${cf.asked} requests, ${fat.refused} and ${cf.refused} refused`,
    );
    expect(kills).toBe(KILLS);

    // All of it once more over the same database.
    await Promise.all([
      db.syncWindows.deleteMany({}),
      db.syncJobs.deleteMany({}),
      db.noticeGaps.deleteMany({}),
    ]);
    await finish();
    expect(await state()).toEqual(first);
    await replica.close();

    async function finish(): Promise<void> {
      const worker = await startWorker(given);
      for (let tick = 0; tick < TICKS_MAX && (await unsettled()).length > 0; tick++) await worker.tick();
      await worker.close();
      expect(await unsettled()).toEqual([]);
      await expectDoneIsDrained();
      for (const source of SOURCES) {
        const { published, stored, quarantined, missing, strange } = await compareWithTruth(
          db,
          replica,
          source,
        );
        console.log(`${source}: ${published} published, ${stored} stored, ${quarantined} in quarantine`);
        expect([source, missing.map(({ releaseId }) => releaseId), strange]).toEqual([source, [], 0]);
      }
    }
  },
  MINUTES_MAX * 180_000,
);

/** Every month is read, and proved, but for those with slices that nobody can read whole: these never are. */
async function unsettled(): Promise<string[]> {
  const [windows, jobs] = await Promise.all([db.syncWindows.find().toArray(), db.syncJobs.find().toArray()]);
  // A check of the assumptions that was killed is made again half an hour later, one that failed six hours later: till then
  // no month of its source becomes exact.
  const rows = await db.assumptions.find().toArray();
  const now = await databaseTime(db);
  const doubted = SOURCES.filter(
    (source) =>
      doubtOf(
        rows.filter((row) => row.source === source),
        now,
      ) !== null,
  );
  const isSettled = ({ source, status, proof, verify, unproven }: SyncWindow) => {
    if (status !== "done") return false;
    if (proof === "exact") return unproven.length === 0;
    return unproven.length > 0 || (verify?.done === true && doubted.some((one) => one === source));
  };
  const open = windows
    .filter((window) => !isSettled(window))
    .map(({ _id, status, proof, unproven, verify, proofBy, lastError }) =>
      JSON.stringify({ _id, status, proof, unproven, verify, proofBy, lastError }).slice(0, 600),
    );
  const late = jobs.filter(({ status }) => status !== "syncing").map(({ _id, status }) => `${_id} ${status}`);
  return jobs.length === SOURCES.length && windows.length > 0 ? [...open, ...late] : ["nothing is planned"];
}

/** Everything that must not change, `updatedAt` included; whole documents would fill the screen. */
async function state() {
  const hashes: Record<string, string> = {};
  for (const collection of [db.contracts, db.buyers] as const) {
    const hash = createHash("sha256");
    for await (const document of db.db.collection(collection.collectionName).find().sort({ _id: 1 }))
      hash.update(JSON.stringify(document));
    hashes[collection.collectionName] = hash.digest("hex");
  }
  const windows = await db.syncWindows.find().sort({ _id: 1 }).toArray();
  return {
    ...hashes,
    quarantine: await db.quarantine.distinct("_id"),
    counts: windows.map(({ _id, counts }) => [_id, counts.releases, counts.byTag]),
  };
}

/** A process group of its own, so that workerd is killed with it. */
function startCron(given: object) {
  const script = fileURLToPath(new URL("../kit/cron.ts", import.meta.url));
  return spawn(process.execPath, [script, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
}
