// The next window of a source that has a share of the storage budget of its own: the newest that is due and fits into the
// share, of the sites that may be asked now. The other sources' windows are not looked at, and do not look at these.
import { claimNewest, deferBefore, type Held } from "../claim/claim.ts";
import { BACKFILL_SHARE } from "../forecast/fitting.ts";
import type { SourceConfig } from "../sources/source.ts";
import { collectionSize } from "../store/budget.ts";
import type { SyncWindow } from "../terms/documents.ts";
import type { HolderContext } from "./context.ts";
import { remeasure, usedBytes } from "./headroom.ts";

const OPEN = ["pending", "running", "deferred"] as const;
/** Index entries and the room that a collection leaves between documents, beyond the documents' own bytes. */
const STORED_PER_BYTE = 1.25;
const DAYS_A_MONTH = 30.4;

export async function claimShared(
  context: HolderContext,
  options: { settings: SourceConfig; backoffSeconds: number; sites?: readonly string[] },
): Promise<Held | null> {
  const { db, config, effects, source } = context;
  const { settings, backoffSeconds, sites } = options;
  const expected = await expectedOf(context, settings);
  const reach = await reachOf(context, settings, expected);
  if (context.headroom.budgetBytes > 0) await deferBefore(db, source, reach);
  const held = await claimNewest(db, {
    ...{ source, kind: "drain", id: effects.newId(), leaseSeconds: config.leaseSeconds, backoffSeconds },
    ...(reach ? { reach } : {}),
    ...(sites ? { sites } : {}),
  });
  if (!held) return null;
  const { releases, bytes, requests } = expected;
  const forecast = { releases, bytes, requests, storeRaw: config.storeRaw };
  return { ...held, window: { ...held.window, forecast: held.window.forecast ?? forecast } };
}

interface Expected {
  releases: number;
  bytes: number;
  requests: number;
  /** False: by the source's own table. */
  measured: boolean;
}

const SAMPLE = 200;

/** The mean of what was read so far: a source of many small windows knows itself soon. */
async function expectedOf({ db, source, config }: HolderContext, settings: SourceConfig): Promise<Expected> {
  const done = await db.syncWindows
    .find<Pick<SyncWindow, "counts">>(
      { source, status: "done" },
      { projection: { counts: 1 }, sort: { from: -1 }, limit: SAMPLE },
    )
    .toArray();
  if (done.length > 0) {
    const mean = (of: "releases" | "bytes" | "requests") =>
      Math.round(done.reduce((sum, { counts }) => sum + counts[of], 0) / done.length);
    return {
      ...{ releases: mean("releases"), bytes: mean("bytes"), requests: mean("requests") },
      measured: true,
    };
  }
  const { perDay, releaseBytes, requestsFor } = settings.definition.volumes;
  const releases = Math.round(perDay(settings.start) * DAYS_A_MONTH);
  const bytes = releases * releaseBytes[config.storeRaw];
  return { releases, bytes, requests: requestsFor?.(releases) ?? releases, measured: false };
}

/** Windows that begin before it do not fit; undefined: all do. */
async function reachOf(
  { db, source, headroom }: HolderContext,
  { definition, reader }: SourceConfig,
  expected: Expected,
): Promise<Date | undefined> {
  if (headroom.budgetBytes === 0) return undefined;
  await remeasure(db, headroom);
  const names = Object.keys(definition.collections ?? {});
  const own = await Promise.all(names.map((name) => collectionSize(db.db, name)));
  const ownBytes = own.reduce((sum, { bytes }) => sum + bytes, 0);
  const shareLeft = (reader?.storageShare ?? 1) * headroom.budgetBytes - ownBytes;
  const left = Math.min(shareLeft, headroom.budgetBytes * BACKFILL_SHARE - usedBytes(headroom));
  const fits = Math.floor(Math.max(0, left) / Math.max(1, expected.bytes * STORED_PER_BYTE));
  const most = fits === 0 && left > 0 && !expected.measured ? 1 : fits; // one window says what they are like
  const newest = await db.syncWindows
    .find(
      { source, status: { $in: [...OPEN] } },
      { projection: { from: 1, to: 1 }, sort: { from: -1, _id: 1 }, limit: most + 1 },
    )
    .toArray();
  if (newest.length <= most) return undefined;
  // The month of the last one that fits is open: each claim looks again.
  return newest.at(-2)?.from ?? newest.at(-1)?.to;
}
