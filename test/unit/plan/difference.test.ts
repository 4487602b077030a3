import { describe, expect, it } from "vitest";
import {
  comparePlan,
  freshLanes,
  type Move,
  NO_COUNTS,
  planHash,
  wantedWindows,
} from "../../../src/plan/difference.ts";
import type { SyncWindow } from "../../../src/terms/documents.ts";
import { londonTime } from "../../../src/terms/london-time.ts";
import type { WindowStatus } from "../../../src/terms/window.ts";

const source = "FIND_A_TENDER";
const at = (text: string) => new Date(text);
const HORIZON = at("2026-06-10T12:00:00Z");
const wanted = (start: string, now = "2026-06-10T12:00:00Z", horizon = HORIZON) =>
  wantedWindows({ source, start: at(start), horizon, now: at(now) });
const spans = (...options: Parameters<typeof wanted>) =>
  wanted(...options).map(({ month, from, to }) => [month, from.toISOString(), to.toISOString()]);

describe("the wanted windows", () => {
  it.each([
    [
      "begin where the start is, in London's summer",
      "2026-03-31T23:00:00Z",
      "2026-04",
      "2026-03-31T23:00:00.000Z",
    ],
    ["begin in the middle of a month", "2026-04-14T23:00:00Z", "2026-04", "2026-04-14T23:00:00.000Z"],
    ["begin on a month's last day", "2026-04-29T23:00:00Z", "2026-04", "2026-04-29T23:00:00.000Z"],
    ["begin on the day the clocks change", "2026-03-29T00:00:00Z", "2026-03", "2026-03-29T00:00:00.000Z"],
  ])("%s", (_, start, month, from) => {
    expect(spans(start)[0]).toEqual([month, from, expect.any(String)]);
    expect(spans(start).at(-1)).toEqual(["2026-06", "2026-05-31T23:00:00.000Z", HORIZON.toISOString()]);
  });

  it("touch each other, whatever the start", () => {
    const all = spans("2019-02-17T00:00:00Z");
    expect(all).toHaveLength(89);
    for (const [index, [, from]] of all.entries()) if (index > 0) expect(from).toBe(all[index - 1]?.[2]);
  });

  it("have T0's own month whole once it is over, and every later month when it is over", () => {
    expect(spans("2026-05-31T23:00:00Z", "2026-06-30T23:05:00Z")).toEqual([
      ["2026-06", "2026-05-31T23:00:00.000Z", HORIZON.toISOString()],
    ]);
    expect(spans("2026-05-31T23:00:00Z", "2026-06-30T23:10:00Z")).toEqual([
      ["2026-06", "2026-05-31T23:00:00.000Z", "2026-06-30T23:00:00.000Z"],
    ]);
    expect(spans("2026-05-31T23:00:00Z", "2026-09-01T12:00:00Z").map(([month]) => month)).toEqual([
      "2026-06",
      "2026-07",
      "2026-08",
    ]);
  });

  it("reach T0 also where that is in the first minutes of a month", () => {
    const [start, horizon, now] = [
      at("2026-02-10T00:00:00Z"),
      at("2026-03-01T00:00:27Z"),
      at("2026-03-01T00:00:41Z"),
    ];
    const all = wantedWindows({ source, start, horizon, now });
    expect(all.map(({ month, to }) => [month, to])).toEqual([
      ["2026-02", at("2026-03-01T00:00:00Z")],
      ["2026-03", horizon],
    ]);
  });

  it("are none of a start after T0 until that month is over", () => {
    expect(spans("2026-06-14T23:00:00Z", "2026-06-20T00:00:00Z")).toEqual([]);
    expect(spans("2026-06-14T23:00:00Z", "2026-07-01T12:00:00Z")).toEqual([
      ["2026-06", "2026-06-14T23:00:00.000Z", "2026-06-30T23:00:00.000Z"],
    ]);
  });
});

const STAGES = ["planning", "tender"];

function window(status: WindowStatus, more: Partial<SyncWindow> = {}): SyncWindow {
  const to = at("2026-04-30T23:00:00Z");
  const frontier = londonTime("2026-04-15T00:00:00");
  const done = status === "done" || more.doneAt != null;
  return {
    _id: `${source}/2026-04`,
    source,
    month: "2026-04",
    from: at("2026-04-14T23:00:00Z"),
    to,
    status,
    lanes: done ? STAGES.map((stage) => ({ stage, frontier, done })) : freshLanes(STAGES, to),
    claim: null,
    attempts: 3,
    retryAt: null,
    lastError: null,
    counts: { ...NO_COUNTS, releases: 9 },
    proof: done ? "exact" : null,
    drift: [],
    unproven: [],
    plannedAt: at("2026-06-10T12:00:00Z"),
    startedAt: null,
    doneAt: done ? at("2026-06-11T12:00:00Z") : null,
    verifiedAt: null,
    ...more,
  };
}

/** What the plan does to one window of April when the start is this. */
function moveOf(
  one: SyncWindow,
  start: string,
  options: { now?: string; stages?: string[] } = {},
): Move | null {
  const { now = "2026-06-12T12:00:00Z", stages = STAGES } = options;
  const horizon = at("2026-05-10T12:00:00Z");
  const difference = comparePlan({
    wanted: wantedWindows({ source, start: at(start), horizon, now: at(now) }),
    existing: [one],
    start: at(start),
    stages,
    now: at(now),
  });
  return difference.moves[0] ?? null;
}

const SAME = "2026-04-14T23:00:00Z";
const BACK = "2026-04-07T23:00:00Z";
const FORWARD = "2026-04-20T23:00:00Z";
const BEYOND = "2026-05-03T23:00:00Z";

describe("the difference", () => {
  it.each([
    ["pending", SAME, null],
    ["running", SAME, null],
    ["done", SAME, null],
    ["failed", SAME, null],
    ["deferred", SAME, null],
    ["cancelled", SAME, { status: "pending", attempts: 3, retryAt: null }],
    ["pending", FORWARD, { from: at(FORWARD) }],
    ["running", FORWARD, { from: at(FORWARD), status: "pending", claim: null }],
    ["done", FORWARD, null],
    ["failed", FORWARD, { from: at(FORWARD) }],
    ["deferred", FORWARD, { from: at(FORWARD) }],
    ["cancelled", FORWARD, { from: at(FORWARD), status: "pending", attempts: 3, retryAt: null }],
    ["pending", BEYOND, { status: "cancelled", claim: null }],
    ["running", BEYOND, { status: "cancelled", claim: null }],
    ["done", BEYOND, { status: "cancelled", claim: null }],
    ["failed", BEYOND, { status: "cancelled", claim: null }],
    ["deferred", BEYOND, { status: "cancelled", claim: null }],
    ["cancelled", BEYOND, null],
  ] as const)("of a %s window with the start at %s", (status, start, set) => {
    expect(moveOf(window(status), start)?.set ?? null).toEqual(set);
  });

  it.each(["pending", "running", "done", "failed", "deferred", "cancelled"] as const)(
    "of a %s window is what it lacks when the start moves back: lanes go on from where they are",
    (status) => {
      const one = window(status);
      const move = moveOf(one, BACK);
      expect(move?.set).toMatchObject({
        status: "pending",
        from: at(BACK),
        claim: null,
        doneAt: null,
        proof: null,
      });
      expect(move?.set.lanes).toEqual(one.lanes.map((lane) => ({ ...lane, done: false })));
      expect(move?.set.counts).toBeUndefined();
      expect(move?.set).not.toHaveProperty("verify");
    },
  );

  it.each([
    [5, 5],
    [8, 3],
  ])(
    "after %i attempts leaves %i when the start moves: settings that change hide no failing month",
    (had, left) => {
      for (const status of ["pending", "failed", "cancelled"] as const)
        expect(moveOf(window(status, { attempts: had }), BACK)?.set.attempts).toBe(left);
    },
  );

  it("makes what was done before done again, without a request", () => {
    const cancelled = window("cancelled", { doneAt: at("2026-06-11T12:00:00Z") });
    expect(moveOf(cancelled, SAME)?.set).toEqual({ status: "done" });
    expect(moveOf(cancelled, FORWARD)?.set).toEqual({ status: "done" });
  });

  it("begins anew with the horizon's own month when it is over", () => {
    const june = window("done", {
      _id: `${source}/2026-05`,
      month: "2026-05",
      from: at("2026-04-30T23:00:00Z"),
      to: at("2026-05-10T12:00:00Z"),
    });
    const move = moveOf(june, "2026-04-30T23:00:00Z");
    expect(move?.set).toMatchObject({
      status: "pending",
      to: at("2026-05-31T23:00:00Z"),
      counts: NO_COUNTS,
      verify: null,
    });
    expect(move?.set.lanes).toEqual(freshLanes(STAGES, at("2026-05-31T23:00:00Z")));
    expect(move?.unset).toEqual(["publishedSeconds", "numbers", "forecast"]);
  });

  describe("when the lanes change", () => {
    const top = londonTime("2026-04-30T23:59:59");
    const mid = londonTime("2026-04-20T12:00:00");
    const old = londonTime("2026-04-15T00:00:00");
    const lane = (stage: string, frontier = top, done = false) => ({ stage, frontier, done });
    const read = (...stages: string[]) => stages.map((stage) => lane(stage, old, true));
    const change = (one: SyncWindow, stages: string[], start = SAME) => moveOf(one, start, { stages });

    it("replaces lanes that have not begun", () => {
      expect(change(window("pending"), ["award"])?.set.lanes).toEqual([lane("award")]);
      expect(change(window("pending"), ["all"])?.set.lanes).toEqual([lane("all")]);
    });

    it.each([
      ["fewer", ["tender"]],
      ["the same in another order", ["tender", "planning"]],
    ])("leaves a done window alone that covers what is wanted: %s", (_, stages) => {
      expect(change(window("done"), stages)).toBeNull();
    });

    it("takes `all` for whatever is wanted", () => {
      expect(change(window("done", { lanes: read("all") }), STAGES)).toBeNull();
      expect(change(window("pending", { lanes: [lane("all", mid)] }), STAGES)).toBeNull();
      expect(change(window("running", { lanes: [lane("all", mid)] }), STAGES)).toBeNull();
    });

    it("opens a done window for the stage that it lacks, from the top, and its proof is gone", () => {
      const move = change(window("done"), ["planning", "award"]);
      expect(move?.set).toMatchObject({ status: "pending", proof: null, doneAt: null, verify: null });
      expect(move?.set.lanes).toEqual([...read("planning"), lane("award"), ...read("tender")]);
      expect(move?.set).not.toHaveProperty("counts"); // its rows are no other lane's
    });

    it("opens a done window whole for `all`, and counts it again", () => {
      const move = change(window("done"), ["all"]);
      expect(move?.set).toMatchObject({ status: "pending", proof: null, counts: NO_COUNTS, unproven: [] });
      expect(move?.set.lanes).toEqual([lane("all")]);
      expect(move?.unset).toEqual(["publishedSeconds", "numbers", "forecast"]);
    });

    it("opens a cancelled window that comes back without them", () => {
      const cancelled = window("cancelled", { doneAt: at("2026-06-11T12:00:00Z"), lanes: read(...STAGES) });
      expect(change(cancelled, ["all"])?.set).toMatchObject({ status: "pending", lanes: [lane("all")] });
    });

    it("asks a new lane for all of a window whose start moves back, the others for what they lack", () => {
      const move = change(window("done"), ["planning", "award"], BACK);
      expect(move?.set.lanes).toEqual([lane("planning", old), lane("award"), ...read("tender")]);
      const all = change(window("done"), ["all"], BACK);
      expect(all?.set).toMatchObject({ lanes: [lane("all")], counts: NO_COUNTS });
    });

    it("drops no lane that has begun: two Workers that disagree would undo each other's work for ever", () => {
      const halfway = window("running", { lanes: [lane("planning", mid), lane("tender")] });
      const other = change(halfway, ["award"]);
      expect(other?.set).toMatchObject({ status: "pending", claim: null });
      expect(other?.set.lanes).toEqual([lane("award"), lane("planning", mid)]);
      const both = { ...halfway, ...other?.set, status: "pending" as const };
      expect(change(both, STAGES)?.set.lanes).toEqual([lane("planning", mid), lane("tender")]);
    });
  });

  it("leaves a later month alone that another clock has planned already", () => {
    const may = window("pending", {
      _id: `${source}/2026-05`,
      month: "2026-05",
      from: at("2026-04-30T23:00:00Z"),
      to: at("2026-05-31T23:00:00Z"),
    });
    expect(moveOf(may, SAME, { now: "2026-05-31T23:09:00Z" })).toBeNull();
  });

  it("is empty once it has been applied", () => {
    for (const status of ["pending", "done", "failed", "deferred"] as const) {
      for (const start of [SAME, BACK, FORWARD, BEYOND]) {
        const one = window(status);
        const move = moveOf(one, start);
        expect(moveOf({ ...one, ...move?.set }, start)).toBeNull();
      }
    }
  });
});

describe("planHash", () => {
  const now = at("2026-06-12T12:00:00Z");
  const of = (start: string, stages = STAGES, when = now) => planHash(wanted(start), stages, when);

  it("is the same for the same plan, all day long", () => {
    expect(of(SAME)).toBe(of(SAME, STAGES, at("2026-06-12T22:59:00Z")));
  });

  it.each([
    ["the start", of("2026-04-15T23:00:00Z")],
    ["the lanes", of(SAME, ["planning"])],
    ["the day in London", of(SAME, STAGES, at("2026-06-12T23:00:00Z"))],
  ])("changes with %s", (_, other) => {
    expect(other).not.toBe(of(SAME));
  });
});
