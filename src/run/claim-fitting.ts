// The next window is claimed only if it fits into the storage budget, newest first over all sources alike.
import { claimNewest, deferBefore, type Held } from "../claim/claim.ts";
import type { Config } from "../config/config.ts";
import { costOf, type Known, type PastWindow } from "../forecast/cost.ts";
import { BACKFILL_SHARE, windowsThatFit } from "../forecast/fitting.ts";
import type { Database } from "../platform/database.ts";
import { volumesOf } from "../sources/index.ts";
import type { SourceConfig } from "../sources/source.ts";
import type { HolderContext } from "./context.ts";
import { remeasure, usedBytes } from "./headroom.ts";

/** The newest window that is due and fits, with what is expected of it. */
export async function claimFitting(
  context: HolderContext,
  { backoffSeconds, sites }: { backoffSeconds: number; sites?: readonly string[] },
): Promise<Held | null> {
  const { db, config, effects, source } = context;
  await remeasure(context.db, context.headroom);
  const windows = await readWindows(db, config.sources);
  const known = knownFrom(context, windows);
  const reach = await reachOf(context, known);
  const waits = ({ from }: PastWindow) => reach !== undefined && from < reach;
  const own = windows.filter((window) => window.source === source);
  if (own.some((window) => (waits(window) ? window.status === "pending" : window.status === "deferred")))
    await deferBefore(db, source, reach);
  const held = await claimNewest(db, {
    source,
    kind: "drain",
    id: effects.newId(),
    leaseSeconds: config.leaseSeconds,
    backoffSeconds,
    ...(reach ? { reach } : {}),
    ...(sites ? { sites } : {}),
  });
  if (!held) return null;
  const { releases, bytes, requests } = costOf(held.window, known);
  const { storeRaw } = config;
  const expected = {
    releases: Math.round(releases),
    bytes: Math.round(bytes),
    requests: Math.round(requests),
    storeRaw,
  };
  return { ...held, window: { ...held.window, forecast: held.window.forecast ?? expected } };
}

const HOLDERS_ONLY = {
  ...{ publishedSeconds: 0, numbers: 0, verify: 0, alarms: 0, drift: 0, unproven: 0 },
  "lanes.seen": 0,
};

/** All windows of the sources that share the budget, without what only their holders need. */
function readWindows(db: Database, sources: Config["sources"]): Promise<PastWindow[]> {
  const sharing = sources.filter(({ reader }) => reader?.storageShare === undefined);
  const ids = sharing.map(({ source }) => source);
  const filter = { source: { $in: ids }, status: { $ne: "cancelled" as const } };
  return db.syncWindows.find(filter, { projection: HOLDERS_ONLY }).toArray();
}

function knownFrom({ config, headroom }: HolderContext, windows: PastWindow[]): Known {
  const { storeRaw, pageLimit } = config;
  return { volumes: volumesOf(config.sources), windows, storage: headroom.measured, storeRaw, pageLimit };
}

/** The oldest instant from which on this source's windows fit; undefined: everything does. */
async function reachOf(context: HolderContext, known: Known): Promise<Date | undefined> {
  const { db, source, headroom, config } = context;
  if (headroom.budgetBytes === 0) return undefined;
  const { members, roomBytes } = poolOf(source, {
    sources: config.sources,
    windows: known.windows,
    totalBytes: headroom.budgetBytes * BACKFILL_SHARE,
    usedBytes: usedBytes(headroom),
  });
  const open = await withStored(
    db,
    known.windows.filter((window) => window.status !== "done" && members.has(window.source)),
  );
  const fits = windowsThatFit({ open, roomBytes, known });
  const waiting = open.filter((window) => window.source === source && !fits.has(window._id));
  const newest = waiting.reduce<Date | undefined>(
    (latest, { to }) => (latest === undefined || to > latest ? to : latest),
    undefined,
  );
  return newest;
}

/**
 * Which sources a source shares its room with, and how much there is. One that has a share of its own (`storageShare`)
 * fills that and no more; the others share the rest, so that neither ever waits for the other.
 */
export function poolOf(
  source: string,
  facts: {
    sources: readonly Pick<SourceConfig, "source" | "reader">[];
    windows: readonly Pick<PastWindow, "source" | "counts">[];
    totalBytes: number;
    usedBytes: number;
  },
): { members: ReadonlySet<string>; roomBytes: number } {
  const { sources, windows, totalBytes, usedBytes: used } = facts;
  const apart = new Map(
    sources.flatMap(({ source: id, reader }): [string, number][] =>
      reader?.storageShare === undefined ? [] : [[id, reader.storageShare]],
    ),
  );
  const storedBytes = (ids: ReadonlySet<string>) =>
    windows.reduce((sum, window) => sum + (ids.has(window.source) ? window.counts.bytes : 0), 0);
  const share = apart.get(source);
  if (share !== undefined) {
    const members = new Set([source]);
    return { members, roomBytes: Math.min(totalBytes * share - storedBytes(members), totalBytes - used) };
  }
  const shares = [...apart.values()].reduce((sum, one) => sum + one, 0);
  const members = new Set(sources.map(({ source: id }) => id).filter((id) => !apart.has(id)));
  const usedHere = used - storedBytes(new Set(apart.keys()));
  return { members, roomBytes: totalBytes * (1 - shares) - usedHere };
}

/** What the delta has stored of the months that ended after T0 takes no more room. */
async function withStored(
  db: Database,
  open: PastWindow[],
): Promise<(PastWindow & { storedAlready?: number })[]> {
  const jobs = await db.syncJobs.find({}, { projection: { horizon: 1 } }).toArray();
  const horizons = new Map<string, Date>(jobs.map(({ _id, horizon }) => [_id, horizon]));
  return Promise.all(
    open.map(async (window) => {
      const { source, from, to } = window;
      const horizon = horizons.get(source);
      if (!horizon || to <= horizon) return window;
      const stored = { source, publishedDate: { $gte: from, $lt: to } };
      return { ...window, storedAlready: await db.contracts.countDocuments(stored) };
    }),
  );
}
