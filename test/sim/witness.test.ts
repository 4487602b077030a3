// Months are proved by a list that somebody else keeps of each day, outside the API's pace: only once it has been tried, and
// no longer once it has been found wrong. Whatever the list is like, nothing is lost and no month is exact by a false one.
import { describe, expect, it } from "vitest";
import { collectionsOf } from "../../src/platform/database.ts";
import type { HttpAnswer } from "../../src/platform/effects.ts";
import type { Fault } from "../../src/replica/faults.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore, documentsOf } from "../../src/sim/memory-store.ts";
import { createWorld, missingReleases } from "../../src/sim/world.ts";

const SOURCE = "CONTRACTS_FINDER";
const T0 = new Date("2026-11-24T12:00:00Z");
const HOUR_MS = 3_600_000;
const FROM = new Date("2026-10-12T00:00:00Z");

interface Scene {
  faults?: Fault[];
  awayMonths?: string[];
  vars?: Record<string, string>;
  notices?: number;
  /** Another file of that day in place of the real one's text; null where that stands. */
  file?: (day: string, stored: ReturnType<typeof documentsOf>) => string | null;
}

function scene({ faults = [], awayMonths, vars = {}, notices = 700, file }: Scene) {
  const store = createMemoryStore(() => world.now());
  const db = collectionsOf(connect(store));
  let files = 0;
  const world = createWorld({
    ...{ db, from: FROM, now: T0 },
    notices: { FIND_A_TENDER: 0, [SOURCE]: notices },
    replica: { faults, ...(awayMonths ? { witnessAwayMonths: awayMonths } : {}) },
    vars: { CF_WITNESS_URL: "https://lists.example.org", ...vars },
    strike: (url): HttpAnswer | null => {
      if (url.host !== "lists.example.org") return null;
      files++;
      const day = url.pathname.slice(-14, -4);
      const text = file?.(day, documentsOf(store, "contracts")) ?? null;
      if (text === null) return null;
      return { status: 200, retryAfter: null, body: new TextEncoder().encode(text) };
    },
  });
  const months = async () => {
    const windows = await db.syncWindows.find({ source: SOURCE }, { sort: { from: 1 } }).toArray();
    return windows.map(({ month, proof, proofBy }) => [month, proof, proofBy ?? null]);
  };
  const said = async () => (await db.syncJobs.findOne({ _id: SOURCE }))?.witness;
  const missing = () => missingReleases(db, world, T0);
  return { db, world, months, said, missing, files: () => files };
}

const by = (...proofs: string[]) => proofs.map((one, at) => [`2026-${10 + at}`, "exact", one]);

describe("a list of each day", { timeout: 60_000 }, () => {
  it("proves months with a request or two each, once ten slices have agreed with it", async () => {
    const { db, world, months, said, missing } = scene({
      faults: ["witness-padded", "mojibake", "late-rows"],
    });
    await world.run();
    expect(await months()).toEqual(by("witness", "witness"));
    expect(await said()).toMatchObject({ trusted: true, agreed: 12, lacked: 0, invented: 0, found: 0 });
    const windows = await db.syncWindows.find({ source: SOURCE }).toArray();
    for (const { verify } of windows) expect(verify?.requests).toBeLessThanOrEqual(2);
    expect(await missing()).toEqual([]);
  });

  it("finds what the walk has missed, which is asked for, stored and noted", async () => {
    const { db, world, months, said, missing } = scene({ faults: ["full-page-drops"] });
    await world.run({ VERIFY_REQUESTS_PER_RUN: "0" });
    const lost = (await missing()).length;
    expect(lost).toBeGreaterThan(2);
    world.pass(HOUR_MS);
    await world.run();
    expect(await missing()).toEqual([]);
    expect(await months()).toEqual(by("witness", "witness"));
    expect(await said()).toMatchObject({ trusted: true, found: lost });
    const windows = await db.syncWindows.find({ source: SOURCE }).toArray();
    const noted = windows.flatMap(({ drift }) => drift).reduce((sum, one) => sum + one.missing, 0);
    expect(noted).toBe(lost);
  });

  it.each<[Fault, string]>([
    ["witness-lacks-rows", "lacked"],
    ["witness-invents-rows", "invented"],
  ])("that has %s is not believed: months are proved by slices", async (fault, counted) => {
    const { world, months, said, missing } = scene({ faults: [fault] });
    await world.run();
    expect(await months()).toEqual(by("slices", "slices"));
    const state = await said();
    expect(state).toMatchObject({ trusted: false, [counted]: expect.any(Number) });
    expect(state?.lostBy).toMatch(/^2026-1\d-\d\d/);
    expect((state?.lacked ?? 0) + (state?.invented ?? 0)).toBeGreaterThan(0);
    expect(await missing()).toEqual([]);
  });

  it("that repeats what is stored is found out by its trial", async () => {
    const file = (day: string, stored: ReturnType<typeof documentsOf>) => {
      const rows = [...stored.values()].flatMap(({ ocid, noticeId, revisions, publishedDate }) =>
        publishedDate.toISOString().startsWith(day)
          ? revisions.map((one: number) => `${ocid},${noticeId}-${one},${publishedDate.toISOString()}`)
          : [],
      );
      return `${["releases/0/ocid,releases/0/id,releases/0/date", ...rows].join("\n")}\n`;
    };
    const { world, months, said, missing } = scene({ faults: ["full-page-drops"], file });
    await world.run();
    expect(await said()).toMatchObject({ trusted: false, lostBy: expect.stringContaining("the file lacks") });
    expect(await months()).toEqual(by("slices", "slices"));
    expect(await missing()).toEqual([]);
  });

  it("that is found wrong later takes its proofs with it", async () => {
    let lies = false;
    const nothing = "releases/0/ocid,releases/0/id,releases/0/date\nocds-1,a-1,2026-10-15T10:00:00Z\n";
    const { world, months, said, missing } = scene({
      file: (day) => (lies && day < "2026-11-01" ? nothing : null),
    });
    await world.run({ BACKFILL_START_DATE: "2026-11-01" });
    expect(await months()).toEqual([["2026-11", "exact", "witness"]]);
    lies = true;
    world.pass(HOUR_MS);
    await world.run();
    expect(await said()).toMatchObject({ trusted: false });
    expect(await months()).toEqual(by("slices", "slices"));
    expect(await missing()).toEqual([]);
  });

  it("that is away for a month leaves that month to slices", async () => {
    const { world, months, said, missing } = scene({ faults: ["witness-away"], awayMonths: ["2026-10"] });
    await world.run();
    world.pass(HOUR_MS);
    await world.run(); // the trial has used up files of the first
    expect(await months()).toEqual(by("slices", "witness"));
    expect(await said()).toMatchObject({ trusted: true });
    expect((await said())?.daysWithout).toBeGreaterThanOrEqual(20);
    expect(await missing()).toEqual([]);
  });

  it.each([
    ["an error page with status 200", () => "<html><body>Service unavailable</body></html>"],
    ["a row that ends early", () => "releases/0/ocid,releases/0/id,releases/0/date\nocds-1\n"],
  ])("that comes as %s is no list: slices", async (_, file) => {
    const { world, months, missing } = scene({ file, notices: 200 });
    await world.run();
    expect(await months()).toEqual(by("slices", "slices"));
    expect(await missing()).toEqual([]);
  });

  it("is asked for politely, and not at all where it is switched off", async () => {
    const long = scene({ notices: 200, vars: { BACKFILL_START_DATE: "2026-05-01" } });
    await long.world.run();
    expect(long.files()).toBeLessThanOrEqual(93);
    const off = scene({ notices: 200, vars: { CF_WITNESS_URL: "off" } });
    await off.world.run();
    expect(off.files()).toBe(0);
    expect(await off.months()).toEqual(by("slices", "slices"));
  });
});
