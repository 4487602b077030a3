// SEARCH_INDEX on a real database: the index is made once, serves the question, counts in the plan, and goes when it is off.
import { beforeAll, expect, it } from "vitest";
import { createLogger } from "../../src/platform/logger.ts";
import { ensureSearchIndex } from "../../src/platform/search-index.ts";
import { whyUnanswered } from "../../src/questions/failure.ts";
import { questionNamed } from "../../src/questions/index.ts";
import { ask } from "../../src/questions/question.ts";
import type { SearchMode } from "../../src/terms/search.ts";
import { freshDatabase } from "../kit/database.ts";

const { db } = await freshDatabase();
const log = createLogger({ level: "silent", secrets: [] });
const now = new Date("2026-06-10T09:00:00Z");
const contracts = db.db.collection("contracts"); // documents of others: only what a search reads

const ensure = (mode: SearchMode) => ensureSearchIndex(db, { mode, log });
const textIndexes = async () =>
  (await contracts.indexes()).filter(({ key }) => "_fts" in key).map(({ name }) => name);

const notice = (number: number, fields: object) => ({
  ...{ source: "FIND_A_TENDER", ocid: `ocds-${number}`, noticeId: `00000${number}-2026`, status: "OPEN" },
  ...{ publishedDate: new Date(now.getTime() - number * 3_600_000), language: "xx", ...fields },
});

function mentions() {
  const question = questionNamed("mentions");
  if (!question) throw new RangeError("mentions");
  return question;
}

async function found(search: SearchMode, typed: Record<string, string>): Promise<string[]> {
  const asked = ask(mentions(), typed, { now, sources: ["FIND_A_TENDER"], search });
  if (asked.kind === "refused") throw new RangeError(JSON.stringify(asked.problems));
  return (await contracts.aggregate(asked.pipeline).toArray()).map(({ noticeId }) => noticeId.slice(5, 6));
}

beforeAll(() =>
  contracts.insertMany([
    notice(1, { title: "Solar panels for schools", description: "Roofs of four schools." }),
    notice(2, { title: "Roofing", description: "Includes solar panels.", status: "AWARDED" }),
    notice(3, { title: "Panels of judges", description: "No energy here." }),
    notice(4, { title: "Solar panels", supersededBy: "000001-2026" }),
  ]),
);

it("without an index the words are found as they stand; with it alike, and by the index", async () => {
  const typed = { words: "PANELS solar" };
  expect(await found("off", typed)).toEqual(["1", "2"]);
  const refusal = await found("text", typed).catch((error: unknown) => whyUnanswered(error, mentions()));
  expect(refusal).toMatch(/no text index yet/);
  await Promise.all([ensure("text"), ensure("text")]);
  expect(await textIndexes()).toEqual(["words"]);
  expect(await found("text", typed)).toEqual(["1", "2"]);
  expect(await found("text", { ...typed, status: "awarded" })).toEqual(["2"]);
  await contracts.insertOne(notice(5, { title: "More solar panels" }));
  expect(await found("text", typed)).toEqual(["1", "2", "5"]);
});

it("goes when it is off, and another program's stays and serves", async () => {
  await Promise.all([ensure("off"), ensure("off")]);
  expect(await textIndexes()).toEqual([]);
  await contracts.createIndex({ title: "text", description: "text" }, { language_override: "none" });
  await ensure("text");
  expect(await found("text", { words: "judges" })).toEqual(["3"]);
  await ensure("off");
  expect(await textIndexes()).toEqual(["title_text_description_text"]);
});
