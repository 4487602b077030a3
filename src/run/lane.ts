// Reads lanes: ask, decide, do. What an answer means is decided in fetch/lane.ts; here it is carried out, rows first:
// a step is handed out once its rows are stored, and the caller writes how far the lanes have come before it takes the
// next. Windows and the delta read alike.
import type { Question } from "../fetch/api.ts";
import { ask } from "../fetch/ask.ts";
import {
  type Act,
  afterOverflow,
  decide,
  decideJoint,
  type LaneRules,
  type LaneState,
  nextJointQuestion,
  nextQuestion,
  openLane,
} from "../fetch/lane.ts";
import type { Page } from "../fetch/page.ts";
import { nextLane } from "../fetch/walk.ts";
import { storedRows } from "../store/store.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { ApiError } from "../terms/errors.ts";
import { fromLondon, type LondonTime } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { LaneProgress } from "../terms/window.ts";
import type { ReadContext } from "./context.ts";
import { ensureHeadroom } from "./headroom.ts";
import { readOverflow } from "./overflow.ts";
import { type Additions, NOTHING_STORED, type StoredRows, storeRows } from "./store-rows.ts";

/** A page that proved nothing, or of which only a part could be read. */
export type PageFault = NonNullable<SyncWindow["alarms"]>[number];
export const PAGE_FAULTS_MAX = 20; // of a window, and of a source's delta: the newest say enough
export type Unproven = SyncWindow["unproven"][number];

export interface Step {
  lanes: LaneProgress[];
  /** Rows that count now; empty while the frontier stands. */
  counted: Row[];
  stored: StoredRows;
  unidentified: number;
  requests: number;
  fault: PageFault | null;
  unproven: Unproven | null;
}

interface ReadOptions {
  lanes: LaneProgress[];
  start: LondonTime;
  windowId: string | null;
  /** A month that had been read may have lacked what the delta brings. */
  additions?: Additions | null;
  use: "backfill" | "delta";
}

/**
 * Steps until every lane has reached the start, the lane with the newest frontier first.
 * @throws ApiError, DeadlineReached, StorageFull, BudgetSpent: nothing is lost by any of them
 */
export async function* readLanes(context: ReadContext, options: ReadOptions): AsyncGenerator<Step> {
  const { start, windowId, additions = null, use } = options;
  const rules: LaneRules = { api: context.api, start, limit: context.config.pageLimit };
  let states = options.lanes.map(openLane);
  let mayJoin = true;
  for (;;) {
    const open = nextLane(states.map(({ lane }) => lane));
    const state = states.find(({ lane }) => lane === open);
    if (!state) return;
    ensureHeadroom(context.headroom, use);
    const joint = mayJoin ? nextJointQuestion(states, rules) : null;
    if (joint) {
      const step = await stepJoint(context, { states, asked: joint, rules, windowId, additions });
      mayJoin = step.states !== states;
      states = step.states;
      yield step;
    } else {
      const step = await stepLane(context, { state, rules, windowId, additions });
      states = states.map((one) => (one === state ? step.state : one));
      yield { ...step, lanes: states.map(({ lane }) => lane) };
    }
  }
}

interface StepOptions {
  state: LaneState;
  rules: LaneRules;
  windowId: string | null;
  additions: Additions | null;
}

type LaneStep = Omit<Step, "lanes"> & { state: LaneState };

async function stepLane(context: ReadContext, options: StepOptions): Promise<LaneStep> {
  const { state, rules, windowId, additions } = options;
  const asked = nextQuestion(state, rules);
  const answer = await ask(context.asker, asked);
  const { state: next, act } = decide({ state, asked, answer, rules });
  const store = (page: Pick<Page, "rows" | "unidentified">) =>
    storeRows(context, { page, place: placeOf(asked), windowId, additions });
  const step = { ...NOTHING_READ, state: next, requests: answer.requests };
  switch (act.kind) {
    case "give up":
      throw unanswered(context, act, answer.url);
    case "narrow":
      return step;
    case "store only":
      return { ...step, stored: await store(act.page) };
    case "distrust": {
      const { source, log } = context;
      log.warn(
        { source, kind: act.why, url: answer.url },
        "a page proves nothing: this lane is read on in slices",
      );
      return { ...step, stored: await store(act.page), fault: faultOf(context, act.why, answer.url) };
    }
    case "advance": {
      const { page, counted, fault } = act;
      const part = {
        fault: fault === null ? null : faultOf(context, "unreadable", `${fault}; ${answer.url}`),
        unproven: fault === null ? null : unprovenOf(context, asked, page.rows.length),
      };
      return { ...step, ...part, counted, stored: await store(page), unidentified: page.unidentified.length };
    }
    case "overflow": {
      const { page } = act;
      const { rows, exact, requests } = await readOverflow(context, { asked, page });
      const stored = await store({ ...page, rows });
      const more = exact || windowId === null ? [] : await storedBesides(context, asked, rows);
      return {
        ...step,
        ...afterOverflow({ state: next, asked, rows: [...rows, ...more], rules }),
        stored: { ...stored, bytes: new Map([...stored.bytes, ...more.map(({ key }) => [key, 0] as const)]) },
        unidentified: page.unidentified.length,
        requests: answer.requests + requests,
        unproven: exact ? null : unprovenOf(context, asked, rows.length),
      };
    }
  }
}

/** A cursor brings others each time: what an earlier run stored of the slice counts as well. */
async function storedBesides(
  { db, source }: ReadContext,
  { stage, lo, hi }: Question,
  rows: readonly Row[],
): Promise<Row[]> {
  const came = new Set(rows.map(({ key }) => key));
  const slice = { source, stage, from: fromLondon(lo), to: new Date(fromLondon(hi).getTime() + 1000) };
  return (await storedRows(db, slice)).filter(({ key }) => !came.has(key));
}

const NOTHING_READ = { counted: [], stored: NOTHING_STORED, unidentified: 0, fault: null, unproven: null };

async function stepJoint(
  context: ReadContext,
  options: Omit<StepOptions, "state"> & { states: LaneState[]; asked: Question },
): Promise<Step & { states: LaneState[] }> {
  const { states, asked, windowId, additions } = options;
  const answer = await ask(context.asker, asked);
  const { requests } = answer;
  const decision = decideJoint({ ...options, answer });
  const step = { ...NOTHING_READ, requests };
  if (!decision) return { ...step, states, lanes: states.map(({ lane }) => lane) };
  const { page, counted } = decision;
  const stored = await storeRows(context, { page, place: placeOf(asked), windowId, additions });
  const lanes = decision.states.map(({ lane }) => lane);
  return { ...step, states: decision.states, lanes, counted, stored, unidentified: page.unidentified.length };
}

function unanswered(
  { api }: ReadContext,
  { why, status, slow }: Extract<Act, { kind: "give up" }>,
  url: string,
): ApiError {
  const advice = status === undefined ? "The window is tried again later." : `Check ${api.settings.origin}.`;
  return new ApiError(`${api.source}: ${why}: ${url}. ${advice}`, {
    url,
    attempts: 1,
    permanent: status !== undefined,
    ...(status === undefined ? {} : { status }),
    ...(slow ? { kind: "slow" } : {}),
  });
}

function faultOf({ effects }: ReadContext, kind: string, detail: string): PageFault {
  return { at: effects.now(), kind, detail };
}

function unprovenOf({ effects }: ReadContext, { stage, lo, hi }: Question, rows: number): Unproven {
  return { stage, from: lo, to: hi, rows, at: effects.now() };
}

function placeOf({ stage, lo, hi }: Question): string {
  return `${stage} ${lo} to ${hi}`;
}
