// Grown answers through the whole run, over a real server, the Worker's own way of fetching and a real mongod: no invocation
// throws, no source stops the other, no good release is lost to its neighbours, no step takes a second of the processor.
// FUZZ_INPUTS=100000 npx vitest run test/mongo/hostile-fuzz.test.ts is the whole of it (SEED=… another one).
import { once } from "node:events";
import { createServer } from "node:http";
import { PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { workerEffects } from "../../src/platform/worker-effects.ts";
import { openJob } from "../../src/run/jobs.ts";
import { createWorld } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";
import { type Grown, grown, type Reply, replyTo, settings } from "./answers.ts";

const INPUTS = Number(process.env["FUZZ_INPUTS"] ?? 30);
const SEED = Number(process.env["SEED"] ?? 42);
const REQUEST_MS = 5000; // a run has time for sixty requests
const STEP_MS_MAX = 1000;
const MEMORY_BYTES_MAX = 128_000_000;
const now = new Date("2026-06-20T12:00:00Z");

const { db, clear } = await freshDatabase();
let next: (url: string) => Reply = () => ({
  status: 500,
  headers: {},
  body: Buffer.alloc(0),
  goodId: null,
  releases: 0,
});
// Answers are made and packed in this thread too, while the other source works: no part of its step.
let madeMs = 0;
const server = createServer((request, response) => {
  const from = process.threadCpuUsage();
  const { status, headers, body } = next(`http://${request.headers.host}${request.url}`);
  madeMs += process.threadCpuUsage(from).user / 1000;
  response.writeHead(status, headers);
  response.end(body);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const origin = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
afterAll(() => server.close());

// The collector walks all that fast-check holds, which no Worker has: its time is no step's.
const collections: { startTime: number; duration: number }[] = [];
const collector = new PerformanceObserver((list) => collections.push(...list.getEntries()));
collector.observe({ entryTypes: ["gc"] });
const workedMs = () => process.threadCpuUsage().user / 1000 - madeMs;

interface Step {
  from: number;
  to: number;
  ms: number;
}

/** The observer hears of a collection later than it was. */
async function longestOf(steps: readonly Step[]): Promise<number> {
  await new Promise(setImmediate);
  const collected = collections.splice(0);
  const within = ({ from, to }: Step) =>
    collected.filter(({ startTime }) => startTime >= from && startTime <= to);
  return Math.max(
    0,
    ...steps.map((one) => one.ms - within(one).reduce((sum, { duration }) => sum + duration, 0)),
  );
}

const figures = { answers: 0, releases: 0, runs: 0, longestStepMs: 0, memoryBytes: 0 };

async function run(answers: Grown[], vars: Record<string, string>): Promise<void> {
  await clear();
  const kept: string[] = [];
  let at = 0;
  next = (url) => {
    const one = answers[at++];
    // All that was grown has come: what is still asked for is empty.
    const reply = one
      ? replyTo(url, one)
      : {
          status: 200,
          headers: {},
          body: Buffer.from(`{"uri":${JSON.stringify(url)},"releases":[]}`),
          goodId: null,
          releases: 0,
        };
    // Of a number's own answer only that number is stored.
    if (reply.goodId !== null && url.includes("updatedFrom")) kept.push(reply.goodId);
    figures.answers++;
    figures.releases += reply.releases;
    return reply;
  };
  const from = new Date("2026-06-05T00:00:00Z");
  const world = createWorld({
    db,
    now,
    from,
    notices: { FIND_A_TENDER: 1, CONTRACTS_FINDER: 3 },
    requestMs: REQUEST_MS,
    vars: { FAT_API_URL: origin, RUN_BUDGET_SECONDS: "300", ...vars },
  });
  // What is asked to test an assumption is not stored, so its answers would be missed here.
  await openJob(db, "FIND_A_TENDER", now);
  await db.syncJobs.updateMany({}, { $set: { assumptionsDueAt: new Date("2027-06-20T12:00:00Z") } });
  const { get } = world.effects;
  collectGarbage();
  const base = memory();
  const steps: Step[] = [];
  let begun = { at: performance.now(), ms: workedMs() };
  const begin = () => {
    begun = { at: performance.now(), ms: workedMs() };
  };
  const step = () => {
    steps.push({ from: begun.at, to: performance.now(), ms: workedMs() - begun.ms });
    begin();
  };
  world.effects.get = async (url, options) => {
    step();
    const ours = url.startsWith(origin);
    if (ours) world.pass(REQUEST_MS);
    const answer = await (ours ? workerEffects.get(url, options) : get(url, options));
    begin();
    return answer;
  };
  const ended = await world.run();
  step();
  figures.longestStepMs = Math.max(figures.longestStepMs, await longestOf(steps));
  collectGarbage();
  figures.memoryBytes = Math.max(figures.memoryBytes, memory() - base);
  figures.runs++;
  const [hostile, other] = ["FIND_A_TENDER", "CONTRACTS_FINDER"].map((id) =>
    ended.sources.find(({ source }) => source === id),
  );
  expect(other).toMatchObject({ errors: [], endedBy: expect.stringMatching(/^(nothing left|deadline)$/) });
  // Runs are kept for 90 days of the database's own clock, so that this one may be gone.
  const noted = await db.syncRuns.findOne({ _id: ended._id });
  if (noted) expect(noted).toMatchObject({ outcome: ended.outcome, endedAt: expect.any(Date) });
  for (const message of hostile?.errors ?? []) expect(message.length).toBeLessThanOrEqual(1000);
  // Only what the API refuses for good ends its source's run: 301 is not an answer to the question.
  if (hostile?.endedBy === "error")
    expect(hostile.errors.join(" ")).toMatch(/does not take this request|no such page|404|refused/);
  const stored = await db.contracts.distinct("noticeId", { ocid: "ocds-good" });
  expect(kept.filter((id) => !stored.includes(id))).toEqual([]);
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const memory = () => {
  const { heapUsed, external } = process.memoryUsage(); // array buffers are part of the latter
  return heapUsed + external;
};

it(`${INPUTS} grown releases, in pages of their own, stop nothing`, async () => {
  const answers = fc.array(grown(INPUTS > 1000 ? 90 : 12), { minLength: 1, maxLength: 6 });
  // A run takes some twenty of them.
  for (let seed = SEED; figures.releases < INPUTS; seed++) {
    const property = fc.asyncProperty(answers, settings, run);
    await fc.assert(property, { seed, numRuns: INPUTS > 1000 ? 20 : 8, endOnFailure: true });
    if (INPUTS > 1000) process.stdout.write(`${JSON.stringify(figures)}\n`);
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  expect(figures.longestStepMs).toBeLessThan(STEP_MS_MAX);
  expect(figures.memoryBytes).toBeLessThan(MEMORY_BYTES_MAX);
}, 7_200_000);
