// What a contract takes of the tier's measure (documents and indexes), on recorded pages.
// BYTES_CONTRACTS=100000 npx vitest run test/mongo/bytes.test.ts fills that many; the suite fills few. MongoDB keeps the
// blocks that it has written anew in its files. It writes once a minute; with BYTES_PAGES_A_MINUTE=12, the pace of both
// sources together, it does so as often as in a backfill.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { costOf } from "../../src/forecast/cost.ts";
import { volumesFor } from "../../src/forecast/volumes.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { volumesOf } from "../../src/sources/index.ts";
import { measureStorage } from "../../src/store/budget.ts";
import { rawDataOf } from "../../src/store/raw-data.ts";
import { bsonBytes, storePage } from "../../src/store/store.ts";
import { STORE_RAW_MODES } from "../../src/terms/documents.ts";
import { hasCorpus, recordedReleases } from "../kit/corpus.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage, storingTo } from "../kit/records.ts";
import { repeatedPages } from "../kit/repeated.ts";

const { sources } = readConfig({ MONGODB_URI: "mongodb://nowhere" }, new Date("2026-07-15T00:00:00Z"));
const volumes = volumesOf(sources);

const unmeasured = { volumes, windows: [], storage: null, storeRaw: "none", pageLimit: 100 } as const;

const CONTRACTS = Number(process.env["BYTES_CONTRACTS"] ?? 3000);
const BYTES_MAX = 2640; // with its share of processes; 1,760 without
const now = new Date("2026-11-24T12:00:00Z");
const PAGES_A_MINUTE = Number(process.env["BYTES_PAGES_A_MINUTE"] ?? Number.POSITIVE_INFINITY);

describe.skipIf(!hasCorpus)("bytes", () => {
  it(`of ${CONTRACTS} contracts with their indexes and buyers`, async () => {
    const { db, client } = await freshDatabase();
    const used = async () => {
      await client.db("admin").command({ fsync: 1 });
      const { dataSize, indexSize, indexFreeStorageSize } = await db.db.command({
        dbStats: 1,
        freeStorage: 1,
      });
      return { data: Number(dataSize), index: Number(indexSize), free: Number(indexFreeStorageSize) };
    };
    const before = await used();
    let pages = 0;
    for await (const { source, releases } of repeatedPages(CONTRACTS)) {
      await storePage(storingTo(db, now), mappedPage(source, releases, now));
      if (++pages % PAGES_A_MINUTE === 0) await client.db("admin").command({ fsync: 1 });
    }
    const after = await used();
    const { contracts, processes, buyers } = await measureStorage(db);
    expect(contracts.count).toBe(CONTRACTS);
    const each = (bytes: number) => bytes / CONTRACTS;
    const [stats] = await db.contracts.aggregate([{ $collStats: { storageStats: {} } }]).toArray();
    const [own] = await db.processes.aggregate([{ $collStats: { storageStats: {} } }]).toArray();
    const { size, indexSizes } = stats?.["storageStats"] ?? {};
    const indexesOf = (of: Record<string, number>, prefix = "") =>
      Object.fromEntries(Object.entries(of).map(([name, bytes]) => [prefix + name, each(bytes).toFixed(1)]));
    const { size: processSize, indexSizes: processIndexes } = own?.["storageStats"] ?? {};
    console.table({
      ...{ contracts: CONTRACTS, bytesEach: each(after.data + after.index - before.data - before.index) },
      ...{ documents: each(size), ...indexesOf(indexSizes) },
      ...{ processes: processes.count, processesPerContract: each(processes.bytes) },
      ...{ processDocuments: each(processSize), ...indexesOf(processIndexes, "processes.") },
      indexBytesUnused: each(after.free),
      ...{ buyers: buyers.count, buyersPerContract: each(buyers.bytes) },
    });
    expect(each(size)).toBeLessThanOrEqual(1640);
    expect(each(contracts.bytes)).toBeLessThanOrEqual(1790); // a small index begins with a page of its own
    const foretold = SOURCES.map((source) => {
      const month = { source, from: new Date("2026-03-01"), to: new Date("2026-04-01") };
      const { releases, storedBytes } = costOf(month, unmeasured);
      return storedBytes / releases / volumesFor(volumes, source).contractsPerRelease;
    });
    const stored = each(contracts.bytes + processes.bytes);
    console.log(`stored ${stored.toFixed(0)} each, foretold ${foretold.map(Math.round).join(" and ")}`);
    // Recorded days have one procurement a notice; a history has fewer.
    expect(stored).toBeGreaterThan(Math.min(...foretold));
    expect(stored).toBeLessThan(1.1 * Math.max(...foretold));
    if (CONTRACTS >= 100_000)
      expect(each(after.data + after.index - before.data - before.index)).toBeLessThanOrEqual(BYTES_MAX);
  }, 1_800_000);

  it.each(SOURCES)("of a release of %s are what the forecast takes them for", async (source: Source) => {
    const releases = await recordedReleases(source);
    const upserts = mappedPage(source, releases, now);
    const lines = STORE_RAW_MODES.map((storeRaw) => {
      const bytes = upserts.map((upsert, at) =>
        bsonBytes({ ...upsert, ...rawDataOf({ storeRaw }, { release: releases[at] }) }),
      );
      const measured = bytes.reduce((sum, one) => sum + one, 0) / bytes.length;
      const month = { source, from: new Date("2026-03-01"), to: new Date("2026-04-01") };
      const expected = costOf(month, { ...unmeasured, storeRaw });
      return { storeRaw, measured: Math.round(measured), forecast: expected.bytes / expected.releases };
    });
    console.table(lines);
    for (const { measured, forecast } of lines) expect(Math.abs(measured / forecast - 1)).toBeLessThan(0.01);
  });
});
