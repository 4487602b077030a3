// `processes.twins`, found afterwards: a process that has changed is `twinsDue` until its buyer's processes of about the same
// time have been compared. What was stopped is due still.
import type { AnyBulkWriteOperation, Document, ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { Process } from "../terms/documents.ts";
import {
  BOTH_SITES_UNTIL,
  TWIN_PROJECTION,
  TWINS_APART_MS,
  type Twin,
  type TwinFacts,
  type TwinsAmong,
} from "../terms/twins.ts";

const DUE_AT_ONCE = 250;
const ROUNDS_MAX = 40; // the rest with the next run

type Known = TwinFacts & Pick<Process, "twins" | "version">;

/** @returns how many processes have been looked at */
export async function findTwins(db: Database, twinsAmong: TwinsAmong): Promise<number> {
  let looked = 0;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const due = await db.processes
      .find<Known>(
        { twinsDue: true },
        { projection: TWIN_PROJECTION, sort: { buyerId: 1 }, limit: DUE_AT_ONCE },
      )
      .toArray();
    if (due.length > 0) await lookFor(db, due, twinsAmong);
    looked += due.length;
    if (due.length < DUE_AT_ONCE) break;
  }
  return looked;
}

async function lookFor(db: Database, due: readonly Known[], twinsAmong: TwinsAmong): Promise<void> {
  const byBuyer = Map.groupBy(due, ({ buyerId }) => buyerId?.toHexString() ?? "");
  byBuyer.delete("");
  const around = await readAround(db, [...byBuyer.values()]);
  const isDue = new Set(due.map(({ _id }) => _id.toHexString()));
  const all = new Map([...due, ...around].map((one) => [one._id.toHexString(), one]));
  const groups = Map.groupBy(all.values(), ({ buyerId }) => buyerId?.toHexString() ?? "");
  const found = new Map([...groups].flatMap(([buyer, own]) => (buyer === "" ? [] : [...twinsAmong(own)])));
  const settled: Known[] = [];
  const writes: AnyBulkWriteOperation<Process>[] = [];
  for (const [id, one] of all) {
    const twins = found.get(id) ?? [];
    const isSame = textOf(twins) === textOf(one.twins ?? []);
    // Of the others not all that they may be twins of has been read: only what the due ones change is written.
    const isConcerned = [...twins, ...(one.twins ?? [])].some(({ processId }) =>
      isDue.has(String(processId)),
    );
    if (isDue.has(id) && isSame) settled.push(one);
    else if (isDue.has(id) || (isConcerned && !isSame)) writes.push(naming(one, twins));
  }
  const asRead = settled.map(({ _id, version }) => ({ _id, version }));
  if (asRead.length > 0)
    writes.push({ updateMany: { filter: { $or: asRead }, update: { $unset: { twinsDue: 1 } } } });
  if (writes.length > 0) await db.processes.bulkWrite(writes, { ordered: false });
}

/** Processes of the same buyers whose notices overlap with theirs in time, or nearly. */
async function readAround(db: Database, groups: readonly (readonly Known[])[]): Promise<Known[]> {
  const branches = groups.flatMap((own): Document[] => {
    const [one] = own;
    if (!one) return [];
    const first = Math.min(...own.map(({ firstPublishedDate }) => Number(firstPublishedDate)));
    const last = Math.max(...own.map(({ publishedDate }) => Number(publishedDate)));
    const from = new Date(first - TWINS_APART_MS);
    const to = new Date(Math.min(last + TWINS_APART_MS, Number(BOTH_SITES_UNTIL)));
    return [{ buyerId: one.buyerId, firstPublishedDate: { $lt: to }, publishedDate: { $gte: from } }];
  });
  if (branches.length === 0) return [];
  return db.processes.find<Known>({ $or: branches }, { projection: TWIN_PROJECTION }).toArray();
}

function naming(
  { _id, version }: { _id: ObjectId; version: number },
  twins: Twin[],
): AnyBulkWriteOperation<Process> {
  const update =
    twins.length > 0 ? { $set: { twins }, $unset: { twinsDue: 1 } } : { $unset: { twins: 1, twinsDue: 1 } };
  return { updateOne: { filter: { _id, version }, update } } as AnyBulkWriteOperation<Process>;
}

const textOf = (twins: readonly Twin[]) =>
  JSON.stringify(twins.map(({ processId, likelihood, agree }) => [processId, likelihood, agree]));
