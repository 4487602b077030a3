// Board minutes on a simulated clock, network and database: sites of every kind, overlapping invocations, kills at every
// await, lost answers, failovers. Then calm, and what the database lacks against the truth.
import { MongoNetworkError } from "mongodb";
import { boardDifferences } from "../../src/cli/board-truth.ts";
import { createReplica } from "../../src/replica/answer.ts";
import { createHistory } from "../../src/replica/history.ts";
import { TRAPS, type Trap } from "../../src/replica/moderngov/made-up.ts";
import { createBoardReplica } from "../../src/replica/moderngov/replica.ts";
import { createRandom, pick } from "../../src/replica/random.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { BOARDS_URL } from "../../src/sim/board-network.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore, documentsOf } from "../../src/sim/memory-store.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { newSite } from "../../src/sources/board-minutes/sites.ts";
import { type Chaos, type Invocation, type Stage, start } from "./invocations.ts";

export interface BoardSimulation {
  seed: number;
  sites: number;
  months: number;
  meetingsPerMonth: number;
  notices: number;
  /** False: nothing goes wrong, and every latency is the same. */
  chaos: boolean;
  /** Whether BOARD_MINUTES is on. */
  on: boolean;
  hoursMost: number;
}

export interface BoardOutcome {
  /** Empty where everything that was held and published is there, once. */
  differences: string[];
  violation: string | null;
  /** Every request for notices: when, and what. */
  noticeRequests: string[];
  boardRequests: number;
  shortestGapMs: number;
  documents: number;
  hours: number;
  /** Sites by their state. */
  states: Record<string, number>;
  windows: Record<string, number>;
  met: Record<string, number>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 2, 20, 12);
/** Every third day at the latest, and whatever has to be done before. */
const REREAD_WITHIN_MS = 5 * DAY_MS;
const CLOSED: readonly Trap[] = ["firewall", "forbidden", "silent", "disallowed", "gone"];

export async function simulateBoards(options: BoardSimulation): Promise<BoardOutcome> {
  const { seed, sites, months, meetingsPerMonth, hoursMost, on } = options;
  const random = createRandom(seed * 31 + 7);
  const met: Record<string, number> = {};
  const meet = (what: string) => {
    met[what] = (met[what] ?? 0) + 1;
  };
  const scheduler = createScheduler(START_MS);
  const store = createMemoryStore(() => new Date(scheduler.now()));
  const first = new Date(Date.UTC(2026, 2 - months, 1));
  const boards = createBoardReplica({
    ...{ seed, sites, meetingsPerMonth, traps: TRAPS },
    ...{ from: new Date(first.getTime() - 20 * DAY_MS), to: new Date(START_MS + 130 * DAY_MS) },
  });
  const replica = replicaOf(options);
  const noticeRequests: string[] = [];
  let violation: string | null = null;
  const chaos: Chaos = {
    ...{ on: options.chaos, downUntil: 0, killNext: null },
    ...{ killShare: 0.002, lossShare: 0.001 },
  };
  const stage: Stage = {
    scheduler,
    random: options.chaos ? random : () => 0.5,
    store,
    replica: () => ({
      ...replica,
      handle: (request) => {
        noticeRequests.push(`${scheduler.now()} ${request.url}`);
        return replica.handle(request);
      },
    }),
    boards,
    chaos,
    vars: {
      ...{ BOARD_MINUTES: on ? "on" : "off", BOARD_BACKFILL_START_DATE: first.toISOString().slice(0, 10) },
      VERIFY_REQUESTS_PER_RUN: "1",
      PAGE_LIMIT: "10",
    },
    meet,
    violate: (message) => {
      violation ??= message;
    },
    acts: () => undefined,
    ended: (failure) => {
      if (failure !== null && !(failure instanceof MongoNetworkError))
        violation ??= `an invocation failed: ${failure instanceof Error ? failure.stack : failure}`;
    },
  };
  for (const { key, name, councils } of boards.sites) {
    const owners = councils.map((one) => ({ name: one, committees: one.replace(/ Council$/, "") }));
    const site = newSite({ baseUrl: `${BOARDS_URL}/${key}`, name, councils: owners }, new Date(START_MS));
    await connect(store).collection<{ _id: string }>("boardsites").insertOne(site);
  }
  const open = boards.sites.filter(({ trap }) => !CLOSED.includes(trap));
  const seen = open.map(({ key }) => {
    const base = `${BOARDS_URL}/${key}`;
    return { key, base, site: base.replace("http://", "") };
  });
  const rows = (collection: string) => [...documentsOf(store, collection).values()];
  const isDone = () => {
    const own = rows("syncWindows").filter(({ source }) => source === "BOARD_MINUTES");
    const wanted = own.filter(({ site }) => seen.some((one) => one.site === site));
    return wanted.length > 0 && wanted.every(({ status }) => status === "done");
  };
  let ids = 0;
  const tick = (budgetSeconds: number) => {
    const invocation: Invocation = {
      ...{ id: ++ids, startedAt: scheduler.now(), budgetMs: budgetSeconds * 1000, events: 0 },
      skewMs: chaos.on ? Math.floor(random() * 20_000) - 10_000 : 0,
      ...{ ended: false, killed: false, failed: false },
    };
    start(stage, invocation, new Date(START_MS - 3 * DAY_MS));
  };
  let hours = 0;
  for (; hours < hoursMost && violation === null; hours++) {
    if (options.chaos && isDone()) {
      if (!chaos.on) break;
      chaos.on = false; // calm: what the chaos left is read
    }
    if (hours >= hoursMost * 0.7) chaos.on = false;
    if (chaos.on && random() < 0.1) chaos.downUntil = scheduler.now() + random() * 600_000;
    if (chaos.on && random() < 0.5)
      chaos.killNext = { point: pick(random, POINTS), left: 1 + Math.floor(random() * 30) };
    const overlapping = chaos.on && random() < 0.3 ? 2 : 1;
    for (let at = 0; at < overlapping; at++) {
      tick(chaos.on ? pick(random, [200, 780]) : 780);
      await scheduler.advance(scheduler.now() + (overlapping > 1 ? 20_000 : 0));
    }
    await scheduler.advance(scheduler.now() + HOUR_MS);
  }
  const lastDay = new Date(START_MS + 60 * DAY_MS).toISOString().slice(0, 10);
  const differences = await boardDifferences(connect(store), boards, {
    ...{ from: first.toISOString().slice(0, 10), to: lastDay, now: scheduler.now() },
    sites: seen,
    publishedBefore: Math.max(START_MS, scheduler.now() - REREAD_WITHIN_MS),
  });
  const count = (rows: string[]) =>
    Object.fromEntries([...Map.groupBy(rows, (row) => row)].map(([row, all]) => [row, all.length]));
  const stats = boards.stats();
  return {
    ...{ differences, violation, noticeRequests, hours, met },
    boardRequests: Object.values(stats.requests).reduce((sum, one) => sum + one, 0),
    shortestGapMs: stats.shortestGapMs,
    documents: rows("boarddocuments").length,
    states: count(rows("boardsites").map(({ state }) => String(state))),
    windows: count(
      rows("syncWindows")
        .filter(({ source }) => source === "BOARD_MINUTES")
        .map(({ status }) => String(status)),
    ),
  };
}

const POINTS = [
  "syncWindows.updateOne, after",
  "boarddocuments.bulkWrite, after",
  "boarddocuments.find, after",
  "boardsites.findOneAndUpdate, after",
  "fetch, after",
  "fetch, before",
  "syncWindows.findOneAndUpdate, after",
];

function replicaOf({ seed, notices }: BoardSimulation) {
  const made = (source: Source) =>
    createHistory({
      ...{ source, seed, faults: [], notices },
      ...{ from: new Date(START_MS - 3 * DAY_MS), to: new Date(START_MS + 30 * DAY_MS) },
    });
  const histories = Object.fromEntries(SOURCES.map((source) => [source, made(source)])) as Record<
    Source,
    ReturnType<typeof made>
  >;
  const limit = { kind: "counted", requests: 12, perSeconds: 120, retryAfterSeconds: 120 } as const;
  return createReplica({ seed, histories, faults: [], limit, bodies: "light" });
}
