// How much the database may still take. A write that was refused for want of space is the last one that this invocation
// tries.
import type { Config } from "../config/config.ts";
import type { Database } from "../platform/database.ts";
import { measureStorage, type StorageSize } from "../store/budget.ts";
import { isFull } from "../store/store.ts";
import { BudgetSpent, StorageFull } from "../terms/errors.ts";

const MIB = 1_048_576; // Atlas counts so
/** A window that turns out bigger than its forecast stops here: halfway into what is kept for the delta. */
const WINDOW_STOPS_SHARE = 0.95;

export interface Headroom {
  /** How many sources write side by side. */
  sources: number;
  /** 0: no budget. */
  budgetBytes: number;
  /** Null without a budget: nothing is measured then. */
  measured: StorageSize | null;
  /** Bytes of contracts and processes stored since it was measured. */
  grownBytes: number;
  /** The refusal that ends this invocation. */
  full: StorageFull | null;
  /** Writes that MongoDB refused for want of space. */
  refusals: Set<StorageFull>;
  /** Ends when the page that is being stored is: the next one waits for it. */
  storing: Promise<void>;
}

export async function openHeadroom(db: Database, { storageBudgetMb, sources }: Config): Promise<Headroom> {
  const budgetBytes = storageBudgetMb * MIB;
  const measured = budgetBytes > 0 ? await measureStorage(db) : null;
  return {
    ...{ sources: sources.length, budgetBytes, measured, grownBytes: 0 },
    ...{ full: null, refusals: new Set(), storing: Promise.resolve() },
  };
}

/** Before each claim: buyers, indexes and what other invocations store are in no estimate. */
export async function remeasure(db: Database, headroom: Headroom): Promise<void> {
  if (headroom.budgetBytes === 0) return;
  const grownBefore = headroom.grownBytes;
  headroom.measured = await measureStorage(db);
  headroom.grownBytes -= grownBefore; // what the other sources store meanwhile stays counted
}

export const usedBytes = ({ measured, grownBytes }: Headroom) => (measured?.usedBytes ?? 0) + grownBytes;

/** @throws StorageFull when a write was refused, or when even what is kept for the delta is used up */
export function ensureHeadroom(headroom: Headroom, use: "backfill" | "delta"): void {
  if (headroom.full) throw headroom.full;
  if (headroom.budgetBytes === 0) return;
  const used = usedBytes(headroom);
  if (use === "backfill" && used >= headroom.budgetBytes * WINDOW_STOPS_SHARE)
    throw new BudgetSpent("the backfill has used its share of STORAGE_BUDGET_MB");
  if (use === "delta" && used >= headroom.budgetBytes) {
    const [is, of] = [used, headroom.budgetBytes].map((bytes) => (bytes / MIB).toFixed(1));
    throw new StorageFull(
      null,
      `New notices are not stored any more: the database has ${is} MB, STORAGE_BUDGET_MB is ${of}.`,
    );
  }
}

/**
 * Carries out a write of contracts: one at a time in an invocation, since its sources name the same buyers, and two pages
 * at once would make each other look again. After a refusal nobody tries another. @throws StorageFull
 */
export async function storeUnlessFull<T>(headroom: Headroom, write: () => Promise<T>): Promise<T> {
  const { storing: before } = headroom;
  const { promise, resolve: end } = Promise.withResolvers<void>();
  headroom.storing = promise;
  await before;
  try {
    if (headroom.full) throw headroom.full;
    return await write();
  } catch (error) {
    throw recordFull(headroom, error) ?? error;
  } finally {
    end();
  }
}

/** Bookkeeping, which a full database would refuse too: after a refusal none is tried. */
export async function writeUnlessFull(headroom: Headroom, write: () => Promise<unknown>): Promise<void> {
  if (headroom.refusals.size === 0) await writeOrRecordFull(headroom, write);
}

/** How the run ended is tried even then, but each source may have been refused a write at once: that is enough. */
export async function writeRunEnd(headroom: Headroom, write: () => Promise<unknown>): Promise<void> {
  if (headroom.refusals.size < headroom.sources) await writeOrRecordFull(headroom, write);
}

async function writeOrRecordFull(headroom: Headroom, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (recordFull(headroom, error) === null) throw error;
  }
}

/** The refusal that `error` is, noted for everybody; null when it is none. */
export function recordFull(headroom: Headroom, error: unknown): StorageFull | null {
  if (!isFull(error)) return null;
  const full = error instanceof StorageFull ? error : new StorageFull(error);
  if (full.refused) headroom.refusals.add(full);
  headroom.full ??= full;
  return full;
}
