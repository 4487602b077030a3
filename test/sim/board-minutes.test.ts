// Board minutes under chaos, small; BOARDS_LONG=1 has 50 sites and 24 months (minutes of CPU). SEED=… replays one.
import { describe, expect, it } from "vitest";
import { type BoardSimulation, simulateBoards } from "./simulate-boards.ts";

const LONG = process.env["BOARDS_LONG"] !== undefined;
const SEED = Number(process.env["SEED"] ?? 1);
const small: BoardSimulation = {
  ...{ seed: SEED, sites: 14, months: 1, meetingsPerMonth: 2, notices: 40 },
  ...{ chaos: true, on: true, hoursMost: 60 },
};

async function simulated(options: BoardSimulation) {
  const { noticeRequests, ...outcome } = await simulateBoards(options);
  if (LONG) console.log({ ...outcome, noticeRequests: noticeRequests.length });
  return outcome;
}

describe("board minutes, simulated", () => {
  it("miss no meeting and store no document twice, whatever is killed", async () => {
    const outcome = await simulated(LONG ? { ...small, sites: 50, months: 24, hoursMost: 400 } : small);
    expect(outcome.violation).toBeNull();
    expect(outcome.differences).toEqual([]);
    expect(outcome.shortestGapMs).toBeGreaterThanOrEqual(1000);
    expect(outcome.states["blocked"]).toBeGreaterThan(0);
    expect(outcome.states["disallowed"]).toBeGreaterThan(0);
    const kills = Object.keys(outcome.met).filter((what) => what.startsWith("kill at "));
    expect(kills.length).toBeGreaterThan(3);
  }, 3_600_000);

  it("make notices not one request slower", async () => {
    const calm = { ...small, chaos: false, notices: 3000, hoursMost: 3 };
    const [without, beside] = [
      await simulateBoards({ ...calm, on: false }),
      await simulateBoards({ ...calm, on: true }),
    ];
    expect(without.noticeRequests.length).toBeGreaterThan(50);
    expect(beside.boardRequests).toBeGreaterThan(50);
    expect(beside.noticeRequests).toEqual(without.noticeRequests);
  }, 300_000);
});
