// The pages of questions and procurements, behind the token: what the sites say stays text, and nothing but https is a link.
import { ObjectId } from "mongodb";
import { beforeAll, expect, it } from "vitest";
import { createApp } from "../../src/pages/app.tsx";
import { QUESTIONS } from "../../src/questions/index.ts";
import { noticePage, SOURCES } from "../../src/sources/index.ts";
import { freshDatabase } from "../kit/database.ts";

const { db } = await freshDatabase();
const now = new Date("2026-06-10T09:00:00Z");
const TOKEN = "a-token-that-is-long-enough-0123456789";
const HOSTILE = `<script>alert("1")</script>`;
const _id = new ObjectId("665f00000000000000000001");

const app = createApp({
  token: TOKEN,
  now: () => now,
  sleep: async () => undefined,
  countFailure: async () => true,
  mayLook: async () => true,
  secret: "another",
  noticePage,
  sources: SOURCES.map(({ id, name }) => ({ source: id, name })),
  readStatus: () => Promise.reject(new RangeError("not asked here")),
  withData: (use) => use(db),
  noteError: (error) => {
    throw error;
  },
});

async function open(
  path: string,
  token = TOKEN,
): Promise<{ status: number; text: string; type: string | null }> {
  const answer = await app.request(path, { headers: { Authorization: `Bearer ${token}` } });
  return { status: answer.status, text: await answer.text(), type: answer.headers.get("Content-Type") };
}

beforeAll(() =>
  db.processes.insertOne({
    _id,
    source: "FIND_A_TENDER",
    ocid: "ocds-h6vhtk-000001",
    state: "open",
    title: HOSTILE,
    buyerName: "Leeds City Council",
    cpvCodes: ["45000000"],
    regions: ["UKE42"],
    deadlineDate: new Date("2026-06-20T11:00:00Z"),
    noticeId: "000002-2026",
    notices: [
      { noticeId: "000001-2026", type: "UK4", publishedDate: new Date("2026-06-01T09:00:00Z") },
      { noticeId: "000002-2026", type: "UK4", publishedDate: new Date("2026-06-02T09:00:00Z") },
    ],
    changes: [
      {
        at: new Date("2026-06-02T09:00:00Z"),
        field: "deadlineDate",
        from: new Date("2026-06-25T11:00:00Z"),
        to: new Date("2026-06-20T11:00:00Z"),
      },
    ],
    firstPublishedDate: new Date("2026-06-01T09:00:00Z"),
    publishedDate: new Date("2026-06-02T09:00:00Z"),
    version: 1,
    updatedAt: now,
  }),
);

it("/ask lists every question", async () => {
  const { text } = await open("/ask");
  for (const { name } of QUESTIONS) expect(text).toContain(`href="/ask/${name}"`);
});

it("/ask/open answers with a form, a table and links, and shows hostile text as text", async () => {
  const { status, text } = await open("/ask/open?cpv=45&region=UKE");
  expect(status).toBe(200);
  expect(text).toContain('<input id="cpv" name="cpv" value="45"');
  expect(text).toContain("&lt;script&gt;");
  expect(text).not.toContain("<script>alert");
  expect(text).toContain('href="https://www.find-tender.service.gov.uk/Notice/000002-2026"');
  expect(text).toContain('href="/processes/ocds-h6vhtk-000001"');
  expect(text).toContain("20 Jun 2026, 12:00"); // London's clock
});

it("/ask/open says which parameter is wrong, and asks nothing", async () => {
  const { status, text } = await open(`/ask/open?cpv=${encodeURIComponent('"><b>')}`);
  expect(status).toBe(200);
  expect(text).toContain("expected CPV codes or their first digits");
  expect(text).not.toContain("<b>");
  expect(text).not.toContain("Download");
});

it("/ask/open.csv is a file", async () => {
  const { status, type, text } = await open("/ask/open.csv?region=UKE");
  expect([status, type]).toEqual([200, "text/csv; charset=utf-8"]);
  expect(text.split("\r\n")).toHaveLength(3);
});

it.each([String(_id), "ocds-h6vhtk-000001"])(
  "/processes/%s tells a procurement's state, its notices in order, and what changed",
  async (id) => {
    const { status, text } = await open(`/processes/${id}`);
    expect(status).toBe(200);
    expect(text).toMatch(
      /<strong>open<\/strong>.*000001-2026.*000002-2026.*25 Jun 2026, 12:00.*20 Jun 2026/s,
    );
    expect(text).not.toContain("<script>alert");
  },
);

it("/processes/{id} names its likely twin on the other site, by the title that it has now", async () => {
  const one = await db.processes.findOne({ _id });
  if (!one) return expect.fail("the procurement is gone");
  const twin = { ...one, _id: new ObjectId(), source: "CONTRACTS_FINDER", ocid: "ocds-b5fd17-1" };
  await db.processes.insertOne({ ...twin, state: "closed", title: "Roofs of schools" });
  const named = { likelihood: 0.98, agree: ["title" as const, "deadline" as const] };
  const gone = { ...named, processId: new ObjectId() };
  const twins = [{ ...named, processId: twin._id }, gone];
  await db.processes.updateOne({ _id }, { $set: { twins } });
  const { text } = await open(`/processes/${_id}`);
  expect(text).toContain(`href="/processes/${twin._id}">Roofs of schools</a>`);
  expect(text).toContain("sure to 98 %; title, deadline and buyer agree");
  expect(text).not.toContain(String(gone.processId));
});

it.each(["/ask/nothing", "/ask/nothing.csv", "/processes/665f000000000000000000ff", "/processes/x"])(
  "%s is not there",
  async (path) => expect((await open(path)).status).toBe(404),
);

it.each(["/ask", "/ask/open", "/ask/open.csv", `/processes/${_id}`])(
  "%s asks for the token",
  async (path) => {
    expect((await open(path, "wrong")).status).toBe(401);
  },
);
