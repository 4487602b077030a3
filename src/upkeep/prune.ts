// `npm run sync -- prune`: windows first, then contracts in steps, for each source that has any older than its start.

import { foldOcid } from "../map/process/fold.ts";
import { dropWindows, forgetBefore, type OldWindows, windowsBefore } from "../plan/forget.ts";
import type { Database } from "../platform/database.ts";
import {
  forgetCases,
  measureCut,
  measureOld,
  type NumbersFrom,
  type OldContracts,
  pruneStep,
  recountAll,
} from "../store/prune.ts";
import { isFull } from "../store/store.ts";
import type { Source } from "../terms/window.ts";

export interface PruneOptions {
  db: Database;
  /** Everything of the source before its start goes. */
  sources: readonly { source: Source; start: Date }[];
  /** As of when processes stand that lose notices. */
  now: Date;
  /** Only says what would go. */
  dryRun: boolean;
  /** Told after each step how many contracts of the source are gone. */
  onStep?: (source: Source, contracts: number) => void;
}

export interface PruneReport {
  source: Source;
  start: Date;
  contracts: number;
  bytes: number;
  /** Windows that are fetched again when the start moves back. */
  windows: string[];
}

/** Stopped anywhere, the next call goes on. The settings of the Worker should have the same starts: it fetches what it wants. */
export async function prune(options: PruneOptions): Promise<PruneReport[]> {
  const reports: PruneReport[] = [];
  for (const one of options.sources) reports.push(await pruneSource(options, one));
  return reports;
}

async function pruneSource(
  { db, now, dryRun, onStep }: PruneOptions,
  { source, start }: PruneOptions["sources"][number],
): Promise<PruneReport> {
  const windows = await windowsBefore(db, source, start);
  const old = { source, before: start, kept: await keptNumbers(db, { source, start, now }) };
  const { contracts, bytes } = await measureOld(db, old);
  const { whole, cut } = windows;
  const report = {
    source,
    start,
    contracts,
    bytes,
    windows: [...whole, ...(cut ? [cut] : [])].map(({ _id }) => _id),
  };
  if (dryRun) return report;
  let gone = 0;
  const deleteAll = async (what: OldContracts) => {
    const storing = { db, fold: foldOcid, now };
    for (let step = await pruneStep(storing, what); step > 0; step = await pruneStep(storing, what)) {
      gone += step;
      onStep?.(source, gone);
    }
  };
  try {
    await forget(db, { windows, start, old });
  } catch (error) {
    // Over its quota MongoDB refuses to mark the windows, but not to delete: whole months make room for the rest.
    const before = whole.at(-1)?.to;
    if (!isFull(error) || !before) throw error;
    await dropWindows(db, whole);
    await deleteAll({ ...old, before });
    await forget(db, { windows: { whole: [], cut }, start, old });
  }
  await forgetCases(
    db,
    whole.map(({ _id }) => _id),
  );
  await deleteAll(old);
  await recountAll(db);
  return report;
}

async function forget(
  db: Database,
  { windows, start, old }: { windows: OldWindows; start: Date; old: OldContracts },
): Promise<void> {
  const { cut } = windows;
  const pruned = cut ? await measureCut(db, old, cut.from) : { releases: 0, bytes: 0, byTag: {} };
  await forgetBefore(db, { windows, start, pruned });
}

const FIRST_NOTICES = 500; // dated after the start: a day of 2026, a week of 2021
const STRAY_SHARE = 0.02; // of them are dated wrongly, or re-published under their old number

/**
 * A notice's date is not always when it was listed; its number is (api-facts). From which number of each year on notices were
 * listed after the start, told by those that are dated just after it, without strays.
 */
async function keptNumbers(
  db: Database,
  { source, start, now }: { source: Source; start: Date; now: Date },
): Promise<NumbersFrom[]> {
  const after = { source, publishedDate: { $gte: start }, noticeId: /^\d{6}-\d{4}$/ };
  const first = await db.contracts
    .find(after, { projection: { noticeId: 1 }, sort: { publishedDate: 1 }, limit: FIRST_NOTICES })
    .toArray();
  const year = start.getUTCFullYear();
  const numbers = first
    .filter(({ noticeId }) => noticeId.endsWith(`-${year}`))
    .map(({ noticeId }) => Number(noticeId.slice(0, 6)))
    .sort((a, b) => a - b);
  const lowest = numbers[Math.floor(numbers.length * STRAY_SHARE)];
  if (first.length === 0) return [];
  const later = now.getUTCFullYear() - year;
  return [
    ...(lowest === undefined ? [] : [{ year, lowest }]),
    ...Array.from({ length: Math.max(0, later) }, (_, index) => ({ year: year + index + 1, lowest: 0 })),
  ];
}
