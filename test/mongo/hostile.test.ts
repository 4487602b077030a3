// One bad release never blocks its page, one bad page its window, one bad window its source, one bad source the other:
// a page of one good release and one bad one, the other source healthy, two runs on a real mongod.
import { beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { countTexts, withinBounds } from "../../src/run/evidence.ts";
import { statusOf } from "../../src/run/status.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import type { SyncRun } from "../../src/terms/documents.ts";
import { readEntry } from "../../src/terms/trouble.ts";
import { freshDatabase } from "../kit/database.ts";

const now = new Date("2026-06-20T12:00:00Z");
const { db, clear } = await freshDatabase();
beforeEach(clear);

const good =
  '{"ocid":"ocds-good","id":"000002-2026","date":"2026-06-10T12:00:00Z","tag":["tender"],"tender":{"title":"Good"}}';
const release = (rest: string, id = "000001-2026") =>
  `{"ocid":"ocds-bad","id":"${id}","date":"2026-06-10T11:00:00Z",${rest}}`;
const tender = (rest: string) => release(`"tag":["tender"],"tender":{"title":"Bad",${rest}}`);
const nested = (depth: number, of = "1") => `${'{"a":'.repeat(depth)}${of}${"}".repeat(depth)}`;
const UNNAMED = { ocid: null, releaseId: null };

/** Find a Tender answers with this page whatever is asked, Contracts Finder from its history. */
function worldOf(page: (url: string) => string, vars: Record<string, string> = {}): World {
  const notices = { FIND_A_TENDER: 1, CONTRACTS_FINDER: 5 };
  const world = createWorld({ db, now, from: new Date("2026-05-20T00:00:00Z"), notices, vars });
  const { get } = world.effects;
  world.effects.get = async (url, options) => {
    if (!url.includes("find-tender")) return get(url, options);
    return { status: 200, retryAfter: null, body: new TextEncoder().encode(page(url)) };
  };
  return world;
}

const pageOf =
  (...releases: string[]) =>
  (url: string) =>
    `{"uri":${JSON.stringify(url)},"releases":[${releases.join(",")}]}`;

async function twoRuns(world: World): Promise<SyncRun> {
  const first = await world.run();
  world.pass(3_600_000);
  await db.syncWindows.updateMany({ status: "pending" }, { $set: { retryAt: null } });
  const second = await world.run();
  for (const run of [first, second]) {
    const other = run.sources.find(({ source }) => source === "CONTRACTS_FINDER");
    expect(other).toMatchObject({ errors: [], endedBy: "nothing left" });
    // Runs are kept for 90 days of the database's own clock, so that this one may be gone.
    const noted = await db.syncRuns.findOne({ _id: run._id });
    if (noted) expect(noted).toMatchObject({ outcome: run.outcome, endedAt: expect.any(Date) });
  }
  return second;
}

describe("one release", () => {
  // [what, the release, settings, what quarantine says; null: it is stored]
  it.each<[string, string, Record<string, string>, object | null]>([
    ["with the tag constructor", release('"tag":["constructor"]'), {}, null],
    [
      "with tags that every object has",
      release('"tag":["valueOf","toString","hasOwnProperty","toBSON","__proto__"]'),
      {},
      null,
    ],
    ["rejected, and nested 6,000 deep", `{"ocid":"a/b","id":"1","x":${nested(6000)}}`, {}, { ocid: "a/b" }],
    ["without an id, and nested 6,000 deep", `{"ocid":"a","x":${nested(6000)}}`, {}, UNNAMED],
    ["nested 100,000 deep", tender(`"x":${nested(100_000)}`), {}, null],
    ["with an id of 9 MB", `{"ocid":"a","id":"${"i".repeat(9_000_000)}"}`, {}, UNNAMED],
    ["with an ocid of 9 MB", `{"ocid":"${"o".repeat(9_000_000)}","id":"1"}`, {}, UNNAMED],
    [
      "with 20,000 tags that nobody knows",
      release(
        `"tag":[${Array.from({ length: 20_000 }, (_, at) => `"t${at.toString(26).replaceAll(/\d/g, "z")}"`)}]`,
      ),
      {},
      null,
    ],
    ["with half a character in its id", release('"tag":["tender"]', "\\ud800"), {}, { ocid: "ocds-bad" }],
    ["with a NUL in its id", release('"tag":["tender"]', "\\u0000"), {}, { ocid: "ocds-bad" }],
    ["with 300,000 values", tender(`"x":[${"[],".repeat(150_000)}1]`), {}, { ocid: "ocds-bad" }],
    ["full: with a NUL in a key", tender('"a\\u0000b":1'), { STORE_RAW: "full" }, { ocid: "ocds-bad" }],
    [
      "full: with a key that BSON takes for its own",
      tender('"x":{"_bsontype":"ObjectId"}'),
      { STORE_RAW: "full" },
      { ocid: "ocds-bad" },
    ],
    ["full: nested 180 deep", tender(`"x":${nested(180)}`), { STORE_RAW: "full" }, { ocid: "ocds-bad" }],
    ["full: nested 90 deep", tender(`"x":${nested(90)}`), { STORE_RAW: "full" }, null],
    [
      "full: with 13 MB",
      tender(`"x":"${"x".repeat(13_000_000)}"`),
      { STORE_RAW: "full" },
      { ocid: "ocds-bad" },
    ],
    [
      "gzip: nested 100,000 deep",
      tender(`"x":${nested(100_000)}`),
      { STORE_RAW: "gzip" },
      { ocid: "ocds-bad" },
    ],
    ["gzip: with 9 MB", tender(`"x":"${"x".repeat(9_000_000)}"`), { STORE_RAW: "gzip" }, null],
  ])("%s leaves its page, window and source alone", async (_what, bad, vars, quarantined) => {
    const run = await twoRuns(worldOf(pageOf(good, bad), vars));
    expect(run.sources[0]).toMatchObject({ source: "FIND_A_TENDER", errors: [], endedBy: "nothing left" });
    expect(await db.syncWindows.distinct("status")).toEqual(["done"]);
    expect(await db.contracts.countDocuments({ title: "Good" })).toBe(1);
    const cases = await db.quarantine.find().toArray();
    expect(await db.contracts.countDocuments({ ocid: "ocds-bad" })).toBe(quarantined ? 0 : 1);
    expect(cases).toMatchObject(quarantined ? [quarantined] : []);
    for (const { rawText, reason } of cases) {
      expect(bad.startsWith(rawText) && rawText.length > 0).toBe(true);
      expect(rawText.length).toBeLessThanOrEqual(50_000);
      expect(reason).toMatch(/expected|STORE_RAW|at most/);
    }
  });

  it("with another's key is another release", async () => {
    const good = '{"ocid":"ocds-a","id":"1/2","date":"2026-06-10T12:00:00Z","tag":["tender"]}';
    const bad = '{"ocid":"ocds-a/1","id":"2","date":"2026-06-10T12:00:00Z","tag":["tender"]}';
    await twoRuns(worldOf(pageOf(good, bad)));
    expect(await db.contracts.countDocuments({ ocid: "ocds-a", noticeId: "1/2" })).toBe(1);
    expect(await db.quarantine.find().toArray()).toMatchObject([{ ocid: "ocds-a/1", releaseId: "2" }]);
  });
});

describe("MongoDB", () => {
  it("refusing one release is no reason not to store the others", async () => {
    // An index that the application has made: of two with this title it takes one.
    await db.contracts.createIndex(
      { title: 1 },
      { name: "theirs", unique: true, partialFilterExpression: { title: "Same" } },
    );
    const same = (id: string) => release('"tag":["tender"],"tender":{"title":"Same"}', id);
    const run = await twoRuns(worldOf(pageOf(good, same("000001-2026"), same("000003-2026"))));
    await db.contracts.dropIndex("theirs");
    expect(run.sources[0]).toMatchObject({ errors: [], endedBy: "nothing left" });
    expect((await db.contracts.distinct("title", { source: "FIND_A_TENDER" })).sort()).toEqual([
      "Good",
      "Same",
    ]);
    expect(await db.quarantine.find().toArray()).toMatchObject([
      {
        ocid: "ocds-bad",
        reason: expect.stringContaining("MongoDB does not take it"),
        rawText: expect.stringContaining('"Same"'),
      },
    ]);
  });
});

describe("a month that is wholly rejected", () => {
  it("is an alarm, is not called complete, and its evidence is bounded and counts against the budget", async () => {
    const padding = "x".repeat(50_000);
    const slashed = Array.from({ length: 90 }, (_, at) => {
      const id = `${String(100 - at).padStart(6, "0")}-2026`;
      return `{"ocid":"a/${at}","id":"${id}","date":"2026-05-25T00:00:00Z","x":"${padding}"}`;
    });
    const vars = { STORAGE_BUDGET_MB: "4000", FAT_BACKFILL_START_DATE: "2026-05-20" };
    const world = worldOf(pageOf(...slashed), vars);
    await twoRuns(world);
    const texts = (await db.quarantine.find().toArray()).map(({ rawText }) => rawText.length);
    expect(texts.length).toBe(90);
    expect(texts.filter((length) => length === 50_000).length).toBeLessThanOrEqual(3 * 20);
    expect(texts.filter((length) => length > 5_000 && length < 50_000)).toEqual([]);
    const config = readConfig({ MONGODB_URI: "mongodb://in.this.process", ...vars }, now);
    const status = await statusOf(db, config, world.now());
    expect(status.verdict).not.toBe("Nothing needs you.");
    expect(status.alarms).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: "quarantine", severity: "trouble" })]),
    );
    const { sentence } = status.sources.find(({ source }) => source === "FIND_A_TENDER") ?? {};
    expect(sentence).not.toContain("Complete");
    expect(sentence).toContain("could not be stored");
  });

  it("keeps whole texts of its first cases, beginnings of more, and then the reason alone", () => {
    const kept = countTexts([]);
    const one = {
      source: "S",
      ocid: "o",
      releaseId: "1",
      place: "p",
      reason: "r",
      rawText: "x".repeat(50_000),
    };
    const lengths = Array.from({ length: 3000 }, (_, at) => {
      const windowId = `S/${Math.floor(at / 300)}`;
      return withinBounds(kept, { ...one, _id: `${at}`, windowId }).rawText.length;
    });
    expect(lengths.slice(0, 300).reduce((sum, length) => sum + length, 0)).toBe(20 * 50_000 + 180 * 5_000);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(10_000_000);
    expect(lengths.filter((length) => length > 0).length).toBe(1000);
  });
});

describe("one page", () => {
  it("with a million different tags is counted, and no name grows the window's document without end", async () => {
    const letters = (at: number) =>
      at.toString(26).replaceAll(/\d/g, (digit) => "ABCDEFGHIJ"[Number(digit)] ?? "");
    const releases = Array.from({ length: 50 }, (_, row) => {
      const tags = Array.from({ length: 4000 }, (_, at) => `"x${letters(row * 4000 + at)}"`);
      return release(`"tag":[${tags}]`, `${String(100 - row).padStart(6, "0")}-2026`);
    });
    await twoRuns(worldOf(pageOf(...releases)));
    const window = await db.syncWindows.findOne({ source: "FIND_A_TENDER", "counts.releases": 50 });
    expect(Object.keys(window?.counts.byTag ?? {}).length).toBeLessThanOrEqual(101);
  });

  it("with a uri of 14 MB costs its own source's window an attempt, and the errors stay short", async () => {
    const uri = `https://www.find-tender.service.gov.uk/?updatedFrom=${"x".repeat(14_000_000)}`;
    const run = await twoRuns(worldOf(() => `{"uri":"${uri}","releases":[${good}]}`));
    expect(JSON.stringify(run).length).toBeLessThan(20_000);
    const job = await db.syncJobs.findOne({ _id: "FIND_A_TENDER" });
    expect(
      Math.max(
        ...(job?.errorLog ?? []).map((entry) => readEntry(entry)?.message.length ?? Number.POSITIVE_INFINITY),
      ),
    ).toBeLessThanOrEqual(1000);
  });
});

describe("a number that nobody gave", () => {
  const row = (number: number, hour: number) =>
    `{"ocid":"ocds-${number}","id":"${String(number).padStart(6, "0")}-2026","date":"2026-06-10T${hour}:00:00Z","tag":["tender"],"tender":{"title":"T"}}`;

  it.each([
    ["one", [999_999]],
    ["a whole sequence of them", [999_999, 999_998, 999_997, 999_996, 999_995, 999_994, 999_993]],
  ])("%s, far above all others, is stored, and none below it is asked for", async (_what, numbers) => {
    const lookedUp: string[] = [];
    const rows = [...numbers.map((number) => row(number, 15)), row(12, 13), row(11, 12), row(10, 11)];
    const world = worldOf((url) => {
      if (/ocdsReleasePackages\//.test(url)) lookedUp.push(url);
      return pageOf(...rows)(url);
    });
    await twoRuns(world);
    expect(await db.contracts.countDocuments({ source: "FIND_A_TENDER" })).toBe(rows.length);
    expect(await db.noticeGaps.countDocuments()).toBeLessThan(20);
    expect(lookedUp.length).toBeLessThan(20);
  });
});
