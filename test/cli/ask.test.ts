// `npm run ask`, in this process; once in one of its own, as people call it.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ObjectId } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { askCommand } from "../../src/cli/ask.ts";
import { freshDatabase } from "../kit/database.ts";
import { here, inProcess } from "../kit/programs.ts";

const ASK = fileURLToPath(new URL("../../src/cli/ask.ts", import.meta.url));
const { db, uri, name } = await freshDatabase();
const folder = await mkdtemp(join(tmpdir(), "ask-"));
afterAll(() => rm(folder, { recursive: true }));

const twinId = new ObjectId();
const procurement = (noticeId: string, fields: object) => ({
  ...{
    _id: new ObjectId(),
    source: "FIND_A_TENDER",
    ocid: `ocds-h6vhtk-${noticeId}`,
    state: "open" as const,
  },
  ...{ noticeId, notices: [{ noticeId, type: "UK4", publishedDate: new Date("2026-06-01T09:00:00Z") }] },
  ...{
    firstPublishedDate: new Date("2026-06-01T09:00:00Z"),
    publishedDate: new Date("2026-06-01T09:00:00Z"),
  },
  ...{ version: 1, updatedAt: new Date("2026-06-01T09:00:00Z"), cpvCodes: ["45000000"], buyerName: "Leeds" },
  ...{ deadlineDate: new Date("2099-01-01T12:00:00Z"), valueMax: 1_250_000, currency: "GBP", ...fields },
});

beforeAll(() =>
  db.processes.insertMany([
    procurement("000001-2026", { title: '=HYPERLINK("https://evil.example")', regions: ["UKE42"] }),
    procurement("000002-2026", {
      ...{ title: "Roofs \u001b[2J of schools", regions: ["UKE21"] },
      twins: [{ processId: twinId, likelihood: 0.98, agree: ["title" as const] }],
    }),
    procurement("000003-2026", { title: "Bridges", regions: ["UKI32"], _id: twinId }),
    procurement("000004-2026", { title: "Over", regions: ["UKE42"], state: "closed" as const }),
    procurement("000005-2026", { title: "A market", regions: ["UKE42"], deadlineDate: undefined }),
  ]),
);

const ask = (...args: string[]) => here(askCommand, args, { MONGODB_URI: uri, MONGODB_DB: name });

it("ask without a question lists all of them", async () => {
  const { code, out } = await ask();
  expect([code, out]).toEqual([0, expect.stringMatching(/open \[options\].*minutes \[options\]/s)]);
  expect(await inProcess(ASK, [], {})).toEqual({ code, out, err: "" });
});

it("ask open shows a table of 80 columns in which nothing moves the terminal, what never closes last", async () => {
  const { code, out } = await ask("open", "--cpv", "45", "--region", "UKE");
  expect(code).toBe(0);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(out).not.toContain("\u001b");
  expect(out.indexOf("000002-2026")).toBeGreaterThan(0);
  expect(out.indexOf("000005-2026")).toBeGreaterThan(out.indexOf("000002-2026"));
  expect(out).not.toMatch(/000003-2026|000004-2026/);
});

it("ask --csv writes what no spreadsheet takes for a formula, with each notice's address", async () => {
  const file = join(folder, "open.csv");
  const { code, out } = await ask("open", "--region", "UKE", "--csv", file);
  expect([code, out]).toEqual([0, `3 rows in ${file}\n`]);
  const [head, first] = (await readFile(file, "utf8")).split("\r\n");
  expect(head).toBe("\ufeffTitle,Buyer,Closes,Worth up to,Notice,Process");
  expect(first).toBe(
    `"'=HYPERLINK(""https://evil.example"")",Leeds,2099-01-01T12:00:00.000Z,1250000,https://www.find-tender.service.gov.uk/Notice/000001-2026,ocds-h6vhtk-000001-2026`,
  );
});

it("ask --json gives the rows, --limit bounds them, and --mongosh only prints the query", async () => {
  const rows = JSON.parse((await ask("open", "--limit", "1", "--json")).out);
  expect(rows).toMatchObject([{ noticeId: "000001-2026" }]);
  expect((await ask("open", "--mongosh")).out).toContain(
    'db.processes.aggregate([\n  { $match: { state: "open"',
  );
});

it("ask --twins names the likely other one of the other site, and nothing does unasked", async () => {
  const given = ["open", "--region", "UKE21", "--json"];
  const [row, withTwin] = await Promise.all(
    [given, [...given, "--twins"]].map(async (args) => JSON.parse((await ask(...args)).out)),
  );
  expect(withTwin).toEqual([{ ...row[0], twin: "ocds-h6vhtk-000003-2026", twinLikelihood: 0.98 }]);
  expect(Object.keys(row[0]).join()).not.toContain("twin");
});

it("ask --watch keeps the question, watches lists it, unwatch ends it", async () => {
  const made = await ask("open", "--region", "UKE", "--watch", "Yorkshire");
  expect([made.code, made.err]).toEqual([0, expect.stringMatching(/^Watched from now on: Yorkshire\./)]);
  expect(JSON.parse((await ask("watches", "--json")).out)).toMatchObject([
    { name: "Yorkshire", asked: "open --region UKE", rows: 3 },
  ]);
  expect((await ask("unwatch", "Yorkshire")).out).toBe("No longer watched: Yorkshire.\n");
  expect(await ask("unwatch", "Yorkshire")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/There is none/),
  });
});

it.each([
  [["opne"], /Did you mean open\?/],
  [["open", "--cpv", "roofs"], /--cpv: expected CPV codes/],
  [["open", "--closing", "soon"], /--closing: expected a span of time like 14d/],
  [["won-by"], /--supplier: expected the beginning of a firm's name/],
])("ask %j says what is wrong and ends with 2", async (args, message) => {
  const { code, err } = await ask(...args);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

it("ask as a process answers with the same rows and exit codes", async () => {
  const env = { MONGODB_URI: uri, MONGODB_DB: name };
  for (const args of [["open", "--region", "UKE", "--json"], ["opne"]])
    expect(await inProcess(ASK, args, env)).toEqual(await ask(...args));
});
