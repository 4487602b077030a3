// What `npm run plan` knows: the settings, and the database where there is one. Reads only.
import type { Config } from "../config/config.ts";
import { errorOf, type ForecastError, type Known } from "../forecast/forecast.ts";
import type { Database } from "../platform/database.ts";
import { measureStorage } from "../store/budget.ts";
import { SOURCES, type Source } from "../terms/window.ts";
import type { ExistingPlan } from "./preview.ts";

export interface Measured {
  known: Known;
  existing: Partial<Record<Source, ExistingPlan>>;
  usedBytes: number | null;
  /** How good the forecasts of finished windows were. */
  forecastError: ForecastError | null;
}

type Settings = Pick<Config, "storeRaw" | "pageLimit">;

/** Before there is any database. */
export function unmeasured({ storeRaw, pageLimit }: Settings): Measured {
  const known = { windows: [], storage: null, storeRaw, pageLimit };
  return { known, existing: {}, usedBytes: null, forecastError: null };
}

export async function measure(db: Database, settings: Settings): Promise<Measured> {
  const projection = { publishedSeconds: 0, numbers: 0 };
  const [storage, jobs, windows] = await Promise.all([
    measureStorage(db),
    db.syncJobs.find().toArray(),
    db.syncWindows.find({ source: { $in: [...SOURCES] } }, { projection, sort: { from: 1 } }).toArray(),
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
