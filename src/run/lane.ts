// One step of one lane: ask, judge, store, and say how far the lane has come. Used by windows and by the delta alike.
import type { Question } from "../fetch/api.ts";
import { ask } from "../fetch/ask.ts";
import { type Page, salvageReleases } from "../fetch/page.ts";
import {
  judgePage,
  judgeSlice,
  laneAfter,
  narrower,
  nextSpanSeconds,
  questionFor,
  SLICE_SECONDS_FIRST,
  smallest,
  type Verdict,
} from "../fetch/walk.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { ApiError } from "../terms/errors.ts";
import { boundaryAtOrBefore, type LondonTime, plusSeconds, secondsBetween } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { LaneProgress } from "../terms/window.ts";
import type { SourceContext } from "./context.ts";
import { type Kept, keep } from "./keep.ts";
import { readOverflow } from "./overflow.ts";

export type Alarm = NonNullable<SyncWindow["alarms"]>[number];
export const ALARMS_KEPT = 20; // of a window, and of a source's delta: the newest say enough
export type Unproven = SyncWindow["unproven"][number];

/** What a lane remembers between its steps, and may forget: it only saves requests. */
export interface LaneMemory {
  /** The narrower question after one that could not be answered whole. */
  narrowed: Question | null;
  /** Length of the next question; null: down to the start. */
  spanSeconds: number | null;
  /** The second below an overflowing slice: what is above it has been read. */
  below: LondonTime | null;
  /** Keys of the page that moved the frontier last. */
  before: Set<string>;
  /** Questions in a row that did not move the frontier. */
  stuck: number;
}

export const freshMemory = (): LaneMemory => ({
  narrowed: null,
  spanSeconds: null,
  below: null,
  before: new Set(),
  stuck: 0,
});

export interface Step {
  lane: LaneProgress;
  /** Rows that count now; empty while the frontier stands. */
  counted: Row[];
  kept: Kept;
  unidentified: number;
  alarm: Alarm | null;
  unproven: Unproven | null;
}

export interface LaneOptions {
  lane: LaneProgress;
  memory: LaneMemory;
  start: LondonTime;
  windowId: string | null;
}

// Halving a month down to a second takes 22 questions; more than this in one place is no progress at all.
const STUCK_MAX = 60;

/** @throws ApiError, DeadlineReached, StorageFull; nothing is lost by any of them */
export async function stepLane(context: SourceContext, options: LaneOptions): Promise<Step> {
  const { lane, memory } = options;
  memory.spanSeconds ??= lane.spanSeconds ?? null;
  const step = await askAndJudge(context, options);
  // Narrowing down to a bad release takes many questions: the next run goes on with it.
  const { spanSeconds: _, ...rest } = step.lane;
  const { spanSeconds } = memory;
  return { ...step, lane: spanSeconds === null || rest.done ? rest : { ...rest, spanSeconds } };
}

async function askAndJudge(context: SourceContext, options: LaneOptions): Promise<Step> {
  const { api, config } = context;
  const { lane, memory, start } = options;
  const slices = lane.mode === "slices";
  const spanSeconds = memory.spanSeconds ?? (slices ? SLICE_SECONDS_FIRST : null);
  const hi = memory.below ?? lane.frontier;
  const asked =
    memory.narrowed ??
    questionFor({ api, stage: lane.stage, hi, start, limit: config.pageLimit, spanSeconds });
  const answer = await ask(context.asker, asked);
  if (++memory.stuck > STUCK_MAX) throw unanswerable(answer.url, `no progress below ${lane.frontier}`);
  switch (answer.kind) {
    case "not found":
      throw new ApiError(
        `${api.source} has no such page (404): ${answer.url}. Check ${api.settings.origin}.`,
        {
          url: answer.url,
          status: 404,
          attempts: 1,
          permanent: true,
        },
      );
    case "too slow":
      return narrow(context, options, {
        asked,
        least: async () => {
          throw unanswerable(answer.url, "no answer in time, even for the smallest range");
        },
      });
    case "unreadable": {
      const { body, url, reason } = answer;
      // The smallest question there is: what can be read of it is stored, the rest is kept as evidence.
      const least = async () => {
        const page = { ...salvageReleases(body), uri: url, next: null };
        const step = await moved(context, options, { asked, page, reached: asked.lo });
        const alarm = alarmOf(context, "unreadable", `${reason}; ${url}`);
        return { ...step, alarm, unproven: unprovenOf(context, asked, page.rows.length) };
      };
      return narrow(context, options, { asked, least });
    }
    case "page": {
      const { page } = answer;
      if (slices) return stepSlice(context, options, { asked, page, url: answer.url });
      const verdict = judgePage({ api, asked, page, before: memory.before });
      return stepTime(context, options, { asked, page, verdict, url: answer.url });
    }
  }
}

interface Answered {
  asked: Question;
  page: Page;
  url: string;
}

async function stepTime(
  context: SourceContext,
  options: LaneOptions,
  { asked, page, verdict, url }: Answered & { verdict: Verdict },
): Promise<Step> {
  const { memory, lane } = options;
  switch (verdict.kind) {
    case "whole":
      memory.spanSeconds = wider(memory.spanSeconds);
      return moved(context, options, { asked, page, reached: asked.lo });
    case "full":
      return moved(context, options, { asked, page, reached: verdict.frontier });
    case "crowded": {
      const least = smallest(context.api, asked);
      if (least.lo === asked.lo) return overflow(context, options, { asked, page });
      memory.narrowed = least;
      return stays(context, options, { asked, page });
    }
    case "unclear":
      return narrow(context, options, {
        asked,
        least: () => overflow(context, options, { asked, page }),
        meanwhile: () => stays(context, options, { asked, page }),
      });
    case "untrusted": {
      memory.spanSeconds = null;
      const step = await stays(context, options, { asked, page });
      const alarm = alarmOf(context, verdict.why, url);
      context.log.warn(
        { source: context.source, kind: verdict.why, url },
        "a page proves nothing: this lane goes on in slices",
      );
      return { ...step, lane: { ...lane, mode: "slices" }, alarm };
    }
  }
}

async function stepSlice(
  context: SourceContext,
  options: LaneOptions,
  { asked, page, url }: Answered,
): Promise<Step> {
  const verdict = judgeSlice(context.api, asked, page);
  const { memory } = options;
  switch (verdict.kind) {
    case "whole":
      memory.spanSeconds = nextSpanSeconds(asked, page.rows.length);
      return moved(context, options, { asked, page, reached: asked.lo });
    case "over":
      return narrow(context, options, {
        asked,
        least: () => overflow(context, options, { asked, page }),
        meanwhile: () => stays(context, options, { asked, page }),
      });
    case "untrusted":
      throw unanswerable(url, `the page answers another question (${page.uri})`);
  }
}

async function overflow(
  context: SourceContext,
  options: LaneOptions,
  { asked, page }: { asked: Question; page: Page },
): Promise<Step> {
  const all = await readOverflow(context, { asked, page });
  const step = await moved(context, options, { asked, page: { ...page, rows: all.rows }, reached: asked.lo });
  options.memory.below = justBelow(asked.lo);
  return { ...step, unproven: all.exact ? null : unprovenOf(context, asked, all.rows.length) };
}

/** All of `[reached, …]` is here: store it, and the frontier is there. */
async function moved(
  context: SourceContext,
  options: LaneOptions,
  { asked, page, reached }: { asked: Question; page: Page; reached: LondonTime },
): Promise<Step> {
  const { lane, memory, start } = options;
  const kept = await keep(context, { page, place: placeOf(asked), ...options });
  memory.narrowed = null;
  memory.below = null;
  memory.stuck = 0;
  memory.before = new Set(page.rows.map(({ key }) => key));
  const after = laneAfter({ lane, rows: page.rows, reached, start });
  return { ...after, kept, unidentified: page.unidentified.length, alarm: null, unproven: null };
}

/** The page proves nothing yet: its rows are stored all the same, the frontier stands. */
async function stays(
  context: SourceContext,
  options: LaneOptions,
  { asked, page }: { asked: Question; page: Page },
): Promise<Step> {
  const kept = await keep(context, { page, place: placeOf(asked), ...options });
  return { ...still(options), kept };
}

const NOTHING_KEPT: Kept = { changed: 0, added: 0, bytes: new Map(), quarantined: 0 };

function still({ lane }: LaneOptions): Step {
  return { lane, counted: [], kept: NOTHING_KEPT, unidentified: 0, alarm: null, unproven: null };
}

/** Asks narrower next; at the smallest range, `least` decides. */
async function narrow(
  context: SourceContext,
  options: LaneOptions,
  {
    asked,
    least,
    meanwhile,
  }: { asked: Question; least: () => Promise<Step>; meanwhile?: () => Promise<Step> },
): Promise<Step> {
  const { memory } = options;
  const next = narrower(context.api, asked);
  if (next === null) return least();
  memory.narrowed = next;
  memory.spanSeconds = secondsBetween(next.lo, next.hi);
  return meanwhile ? meanwhile() : still(options);
}

/** So that a crowded second is not met again; null where the hour of a clock change would be skipped. */
function justBelow(time: LondonTime): LondonTime | null {
  const below = plusSeconds(time, -1);
  return boundaryAtOrBefore(below) === below ? below : null;
}

function wider(spanSeconds: number | null): number | null {
  const wide = spanSeconds === null ? Number.POSITIVE_INFINITY : spanSeconds * 4;
  return wide > SPAN_SECONDS_MAX ? null : wide;
}

const SPAN_SECONDS_MAX = 32 * 86_400; // longer than any window: down to the start again

function unanswerable(url: string, why: string): ApiError {
  return new ApiError(`${why}: ${url}. The window is tried again later.`, {
    url,
    attempts: 1,
    permanent: false,
  });
}

function alarmOf({ effects }: SourceContext, kind: string, detail: string): Alarm {
  return { at: effects.now(), kind, detail };
}

function unprovenOf({ effects }: SourceContext, { stage, lo, hi }: Question, rows: number): Unproven {
  return { stage, from: lo, to: hi, rows, at: effects.now() };
}

function placeOf({ stage, lo, hi }: Question): string {
  return `${stage} ${lo} to ${hi}`;
}
