// docs/queries.md: each query as it stands there, on a database that was filled by invocations; its answer, and the index
// that it promises. UPDATE_QUERIES=1 writes the answers anew.
import { readFileSync, writeFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { type AggregationCursor, BSON, type Document, type FindCursor } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";

const file = new URL("../../docs/queries.md", import.meta.url);
const page = readFileSync(file, "utf8");
const SECTION = /## \d+\. (.+)\n\n((?:.+\n)+)\n```js\n([\s\S]+?);\n```\n\n```json\n([\s\S]*?)\n```/g;
const questions = [...page.matchAll(SECTION)].map(
  ([all, title = "", prose = "", code = "", answer = ""]) => ({
    ...{ all, title, prose, code, answer },
  }),
);

const now = new Date("2026-06-10T09:00:00Z");
const DAY_MS = 86_400_000;
const ROWS = 3;

type Cursor = FindCursor<Document> | AggregationCursor<Document>;
type Query = (shell: Document, at: Date, days: (count: number) => Date) => Cursor;

describe("docs/queries.md", async () => {
  const { db } = await freshDatabase();
  const answers = new Map<string, string>();

  /** As the shell has it: a collection under its name, the projection as the second argument. */
  const shell: Document = new Proxy(
    {},
    {
      get: (_, name) => {
        const collection = db.db.collection(String(name));
        return {
          find: (filter: Document, projection: Document = {}) => collection.find(filter, { projection }),
          aggregate: (pipeline: Document[]) => collection.aggregate(pipeline),
        };
      },
    },
  );
  const cursorOf = (code: string): Cursor => {
    const query: Query = runInThisContext(`(db, now, days) => (${code})`);
    return query(shell, now, (count) => new Date(now.getTime() + count * DAY_MS));
  };

  beforeAll(async () => {
    const world = createWorld({
      ...{
        db,
        from: new Date("2026-02-10T00:00:00Z"),
        now: new Date("2026-06-10T08:30:00Z"),
        afterMs: DAY_MS,
      },
      ...{
        notices: { FIND_A_TENDER: 500, CONTRACTS_FINDER: 500 },
        replica: { bodies: "full" },
        requestMs: 1000,
      },
      ...{ history: { faults: ["broken-release"] }, vars: { VERIFY_REQUESTS_PER_RUN: "0" } },
    });
    await world.run({ BACKFILL_START_DATE: "2026-04-01" });
    world.pass(now.getTime() - 60_000 - world.now().getTime());
    await world.run({ RUN_BUDGET_SECONDS: "1" }); // asked for more months, and no time to read them
  });

  afterAll(() => {
    if (!process.env["UPDATE_QUERIES"]) return;
    const text = page.replace(SECTION, (all, title: string) =>
      all.replace(/```json[\s\S]*/, `\`\`\`json\n${answers.get(title)}\n\`\`\``),
    );
    writeFileSync(file, text);
  });

  it("has twenty questions", () => expect(questions).toHaveLength(20));

  it.each(questions)("$title", async ({ title, prose, code, answer }) => {
    const rows = await cursorOf(code).toArray();
    const shown = rows.slice(0, ROWS).map((row) => BSON.EJSON.stringify(row, { relaxed: true }));
    answers.set(title, `[${shown.map((row) => `\n  ${row}`).join(",")}${shown.length > 0 ? "\n" : ""}]`);
    const plan = JSON.stringify(await cursorOf(code).explain("queryPlanner"));
    const [, index] = /Index: `(\w+)`\./.exec(prose) ?? [];
    const [, collection] = /Reads all of `(\w+)`\./.exec(prose) ?? [];
    expect([index, collection].filter((one) => one !== undefined)).toHaveLength(1);
    if (index) expect(plan).toContain(`"indexName":"${index}"`);
    if (index) expect(plan).not.toContain("COLLSCAN");
    else expect(plan).toContain("COLLSCAN");
    if (!process.env["UPDATE_QUERIES"])
      expect(JSON.parse(answers.get(title) ?? "")).toEqual(JSON.parse(answer));
    if (!title.startsWith("Is there a hole")) expect(rows.length).toBeGreaterThan(0);
  });
});
