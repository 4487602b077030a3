// Drains a held window: one loop, ask, judge, store, advance, until every lane has reached the window's start.
import type { Held } from "../claim/claim.ts";
import { advance, finish } from "../claim/claim.ts";
import type { Progress } from "../claim/statements.ts";
import type { Question } from "../fetch/api.ts";
import { ask } from "../fetch/ask.ts";
import { closingQuestion, judgeSlice, lanesClosed, nextLane } from "../fetch/walk.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { boundaryAtOrBefore, type LondonTime, toLondon } from "../terms/london-time.ts";
import type { SourceContext } from "./context.ts";
import { keep } from "./keep.ts";
import { freshMemory, type LaneMemory, stepLane } from "./lane.ts";
import { counting, progressOf } from "./progress.ts";

/** @throws ClaimLost, DeadlineReached, ApiError, StorageFull: whatever was checkpointed stays */
export async function drain(context: SourceContext, { claim, window }: Held): Promise<void> {
  const { db, config, asker, report } = context;
  const start = boundaryAtOrBefore(toLondon(window.from));
  const memories = new Map<string, LaneMemory>(window.lanes.map(({ stage }) => [stage, freshMemory()]));
  let progress = reaching(progressOf(window), start);
  let recountAll = true;
  let mayClose = true;
  for (let lane = nextLane(progress.lanes); lane; lane = nextLane(progress.lanes)) {
    const requestsBefore = asker.tally.requests;
    const memory = memories.get(lane.stage) ?? freshMemory();
    const densities = densitiesOf(memories);
    const closing =
      mayClose && closingQuestion({ lanes: progress.lanes, densities, start, limit: config.pageLimit });
    if (closing) {
      mayClose = false;
      progress = await closeLanes(context, { window, progress, closing, start, requestsBefore });
    } else {
      const step = await stepLane(context, { lane, memory, start, windowId: window._id, recountAll });
      const requests = asker.tally.requests - requestsBefore;
      const { counted, kept, unidentified } = step;
      progress = counting(progress, { window, counted, kept, unidentified, requests });
      report.releases += counted.length;
      progress = {
        ...progress,
        lanes: progress.lanes.map((one) => (one.stage === step.lane.stage ? step.lane : one)),
        ...(step.alarm ? { alarms: [...(progress.alarms ?? []), step.alarm].slice(-ALARMS_KEPT) } : {}),
        unproven: step.unproven ? [...progress.unproven, step.unproven] : progress.unproven,
      };
    }
    recountAll = false;
    if (nextLane(progress.lanes)) await advance(db, claim, progress);
  }
  await finish(db, claim, progress);
}

const ALARMS_KEPT = 20;

/** What is left of all lanes in one page without `stages`; should it not fit, nothing is lost but the request. */
async function closeLanes(
  context: SourceContext,
  options: {
    window: SyncWindow;
    progress: Progress;
    closing: Question;
    start: LondonTime;
    requestsBefore: number;
  },
): Promise<Progress> {
  const { window, progress, closing, start, requestsBefore } = options;
  const { asker, api, report } = context;
  const answer = await ask(asker, closing);
  const requests = asker.tally.requests - requestsBefore;
  const nothing = {
    window,
    counted: [],
    kept: { changed: 0, added: 0, bytes: new Map(), quarantined: 0 },
    unidentified: 0,
    requests,
  };
  if (answer.kind !== "page" || judgeSlice(api, closing, answer.page).kind !== "whole")
    return counting(progress, nothing);
  const { page } = answer;
  const place = `closing ${closing.lo} to ${closing.hi}`;
  const kept = await keep(context, { page, place, windowId: window._id, recountAll: false });
  const { lanes, counted } = lanesClosed({ lanes: progress.lanes, rows: page.rows, start });
  report.releases += counted.length;
  return {
    ...counting(progress, { window, counted, kept, unidentified: page.unidentified.length, requests }),
    lanes,
  };
}

/** A start that was moved forward may lie above a lane's frontier: such a lane is done. */
function reaching(progress: Progress, start: LondonTime): Progress {
  return {
    ...progress,
    lanes: progress.lanes.map((lane) => (lane.frontier <= start ? { ...lane, done: true } : lane)),
  };
}

function densitiesOf(memories: Map<string, LaneMemory>): Map<string, number> {
  return new Map(
    [...memories].flatMap(([stage, { density }]) => (density === null ? [] : [[stage, density]])),
  );
}
