// How much the database may still take. The next window is claimed only if it fits, newest first over both sources; a
// write that was refused for want of space is the last one that this invocation tries.
import { claimNewest, deferBefore, type Held } from "../claim/claim.ts";
import type { Config } from "../config/config.ts";
import { BACKFILL_SHARE, costOf, fitting, type Known, type PastWindow } from "../plan/forecast.ts";
import type { Database } from "../platform/database.ts";
import { measureStorage, type StorageSize } from "../store/budget.ts";
import { isFull } from "../store/store.ts";
import { BudgetSpent, StorageFull } from "../terms/errors.ts";
import { SOURCES } from "../terms/window.ts";
import type { SourceContext } from "./context.ts";

const MIB = 1_048_576; // Atlas counts so
/** A window that turns out bigger than its forecast stops here: halfway into what is kept for the delta. */
const WINDOW_STOPS_SHARE = 0.95;

export interface Room {
  /** 0: no budget. */
  budgetBytes: number;
  /** Null without a budget: nothing is measured then. */
  measured: StorageSize | null;
  /** Bytes of contracts stored since it was measured. */
  grownBytes: number;
  /** The refusal that ends this invocation. */
  full: StorageFull | null;
  /** Writes that MongoDB refused for want of space. */
  refusals: Set<StorageFull>;
}

export async function openRoom(db: Database, { storageBudgetMb }: Config): Promise<Room> {
  const budgetBytes = storageBudgetMb * MIB;
  const measured = budgetBytes > 0 ? await measureStorage(db) : null;
  return { budgetBytes, measured, grownBytes: 0, full: null, refusals: new Set() };
}

/** Anew before each claim: buyers, indexes and what other invocations store are in no estimate. */
async function remeasure({ db, room }: SourceContext): Promise<void> {
  if (room.budgetBytes === 0) return;
  const grownBefore = room.grownBytes;
  room.measured = await measureStorage(db);
  room.grownBytes -= grownBefore; // what the other source stores meanwhile stays counted
}

const usedBytes = ({ measured, grownBytes }: Room) => (measured?.usedBytes ?? 0) + grownBytes;

/** @throws StorageFull when a write was refused, or when even what is kept for the delta is used up */
export function ensureRoom(room: Room, use: "backfill" | "delta"): void {
  if (room.full) throw room.full;
  if (room.budgetBytes === 0) return;
  const used = usedBytes(room);
  if (use === "backfill" && used >= room.budgetBytes * WINDOW_STOPS_SHARE)
    throw new BudgetSpent("the backfill has used its share of STORAGE_BUDGET_MB");
  if (use === "delta" && used >= room.budgetBytes) {
    const [is, of] = [used, room.budgetBytes].map((bytes) => (bytes / MIB).toFixed(1));
    throw new StorageFull(
      null,
      `New notices are not stored any more: the database has ${is} MB, STORAGE_BUDGET_MB is ${of}.`,
    );
  }
}

/** Carries out a write of contracts. After a refusal nobody tries another in this invocation. @throws StorageFull */
export async function storing<T>(room: Room, write: () => Promise<T>): Promise<T> {
  if (room.full) throw room.full;
  try {
    return await write();
  } catch (error) {
    throw noteFull(room, error) ?? error;
  }
}

/** Bookkeeping, which a full database would refuse too: after a refusal none is tried. */
export async function noting(room: Room, write: () => Promise<unknown>): Promise<void> {
  if (room.refusals.size === 0) await unlessFull(room, write);
}

/** How the run ended is tried even then, but both sources may have been refused a write at once: two are enough. */
export async function notingEnd(room: Room, write: () => Promise<unknown>): Promise<void> {
  if (room.refusals.size < SOURCES.length) await unlessFull(room, write);
}

async function unlessFull(room: Room, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (noteFull(room, error) === null) throw error;
  }
}

/** The refusal that `error` is, noted for everybody; null when it is none. */
export function noteFull(room: Room, error: unknown): StorageFull | null {
  if (!isFull(error)) return null;
  const full = error instanceof StorageFull ? error : new StorageFull(error);
  if (full.refused) room.refusals.add(full);
  room.full ??= full;
  return full;
}

/** The newest window that is due and fits, with what is expected of it. */
export async function claimFitting(context: SourceContext, backoffSeconds: number): Promise<Held | null> {
  const { db, config, effects, source } = context;
  await remeasure(context);
  const windows = await readWindows(db);
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

/** All windows of both sources without what only their holders need. */
function readWindows(db: Database): Promise<PastWindow[]> {
  const filter = { source: { $in: [...SOURCES] }, status: { $ne: "cancelled" as const } };
  return db.syncWindows.find(filter, { projection: HOLDERS_ONLY }).toArray();
}

function knownFrom({ config, room }: SourceContext, windows: PastWindow[]): Known {
  const { storeRaw, pageLimit } = config;
  return { windows, storage: room.measured, storeRaw, pageLimit };
}

/** The oldest instant from which on this source's windows fit; undefined: everything does. */
async function reachOf(context: SourceContext, known: Known): Promise<Date | undefined> {
  const { db, source, room } = context;
  if (room.budgetBytes === 0) return undefined;
  const open = await withStored(
    db,
    known.windows.filter(({ status }) => status !== "done"),
  );
  const roomBytes = room.budgetBytes * BACKFILL_SHARE - usedBytes(room);
  const fits = fitting({ open, roomBytes, known });
  const waiting = open.filter((window) => window.source === source && !fits.has(window._id));
  const newest = waiting.reduce<Date | undefined>(
    (latest, { to }) => (latest === undefined || to > latest ? to : latest),
    undefined,
  );
  return newest;
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
