// Who holds a window. One atomic claim; every later write says whose it is, and stops the holder when it is no longer.
import type { Document, Filter, ObjectId, UpdateFilter } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { ClaimLost } from "../terms/errors.ts";
import type { Source } from "../terms/window.ts";
import {
  announceStatement,
  doubtStatement,
  doubtWitnessedStatement,
  hurryStatement,
  recoveredStatement,
  verifyAnewStatement,
} from "./doubt-statements.ts";
import {
  advanceUpdate,
  type Claim,
  type ClaimFor,
  claimable,
  claimForDrainUpdate,
  claimForVerifyUpdate,
  deferStatement,
  drainedUpdate,
  type GivenUp,
  giveBackUpdate,
  giveUpUpdate,
  HOPEFUL,
  heldBy,
  type LookEnd,
  type Progress,
  readmitStatement,
  renewUpdate,
  retryStatement,
  reviveStatement,
  verifiable,
  verifiedUpdate,
} from "./statements.ts";

export interface Held {
  claim: Claim;
  window: SyncWindow;
}

/** The newest window of the source that is due, those that keep failing last, now held under `id`; null when there is none. */
export async function claimNewest(
  db: Database,
  options: {
    source: Source;
    kind: ClaimFor;
    /** Of a verification: for the first proof, or again; by the caller's clock. */
    look?: { first: boolean; now: Date };
    id: ObjectId;
    leaseSeconds: number;
    backoffSeconds: number;
    /** Windows that begin before it do not fit into the budget. */
    reach?: Date;
    /** Only windows of these. */
    sites?: readonly string[];
  },
): Promise<Held | null> {
  const { source, kind, id, leaseSeconds, backoffSeconds, reach, sites } = options;
  const look = options.look ?? { first: true, now: new Date(0) };
  const drain = kind === "drain";
  const take = (filter: Filter<SyncWindow>, update: Document[]) =>
    db.syncWindows.findOneAndUpdate(filter, update, { sort: { from: -1 }, returnDocument: "after" });
  for (;;) {
    const window = drain
      ? ((await take(
          { ...claimable(source, reach, sites), ...HOPEFUL },
          claimForDrainUpdate(id, leaseSeconds),
        )) ?? (await take(claimable(source, reach, sites), claimForDrainUpdate(id, leaseSeconds))))
      : await take(verifiable(source, look, sites), claimForVerifyUpdate(id, leaseSeconds));
    if (!window) return null;
    // A window that used up its attempts has just been failed by this statement: it is nobody's, look on.
    if (window.status !== "failed")
      return { claim: { id, windowId: window._id, kind, leaseSeconds, backoffSeconds }, window };
  }
}

/** @throws ClaimLost */
export const renew = (db: Database, claim: Claim) => write(db, claim, renewUpdate(claim));
/** @throws ClaimLost */
export const advance = (db: Database, claim: Claim, progress: Progress, moved = true) =>
  write(db, claim, advanceUpdate(claim, progress, moved));
/** @throws ClaimLost */
export const finish = (db: Database, claim: Claim, progress: Progress) =>
  write(db, claim, drainedUpdate(progress));
/** @throws ClaimLost */
export const finishLook = (
  db: Database,
  claim: Claim,
  { progress, end }: { progress: Progress; end: LookEnd },
) => write(db, claim, verifiedUpdate(progress, end));
/** @throws ClaimLost */
export const giveBack = (db: Database, claim: Claim) => write(db, claim, giveBackUpdate(claim));
/** @throws ClaimLost */
export const giveUp = (db: Database, claim: Claim, trouble: GivenUp) =>
  write(db, claim, giveUpUpdate(claim, trouble));

async function write(
  db: Database,
  claim: Claim,
  update: Document[] | UpdateFilter<SyncWindow>,
): Promise<void> {
  const { matchedCount } = await db.syncWindows.updateOne(heldBy(claim), update);
  if (matchedCount === 0) throw new ClaimLost(claim.windowId);
}

export async function reviveFailed(db: Database, source: Source): Promise<number> {
  const { filter, update } = reviveStatement(source);
  return (await db.syncWindows.updateMany(filter, update)).modifiedCount;
}

/** Windows that wait after trouble are due at once; without an id all of them. @returns how many */
export async function retryNow(db: Database, windowId?: string): Promise<number> {
  const { filter, update } = retryStatement(windowId);
  return (await db.syncWindows.updateMany(filter, update)).modifiedCount;
}

/** Ids of those windows, oldest first. */
export async function retriable(db: Database, windowId?: string): Promise<string[]> {
  const { filter } = retryStatement(windowId);
  const windows = await db.syncWindows.find(filter, { projection: { _id: 1 }, sort: { from: 1 } }).toArray();
  return windows.map(({ _id }) => _id);
}

/** A done window is to be verified once more. @returns whether it is done and nobody is verifying it now */
export async function verifyAnew(db: Database, windowId: string): Promise<boolean> {
  const { filter, update } = verifyAnewStatement(windowId);
  return (await db.syncWindows.updateOne(filter, update)).matchedCount > 0;
}

/** A month in which something was found behind its proof loses it, and is looked at again. */
export async function doubtMonth(
  db: Database,
  windowId: string,
  found: { drift: SyncWindow["drift"][number]; keys: string[]; now: Date },
): Promise<void> {
  const { filter, update } = doubtStatement(windowId, found);
  await db.syncWindows.updateOne(filter, update);
}

/** Told before it is stored, so that it is counted even if this run is stopped in between. */
export async function announceAdditions(
  db: Database,
  windowId: string,
  added: { keys: string[]; now: Date },
): Promise<void> {
  const { filter, update } = announceStatement(windowId, added);
  await db.syncWindows.updateOne(filter, update);
}

/** Every month that a witness has proved loses its proof. */
export async function doubtWitnessed(db: Database, source: Source, now: Date): Promise<void> {
  const { filter, update } = doubtWitnessedStatement(source, now);
  await db.syncWindows.updateMany(filter, update);
}

/** What left the quarantine is not counted in it any more; @param own a window whose holder counts for itself. */
export async function noteRecovered(
  db: Database,
  recovered: ReadonlyMap<string, number>,
  own: string | null = null,
): Promise<void> {
  for (const [windowId, releases] of recovered) {
    if (windowId === own) continue;
    const { filter, update } = recoveredStatement(windowId, releases);
    await db.syncWindows.updateOne(filter, update);
  }
}

/** The months beside a find are looked at soon. */
export async function hurryNeighbours(
  db: Database,
  { source, from, to }: Pick<SyncWindow, "source" | "from" | "to">,
  at: Date,
): Promise<void> {
  const { filter, update } = hurryStatement(source, { from, to, at });
  await db.syncWindows.updateMany(filter, update);
}

/** Windows that begin before `reach` wait for room, the others do not; without one, none waits. */
export async function deferBefore(db: Database, source: Source, reach?: Date): Promise<void> {
  const back = readmitStatement(source, reach);
  await db.syncWindows.updateMany(back.filter, back.update);
  if (!reach) return;
  const { filter, update } = deferStatement(source, reach);
  await db.syncWindows.updateMany(filter, update);
}
