import { expect, it } from "vitest";
import { foldOcid } from "../../../src/map/process/fold.ts";

it("of no notices there is no procurement", () => {
  expect(foldOcid([], new Date(0))).toEqual([]);
});
