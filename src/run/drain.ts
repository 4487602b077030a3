// Drains a held window: its lanes are read step by step, each is counted and written before the next, until every lane
// has reached the window's start.
import { finish, type Held } from "../claim/claim.ts";
import type { Progress } from "../claim/statements.ts";
import { firstLookAt } from "../fetch/look-schedule.ts";
import { nextLane } from "../fetch/walk.ts";
import { NOTHING_READ, wantedLanes } from "../plan/difference.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { boundaryAtOrBefore, type LondonTime, toLondon } from "../terms/london-time.ts";
import type { SourceContext } from "./context.ts";
import { PAGE_FAULTS_MAX, readLanes, type Step } from "./lane.ts";
import { countRows, progressOf } from "./progress.ts";
import { checkpoint } from "./with-claim.ts";

/** @throws ClaimLost, DeadlineReached, ApiError, StorageFull, BudgetSpent: whatever was checkpointed stays */
export async function drain(context: SourceContext, { claim, window }: Held): Promise<void> {
  const start = boundaryAtOrBefore(toLondon(window.from));
  let progress = finishLanesBelow(progressOf(withWantedLanes(window, context.stages)), start);
  const { lanes } = progress;
  for await (const step of readLanes(context, { lanes, start, windowId: window._id, use: "backfill" })) {
    const before = progress;
    progress = afterStep(countRows(progress, window, step), step);
    context.report.releases += step.counted.length;
    const moved = progress.lanes.some((lane, index) => lane.frontier !== before.lanes[index]?.frontier);
    if (nextLane(progress.lanes)) await checkpoint(context, claim, { progress, moved });
  }
  const { config, effects } = context;
  const { verifyAfterHours } = config;
  const verifyAt = firstLookAt({ drainedAt: effects.now(), verifyAfterHours });
  await finish(context.db, claim, { ...progress, verifyAt });
}

function afterStep(progress: Progress, { lanes, fault, unproven }: Step): Progress {
  return {
    ...progress,
    lanes,
    ...(fault ? { alarms: [...(progress.alarms ?? []), fault].slice(-PAGE_FAULTS_MAX) } : {}),
    unproven: unproven ? [...progress.unproven, unproven] : progress.unproven,
  };
}

/** Another Worker may have planned the window with other lanes since this one has planned. */
function withWantedLanes(window: SyncWindow, stages: string[]): SyncWindow {
  const { lanes, again } = wantedLanes(window, stages);
  if (!again) return { ...window, lanes };
  const { publishedSeconds: _, numbers: __, ...rest } = window;
  return { ...rest, lanes, ...NOTHING_READ };
}

/** A start that was moved forward may lie above a lane's frontier: such a lane is done. */
function finishLanesBelow(progress: Progress, start: LondonTime): Progress {
  return {
    ...progress,
    lanes: progress.lanes.map((lane) => (lane.frontier <= start ? { ...lane, done: true } : lane)),
  };
}
