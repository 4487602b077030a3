// What `plan` answers: the depth that is set, or that a tier or a budget allows, and what it costs. Pure.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { type Config, readConfig } from "../config/config.ts";
import { BACKFILL_SHARE } from "../forecast/fitting.ts";
import { volumesFor } from "../forecast/volumes.ts";
import { megabytes } from "../report/words.ts";
import { SOURCES } from "../sources/index.ts";
import type { StoreRaw } from "../terms/documents.ts";
import { ConfigError } from "../terms/errors.ts";
import { toLondon } from "../terms/london-time.ts";
import { SEARCH_INDEX_BYTES, type SearchMode } from "../terms/search.ts";
import type { VolumesBySource } from "../terms/source.ts";
import type { Measured } from "./measured.ts";
import { type Preview, preview } from "./preview.ts";
import { budgetFor, type Reach, reachOf, type Tier, type TierReach, tierReaches } from "./tiers.ts";

export interface DepthOptions {
  start?: string;
  tier?: Tier;
  budget?: number;
  raw?: StoreRaw;
  search?: SearchMode;
  by?: "month" | "year";
}

const COMMON_START = "BACKFILL_START_DATE";
export const STARTS: readonly string[] = [COMMON_START, ...SOURCES.map(({ startSetting }) => startSetting)];
const MONTHLY_MAX = 24; // months that the table shows one by one, unless it is asked for

export const without = (settings: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));

/** The settings as they would be; a plan needs no database. */
export function configOf(
  settings: Record<string, string>,
  { start, tier, budget, raw, search }: Omit<DepthOptions, "by">,
  now: Date,
): Config {
  const budgetMb = tier ? budgetFor(tier) : budget;
  return readConfig(
    {
      MONGODB_URI: "mongodb://none",
      ...without(settings, [
        ...(start === undefined ? [] : STARTS),
        ...(settings["MONGODB_URI"] ? [] : ["MONGODB_URI"]),
      ]),
      ...(start === undefined ? {} : { BACKFILL_START_DATE: start }),
      ...(raw === undefined ? {} : { STORE_RAW: raw }),
      ...(search === undefined ? {} : { SEARCH_INDEX: search }),
      ...(budgetMb === undefined ? {} : { STORAGE_BUDGET_MB: String(budgetMb) }),
    },
    now,
  );
}

export interface Depth extends Preview {
  storeRaw: StoreRaw;
  /** Null: no budget. */
  budgetMb: number | null;
  /** Whether the likely size leaves the delta its share. */
  fits: boolean | null;
  /** Where a tier or a budget chose the start: how far back it may be. */
  reach: Reach | null;
  tiers: TierReach[];
  /** SEARCH_INDEX, and what `text` takes of the size, or would take. */
  search: { mode: SearchMode; textBytes: number };
  usedBytes: number | null;
  forecastError: Measured["forecastError"];
  /** For [vars] in wrangler.toml. */
  lines: string[];
  /** What must not stand there. */
  remove: string[];
}

export function depthOf(facts: {
  config: Config;
  everything: Config["sources"];
  measured: Measured;
  options: DepthOptions;
  now: Date;
}): Depth {
  const { config, everything, measured, options, now } = facts;
  const { known, existing } = measured;
  const budgetMb = config.storageBudgetMb > 0 ? config.storageBudgetMb : null;
  const choose = options.start === undefined && (options.tier !== undefined || options.budget !== undefined);
  const reach = choose && budgetMb !== null ? reachOf({ history: everything, budgetMb, known, now }) : null;
  const chosen = reach?.likely;
  if (chosen === null)
    throw new ConfigError(
      `STORAGE_BUDGET_MB "${budgetMb}" is too small: not even the newest month fits. Allowed is more than that.`,
    );
  const depths = chosen
    ? everything.map((one) => ({ ...one, start: one.start > chosen ? one.start : chosen }))
    : config.sources;
  const months = (now.getTime() - Math.min(...depths.map(({ start }) => start.getTime()))) / (30.44 * DAY_MS);
  const by = options.by ?? (months <= MONTHLY_MAX ? "month" : "year");
  const shown = preview({ depths, known, pace: config, by, now, existing });
  return {
    ...shown,
    storeRaw: config.storeRaw,
    budgetMb,
    fits: budgetMb === null ? null : shown.size.likely <= megabytes(budgetMb) * BACKFILL_SHARE,
    reach,
    tiers: tierReaches({ history: everything, known, now }),
    search: { mode: config.searchIndex, textBytes: textBytes(shown.bySource, known.volumes) },
    usedBytes: measured.usedBytes,
    forecastError: measured.forecastError,
    ...linesFor({ starts: shown.starts, everything, budgetMb, config }),
  };
}

/** Of all contracts that are kept; a source without releases has none. */
function textBytes(bySource: Preview["bySource"], volumes: VolumesBySource): number {
  return Object.entries(bySource).reduce((sum, [source, { releases }]) => {
    const isOfReleases = SOURCES.some(({ id, releases: of }) => id === source && of !== null);
    const contracts = isOfReleases ? releases * volumesFor(volumes, source).contractsPerRelease : 0;
    return sum + contracts * SEARCH_INDEX_BYTES;
  }, 0);
}

export const dayOf = (at: Date) => toLondon(at).slice(0, 10);

/** One common start where all sources can share it. */
function linesFor(options: {
  starts: Preview["starts"];
  everything: Config["sources"];
  budgetMb: number | null;
  config: Pick<Config, "storeRaw" | "searchIndex">;
}): Pick<Depth, "lines" | "remove"> {
  const { starts, everything, budgetMb, config } = options;
  // One common start says the same where no source begins later than it would by it.
  const first = Math.min(...everything.map(({ source, start }) => (starts[source] ?? start).getTime()));
  const shared = everything.every(
    ({ source, start }) => starts[source]?.getTime() === Math.max(first, start.getTime()),
  );
  const own = everything.map(({ source, definition, start }) => ({
    name: definition.startSetting,
    value: dayOf(starts[source] ?? start),
  }));
  const line = (name: string, value: string) => `${name} = "${value}"`;
  return {
    lines: [
      ...(shared
        ? [line(COMMON_START, dayOf(new Date(first)))]
        : own.map(({ name, value }) => line(name, value))),
      line("STORAGE_BUDGET_MB", String(budgetMb ?? 0)),
      line("STORE_RAW", config.storeRaw),
      ...(config.searchIndex === "off" ? [] : [line("SEARCH_INDEX", config.searchIndex)]),
    ],
    remove: shared ? own.map(({ name }) => name) : [COMMON_START],
  };
}
