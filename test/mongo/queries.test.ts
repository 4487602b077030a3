// docs/queries.md: each question of src/questions as it is typed into mongosh, on a database that was filled by invocations; its
// answer, and the index that it promises. UPDATE_QUERIES=1 writes that part of the page.
import { readFileSync, writeFileSync } from "node:fs";
import { BSON, type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QUESTIONS } from "../../src/questions/index.ts";
import { ask, exampleOf, type Question } from "../../src/questions/question.ts";
import { shellText } from "../../src/questions/shell.ts";
import { createWorld } from "../../src/sim/world.ts";
import { freshDatabase } from "../kit/database.ts";

const file = new URL("../../docs/queries.md", import.meta.url);
const page = readFileSync(file, "utf8");
const MARK = "<!-- questions: written by UPDATE_QUERIES=1 npx vitest run test/mongo/queries.test.ts -->\n";

const now = new Date("2026-06-10T09:00:00Z");
const asking = { now, sources: ["FIND_A_TENDER", "CONTRACTS_FINDER"] };
const DAY_MS = 86_400_000;
const ROWS = 3;
/** There is no hole, no made-up framework has been awarded yet, and no board minutes are read. */
const MAY_BE_EMPTY = new Set(["holes", "frameworks", "minutes"]);

/** What is asked for by name must be there, whatever the made-up history holds. */
const inHistory: Record<string, string> = {};

function pipelineOf(one: Question): Document[] {
  const asked = ask(one, typedFor(one), asking);
  if (asked.kind === "refused") throw new RangeError(JSON.stringify(asked.problems));
  return asked.pipeline;
}

function typedFor(one: Question): Record<string, string> {
  const known = Object.entries(inHistory).filter(([name]) => Object.hasOwn(one.parameters.shape, name));
  return { ...exampleOf(one), ...Object.fromEntries(known) };
}

function section(one: Question, at: number, rows: Document[]): string {
  const shown = rows.slice(0, ROWS).map((row) => `\n  ${BSON.EJSON.stringify(row, { relaxed: true })}`);
  const answer = `[${shown.join(",")}${shown.length > 0 ? "\n" : ""}]`;
  const serves = one.index === null ? `Reads all of \`${one.collection}\`.` : `Index: \`${one.index}\`.`;
  const parameters = Object.keys(one.parameters.shape).map((name) => `\`${name}\``);
  const asked = `\`${one.name}\`${parameters.length > 0 ? ` with ${parameters.join(", ")}` : ""}`;
  const query = `db.${one.collection}.aggregate(${shellText(pipelineOf(one), now)});`;
  return `\n## ${at + 1}. ${one.title}\n\n${one.about} ${serves} By name: ${asked}.\n\n\`\`\`js\n${query}\n\`\`\`\n\n\`\`\`json\n${answer}\n\`\`\`\n`;
}

/** The formatter breaks the lines of the page. */
const plain = (text = "") => text.replaceAll(/\s+/g, "").replaceAll(/,([}\])])/g, "$1");

describe("docs/queries.md", async () => {
  const { db } = await freshDatabase();
  const sections = new Map<string, string>();

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
    await world.run({ RUN_BUDGET_SECONDS: "2" }); // asked for more months, and time for new notices alone
    const callOff = await db.processes.findOne({ callOffOf: { $exists: true } }, { sort: { ocid: 1 } });
    const won = await db.processes.findOne({ awardValue: { $gt: 0 } }, { sort: { ocid: 1 } });
    const told = await db.processes.findOne({ "notices.3": { $exists: true } }, { sort: { ocid: 1 } });
    const buyer = await db.buyers.findOne({}, { sort: { contractCount: -1, name: 1 } });
    inHistory["framework"] = callOff?.callOffOf?.[0] ?? "";
    inHistory["supplier"] = won?.awards?.[0]?.suppliers?.[0]?.name ?? "";
    inHistory["ocid"] = told?.ocid ?? "";
    inHistory["buyer"] = buyer?.name ?? "";
  });

  afterAll(() => {
    if (!process.env["UPDATE_QUERIES"]) return;
    const head = page.slice(0, page.indexOf(MARK) + MARK.length);
    writeFileSync(file, head + [...sections.values()].join(""));
  });

  it.each(QUESTIONS.map((one, at) => [one.title, one, at] as const))("%s", async (_, one, at) => {
    const collection = db.db.collection(one.collection);
    const pipeline = pipelineOf(one);
    const rows = await collection.aggregate(pipeline).toArray();
    sections.set(one.name, section(one, at, rows));
    const fields = [...one.columns.map(({ field }) => field), "source"];
    for (const row of rows) expect(fields).toEqual(expect.arrayContaining(Object.keys(row)));
    if (!MAY_BE_EMPTY.has(one.name)) expect(rows.length).toBeGreaterThan(0);
    const plan = JSON.stringify(await collection.aggregate(pipeline).explain("queryPlanner"));
    if (one.index === null)
      expect(plan).toMatch(/COLLSCAN|"EOF"/); // EOF: nothing there
    else expect(plan).toContain(`"indexName":"${one.index}"`);
    if (one.index !== null) expect(plan).not.toContain("COLLSCAN");
    if (!process.env["UPDATE_QUERIES"]) expect(plain(page)).toContain(plain(sections.get(one.name)));
  });

  it("has these questions and no others", () => {
    if (!process.env["UPDATE_QUERIES"])
      expect(plain(page.split(MARK)[1])).toBe(plain([...sections.values()].join("")));
  });
});
