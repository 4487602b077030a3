// What a run had stored when it was killed, and not yet counted, is counted by the next one: by the look at a month, and by
// the delta behind its proof.
import { MongoNetworkError } from "mongodb";
import { beforeEach, expect, it } from "vitest";
import type { Database } from "../../src/platform/database.ts";
import { createWorld } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const LOST = 2;
const windowId = "FIND_A_TENDER/2026-05";

/** This database, as a Worker sees it that is killed as soon as contracts were inserted. */
function killedAfterInsert(): { db: Database; wasKilled: () => boolean } {
  let killed = false;
  const alive = () => {
    if (killed) throw new MongoNetworkError("this run was killed");
  };
  const watched = (name: string, collection: object) =>
    new Proxy(collection, {
      get(target, property) {
        const method: unknown = Reflect.get(target, property);
        if (typeof method !== "function") return method;
        return (...given: unknown[]) => {
          alive();
          const result: unknown = method.apply(target, given);
          if (name !== "contracts" || property !== "bulkWrite") return result;
          return Promise.resolve(result).then((written) => {
            killed = (written as { insertedCount: number }).insertedCount > 0;
            alive();
            return written;
          });
        };
      },
    });
  const collections = Object.entries(db).map(([name, collection]) => [name, watched(name, collection)]);
  return { db: Object.fromEntries(collections), wasKilled: () => killed };
}

const worldOf = (of: Database, now: Date) =>
  createWorld({
    db: of,
    now,
    from: new Date("2026-05-01T00:00:00Z"),
    notices: { FIND_A_TENDER: 40, CONTRACTS_FINDER: 0 },
    history: { to: new Date("2026-06-01T00:00:00Z") },
  });

const countsOf = async () => {
  const window = await db.syncWindows.findOne({ _id: windowId });
  return { releases: window?.counts.releases, proof: window?.proof, adding: window?.adding ?? [] };
};

it.each([
  {
    name: "missing in a month that is looked at",
    sort: { publishedDate: 1 } as const,
    again: () =>
      db.syncWindows.updateOne(
        { _id: windowId },
        { $set: { proof: "ordered" as const, verify: null, verifyAt: null } },
      ),
  },
  {
    name: "missing behind a month's proof, found by the delta",
    sort: { publishedDate: -1 } as const,
    again: () => db.syncWindows.updateOne({ _id: windowId }, { $set: { verifyAt: new Date("2027-01-01") } }),
  },
])("$name, stored by a run that is killed: counted once", async ({ sort, again }) => {
  const begun = new Date("2026-06-02T12:00:00Z");
  await worldOf(db, begun).run();
  const before = await countsOf();
  expect(before.proof).toBe("exact");
  const lost = await db.contracts
    .find({ source: "FIND_A_TENDER" }, { projection: { _id: 1 }, sort, limit: LOST })
    .toArray();
  await db.contracts.deleteMany({ _id: { $in: lost.map(({ _id }) => _id) } });
  await again();

  const killed = killedAfterInsert();
  const later = new Date(begun.getTime() + 24 * 3_600_000);
  await expect(worldOf(killed.db, later).run()).rejects.toThrow("this run was killed");
  expect(killed.wasKilled()).toBe(true);
  expect(await countsOf()).toMatchObject({ releases: before.releases, proof: "ordered" });
  expect((await countsOf()).adding).toHaveLength(LOST);

  await db.syncWindows.updateMany({}, { $set: { claim: null } }); // as if its lease had run out
  await worldOf(db, new Date(later.getTime() + 3_600_000)).run();
  expect(await countsOf()).toEqual({ releases: (before.releases ?? 0) + LOST, proof: "exact", adding: [] });
});
