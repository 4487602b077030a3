// The hour that autumn repeats: no boundary may stand in it, so two hours are one slice. It is read in every other way
// (by stage, by numbers, through cursors with other seams); what no page could prove is said openly and never `exact`.
import { beforeEach, expect, it } from "vitest";
import { createWorld, missingReleases } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const HOUR_MS = 3_600_000;
const EVENING = Date.parse("2025-10-25T23:00:00Z");

// Nights have 2 to 10 notices in two hours; a working day's usual hour has 40 to 60, its busiest 180 (api-facts, Volumes).
it.each([
  { rate: "the rate of a night", secondsBetween: 900, unproven: [] },
  { rate: "a working hour's rate", secondsBetween: 60, unproven: ["FIND_A_TENDER"] },
  { rate: "the busiest hour's rate", secondsBetween: 20, unproven: ["CONTRACTS_FINDER", "FIND_A_TENDER"] },
])("at $rate nothing is lost, and what nobody could prove is said", async (given) => {
  const crowds = Array.from({ length: (4 * 3600) / given.secondsBetween }, (_, at) => ({
    at: new Date(EVENING + at * given.secondsBetween * 1000),
    count: 1,
  }));
  const world = createWorld({
    db,
    now: new Date(EVENING),
    from: new Date("2025-10-25T00:00:00Z"),
    notices: { FIND_A_TENDER: 0, CONTRACTS_FINDER: 0 },
    afterMs: 9 * 24 * HOUR_MS,
    history: { crowds },
    replica: { faults: ["cursor-drops"] },
  });
  for (let hour = 0; hour < 5; hour++) {
    await world.run();
    world.pass(HOUR_MS);
  }
  const news = await db.syncJobs
    .find({ "unproven.0": { $exists: true } })
    .sort({ _id: 1 })
    .toArray();
  expect(news.map(({ _id, unproven }) => [_id, unproven?.map(({ from, to }) => [from, to])])).toEqual(
    given.unproven.map((source) => [source, [["2025-10-26T00:59:59", "2025-10-26T02:00:00"]]]),
  );
  expect(await missingReleases(db, world, new Date("2025-10-26T02:57:00Z"))).toEqual([]);

  world.pass(7 * 24 * HOUR_MS); // October is over, and read once more as a month
  await world.run();
  await world.run();
  expect(await missingReleases(db, world, new Date("2025-10-26T04:00:00Z"))).toEqual([]);
  const windows = await db.syncWindows.find({ month: "2025-10" }).sort({ _id: 1 }).toArray();
  expect(windows.map(({ source, proof, unproven }) => [source, proof, unproven.length > 0])).toEqual(
    ["CONTRACTS_FINDER", "FIND_A_TENDER"].map((source) => {
      const open = given.unproven.includes(source);
      return [source, open ? "ordered" : "exact", open];
    }),
  );
});
