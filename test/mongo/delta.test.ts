// What the delta says it has is there: rows that appear up to 90 seconds after their date, around its newest end.
import { expect, it } from "vitest";
import { sourceOf } from "../../src/replica/sources.ts";
import { createWorld } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";

const { db } = await freshDatabase();
const LATE_MS_MAX = 90_000; // within the settling margin; what comes later is the closed month's

it("lastSyncedDate never passes a row that has not had its time to appear", async () => {
  const now = new Date("2026-06-10T09:00:00Z");
  const world = createWorld({
    db,
    now,
    from: new Date("2026-06-09T23:00:00Z"),
    notices: { FIND_A_TENDER: 900, CONTRACTS_FINDER: 900 },
    afterMs: 3 * 3_600_000,
    replica: { faults: ["late-rows"] },
    vars: { VERIFY_REQUESTS_PER_RUN: "0" },
  });
  let lateOnes = 0;
  for (let run = 0; run < 15; run++) {
    await world.run({ BACKFILL_START_DATE: "2026-06-10" });
    for (const { source, horizon, lastSyncedDate } of await db.syncJobs.find().toArray()) {
      const from = Math.max(horizon.getTime(), lastSyncedDate.getTime() - 600_000);
      const due = world.replica
        .published(sourceOf(source), world.now().getTime() + LATE_MS_MAX)
        .filter(({ at }) => at >= from && at < lastSyncedDate.getTime());
      const stored = await db.contracts
        .find({ source, publishedDate: { $gte: new Date(from) } }, { projection: { ocid: 1, noticeId: 1 } })
        .toArray();
      const known = new Set(stored.map(({ ocid, noticeId }) => `${ocid}/${noticeId}`));
      const noticeOf = (id: string) => (source === "FIND_A_TENDER" ? id : id.replace(/-\d+$/, ""));
      const lost = due.filter(({ ocid, releaseId }) => !known.has(`${ocid}/${noticeOf(releaseId)}`));
      expect([source, lost.map(({ releaseId }) => releaseId)]).toEqual([source, []]);
      lateOnes += due.filter(({ at, listedAt }) => listedAt > at).length;
    }
    world.pass(317_000); // not in step with anything
  }
  expect(lateOnes).toBeGreaterThan(10);
}, 300_000);
