// What an operator may do about sites: see them, add one, ask one what works, leave one alone.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Database } from "../../platform/database.ts";
import type { SiteDescription, SiteOffice } from "../source.ts";
import { probeSite } from "./probe.ts";
import { dayAt } from "./read-month.ts";
import { clientFor } from "./reader.ts";
import { COLLECTIONS } from "./records.ts";
import { baseUrlOf, siteOf } from "./service.ts";
import { SiteClosed } from "./site-closed.ts";
import {
  addSite,
  boardSites,
  endTurn,
  type KnownOfSite,
  noteClosed,
  readSites,
  switchSite,
  takeTurn,
} from "./sites.ts";

export function createOffice({ contact }: { contact: string }): SiteOffice {
  return {
    collections: COLLECTIONS,
    list: async ({ db }, now) => (await readSites(db, now)).map(describe),
    async add({ db }, { address, name, parts, now }) {
      const baseUrl = baseUrlOf(address);
      const councils = parts.length > 0 ? parts : [{ name }];
      const isNew = await addSite(db, { baseUrl, name, councils }, now);
      return { site: siteOf(baseUrl), isNew };
    },
    switch: ({ db }, { site, on, now }) => switchSite(db, site, { on, now }),
    async probe(db, { site, effects, wait }) {
      const id = effects.newId();
      const taken = await takeTurn(db.db, site, id);
      if (!taken) return null;
      try {
        const report = { requests: 0, answers: 0, releases: 0, refusals: 0, retries: 0, errors: [] };
        const remainingMs = () => PROBE_MS_MAX;
        const context = { effects, wait, hold: async () => undefined, report, remainingMs };
        const client = clientFor(context, { site: { ...taken, robots: null }, contact });
        const now = () => effects.now();
        await probeSite(db.db, { site, client, today: dayAt(now()), now });
      } catch (error) {
        if (!(error instanceof SiteClosed)) throw error;
        const { state, message } = error;
        await noteClosed(db.db, site, { state, message, now: effects.now() });
      } finally {
        await endTurn(db.db, site, id);
      }
      return described(db, site);
    },
  };
}

const PROBE_MS_MAX = HOUR_MS; // nobody waits behind it

async function described({ db }: Database, site: string): Promise<SiteDescription | null> {
  const found = await boardSites(db).findOne({ _id: site });
  return found && describe(found);
}

function describe({
  _id,
  name,
  state,
  askAgainAt,
  probe,
  lastError,
  councils,
}: KnownOfSite): SiteDescription {
  const found = probe
    ? `${probe.operation} of ${probe.committees === "each" ? "each committee" : `committee ${probe.committees}`}, ` +
      `by ${probe.via}, ${probe.slow ? "slow" : "fast"}, ${probe.meetings} meetings in a year`
    : "";
  return {
    ...{ site: _id, name, state, found, askAgainAt },
    parts: councils.map((council) => council.name),
    trouble: state === "ok" ? "" : (lastError?.message ?? ""),
  };
}
