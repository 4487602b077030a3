// The simulation's store against a real mongod: the production statements, in random order, leave the same documents.
import { type Db, type Document, ObjectId } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import {
  advance,
  announceAdditions,
  claimNewest,
  doubtMonth,
  finish,
  giveBack,
  giveUp,
  type Held,
  renew,
  reviveFailed,
} from "../../src/claim/claim.ts";
import { openPacer } from "../../src/fetch/pacer.ts";
import { foldOcid } from "../../src/map/process/fold.ts";
import { twinsAmong } from "../../src/map/process/twins.ts";
import { plan } from "../../src/plan/plan.ts";
import { collectionsOf, type Database } from "../../src/platform/database.ts";
import { createRandom, pick } from "../../src/replica/random.ts";
import { closeJob, notePlan, openJob } from "../../src/run/jobs.ts";
import { progressOf } from "../../src/run/progress.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore } from "../../src/sim/memory-store.ts";
import { hasUnconfirmedGaps, noteAbsent, noteOpen, settleGaps, unsettledOf } from "../../src/store/gaps.ts";
import type { Upsert } from "../../src/store/statements.ts";
import {
  closePassed,
  quarantine,
  release,
  storedIds,
  storedRows,
  storePage,
  unknownOf,
} from "../../src/store/store.ts";
import { findTwins } from "../../src/store/twins.ts";
import { ClaimLost } from "../../src/terms/errors.ts";
import { londonTime } from "../../src/terms/london-time.ts";
import { nameId, numbersOf } from "../../src/terms/organisation.ts";
import { freshDatabase } from "../kit/database.ts";

const real = await freshDatabase();
beforeEach(real.clear);

const source = "FIND_A_TENDER";
const COLLECTIONS = [
  "syncWindows",
  "syncJobs",
  "contracts",
  "processes",
  "buyers",
  "quarantine",
  "rateLimits",
  "noticeGaps",
];
const SOME_TIME = londonTime("2026-01-02T03:04:05");
const soon = new Date(Date.now() + 3_600_000);

/** What both must agree on: everything but the instants that their clocks gave. */
async function state(db: Db): Promise<Document> {
  const all = await Promise.all(COLLECTIONS.map((name) => db.collection(name).find().toArray()));
  const text = (document: Document) =>
    JSON.stringify(document, (key, value: unknown) =>
      [
        "createdAt",
        "updatedAt",
        "until",
        "at",
        "slotAt",
        "nextAt",
        "startedAt",
        "doneAt",
        "verifiedAt",
        "retryAt",
        "refusedAt",
      ].includes(key)
        ? value === null
        : value,
    );
  // Operators set fields in an order of mongod's own; where the order of fields matters (contracts, buyers) it is kept.
  const read = (name: string, line: string): unknown =>
    ["contracts", "buyers"].includes(name) ? line : JSON.parse(line);
  const byId = (a: Document, b: Document) => (String(a["_id"]) < String(b["_id"]) ? -1 : 1);
  return Object.fromEntries(
    COLLECTIONS.map((name, at) => [name, all[at]?.sort(byId).map((document) => read(name, text(document)))]),
  );
}

/** The same operations, in the same random order, whatever the database. */
async function exercise(db: Database, seed: number): Promise<unknown[]> {
  const random = createRandom(seed);
  const results: unknown[] = [];
  const held: Held[] = [];
  let ids = 0;
  const newId = () => new ObjectId((++ids).toString(16).padStart(24, "0"));
  const start = () => new Date(Date.UTC(2026, Math.floor(random() * 4), 1 + Math.floor(random() * 20)));
  const noted = async (work: () => Promise<unknown>) => {
    try {
      results.push(await work());
    } catch (error) {
      if (!(error instanceof ClaimLost)) throw error;
      results.push(error.name);
    }
  };
  const page = (): Upsert[] =>
    Array.from({ length: 4 }, (_, at): Upsert => {
      const [fat, revision] = [random() < 0.5, Math.floor(random() * 6)];
      const name = pick(random, ["N", "n", "Ñ", "\u{1f600} b"]);
      const identifiers = pick(random, [[], [{ id: "1" }], [{ scheme: "GB-COH", id: "2" }]]);
      return {
        revision: fat ? null : revision,
        buyers: [
          {
            ...{ name, identifiers, orgId: numbersOf(identifiers)[0] ?? nameId(name) ?? name },
            ...(random() < 0.5 ? { region: pick(random, ["UKI", "UKJ"]) } : {}),
            ...(random() < 0.5 ? { postalCode: pick(random, ["LS1 1AA", "YO1 1AA"]) } : {}),
            ...(random() < 0.3 ? { website: pick(random, ["a.uk", "b.uk"]) } : {}),
          },
        ],
        contract: {
          source: fat ? ("FIND_A_TENDER" as const) : ("CONTRACTS_FINDER" as const),
          ...{ ocid: `o${at % 2}`, noticeId: `n${Math.floor(random() * 4)}` },
          ...{ sourceUrl: "u", status: "OPEN" as const, stage: "TENDER" as const },
          ...{ tags: ["$tender"], title: `${pick(random, ["x", "$y"])}` },
          publishedDate: new Date(Date.UTC(2026, revision % 2, revision + 1)),
          ...(random() < 0.5 ? { valueMax: revision } : {}),
          ...(random() < 0.5 ? { deadlineDate: new Date(Date.UTC(2026, 1, Math.floor(random() * 9))) } : {}),
        },
      };
    });
  const storing = { db, fold: foldOcid, now: new Date("2026-02-05T00:00:00Z") };
  const one = () => held[Math.floor(random() * held.length)];
  const operations: (() => Promise<void>)[] = [
    () =>
      noted(async () => {
        const now = new Date(Date.UTC(2026, 5 + Math.floor(random() * 3), 10));
        const horizon = new Date("2026-06-05T00:00:00Z");
        const planned = await plan(db, {
          source,
          start: start(),
          horizon,
          stages: ["all", "tender"].slice(0, 1 + Math.floor(random() * 2)),
          knownHash: null,
          now,
        });
        await notePlan(db, source, { before: null, after: planned.hash });
        return planned;
      }),
    () =>
      noted(async () => {
        const kind = pick(random, ["drain", "drain", "verify"] as const);
        const claimed = await claimNewest(db, {
          source,
          kind,
          id: newId(),
          leaseSeconds: pick(random, [-1, 90]),
          backoffSeconds: pick(random, [-9, 60]),
        });
        if (claimed) held.push(claimed);
        return claimed?.window._id ?? null;
      }),
    () => noted(async () => one() && renew(db, (one() ?? (held[0] as Held)).claim)),
    () =>
      noted(async () => {
        const holder = one();
        if (!holder) return;
        const progress = progressOf(holder.window);
        await advance(db, holder.claim, {
          ...progress,
          counts: { ...progress.counts, requests: progress.counts.requests + 1 },
        });
      }),
    () =>
      noted(async () => {
        const holder = one();
        if (holder) await finish(db, holder.claim, progressOf(holder.window));
      }),
    () =>
      noted(async () => {
        const holder = one();
        if (holder) await giveBack(db, holder.claim);
      }),
    () =>
      noted(async () => {
        const holder = one();
        if (holder) await giveUp(db, holder.claim, { kind: "slow", message: "why $not" });
      }),
    () => noted(() => reviveFailed(db, source)),
    () => noted(() => storePage(storing, page())),
    () => noted(async () => (await unknownOf(db, page())).length),
    () => noted(async () => [...(await storedIds(db, source, ["n1", "n2"]))].sort()),
    () =>
      noted(async () => {
        const [from, to] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-02-04T00:00:00Z")];
        const rows = await storedRows(db, { source, stage: pick(random, ["all", "$tender"]), from, to });
        return rows.map(({ key }) => key).sort();
      }),
    () =>
      noted(async () => {
        await db.processes.updateOne({ ocid: pick(random, ["o0", "o1"]) }, { $set: { twinsDue: true } });
        return findTwins(db, twinsAmong);
      }),
    () =>
      noted(async () => {
        const _id = `${source}/2026-0${1 + Math.floor(random() * 4)}`;
        const keys = [pick(random, ["$a", "b"])];
        if (random() < 0.5) await announceAdditions(db, _id, { keys, now: soon });
        const drift = { at: soon, from: SOME_TIME, to: SOME_TIME, missing: 1 };
        if (random() < 0.5) await doubtMonth(db, _id, { drift, keys, now: soon });
      }),
    () =>
      noted(async () => {
        const enriched = pick(random, [{ name: "E" }, { postalCode: "E" }, { website: "e.uk", logo: 1 }]);
        const nameLower = pick(random, ["n", "ñ"]);
        return (await db.buyers.updateOne({ nameLower }, { $set: enriched })).matchedCount;
      }),
    () =>
      noted(() => closePassed({ ...storing, now: new Date(Date.UTC(2026, 1, Math.floor(random() * 9))) })),
    () =>
      noted(async () => {
        const rawText = "{}";
        await quarantine(
          db,
          [
            {
              _id: `q${Math.floor(random() * 3)}`,
              source,
              windowId: null,
              ocid: null,
              releaseId: null,
              place: "p",
              reason: "r",
              rawText,
            },
          ],
          soon,
        );
        await release(db, [`q${Math.floor(random() * 3)}`]);
      }),
    () =>
      noted(async () => {
        const [id, other] = [0, 1].map(() => `00000${Math.floor(random() * 9)}-2026`) as [string, string];
        await noteAbsent(db, "w", [id, other]);
        if (random() < 0.3) await noteOpen(db, { id, at: soon, why: "busy" });
        const at = new Date(soon.getTime() + Math.floor(random() * 3) * 20 * 86_400_000);
        if (random() < 0.5) await settleGaps(db, { found: [other], absent: [id], settledBy: "slice", at });
        return [await hasUnconfirmedGaps(db, "w"), (await unsettledOf(db, "w")).sort()];
      }),
    () =>
      noted(async () => {
        const job = await openJob(db, source, soon);
        await closeJob(
          db,
          {
            source,
            requests: 1,
            releases: 2,
            contractsChanged: 0,
            quarantined: 0,
            refusals: 0,
            retries: 0,
            answers: 1,
            waitedMs: 0,
            windowsDone: [],
            windowsVerified: [],
            errors: ["e"],
            endedBy: pick(random, ["error", "nothing left"]),
          },
          soon,
        );
        const slice = { stage: "all", ...{ from: SOME_TIME, to: SOME_TIME }, rows: 1, at: soon };
        await db.syncJobs.updateOne({ _id: source }, { $push: { unproven: slice } }); // as the delta does
        return job.status;
      }),
    () =>
      noted(async () => {
        const waits: number[] = [];
        const pacer = await openPacer({
          db,
          source,
          requestsPerMinute: 1,
          remainingMs: () => 10_000_000,
          wait: async (ms) => void waits.push(ms),
        });
        await pacer.slot();
        if (random() < 0.3) await pacer.refused(1000);
        return Math.round(pacer.intervalMs());
      }),
  ];
  for (let step = 0; step < 120; step++) await pick(random, operations)();
  return results;
}

describe("the store in memory", () => {
  it.each([1, 2, 3, 4, 5, 6])("does what mongod does, seed %i", async (seed) => {
    const memory = connect(createMemoryStore(() => new Date()));
    const [inMemory, onMongod] = [await exercise(collectionsOf(memory), seed), await exercise(real.db, seed)];
    expect(inMemory).toEqual(onMongod);
    expect(await state(memory)).toEqual(await state(real.db.db));
    const contracts = await real.db.contracts.countDocuments();
    expect(contracts).toBeGreaterThan(5);
  });
});
