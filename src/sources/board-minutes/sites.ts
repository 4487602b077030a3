// The one writer of `boardsites`: which sites there are, what is known of each, and whose turn it is to ask it.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { Db, ObjectId } from "mongodb";
import { KNOWN_SITES, type KnownSite } from "./known-sites.ts";
import type { BoardSite } from "./records.ts";
import { siteOf } from "./service.ts";
import type { SiteClosedBy } from "./site-closed.ts";

/** A site that blocks, or whose robots.txt says no, is asked again after a week; one that did not answer, after a day. */
const ASK_AGAIN_MS = { blocked: 7 * DAY_MS, disallowed: 7 * DAY_MS, unknown: DAY_MS } as const;
/** Longer than the slowest call: it is renewed with every wait. */
const TURN_MS = 5 * 60_000;

export const boardSites = (db: Db) => db.collection<BoardSite>("boardsites");

export function newSite({ baseUrl, name, councils }: KnownSite, now: Date): BoardSite {
  return {
    _id: siteOf(baseUrl),
    ...{ baseUrl, name, councils: councils ?? [{ name }] },
    ...{ state: "unknown", askAgainAt: null, probe: null, robots: null, lastError: null, turn: null },
    ...{ createdAt: now, updatedAt: now },
  };
}

/** Without what only who asks it needs. */
export type KnownOfSite = Omit<BoardSite, "robots">;

/** All sites; the known ones are put in where there is none at all. */
export async function readSites(db: Db, now: Date): Promise<KnownOfSite[]> {
  const options = { projection: { robots: 0 }, sort: { _id: 1 } } as const;
  const read = () => boardSites(db).find<KnownOfSite>({}, options).toArray();
  const there = await read();
  if (there.length > 0) return there;
  const writes = KNOWN_SITES.map((known) => addition(newSite(known, now)));
  await boardSites(db).bulkWrite(writes, { ordered: false });
  return read();
}

const addition = (site: BoardSite) => ({
  updateOne: { filter: { _id: site._id }, update: { $setOnInsert: site }, upsert: true },
});

/** @returns whether it is new */
export async function addSite(db: Db, site: KnownSite, now: Date): Promise<boolean> {
  const { upsertedCount } = await boardSites(db).bulkWrite([addition(newSite(site, now))]);
  return upsertedCount > 0;
}

/** An operator's word: `off` leaves a site alone until it is on again. @returns whether there is such a site */
export async function switchSite(
  db: Db,
  site: string,
  { on, now }: { on: boolean; now: Date },
): Promise<boolean> {
  const state = on ? "unknown" : "off";
  const set = { state, askAgainAt: null, updatedAt: now } as const;
  return (await boardSites(db).updateOne({ _id: site }, { $set: set })).matchedCount > 0;
}

/** May be asked now, as far as is known. */
export const isOpen = ({ state, askAgainAt }: Pick<BoardSite, "state" | "askAgainAt">, now: Date) =>
  state !== "off" && (askAgainAt === null || askAgainAt <= now);

/** Whether the site is now this client's alone; false while another invocation asks it. On the database's clock. */
export async function takeTurn(db: Db, site: string, id: ObjectId): Promise<BoardSite | null> {
  const free = { $or: [{ turn: null }, { "turn.id": id }, { $expr: { $lt: ["$turn.until", "$$NOW"] } }] };
  const taken = [{ $set: { turn: { id, until: { $add: ["$$NOW", TURN_MS] } } } }];
  return boardSites(db).findOneAndUpdate({ _id: site, ...free }, taken, { returnDocument: "after" });
}

export async function endTurn(db: Db, site: string, id: ObjectId): Promise<void> {
  await boardSites(db).updateOne({ _id: site, "turn.id": id }, { $set: { turn: null } });
}

export async function noteFound(
  db: Db,
  site: string,
  { probe, now }: { probe: NonNullable<BoardSite["probe"]>; now: Date },
): Promise<void> {
  const set = { state: "ok", probe, askAgainAt: null, lastError: null, updatedAt: now } as const;
  await boardSites(db).updateOne({ _id: site, state: { $ne: "off" } }, { $set: set });
}

export async function noteClosed(
  db: Db,
  site: string,
  { state, message, now }: { state: SiteClosedBy; message: string; now: Date },
): Promise<void> {
  const askAgainAt = new Date(now.getTime() + ASK_AGAIN_MS[state]);
  const set = { state, askAgainAt, lastError: { at: now, message }, updatedAt: now };
  await boardSites(db).updateOne({ _id: site, state: { $ne: "off" } }, { $set: set });
}

export async function noteRobots(
  db: Db,
  site: string,
  { text, now }: { text: string | null; now: Date },
): Promise<void> {
  const robots = text === null ? null : { at: now, text };
  await boardSites(db).updateOne({ _id: site }, { $set: { robots } });
}
