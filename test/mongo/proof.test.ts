// What is proved, in one query: docs/completeness.md has it as it is typed into mongosh, and it answers as `sync proof` does.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { type Document, ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { SOURCES } from "../../src/replica/sources.ts";
import { proofOf } from "../../src/upkeep/proof.ts";
import { freshDatabase } from "../kit/database.ts";
import { type Scene, setScene } from "../worker/status-data.ts";

const page = readFileSync(new URL("../../docs/completeness.md", import.meta.url), "utf8");
const [, QUERY = ""] =
  /What is proved, by what, and what is open\?[\s\S]*?```js\n([\s\S]*?)```/.exec(page) ?? [];

/** What the query hands to `aggregate`, when it is run as mongosh would. */
function pipelineOf(query: string): Document[] {
  let typed: unknown = [];
  const aggregate = (pipeline: unknown) => {
    typed = pipeline;
  };
  runInNewContext(query, { db: { syncJobs: { aggregate } } });
  return structuredClone(typed) as Document[];
}

const now = new Date("2026-11-24T12:00:00Z");

describe("what is proved", async () => {
  const { db, clear } = await freshDatabase();

  it.each<[Scene]>([["done"], ["trouble"], ["begun"]])(
    "is the same in the documented query as in `sync proof`: %s",
    async (scene) => {
      await clear();
      await setScene(db, scene, now);
      const rows = await db.syncJobs.aggregate(pipelineOf(QUERY)).toArray();
      const ours = await proofOf(
        db,
        SOURCES.map((source) => ({ source })),
      );
      expect(rows).toHaveLength(ours.length);
      for (const { source, years: _, proved: __, ...one } of ours) {
        const { _id, gaps, months, ...row } = rows.find((known) => known["_id"] === source) ?? {};
        const met = Object.entries(months.exact).filter(([, count]) => Number(count) > 0);
        const named = gaps.map((gap: Document) => [
          [gap["_id"].outcome, gap["_id"].settledBy].filter(Boolean).join(", by "),
          gap["numbers"],
        ]);
        expect({
          ...row,
          gaps: Object.fromEntries(named),
          months: { ...months, exact: Object.fromEntries(met) },
        }).toEqual(one);
      }
    },
  );

  it("says of each year how many notices are stored, each number once, beside the record", async () => {
    await clear();
    const ids = ["000001-2021", "000002-2021", "000002-2021", "000001-2022", "000009-2022", "a-guid-2021"];
    await db.contracts.insertMany(
      ids.map((noticeId, at) => ({
        _id: new ObjectId(),
        source: "FIND_A_TENDER",
        ocid: `o${at}`,
        noticeId,
      })) as never,
      { bypassDocumentValidation: true },
    );
    const record = [
      { year: 2021, published: 3 },
      { year: 2022, published: 1, upTo: 8 },
      { year: 2023, published: 7 },
    ];
    const [proof] = await proofOf(db, [{ source: "FIND_A_TENDER", record }]);
    expect(proof?.years.map(({ year, stored }) => [year, stored])).toEqual([
      [2021, 2],
      [2022, 1],
      [2023, 0],
    ]);
  });
});
