import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { whatItReads } from "../../../src/questions/failure.ts";
import { QUESTIONS, questionNamed } from "../../../src/questions/index.ts";
import { ask, exampleOf } from "../../../src/questions/question.ts";

const asking = { now: new Date("2026-06-10T09:00:00Z"), sources: ["FIND_A_TENDER", "CONTRACTS_FINDER"] };
const asked = (name: string, typed: Record<string, string>) => {
  const one = questionNamed(name);
  if (!one) throw new RangeError(name);
  return ask(one, typed, asking);
};

describe("questions", () => {
  it("are thirty-three, each with a name of its own", () => {
    expect(QUESTIONS).toHaveLength(33);
    expect(new Set(QUESTIONS.map(({ name }) => name)).size).toBe(33);
    for (const { name } of QUESTIONS) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it("stand in docs/queries.md beside the index that serves them", () => {
    const page = readFileSync(new URL("../../../docs/queries.md", import.meta.url), "utf8");
    const rows = page.split("\n").filter((line) => line.startsWith("|"));
    for (const { name, index, collection } of QUESTIONS) {
      if (index === null) continue;
      const row = rows.find(
        (line) => line.includes(`\`${index}\``) && line.split("|")[2]?.includes(`\`${collection}\``),
      );
      expect(row ?? "no row", `${name}: ${index} of ${collection}`).toContain(`\`${name}\``);
    }
  });

  it.each(QUESTIONS.map((one) => [one.name, one] as const))("%s is asked with its example", (_, one) => {
    expect(ask(one, exampleOf(one), asking).kind).toBe("asked");
  });

  it("read what is typed: trades, regions and days, spaces and small letters", () => {
    expect(asked("closing-soon", { closing: "7", cpv: "45, 77", region: "uke UKI32" })).toMatchObject({
      pipeline: [
        {
          $match: {
            deadlineDate: { $gt: asking.now, $lte: new Date("2026-06-17T09:00:00Z") },
            cpvCodes: /^(45|77)/,
            $or: [{ regions: /^(UKE|UKI32)/ }, { regions: null, buyerRegion: /^(UKE|UKI32)/ }],
          },
        },
        { $sort: { deadlineDate: 1, ocid: 1 } },
        { $limit: 50 },
        { $project: { _id: 0, title: 1, deadlineDate: 1, source: 1 } },
      ],
    });
  });

  it.each([
    ["14", 14],
    ["14d", 14],
    ["2w", 14],
    ["12mo", 365],
    ["1y", 365],
    ["yesterday", 1],
  ])("read the span %s as %i days", (closing, days) => {
    const until = new Date(asking.now.getTime() + days * 86_400_000);
    expect(asked("closing-soon", { closing })).toMatchObject({
      pipeline: [{ $match: { deadlineDate: { $lte: until } } }, {}, {}, {}],
    });
  });

  it("mean just what is typed, whatever it means in a pattern", () => {
    expect(asked("won-by", { supplier: "A.B (C)*" })).toMatchObject({
      pipeline: [{ $match: { "awards.suppliers.name": /^A\.B \(C\)\*/i } }, {}, {}, {}, {}],
    });
  });

  it("find words by the index that there is, whatever a word means in a query", () => {
    const one = questionNamed("mentions");
    const typed = { words: 'solar -"roof" a.b' };
    const first = (search: "text" | "atlas" | "off") => {
      const given = one && ask(one, typed, { ...asking, search });
      return given?.kind === "asked" ? given.pipeline[0] : undefined;
    };
    expect(first("text")?.["$match"]).toMatchObject({ $text: { $search: '"solar" "- roof" "a.b"' } });
    expect(first("off")?.["$match"].$and[2]).toEqual({
      $or: [{ title: /a\.b/i }, { description: /a\.b/i }],
    });
    expect(first("atlas")?.["$search"]).toMatchObject({
      index: "words",
      compound: {
        must: [{ text: { query: "solar" } }, {}, {}],
        filter: [{ range: { path: "publishedDate" } }],
      },
    });
    expect([one?.note?.(asking), one?.note?.({ ...asking, search: "text" })]).toEqual([
      expect.stringContaining("four seconds for 100,000"),
      null,
    ]);
  });

  it.each([
    [
      "closing-soon",
      { closing: "soon" },
      "closing",
      "expected a span of time like 14d, 2w, 12mo, 1y or yesterday",
    ],
    ["closing-soon", { closing: "0" }, "closing", "expected at least 1 day"],
    ["open", { cpv: "roofs" }, "cpv", "expected CPV codes or their first digits, like 45,77"],
    ["open", { region: "U.*" }, "region", "expected region codes, like UKE or UKI32"],
    ["won-by", {}, "supplier", "expected the beginning of a firm's name"],
    ["holes", { days: "3" }, "days", "is not a parameter of holes: it has none"],
  ])("%s refuses %j and says which parameter and why", (name, typed, parameter, message) => {
    expect(asked(name, typed)).toEqual({ kind: "refused", problems: [{ parameter, message }] });
  });
});

describe("a question that takes its time", () => {
  it.each([
    ["who-buys", /byStateAndDate.*A shorter --since reads fewer\.$/],
    ["ending", /running.*A shorter --within reads fewer\.$/],
    ["won-by", /^No index serves it: it reads all of processes\.$/],
    ["notices", /contracts\.notice; npm run sync -- doctor says whether it is there\.$/],
  ])("says what it reads, and what would help: %s", (name, said) => {
    const question = questionNamed(name);
    expect(question && whatItReads(question)).toMatch(said);
  });
});
