// How long still, and how big: what the months that are left should cost, judged by the months next to them that were
// measured, and the pace of the last day's runs. Pure.
import type { Status, WindowSummary } from "./schema.ts";

export interface Range {
  low: number;
  likely: number;
  high: number;
}

/** One run's share for one source. */
export interface Stint {
  startedAt: Date;
  requests: number;
  releases: number;
}

const NEIGHBOURS = 3;
const SPREAD_MIN = 0.1; // no estimate is better than this, however even the months look
const CYCLE_MS_DEFAULT = 3_600_000; // an hourly cron, until two runs say otherwise
const HOUR = 3_600_000;

const isMeasured = ({ state, releases }: WindowSummary) =>
  (state === "done" || state === "exact") && releases > 0;
const isLeft = ({ state }: WindowSummary) => state === "pending" || state === "running" || state === "failed";

/** What is left of one source in `requests` or `bytes`; null when nothing has been measured to judge it by. */
export function leftOf(windows: WindowSummary[], what: "requests" | "bytes"): Range | null {
  const left = windows.filter(isLeft);
  if (left.length === 0) return { low: 0, likely: 0, high: 0 };
  const measured = windows
    .filter(isMeasured)
    .map((window) => ({ at: position(window), ...daily(window, what) }));
  if (measured.length === 0) return null;
  const total: Range = { low: 0, likely: 0, high: 0 };
  for (const window of left) {
    const at = position(window);
    const near = measured
      .toSorted((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))
      .slice(0, NEIGHBOURS)
      .map(({ perDay }) => perDay);
    const days = daysOf(window) * (1 - window.progress);
    const likely = near.reduce((sum, one) => sum + one, 0) / near.length;
    total.low += days * Math.min(...near, likely * (1 - SPREAD_MIN));
    total.likely += days * likely;
    total.high += days * Math.max(...near, likely * (1 + SPREAD_MIN));
  }
  return total;
}

const position = ({ from }: WindowSummary) => from.getTime();
const daysOf = ({ from, to }: WindowSummary) => (to.getTime() - from.getTime()) / 86_400_000;
const daily = (window: WindowSummary, what: "requests" | "bytes") => ({
  perDay: window[what] / Math.max(daysOf(window), 1 / 24),
});

/** Requests and releases per hour over the last day's runs, and how much the runs differ. */
export function paceOf(stints: Stint[]): (Status["sources"][number]["pace"] & { spread: Range }) | null {
  const worked = stints.filter(({ requests }) => requests > 0);
  if (worked.length === 0) return null;
  const perHour = HOUR / cycleMs(stints);
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

/** When the backfill should end; null when it has ended, or nothing says how fast it goes. */
export function endOf(options: { left: Range | null; pace: Range | null; now: Date }) {
  const { left, pace, now } = options;
  if (!left || !pace || left.likely === 0 || pace.low <= 0) return null;
  const at = (requests: number, perHour: number) => new Date(now.getTime() + (requests / perHour) * HOUR);
  return {
    early: at(left.low, pace.high),
    likely: at(left.likely, pace.likely),
    late: at(left.high, pace.low),
  };
}

/** The database's size when all that is left has been read: what is stored grows in step with its contracts. */
export function sizeWhenDone(options: {
  usedBytes: number;
  contractBytes: number;
  left: (Range | null)[];
}): Range | null {
  const { usedBytes, contractBytes, left } = options;
  if (contractBytes <= 0 || left.some((one) => one === null)) return null;
  const ratio = usedBytes / contractBytes; // indexes, buyers and the rest come with the contracts
  const sum = (part: keyof Range) =>
    usedBytes + ratio * left.reduce((total, one) => total + (one?.[part] ?? 0), 0);
  return { low: sum("low"), likely: sum("likely"), high: sum("high") };
}
