// Applies the plan's difference to `syncWindows`. Idempotent; of two planners at once each move is made by one.
import type { AnyBulkWriteOperation } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { ALL_STAGES, type Source } from "../terms/window.ts";
import { comparePlan, type DueAgain, type Move, planHash, wantedWindows } from "./difference.ts";

export interface Planned {
  /** Null when a window changed under this plan: the next invocation compares again. */
  hash: string | null;
  inserted: number;
  moved: number;
}

/** Makes `syncWindows` hold the wanted windows of one source; an unchanged `knownHash` costs one small query. */
export async function plan(
  db: Database,
  options: {
    source: Source;
    start: Date;
    horizon: Date;
    stages: string[];
    /** Each has its own windows; without it the source is one. */
    sites?: readonly string[];
    /** Whole months up to here, over or not. */
    until?: Date;
    /** Done windows that are to be read once more. */
    isDueAgain?: DueAgain;
    knownHash: string | null;
    now: Date;
  },
): Promise<Planned> {
  const { source, start, horizon, stages, sites, until, isDueAgain, now } = options;
  const months = wantedWindows({ source, start, horizon, now, ...(until ? { until } : {}) });
  const wanted = sites ? sites.flatMap((site) => months.map((month) => ({ ...month, site }))) : months;
  const hash = planHash(wanted, stages, now);
  if (hash === options.knownHash && !(await hasUncovered(db, source, stages)))
    return { hash, inserted: 0, moved: 0 };
  const projection = { publishedSeconds: 0, numbers: 0 }; // tens of kilobytes each
  const existing = await db.syncWindows.find({ source }, { projection }).toArray();
  const difference = comparePlan({
    ...{ wanted, existing, start, stages, now },
    ...(isDueAgain ? { isDueAgain } : {}),
  });
  const writes = [...difference.insert.map(insertion), ...difference.moves.map(conditionalMove)];
  const result = writes.length > 0 ? await db.syncWindows.bulkWrite(writes, { ordered: false }) : null;
  const applied = result ? result.matchedCount + result.upsertedCount : 0;
  return {
    hash: applied === writes.length ? hash : null,
    inserted: difference.insert.length,
    moved: difference.moves.length,
  };
}

/** Whether another Worker, with other lanes, has since finished a window that lacks one of these. */
async function hasUncovered(db: Database, source: Source, stages: string[]): Promise<boolean> {
  const lacks = stages.map((stage) => ({ "lanes.stage": { $nin: [ALL_STAGES, stage] } }));
  const projection = { _id: 1 };
  return (await db.syncWindows.findOne({ source, status: "done", $or: lacks }, { projection })) !== null;
}

function insertion(window: SyncWindow): AnyBulkWriteOperation<SyncWindow> {
  return { updateOne: { filter: { _id: window._id }, update: { $setOnInsert: window }, upsert: true } };
}

function conditionalMove({ window, set, unset }: Move): AnyBulkWriteOperation<SyncWindow> {
  const { _id, status, from, to, lanes } = window;
  const filter = set.lanes ? { _id, status, from, to, lanes } : { _id, status, from, to };
  const gone = Object.fromEntries(unset.map((field) => [field, 1 as const]));
  return { updateOne: { filter, update: unset.length > 0 ? { $set: set, $unset: gone } : { $set: set } } };
}
