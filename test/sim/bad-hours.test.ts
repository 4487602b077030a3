// Hours in which the APIs lie: 200 with empty or halved lists, rows that appear days late. No month is `exact` by such
// answers, the alarms name source and month, and days later nothing is missing.
import { ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { collectionsOf } from "../../src/platform/database.ts";
import type { Effects, HttpAnswer } from "../../src/platform/effects.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { createReplica } from "../../src/replica/answer.ts";
import { createHistory } from "../../src/replica/history.ts";
import { hash } from "../../src/replica/random.ts";
import { invoke } from "../../src/run/invocation.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore, documentsOf } from "../../src/sim/memory-store.ts";
import { httpAnswer } from "../../src/sim/world.ts";
import type { Contract } from "../../src/terms/documents.ts";

const HOUR_MS = 3_600_000;
const SOURCES = ["FIND_A_TENDER", "CONTRACTS_FINDER"] as const;

type Lie = "empty" | "half" | "half without links" | null;

function told(lie: Lie, { status, retryAfter, body }: HttpAnswer): HttpAnswer {
  if (lie === null || status !== 200) return { status, retryAfter, body };
  const page: { releases: { id: string }[]; links?: unknown } = JSON.parse(new TextDecoder().decode(body));
  page.releases = lie === "empty" ? [] : page.releases.filter(({ id }) => hash(id) % 2 === 0);
  if (lie !== "half") delete page.links;
  return { status, retryAfter, body: new TextEncoder().encode(JSON.stringify(page)) };
}

interface Options {
  t0: Date;
  from: Date;
  hours: number;
  lie: (hour: number) => Lie;
  lagMs?: number;
  vars?: Record<string, string>;
}

async function live({ t0, from, hours, lie, lagMs = 0, vars = {} }: Options) {
  let nowMs = t0.getTime();
  let hour = 0;
  const to = new Date(nowMs + hours * HOUR_MS);
  const notices = Math.round((to.getTime() - from.getTime()) / HOUR_MS / 1.2);
  const made = (source: (typeof SOURCES)[number]) =>
    createHistory({ source, seed: 5, from, to, notices }).map((row) => ({
      ...row,
      listedAt: row.at + lagMs,
    }));
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  const limit = { requests: 1_000_000, perSeconds: 1, retryAfterSeconds: 0 };
  const replica = createReplica({ seed: 5, histories, faults: [], limit, bodies: "light" });
  const store = createMemoryStore(() => new Date(nowMs));
  const db = collectionsOf(connect(store));
  const effects: Effects = {
    now: () => new Date(nowMs),
    sleep: async (ms) => {
      nowMs += Math.max(0, ms);
    },
    post: async () => undefined,
    random: () => 0.5,
    newId: () => new ObjectId(),
    get: async (url) => {
      const answer = httpAnswer(replica, url, nowMs);
      return url.endsWith(".csv") ? answer : told(lie(hour), answer); // the list of a day is somebody else's
    },
  };
  const environment = {
    MONGODB_URI: "mongodb://memory",
    BACKFILL_START_DATE: from.toISOString().slice(0, 10),
    REQUESTS_PER_MINUTE: "6000",
    ...vars,
  };
  const log = createLogger({ level: "silent", secrets: [] });
  const lacking = () => {
    const contracts = [...documentsOf(store, "contracts").values()] as Contract[]; // as they stand: a copy an hour is slow
    const stored = new Set(
      contracts.flatMap(({ ocid, noticeId, revisions }) =>
        revisions ? revisions.map((one) => `${ocid}/${noticeId}-${one}`) : [`${ocid}/${noticeId}`],
      ),
    );
    return SOURCES.flatMap((source) =>
      replica
        .published(source, nowMs)
        .filter(({ at, ocid, releaseId }) => at < nowMs - 2 * HOUR_MS && !stored.has(`${ocid}/${releaseId}`))
        .map((row) => ({ source, ...row })),
    );
  };
  const falselyExact: string[] = [];
  const suspected = new Set<string>();
  const quiet = new Set<string>();
  for (hour = 0; hour < hours; hour++) {
    await invoke({ db, effects, config: readConfig(environment, effects.now()), log });
    const windows = await db.syncWindows.find({}).toArray();
    const missing = lacking();
    for (const window of windows) {
      if (window.proof === "suspect") suspected.add(window._id);
      const { source, from: begin, to: end } = window;
      const within = missing.filter(
        (row) => row.source === source && row.at >= begin.getTime() && row.at < end.getTime(),
      );
      if (window.proof === "exact" && within.length > 0)
        falselyExact.push(`${hour} ${window._id} ${within.length}`);
    }
    for (const { source, quietSince } of await db.syncJobs.find({}).toArray())
      if (quietSince) quiet.add(source);
    nowMs = t0.getTime() + (hour + 1) * HOUR_MS;
  }
  const windows = await db.syncWindows.find({}).toArray();
  return {
    missing: lacking(),
    falselyExact,
    suspected: [...suspected].sort(),
    quiet: [...quiet].sort(),
    windows,
  };
}

/** The long form tries more of each kind: `LONG=1 npx vitest run test/sim/bad-hours.test.ts`. */
const LONG = process.env["LONG"] !== undefined;

const seen = (rows: { source: string; releaseId: string; at: number }[]) =>
  rows
    .map(({ source, releaseId, at }) => `${source} ${new Date(at).toISOString()} ${releaseId}`)
    .sort()
    .slice(-5);

const t0 = new Date("2026-06-17T09:20:00Z");
const from = new Date("2026-04-20T00:00:00Z");

const MORE: [string, Lie, string][] = [
  ["an empty list", "empty", "3"],
  ["every second row", "half", "3"],
];

describe("a lying hour", { timeout: 120_000 }, () => {
  it.each<[string, Lie, string]>([
    ["an empty list, proved at once", "empty", "0"],
    ["every second row and no links", "half without links", "3"],
    ...(LONG ? MORE : []),
  ])(
    "at the first run, %s: nothing is exact by it, and nothing is missing two days later",
    async (_, lie, hours) => {
      const options = { t0, from, hours: 56, lie: (hour: number) => (hour === 0 ? lie : null) };
      const { missing, falselyExact, suspected } = await live({
        ...options,
        vars: { VERIFY_AFTER_HOURS: hours },
      });
      expect(seen(missing)).toEqual([]);
      expect(falselyExact).toEqual([]);
      if (hours === "0") expect(suspected).toContain("CONTRACTS_FINDER/2026-05");
    },
  );

  it("in new notices: nothing is missing two days later, and a list that stays empty is an alarm", async () => {
    const lie = (hour: number): Lie => (hour >= 24 && hour < 31 ? "empty" : hour === 34 ? "half" : null);
    const { missing, falselyExact, quiet } = await live({ t0, from, hours: 82, lie });
    expect(seen(missing)).toEqual([]);
    expect(falselyExact).toEqual([]);
    expect(quiet).toEqual(["CONTRACTS_FINDER", "FIND_A_TENDER"]);
  });

  it("while months are verified: what shrank is no proof, and nothing is deleted", async () => {
    const lie = (hour: number): Lie => (hour >= 3 && hour < 5 ? "half without links" : null);
    const { missing, falselyExact, suspected, windows } = await live({
      ...{ t0, from, hours: 40, lie },
      vars: { CF_WITNESS_URL: "off" }, // it is right, and proves months all the same
    });
    expect(seen(missing)).toEqual([]);
    expect(falselyExact).toEqual([]);
    expect(suspected).toContain("CONTRACTS_FINDER/2026-05");
    expect(windows.filter(({ to }) => to <= new Date("2026-06-01")).map(({ proof }) => proof)).toEqual(
      Array.from({ length: 4 }, () => "exact"),
    );
  });
});

describe("rows that appear late", { timeout: 120_000 }, () => {
  it.each(LONG ? [[2], [50]] : [[50]])(
    "by %i hours, over the end of a month, are all there four days later",
    async (lag) => {
      const begun = new Date("2026-05-29T12:20:00Z");
      const options = { t0: begun, from: new Date("2026-05-01T00:00:00Z"), hours: 7 * 24, lie: () => null };
      const { missing, falselyExact } = await live({ ...options, lagMs: lag * HOUR_MS });
      const due = begun.getTime() + (7 - 4) * 24 * HOUR_MS;
      expect(seen(missing.filter(({ at }) => at < due))).toEqual([]);
      expect(falselyExact).toEqual([]);
    },
  );
});
