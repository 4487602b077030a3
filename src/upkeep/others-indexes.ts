// Unique indexes that another program has made, and what they keep out of the database: each with the command that mends it.
import type { Database } from "../platform/database.ts";
import { REFUSED } from "../store/writes.ts";

export interface OthersIndex {
  /** `contracts.source_1_noticeId_1` */
  index: string;
  keepsOut: string;
  mend: string;
}

const keysOf = (key: object) => Object.keys(key).sort().join();

/** Those that stand in the way, whether anything has met them yet or not. */
export async function othersIndexes(db: Database): Promise<OthersIndex[]> {
  return [...(await onNotices(db)), ...(await onNames(db))];
}

/** A notice that stands under several processes is several contracts: `{source, noticeId}` allows one. */
async function onNotices({ contracts, quarantine }: Database): Promise<OthersIndex[]> {
  const indexes = await contracts.indexes();
  const found = indexes.filter(({ key, unique }) => unique && keysOf(key) === "noticeId,source");
  if (found.length === 0) return [];
  const refused = await quarantine.countDocuments({ reason: { $regex: `^${REFUSED}` } });
  return found.map(({ name }) => ({
    index: `contracts.${name}`,
    keepsOut: `${refused} notices that stand under several processes (they are in quarantine)`,
    mend: `db.contracts.dropIndex("${name}"), then npm run sync -- quarantine retry`,
  }));
}

/** Two organisations may have one name: the later one is stored without its `nameLower`, and nothing else is missing. */
async function onNames({ buyers }: Database): Promise<OthersIndex[]> {
  const indexes = await buyers.indexes();
  const found = indexes.filter(({ key, unique }) => unique && keysOf(key) === "nameLower");
  const without = await buyers.countDocuments({ version: { $exists: true }, nameLower: { $exists: false } });
  if (without === 0) return [];
  return found.map(({ name }) => ({
    index: `buyers.${name}`,
    keepsOut: `the nameLower of ${without} buyers that have the name of another one; they are found by _id and orgId`,
    mend: `nothing needs mending; where names may stand twice: db.buyers.dropIndex("${name}")`,
  }));
}
