// The rule by which a published release counts as there, and what simple clients would have lost.
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/replica/faults.ts";
import { createHistory } from "../../src/replica/history.ts";
import type { Published } from "../../src/replica/published.ts";
import { lostBySimpleClients } from "../../src/replica/truth/simple-clients.ts";
import { compareWithStored, releasesOf } from "../../src/replica/truth/stored.ts";

const row = (ocid: string, releaseId: string): Published => ({
  at: 0,
  listedAt: 0,
  date: 0,
  ocid,
  releaseId,
  number: 1,
  stage: "tender",
  tags: [],
  noticeType: null,
  seed: 1,
  plant: null,
});

it("a contract holds its release, or each revision of its notice; the first has no suffix", () => {
  expect(releasesOf({ ocid: "o", noticeId: "000001-2026" })).toEqual(["o/000001-2026"]);
  expect(releasesOf({ ocid: "o", noticeId: "guid", revisions: [0, 3] })).toEqual(["o/guid", "o/guid-3"]);
});

it("what is neither stored nor in quarantine is missing, what nobody published is strange", () => {
  const all = [
    row("a", "1"),
    row("b", "guid-0"),
    row("c", "guid-2"),
    row("d", "4"),
    row("e", "5"),
    row("f", "6"),
  ];
  const { missing, stored, strange } = compareWithStored({
    all,
    due: all,
    contracts: [
      { ocid: "a", noticeId: "1" },
      { ocid: "b", noticeId: "guid", revisions: [0] },
      { ocid: "x", noticeId: "9" },
    ],
    cases: [
      { ocid: "d", releaseId: "4", rawText: "" },
      { ocid: null, releaseId: null, rawText: '{"id":"5", broken' },
    ],
  });
  expect(missing.map(({ releaseId }) => releaseId)).toEqual(["guid-2", "6"]);
  expect([stored, strange]).toEqual([3, 1]);
});

describe("simple clients", () => {
  const history = createHistory({
    source: "FIND_A_TENDER",
    seed: 3,
    from: new Date("2026-05-01T00:00:00Z"),
    to: new Date("2026-06-10T00:00:00Z"),
    notices: 1000,
  });
  const lost = (...faults: Fault[]) => lostBySimpleClients({ seed: 3, faults }, "FIND_A_TENDER", history);

  it("lose nothing where the site hides nothing", () => {
    expect(lost()).toEqual([0, 0, 0]);
  });

  it("lose rows behind cursors, by one way or the other", () => {
    const [links = 0, windows = 0] = lost("cursor-drops");
    expect(links).toBeGreaterThan(0);
    expect(windows).toBeGreaterThan(0);
    expect(links).toBeLessThan(history.length / 10);
  });

  it("never see what `stages` hides, and nothing else", () => {
    const [links, windows, stages] = lost("stages-hide");
    expect([links, windows]).toEqual([0, 0]);
    const shown = history.filter(({ noticeType }) => noticeType === null);
    expect(stages).toBeGreaterThanOrEqual(history.length - shown.length);
    expect(stages).toBeLessThan(history.length);
  });
});
