// A lane decides here, and only here: what to ask next, and what follows from the answer. Pure: `run/lane.ts` asks,
// decides and does.
//
// State. Everything from `lane.frontier` up has been read and stored; that alone is written to the database. The rest
// of the state only saves requests and may be forgotten at any moment:
//   narrowed  the narrower question after one that could not be answered whole
//   below     the second below a slice that overflowed: what is above it has been read
//   before    keys of the page that moved the frontier last, to know that page when it comes again
//   stuck     questions in a row that did not move the frontier
//
// Moves. In mode `time` a page is judged by its order, in mode `slices` by its length alone (walk.ts):
//   whole, full                              advance      store the rows, then move the frontier
//   crowded                                  store only   the frontier stands; ask the newest second next
//   unclear, over                            store only   the frontier stands; ask the newer half next
//   unclear, over, crowded: smallest range   overflow     read the slice in every other way, then `afterOverflow`
//   too slow                                 narrow       ask the newer half next
//   unreadable                               narrow       ask for what is above the release that breaks it, or its second
//   unreadable: smallest range               advance      with what can be read of it; the slice stays unproven
//   untrusted                                distrust     store the rows; the lane goes on in slices
//   too slow or cut off at the smallest range, another question answered twice, no such page, no progress
//                                            give up      the window's trouble: it is tried again later
// The frontier moves by `advance` and `afterOverflow` alone, and only ever towards the start.
import { boundaryAtOrBefore, type LondonTime, plusSeconds, secondsBetween } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { LaneProgress } from "../terms/window.ts";
import type { Api, Question } from "./api.ts";
import type { Answer } from "./ask.ts";
import { endsAsPackage, type Page, salvageReleases } from "./page.ts";
import {
  besideBroken,
  type Distrust,
  jointQuestion,
  judgePage,
  judgeSlice,
  laneAfter,
  lanesAfter,
  narrower,
  nextSpanSeconds,
  questionFor,
  SLICE_SECONDS_FIRST,
  smallest,
} from "./walk.ts";

export interface LaneState {
  readonly lane: LaneProgress;
  readonly narrowed: Question | null;
  readonly below: LondonTime | null;
  readonly before: ReadonlySet<string>;
  readonly stuck: number;
}

/** What a lane is read by: its API, the window's start, the rows of a page. */
export interface LaneRules {
  api: Api;
  start: LondonTime;
  limit: number;
}

export type Act =
  /** `counted`: rows that count now for the first time. `fault`: why only a part of the slice could be read. */
  | { kind: "advance"; page: StoredPage; counted: Row[]; fault: string | null }
  | { kind: "store only"; page: Page }
  | { kind: "narrow" }
  | { kind: "overflow"; page: Page }
  | { kind: "distrust"; page: Page; why: Distrust }
  | { kind: "give up"; why: string; status?: number; slow?: true };

type StoredPage = Pick<Page, "rows" | "unidentified">;

export interface Decision {
  state: LaneState;
  act: Act;
}

// Halving a month down to a second takes 22 questions; more than this in one place is no progress at all.
const STUCK_MAX = 60;
const SPAN_SECONDS_MAX = 32 * 86_400; // longer than any window: down to the start again

export function openLane(lane: LaneProgress): LaneState {
  return { lane, narrowed: null, below: null, before: new Set(), stuck: 0 };
}

export function nextQuestion({ lane, narrowed, below }: LaneState, rules: LaneRules): Question {
  const spanSeconds = lane.spanSeconds ?? (lane.mode === "slices" ? SLICE_SECONDS_FIRST : null);
  return narrowed ?? questionFor({ ...rules, stage: lane.stage, hi: below ?? lane.frontier, spanSeconds });
}

/** The next state, and what to do before it counts. */
export function decide(options: {
  state: LaneState;
  asked: Question;
  answer: Answer;
  rules: LaneRules;
}): Decision {
  const { asked, answer, rules } = options;
  const state = { ...options.state, stuck: options.state.stuck + 1 };
  if (state.stuck > STUCK_MAX)
    return { state, act: { kind: "give up", why: `no progress below ${state.lane.frontier}` } };
  const smallestRange = narrower(rules.api, asked) === null;
  switch (answer.kind) {
    case "not found":
      return { state, act: { kind: "give up", why: "no such page (404)", status: 404 } };
    case "too slow":
      return smallestRange
        ? {
            state,
            act: { kind: "give up", why: "no answer in time, even for the smallest range", slow: true },
          }
        : { state: narrowed(state, asked, rules), act: { kind: "narrow" } };
    case "unreadable": {
      if (!smallestRange) {
        const beside = besideBroken(rules.api, asked, answer.body);
        const next = beside ? { ...state, narrowed: beside } : narrowed(state, asked, rules);
        return { state: next, act: { kind: "narrow" } };
      }
      if (!endsAsPackage(answer.body)) {
        const why = "the answer is cut off, even for the smallest range";
        return { state, act: { kind: "give up", why } };
      }
      const page = salvageReleases(answer.body);
      return advance({ state, page, reached: asked.lo, rules, fault: answer.reason });
    }
    case "page":
      return state.lane.mode === "slices"
        ? decideSlice({ state, asked, page: answer.page, rules })
        : decideTime({ state, asked, page: answer.page, rules });
  }
}

interface Asked {
  state: LaneState;
  asked: Question;
  page: Page;
  rules: LaneRules;
}

function decideTime({ state, asked, page, rules }: Asked): Decision {
  const verdict = judgePage({ api: rules.api, asked, page, before: state.before });
  switch (verdict.kind) {
    case "whole": {
      const wide = withSpan(state, wider(state.lane.spanSeconds));
      return advance({ state: wide, page, reached: asked.lo, rules });
    }
    case "full":
      return advance({ state, page, reached: verdict.frontier, rules });
    case "crowded": {
      const least = smallest(rules.api, asked);
      if (least.lo === asked.lo) return { state, act: { kind: "overflow", page } };
      return { state: { ...state, narrowed: least }, act: { kind: "store only", page } };
    }
    case "unclear":
      return storeOnlyOrOverflow({ state, asked, page, rules });
    case "untrusted": {
      const { lane } = withSpan(state, null);
      return {
        state: { ...state, lane: { ...lane, mode: "slices" } },
        act: { kind: "distrust", page, why: verdict.why },
      };
    }
  }
}

function decideSlice({ state, asked, page, rules }: Asked): Decision {
  const verdict = judgeSlice(rules.api, asked, page);
  switch (verdict.kind) {
    case "whole": {
      const next = withSpan(state, nextSpanSeconds(asked, page.rows.length));
      return advance({ state: next, page, reached: asked.lo, rules });
    }
    case "over":
      return storeOnlyOrOverflow({ state, asked, page, rules });
    case "untrusted":
      return { state, act: { kind: "give up", why: `the page answers another question (${page.uri})` } };
  }
}

function storeOnlyOrOverflow({ state, asked, page, rules }: Asked): Decision {
  if (narrower(rules.api, asked) === null) return { state, act: { kind: "overflow", page } };
  return { state: narrowed(state, asked, rules), act: { kind: "store only", page } };
}

/** An overflowing slice has been read as far as it can be: these rows of it, and the lane goes on below it. */
export function afterOverflow(options: {
  state: LaneState;
  asked: Question;
  rows: Row[];
  rules: LaneRules;
}): { state: LaneState; counted: Row[] } {
  const { state, asked, rows, rules } = options;
  const { state: next, counted } = advanced({ state, rows, reached: asked.lo, start: rules.start });
  return { state: { ...next, below: justBelow(asked.lo) }, counted };
}

/** All of `[reached, …]` is here. */
function advance(options: {
  state: LaneState;
  page: StoredPage;
  reached: LondonTime;
  rules: LaneRules;
  fault?: string;
}): Decision {
  const { state, page, reached, rules, fault = null } = options;
  const { state: next, counted } = advanced({ state, rows: page.rows, reached, start: rules.start });
  return { state: next, act: { kind: "advance", page, counted, fault } };
}

function advanced(options: { state: LaneState; rows: Row[]; reached: LondonTime; start: LondonTime }): {
  state: LaneState;
  counted: Row[];
} {
  const { rows } = options;
  const { lane, counted } = laneAfter({ ...options, lane: options.state.lane });
  const state = { ...openLane(lane), before: new Set(rows.map(({ key }) => key)) };
  return { state: lane.done ? withSpan(state, null) : state, counted };
}

/** The newer half of the question is asked next, and questions stay that short: a run that ends here has lost nothing. */
function narrowed(state: LaneState, asked: Question, { api }: LaneRules): LaneState {
  const next = narrower(api, asked);
  return next === null ? state : { ...withSpan(state, secondsBetween(next.lo, next.hi)), narrowed: next };
}

function withSpan(state: LaneState, spanSeconds: number | null): LaneState {
  const { spanSeconds: _, ...lane } = state.lane;
  return { ...state, lane: spanSeconds === null ? lane : { ...lane, spanSeconds } };
}

function wider(spanSeconds: number | undefined): number | null {
  const wide = spanSeconds === undefined ? Number.POSITIVE_INFINITY : spanSeconds * 4;
  return wide > SPAN_SECONDS_MAX ? null : wide;
}

/** So that a crowded second is not met again; null where the hour of a clock change would be skipped. */
function justBelow(time: LondonTime): LondonTime | null {
  const below = plusSeconds(time, -1);
  return boundaryAtOrBefore(below) === below ? below : null;
}

/** The question for all lanes at once, where they have come equally far; null where they go on apart. */
export function nextJointQuestion(states: readonly LaneState[], rules: LaneRules): Question | null {
  return jointQuestion({ ...rules, lanes: states.map(({ lane }) => lane) });
}

/** All lanes in one page. Null: it proves nothing, which costs a request and moves no lane. */
export function decideJoint(options: {
  states: readonly LaneState[];
  asked: Question;
  answer: Answer;
  rules: LaneRules;
}): { states: LaneState[]; page: Page; counted: Row[] } | null {
  const { states, asked, answer, rules } = options;
  const { api, start } = rules;
  if (answer.kind !== "page") return null;
  const { page } = answer;
  const verdict = judgePage({ api, asked, page, before: new Set() });
  if (verdict.kind !== "whole" && verdict.kind !== "full") return null;
  const reached = verdict.kind === "full" ? verdict.frontier : start;
  const { lanes, counted } = lanesAfter({
    lanes: states.map(({ lane }) => lane),
    rows: page.rows,
    reached,
    start,
  });
  return {
    states: states.map((state, index) => ({ ...state, lane: lanes[index] ?? state.lane })),
    page,
    counted,
  };
}
