// The pace that lasts, learnt: a search for the shortest spacing at which an API goes on answering. Pure.
//
// The APIs' limit is an estimate that acts late (api-facts, Rate), so a spacing is proved only by five minutes of
// requests in a row at it, and refuted by a refusal before that. Between the two it is halved (geometrically); once they are close it
// rests there, and what was refused is tried again after half a day, then after ever longer. A refusal that the spacing
// does not explain (it was proved) widens it a little; several in a row mean that the limit itself has changed.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";

export interface Pace {
  /** Between two requests; 0: as fast as the settings allow. */
  intervalMs: number;
  /** Requests in a row at this spacing without a refusal or a pause. */
  steady: number;
  /** Refusals since a spacing was proved. */
  streak: number;
  /** The longest spacing that was refused, while that is believed. */
  refusedMs: number | null;
  /** The shortest spacing that was proved. */
  provedMs: number | null;
  /** Since when the search rests, or null while it goes on. */
  restsSince: Date | null;
  /** How long it rests before what was refused is tried again. */
  patienceMs: number;
}

/** Twice the time after which the limiter was seen to act at the latest; so many requests at the pace that lasts. */
const PROVED_BY_MS = 5 * 60_000;
const PROVED_BY = 24;
/** A run must be able to prove the longest spacing, or it would never become shorter again. */
const PROVED_BY_MIN = 3;
const PATIENCE_MS = 12 * HOUR_MS;
const PATIENCE_MS_MAX = 7 * 24 * HOUR_MS;
/** Proved and refused spacings this close: the search rests. */
const CLOSE = 1.04;
const WIDEN_UNPROVED = 1.25;
/** After a refusal at a spacing that was proved, by how many came in a row. */
const WIDEN_PROVED = [1.02, 1.06, 1.2, 1.4] as const;
const NARROW_UNREFUSED = 0.9;
const WIDEN_MAX = 8;

export const FRESH_PACE: Pace = {
  intervalMs: 0,
  steady: 0,
  streak: 0,
  refusedMs: null,
  provedMs: null,
  restsSince: null,
  patienceMs: PATIENCE_MS,
};

interface Now {
  /** What the settings allow: no spacing is shorter. */
  baseMs: number;
  now: Date;
}

export const spacingOf = ({ intervalMs }: Pace, baseMs: number): number => Math.max(baseMs, intervalMs);

/** The API refused a request at the present spacing. */
export function afterRefusal(pace: Pace, { baseMs, now }: Now): Pace {
  const spacing = spacingOf(pace, baseMs);
  const streak = pace.streak + 1;
  const next = { ...pace, steady: 0, streak };
  const most = baseMs * WIDEN_MAX;
  const { provedMs } = pace;
  if (provedMs !== null && spacing < provedMs * 0.999 && streak === 1) {
    // What was tried does not hold: back to what does. If it was refused before, it rests for longer.
    const again = pace.refusedMs !== null && spacing <= pace.refusedMs;
    return {
      ...next,
      intervalMs: provedMs,
      refusedMs: Math.max(spacing, pace.refusedMs ?? 0),
      restsSince: provedMs / spacing < CLOSE || again ? now : null,
      patienceMs: again ? Math.min(PATIENCE_MS_MAX, pace.patienceMs * 2) : pace.patienceMs,
    };
  }
  if (provedMs !== null) {
    const widen = WIDEN_PROVED[Math.min(streak, WIDEN_PROVED.length) - 1] ?? 1.4;
    const intervalMs = Math.min(most, Math.max(spacing, provedMs) * widen);
    // Once: the spacing is at the limit's edge, and the next longer one takes its place. More often: nothing is proved.
    return streak === 1
      ? { ...next, intervalMs, provedMs: intervalMs, restsSince: null }
      : {
          ...next,
          intervalMs,
          provedMs: null,
          refusedMs: Math.max(spacing, pace.refusedMs ?? 0),
          restsSince: null,
        };
  }
  return {
    ...next,
    intervalMs: Math.min(most, spacing * WIDEN_UNPROVED),
    refusedMs: Math.max(spacing, pace.refusedMs ?? 0),
    restsSince: null,
  };
}

/** Whether `afterSteady` has something to say: a write is saved where it has not. */
export function isDue(pace: Pace, { baseMs, now }: Now): boolean {
  const provedBy = Math.ceil(PROVED_BY_MS / spacingOf(pace, baseMs));
  if (pace.steady < Math.max(PROVED_BY_MIN, Math.min(PROVED_BY, provedBy))) return false;
  if (pace.restsSince === null) return spacingOf(pace, baseMs) > baseMs || pace.streak > 0;
  return now.getTime() - pace.restsSince.getTime() >= pace.patienceMs;
}

/** So many requests in a row were answered: the spacing is proved, and a shorter one is tried. */
export function afterSteady(pace: Pace, { baseMs, now }: Now): Pace {
  const spacing = spacingOf(pace, baseMs);
  const provedMs = Math.min(spacing, pace.provedMs ?? spacing);
  // What was refused before and holds now: the limit has changed, or that refusal had another cause.
  const refusedMs = pace.refusedMs !== null && spacing <= pace.refusedMs ? null : pace.refusedMs;
  const next = { ...pace, steady: 0, streak: 0, provedMs, refusedMs };
  if (spacing > provedMs) return { ...next, intervalMs: provedMs, restsSince: null };
  if (refusedMs === null) {
    const patienceMs = pace.refusedMs === null ? pace.patienceMs : PATIENCE_MS;
    return {
      ...next,
      intervalMs: Math.max(baseMs, spacing * NARROW_UNREFUSED),
      restsSince: null,
      patienceMs,
    };
  }
  const waited = pace.restsSince !== null && now.getTime() - pace.restsSince.getTime() >= pace.patienceMs;
  if (waited) return { ...next, intervalMs: Math.max(baseMs, refusedMs), restsSince: null };
  if (spacing / refusedMs < CLOSE)
    return { ...next, intervalMs: spacing, restsSince: pace.restsSince ?? now };
  return { ...next, intervalMs: Math.max(baseMs, Math.sqrt(spacing * refusedMs)), restsSince: null };
}
