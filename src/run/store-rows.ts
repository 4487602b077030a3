// map → store for the rows of one page: every release ends in `contracts` or, with its text and the reason, in
// `quarantine`.
import type { Page } from "../fetch/page.ts";
import { distinct } from "../fetch/walk.ts";
import { growthBytes } from "../store/budget.ts";
import type { Upsert } from "../store/statements.ts";
import { quarantine, release, storePage, unknownOf } from "../store/store.ts";
import type { MappedBuyer } from "../terms/documents.ts";
import type { StoreContext } from "./context.ts";
import { type Case, caseOf, namelessCase } from "./evidence.ts";
import { storing } from "./headroom.ts";
import { prepareRow } from "./prepare.ts";

export interface StoredRows {
  /** Contracts inserted or changed. */
  changed: number;
  /** Releases that were not here before: contracts inserted, revisions added, releases newly in quarantine. */
  added: number;
  /** Keys of the rows that are new here. */
  addedKeys: ReadonlySet<string>;
  /** BSON bytes of each row's contract, by row key; a row in quarantine has none. */
  bytes: ReadonlyMap<string, number>;
  /** Releases that went into quarantine. */
  quarantined: number;
}

export const NOTHING_STORED: StoredRows = {
  changed: 0,
  added: 0,
  addedKeys: new Set(),
  bytes: new Map(),
  quarantined: 0,
};

interface StoreOptions {
  page: Pick<Page, "rows" | "unidentified">;
  /** Where the page was asked for: evidence of what goes into quarantine. */
  place: string;
  windowId: string | null;
  /** Find out how many of the releases are new here (one more read). */
  countAdded?: boolean;
}

export async function storeRows(context: StoreContext, options: StoreOptions): Promise<StoredRows> {
  const { source, rules, db, effects, config, room } = context;
  const { page, place, windowId } = options;
  const now = effects.now();
  const upserts: Upsert[] = [];
  const keys = new Map<Upsert, string>();
  const buyers: MappedBuyer[] = [];
  const bytes = new Map<string, number>();
  const released: string[] = [];
  const cases: Case[] = [];
  const found = { source, windowId, place };
  for (const row of distinct(page.rows)) {
    const prepared = prepareRow({ source, rules, row, now, config });
    if (prepared.kind === "rejected") {
      cases.push(caseOf(found, row, prepared.reason));
      continue;
    }
    upserts.push(prepared.upsert);
    keys.set(prepared.upsert, row.key);
    buyers.push(...prepared.buyers);
    bytes.set(row.key, prepared.bytes);
    const id = `${source}/${row.key}`;
    if (context.quarantined.has(id)) released.push(id);
  }
  for (const one of page.unidentified) cases.push(namelessCase(found, one));
  const newCases = cases.filter(({ _id }) => !context.quarantined.has(_id)).length;
  const unknown = options.countAdded ? await unknownOf(db, upserts) : [];
  const addedKeys = new Set([
    ...unknown.map((upsert) => keys.get(upsert) ?? ""),
    ...cases.flatMap(({ _id, ocid, releaseId }) =>
      ocid === null || context.quarantined.has(_id) ? [] : [`${ocid}/${releaseId}`],
    ),
  ]);
  const added = options.countAdded ? newCases + unknown.length : 0;
  const { changed, inserted } = await storing(room, async () => {
    const stored = await storePage(db, { upserts, buyers });
    await quarantine(db, cases, now);
    return stored;
  });
  const read = [...bytes.values()].reduce((sum, one) => sum + one, 0);
  room.grownBytes += growthBytes({ inserted, upserted: upserts.length, bytes: read });
  await release(db, released);
  for (const { _id } of cases) context.quarantined.add(_id);
  for (const id of released) context.quarantined.delete(id);
  context.report.contractsChanged += changed;
  context.report.quarantined += newCases;
  return { changed, added, addedKeys, bytes, quarantined: cases.length };
}
