import { describe, expect, it } from "vitest";
import { readPage, salvageReleases } from "../../../src/fetch/page.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const page = (releases: string) => bytes(`{"uri":"u","releases":[${releases}],"links":{"next":"n"}}`);
const row = '{"ocid":"o","id":"1","date":"2026-01-02T03:04:05Z","tag":["tender"]}';

describe("readPage", () => {
  it("reads rows with their identity", () => {
    const read = readPage(page(row));
    expect(read).toMatchObject({
      kind: "page",
      page: {
        uri: "u",
        next: "n",
        rows: [{ key: "o/1", releaseId: "1", tags: ["tender"], date: new Date("2026-01-02T03:04:05Z") }],
      },
    });
  });

  it("takes a date without a zone for London's", () => {
    const read = readPage(page('{"ocid":"o","id":"1","date":"2026-07-02T03:04:05"}'));
    expect(read.kind === "page" && read.page.rows[0]?.date).toEqual(new Date("2026-07-02T02:04:05Z"));
  });

  it.each(["000", "-000", "007", "00.50"])("repairs the bare number %s without touching text", (number) => {
    const read = readPage(page(`{"ocid":"o","id":"1","amount":${number},"text":"a 000 and \\"007\\""}`));
    expect(read.kind === "page" && read.page.rows[0]?.release).toMatchObject({
      amount: Number(number),
      text: 'a 000 and "007"',
    });
  });

  it("keeps a number that JSON cannot hold as Infinity", () => {
    const read = readPage(page('{"ocid":"o","id":"1","amount":1e9999}'));
    expect(read.kind === "page" && read.page.rows[0]?.release).toMatchObject({
      amount: Number.POSITIVE_INFINITY,
    });
  });

  it("falls back to windows-1252", () => {
    const text = page('{"ocid":"o","id":"1","title":"caf_"}');
    text[text.indexOf("_".charCodeAt(0))] = 0xe9;
    const read = readPage(text);
    expect(read.kind === "page" && read.page.rows[0]?.release).toMatchObject({ title: "café" });
  });

  it("keeps a release without an identity as evidence, and the rest of its page", () => {
    const read = readPage(page(`${row},{"id":"2"},null`));
    expect(read.kind === "page" && [read.page.rows.length, read.page.unidentified.length]).toEqual([1, 2]);
  });

  it.each([
    ["", "empty"],
    [" \n", "empty"],
    ["<html>", "foreign"],
    ['{"releases":[{"ocid":"o"', "unreadable"],
    ['{"code":"ValidationError"}', "foreign"],
    ['{"releases":null}', "foreign"],
    ['[{"releases":[]}]', "foreign"],
    ['{"publisher":{"releases":[{}]}}', "foreign"],
    ["[]", "foreign"],
    ['{"releases":[{"message":"down for maintenance"}]}', "foreign"],
  ])("says what %j is", (text, kind) => {
    expect(readPage(bytes(text)).kind).toBe(kind);
  });
});

describe("a page with a release that is not valid JSON", () => {
  const broken = '{"ocid":"o","id":"2","tag":["award"],"amount":n/a,"text":"a } and a ]"}';
  const salvagedOf = (body: Uint8Array) => {
    const read = readPage(body);
    return read.kind === "unreadable" ? read.salvaged : read;
  };

  it("is whole all the same where its text falls into releases without a doubt", () => {
    expect(salvagedOf(page(`${row}, ${broken} ,${row.replace('"1"', '"3"')}`))).toMatchObject({
      uri: "u",
      next: "n",
      rows: [
        { releaseId: "1" },
        {
          key: "o/2",
          tags: ["award"],
          broken: { rawText: broken, reason: expect.stringContaining("cannot be read") },
        },
        { releaseId: "3" },
      ],
      unidentified: [],
    });
    expect(salvagedOf(page(broken))).toMatchObject({ rows: [{ key: "o/2", broken: { rawText: broken } }] });
    const nameless = '{"ocid":"o","parties":[{"id":"2"}],"amount":n/a}';
    expect(salvagedOf(page(nameless))).toMatchObject({ rows: [], unidentified: [{ rawText: nameless }] });
  });

  it.each([
    ["it ends early", bytes(`{"uri":"u","releases":[${row},${broken}`)],
    ["the rest of it is no JSON either", bytes(`{"uri":u,"releases":[${row},${broken}]}`)],
    ["something stands between its releases", page(`${row},n/a,${row}`)],
    [
      "a quote that is not closed takes the next release with it",
      page(`${broken.replace('"}', "}")},${row}`),
    ],
    ["a brace too few takes the next release with it", page(`${broken.slice(0, -1)},${row}}`)],
  ])("is nothing where %s", (_why, body) => {
    expect(salvagedOf(body)).toBeNull();
  });
});

describe("salvageReleases", () => {
  it("reads each release by itself, and keeps the broken one's text alone", () => {
    const broken = '{"ocid":"o","id":"2","amount":nonsense}';
    const salvaged = salvageReleases(page(`${row},${broken},${row.replace('"1"', '"3"')}`));
    expect(salvaged.rows.map(({ releaseId, broken: evidence }) => [releaseId, evidence?.rawText])).toEqual([
      ["1", undefined],
      ["2", broken],
      ["3", undefined],
    ]);
  });

  it.each([
    ["a quote", '{"ocid":"o","id":"2","amount":"n/a}'],
    ["a brace", '{"ocid":"o","id":"2","amount":{"n":1}'],
    ["a brace too many", '{"ocid":"o","id":"2","amount":{"n":1}}}'],
  ])("reads the neighbours of a release with %s", (_what, broken) => {
    const last = '{"id":"3","tag":["planning"],"ocid":"o","tender":{"scheme":"ocid"}}';
    const salvaged = salvageReleases(page(`${row},${broken},${last}`));
    const readable = salvaged.rows.filter((one) => !one.broken).map(({ releaseId }) => releaseId);
    expect(readable).toEqual(expect.arrayContaining(["1", "3"]));
    expect(salvaged.rows.map(({ releaseId }) => releaseId).sort()).toEqual(["1", "2", "3"]);
  });

  it("keeps the whole text when it is no page", () => {
    expect(salvageReleases(bytes("<html>"))).toEqual({
      rows: [],
      unidentified: [{ rawText: "<html>", reason: expect.any(String) }],
    });
  });
});
