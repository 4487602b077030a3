// Reads the windows of sites: takes the site's turn, finds out what works there where that is not known, and reads the
// month. A site that does not let this client in is noted, and set aside.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { ObjectId } from "mongodb";
import type { SyncWindow } from "../../terms/documents.ts";
import { SetAside } from "../../terms/errors.ts";
import type { ReadContext, Reader, WindowProgress } from "../source.ts";
import { ownedCouncils } from "./buyers.ts";
import { createClient, type SiteClient } from "./client.ts";
import { REREAD_DAYS } from "./documents.ts";
import { listingOf, type Probe, probeSite } from "./probe.ts";
import { dayAt, type MonthOptions, readMonth, verifyMonth } from "./read-month.ts";
import type { BoardSite } from "./records.ts";
import { SiteClosed } from "./site-closed.ts";
import { endTurn, isOpen, noteClosed, noteRobots, readSites, takeTurn } from "./sites.ts";

/** Meetings to come are listed so far ahead. */
const DAYS_AHEAD = 92;
/** How often months are read again whose meetings may still publish. */
const REREAD_EVERY_MS = 3 * DAY_MS;
/** One that takes 90 s a call does not hold the others up; a Worker may have six connections, notices come first. */
const SITES_AT_ONCE = 4;
/** Of STORAGE_BUDGET_MB: notices are what the database is for. */
const STORAGE_SHARE = 0.25;

export function createReader({ contact }: { contact: string }): Reader {
  return {
    sites: async ({ db }, now) => {
      const sites = await readSites(db, now);
      return sites.filter(({ state }) => state !== "off").map(({ _id }) => _id);
    },
    openSites: async ({ db }, now) =>
      (await readSites(db, now))
        .filter((site) => isOpen(site, now))
        .map(({ _id, probe }) => ({ site: _id, slow: probe?.slow ?? false })),
    until: (now) => new Date(now.getTime() + DAYS_AHEAD * DAY_MS),
    isDueAgain,
    // What is new is in months that are planned again: nothing else has to be asked.
    refresh: async ({ effects }) => effects.now(),
    read: (context, window) => readInTurn(context, { window, contact, read: readMonth }),
    // The month's list once more: whatever it names has to be here.
    verify: (context, window) => readInTurn(context, { window, contact, read: verifyMonth }),
    windowsAtOnce: SITES_AT_ONCE,
    storageShare: STORAGE_SHARE,
  };
}

/** Until its meetings' minutes are out, and once more when they should be. */
export function isDueAgain({ to, doneAt }: Pick<SyncWindow, "to" | "doneAt">, now: Date): boolean {
  if (!doneAt) return false;
  const settledAt = to.getTime() + REREAD_DAYS * DAY_MS;
  if (doneAt.getTime() >= settledAt) return false;
  return now.getTime() >= Math.min(settledAt, doneAt.getTime() + REREAD_EVERY_MS);
}

interface Reading {
  window: SyncWindow;
  contact: string;
  read: (context: ReadContext, options: MonthOptions) => Promise<WindowProgress>;
}

async function readInTurn(context: ReadContext, { window, contact, read }: Reading): Promise<WindowProgress> {
  const { db, effects } = context;
  const id = effects.newId();
  const site = window.site ?? "";
  const taken = await takeTurn(db.db, site, id);
  if (!taken) throw new SetAside(`${site} is asked by another invocation now`);
  try {
    if (!isOpen(taken, effects.now()))
      throw new SetAside(`${site} is left alone: ${taken.lastError?.message}`);
    const hold = holdingTurn(context, { site, id });
    return await readSite({ ...context, hold }, { window, site: taken, contact, read });
  } catch (error) {
    if (!(error instanceof SiteClosed)) throw error;
    const { state, message } = error;
    await noteClosed(db.db, site, { state, message, now: effects.now() });
    throw new SetAside(message);
  } finally {
    await endTurn(db.db, site, id);
  }
}

const RENEW_TURN_MS = 60_000;

/** Before a call the window's lease and the site's turn are made to last. */
function holdingTurn(
  { db, effects, hold }: ReadContext,
  { site, id }: { site: string; id: ObjectId },
): ReadContext["hold"] {
  let renewedAt = effects.now().getTime();
  return async (ms) => {
    await hold(ms);
    if (effects.now().getTime() - renewedAt < RENEW_TURN_MS) return;
    renewedAt = effects.now().getTime();
    if (!(await takeTurn(db.db, site, id))) throw new SetAside(`${site} is asked by another invocation now`);
  };
}

async function readSite(
  context: ReadContext,
  { window, site, contact, read }: Reading & { site: BoardSite },
): Promise<WindowProgress> {
  const { db, effects } = context;
  const client = clientFor(context, { site, contact });
  const probe = await probeOf(context, site, client);
  const councils = await ownedCouncils(context, site);
  const { _id: id, baseUrl } = site;
  const place = { id, baseUrl, councils };
  const progress = await read(context, { window, site: place, client, listing: listingOf(probe) });
  if (freshRobots(site, effects.now()) === null)
    await noteRobots(db.db, id, { text: client.robotsText, now: effects.now() });
  return progress;
}

/** What worked once works still, until the site is found closed. */
async function probeOf({ db, effects }: ReadContext, site: BoardSite, client: SiteClient): Promise<Probe> {
  if (site.probe && site.state === "ok") return site.probe;
  const now = () => effects.now();
  return probeSite(db.db, { site: site._id, client, today: dayAt(now()), now });
}

export function clientFor(
  context: Pick<ReadContext, "effects" | "remainingMs" | "wait" | "hold" | "report">,
  { site, contact }: { site: BoardSite; contact: string },
): SiteClient {
  const { effects, remainingMs, wait, hold, report } = context;
  const { _id, baseUrl, probe } = site;
  const { via, slow } = probe ?? { via: "GET", slow: false };
  return createClient({
    ...{ site: _id, baseUrl, via, slow, contact, effects, remainingMs, wait, hold, tally: report },
    robotsText: freshRobots(site, effects.now()),
  });
}

/** Good for a day (RFC 9309 §2.4). */
function freshRobots({ robots }: BoardSite, now: Date): string | null {
  return robots !== null && now.getTime() - robots.at.getTime() < DAY_MS ? robots.text : null;
}
