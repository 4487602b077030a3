// A source with a share of the storage budget never takes the others' room, nor they its.
import { expect, it } from "vitest";
import { poolOf } from "../../../src/run/claim-fitting.ts";
import type { Reader } from "../../../src/sources/source.ts";

const reader: Reader = {
  storageShare: 0.1,
  refresh: async ({ effects }) => effects.now(),
  read: async () => {
    throw new Error("not read here");
  },
};
const counts = (bytes: number) => ({ requests: 0, releases: 0, byTag: {}, quarantined: 0, bytes });
const facts = {
  sources: [{ source: "A" }, { source: "B" }, { source: "OWN", reader }],
  windows: [
    { source: "A", counts: counts(300) },
    { source: "OWN", counts: counts(60) },
  ],
  totalBytes: 1000,
  usedBytes: 400,
};

it("sources without a share: the rest of the budget, less what is not the others'", () => {
  const { members, roomBytes } = poolOf("B", facts);
  expect([...members]).toEqual(["A", "B"]);
  expect(roomBytes).toBeCloseTo(1000 * 0.9 - (400 - 60));
});

it("a source with a share: what is left of it, and never more than is free at all", () => {
  expect(poolOf("OWN", facts).roomBytes).toBeCloseTo(100 - 60);
  expect(poolOf("OWN", { ...facts, usedBytes: 990 }).roomBytes).toBeCloseTo(10);
});

it("without any share: all of the budget for all of the sources", () => {
  const sources = facts.sources.slice(0, 2);
  expect(poolOf("A", { ...facts, sources }).roomBytes).toBe(600);
});
