// One fault stays one fault: a real mongod, the production code, and an API of which one part answers badly for good.
import { beforeEach, describe, expect, it } from "vitest";
import { type HttpAnswer, TransportError } from "../../src/platform/effects.ts";
import { SOURCES, sourceOf } from "../../src/replica/sources.ts";
import { statusOf } from "../../src/run/status.ts";
import { createWorld, missingReleases, type World, type WorldOptions } from "../../src/sim/world.ts";
import type { SyncRun } from "../../src/terms/documents.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const HOUR_MS = 3_600_000;
const now = new Date("2026-06-20T12:00:00Z");
const worldWith = (strike: WorldOptions["strike"], options: Partial<WorldOptions> = {}): World =>
  createWorld({
    db,
    now,
    from: new Date("2026-01-01T00:00:00Z"),
    notices: { FIND_A_TENDER: 400, CONTRACTS_FINDER: 400 },
    ...(strike ? { strike } : {}),
    ...options,
  });

async function runs(world: World, count: number, vars: Record<string, string> = {}): Promise<SyncRun[]> {
  const all: SyncRun[] = [];
  for (let index = 0; index < count; index++) {
    all.push(await world.run(vars));
    world.pass(HOUR_MS);
  }
  return all;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const answer = (status: number, text: string): HttpAnswer => ({
  status,
  retryAfter: null,
  body: bytes(text),
});
/** The last day that a request asks for. */
const askedTo = ({ searchParams }: URL) =>
  searchParams.get("updatedTo") ?? searchParams.get("publishedTo") ?? "";
const shares = (all: SyncRun[]) => all.flatMap(({ sources }) => sources);
const statusAt = (world: World) => statusOf(db, world.configFor(), world.now());
const alarmKinds = async (world: World) => (await statusAt(world)).alarms.map(({ key }) => key).sort();

describe("a month that answers badly for good", () => {
  it.each([
    [400, '{"message":"no"}', "rejected"],
    [404, '{"code":"ValidationError","errors":3200}', "rejected"],
    [200, "<html>down for maintenance</html>", "broken"],
    [503, "", "broken"],
  ])("with %i fails openly, by itself; every other month is read", async (status, text, kind) => {
    const world = worldWith((url) => (askedTo(url).startsWith("2026-04") ? answer(status, text) : null));
    const all = await runs(world, 4);
    const windows = await db.syncWindows.find().sort({ _id: 1 }).toArray();
    const states = windows.map((window) => [window.month, window.status, window.lastError?.kind ?? null]);
    const months = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"];
    const expected = months.map((month) =>
      month === "2026-04" ? [month, "failed", kind] : [month, "done", null],
    );
    expect(states).toEqual([...expected, ...expected]);
    expect(shares(all).filter(({ endedBy }) => endedBy === "error" || endedBy === "trouble")).toEqual([]);
    expect(await alarmKinds(world)).toEqual(SOURCES.map((source) => `failed/${source}/2026-04`).sort());
    expect(await db.quarantine.countDocuments()).toBe(0);
  });

  it("does not keep the months behind it waiting, however many they are", async () => {
    const bad = /^2026-0[3456]/;
    const world = worldWith((url) => (bad.test(askedTo(url)) ? answer(400, "") : null), {
      now: new Date("2026-08-10T12:00:00Z"),
    });
    const all = await runs(world, 8);
    expect(await db.syncWindows.countDocuments({ status: "done" })).toBe(2 * 4);
    expect(await db.syncWindows.countDocuments({ status: "failed" })).toBe(2 * 4);
    // The same in three months in a row ends a source's run; it is not the end of the source.
    expect(shares(all.slice(0, 1)).map(({ endedBy }) => endedBy)).toEqual(["trouble", "trouble"]);
    expect(shares(all.slice(-1)).map(({ endedBy }) => endedBy)).toEqual(["nothing left", "nothing left"]);
  });
});

describe("a total outage", () => {
  const kinds: [string, () => HttpAnswer, string][] = [
    ["503", () => answer(503, ""), "broken"],
    ["429", () => ({ ...answer(429, ""), retryAfter: "0" }), "refused"],
    ["403", () => answer(403, "<html>"), "refused"],
    ["400", () => answer(400, ""), "rejected"],
    ["404", () => answer(404, '{"code":"ValidationError","errors":3200}'), "rejected"],
    ["a maintenance page", () => answer(200, "<html>"), "broken"],
    ["an empty body", () => answer(200, ""), "broken"],
    [
      "no such address",
      () => {
        throw new TransportError("getaddrinfo ENOTFOUND", { timedOut: false });
      },
      "unreachable",
    ],
  ];

  it.each(kinds)(
    "by %s is an error of the source from the first run on, and an alarm after three",
    async (_, strike, kind) => {
      let out = false;
      const world = worldWith(() => (out ? strike() : null), {
        notices: { FIND_A_TENDER: 60, CONTRACTS_FINDER: 60 },
        afterMs: 10 * HOUR_MS,
      });
      await runs(world, 2);
      out = true;
      const all = await runs(world, 3);
      expect(all.map(({ outcome }) => outcome)).toEqual(["error", "error", "error"]);
      expect(shares(all).map(({ endedBy, answers }) => [endedBy, answers])).toEqual(
        Array(6).fill(["trouble", 0]),
      );
      expect(shares(all).every(({ errors }) => errors.at(-1)?.startsWith(`${kind}: `))).toBe(true);
      const [job] = await db.syncJobs.find().toArray();
      expect(job).toMatchObject({ status: "error", lastError: { kind } });
      const status = await statusAt(world);
      expect(status.alarms.map(({ key }) => key)).toEqual(
        expect.arrayContaining(SOURCES.map((source) => `failing/${source}`)),
      );
      expect(status.verdict).not.toBe("Nothing needs you.");
      expect(status.troubles.map((trouble) => trouble.kind)).toContain(kind);

      out = false;
      await runs(world, 2);
      expect(await alarmKinds(world)).toEqual([]);
      expect(await missingReleases(db, world, new Date(world.now().getTime() - 3 * HOUR_MS))).toEqual([]);
    },
  );

  it("of one source alarms for that source alone", async () => {
    const world = worldWith((url) => (url.pathname.startsWith("/Published") ? answer(503, "") : null));
    const all = await runs(world, 4);
    expect(
      shares(all)
        .filter(({ endedBy }) => endedBy === "trouble")
        .map(({ source }) => source),
    ).toEqual(Array(4).fill("CONTRACTS_FINDER"));
    const kinds = (await statusAt(world)).alarms.map(({ key }) => key);
    expect(kinds).toContain("failing/CONTRACTS_FINDER");
    expect(kinds).not.toContain("silent");
    expect(kinds.filter((key) => key.includes("FIND_A_TENDER"))).toEqual([]);
  });
});

describe("a maintenance page with status 200", () => {
  it("for hours eats nothing of a busy month, and quarantine does not grow", async () => {
    let out = true;
    let asked = 0;
    const world = worldWith(() => (out ? answer(200, `<html>Back soon. Incident ${++asked}</html>`) : null), {
      vars: { VERIFY_REQUESTS_PER_RUN: "0" },
    });
    await runs(world, 8);
    expect(asked).toBeGreaterThan(100);
    expect(await db.quarantine.countDocuments()).toBe(0);
    expect(await db.syncWindows.countDocuments({ status: "done" })).toBe(0);
    out = false;
    await db.syncWindows.updateMany({ status: "failed" }, { $set: { retryAt: new Date(0) } });
    await runs(world, 3);
    expect(await missingReleases(db, world, now)).toEqual([]);
    expect(await db.syncWindows.countDocuments({ status: { $ne: "done" } })).toBe(0);
    expect(await db.syncWindows.countDocuments({ unproven: { $ne: [] } })).toBe(0);
  });
});

describe("a run that could not write its end", () => {
  it("is told as dropped by a later one", async () => {
    const world = worldWith(undefined, { notices: { FIND_A_TENDER: 5, CONTRACTS_FINDER: 5 } });
    const { _id } = await world.run();
    await db.syncRuns.updateOne({ _id }, { $set: { outcome: "running", endedAt: null, sources: [] } });
    world.pass(2 * HOUR_MS);
    await world.run();
    expect(await db.syncRuns.findOne({ _id })).toMatchObject({ outcome: "dropped" });
    expect(await db.syncRuns.countDocuments({ outcome: "running" })).toBe(0);
  });
});

describe("lanes that change", () => {
  const LESS = { FAT_STAGES: "planning,tender,award", CF_STAGES: "tender" };
  const complete = async (world: World) => {
    expect(await missingReleases(db, world, now)).toEqual([]);
    const windows = await db.syncWindows.find().toArray();
    expect(windows.filter(({ status }) => status !== "done").map(({ _id }) => _id)).toEqual([]);
    for (const { _id, source, from, to, counts } of windows) {
      const published = world.replica.published(sourceOf(source), now.getTime());
      const inWindow = published.filter(({ at }) => at >= from.getTime() && at < to.getTime());
      const distinct = new Set(inWindow.map(({ ocid, releaseId }) => `${ocid}/${releaseId}`)).size;
      expect([_id, counts.releases]).toEqual([_id, distinct]);
    }
  };
  const world = () =>
    worldWith(undefined, {
      vars: { VERIFY_REQUESTS_PER_RUN: "0" },
      replica: { faults: ["stages-hide"] },
    });

  it("after the backfill: done windows are opened for what is missing, and their proof is gone", async () => {
    const one = world();
    await runs(one, 2, LESS);
    expect(await db.syncWindows.countDocuments({ status: "done" })).toBe(12);
    expect((await missingReleases(db, one, now)).length).toBeGreaterThan(300);
    await one.run({ RUN_BUDGET_SECONDS: "1" });
    await runs(one, 3);
    await complete(one);
  });

  it("in mid-backfill, and back: nothing is missing and nothing is counted twice", async () => {
    const one = worldWith(undefined, {
      vars: { VERIFY_REQUESTS_PER_RUN: "0", PAGE_LIMIT: "20" },
      replica: { faults: ["stages-hide"] },
      requestMs: 60_000, // about 13 requests fit into a run
    });
    for (let turn = 0; turn < 3; turn++) {
      await runs(one, 1, LESS);
      await runs(one, 1);
    }
    expect(await db.syncWindows.countDocuments({ status: { $ne: "done" } })).toBeGreaterThan(0);
    for (
      let turn = 0;
      turn < 30 && (await db.syncWindows.countDocuments({ status: { $ne: "done" } })) > 0;
      turn++
    )
      await runs(one, 1);
    await complete(one);
  });

  it("of one of three Workers that overlap: what it finished with fewer lanes is opened again", async () => {
    const one = world();
    for (let turn = 0; turn < 3; turn++) {
      await Promise.all([one.run(), one.run(LESS), one.run()]);
      one.pass(HOUR_MS);
    }
    await runs(one, 2);
    await complete(one);
  });

  it("with a start that moves back: the new lane reads all of the window", async () => {
    const one = world();
    await runs(one, 2, { ...LESS, BACKFILL_START_DATE: "2026-03-15" });
    await runs(one, 3);
    await complete(one);
  });
});
