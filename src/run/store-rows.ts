// map → store for the rows of one page: every release ends in `contracts` or, with its text and the reason, in
// `quarantine`.
import { noteRecovered } from "../claim/claim.ts";
import type { Page } from "../fetch/page.ts";
import { distinct } from "../fetch/walk.ts";
import { foldOcid } from "../map/process/fold.ts";
import { growthBytes } from "../store/budget.ts";
import type { Upsert } from "../store/statements.ts";
import { quarantine, release, storePage, unknownOf } from "../store/store.ts";
import { type Row, releaseKey } from "../terms/release.ts";
import type { StoreContext } from "./context.ts";
import { type Case, caseBytes, caseOf, type Found, namelessCase, withinBounds } from "./evidence.ts";
import { storeUnlessFull } from "./headroom.ts";
import { prepareRow } from "./prepare.ts";

export interface StoredRows {
  /** Contracts inserted or changed. */
  changed: number;
  /** Releases that were not here before: contracts inserted, revisions added, releases newly in quarantine. */
  added: number;
  /** Those of the page, each once; none where that was not asked for. */
  addedRows: readonly Row[];
  /** BSON bytes of each row's contract, by row key; a row in quarantine has none. */
  bytes: ReadonlyMap<string, number>;
  /** Releases that went into quarantine. */
  quarantined: number;
  /** Releases of the window that have left it. */
  recovered: number;
}

export const NOTHING_STORED: StoredRows = {
  changed: 0,
  added: 0,
  addedRows: [],
  bytes: new Map(),
  quarantined: 0,
  recovered: 0,
};

/** Who wants to know which releases are new here (one more read). */
export interface Additions {
  /** Keys that a run was about to add when it was stopped: they are new, whether they are stored or not. */
  announced: ReadonlySet<string>;
  /** What is new is told before it is stored: a run that is stopped in between leaves it to the next one to count. */
  announce: (rows: readonly Row[]) => Promise<void>;
}

interface StoreOptions {
  page: Pick<Page, "rows" | "unidentified">;
  /** Where the page was asked for: evidence of what goes into quarantine. */
  place: string;
  windowId: string | null;
  additions?: Additions | null;
}

export async function storeRows(context: StoreContext, options: StoreOptions): Promise<StoredRows> {
  const { source, db, effects, headroom } = context;
  const { page, place, windowId } = options;
  const now = effects.now();
  const found = { source, windowId, place };
  const { upserts, rows, bytes, released, cases } = prepareRows(context, { page, found, now });
  const { newRows, changed, inserted } = await storeUnlessFull(headroom, async () => {
    const newRows = options.additions
      ? await announceNew(context, options.additions, { page, upserts, rows, cases })
      : [];
    const stored = await storePage({ db, fold: foldOcid, now }, upserts);
    for (const { upsert, reason } of stored.refused) {
      const row = rows.get(upsert);
      if (!row) continue;
      bytes.delete(row.key);
      cases.push(caseOf(found, row, reason));
    }
    await quarantine(db, boundedCases(context, cases), now);
    return { newRows, ...stored };
  });
  const read = [...bytes.values()].reduce((sum, one) => sum + one, 0);
  const { measured } = headroom;
  const { searchIndex: search } = context.config;
  headroom.grownBytes += growthBytes({ inserted, upserted: upserts.length, bytes: read, measured, search });
  const newCases = cases.filter(({ _id }) => !context.quarantined.has(_id));
  const nameless = options.additions ? newCases.filter(({ ocid }) => ocid === null).length : 0;
  const kept = new Set(cases.map(({ _id }) => _id));
  const gone = released.filter((id) => !kept.has(id));
  const recovered = await release(db, gone);
  await noteRecovered(db, recovered, windowId);
  for (const { _id } of cases) context.quarantined.add(_id);
  for (const id of gone) context.quarantined.delete(id);
  context.report.contractsChanged += changed;
  context.report.quarantined += newCases.length;
  return {
    ...{ changed, bytes, quarantined: cases.length },
    ...{ added: newRows.length + nameless, addedRows: newRows },
    recovered: windowId === null ? 0 : (recovered.get(windowId) ?? 0),
  };
}

/** Keys of the releases that are neither stored nor in quarantine. */
function newKeysOf(
  { source, quarantined }: StoreContext,
  { unknown, cases }: { unknown: readonly Row[]; cases: readonly Case[] },
): Set<string> {
  // What leaves the quarantine was here before, and has been counted.
  const contracts = unknown.flatMap(({ key }) => (quarantined.has(`${source}/${key}`) ? [] : [key]));
  const inQuarantine = cases.flatMap(({ _id, ocid, releaseId }) =>
    ocid === null || releaseId === null || quarantined.has(_id) ? [] : [releaseKey(ocid, releaseId)],
  );
  return new Set([...contracts, ...inQuarantine]);
}

/** @returns rows of the page that are new here, each once */
async function announceNew(
  context: StoreContext,
  { announced, announce }: Additions,
  { page, upserts, rows, cases }: Pick<StoreOptions, "page"> & Omit<PreparedRows, "bytes" | "released">,
): Promise<Row[]> {
  const unknown = (await unknownOf(context.db, upserts)).flatMap((upsert) => rows.get(upsert) ?? []);
  const newKeys = newKeysOf(context, { unknown, cases });
  const all = distinct(page.rows);
  const untold = all.filter(({ key }) => newKeys.has(key) && !announced.has(key));
  if (untold.length > 0) await announce(untold);
  return all.filter(({ key }) => newKeys.has(key) || announced.has(key));
}

interface PreparedRows {
  upserts: Upsert[];
  rows: Map<Upsert, Row>;
  /** Of each release by its key. */
  bytes: Map<string, number>;
  /** Ids of cases in quarantine that can be stored now. */
  released: string[];
  cases: Case[];
}

function prepareRows(
  { source, rules, config, quarantined }: StoreContext,
  { page, found, now }: { page: StoreOptions["page"]; found: Found; now: Date },
): PreparedRows {
  const prepared: PreparedRows = { upserts: [], rows: new Map(), bytes: new Map(), released: [], cases: [] };
  for (const row of distinct(page.rows)) {
    const one = prepareRow({ source, rules, row, now, config });
    if (one.kind === "rejected") {
      prepared.cases.push(caseOf(found, row, one.reason));
      continue;
    }
    prepared.upserts.push(one.upsert);
    prepared.rows.set(one.upsert, row);
    prepared.bytes.set(row.key, one.bytes);
    const id = `${source}/${row.key}`;
    if (quarantined.has(id)) prepared.released.push(id);
  }
  for (const one of page.unidentified) prepared.cases.push(namelessCase(found, one));
  return prepared;
}

/** What is there keeps its text; what is new gets as much as there is room for, and counts against the budget. */
function boundedCases({ quarantined, textCounts, headroom }: StoreContext, cases: Case[]): Case[] {
  return cases.map((one) => {
    if (quarantined.has(one._id)) return { ...one, rawText: "" };
    const bounded = withinBounds(textCounts, one);
    headroom.grownBytes += caseBytes(bounded);
    return bounded;
  });
}
