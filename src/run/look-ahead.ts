// What verification would ask now, and what reading a month again would cost: counted from what is stored, without a
// request and without a write.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { verifiable } from "../claim/statements.ts";
import type { Config } from "../config/config.ts";
import { fannedOut, gapSlices } from "../fetch/gap-slices.ts";
import { nextSlice } from "../fetch/proof.ts";
import { costOfPart, type Known } from "../forecast/cost.ts";
import { unread } from "../forecast/volumes.ts";
import { topOf } from "../plan/difference.ts";
import type { Database } from "../platform/database.ts";
import { volumesOf } from "../sources/index.ts";
import type { SourceConfig } from "../sources/source.ts";
import { storedReleases } from "../store/store.ts";
import type { ProofBy, SyncWindow } from "../terms/documents.ts";
import { boundaryAtOrBefore, type LondonTime, toLondon } from "../terms/london-time.ts";
import { holesOfWindow } from "./verify-numbers.ts";
import { expectation } from "./verify-slices.ts";

export interface LookAhead {
  windowId: string;
  /** By what the look would go; `reading` where a source's own reader reads the month once more. */
  by: ProofBy | "reading";
  /** For its first proof, or again. */
  first: boolean;
  /** At the least: a slice that brings what was missing is asked again, narrower. */
  requests: number;
  /** Days whose list would be fetched, outside the rate limit. */
  files: number;
}

/** @param windowId this one, whether it is due or not; without it all that are due */
export async function lookAhead(options: {
  db: Database;
  config: Pick<Config, "sources" | "pageLimit">;
  now: Date;
  windowId?: string | undefined;
}): Promise<LookAhead[]> {
  const { db, config, now, windowId } = options;
  const looks: LookAhead[] = [];
  for (const settings of config.sources) {
    const { source } = settings;
    const filters =
      windowId === undefined
        ? [true, false].map((first) => verifiable(source, { first, now }))
        : [{ _id: windowId, source, status: "done" as const }];
    for (const filter of filters) {
      const windows = await db.syncWindows.find(filter, { sort: { from: -1 } }).toArray();
      for (const window of windows) {
        // A month that is named is verified from the start, even an exact one.
        const proof = windowId === undefined ? window.proof : "ordered";
        looks.push(
          await costOfLook({ db, settings, pageLimit: config.pageLimit, window: { ...window, proof } }),
        );
      }
    }
  }
  return looks;
}

async function costOfLook(options: {
  db: Database;
  settings: SourceConfig;
  pageLimit: number;
  window: SyncWindow;
}): Promise<LookAhead> {
  const { db, settings, pageLimit, window } = options;
  const { source, definition, witnessOrigin } = settings;
  const base = { windowId: window._id, first: window.proof !== "exact", files: 0 };
  const { releases } = definition;
  if (!releases) return { ...base, by: "reading", requests: window.counts.requests };
  const { api } = releases;
  const [start, top] = [boundaryAtOrBefore(toLondon(window.from)), topOf(window.to)];
  const stored = await storedReleases(db, window);
  if (base.first && api.lookupPath) {
    const { holes } = await holesOfWindow({ db, source, stored, start, top });
    const instants = stored.map(({ at }) => at).sort();
    const slices = gapSlices({ api, holes, instants, limit: pageLimit }).length;
    const fanOuts = fannedOut(stored.map(({ noticeId }) => noticeId)).length;
    return { ...base, by: "numbers", requests: slices + fanOuts };
  }
  const trusted = (await db.syncJobs.findOne({ source }))?.witness?.trusted ?? false;
  if (base.first && releases.witness && witnessOrigin && trusted) {
    const files = Math.round((window.to.getTime() - window.from.getTime()) / DAY_MS);
    return { ...base, by: "witness", requests: SAMPLES, files };
  }
  const expected = expectation({ window, stored, releases: window.counts.releases, pageLimit });
  let requests = 0;
  for (let frontier: LondonTime = top; frontier > start; requests++)
    frontier = nextSlice({ api, frontier, start, ...expected }).lo;
  return { ...base, by: "slices", requests };
}

const SAMPLES = 1; // a slice of one day of each month is held against its list

/** What is left of these windows to be read, in requests. */
export function requestsToRead(
  ids: ReadonlySet<string>,
  windows: readonly SyncWindow[],
  config: Pick<Config, "sources" | "storeRaw" | "pageLimit">,
): { windowId: string; requests: number }[] {
  const volumes = volumesOf(config.sources);
  const known: Known = {
    volumes,
    windows,
    storage: null,
    storeRaw: config.storeRaw,
    pageLimit: config.pageLimit,
  };
  return windows
    .filter(({ _id }) => ids.has(_id))
    .map((window) => ({
      windowId: window._id,
      requests: Math.ceil(costOfPart({ ...window, share: unread(window, volumes) }, known).requests),
    }));
}
