// The kind of an error is known where it is thrown, and comes through `errorLog` whatever its message says.
import { MongoNetworkError } from "mongodb";
import { describe, expect, it } from "vitest";
import { ApiError, StorageFull } from "../../../src/terms/errors.ts";
import { kindOf, logEntry, readEntry, TROUBLE_KINDS, troubleText } from "../../../src/terms/trouble.ts";

const api = (more: Partial<ConstructorParameters<typeof ApiError>[1]>) =>
  new ApiError("refused 429: the database is full", {
    url: "https://x",
    attempts: 1,
    permanent: false,
    ...more,
  });

describe("the kind of an error", () => {
  it.each([
    [api({ status: 429 }), "refused"],
    [api({ status: 503 }), "broken"],
    [api({}), "broken"],
    [api({ kind: "slow" }), "slow"],
    [api({ status: 400, permanent: true }), "rejected"],
    [new StorageFull(null), "full"],
    [new MongoNetworkError("away"), "database"],
    [new Error("MongoDB refused: no answer in time"), "other"],
    ["a text", "other"],
  ] as const)("%s: %s", (error, kind) => {
    expect(kindOf(error)).toBe(kind);
  });

  it.each(TROUBLE_KINDS)("%s: an entry of the log is read as it was written", (kind) => {
    const at = new Date("2026-11-24T10:12:00Z");
    const message = "slow: a message\nof two lines: full";
    expect(readEntry(logEntry(at, `${kind}: ${message}`))).toEqual({ at, kind, message });
  });

  it("what an earlier version wrote is no entry", () => {
    for (const old of [{ at: new Date(), message: "x" }, "x", "2026-11-24 unheard: of", null])
      expect(readEntry(old)).toBeNull();
    expect(troubleText(new StorageFull(null))).toMatch(/^full: The database is full/);
  });
});
