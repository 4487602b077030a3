import { ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { waitAlive } from "../../../src/run/context.ts";

/** A clock that only sleeping and renewals move. */
function waiting({ renewMs = 0, sinceRenewalMs = 0 } = {}) {
  let nowMs = 1_000_000;
  const begunMs = nowMs;
  const sleeps: number[] = [];
  const renewedAt: number[] = [];
  const effects = {
    now: () => new Date(nowMs),
    sleep: async (ms: number) => {
      sleeps.push(ms);
      nowMs += ms;
    },
    get: () => Promise.reject(new Error("nothing is fetched")),
    post: async () => undefined,
    random: () => 0.5,
    newId: () => new ObjectId(),
  };
  const held = {
    renew: async () => {
      renewedAt.push(nowMs - begunMs);
      nowMs += renewMs;
      held.renewedAt = new Date(nowMs);
    },
    renewedAt: new Date(nowMs - sinceRenewalMs),
  };
  const wait = (ms: number, holds = true) =>
    waitAlive({ effects, leaseSeconds: 90, keepAlive: { held: holds ? held : null } }, ms);
  return { wait, sleeps, renewedAt };
}

describe("a wait", () => {
  it("renews the lease every third of it", async () => {
    const { wait, sleeps, renewedAt } = waiting();
    await wait(120_000);
    expect(sleeps).toEqual([30_000, 30_000, 30_000, 30_000]);
    expect(renewedAt).toEqual([30_000, 60_000, 90_000]);
  });

  it("that is short renews it too, when the waits before it were long enough", async () => {
    const { wait, renewedAt } = waiting();
    for (const _ of [1, 2, 3, 4]) await wait(20_000);
    expect(renewedAt).toEqual([30_000, 60_000]);
    const late = waiting({ sinceRenewalMs: 70_000 });
    await late.wait(5000);
    expect([late.renewedAt, late.sleeps]).toEqual([[0], [5000]]);
  });

  it("is not longer for the time that renewals take", async () => {
    const { wait, sleeps } = waiting({ renewMs: 10_000 });
    await wait(100_000);
    expect(sleeps).toEqual([30_000, 30_000, 20_000]);
  });

  it("holds nothing, renews nothing", async () => {
    const { wait, sleeps, renewedAt } = waiting();
    await wait(45_000, false);
    expect([sleeps, renewedAt]).toEqual([[45_000], []]);
  });
});
