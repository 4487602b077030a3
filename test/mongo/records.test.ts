// Recorded pages, stored as they come: in any order, however often, by two writers at once they leave the same documents.
import type { Document } from "mongodb";
import { beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/platform/database.ts";
import { SOURCES } from "../../src/replica/sources.ts";
import { storePage } from "../../src/store/store.ts";
import { hasCorpus, recordedReleases } from "../kit/corpus.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage, storingTo, wrongCounts } from "../kit/records.ts";

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

const reversed = (pages: Page[]): Page[] => pages.toReversed().map((page) => page.toReversed());

/**
 * Every document as it is, and without what depends on who came first: instants, versions, a buyer's `_id` (it is that of
 * the name it was first known by), and of two that share a name which one has it as `orgId` and `nameLower`.
 */
async function documents({ contracts, buyers, processes }: Database) {
  const sort = { sort: { _id: 1 as const } };
  const people = await buyers.find({}, sort).toArray();
  const others = (
    await Promise.all([contracts, processes].map((one) => one.find({}, sort).toArray()))
  ).flat();
  const lines = [...people, ...others].map((document) => JSON.stringify(document));
  const standIn = new Map(people.map(({ _id, keys, places }) => [_id.toHexString(), `${keys} ${places}`]));
  const shared = new Set(people.filter(({ nameLower }) => !nameLower).flatMap(({ keys }) => keys));
  const named = people.map(({ orgId, nameLower, ...buyer }) =>
    buyer.keys.some((key) => shared.has(key)) ? buyer : { orgId, nameLower, ...buyer },
  );
  const timeless = [...named, ...others].map(
    ({ createdAt: _c, updatedAt: _u, version: _v, mergedIds: _m, ...document }: Document) =>
      JSON.stringify(document).replaceAll(/"([\da-f]{24})"/g, (id, hex) => standIn.get(hex) ?? id),
  );
  return { lines, timeless: timeless.sort() };
}

const differences = (a: string[], b: string[]) => a.filter((line) => !b.includes(line)).slice(0, 3);

describe.skipIf(!hasCorpus)("recorded pages", async () => {
  const pages = hasCorpus ? await recordedPages() : [];
  const [once, backwards, together] = [
    await freshDatabase({ monitorCommands: true }),
    await freshDatabase(),
    await freshDatabase(),
  ];
  let expected: Awaited<ReturnType<typeof documents>>;

  beforeAll(async () => {
    for (const page of pages) await storePage(storingTo(once.db, now), page);
    expected = await documents(once.db);
  });

  it("stored twice change nothing the second time, `updatedAt` included, in eleven commands each", async () => {
    let commands = 0;
    const count = () => commands++;
    once.client.on("commandStarted", count);
    for (const page of pages)
      expect(await storePage(storingTo(once.db, now), page)).toEqual({
        changed: 0,
        inserted: 0,
        refused: [],
      });
    once.client.off("commandStarted", count);
    expect(commands).toBeLessThanOrEqual(11 * pages.length);
    expect((await documents(once.db)).lines).toEqual(expected.lines);
  });

  it("stored in reverse leave the same documents", async () => {
    for (const page of reversed(pages)) await storePage(storingTo(backwards.db, now), page);
    expect(differences((await documents(backwards.db)).timeless, expected.timeless)).toEqual([]);
    expect(await wrongCounts(backwards.db)).toEqual([]);
  });

  it("stored by two writers at once leave the same documents", async () => {
    const write = async (some: Page[]) => {
      for (const page of some) await storePage(storingTo(together.db, now), page);
    };
    await Promise.all([write(pages), write(reversed(pages))]);
    expect(differences((await documents(together.db)).timeless, expected.timeless)).toEqual([]);
    expect(await wrongCounts(together.db)).toEqual([]);
  });
});
