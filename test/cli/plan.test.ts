// `npm run plan`: without a database, and what it foretells against what then happens.
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { plan } from "../../src/cli/plan.ts";
import { readConfig } from "../../src/config/config.ts";
import { SOURCES } from "../../src/replica/sources.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";
import { here, inProcess, type Variables } from "../kit/programs.ts";

const PLAN = fileURLToPath(new URL("../../src/cli/plan.ts", import.meta.url));
const SYNC = fileURLToPath(new URL("../../src/cli/sync.ts", import.meta.url));
const { db, uri, name } = await freshDatabase();

const planned = (args: string[], vars: Variables = {}) => here(plan, args, vars);

/** Through a process, which also says how much CPU it took. */
async function plannedByProcess(program: string[]) {
  const CPU = "const { user, system } = process.cpuUsage(); console.error('CPU', (user + system) / 1e6);";
  const timed = ["--import", `data:text/javascript,process.on("exit", () => { ${CPU} });`];
  const { err, ...ended } = await inProcess([...timed, ...program], [], {});
  const [problems = "", cpu = ""] = err.split(/CPU (.*)\n$/);
  return { ...ended, err: problems, cpuSeconds: Number(cpu) };
}

const range = z.object({ low: z.number(), likely: z.number(), high: z.number() });
const instant = z.coerce.date().nullable();
const reach = z.object({ low: instant, likely: instant, high: instant, all: z.boolean() });
const ids = z.array(z.string());
const cost = z.object({
  ...{ releases: z.number(), requests: z.number(), storedBytes: z.number() },
  hours: z.object({ hourly: z.number(), quarterHourly: z.number() }),
});
const bySource = z.object({ FIND_A_TENDER: cost, CONTRACTS_FINDER: cost });
const answerSchema = z.object({
  bySource,
  starts: z.object({ FIND_A_TENDER: z.coerce.date(), CONTRACTS_FINDER: z.coerce.date() }),
  rows: z.array(
    z.object({
      period: z.string(),
      ...cost.shape,
      bySource,
      sizeFromHere: z.number(),
    }),
  ),
  releases: range,
  requests: range,
  hours: z.object({ hourly: range, quarterHourly: range }),
  size: range,
  whenDone: range.nullable(),
  fits: z.boolean().nullable(),
  reach: reach.nullable(),
  tiers: z.array(
    z.object({
      tier: z.string(),
      budgetMb: z.number(),
      reach: z.object({ none: reach, gzip: reach, full: reach }),
    }),
  ),
  forecastError: z.object({ windows: z.number(), bytes: z.number(), requests: z.number() }).nullable(),
  changes: z
    .array(
      z.object({
        source: z.enum(SOURCES),
        windows: z.object({ insert: ids, extend: ids, restore: ids, cancel: ids }),
        requestsSaved: z.number(),
        requestsDropped: z.number(),
      }),
    )
    .nullable(),
  lines: z.array(z.string()),
});

async function answer(args: string[], vars: Record<string, string> = {}) {
  const { out, code, err } = await planned([...args, "--json"], vars);
  expect(err).toBe("");
  expect(code).toBe(0);
  return answerSchema.parse(JSON.parse(out));
}

const sum = (values: number[]) => values.reduce((total, one) => total + one, 0);
const MIB = 1_048_576;

describe("without a database", () => {
  it("answers in under two seconds, with the costs, the tiers and the lines", async () => {
    const { out, code, cpuSeconds } = await plannedByProcess([PLAN]);
    expect(code).toBe(0);
    // It waits for nothing: on a machine that other tests share, this is what says how long it takes on its own.
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(cpuSeconds).toBeLessThan(1.5);
    expect(out).toMatch(/From 1 January 2021 \(Find a Tender\), 1 November 2016 \(Contracts Finder\)/);
    expect(out).toMatch(/│ 2021 │/);
    expect(out).toMatch(/│ M0 .*512 MB.*460 MB/);
    expect(out).toContain('BACKFILL_START_DATE = "2016-11-01"');
    // The clock goes on between them, and the forecast with it.
    const shape = (text: string) => text.replaceAll(/\d[\d,.]*/g, "#");
    expect(shape((await plannedByProcess([SYNC, "plan"])).out)).toBe(shape(out));
    const inProcess = await planned([]);
    expect({ ...inProcess, out: shape(inProcess.out) }).toEqual({ code: 0, out: shape(out), err: "" });
  });

  it.each([
    [["--tier", "M0"], 460],
    [["--budget", "400", "--raw", "gzip"], 400],
  ])(
    "%j reaches as far as nine tenths of the budget, and its lines say just that",
    async (args, budgetMb) => {
      const {
        lines,
        starts,
        size,
        rows,
        reach: chosen,
        releases,
        fits,
        bySource: all,
      } = await answer([...args, "--by", "month"]);
      const { vars } = z
        .object({ vars: z.record(z.string(), z.string()) })
        .parse(parse(`[vars]\n${lines.join("\n")}`));
      const config = readConfig({ MONGODB_URI: "mongodb://none", ...vars }, new Date());
      expect(Object.fromEntries(config.sources.map(({ source, start }) => [source, start]))).toEqual(starts);
      expect(config.storageBudgetMb).toBe(budgetMb);
      const backfill = budgetMb * MIB * 0.9;
      expect(size.likely).toBeLessThanOrEqual(backfill);
      const oneMonth = Math.max(...rows.map(({ storedBytes }) => storedBytes)) * 1.1;
      expect(size.likely).toBeGreaterThan(backfill - oneMonth);
      expect(fits).toBe(true);
      expect(chosen?.likely).toEqual(starts.CONTRACTS_FINDER);
      expect(Number(chosen?.low)).toBeGreaterThan(Number(chosen?.likely));
      expect(Number(chosen?.high)).toBeLessThan(Number(chosen?.likely));
      expect(sum(rows.map((row) => row.releases))).toBeCloseTo(releases.likely, 3);
      for (const source of SOURCES) {
        for (const what of ["releases", "requests", "storedBytes"] as const)
          expect(sum(rows.map((row) => row.bySource[source][what]))).toBeCloseTo(all[source][what], 3);
        expect(all[source].hours.hourly).toBeCloseTo(all[source].requests / 78, 3); // 6 a minute for 13 minutes
      }
      expect(rows.at(-1)?.sizeFromHere).toBeCloseTo(size.likely, 3);
    },
  );

  it("a start in the middle of a month, and one source's own, come back in the lines", async () => {
    const middle = await answer(["--start", "2024-07-17"]);
    expect(middle.lines).toContain('BACKFILL_START_DATE = "2024-07-17"');
    expect(middle.starts.FIND_A_TENDER).toEqual(new Date("2024-07-16T23:00:00Z"));
    const own = await answer([], {
      FAT_BACKFILL_START_DATE: "2023-01-01",
      CF_BACKFILL_START_DATE: "2025-02-03",
    });
    expect(own.lines).toEqual([
      'FAT_BACKFILL_START_DATE = "2023-01-01"',
      'CF_BACKFILL_START_DATE = "2025-02-03"',
      'STORAGE_BUDGET_MB = "0"',
      'STORE_RAW = "none"',
    ]);
  });

  it("has the yearly volumes of the facts, a larger size for more of the raw releases, and more time for fewer runs", async () => {
    const { rows, tiers, hours, requests } = await answer(["--by", "year"]);
    const year = (period: string) => rows.find((row) => row.period === period)?.bySource;
    expect(year("2021")?.FIND_A_TENDER.releases).toBeCloseTo(32_500, -2);
    expect(Math.abs((year("2025")?.FIND_A_TENDER.releases ?? 0) - 86_600)).toBeLessThan(1000);
    expect(year("2019")?.CONTRACTS_FINDER.releases).toBeCloseTo(86_000, -2);
    for (const { reach: by } of tiers) {
      const [none, gzip, full] = [by.none, by.gzip, by.full].map(({ likely }) => Number(likely));
      expect(none).toBeLessThanOrEqual(Number(gzip));
      expect(gzip).toBeLessThanOrEqual(Number(full));
    }
    expect(hours.hourly.likely / hours.quarterHourly.likely).toBeCloseTo(4, 5);
    expect(requests.low).toBeLessThan(requests.likely);
  });

  it.each([
    [["--start", "2024-02-30"], /BACKFILL_START_DATE is "2024-02-30": allowed is a day of the calendar/],
    [["--tier", "M2"], /Allowed choices are M0, FLEX, M10/],
    [["--tier", "M0", "--budget", "400"], /cannot be used with/],
    [["--budget", "1"], /not even the newest month fits/],
  ])("%j is refused with what is allowed, exit code 2", async (args, expected) => {
    const { code, err } = await planned(args);
    expect(err).toMatch(expected);
    expect(code).toBe(2);
  });
});

describe("with a database", () => {
  const now = new Date();
  const monthsAgo = (months: number, dayOfMonth: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, dayOfMonth))
      .toISOString()
      .slice(0, 10);
  const vars = { MONGODB_URI: uri, MONGODB_DB: name };
  let world: World;

  const states = async () => {
    const windows = await db.syncWindows.find({}, { sort: { _id: 1 } }).toArray();
    return new Map(windows.map(({ _id, status, from }) => [_id, { status, from: from.getTime() }]));
  };

  beforeAll(async () => {
    const from = new Date(`${monthsAgo(12, 1)}T00:00:00Z`);
    const notices = { FIND_A_TENDER: 1500, CONTRACTS_FINDER: 1500 };
    world = createWorld({ db, now, from, notices, replica: { faults: [] } });
    await world.run({ BACKFILL_START_DATE: monthsAgo(6, 10), VERIFY_REQUESTS_PER_RUN: "0" });
    expect(await db.syncWindows.distinct("status")).toEqual(["done"]);
  });

  it("foretells just what the next run then plans, and writes nothing itself", async () => {
    for (const start of [monthsAgo(3, 10), monthsAgo(6, 3), monthsAgo(9, 20)]) {
      const before = await states();
      const foretold = await answer(["--start", start], vars);
      expect(await states()).toEqual(before);
      const asked = () => SOURCES.map((source) => world.replica.stats()[source].asked);
      const askedBefore = asked();
      const run = await world.run({ BACKFILL_START_DATE: start, VERIFY_REQUESTS_PER_RUN: "0" });
      const after = await states();
      const of = (test: (id: string) => boolean) => [...after.keys()].filter(test);
      const all = (what: "insert" | "extend" | "restore" | "cancel") =>
        (foretold.changes ?? []).flatMap(({ windows }) => windows[what]).sort();
      const was = (id: string) => before.get(id);
      expect(all("insert")).toEqual(of((id) => !was(id)));
      expect(all("cancel")).toEqual(
        of((id) => after.get(id)?.status === "cancelled" && was(id)?.status !== "cancelled"),
      );
      expect(all("extend")).toEqual(of((id) => (after.get(id)?.from ?? 0) < (was(id)?.from ?? 0)));
      const back = of((id) => was(id)?.status === "cancelled" && after.get(id)?.status === "done");
      expect(
        [...all("restore"), ...all("extend").filter((id) => was(id)?.status === "cancelled")].sort(),
      ).toEqual(back);
      // The delta asks once a source; all else was foretold.
      const made = sum(asked()) - sum(askedBefore) - 2;
      expect(made).toBeGreaterThanOrEqual(foretold.requests.low - 5);
      expect(made).toBeLessThanOrEqual(foretold.requests.high + 5);
      expect(run.outcome).toBe("done");
    }
  });

  it("says what it has, how good its forecasts were, and that nothing changes where nothing does", async () => {
    const start = monthsAgo(9, 20);
    const same = await answer(["--start", start], vars);
    expect(same.requests.likely).toBe(0);
    expect((same.changes ?? []).flatMap(({ windows }) => Object.values(windows).flat())).toEqual([]);
    expect(same.forecastError?.windows).toBeGreaterThan(10);
    const { out } = await planned(["--start", start], vars);
    expect(out).toMatch(/Forecasts of \d+ months read so far were off by \d+ % in bytes, \d+ % in requests/);
    expect(out).toMatch(/Deployed now, this would change[\s\S]*Find a Tender: nothing\./);
    const offline = await answer(["--start", start, "--offline"], vars);
    expect(offline.changes).toBeNull();
    expect(offline.requests.likely).toBeGreaterThan(0);
  });
});
