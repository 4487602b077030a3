// The meetings of a span of days, the way the site's probe found to work: all committees by 0, by -1, or one by one.
import { ApiError } from "../../terms/errors.ts";
import type { SiteClient } from "./client.ts";
import { asQueried, type Day } from "./days.ts";
import { type ListedMeeting, type Read, readCommittees, readMeetings } from "./meetings.ts";
import { SiteClosed } from "./site-closed.ts";

/** What the site calls all its committees; `each` where it has no word for them. */
export const ALL_COMMITTEES = ["0", "-1", "each"] as const;
export const LIST_OPERATIONS = ["GetAllMeetingsByDate", "GetMeetings"] as const;

export interface Listing {
  operation: (typeof LIST_OPERATIONS)[number];
  committees: (typeof ALL_COMMITTEES)[number];
}

export interface Span {
  from: Day;
  to: Day;
}

/** One by one those that have expired are asked too: they may have met in this span. @throws ApiError when an answer is not believed */
export async function listMeetings(
  client: SiteClient,
  listing: Listing,
  { from, to }: Span,
): Promise<ListedMeeting[]> {
  if (listing.committees !== "each")
    return believed(client, await askList(client, { ...listing, committee: listing.committees, from, to }));
  const committees = believed(client, readCommittees(await client.ask({ operation: "GetCommittees" })));
  const meetings = new Map<string, ListedMeeting>();
  for (const { id, title, deleted } of committees) {
    if (deleted) continue;
    const list = await askList(client, { operation: "GetMeetings", committee: id, from, to });
    for (const one of believed(client, list))
      meetings.set(one.id, {
        ...one,
        committeeId: one.committeeId || id,
        committeeTitle: one.committeeTitle || title,
      });
  }
  return [...meetings.values()];
}

async function askList(
  client: SiteClient,
  { operation, committee, from, to }: Span & { operation: Listing["operation"]; committee: string },
): Promise<Read<ListedMeeting[]>> {
  const dates = { from: asQueried(from), to: asQueried(to) };
  return readMeetings(await client.ask({ operation, committee, ...dates }), { from, to });
}

function believed<T>(client: SiteClient, read: Read<T>): T {
  if (read.kind === "read") return read.value;
  const message = `the list of meetings is not believed: ${read.why}`;
  throw new ApiError(message, { url: client.via, attempts: 1, permanent: false });
}

/** What a probe found; null listing: it answers, and lists no meeting at all. */
export interface Found {
  listing: Listing | null;
  meetings: number;
  /** What was tried in vain. */
  notes: string[];
}

/** Tries what is known to work somewhere, the cheapest first. @throws SiteClosed, ApiError, DeadlineReached */
export async function findListing(client: SiteClient, span: Span): Promise<Found> {
  const notes: string[] = [];
  for (const operation of LIST_OPERATIONS) {
    for (const committees of ["0", "-1"] as const) {
      const tried = await tryList(client, { operation, committee: committees, ...span });
      if (typeof tried !== "string" && tried > 0)
        return { listing: { operation, committees }, meetings: tried, notes };
      notes.push(`${operation} of ${committees}: ${tried === 0 ? "none" : tried}`);
    }
  }
  const listing = { operation: "GetMeetings", committees: "each" } as const;
  const meetings = (await listMeetings(client, listing, span)).length;
  return { listing: meetings > 0 ? listing : null, meetings, notes };
}

/** How many meetings, or why it is not believed. A missing operation is no reason to give the site up. */
async function tryList(
  client: SiteClient,
  question: Span & { operation: Listing["operation"]; committee: string },
): Promise<number | string> {
  try {
    const read = await askList(client, question);
    return read.kind === "read" ? read.value.length : read.why;
  } catch (error) {
    if (
      error instanceof SiteClosed &&
      error.state === "unknown" &&
      error.message.endsWith(question.operation)
    )
      return "no such operation";
    throw error;
  }
}
