// docs/board-minutes.md: its five queries, as they stand there, find what they promise.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { type Document, ObjectId } from "mongodb";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureIndexes } from "../../src/platform/schema.ts";
import { type BoardDocument, COLLECTIONS } from "../../src/sources/board-minutes/records.ts";
import { boardSites, newSite } from "../../src/sources/board-minutes/sites.ts";
import { boardDocuments } from "../../src/sources/board-minutes/store.ts";
import { freshDatabase } from "../kit/database.ts";

const { db } = await freshDatabase();
const page = readFileSync(new URL("../../docs/board-minutes.md", import.meta.url), "utf8");
const queries = [...page.matchAll(/```js\n([\s\S]+?)\n```/g)].map(([, code = ""]) =>
  code.replace(/;\s*$/, ""),
);
const buyerId = new ObjectId();

const shell: Document = new Proxy(
  {},
  {
    get: (_, name) => {
      const collection = db.db.collection(String(name));
      return {
        find: (filter: Document, projection: Document = {}) => collection.find(filter, { projection }),
        aggregate: (pipeline: Document[]) => collection.aggregate(pipeline),
        distinct: (field: string, filter: Document) => collection.distinct(field, filter),
      };
    },
  },
);

async function answer(at: number): Promise<Document[]> {
  const query = runInThisContext(`(db) => (${queries[at]})`)(shell);
  return "toArray" in query ? query.toArray() : query;
}

function document(number: number, fields: Partial<BoardDocument>): BoardDocument {
  const at = new Date("2026-03-01");
  return {
    ...{
      _id: new ObjectId(),
      buyerId,
      dataSourceName: "Example Council",
      site: "example",
      meetingId: `${number}`,
    },
    ...{
      title: `Document ${number}`,
      meetingDate: new Date("2026-02-01"),
      committeeId: "1",
      committeeName: "Cabinet",
    },
    ...{ documentType: "minutes", sourceUrl: `https://example/${number}` },
    ...{ extractionStatus: "extracted", signalExtractionStatus: "pending", createdAt: at, updatedAt: at },
    ...fields,
  };
}

describe("docs/board-minutes.md", () => {
  beforeAll(async () => {
    await ensureIndexes(db, COLLECTIONS);
    await boardDocuments(db.db).insertMany([
      document(1, { textContent: "Item 4\n\nRESOLVED: that £98,000 on school meals be approved.\n\nItem 5" }),
      document(2, { textContent: "School meals were discussed. A leisure centre was not." }),
      document(3, { textContent: "", signalExtractionStatus: "extracted", buyerId: new ObjectId() }),
      document(4, {
        documentType: "agenda",
        meetingDate: new Date("9000-01-01"),
        meetingStatus: "Confirmed",
      }),
      document(5, {
        documentType: "agenda",
        meetingDate: new Date("9000-01-02"),
        meetingStatus: "Cancelled",
      }),
    ]);
    const [open, closed] = ["open", "closed"].map((name) =>
      newSite({ baseUrl: `https://${name}`, name }, new Date("2026-03-01")),
    );
    if (open && closed) await boardSites(db.db).insertMany([open, { ...closed, state: "blocked" }]);
  });

  it("has five queries", () => expect(queries.length).toBe(5));
  it("finds what councils minuted about a subject", async () =>
    expect((await answer(0)).map(({ sourceUrl }) => sourceUrl)).toEqual(["https://example/2"]));
  it("finds the sentence that approved spending", async () =>
    expect((await answer(1)).map(({ said }) => said)).toEqual([
      "RESOLVED: that £98,000 on school meals be approved.",
    ]));
  it("finds whose documents wait for their signals", async () => expect(await answer(2)).toEqual([buyerId]));
  it("finds the sites that are blocked", async () =>
    expect((await answer(3)).map(({ name }) => name)).toEqual(["closed"]));
  it("finds the meetings to come", async () =>
    expect((await answer(4)).map(({ sourceUrl }) => sourceUrl)).toEqual(["https://example/4"]));
});
