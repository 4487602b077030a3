// What plans, calls, corrections and cancellations do to a procurement (docs/processes.md).
import { describe, expect, it } from "vitest";
import { award, call, cancellation, correction, type Made, onDay, plan } from "../../../kit/stories.ts";
import { lots3, type Story, told } from "../../../kit/tables.ts";

const dynamic = { hasDynamicPurchasingSystem: true };

const STORIES: Story[] = [
  // Plans
  ["a plan is open for talks until its day", [plan("a", { day: 0, talks: 9 })], 8, "planned", "a:OPEN"],
  ["and closed after it", [plan("a", { day: 0, talks: 9 })], 10, "planned", "a:CLOSED"],
  [
    "without talks it is open until its tender is due",
    [plan("a", { day: 0, until: 9 })],
    8,
    "planned",
    "a:OPEN",
  ],
  ["without any day it is never open", [plan("a", { day: 0 })], 1, "planned", "a:CLOSED"],
  [
    "a later version of a plan replaces it",
    [plan("a", { day: 0, talks: 9 }), plan("b", { day: 1, talks: 5, update: true })],
    2,
    "planned",
    "a:CLOSED>b b:OPEN",
  ],
  [
    "talks and plan are two things",
    [plan("a", { day: 0, talks: 9, type: "UK2" }), plan("b", { day: 1, until: 20 })],
    2,
    "planned",
    "a:OPEN b:OPEN",
  ],
  [
    "a call ends the plan that led to it",
    [plan("a", { day: 0, until: 40 }), call("b", { day: 5, deadline: 30 })],
    6,
    "open",
    "a:CLOSED b:OPEN",
    { open: "b" },
  ],
  // Calls
  ["a call is open until its deadline", [call("a", { day: 0, deadline: 9 })], 8, "open", "a:OPEN"],
  ["and closed at it", [call("a", { day: 0, deadline: 9 })], 9, "closed", "a:CLOSED"],
  [
    "a later version stands, also with an earlier deadline",
    [call("a", { day: 0, deadline: 60 }), call("b", { day: 1, deadline: 30, update: true })],
    31,
    "closed",
    "a:CLOSED>b b:CLOSED",
    { deadline: onDay(30) },
  ],
  [
    "what was replaced twice names what stands",
    [
      call("a", { day: 0, deadline: 60 }),
      call("b", { day: 1, deadline: 30, update: true }),
      call("c", { day: 2, deadline: 40, update: true }),
    ],
    3,
    "open",
    "a:CLOSED>c b:CLOSED>c c:OPEN",
  ],
  [
    "a version that says no deadline keeps the one said before",
    [call("a", { day: 0, deadline: 9 }), call("b", { day: 1, update: true })],
    10,
    "closed",
    "a:CLOSED>b b:CLOSED",
  ],
  [
    "two calls of one process stand side by side",
    [call("a", { day: 0, deadline: 30 }), call("b", { day: 1, deadline: 20, title: "Gutters" })],
    2,
    "open",
    "a:OPEN b:OPEN",
    { open: "b" },
  ],
  [
    "a call whose lots are all over is closed",
    [call("a", { day: 0, deadline: 30, lots: { 1: "complete", 2: "complete" } })],
    1,
    "closed",
    "a:CLOSED",
  ],
  [
    "a call whose lots are all cancelled is cancelled",
    [call("a", { day: 0, deadline: 30, lots: { 1: "cancelled", 2: "unsuccessful" } })],
    1,
    "cancelled",
    "a:CANCELLED",
  ],
  [
    "a cancelled lot does not cancel the rest",
    [call("a", { day: 0, deadline: 30, lots: { 1: "cancelled", 2: "active" } })],
    1,
    "open",
    "a:OPEN",
  ],
  [
    "a withdrawn call is cancelled",
    [call("a", { day: 0, deadline: 30, status: "withdrawn" })],
    1,
    "cancelled",
    "a:CANCELLED",
  ],
  // Corrections of the old regime
  ["a correction alone is not open", [correction("a", { day: 0 })], 1, "closed", "a:CLOSED"],
  ["with a moved deadline it is", [correction("a", { day: 0, moved: 9 })], 8, "open", "a:OPEN"],
  ["until that deadline", [correction("a", { day: 0, moved: 9 })], 9, "closed", "a:CLOSED"],
  [
    "a correction without a deadline leaves the call as it is",
    [call("a", { day: 0, deadline: 9, type: null }), correction("b", { day: 1 })],
    2,
    "open",
    "a:OPEN b:CLOSED",
    { open: "a" },
  ],
  [
    "a correction with one is where to bid",
    [call("a", { day: 0, deadline: 9, type: null }), correction("b", { day: 1, moved: 20 })],
    12,
    "open",
    "a:CLOSED>b b:OPEN",
    { deadline: onDay(20) },
  ],
  ...[
    "IV.2.2)",
    "IV 2.2",
    "iv.2.2",
    "Section IV.2.2 )",
    "IV.2.2 - ",
    "IV.2.2.)",
    "1V.2.2",
    "IV.2.2 & 2.7",
  ].map(
    (section): Story => [
      `the time limit's section is also written ${section}`,
      [correction("a", { day: 0, moved: 9, section })],
      8,
      "open",
      "a:OPEN",
    ],
  ),
  ...["IV.2.6", "IV.2.7", "II.2.2", "IV.2.21", "IV.2.2.1", "VIV.2.2"].map(
    (section): Story => [
      `${section} is no time limit`,
      [correction("a", { day: 0, moved: 9, section })],
      8,
      "closed",
      "a:CLOSED",
    ],
  ),
  [
    "a market that is corrected is a market still: an award does not close it",
    [
      call("a", { day: 0, deadline: 9, type: null, techniques: dynamic }),
      correction("b", { day: 1, moved: 90 }),
      award("c", { day: 20, type: null }),
    ],
    21,
    "open",
    "a:CLOSED>b b:OPEN c:AWARDED",
  ],
  [
    "also where its call is not known",
    [
      award("a", { day: 0, type: null, techniques: dynamic }),
      correction("b", { day: 1, moved: 90 }),
      award("c", { day: 20, type: null }),
    ],
    21,
    "open",
    "a:AWARDED b:OPEN c:AWARDED",
  ],
  [
    "a correction never opens what was awarded",
    [award("a", { day: 0, type: null }), correction("b", { day: 1, moved: 20 })],
    2,
    "awarded",
    "a:AWARDED b:CLOSED",
  ],
  [
    "nor does a later version",
    [award("a", { day: 0 }), call("b", { day: 1, deadline: 20, update: true })],
    2,
    "awarded",
    "a:AWARDED b:CLOSED",
  ],
  [
    "what is called for once more after an award is open",
    [award("a", { day: 0 }), call("b", { day: 1, deadline: 20 })],
    2,
    "open",
    "a:AWARDED b:OPEN",
  ],
  // Cancellations
  [
    "UK12 ends a call before its deadline, though it names no buyer",
    [call("a", { day: 0, deadline: 30 }), cancellation("b", { day: 2 })],
    3,
    "cancelled",
    "a:CANCELLED b:CANCELLED",
    { open: "b" },
  ],
  [
    "of one lot it leaves the others",
    [
      call("a", { day: 0, deadline: 30, lots: lots3 }),
      cancellation("b", { day: 2, lots: { 2: "cancelled" } }),
    ],
    3,
    "open",
    "a:OPEN b:CANCELLED",
  ],
  [
    "of the last lot it ends the call",
    [
      call("a", { day: 0, deadline: 30, lots: { 1: "active", 2: "active" } }),
      cancellation("b", { day: 2, lots: { 2: "cancelled" } }),
      cancellation("c", { day: 3, lots: { 1: "cancelled" } }),
    ],
    4,
    "cancelled",
    "a:CANCELLED b:CANCELLED c:CANCELLED",
  ],
  [
    "a later version does not open it again",
    [
      call("a", { day: 0, deadline: 30 }),
      cancellation("b", { day: 2 }),
      call("c", { day: 3, deadline: 40, update: true }),
    ],
    4,
    "cancelled",
    "a:CLOSED>c b:CANCELLED c:CANCELLED",
  ],
  [
    "a new call does",
    [call("a", { day: 0, deadline: 30 }), cancellation("b", { day: 2 }), call("c", { day: 3, deadline: 40 })],
    4,
    "open",
    "a:CANCELLED b:CANCELLED c:OPEN",
  ],
  [
    "UK12 after a decision ends that award",
    [award("a", { day: 0, type: "UK6" }), cancellation("b", { day: 2, awards: [{ id: "1" }] })],
    3,
    "cancelled",
    "a:CANCELLED b:CANCELLED",
  ],
  [
    "but not a contract that was signed",
    [award("a", { day: 0, type: "UK7" }), cancellation("b", { day: 2, awards: [{ id: "1" }] })],
    3,
    "awarded",
    "a:AWARDED b:CANCELLED",
  ],
  [
    "a plan can be cancelled",
    [plan("a", { day: 0, until: 40, type: "UK1" }), cancellation("b", { day: 2 })],
    3,
    "cancelled",
    "a:CANCELLED b:CANCELLED",
  ],
];

describe("the fold", () => {
  it.each(STORIES)("%s", (_, releases, day, state, notices, more) => {
    expect(told(releases, day)).toEqual([expect.objectContaining({ state, notices, ...more })]);
  });

  it("tells unrelated buyers of one ocid apart, and what names no buyer goes with what it continues", () => {
    const pipes = call("a", {
      day: 0,
      deadline: 30,
      title: "Pipes",
      buyer: "Thames Water Utilities Limited",
    });
    const valves = call("b", {
      day: 1,
      deadline: 30,
      title: "Valves",
      buyer: "Anglian Water Services Limited",
    });
    const states = (releases: Made[]) => told(releases, 4).map(({ state, notices }) => [state, notices]);
    expect(states([pipes, valves, cancellation("c", { day: 2, title: "PIPES" })])).toEqual([
      ["cancelled", "a:CANCELLED c:CANCELLED"],
      ["open", "b:OPEN"],
    ]);
    expect(states([pipes, valves, cancellation("c", { day: 2, title: "An end" })])).toEqual([
      ["open", "a:OPEN"],
      ["cancelled", "b:CANCELLED c:CANCELLED"],
    ]);
    const cables = (id: string, buyer: string) => award(id, { day: 0, type: null, title: "Cables", buyer });
    expect(states([cables("a", "SSE"), cables("b", "United Utilities")])).toHaveLength(2);
    const renamed = call("c", { day: 2, deadline: 30, title: "Pipes", buyer: "Thames", update: true });
    expect(states([pipes, valves, renamed])).toEqual([
      ["open", "a:CLOSED>c c:OPEN"],
      ["open", "b:OPEN"],
    ]);
  });
});
