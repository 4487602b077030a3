// Deletes contracts older than an instant, in bounded steps: stopped anywhere, the next call goes on. Buyers stay, with
// their counts brought down to what is there.
import type { Filter, ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { Contract } from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import { recount } from "./counts.ts";
import { isFull } from "./store.ts";
import { type Storing, settle } from "./store-page.ts";

/** From this notice number of its year on, a notice was listed after the instant, whatever date it carries. */
export interface NumbersFrom {
  year: number;
  lowest: number;
}

export interface OldContracts {
  source: Source;
  before: Date;
  /** Where ids are numbers: which of them the windows that stay hold. */
  kept: readonly NumbersFrom[];
}

export interface Amounts {
  contracts: number;
  /** BSON, without indexes. */
  bytes: number;
}

function filterOf({ source, before, kept }: OldContracts): Filter<Contract> {
  const numbered = kept.map(({ year, lowest }) => ({
    noticeId: { $gte: `${String(lowest).padStart(6, "0")}-${year}`, $regex: `-${year}$` },
  }));
  const old = { source, publishedDate: { $lt: before } };
  return numbered.length > 0 ? { ...old, $nor: numbered } : old;
}

/** How much there is to delete. */
export async function measureOld(db: Database, old: OldContracts): Promise<Amounts> {
  const pipeline = [
    { $match: filterOf(old) },
    { $group: { _id: null, contracts: { $sum: 1 }, bytes: { $sum: { $bsonSize: "$$ROOT" } } } },
    { $project: { _id: 0 } },
  ];
  const [amounts] = await db.contracts.aggregate<Amounts>(pipeline).toArray();
  return amounts ?? { contracts: 0, bytes: 0 };
}

/** The same from an instant on, by tag: what a window that is cut in two no longer holds. */
export async function measureCut(
  db: Database,
  old: OldContracts,
  from: Date,
): Promise<{ releases: number; bytes: number; byTag: Record<string, number> }> {
  const filter = filterOf(old);
  const pipeline = [
    { $match: { ...filter, publishedDate: { $gte: from, $lt: old.before } } },
    {
      $facet: {
        sum: [{ $group: { _id: null, releases: { $sum: 1 }, bytes: { $sum: { $bsonSize: "$$ROOT" } } } }],
        tags: [{ $unwind: "$tags" }, { $group: { _id: "$tags", times: { $sum: 1 } } }],
      },
    },
  ];
  const [found] = await db.contracts
    .aggregate<{ sum: { releases: number; bytes: number }[]; tags: { _id: string; times: number }[] }>(
      pipeline,
    )
    .toArray();
  const { releases = 0, bytes = 0 } = found?.sum[0] ?? {};
  return {
    releases,
    bytes,
    byTag: Object.fromEntries((found?.tags ?? []).map(({ _id, times }) => [_id, times])),
  };
}

const STEP_CONTRACTS = 500; // a step is over in a second or two, on an M0 with its 100 operations a second as well

/**
 * Deletes the oldest of them, folds their processes again from what is left, and brings their buyers' counts down; how many
 * it were, 0 when none is left.
 */
export async function pruneStep(storing: Storing, old: OldContracts, step = STEP_CONTRACTS): Promise<number> {
  const { db } = storing;
  const projection = { source: 1, ocid: 1, buyerId: 1, jointBuyerIds: 1 };
  const some = await db.contracts
    .find(filterOf(old), { projection, sort: { publishedDate: 1 }, limit: step })
    .toArray();
  if (some.length === 0) return 0;
  // The date is asked for again: an edit that came meanwhile has made it a new one.
  const ids = some.map(({ _id }) => _id);
  const { deletedCount } = await db.contracts.deleteMany({
    _id: { $in: ids },
    publishedDate: { $lt: old.before },
  });
  const buyers = new Map(
    some
      .flatMap(({ buyerId, jointBuyerIds = [] }) => [buyerId ?? [], jointBuyerIds].flat())
      .map((id) => [id.toHexString(), id]),
  );
  try {
    await settle(storing, some);
    await recount(db, [...buyers.values()]);
  } catch (error) {
    if (!isFull(error)) throw error; // not enough room yet: all are counted once more at the end
  }
  return Math.max(1, deletedCount);
}

const BUYERS_AT_ONCE = 500;

/** What steps that were stopped, or had no room, have left wrong. */
export async function recountAll(db: Database): Promise<void> {
  for (let after: ObjectId | null = null; ; ) {
    const some: { _id: ObjectId }[] = await db.buyers
      .find(after ? { _id: { $gt: after } } : {}, {
        projection: { _id: 1 },
        sort: { _id: 1 },
        limit: BUYERS_AT_ONCE,
      })
      .toArray();
    const last = some.at(-1);
    if (!last) return;
    await recount(
      db,
      some.map(({ _id }) => _id),
    );
    after = last._id;
  }
}

/** What quarantine and the list of absent numbers say of windows that are forgotten. */
export async function forgetCases(db: Database, windowIds: string[]): Promise<void> {
  if (windowIds.length === 0) return;
  await db.quarantine.deleteMany({ windowId: { $in: windowIds } });
  await db.noticeGaps.deleteMany({ windowId: { $in: windowIds } });
}
