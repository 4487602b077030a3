// What works at a site: asked once, remembered, and asked again when it stops working.
import type { Db } from "mongodb";
import { ApiError } from "../../terms/errors.ts";
import type { SiteClient } from "./client.ts";
import { type Day, dayAfter } from "./days.ts";
import { type Found, findListing, type Listing, type Span } from "./listing.ts";
import type { BoardSite } from "./records.ts";
import { SiteClosed } from "./site-closed.ts";
import { noteFound } from "./sites.ts";

/** Every council meets within a year. */
const DAYS_BACK = 365;
const DAYS_AHEAD = 31;

export type Probe = NonNullable<BoardSite["probe"]>;

/** Asks the site what works, and notes it. @throws SiteClosed with what was found instead */
export async function probeSite(
  db: Db,
  { site, client, today, now }: { site: string; client: SiteClient; today: Day; now: () => Date },
): Promise<Probe> {
  const span = { from: dayAfter(today, -DAYS_BACK), to: dayAfter(today, DAYS_AHEAD) };
  const { listing, meetings, notes } = await foundBy(client, span);
  if (!listing) throw new SiteClosed("unknown", `${site} lists no meeting of a year (${notes.join("; ")})`);
  const probe = { at: now(), ...listing, via: client.via, slow: client.slow, meetings };
  await noteFound(db, site, { probe, now: now() });
  return probe;
}

/** A site that cannot even be probed is not one month's trouble. */
async function foundBy(client: SiteClient, span: Span): Promise<Found> {
  try {
    return await findListing(client, span);
  } catch (error) {
    if (error instanceof ApiError) throw new SiteClosed("unknown", error.message);
    throw error;
  }
}

export const listingOf = ({ operation, committees }: Probe): Listing => ({ operation, committees });
