// The delta's slower second pass: once a day, and at once when nothing has come for too long, the last days are read again
// in exact slices. It finds what appeared late and what a bad hour left out; a month that lacked it is doubted.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Question } from "../fetch/api.ts";
import { hasShrunk, workingHours } from "../fetch/plausible.ts";
import { nextSlice } from "../fetch/proof.ts";
import { shorter } from "../fetch/walk.ts";
import { newestInstant, type StoredRelease, storedReleases } from "../store/store.ts";
import type { SyncJob } from "../terms/documents.ts";
import { boundaryAtOrBefore, fromLondon, type LondonTime, toLondon } from "../terms/london-time.ts";
import type { SourceContext } from "./context.ts";
import { additionsTo, doubtMonths } from "./doubt.ts";
import { readSlice } from "./look.ts";
import { storeRows } from "./store-rows.ts";

/** Rows have appeared up to 50 hours late: twice met before they leave it, though a day's pass should fail. */
const REACH_MS = 100 * HOUR_MS;
const EVERY_MS = 20 * HOUR_MS;
const AGAIN_MS = 3 * HOUR_MS;
/** Working hours without a new notice where this many were to be expected: chance does that once in 100,000 times. */
const QUIET = { hours: 4, expected: 12 };

type Pass = NonNullable<SyncJob["secondPass"]>;

/** @throws ApiError, DeadlineReached, StorageFull: the next run goes on where this one stopped */
export async function secondPass(context: SourceContext): Promise<void> {
  const { db, source } = context;
  const job = await db.syncJobs.findOne({ _id: source });
  if (!job) return;
  const quiet = await noteQuiet(context, job);
  const pass = await dueAt(context, job, quiet);
  if (!pass) return;
  const range = { source, from: fromLondon(pass.from), to: new Date(fromLondon(pass.to).getTime() + 1000) };
  await readPass(context, pass, await storedReleases(db, range));
}

/** A list that stays empty over working hours is no quiet time but a list that lacks rows. */
async function noteQuiet({ db, source }: SourceContext, job: SyncJob): Promise<boolean> {
  const newest = await newestInstant(db, source);
  if (!newest) return false;
  const windows = await db.syncWindows
    .find(
      { source, status: "done" },
      { projection: { from: 1, to: 1, counts: 1 }, sort: { from: -1 }, limit: 3 },
    )
    .toArray();
  const hours = windows.reduce((sum, { from, to }) => sum + workingHours(from, to), 0);
  const releases = windows.reduce((sum, { counts }) => sum + counts.releases, 0);
  const silent = newest < job.lastSyncedDate ? workingHours(newest, job.lastSyncedDate) : 0;
  const quiet = silent >= QUIET.hours && (silent * releases) / Math.max(1, hours) >= QUIET.expected;
  const quietSince = quiet ? newest : null;
  if ((job.quietSince ?? null)?.getTime() !== quietSince?.getTime())
    await db.syncJobs.updateOne({ _id: source }, { $set: { quietSince } });
  return quiet;
}

/** The pass to go on with, or a fresh one whose turn it is; null when none is due. */
async function dueAt(
  { db, source, effects }: SourceContext,
  job: SyncJob,
  quiet: boolean,
): Promise<Pass | null> {
  const now = effects.now();
  const known = job.secondPass ?? null;
  if (known && known.frontier > known.from) return known;
  const nextAt = known?.nextAt ?? new Date(job.horizon.getTime() + EVERY_MS);
  const soon = quiet && nextAt.getTime() - EVERY_MS + AGAIN_MS <= now.getTime();
  if (nextAt > now && !soon) return null;
  const to = toLondon(job.lastSyncedDate);
  const reach = Math.max(job.horizon.getTime(), job.lastSyncedDate.getTime()) - REACH_MS;
  const fresh: Pass = {
    nextAt: new Date(now.getTime() + EVERY_MS),
    from: boundaryAtOrBefore(toLondon(new Date(reach))),
    to,
    frontier: to,
    requests: 0,
    found: 0,
    foundAt: known?.foundAt ?? null,
    suspicion: null,
  };
  const unchanged = known ? { "secondPass.nextAt": known.nextAt } : { secondPass: { $in: [null] } };
  const taken = await db.syncJobs.updateOne({ _id: source, ...unchanged }, { $set: { secondPass: fresh } });
  return taken.matchedCount === 1 ? fresh : null;
}

async function readPass(context: SourceContext, begun: Pass, stored: StoredRelease[]): Promise<void> {
  const { api, config, db, source, effects } = context;
  const published = stored.map(({ at }) => fromLondon(at)).sort((a, b) => a.getTime() - b.getTime());
  let pass = begun;
  let shortened: LondonTime | null = null;
  while (pass.frontier > pass.from) {
    const likely = nextSlice({
      api,
      frontier: pass.frontier,
      start: pass.from,
      published,
      limit: config.pageLimit,
    });
    const asked: Question =
      shortened !== null && shortened > likely.lo ? { ...likely, lo: shortened } : likely;
    const { kind, page, requests, beside } = await readSlice(context, asked);
    const place = `second pass ${asked.lo} to ${asked.hi}`;
    const { added, addedRows } = await storeRows(context, {
      ...{ page, place, windowId: null },
      additions: additionsTo(context),
    });
    context.report.releases += added;
    await doubtMonths(context, addedRows);
    const expected = stored.filter(({ at }) => at >= asked.lo && at <= asked.hi).map(({ key }) => key);
    const shrunk = kind === "exact" ? hasShrunk(expected, new Set(page.rows.map(({ key }) => key))) : null;
    pass = {
      ...pass,
      frontier: kind === "over" ? pass.frontier : asked.lo,
      requests: pass.requests + requests,
      found: pass.found + added,
      foundAt: added > 0 ? effects.now() : pass.foundAt,
      suspicion: shrunk?.detail ?? pass.suspicion,
      // Whatever this hour lists, another one has to confirm.
      ...(shrunk ? { nextAt: new Date(effects.now().getTime() + AGAIN_MS) } : {}),
    };
    shortened = kind === "over" ? ((beside ?? shorter(api, asked, page.rows))?.lo ?? asked.lo) : null;
    await db.syncJobs.updateOne({ _id: source, "secondPass.to": pass.to }, { $set: { secondPass: pass } });
  }
}
