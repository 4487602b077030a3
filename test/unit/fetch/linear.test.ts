// Every reader of foreign text is linear: 1 MB of what once took minutes is read within a second, and four times the text
// takes about four times as long, whatever it repeats.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { brokenAt, readPage, salvageReleases } from "../../../src/fetch/page.ts";
import { SOURCES } from "../../../src/replica/sources.ts";
import { mapRelease } from "../../kit/map.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const MB = 1_000_000;

/** The processor's time, which a busy machine does not stretch. */
function msOf(work: () => void): number {
  const from = process.cpuUsage();
  work();
  return process.cpuUsage(from).user / 1000;
}

function readAll(body: Uint8Array): void {
  readPage(body);
  salvageReleases(body);
  brokenAt(body);
}

const repeated = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length));
const page = (inside: string) => bytes(`{"uri":"u","releases":[${inside}`);

describe("1 MB of it is read within a second:", () => {
  it.each([
    ["escaped quotes in a text that does not close", '{"ocid":"o","id":"1","x":"', '\\"'],
    ["braces that do not close", "", "{"],
    ["objects that do not close", "", '{"ocid":"o","id":"1","x":'],
    ["objects that do not close, quote first", '"', '{"ocid":"o","id":"1","x":'],
    ["brackets that do not close", "", "["],
    ["lists that do not close", '{"ocid":', '{"tag":['],
    ["tags that do not close", '{"ocid":"o","id":"1",', '"tag":["a",'],
    ["backslashes", '{"x":"', "\\"],
    ["quotes", "", '"'],
    ["quotes and braces in turn", "", '{"'],
    ["padded numbers", '{"ocid":"o","id":"1","x":[', "00,"],
    ["zeros", '{"ocid":"o","id":"1","x":', "0"],
    ["spaces before a colon", '{"ocid"', " "],
    ["commas", "", ","],
    ["empty lists", '{"ocid":"o","id":"1","x":[', "[],"],
    ["closed objects in one that is not", '{"ocid":"o","id":"1","x":[', '{"a":{"b":[1,{}]}},'],
    ["releases without a comma", "", '{"ocid":"o","id":"1"} '],
    ["closed objects that are not JSON", "", '{"a":n,"b":'],
  ])("%s", (_what, before, unit) => {
    expect(msOf(() => readAll(page(before + repeated(unit, MB))))).toBeLessThan(1000);
  });

  it.each(
    SOURCES.flatMap((source) =>
      [
        "homes ",
        " ",
        "0",
        "a-",
        "&amp;",
        "<br/>",
        "\n",
        " \n ",
        "<br",
        "\n<br/>",
        "'",
        "ltd limited ",
        "00:00",
        "-",
      ].map((unit) => [source, unit] as const),
    ),
  )("a release of %s with %j in every text", (source, unit) => {
    const text = `<${repeated(unit, MB / 10)}`;
    const tail = `12345678${text}x agency`;
    const money = { amount: text, currency: text };
    const party = {
      id: "b",
      name: `${text} agency`,
      identifier: { scheme: text, id: tail },
      address: { region: tail, locality: text, postalCode: text },
      roles: ["buyer"],
    };
    const item = {
      classification: { scheme: "CPV", id: tail },
      additionalClassifications: [{ scheme: "CPV", id: tail }],
      deliveryAddresses: [{ region: tail }],
    };
    const release = {
      ...{
        ocid: "o",
        id: "1",
        date: "2026-01-01",
        tag: [text],
        buyer: { id: "b", name: `${text} agency` },
        parties: [party],
      },
      tender: {
        title: tail,
        description: text,
        status: text,
        value: money,
        items: [item],
        tenderPeriod: { endDate: tail },
        procurementMethodDetails: tail,
      },
      awards: [{ id: text, date: tail, suppliers: [{ id: "b", name: `${text} agency` }], value: money }],
    };
    expect(msOf(() => mapRelease({ source, release, now: new Date("2026-11-25") }))).toBeLessThan(1000);
  });
});

it("grows with the text, not with its square", () => {
  const token = fc.constantFrom(
    '"',
    "\\",
    '\\"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "0",
    "00",
    "-",
    '"ocid":"o"',
    '"id":"1"',
    '"tag":[',
    '"releases":[',
    '{"ocid":"o","id":"1"',
    "a",
    "é",
  );
  const text = fc.array(token, { minLength: 1, maxLength: 6 }).map((tokens) => tokens.join(""));
  const NOISE_MS = 40;
  fc.assert(
    fc.property(text, text, (before, unit) => {
      const [small, large] = [30_000, 120_000].map((length) => page(before + repeated(unit, length)));
      const least = (body: Uint8Array) => Math.min(...[1, 2].map(() => msOf(() => readAll(body))));
      if (!small || !large) throw new Error("no text");
      return least(large) < NOISE_MS || least(large) < 10 * least(small) + NOISE_MS;
    }),
    { numRuns: Number(process.env["FUZZ_TEXTS"] ?? 30) },
  );
});
