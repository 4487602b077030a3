// Recorded pages, stored as they come: in any order, however often, by two writers at once they leave the same documents.
import { beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/platform/database.ts";
import { SOURCES } from "../../src/replica/sources.ts";
import { storePage } from "../../src/store/store.ts";
import { hasCorpus, recordedReleases } from "../kit/corpus.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage } from "../kit/records.ts";

type Page = ReturnType<typeof mappedPage>;

const now = new Date("2026-11-24T12:00:00Z");
const PAGE = 100;

async function recordedPages(): Promise<Page[]> {
  const pages: Page[] = [];
  for (const source of SOURCES) {
    const releases = await recordedReleases(source);
    for (let at = 0; at < releases.length; at += PAGE)
      pages.push(mappedPage(source, releases.slice(at, at + PAGE), now));
  }
  return pages;
}

const reversed = (pages: Page[]): Page[] =>
  pages.toReversed().map(({ upserts, buyers }) => ({
    upserts: upserts.toReversed(),
    buyers: buyers.toReversed(),
  }));

/** Every document as it is, with and without the instants at which it was written. */
async function documents({ contracts, buyers }: Database) {
  const all = await Promise.all(
    [contracts, buyers].map((one) => one.find({}, { sort: { _id: 1 } }).toArray()),
  );
  const lines = all.flat().map((document) => JSON.stringify(document));
  const timeless = all
    .flat()
    .map(({ createdAt: _c, updatedAt: _u, ...document }) => JSON.stringify(document));
  return { lines, timeless };
}

describe.skipIf(!hasCorpus)("recorded pages", async () => {
  const pages = hasCorpus ? await recordedPages() : [];
  const [once, backwards, together] = [await freshDatabase(), await freshDatabase(), await freshDatabase()];
  let expected: Awaited<ReturnType<typeof documents>>;

  beforeAll(async () => {
    for (const page of pages) await storePage(once.db, page);
    expected = await documents(once.db);
  });

  it("stored twice change nothing the second time, `updatedAt` included, in two round trips each", async () => {
    let commands = 0;
    const count = () => commands++;
    once.client.on("commandStarted", count);
    for (const page of pages) expect(await storePage(once.db, page)).toEqual({ changed: 0, inserted: 0 });
    once.client.off("commandStarted", count);
    expect(commands).toBe(2 * pages.length);
    expect((await documents(once.db)).lines).toEqual(expected.lines);
  });

  it("stored in reverse leave the same documents", async () => {
    for (const page of reversed(pages)) await storePage(backwards.db, page);
    expect((await documents(backwards.db)).timeless).toEqual(expected.timeless);
  });

  it("stored by two writers at once leave the same documents", async () => {
    const write = async (some: Page[]) => {
      for (const page of some) await storePage(together.db, page);
    };
    await Promise.all([write(pages), write(reversed(pages))]);
    expect((await documents(together.db)).timeless).toEqual(expected.timeless);
  });
});
