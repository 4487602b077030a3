// What leaves the quarantine leaves the counts and the alarm of its month, whichever way it is read again.
import { beforeEach, expect, it } from "vitest";
import { releaseText } from "../../src/replica/release.ts";
import { statusOf } from "../../src/run/status.ts";
import { createWorld } from "../../src/sim/world.ts";
import { retryQuarantine } from "../../src/upkeep/retry-quarantine.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const windowId = "FIND_A_TENDER/2026-06";

/** A month of which all was rejected by an older version. */
async function rejectedMonth() {
  const now = new Date("2026-06-20T12:00:00Z");
  const from = new Date("2026-06-01T00:00:00Z");
  const world = createWorld({ db, now, from, notices: { FIND_A_TENDER: 12, CONTRACTS_FINDER: 0 } });
  await world.run();
  await db.contracts.deleteMany({});
  const rows = world.replica.published("FIND_A_TENDER", now.getTime());
  await db.quarantine.insertMany(
    rows.map((row) => ({
      ...{ _id: `FIND_A_TENDER/${row.ocid}/${row.releaseId}`, source: "FIND_A_TENDER", windowId, place: "p" },
      ...{ ocid: row.ocid, releaseId: row.releaseId, reason: "r", firstSeenAt: now, lastSeenAt: now },
      rawText: releaseText("FIND_A_TENDER", row, "light"),
    })),
  );
  await db.syncWindows.updateOne({ _id: windowId }, { $set: { "counts.quarantined": rows.length } });
  return { world, rows: rows.length };
}

const alarmsAt = async ({ configFor, now }: Awaited<ReturnType<typeof rejectedMonth>>["world"]) =>
  (await statusOf(db, configFor(), now())).alarms.map(({ key }) => key);

it.each([
  [
    "by `quarantine retry`",
    async ({ configFor, now }: Awaited<ReturnType<typeof rejectedMonth>>["world"]) => {
      await retryQuarantine({ db, config: configFor(), now: now() });
    },
  ],
  [
    "when its month is looked at again",
    async ({ run }: Awaited<ReturnType<typeof rejectedMonth>>["world"]) => {
      const again = { proof: "ordered" as const, verify: null, verifyAt: null };
      await db.syncWindows.updateOne({ _id: windowId }, { $set: again });
      await run();
    },
  ],
])("%s", async (_, readAgain) => {
  const { world, rows } = await rejectedMonth();
  const before = await db.syncWindows.findOne({ _id: windowId });
  expect(await alarmsAt(world)).toContain(`quarantine/${windowId}`);
  await readAgain(world);
  const after = await db.syncWindows.findOne({ _id: windowId });
  expect([await db.contracts.countDocuments(), await db.quarantine.countDocuments()]).toEqual([rows, 0]);
  expect(after?.counts).toMatchObject({ quarantined: 0, releases: before?.counts.releases });
  expect(await alarmsAt(world)).not.toContain(`quarantine/${windowId}`);
});
