// The delta: from `lastSyncedDate` less an overlap to now less a settling margin. Mostly one page; after an outage a
// walk like any other, whose progress is kept in `syncJobs` and whose end alone moves `lastSyncedDate`.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { nextLane } from "../fetch/walk.ts";
import { newestInstant } from "../store/store.ts";
import type { SyncJob } from "../terms/documents.ts";
import { boundaryAtOrBefore, fromLondon, toLondon } from "../terms/london-time.ts";
import { ALL_STAGES } from "../terms/window.ts";
import type { SourceContext } from "./context.ts";
import { additionsTo, doubtMonths } from "./doubt.ts";
import { ensureHeadroom } from "./headroom.ts";
import { PAGE_FAULTS_MAX, type PageFault, readLanes, type Unproven } from "./lane.ts";

const OVERLAP_MS = HOUR_MS; // rows that appear up to an hour late are still met
/** No further back: the second pass reads the last days anyway. */
const REACH_MS = 100 * HOUR_MS;
const SETTLING_MS = 120_000; // the newest two minutes may still be filling up

type Walk = NonNullable<SyncJob["deltaWalk"]>;

/** @throws ApiError, DeadlineReached, StorageFull: the walk goes on in the next invocation */
export async function syncDelta(context: SourceContext): Promise<void> {
  const { db, source, effects, headroom } = context;
  ensureHeadroom(headroom, "delta");
  const job = await db.syncJobs.findOne({ _id: source });
  if (!job) return;
  const newest = await newestInstant(db, source);
  let walk = job.deltaWalk ?? newWalk({ lastSynced: job.lastSyncedDate, newest, now: effects.now() });
  if (!walk) return;
  if (!job.deltaWalk && !(await writeWalk(context, job, walk))) return;
  const { from: start, lanes } = walk;
  const reading = { lanes, start, windowId: null, additions: additionsTo(context), use: "delta" } as const;
  for await (const step of readLanes(context, reading)) {
    const before = walk;
    context.report.releases += step.counted.length;
    await doubtMonths(context, step.stored.addedRows);
    walk = { ...walk, lanes: step.lanes };
    if (step.fault) await notePageFault(context, step.fault);
    if (step.unproven) await noteUnproven(context, job, step.unproven);
    if (nextLane(walk.lanes) && !(await advanceWalk(context, before, walk))) return;
  }
  const reached = fromLondon(walk.to);
  await db.syncJobs.updateOne(
    { _id: source, "deltaWalk.from": walk.from, "deltaWalk.to": walk.to },
    { $set: { deltaWalk: null }, $max: { lastSyncedDate: reached }, $currentDate: { updatedAt: true } },
  );
}

/** Once: the overlap meets the same slice again in the next run. */
async function noteUnproven({ db, source }: SourceContext, job: SyncJob, slice: Unproven): Promise<void> {
  const known = job.unproven?.some(
    ({ stage, from, to }) => stage === slice.stage && from === slice.from && to === slice.to,
  );
  if (!known) await db.syncJobs.updateOne({ _id: source }, { $push: { unproven: slice } });
}

async function notePageFault({ db, source }: SourceContext, fault: PageFault): Promise<void> {
  await db.syncJobs.updateOne(
    { _id: source },
    { $push: { alarms: { $each: [fault], $slice: -PAGE_FAULTS_MAX } } },
  );
}

/**
 * Never beyond what is settled: in the hour that autumn repeats, the walk ends before it and waits. From the newest
 * notice that is stored, where that is older than the overlap: what came meanwhile is all new, so it costs nothing, and
 * makes up for a list that lacked rows or a clock that was ahead.
 */
function newWalk({
  lastSynced,
  newest,
  now,
}: {
  lastSynced: Date;
  newest: Date | null;
  now: Date;
}): Walk | null {
  const to = boundaryAtOrBefore(toLondon(new Date(now.getTime() - SETTLING_MS)));
  if (fromLondon(to) <= lastSynced) return null;
  const overlap = lastSynced.getTime() - OVERLAP_MS;
  const known = Math.max(newest?.getTime() ?? overlap, lastSynced.getTime() - REACH_MS);
  const from = boundaryAtOrBefore(toLondon(new Date(Math.min(overlap, known))));
  return { from, to, lanes: [{ stage: ALL_STAGES, frontier: to, done: false }] };
}

/** False when another invocation has begun a walk meanwhile: it is theirs. */
async function writeWalk({ db, source }: SourceContext, job: SyncJob, walk: Walk): Promise<boolean> {
  const { matchedCount } = await db.syncJobs.updateOne(
    { _id: source, deltaWalk: null, lastSyncedDate: job.lastSyncedDate },
    { $set: { deltaWalk: walk } },
  );
  return matchedCount === 1;
}

/** False when another invocation has moved the same walk. */
async function advanceWalk({ db, source }: SourceContext, before: Walk, walk: Walk): Promise<boolean> {
  const { matchedCount } = await db.syncJobs.updateOne(
    { _id: source, "deltaWalk.to": before.to, "deltaWalk.lanes": before.lanes },
    { $set: { "deltaWalk.lanes": walk.lanes } },
  );
  return matchedCount === 1;
}
