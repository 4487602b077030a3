// What `npm run plan` knows: the settings, and the database where there is one. Reads only.
import type { Config } from "../config/config.ts";
import type { Known } from "../forecast/cost.ts";
import { errorOf, type ForecastError } from "../forecast/error.ts";
import type { Database } from "../platform/database.ts";
import { volumesOf } from "../sources/index.ts";
import { measureStorage } from "../store/budget.ts";
import type { Source } from "../terms/window.ts";
import type { ExistingPlan } from "./preview.ts";

export interface Measured {
  known: Known;
  existing: Partial<Record<Source, ExistingPlan>>;
  usedBytes: number | null;
  /** How good the forecasts of finished windows were. */
  forecastError: ForecastError | null;
}

type Settings = Pick<Config, "sources" | "storeRaw" | "pageLimit">;

/** Before there is any database. */
export function unmeasured({ sources, storeRaw, pageLimit }: Settings): Measured {
  const known = { volumes: volumesOf(sources), windows: [], storage: null, storeRaw, pageLimit };
  return { known, existing: {}, usedBytes: null, forecastError: null };
}

export async function measure(db: Database, settings: Settings): Promise<Measured> {
  const projection = { publishedSeconds: 0, numbers: 0 };
  const [storage, jobs, windows] = await Promise.all([
    measureStorage(db),
    db.syncJobs.find().toArray(),
    db.syncWindows
      .find(
        { source: { $in: settings.sources.map(({ source }) => source) } },
        { projection, sort: { from: 1 } },
      )
      .toArray(),
  ]);
  const existing = Object.fromEntries(
    jobs.map(({ source, horizon }): [Source, ExistingPlan] => [
      source,
      { horizon, windows: windows.filter((window) => window.source === source) },
    ]),
  );
  const { known } = unmeasured(settings);
  return {
    known: { ...known, windows, storage },
    existing,
    usedBytes: storage.usedBytes,
    forecastError: errorOf(windows),
  };
}
