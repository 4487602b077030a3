// Time left: what is left to read, as the forecast has it, at the pace of the last day's runs. Pure.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Source } from "../terms/window.ts";
import type { LearntPace } from "./facts.ts";
import type { Status } from "./schema.ts";

export interface Range {
  low: number;
  likely: number;
  high: number;
}

/** What the forecast says of a plan; `run/` hands it in. */
export interface Outlook {
  /** To read what is pending, running or failed. */
  requestsLeft: Record<Source, Range>;
  /** What the settings allow an hourly cron, until runs have been measured. */
  requestsPerHour: number;
  /** The database's size when that is read; null when nothing is left. */
  storedBytes: Range | null;
  /** The same with the months that wait for room; null when none waits. */
  withDeferredBytes: Range | null;
  /** How far off the forecasts of months that have been read were; null when none can be judged. */
  errors: { windows: number; bytes: number; requests: number } | null;
}

/** One run's share for one source. */
export interface Stint {
  startedAt: Date;
  requests: number;
  releases: number;
}

const SPREAD_MIN = 0.1; // no estimate is better than this, however even the runs look
const CYCLE_MS_DEFAULT = HOUR_MS; // an hourly cron, until two runs say otherwise

/** Requests and releases per hour over the last day's runs, and how much the runs differ. */
export function paceOf(stints: Stint[]): (Status["sources"][number]["pace"] & { spread: Range }) | null {
  const worked = stints.filter(({ requests }) => requests > 0);
  if (worked.length === 0) return null;
  const perHour = HOUR_MS / cycleMs(stints);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const requests = worked.map((stint) => stint.requests).sort((a, b) => a - b);
  const requestsPerHour = mean(requests) * perHour;
  return {
    requestsPerHour,
    releasesPerHour: mean(worked.map(({ releases }) => releases)) * perHour,
    spread: {
      low: Math.min(quantile(requests, 0.25) * perHour, requestsPerHour * (1 - SPREAD_MIN)),
      likely: requestsPerHour,
      high: Math.max(quantile(requests, 0.75) * perHour, requestsPerHour * (1 + SPREAD_MIN)),
    },
  };
}

function cycleMs(stints: Stint[]): number {
  const starts = stints.map(({ startedAt }) => startedAt.getTime()).sort((a, b) => a - b);
  const pauses = starts.slice(1).map((start, at) => start - (starts[at] ?? start));
  if (pauses.length === 0) return CYCLE_MS_DEFAULT;
  return Math.max(
    1,
    quantile(
      pauses.sort((a, b) => a - b),
      0.5,
    ),
  );
}

function quantile(sorted: number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}

/** Waits and refusals make the first runs slower than the settings allow. */
export const paceBySettings = (requestsPerHour: number): Range => ({
  low: requestsPerHour * 0.7,
  likely: requestsPerHour,
  high: requestsPerHour,
});

/** When the backfill should end; null when it has ended. */
export function endOf(options: { left: Range; pace: Range; now: Date }) {
  const { left, pace, now } = options;
  if (left.likely <= 0 || pace.low <= 0) return null;
  const at = (requests: number, perHour: number) => new Date(now.getTime() + (requests / perHour) * HOUR_MS);
  return {
    early: at(left.low, pace.high),
    likely: at(left.likely, pace.likely),
    late: at(left.high, pace.low),
  };
}

/** How far apart requests are, where a refusal has taught that; null: as fast as the settings allow. */
export function spacingOf(learnt: LearntPace | null, source: Source): Status["sources"][number]["spacing"] {
  const lane = learnt?.together === true ? learnt.joint : learnt?.lanes[source];
  if (!learnt || !lane || lane.pace.intervalMs === 0) return null;
  const { intervalMs, refusedMs } = lane.pace;
  return {
    seconds: intervalMs / 1000,
    refusedSeconds: refusedMs === null ? null : refusedMs / 1000,
    together: learnt.together === true,
    refusedAt: learnt.refusedAt,
  };
}
