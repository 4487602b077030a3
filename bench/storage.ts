// `npm run bench:storage -- --recorded DIR`: fills a real MongoDB with recorded releases, each many times over under ids of
// its own, until it holds what `npm run plan -- --tier M0` says, and compares the sizes. It prints the figures that
// src/forecast/forecast.ts and src/store/budget.ts begin with; `--share 0.2` is enough for those.
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";
import { readConfig } from "../src/config/config.ts";
import { startMongod } from "../src/local/mongod.ts";
import { foldOcid } from "../src/map/process/fold.ts";
import { collectionsOf, type Database } from "../src/platform/database.ts";
import { createLogger } from "../src/platform/logger.ts";
import { workerEffects } from "../src/platform/worker-effects.ts";
import { createRandom } from "../src/replica/random.ts";
import { loadRecorded } from "../src/replica/recorded.ts";
import { SOURCES, type Source } from "../src/replica/sources.ts";
import { invoke } from "../src/run/invocation.ts";
import { measureStorage } from "../src/store/budget.ts";
import { rawDataOf } from "../src/store/raw-data.ts";
import type { Upsert } from "../src/store/statements.ts";
import { bsonBytes, storePage } from "../src/store/store.ts";
import { STORE_RAW_MODES, type StoreRaw } from "../src/terms/documents.ts";
import { toLondon } from "../src/terms/london-time.ts";
import { unmeasured } from "../src/upkeep/measured.ts";
import { type Preview, preview } from "../src/upkeep/preview.ts";
import { budgetFor, reachOf } from "../src/upkeep/tiers.ts";
import { mapRelease } from "../test/kit/map.ts";

const MIB = 1_048_576;
const ROWS_PER_WRITE = 1000;
const EDITS = 0.32; // of Contracts Finder's releases: 610,000 notices, 900,000 revisions (api-facts)

const { values: given } = parseArgs({
  options: { recorded: { type: "string" }, share: { type: "string", default: "1" } },
});
if (!given.recorded) throw new Error("--recorded DIR: a folder with recorded pages of both sources");
const share = Number(given.share);
const recorded = await loadRecorded(given.recorded);
const now = new Date();
const random = createRandom(1);

interface Mapped {
  upsert: Upsert;
  release: unknown;
}

const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);

function mapped(source: Source): Mapped[] {
  return recorded[source].flatMap(({ recorded: release }) => {
    const result = mapRelease({ source, release, now });
    if (result.kind === "rejected") return [];
    const { buyers, revision } = result;
    return [{ upsert: { contract: result.contract, buyers, revision }, release }];
  });
}

/** What a release's contract takes, without times and indexes. */
const releaseBytes = (of: Mapped[], storeRaw: StoreRaw) =>
  Math.round(
    mean(of.map(({ upsert, release }) => bsonBytes({ ...upsert, ...rawDataOf({ storeRaw }, { release }) }))),
  );

/** The same text, as another notice: ids of the same form and length, another date. */
function another({ contract, buyers, revision }: Upsert, source: Source, at: Date, index: number): Upsert {
  const fat = source === "FIND_A_TENDER";
  const guid = randomUUID();
  const number = `${String(index % 1_000_000).padStart(6, "0")}-${now.getUTCFullYear() - Math.floor(index / 1_000_000)}`;
  const noticeId = fat ? number : guid;
  const ocid = fat
    ? `ocds-h6vhtk-0${(0x30000 + index).toString(16).padStart(5, "0")}`
    : `ocds-b5fd17-${randomUUID()}`;
  const later = at.getTime() - contract.publishedDate.getTime();
  const { deadlineDate } = contract;
  return {
    buyers,
    revision: revision === null ? null : 100_000 + index,
    contract: {
      ...{ ...contract, ocid, noticeId, publishedDate: at },
      sourceUrl: contract.sourceUrl.replace(contract.noticeId, noticeId),
      ...(deadlineDate ? { deadlineDate: new Date(deadlineDate.getTime() + later) } : {}),
    },
  };
}

async function fill(db: Database, options: { source: Source; of: Mapped[]; releases: number; start: Date }) {
  const { source, of, releases, start } = options;
  const step = (now.getTime() - start.getTime()) / releases;
  const recent: Upsert[] = [];
  for (let from = 0; from < releases; from += ROWS_PER_WRITE) {
    const upserts: Upsert[] = [];
    for (let index = from; index < Math.min(releases, from + ROWS_PER_WRITE); index++) {
      const one = of[index % of.length];
      if (!one) continue;
      const edited =
        source === "CONTRACTS_FINDER" && random() < EDITS
          ? recent[Math.floor(random() * recent.length)]
          : null;
      const upsert = edited
        ? { ...edited, revision: 100_000 + index }
        : another(one.upsert, source, new Date(now.getTime() - index * step), index);
      if (!edited) recent.push(upsert);
      upserts.push(upsert);
    }
    recent.splice(0, recent.length - ROWS_PER_WRITE);
    await storePage({ db, fold: foldOcid, now }, upserts);
    if ((from / ROWS_PER_WRITE) % 20 === 0) console.error(`${source} ${from} of ${releases}`);
  }
}

const config = readConfig({ MONGODB_URI: "mongodb://none" }, now);
const { known } = unmeasured(config);
const reach = reachOf({ history: config.sources, budgetMb: budgetFor("M0"), known, now });
const start = reach.likely;
if (!start) throw new Error("not even the newest month fits into M0");
const depths = config.sources.map((one) => ({ ...one, start }));
const foretold: Preview = preview({ depths, known, pace: config, by: "year", now, existing: {} });

const mongo = await startMongod({ ownServer: true });
const client = await new MongoClient(mongo.uri, { ignoreUndefined: true }).connect();
const db = collectionsOf(client.db("storage"));
const log = createLogger({ level: "silent", secrets: [] });
await invoke({ db, effects: workerEffects, config, log, verifyOnly: true }); // indexes and all, as the Worker makes them
const measured = async () => {
  await client.db("admin").command({ fsync: 1 }); // sizes of indexes are known after a checkpoint
  return measureStorage(db);
};
let before = await measured();
for (const source of SOURCES) {
  const of = mapped(source);
  const releases = Math.round((foretold.bySource[source]?.releases ?? 0) * share);
  await fill(db, { source, of, releases, start });
  const after = await measured();
  const contracts = after.contracts.count - before.contracts.count;
  const each = (after.contracts.bytes - before.contracts.bytes) / contracts;
  const bytes = Object.fromEntries(STORE_RAW_MODES.map((mode) => [mode, releaseBytes(of, mode)]));
  console.log(
    `${source}: RELEASE_BYTES ${JSON.stringify(bytes)} (${of.length} recorded); ${releases} releases are ${contracts} contracts of ${each.toFixed(0)} bytes with their indexes: CONTRACT_EXTRA_BYTES ${(each - (bytes["none"] ?? 0)).toFixed(0)}`,
  );
  before = after;
}
const disk = await client.db("storage").command({ dbStats: 1 });
const { buyers, usedBytes } = before;
console.log(`buyers: ${buyers.count}, ${(buyers.bytes / buyers.count).toFixed(0)} bytes each: BUYER_BYTES`);
console.log(`on disk: ${((100 * disk["totalSize"]) / usedBytes).toFixed(0)} % of documents and indexes`);
const off = usedBytes / (foretold.size.likely * share) - 1;
console.log(
  `M0, back to ${toLondon(start).slice(0, 10)}: plan ${((foretold.size.likely * share) / MIB).toFixed(1)} MB, filled ${(usedBytes / MIB).toFixed(1)} MB, off by ${(100 * off).toFixed(1)} %`,
);
await client.close();
await mongo.stop();
