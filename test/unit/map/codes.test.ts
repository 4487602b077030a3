import { describe, expect, it } from "vitest";
import { cpvCode, sectorOf } from "../../../src/map/cpv.ts";
import { amount } from "../../../src/map/money.ts";
import { date, firstText, text } from "../../../src/map/read.ts";
import { regionCode, regionName } from "../../../src/map/regions.ts";

describe("CPV", () => {
  it.each([
    ["45261910", "45261910"],
    ["45261910-6", "45261910"],
    ["452619106", "45261910"],
    [" 45261910 ", "45261910"],
    [45261910, "45261910"],
    [3000000, "03000000"],
    ["4526191", undefined],
    ["x", undefined],
    [null, undefined],
    [Number.NaN, undefined],
  ])("%j is %s", (written, code) => {
    expect(cpvCode(written)).toBe(code);
  });

  it("names all 45 divisions and no other", () => {
    const divisions = Array.from({ length: 100 }, (_, at) =>
      sectorOf(`${String(at).padStart(2, "0")}000000`),
    );
    expect(divisions.filter((name) => name !== undefined)).toHaveLength(45);
    expect(sectorOf("72267000")).toBe("IT Services");
    expect(sectorOf("16000000")).toBe("Agricultural Machinery");
    expect(sectorOf("00000000")).toBeUndefined();
  });
});

describe("regions", () => {
  it.each([
    ["UKI32", "Westminster"],
    ["UKI3", "Inner London - West"],
    ["UKI", "London"],
    ["UK", "United Kingdom"],
    ["uke42", "Leeds"],
    ["UKH13", "East Anglia"], // a code of 2010: the region around it
    ["TLC3", "Tees Valley"],
    ["TLI32", "Westminster"],
    ["TL", undefined], // Timor-Leste
    ["FRD21", undefined],
    ["constructor", undefined],
    [undefined, undefined],
  ])("%s is %s", (code, name) => {
    expect(regionName(code)).toBe(name);
  });

  it("of Contracts Finder have codes, but England has none", () => {
    expect(regionCode("Yorkshire and the Humber")).toBe("UKE");
    expect(regionCode("East of England")).toBe("UKH");
    expect(regionCode("England")).toBeUndefined();
  });
});

describe("dates", () => {
  it.each([
    ["2026-06-01T09:00:00+01:00", "2026-06-01T08:00:00Z"],
    ["2026-06-01T09:00:00Z", "2026-06-01T09:00:00Z"],
    ["2026-06-01T09:00:00.123456Z", "2026-06-01T09:00:00Z"],
    ["2026-06-01T09:00:00+0530", "2026-06-01T03:30:00Z"],
    ["2026-06-01T09:00:00-05", "2026-06-01T14:00:00Z"],
    ["2026-06-01T09:00:00", "2026-06-01T08:00:00Z"],
    ["2026-06-01 09:00:00", "2026-06-01T08:00:00Z"],
    ["2026-01-01T09:00", "2026-01-01T09:00:00Z"],
    ["2026-06-01", "2026-05-31T23:00:00Z"],
    [" 2076-12-31T00:00:00Z ", "2076-12-31T00:00:00Z"],
    ["0201-01-01T00:00:00Z", undefined],
    ["9999-12-31T23:59:59Z", undefined],
    ["2026-02-30T00:00:00Z", undefined],
    ["2026-13-01", undefined],
    ["2026-06-01T09:00:00+99:00", undefined],
    ["01/06/2026", undefined],
    ["lot 3", undefined],
    ["", undefined],
    [1_780_000_000_000, undefined],
    [null, undefined],
  ])("%j is %s", (written, instant) => {
    expect(date(written)?.getTime()).toBe(instant && Date.parse(instant));
  });
});

describe("texts and amounts", () => {
  it.each([
    [" a &amp; b ", "a & b"],
    ["&amp;lt;", "&lt;"], // decoded once
    ["https://x.uk/?a=1&reg=2&copy=3", "https://x.uk/?a=1&reg=2&copy=3"],
    ["\ud800x\u0000", "\ufffdx"],
    ["  ", undefined],
    [7, undefined],
  ])("text %j is %j", (written, read) => {
    expect(text(written)).toBe(read);
  });

  it.each(["N/A", "n/a", "'NA'", "None", "-", "…", ".", "TBC", "null", "Untitled", "unknown"])(
    "%s says nothing",
    (written) => {
      expect(firstText(written, "Bread")).toBe("Bread");
    },
  );

  it.each(["Natural gas", "None of the above", "NATS", "Na Tir", "Unknown Heritage"])(
    "%s says something",
    (written) => {
      expect(firstText(written, "Bread")).toBe(written);
    },
  );

  it.each([
    [2500, 2500],
    ["2500.50", 2500.5],
    [1.01, 1.01],
    [0, undefined],
    [1, undefined],
    [-5, undefined],
    ["", undefined],
    ["a lot", undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [1e300, undefined],
    [true, undefined],
    [[500], undefined],
    [9_999_999_999, undefined],
    ["99999999.99", undefined],
    [999_999, 999_999],
    [9_999_998, 9_999_998],
  ])("amount %j is %s", (written, read) => {
    expect(amount(written)).toBe(read);
  });
});
