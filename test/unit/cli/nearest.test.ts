import { describe, expect, it } from "vitest";
import { didYouMean, nearest } from "../../../src/cli/nearest.ts";

describe("the nearest name", () => {
  const names = ["fat", "cf", "FIND_A_TENDER", "CONTRACTS_FINDER"];

  it.each([
    ["fta", "fat"],
    ["FAT", "fat"],
    ["find_a_tendr", "FIND_A_TENDER"],
    ["CONTRACT_FINDER", "CONTRACTS_FINDER"],
    ["c", "cf"],
    ["etenders", null],
    ["", null],
  ])("of %j is %j", (typed, name) => {
    expect(nearest(typed, names)).toBe(name);
  });

  it("is asked about, or nothing is said", () => {
    expect(didYouMean("fta", names)).toBe(" Did you mean fat?");
    expect(didYouMean("etenders", names)).toBe("");
  });
});
