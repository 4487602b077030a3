// Reads one month of one site: lists its meetings, asks for each, stores what it published, newest day first. The
// frontier moves when a day is through; of the day in between, `seen` says which meetings are.

import type { SyncWindow } from "../../terms/documents.ts";
import { ApiError } from "../../terms/errors.ts";
import { type LondonTime, toLondon } from "../../terms/london-time.ts";
import type { ReadContext, WindowProgress } from "../source.ts";
import type { SiteClient } from "./client.ts";
import { asDay, type Day, dayAfter, startOf } from "./days.ts";
import { documentsOf, isCancelled, needsPrinted } from "./documents.ts";
import { type Listing, listMeetings } from "./listing.ts";
import { type ListedMeeting, type Meeting, readMeeting } from "./meetings.ts";
import { type OwnedCouncil, ownerOf } from "./owners.ts";
import { readPrinted } from "./printed.ts";
import { type QuarantinedMeeting, settle } from "./quarantine.ts";
import { type Known, knownOfMonth, type Stored, storeDocuments } from "./store.ts";

export interface MonthOptions {
  window: SyncWindow;
  site: { id: string; baseUrl: string; councils: readonly OwnedCouncil[] };
  client: SiteClient;
  listing: Listing;
}

const BROKEN_IN_A_ROW_MAX = 3; // then it is the site

/** @throws ApiError, SiteClosed, ClaimLost, DeadlineReached: whatever was checkpointed stays */
export async function readMonth(context: ReadContext, options: MonthOptions): Promise<WindowProgress> {
  const { window } = options;
  const requestsBefore = context.report.requests;
  const listed = await listMonth(options);
  const progress = progressOf(window, context.report.requests - requestsBefore);
  const todo = unread(listed, progress.lanes[0]);
  const read = await readMeetings(context, { ...options, todo, progress });
  return { ...read, lanes: finished(read, window) };
}

/** The list once more: what it names and nobody holds is read now, and noted as drift. @throws as `readMonth` */
export async function verifyMonth(context: ReadContext, options: MonthOptions): Promise<WindowProgress> {
  const { window, site } = options;
  const { db, effects } = context;
  const listed = await listMonth(options);
  const known = await knownOfMonth(db.db, site.id, window);
  const ids = listed.map(({ id }) => `${window.source}/${site.id}/${id}`);
  const inQuarantine = await db.quarantine.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
  const waiting = new Set(inQuarantine.map(({ _id }) => _id));
  const todo = listed.filter(({ id }) => !known.has(id) && !waiting.has(`${window.source}/${site.id}/${id}`));
  const { lanes, counts, unproven, drift } = window;
  if (todo.length === 0) return { lanes, counts, unproven, drift };
  const found = { at: effects.now(), from: toLondon(window.from), to: toLondon(window.to) };
  const progress = { lanes, counts, unproven, drift: [...drift, { ...found, missing: todo.length }] };
  const kept = (one: WindowProgress) => ({ ...one, lanes }); // it was read to its end before
  const checkpoint: ReadContext["checkpoint"] = (one) => context.checkpoint(kept(one));
  return kept(await readMeetings({ ...context, checkpoint }, { ...options, todo, progress }));
}

/** A day of overlap at both ends: nobody has tested whether they are inclusive. */
async function listMonth({ window, client, listing }: MonthOptions): Promise<ListedMeeting[]> {
  const first = dayAt(window.from);
  const last = dayAt(new Date(window.to.getTime() - 1));
  const span = { from: dayAfter(first, -1), to: dayAfter(last, 1) };
  const listed = await listMeetings(client, listing, span);
  return listed.filter(({ day }) => day >= first && day <= last);
}

/** One after the other; what cannot be read is put into quarantine by the next that can. */
async function readMeetings(
  context: ReadContext,
  options: MonthOptions & { todo: ListedMeeting[]; progress: WindowProgress },
): Promise<WindowProgress> {
  const { window, site, todo } = options;
  const { db, effects } = context;
  const today = dayAt(effects.now());
  const known = await knownOfMonth(db.db, site.id, window);
  let { progress } = options;
  let broken: QuarantinedMeeting[] = [];
  let read = 0;
  for (const [at, meeting] of todo.entries()) {
    const before = context.report.requests;
    const step = await stepMeeting(context, { ...options, meeting, today, known: known.get(meeting.id) });
    progress = counting(progress, { requests: context.report.requests - before });
    if (step.kind === "broken") {
      broken.push(step.case);
      if (broken.length >= BROKEN_IN_A_ROW_MAX) throw step.error;
      continue;
    }
    read++;
    context.report.releases += step.stored.documents;
    await settle(db, { read: `${window.source}/${site.id}/${meeting.id}`, broken, now: effects.now() });
    const passed = passing(progress, { meeting, next: todo[at + 1] });
    progress = counting(passed, { stored: step.stored, quarantined: broken.length });
    broken = [];
    await context.checkpoint(progress);
  }
  const [first] = broken;
  if (first && read === 0) throw first.error;
  await settle(db, { broken, now: effects.now() });
  return counting(progress, { quarantined: broken.length });
}

export function dayAt(instant: Date): Day {
  const day = asDay(toLondon(instant).slice(0, 10));
  if (!day) throw new RangeError(`${instant.toISOString()} is outside the calendar`);
  return day;
}

type Lane = WindowProgress["lanes"][number];

/** Newest day first; of one day the highest id first. */
function unread(meetings: ListedMeeting[], lane: Lane | undefined): ListedMeeting[] {
  const seen = new Set(lane?.seen);
  return meetings
    .filter(({ day, id }) => !lane || (startOf(day) < lane.frontier && !seen.has(id)))
    .sort((a, b) => (a.day === b.day ? Number(b.id) - Number(a.id) : a.day < b.day ? 1 : -1));
}

/** A day is through when the next meeting is of another; until then its meetings are named. */
function passing(
  progress: WindowProgress,
  { meeting, next }: { meeting: ListedMeeting; next: ListedMeeting | undefined },
): WindowProgress {
  const lanes = progress.lanes.map((lane) => {
    if (next?.day === meeting.day) return { ...lane, seen: [...(lane.seen ?? []), meeting.id] };
    const { seen: _, ...rest } = lane;
    return { ...rest, frontier: startOf(meeting.day) };
  });
  return { ...progress, lanes };
}

function finished({ lanes }: WindowProgress, window: SyncWindow): Lane[] {
  const frontier: LondonTime = toLondon(window.from);
  return lanes.map(({ seen: _, ...lane }) => ({ ...lane, frontier, done: true }));
}

function progressOf({ lanes, counts, unproven, drift }: SyncWindow, requests: number): WindowProgress {
  return counting({ lanes, counts, unproven, drift }, { requests });
}

function counting(
  progress: WindowProgress,
  by: { requests?: number; stored?: Stored; quarantined?: number },
): WindowProgress {
  const { counts } = progress;
  const { requests = 0, stored, quarantined = 0 } = by;
  const byTag = { ...counts.byTag };
  for (const [type, documents] of Object.entries(stored?.byType ?? {}))
    byTag[type] = (byTag[type] ?? 0) + documents;
  return {
    ...progress,
    counts: {
      requests: counts.requests + requests,
      releases: counts.releases + (stored?.documents ?? 0),
      byTag,
      quarantined: counts.quarantined + quarantined,
      bytes: counts.bytes + (stored?.bytes ?? 0),
    },
  };
}

type Step =
  | { kind: "stored"; stored: Stored }
  | { kind: "broken"; case: QuarantinedMeeting; error: ApiError };

async function stepMeeting(
  context: ReadContext,
  options: MonthOptions & { meeting: ListedMeeting; today: Day; known: Known | undefined },
): Promise<Step> {
  const { window, site, client, meeting: listed, today, known } = options;
  if (known && isSettled(known, listed)) return { kind: "stored", stored: known.stored };
  try {
    const meeting = await askMeeting(client, listed);
    const place = { baseUrl: site.baseUrl, committeeId: listed.committeeId, meetingId: listed.id };
    const printed = needsPrinted(meeting) ? await readPrinted(client, place) : null;
    const documents = documentsOf({
      ...{ site: site.id, baseUrl: site.baseUrl, listed, meeting, today },
      ...(printed ? { printed } : {}),
    });
    const owner = ownerOf(site.councils, listed.committeeTitle);
    const stored = await storeDocuments(context.db.db, documents, { owner, now: context.effects.now() });
    return { kind: "stored", stored };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const _id = `${window.source}/${site.id}/${listed.id}`;
    const { source } = window;
    return {
      kind: "broken",
      case: { _id, source, windowId: window._id, meetingId: listed.id, error },
      error,
    };
  }
}

/** Its minutes are out, or it was cancelled, and the list says nothing new. */
function isSettled(known: Known, listed: ListedMeeting): boolean {
  const same = known.status === listed.status && known.day === listed.day;
  return same && (known.hasMinutes || isCancelled(listed.status));
}

async function askMeeting(client: SiteClient, { id }: ListedMeeting): Promise<Meeting> {
  const read = readMeeting(await client.ask({ operation: "GetMeeting", meeting: id }), id);
  if (read.kind === "read") return read.value;
  const message = `the answer about meeting ${id} is not believed: ${read.why}`;
  throw new ApiError(message, { url: `GetMeeting ${id}`, attempts: 1, permanent: false });
}
