// How far back each Atlas tier, or a storage budget, reaches. Pure.
import { costOf, type Known, sizeAlone, sumUp } from "../forecast/cost.ts";
import { BACKFILL_SHARE } from "../forecast/fitting.ts";
import { type Wanted, wantedWindows } from "../plan/difference.ts";
import type { StoreRaw } from "../terms/documents.ts";
import type { SourceDepth } from "./preview.ts";

const MIB = 1_048_576; // Atlas counts so

/** What Atlas sells, November 2026. M0 and Flex count documents and indexes uncompressed, M10 counts the disk. */
export const TIERS = {
  M0: { sizeMb: 512, counts: "documents and indexes" },
  FLEX: { sizeMb: 5 * 1024, counts: "documents and indexes" },
  M10: { sizeMb: 10 * 1024, counts: "disk" },
} as const;
export type Tier = keyof typeof TIERS;

const TIER_SHARE = 0.9; // sizes of indexes are known a minute late, and the cluster may hold more than this database

/** STORAGE_BUDGET_MB for a tier, in tens. */
export const budgetFor = (tier: Tier) => Math.floor((TIERS[tier].sizeMb * TIER_SHARE) / 10) * 10;

/** First instants that fit; null: not even the newest month does. */
export interface Reach {
  low: Date | null;
  likely: Date | null;
  high: Date | null;
  /** All there is fits. */
  all: boolean;
}

const costed = (windows: readonly Wanted[], known: Known) =>
  windows.map((window) => ({ ...window, cost: costOf(window, known) }));

/** How far back a database may go, in whole months and for both sources alike, so that the backfill's share holds it. */
export function reachOf(options: {
  history: readonly SourceDepth[];
  budgetMb: number;
  known: Known;
  now: Date;
}): Reach {
  const { history, budgetMb, known, now } = options;
  const windows = costed(
    history.flatMap(({ source, start }) => wantedWindows({ source, start, horizon: now, now })),
    known,
  );
  const starts = [...new Set(windows.map(({ from }) => from.getTime()))].sort((a, b) => b - a);
  const reach: Reach = { low: null, likely: null, high: null, all: false };
  const most = budgetMb * MIB * BACKFILL_SHARE;
  let held = sumUp([]);
  for (const start of starts) {
    held = sumUp([
      ...Object.entries(held).map(([source, cost]) => ({ source, cost })),
      ...windows.filter(({ from }) => from.getTime() === start),
    ]);
    const size = sizeAlone(held, known);
    const fits = { low: size.high <= most, likely: size.likely <= most, high: size.low <= most };
    for (const end of ["low", "likely", "high"] as const) if (fits[end]) reach[end] = new Date(start);
    if (!fits.high) return reach;
    reach.all = fits.likely && start === starts.at(-1);
  }
  return reach;
}

export interface TierReach {
  tier: Tier;
  sizeMb: number;
  counts: string;
  budgetMb: number;
  reach: Record<StoreRaw, Reach>;
}

export function tierReaches(options: {
  history: readonly SourceDepth[];
  known: Known;
  now: Date;
}): TierReach[] {
  const { history, known, now } = options;
  const tiers: Tier[] = ["M0", "FLEX", "M10"];
  return tiers.map((tier) => {
    const budgetMb = budgetFor(tier);
    const reach = (storeRaw: StoreRaw) =>
      reachOf({ history, budgetMb, known: { ...known, storeRaw, readWith: known.storeRaw }, now });
    return {
      ...{ tier, budgetMb, ...TIERS[tier] },
      reach: { none: reach("none"), gzip: reach("gzip"), full: reach("full") },
    };
  });
}
