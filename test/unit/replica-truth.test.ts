// The rule by which a published release counts as there.
import { expect, it } from "vitest";
import type { Published } from "../../src/replica/published.ts";
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
