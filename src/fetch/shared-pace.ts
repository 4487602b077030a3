// Whether both APIs have one budget or one each (api-facts: it may be so), and what a refusal means for the other one. Pure.
//
// Nothing is known at first: each API has its own pace. When one is refused, what the other's next request meets tells:
// refused too, and they count together; answered, and each counts alone. Together they have one pace, and a refusal
// of one is waited out by both. When both together go faster than one alone was refused at, they cannot share a budget.
import { afterRefusal, afterSteady, FRESH_PACE, isDue, type Pace, spacingOf } from "./pace.ts";

export interface Lane {
  pace: Pace;
  /** Its last slot. */
  slotAt: Date;
  /** No request before. */
  nextAt: Date;
}

export interface SharedPace {
  /** null: not known yet. */
  together: boolean | null;
  /** An API that was refused, while the other's next request can tell what that means. */
  refusal: { of: string; at: Date } | null;
  /** How often in a row the other's next request was refused too. */
  votes: number;
  joint: Lane;
  lanes: Record<string, Lane>;
  /** The last refusal of any. */
  refusedAt: Date | null;
}

/** A limiter that has begun to refuse goes on for about so long. */
const TELLS_MS = 30_000;
/** The other API asked so short a time ago: it is at work. */
const AT_WORK_MS = 60_000;
/** Once they were known to be apart, one coincidence is not believed. */
const VOTES = 2;
/** Fewer requests than these since the last refusal exceed no limit: this one has another cause. */
const EXCEEDS = 4;
const WIDEN_FIRST = 1.3;
const CONTRADICTS = 0.85;

const NEVER = new Date(0);
export const FRESH_LANE: Lane = { pace: FRESH_PACE, slotAt: NEVER, nextAt: NEVER };
export const FRESH_SHARED_PACE: SharedPace = {
  together: null,
  refusal: null,
  votes: 0,
  joint: FRESH_LANE,
  lanes: {},
  refusedAt: null,
};

export interface Happened {
  source: string;
  /** The spacing that the settings allow this API. */
  baseMs: number;
  now: Date;
}

const nextIn = (lane: Lane, at: Date): Lane => ({
  ...lane,
  nextAt: new Date(Math.max(lane.nextAt.getTime(), at.getTime())),
});

/** One was refused and asked to wait for `waitMs`. */
export function withRefusal(
  shared: SharedPace,
  { source, baseMs, now, waitMs }: Happened & { waitMs: number },
): SharedPace {
  const own = shared.lanes[source] ?? FRESH_LANE;
  const until = new Date(now.getTime() + waitMs);
  const next: SharedPace = { ...shared, refusedAt: now };
  const told =
    shared.refusal !== null && shared.refusal.of !== source && isRecent(shared.refusal.at, now, TELLS_MS);
  const votes = told ? shared.votes + 1 : shared.votes;
  if (shared.together !== true && told && votes >= (shared.together === null ? 1 : VOTES)) {
    return nowTogether({ ...next, votes: 0, refusal: null }, { source, baseMs, now, waitMs });
  }
  if (shared.together === true) {
    const exceeds = shared.joint.pace.steady >= EXCEEDS;
    const lanes = { ...next.lanes, [source]: nextIn(own, until) };
    if (!exceeds) return { ...next, lanes, refusal: { of: source, at: now } };
    const joint = { ...shared.joint, pace: afterRefusal(shared.joint.pace, { baseMs: baseMs / 2, now }) };
    return { ...next, lanes, joint: nextIn(joint, until), refusal: null };
  }
  const pace =
    own.pace.steady >= EXCEEDS || own.pace.refusedMs === null
      ? afterRefusal(own.pace, { baseMs, now })
      : own.pace;
  return {
    ...next,
    votes,
    lanes: { ...next.lanes, [source]: nextIn({ ...own, pace: { ...pace, steady: 0 } }, until) },
    refusal: told ? null : { of: source, at: now },
  };
}

function nowTogether(
  shared: SharedPace,
  { source, baseMs, now, waitMs }: Happened & { waitMs: number },
): SharedPace {
  const lanes = Object.values(shared.lanes);
  const perMs = lanes.reduce((sum, { pace }) => sum + 1 / spacingOf(pace, baseMs), 0);
  const together = perMs > 0 ? 1 / perMs : baseMs / 2;
  const pace: Pace = { ...FRESH_PACE, intervalMs: together * WIDEN_FIRST, refusedMs: together };
  const own = shared.lanes[source] ?? FRESH_LANE;
  const until = new Date(now.getTime() + waitMs);
  return {
    ...shared,
    together: true,
    joint: nextIn({ ...shared.joint, pace }, until),
    lanes: { ...shared.lanes, [source]: nextIn(own, until) },
  };
}

/** Whether an answer to this API says something about the two. */
export function answerTells(
  { refusal }: SharedPace,
  { source, now }: Pick<Happened, "source" | "now">,
): boolean {
  return refusal !== null && refusal.of !== source && isRecent(refusal.at, now, TELLS_MS);
}

/** One was answered while the other was refused. */
export function withAnswer(shared: SharedPace, happened: Pick<Happened, "source" | "now">): SharedPace {
  if (!answerTells(shared, happened)) return shared;
  return { ...shared, together: false, refusal: null, votes: 0 };
}

/** The pace that decides for this API now. */
export function paceOf(shared: SharedPace, source: string): Pace {
  return shared.together === true ? shared.joint.pace : (shared.lanes[source] ?? FRESH_LANE).pace;
}

/** Between two requests to this API: with the other one at work, both take turns. */
export function spacingFor(shared: SharedPace, { source, baseMs, now }: Happened): number {
  if (shared.together !== true) return spacingOf(paceOf(shared, source), baseMs);
  const others = Object.entries(shared.lanes).filter(
    ([name, lane]) => name !== source && isRecent(lane.slotAt, now, AT_WORK_MS),
  );
  return Math.max(baseMs, spacingOf(shared.joint.pace, baseMs / 2) * (others.length + 1));
}

export function isProved(shared: SharedPace, { source, baseMs, now }: Happened): boolean {
  const base = shared.together === true ? baseMs / 2 : baseMs;
  return isDue(paceOf(shared, source), { baseMs: base, now });
}

/** The present spacing has held for long enough. */
export function withProof(shared: SharedPace, { source, baseMs, now }: Happened): SharedPace {
  if (shared.together !== true) {
    const own = shared.lanes[source] ?? FRESH_LANE;
    const pace = afterSteady(own.pace, { baseMs, now });
    return { ...shared, lanes: { ...shared.lanes, [source]: { ...own, pace } } };
  }
  const pace = afterSteady(shared.joint.pace, { baseMs: baseMs / 2, now });
  const held = pace.provedMs ?? Number.POSITIVE_INFINITY;
  const refusedAlone = Math.max(...Object.values(shared.lanes).map((lane) => lane.pace.refusedMs ?? 0));
  if (held >= refusedAlone * CONTRADICTS) return { ...shared, joint: { ...shared.joint, pace } };
  return apart(shared, held * 2);
}

/** Each API alone, at the spacing that it has had while they took turns. */
function apart(shared: SharedPace, spacingMs: number): SharedPace {
  const lanes = { ...shared.lanes };
  for (const [name, lane] of Object.entries(shared.lanes)) {
    const { refusedMs } = lane.pace;
    const pace = {
      ...FRESH_PACE,
      intervalMs: spacingMs,
      provedMs: spacingMs,
      refusedMs: refusedMs !== null && refusedMs < spacingMs ? refusedMs : null,
    };
    lanes[name] = { ...lane, pace };
  }
  return { ...shared, together: false, refusal: null, votes: 0, lanes };
}

const isRecent = (at: Date, now: Date, ms: number) => now.getTime() - at.getTime() <= ms;
