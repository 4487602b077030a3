// Drains a held window: one loop, ask, judge, store, advance, until every lane has reached the window's start.
import type { Held } from "../claim/claim.ts";
import { finish } from "../claim/claim.ts";
import type { Progress } from "../claim/statements.ts";
import type { Question } from "../fetch/api.ts";
import { ask } from "../fetch/ask.ts";
import { jointQuestion, judgePage, lanesAfter, nextLane } from "../fetch/walk.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { boundaryAtOrBefore, type LondonTime, toLondon } from "../terms/london-time.ts";
import type { SourceContext } from "./context.ts";
import { ensureRoom } from "./headroom.ts";
import { checkpoint } from "./hold.ts";
import { keep } from "./keep.ts";
import { ALARMS_KEPT, freshMemory, type LaneMemory, stepLane } from "./lane.ts";
import { counting, progressOf } from "./progress.ts";

/** @throws ClaimLost, DeadlineReached, ApiError, StorageFull, BudgetSpent: whatever was checkpointed stays */
export async function drain(context: SourceContext, { claim, window }: Held): Promise<void> {
  const { db, api, config, asker, report } = context;
  const start = boundaryAtOrBefore(toLondon(window.from));
  const memories = new Map<string, LaneMemory>(window.lanes.map(({ stage }) => [stage, freshMemory()]));
  let progress = reaching(progressOf(window), start);
  let mayJoin = true;
  for (let lane = nextLane(progress.lanes); lane; lane = nextLane(progress.lanes)) {
    ensureRoom(context.room, "backfill");
    const before = progress;
    const requestsBefore = asker.tally.requests;
    const spent = () => asker.tally.requests - requestsBefore;
    const joint = mayJoin && jointQuestion({ api, lanes: progress.lanes, start, limit: config.pageLimit });
    if (joint) {
      progress = await joinLanes(context, { window, progress, joint, start, spent });
      mayJoin = progress.lanes !== before.lanes;
    } else {
      const memory = memories.get(lane.stage) ?? freshMemory();
      const step = await stepLane(context, { lane, memory, start, windowId: window._id });
      const { counted, kept, unidentified } = step;
      progress = {
        ...counting(progress, { window, counted, kept, unidentified, requests: spent() }),
        lanes: progress.lanes.map((one) => (one.stage === step.lane.stage ? step.lane : one)),
        ...(step.alarm ? { alarms: [...(progress.alarms ?? []), step.alarm].slice(-ALARMS_KEPT) } : {}),
        unproven: step.unproven ? [...progress.unproven, step.unproven] : progress.unproven,
      };
    }
    report.releases += progress.counts.releases - before.counts.releases;
    if (nextLane(progress.lanes)) await checkpoint(context, claim, progress);
  }
  await finish(db, claim, progress);
}

/** All lanes in one page, without `stages`. A page that proves nothing costs a request and moves no lane. */
async function joinLanes(
  context: SourceContext,
  options: {
    window: SyncWindow;
    progress: Progress;
    joint: Question;
    start: LondonTime;
    spent: () => number;
  },
): Promise<Progress> {
  const { window, progress, joint, start, spent } = options;
  const { asker, api } = context;
  const answer = await ask(asker, joint);
  const spentOnly = () => ({
    ...progress,
    counts: { ...progress.counts, requests: progress.counts.requests + spent() },
  });
  if (answer.kind !== "page") return spentOnly();
  const { page } = answer;
  const verdict = judgePage({ api, asked: joint, page, before: new Set() });
  if (verdict.kind !== "whole" && verdict.kind !== "full") return spentOnly();
  const reached = verdict.kind === "full" ? verdict.frontier : start;
  const place = `all lanes ${joint.lo} to ${joint.hi}`;
  const kept = await keep(context, { page, place, windowId: window._id });
  const { lanes, counted } = lanesAfter({ lanes: progress.lanes, rows: page.rows, reached, start });
  const unidentified = page.unidentified.length;
  return { ...counting(progress, { window, counted, kept, unidentified, requests: spent() }), lanes };
}

/** A start that was moved forward may lie above a lane's frontier: such a lane is done. */
function reaching(progress: Progress, start: LondonTime): Progress {
  return {
    ...progress,
    lanes: progress.lanes.map((lane) => (lane.frontier <= start ? { ...lane, done: true } : lane)),
  };
}
