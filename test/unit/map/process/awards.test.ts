// What awards, contracts, dynamic markets and edits under new guids do to a procurement (docs/processes.md).
import { describe, expect, it } from "vitest";
import { award, call, contract, found, market, onDay, plan } from "../../../kit/stories.ts";
import { lots3, type Story, told } from "../../../kit/tables.ts";
import { foldReleases } from "../../../kit/told.ts";

const three = {
  awards: [{ value: 4e6 }, { value: 4e6, firm: "Tile Ltd" }, { value: 4e6, firm: "Lead Ltd" }],
};

const STORIES: Story[] = [
  // Awards
  ["UK5 is an intention", [award("a", { day: 0, type: "UK5" })], 1, "intended", "a:CLOSED"],
  [
    "so is a decision in its standstill",
    [award("a", { day: 0, type: "UK6", awards: [{ status: "pending" }] })],
    1,
    "intended",
    "a:CLOSED",
  ],
  [
    "intention, decision and signature tell one award",
    [
      award("a", { day: 0, type: "UK5", awards: [{ value: 100 }] }),
      award("b", { day: 1, type: "UK6", awards: [{ value: 100 }] }),
      award("c", { day: 2, type: "UK7", awards: [{ value: 90 }] }),
    ],
    3,
    "awarded",
    "a:CLOSED>c b:CLOSED>c c:AWARDED",
    { awards: 1, value: 90, open: "c" },
  ],
  [
    "so does a corrected signature, with the firm's right name",
    [
      award("a", { day: 0, awards: [{ value: 100, firm: "Slat" }] }),
      award("b", { day: 1, awards: [{ value: 100 }], update: true }),
    ],
    2,
    "awarded",
    "a:CLOSED>b b:AWARDED",
    { awards: 1, value: 100 },
  ],
  [
    "a firm is one however its name is written",
    [
      award("a", { day: 0, type: "UK6", awards: [{ value: 100, firm: "Slate & Sons Ltd" }] }),
      award("b", { day: 1, awards: [{ value: 90, firm: "SLATE AND SONS LIMITED" }] }),
    ],
    2,
    "awarded",
    "a:CLOSED>b b:AWARDED",
    { awards: 1, value: 90 },
  ],
  [
    "a telling that leaves the value out keeps it",
    [award("a", { day: 0, type: "UK6", awards: [{ value: 100 }] }), award("b", { day: 1, awards: [{}] })],
    2,
    "awarded",
    "a:CLOSED>b b:AWARDED",
    { awards: 1, value: 100 },
  ],
  [
    "ids repeat: another firm's contract for the same lot is another award",
    [
      award("a", { day: 0, awards: [{ value: 100 }] }),
      award("b", { day: 1, awards: [{ value: 50, firm: "Tile Ltd" }] }),
    ],
    2,
    "awarded",
    "a:AWARDED b:AWARDED",
    { awards: 2, value: 150 },
  ],
  [
    "and the same id for another lot is another award",
    [
      award("a", { day: 0, type: "UK6", lots: lots3, awards: [{ value: 100, lots: ["1"] }] }),
      award("b", { day: 1, lots: lots3, awards: [{ value: 50, lots: ["2"] }] }),
    ],
    2,
    "awarded",
    "a:AWARDED b:AWARDED",
    { awards: 2, value: 150 },
  ],
  [
    "under the old regime each notice tells its own",
    [
      award("a", { day: 0, type: null, awards: [{ value: 100 }] }),
      award("b", { day: 1, type: null, awards: [{ value: 50 }] }),
    ],
    2,
    "awarded",
    "a:AWARDED b:AWARDED",
    { awards: 2, value: 150 },
  ],
  [
    "a framework's ceiling counts once",
    [award("a", { day: 0, framework: true, ...three })],
    1,
    "awarded",
    "a:AWARDED",
    { value: 4e6 },
  ],
  [
    "also when each firm has its own notice",
    three.awards.map((one, at) => award(`${at}`, { day: at, framework: true, awards: [one] })),
    4,
    "awarded",
    "0:AWARDED 1:AWARDED 2:AWARDED",
    { value: 4e6, awards: 3 },
  ],
  [
    "whatever the order in which its lots are named",
    [
      award("a", {
        ...{ day: 0, framework: true, lots: lots3 },
        awards: [
          { value: 4e6, lots: ["1", "2"] },
          { value: 4e6, lots: ["2", "1"], firm: "Tile Ltd" },
        ],
      }),
      award("b", {
        ...{ day: 1, framework: true, lots: lots3 },
        awards: [{ value: 4e6, lots: ["2", "1"], firm: "Lead Ltd" }],
      }),
    ],
    2,
    "awarded",
    "a:AWARDED b:AWARDED",
    { value: 4e6 },
  ],
  [
    "a contract with one of its firms leaves those of the others",
    [
      award("a", { day: 0, type: "UK6", framework: true, ...three }),
      award("b", { day: 1, framework: true, awards: [{ value: 4e6 }] }),
      award("c", { day: 2, framework: true, awards: [{ firm: "Tile Ltd" }] }),
    ],
    3,
    "awarded",
    "a:AWARDED b:AWARDED c:AWARDED",
    { awards: 3, value: 4e6 },
  ],
  [
    "until each of them has its own",
    [
      award("a", { day: 0, type: "UK6", framework: true, ...three }),
      ...three.awards.map((one, at) => award(`${at}`, { day: at + 1, framework: true, awards: [one] })),
    ],
    4,
    "awarded",
    "a:CLOSED>2 0:AWARDED 1:AWARDED 2:AWARDED",
    { awards: 3, value: 4e6 },
  ],
  [
    "without a framework three awards are three",
    [award("a", { day: 0, ...three })],
    1,
    "awarded",
    "a:AWARDED",
    { value: 12e6, awards: 3 },
  ],
  [
    "an award closes the call before its deadline",
    [call("a", { day: 0, deadline: 30 }), award("b", { day: 5 })],
    6,
    "awarded",
    "a:CLOSED b:AWARDED",
  ],
  [
    "of one lot it leaves the others open",
    [
      call("a", { day: 0, deadline: 30, lots: lots3 }),
      award("b", { day: 5, lots: lots3, awards: [{ lots: ["2"] }] }),
    ],
    6,
    "open",
    "a:OPEN b:AWARDED",
    { awards: 1, open: "a" },
  ],
  [
    "until their deadline",
    [
      call("a", { day: 0, deadline: 30, lots: lots3 }),
      award("b", { day: 5, lots: lots3, awards: [{ lots: ["2"] }] }),
    ],
    31,
    "awarded",
    "a:CLOSED b:AWARDED",
  ],
  [
    "nothing came of it: all its awards are unsuccessful",
    [call("a", { day: 0, deadline: 3 }), award("b", { day: 5, awards: [{ status: "unsuccessful" }] })],
    6,
    "cancelled",
    "a:CANCELLED b:CANCELLED",
  ],
  // Contracts
  [
    "a termination ends a contract",
    [award("a", { day: 0 }), contract("b", { day: 9, type: "UK11" })],
    10,
    "ended",
    "a:AWARDED b:CLOSED",
  ],
  [
    "not a process with another award",
    [
      award("a", { day: 0, awards: [{}, { firm: "Tile Ltd", lots: ["2"] }], lots: lots3 }),
      contract("b", { day: 9, type: "UK11", award: "2" }),
    ],
    10,
    "awarded",
    "a:AWARDED b:CLOSED",
  ],
  [
    "nor one that was awarded anew",
    [
      award("a", { day: 0 }),
      contract("b", { day: 9, type: "UK11" }),
      award("c", { day: 20, awards: [{ firm: "Tile Ltd" }] }),
    ],
    21,
    "awarded",
    "a:AWARDED b:CLOSED c:AWARDED",
  ],
  [
    "a termination alone tells that it is over",
    [contract("a", { day: 0, type: "UK11" })],
    1,
    "ended",
    "a:CLOSED",
  ],
  [
    "a change of a contract is no award",
    [contract("a", { day: 0, type: "UK10" })],
    1,
    "awarded",
    "a:CLOSED",
    { awards: 0 },
  ],
  [
    "a contract is over 120 days after its last day",
    [award("a", { day: 0, ends: 100 })],
    220,
    "ended",
    "a:AWARDED",
  ],
  ["and not before", [award("a", { day: 0, ends: 100 })], 219, "awarded", "a:AWARDED"],
  ["what is told of payments is nothing", [contract("a", { day: 0, type: "UK17" })], 1, "closed", "a:CLOSED"],
  // Dynamic markets
  ["one can join a dynamic market", [market("a", { day: 0, type: "UK13" })], 900, "open", "a:OPEN"],
  [
    "its members are no winners",
    [
      market("a", { day: 0, type: "UK13" }),
      market("b", { day: 9, type: "UK14" }),
      market("c", { day: 20, type: "UK15", firms: ["Slate Ltd"] }),
    ],
    30,
    "open",
    "a:CLOSED>b b:OPEN c:CLOSED",
    { awards: 0 },
  ],
  [
    "a change of its members says nothing by itself",
    [market("a", { day: 0, type: "UK15", firms: ["Slate Ltd"] })],
    1,
    "closed",
    "a:CLOSED",
    { awards: 0 },
  ],
  [
    "it stays open until it is ended",
    [market("a", { day: 0, type: "UK14" }), market("b", { day: 9, type: "UK16" })],
    10,
    "ended",
    "a:CLOSED b:CLOSED",
  ],
  [
    "an award from it does not close it",
    [market("a", { day: 0, type: "UK14" }), award("b", { day: 9 })],
    10,
    "open",
    "a:OPEN b:AWARDED",
  ],
  // Contracts Finder
  [
    "an edit under a new guid replaces the earlier",
    [
      found("a", { day: 0, stage: "tender", deadline: 30 }),
      found("b", { day: 1, stage: "tender", deadline: 20 }),
    ],
    2,
    "open",
    "a:CLOSED>b b:OPEN",
  ],
  [
    "what was withdrawn may be published again",
    [
      found("a", { day: 0, stage: "tender", deadline: 30, status: "withdrawn" }),
      found("b", { day: 1, stage: "tender", deadline: 20 }),
    ],
    2,
    "open",
    "a:CLOSED>b b:OPEN",
  ],
  [
    "and withdrawn by an edit",
    [
      found("a", { day: 0, stage: "tender", deadline: 30 }),
      found("b", { day: 1, stage: "tender", deadline: 20, status: "withdrawn" }),
    ],
    2,
    "cancelled",
    "a:CLOSED>b b:CANCELLED",
  ],
  [
    "of an award too, and it counts once",
    [
      found("a", { day: 0, stage: "award", value: 18_848_731 }),
      found("b", { day: 0.01, stage: "award", value: 188_487 }),
    ],
    1,
    "awarded",
    "a:CLOSED>b b:AWARDED",
    { awards: 1, value: 188_487 },
  ],
  [
    "a tender and its award stay two",
    [found("a", { day: 0, stage: "tender", deadline: 30 }), found("b", { day: 1, stage: "award" })],
    2,
    "awarded",
    "a:CLOSED b:AWARDED",
  ],
  [
    "another tender of the process is no edit",
    [
      found("a", { day: 0, stage: "award", value: 10 }),
      found("b", { day: 1, stage: "award", value: 20, tender: "T2" }),
    ],
    2,
    "awarded",
    "a:AWARDED b:AWARDED",
    { awards: 2, value: 30 },
  ],
  [
    "a tender that is edited after its award stays closed",
    [found("a", { day: 0, stage: "award" }), found("b", { day: 1, stage: "tender", deadline: 30 })],
    2,
    "awarded",
    "a:AWARDED b:CLOSED",
  ],
  [
    "talks are open until their day",
    [found("a", { day: 0, stage: "planning", talks: 9 })],
    8,
    "planned",
    "a:OPEN",
  ],
];

describe("the fold", () => {
  it.each(STORIES)("%s", (_, releases, day, state, notices, more) => {
    expect(told(releases, day)).toEqual([expect.objectContaining({ state, notices, ...more })]);
  });

  it("keeps what was before: state, deadline, worth", () => {
    const releases = [
      plan("a", { day: 0, until: 40 }),
      call("b", { day: 5, deadline: 30 }),
      call("c", { day: 6, deadline: 20, update: true }),
      award("d", { day: 25, awards: [{ value: 100 }] }),
    ];
    const { procurements } = foldReleases(releases, new Date(onDay(26)));
    const changes = [...procurements.values()].flat().flatMap(({ process }) => process.changes ?? []);
    expect(changes.map(({ at, field, from, to }) => [at.toISOString(), field, from, to])).toEqual([
      [onDay(5), "state", "planned", "open"],
      [onDay(5), "deadlineDate", undefined, new Date(onDay(30))],
      [onDay(6), "deadlineDate", new Date(onDay(30)), new Date(onDay(20))],
      [onDay(25), "state", "closed", "awarded"],
      [onDay(25), "valueMax", undefined, 100],
    ]);
  });
});
