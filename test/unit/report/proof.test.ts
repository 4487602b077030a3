// What `sync proof` says of a source: proved only when nothing is open.
import { describe, expect, it } from "vitest";
import { standingOf } from "../../../src/report/proof.ts";
import type { SyncWindow } from "../../../src/terms/documents.ts";

const source = "FIND_A_TENDER";
const NO_COUNTS = { requests: 0, releases: 0, byTag: {}, quarantined: 0, bytes: 0 };

function window(month: string, next: string, change: Partial<SyncWindow> = {}): SyncWindow {
  const done = new Date(`${next}-02T00:00:00Z`);
  return {
    ...{ _id: `${source}/${month}`, source, month, status: "done", lanes: [], claim: null, attempts: 0 },
    ...{ from: new Date(`${month}-01T00:00:00Z`), to: new Date(`${next}-01T00:00:00Z`) },
    ...{ retryAt: null, lastError: null, counts: NO_COUNTS, drift: [], unproven: [] },
    ...{ plannedAt: done, startedAt: done, doneAt: done, verifiedAt: done },
    proof: "exact",
    proofBy: "numbers",
    ...change,
  };
}

const slice = {
  stage: "all",
  from: "2026-02-01T00:00:00",
  to: "2026-02-01T00:00:01",
  rows: 100,
  at: new Date(0),
};
const ask = (windows: SyncWindow[], gaps: Record<string, number> = {}, holds = true) =>
  standingOf({
    ...{ windows, job: null, gaps },
    assumptions: [{ name: "order", holds, checkedAt: new Date(0) }],
  });
const [january, february] = [window("2026-01", "2026-02"), window("2026-02", "2026-03")];

describe("the proof of a source", () => {
  it("stands when every month is exact, and says by what", () => {
    const answer = ask([january, february], { "never published, by slice": 3 });
    expect(answer).toMatchObject({ proved: true, months: { drained: 2, open: 0, exact: { numbers: 2 } } });
  });

  it.each<[string, SyncWindow[], Record<string, number>]>([
    ["a month that is suspect", [january, { ...february, proof: "suspect" }], {}],
    ["a month that is drained and no more", [january, { ...february, proof: "ordered" }], {}],
    [
      "a slice that nobody could read",
      [january, { ...february, unproven: [slice as SyncWindow["unproven"][0]] }],
      {},
    ],
    ["a hole between months", [january, window("2026-03", "2026-04")], {}],
    ["a number that nothing has settled", [january, february], { absent: 1 }],
    ["nothing planned", [], {}],
  ])("is open with %s", (_, windows, gaps) => {
    expect(ask(windows, gaps).proved).toBe(false);
  });

  it("is open while something that is taken for granted does not hold", () => {
    const answer = ask([january, february], {}, false);
    expect(answer).toMatchObject({ proved: false, assumptions: { hold: 0, fail: ["order"], unknown: 0 } });
  });
});
