import { ObjectId } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import {
  advance,
  claimNewest,
  finish,
  finishLook,
  giveBack,
  giveUp,
  type Held,
  renew,
  reviveFailed,
} from "../../src/claim/claim.ts";

import { plan } from "../../src/plan/plan.ts";
import { progressOf } from "../../src/run/progress.ts";
import { ClaimLost } from "../../src/terms/errors.ts";
import { ATTEMPTS_MAX } from "../../src/terms/window.ts";
import { freshDatabase } from "../kit/database.ts";

const { db, clear } = await freshDatabase();
const source = "FIND_A_TENDER";

function claim(kind: "drain" | "verify" = "drain"): Promise<Held | null> {
  return claimNewest(db, { source, kind, id: new ObjectId(), leaseSeconds: 90, backoffSeconds: 60 });
}

async function held(): Promise<Held> {
  const one = await claim();
  if (!one) throw new Error("nothing to claim");
  return one;
}

const TROUBLE = { kind: "broken", message: "x" } as const;
const leaveOnly = (month: string) => db.syncWindows.deleteMany({ month: { $ne: month } });
const LONG_AGO = new Date("2026-01-01T00:00:00Z"); // leases run on the database's clock, whatever this one says
const databaseNowMs = async () => Number((await db.db.command({ hello: 1 }))["localTime"]);
const expire = () =>
  db.syncWindows.updateMany({ claim: { $ne: null } }, { $set: { "claim.until": LONG_AGO } });
const windowOf = ({ claim: { windowId } }: Held) => db.syncWindows.findOne({ _id: windowId });

beforeEach(async () => {
  await clear();
  await plan(db, {
    source,
    start: new Date("2026-01-01T00:00:00Z"),
    horizon: new Date("2026-06-15T12:00:00Z"),
    stages: ["all"],
    knownHash: null,
    now: new Date("2026-06-15T12:00:00Z"),
  });
});

describe("a claim", () => {
  it("takes the newest window, and each just once, however many ask", async () => {
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim()));
    const ids = claims.flatMap((one) => (one ? [one.claim.windowId] : []));
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(6);
    await clear();
  });

  it("goes from the newest month to the oldest", async () => {
    const months = [];
    for (let one = await claim(); one; one = await claim()) months.push(one.window.month);
    expect(months).toEqual(["2026-06", "2026-05", "2026-04", "2026-03", "2026-02", "2026-01"]);
  });

  it("holds on the database's clock, for the lease, and longer with each sign of life", async () => {
    const untilMs = async () => (await windowOf(one))?.claim?.until.getTime();
    const before = await databaseNowMs();
    const one = await held();
    expect(await untilMs()).toBeGreaterThanOrEqual(before + 90_000);
    expect(await untilMs()).toBeLessThanOrEqual((await databaseNowMs()) + 90_000);
    await expire();
    const later = await databaseNowMs();
    await renew(db, one.claim);
    expect(await untilMs()).toBeGreaterThanOrEqual(later + 90_000);
  });

  it("that expired is another's: whatever the first holder writes is refused", async () => {
    const first = await held();
    await expire();
    const second = await held();
    expect(second.window._id).toBe(first.window._id);
    const before = await windowOf(first);
    const progress = progressOf(first.window);
    const writes = [
      () => advance(db, first.claim, progress),
      () => finish(db, first.claim, progress),
      () => renew(db, first.claim),
      () => giveBack(db, first.claim),
      () => giveUp(db, first.claim, { kind: "broken", message: "x" }),
    ];
    for (const write of writes) await expect(write()).rejects.toThrow(ClaimLost);
    expect(await windowOf(first)).toEqual(before);
  });

  it("given back costs no attempt, and the window is there for the next", async () => {
    const one = await held();
    await giveBack(db, one.claim);
    expect(await windowOf(one)).toMatchObject({ status: "pending", attempts: 0, claim: null, retryAt: null });
    expect((await held()).window._id).toBe(one.window._id);
  });

  it("given up comes back after a pause that doubles, and is failed with its reason after the last attempt", async () => {
    const pauses: number[] = [];
    await leaveOnly("2026-06");
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const one = await held();
      expect(one.window.month).toBe("2026-06");
      await giveUp(db, one.claim, { kind: "broken", message: `trouble ${attempt} with $dollars` });
      const window = await windowOf(one);
      expect(window).toMatchObject({
        attempts: attempt,
        lastError: { kind: "broken", message: `trouble ${attempt} with $dollars` },
      });
      expect(window?.status).toBe(attempt === ATTEMPTS_MAX ? "failed" : "pending");
      pauses.push((Number(window?.retryAt) - Number(window?.lastError?.at)) / 1000);
      await db.syncWindows.updateOne(
        { _id: one.window._id, status: "pending" },
        { $set: { retryAt: LONG_AGO } },
      );
    }
    expect(pauses.slice(0, 4)).toEqual([60, 120, 240, 480]);
    expect(await claim("drain")).toBeNull();
  });

  it("is not to be had before the pause is over", async () => {
    const one = await held();
    await giveUp(db, one.claim, { kind: "broken", message: "x" });
    expect((await held()).window.month).toBe("2026-05");
  });

  it("that keeps failing waits until none is due that has failed less", async () => {
    for (let attempt = 1; attempt <= 3; attempt++) {
      const one = await held();
      expect(one.window.month).toBe("2026-06");
      await giveUp(db, one.claim, TROUBLE);
      await db.syncWindows.updateOne({ _id: one.window._id }, { $set: { retryAt: LONG_AGO } });
    }
    const order: (string | undefined)[] = [];
    for (let one = await claim("drain"); one; one = await claim("drain")) order.push(one.window.month);
    expect(order.length).toBeGreaterThan(1);
    expect(order.at(-1)).toBe("2026-06");
  });

  it("comes back by itself a day after it failed, behind those that have not", async () => {
    const one = await held();
    await db.syncWindows.updateOne({ _id: one.window._id }, { $set: { attempts: ATTEMPTS_MAX } });
    await giveUp(db, one.claim, { kind: "broken", message: "x" });
    expect(await reviveFailed(db, source)).toBe(0);
    await db.syncWindows.updateOne({ _id: one.window._id }, { $set: { retryAt: LONG_AGO } });
    expect(await reviveFailed(db, source)).toBe(1);
    expect(await windowOf(one)).toMatchObject({ status: "pending", attempts: 3 });
    expect((await held()).window.month).toBe("2026-05");
  });

  it("that nobody gives back, again and again without progress, fails with the reason", async () => {
    await leaveOnly("2026-06");
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      expect((await held()).window.month).toBe("2026-06");
      await expire();
    }
    expect(await claim("drain")).toBeNull();
    expect(await db.syncWindows.findOne({ month: "2026-06" })).toMatchObject({
      status: "failed",
      claim: null,
      lastError: { kind: "stuck", message: expect.stringContaining("without any progress") },
    });
  });

  it("with progress begins its attempts anew", async () => {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX + 2; attempt++) {
      const one = await held();
      expect(one.window.month).toBe("2026-06");
      await advance(db, one.claim, progressOf(one.window));
      await expire();
    }
  });

  it("finished is done, and is verified by one holder at a time", async () => {
    const one = await held();
    await finish(db, one.claim, progressOf(one.window));
    expect(await windowOf(one)).toMatchObject({ status: "done", proof: "ordered", claim: null, attempts: 0 });
    const verifying = await claim("verify");
    expect(verifying?.window._id).toBe(one.window._id);
    expect(await claim("verify")).toBeNull();
    if (verifying)
      await finishLook(db, verifying.claim, {
        progress: progressOf(verifying.window),
        end: { proof: "exact", proofBy: "slices", verifyAt: null, suspicion: null },
      });
    expect(await windowOf(one)).toMatchObject({ status: "done", proof: "exact", claim: null });
    expect(await claim("verify")).toBeNull();
  });
});
