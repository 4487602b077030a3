// What months that are looked at have to stand: rows added behind their proof, a place that nobody can read, a worker whose
// clock is ahead.
import { describe, expect, it } from "vitest";
import type { HttpAnswer } from "../../src/platform/effects.ts";
import { hash } from "../../src/replica/random.ts";
import { HOUR_MS, live } from "./live.ts";

/** The long form has months of every age: `LONG=1 npx vitest run test/sim/looks.test.ts`. */
const LONG = process.env["LONG"] !== undefined;
const DAY_HOURS = 24;
/** A round for the oldest months: 120 days, a quarter more or less, and what waits behind others for its turn. */
const ROUND_DAYS = 160;
const SHORT_DAYS = 40;
const never = () => null;

describe("months that are looked at", { timeout: 300_000 }, () => {
  it("find every row that was added behind their proof, within a round of the schedule", async () => {
    const t0 = new Date("2026-03-10T09:20:00Z");
    const addedAt = t0.getTime() + 6 * DAY_HOURS * HOUR_MS;
    const added = (at: number, id: string) =>
      at < t0.getTime() - 10 * DAY_HOURS * HOUR_MS && hash(id) % (LONG ? 200 : 60) === 0;
    const days: number[] = [];
    const asked: number[] = [];
    const most: number[] = [];
    const { missing } = await live({
      ...{
        t0,
        from: new Date(LONG ? "2023-11-01T00:00:00Z" : "2026-01-01T00:00:00Z"),
        hours: (LONG ? ROUND_DAYS : SHORT_DAYS) * DAY_HOURS,
        everyHours: DAY_HOURS,
        lie: never,
      },
      listedAt: ({ at, releaseId }) => (added(at, releaseId) ? addedAt : at),
      vars: { VERIFY_REQUESTS_PER_RUN: String(20 * DAY_HOURS) }, // what 24 hourly runs have
      watch: async ({ hour, missing: left, asked: requests }) => {
        if (left > 0) most.push(left);
        if (left > 0) days.push(hour / DAY_HOURS);
        asked.push(requests);
        return left === 0 && most.length > 0;
      },
    });
    console.log(
      `${Math.max(...most)} rows added behind exact months: all found after ${(days.at(-1) ?? 0) - 5} days, ${(asked.at(-1) ?? 0) - (asked[7] ?? 0)} requests`,
    );
    expect(Math.max(...most)).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });

  it("leave a place whose answers are always to another question, prove the rest, and do not ask in each run", async () => {
    const place = "2026-05-13T11:00:00";
    const befalls = (url: URL, answer: HttpAnswer): HttpAnswer => {
      const [from, to] = ["publishedFrom", "publishedTo"].map((name) => url.searchParams.get(name) ?? "");
      if (
        !isDrained() ||
        !url.searchParams.has("publishedFrom") ||
        String(from) > place ||
        String(to) < place
      )
        return answer;
      const page = JSON.parse(new TextDecoder().decode(answer.body));
      const uri = String(page.uri).replaceAll("2026-05", "2025-05");
      return { ...answer, body: new TextEncoder().encode(JSON.stringify({ ...page, uri })) };
    };
    const asked: number[] = [];
    const isDrained = () => asked.length > 0;
    const { windows, missing } = await live({
      ...{
        t0: new Date("2026-06-17T09:20:00Z"),
        from: new Date("2026-04-01T00:00:00Z"),
        hours: 40,
        lie: never,
      },
      vars: { CF_WITNESS_URL: "off" },
      befalls,
      watch: async ({ asked: requests }) => {
        asked.push(requests);
        return false;
      },
    });
    const may = windows.find(({ _id }) => _id === "CONTRACTS_FINDER/2026-05");
    expect(missing).toEqual([]);
    expect(may).toMatchObject({ status: "done", proof: "ordered" });
    expect(may?.unproven.every(({ from, to }) => from <= place && to >= place)).toBe(true);
    const others = windows.filter(({ _id, to }) => _id !== may?._id && to <= new Date("2026-06-01"));
    expect(others.map(({ proof }) => proof)).toEqual(others.map(() => "exact"));
    const perRun = asked.map((requests, at) => requests - (asked[at - 1] ?? 0)).slice(12);
    expect(perRun.filter((requests) => requests > 12).length).toBeLessThanOrEqual(4);
  });

  it("go by the database's clock where the worker's is two hours ahead: ends of months, new notices, T0", async () => {
    const t0 = new Date("2026-06-30T18:20:00Z");
    const early: string[] = [];
    const { missing } = await live({
      ...{ t0, from: new Date("2026-06-01T00:00:00Z"), hours: 14, lie: never, aheadMs: 2 * HOUR_MS },
      vars: { VERIFY_REQUESTS_PER_RUN: "0" },
      watch: async ({ now, db }) => {
        for (const { _id, horizon, lastSyncedDate } of await db.syncJobs.find({}).toArray())
          for (const at of [horizon, lastSyncedDate]) if (at > now) early.push(`${_id} ${at.toISOString()}`);
        for (const { _id, to, status } of await db.syncWindows.find({}).toArray())
          if (status === "done" && to > now) early.push(_id);
        return false;
      },
    });
    expect(early).toEqual([]);
    expect(missing).toEqual([]);
  });
});
