// Proof by numbers on what a sequence really does: numbers that stand next door are not absent, one that a list left out is
// found by its slice, a notice under more processes than a page holds is read to its last page.
import { describe, expect, it } from "vitest";
import { collectionsOf } from "../../src/platform/database.ts";
import type { HttpAnswer } from "../../src/platform/effects.ts";
import type { Fault } from "../../src/replica/faults.ts";
import type { HistoryOptions } from "../../src/replica/history.ts";
import { connect } from "../../src/sim/memory-mongo.ts";
import { createMemoryStore } from "../../src/sim/memory-store.ts";
import { createWorld, httpAnswer, missingReleases, type WorldOptions } from "../../src/sim/world.ts";

const now = new Date("2026-06-17T09:20:00Z");
const FAT = "FIND_A_TENDER";
const DRAIN_ONLY = { VERIFY_REQUESTS_PER_RUN: "0" };

function scene(options: Partial<WorldOptions> & { history?: Partial<HistoryOptions> } = {}) {
  const lookedUp: string[] = [];
  const db = collectionsOf(connect(createMemoryStore(() => now)));
  const world = createWorld({
    ...{
      db,
      now,
      from: new Date("2026-04-01T00:00:00Z"),
      notices: { FIND_A_TENDER: 900, CONTRACTS_FINDER: 20 },
    },
    ...options,
    strike: (url, at) => {
      if (/\/\d{6}-\d{4}$/.test(url.pathname)) lookedUp.push(url.pathname.slice(-11));
      return options.strike?.(url, at) ?? null;
    },
  });
  const windows = () => db.syncWindows.find({ source: FAT }, { sort: { from: 1 } }).toArray();
  return { db, world, windows, lookedUp, missing: () => missingReleases(db, world, now) };
}

describe("proof by numbers", () => {
  it.each<[string, Fault[]]>([
    ["backdated rows, dates out of order", ["wrong-dates"]],
    ["pages in no order at all", ["out-of-order"]],
  ])("asks for no number that stands next door: %s, T0 inside a month", async (_, faults) => {
    const { db, world, windows, lookedUp, missing } = scene({ replica: { faults }, history: { faults } });
    await world.run(DRAIN_ONLY);
    await world.run();
    expect(await missing()).toEqual([]);
    expect((await windows()).map(({ proof }) => proof)).toEqual(["exact", "exact", "exact"]);
    const gaps = await db.noticeGaps.find({}).toArray();
    const stored = await db.contracts
      .find({ source: FAT, noticeId: { $in: gaps.map(({ _id }) => _id) } })
      .toArray();
    expect(stored.map(({ noticeId }) => noticeId)).toEqual([]);
    expect(gaps.filter(({ outcome }) => outcome === "absent")).toEqual([]);
    expect(lookedUp.filter((id) => gaps.every(({ _id }) => _id !== id))).toHaveLength(
      LOOKED_UP_BY_ASSUMPTIONS,
    );
  });

  it("finds a notice that every list of the drain had left out, by the slice of its hole", async () => {
    let hidden: string | null = null;
    const { db, world, windows, missing } = scene({
      strike: (url, at): HttpAnswer | null => {
        if (hidden === null || !url.searchParams.has("updatedFrom")) return null;
        const answer = httpAnswer(world.replica, url.href, at.getTime());
        const page: { releases: { id: string }[] } = JSON.parse(new TextDecoder().decode(answer.body));
        page.releases = page.releases.filter(({ id }) => id !== hidden);
        return { ...answer, body: new TextEncoder().encode(JSON.stringify(page)) };
      },
    });
    const rows = world.replica.published(FAT, now.getTime());
    hidden = rows[300]?.releaseId ?? "";
    await world.run(DRAIN_ONLY);
    expect(await missing()).toHaveLength(1);
    const left = hidden;
    hidden = null;
    await world.run();
    expect(await missing()).toEqual([]);
    expect(await db.noticeGaps.findOne({ _id: left })).toMatchObject({
      outcome: "found",
      settledBy: "slice",
    });
    const drift = (await windows()).flatMap((window) => window.drift);
    expect(drift).toMatchObject([{ missing: 1 }]);
  });

  it("a year's first number that no list brings, and whose look-up fails, keeps its month open until it is there", async () => {
    const first = "000001-2026";
    let isHidden = true;
    const { world, windows, missing } = scene({
      from: new Date("2026-01-01T00:00:00Z"),
      history: { crowds: [{ at: new Date("2026-01-01T02:15:22Z"), count: 40 }] },
      vars: { PAGE_LIMIT: "20" },
      strike: (url, at): HttpAnswer | null => {
        if (!isHidden) return null;
        if (url.pathname.endsWith(first)) return { status: 500, retryAfter: null, body: new Uint8Array() };
        if (!url.searchParams.has("updatedFrom")) return null;
        const answer = httpAnswer(world.replica, url.href, at.getTime());
        if (answer.status !== 200) return answer;
        const page: { releases: { id: string }[] } = JSON.parse(new TextDecoder().decode(answer.body));
        page.releases = page.releases.filter(({ id }) => id !== first);
        return { ...answer, body: new TextEncoder().encode(JSON.stringify(page)) };
      },
    });
    await world.run(DRAIN_ONLY);
    for (let day = 0; day < 3; day++) {
      await world.run();
      expect(await missing()).toHaveLength(1);
      expect((await windows())[0]?.proof).toBe("ordered");
      world.pass(24 * 3_600_000);
    }
    isHidden = false;
    await world.run();
    expect(await missing()).toEqual([]);
    expect((await windows())[0]?.proof).toBe("exact");
  });

  it("reads a notice under 230 processes to its last page", async () => {
    const fanOuts = [{ at: new Date("2026-05-12T10:00:00Z"), count: 230 }];
    const { world, windows, lookedUp, missing } = scene({
      replica: { faults: ["cursor-drops"] }, // a list of the second does not bring them all
      history: { fanOuts },
    });
    await world.run(DRAIN_ONLY);
    await world.run();
    expect(await missing()).toEqual([]);
    expect(lookedUp.length).toBeGreaterThan(0);
    expect((await windows()).map(({ proof }) => proof)).toEqual(["exact", "exact", "exact"]);
  });
});

/** A known one and one that does not exist. */
const LOOKED_UP_BY_ASSUMPTIONS = 2;
