// Releases in quarantine, mapped once more by today's mapper: what can be stored now leaves it.
import { noteRecovered } from "../claim/claim.ts";
import type { Config } from "../config/config.ts";
import { readPage, salvageReleases } from "../fetch/page.ts";
import { distinct } from "../fetch/walk.ts";
import { foldOcid } from "../map/process/fold.ts";
import type { Database } from "../platform/database.ts";
import { prepareRow } from "../run/prepare.ts";
import { rulesOf } from "../sources/index.ts";
import type { rawDataOf } from "../store/raw-data.ts";
import { release, storePage } from "../store/store.ts";
import type { Quarantined } from "../terms/documents.ts";

export interface Requarantined {
  /** Ids that are stored now. */
  stored: string[];
  /** What stays, and why. */
  left: { id: string; reason: string }[];
}

/** @param id only this one. @throws StorageFull */
export async function retryQuarantine(options: {
  db: Database;
  config: Parameters<typeof rawDataOf>[0] & Pick<Config, "sources" | "storeDetails">;
  now: Date;
  id?: string;
}): Promise<Requarantined> {
  const { db, id } = options;
  const result: Requarantined = { stored: [], left: [] };
  // One at a time: a text can be megabytes, and each stands by itself.
  for await (const one of db.quarantine.find(id === undefined ? {} : { _id: id }, { sort: { _id: 1 } })) {
    const reason = await storeCase(options, one);
    if (reason === null) result.stored.push(one._id);
    else result.left.push({ id: one._id, reason });
  }
  return result;
}

/** Null when it is stored, or why it is not. */
async function storeCase(
  { db, config, now }: Parameters<typeof retryQuarantine>[0],
  { _id, source, rawText }: Quarantined,
): Promise<string | null> {
  if (rawText === "") return "its text was not kept: it leaves when its month is read again";
  const rules = rulesOf(config.sources, source);
  const body = new TextEncoder().encode(`{"releases":[${rawText}]}`);
  const read = readPage(body);
  const { rows, unidentified } = read.kind === "page" ? read.page : salvageReleases(body);
  const [bad] = unidentified;
  if (bad) return bad.reason;
  for (const row of distinct(rows)) {
    const prepared = prepareRow({ source, rules, row, now, config });
    if (prepared.kind === "rejected") return prepared.reason;
    const { refused } = await storePage({ db, fold: foldOcid, now }, [prepared.upsert]);
    if (refused[0]) return refused[0].reason;
  }
  if (rows.length === 0) return "its text holds no release";
  await noteRecovered(db, await release(db, [_id]));
  return null;
}
