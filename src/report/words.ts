// How the page, the alarms and the commands say things: British dates in London time, plain numbers, one name for each
// source and state.
import type { ProofBy } from "../terms/documents.ts";
import type { TroubleKind } from "../terms/trouble.ts";
import type { Source, WindowStatus } from "../terms/window.ts";

/** A source as people call it. */
export interface NamedSource {
  source: Source;
  name: string;
}

/** Its id, where it is not among these. */
export const nameIn = (sources: readonly NamedSource[], source: Source) =>
  sources.find((one) => one.source === source)?.name ?? source;

/** The source and the month; with the part of a source that is read by itself. */
export const windowName = (
  sources: readonly NamedSource[],
  { source, site, month }: { source: Source; site?: string | undefined; month: string },
) => [nameIn(sources, source), ...(site === undefined ? [] : [site]), monthName(month)].join(", ");

/** What a month can be: the statuses of a window, and `exact` once a done one is verified. */
export const WINDOW_STATES = [
  "exact",
  "done",
  "running",
  "pending",
  "deferred",
  "failed",
  "cancelled",
] as const satisfies readonly (WindowStatus | "exact")[];
export type WindowState = (typeof WINDOW_STATES)[number];

export const STATE_MEANINGS: Record<WindowState, string> = {
  exact: "read and verified; its page says by what and when",
  done: "read to its end, still to be verified",
  running: "being read now",
  pending: "still to be read",
  deferred: "waits for room: it would not fit the storage budget",
  failed: "could not be read; it is tried again after a day",
  cancelled: "outside the start date that is set now",
};

/** What a proof rests on. */
export const PROOF_WORDS: Record<ProofBy, string> = {
  numbers: "numbers",
  witness: "the daily list",
  slices: "slices",
};

const LONDON = { timeZone: "Europe/London" } as const;
const dayFormat = new Intl.DateTimeFormat("en-GB", { ...LONDON, dateStyle: "long" });
const weekdayFormat = new Intl.DateTimeFormat("en-GB", { ...LONDON, dateStyle: "full" });
const clockFormat = new Intl.DateTimeFormat("en-GB", { ...LONDON, hour: "2-digit", minute: "2-digit" });
const shortDayFormat = new Intl.DateTimeFormat("en-GB", { ...LONDON, day: "numeric", month: "short" });
const monthFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", month: "long", year: "numeric" });
const countFormat = new Intl.NumberFormat("en-GB");
const compactFormat = new Intl.NumberFormat("en-GB", { notation: "compact", maximumSignificantDigits: 2 });

/** `24 November 2026` */
export const day = (at: Date) => dayFormat.format(at);
/** `Tuesday, 24 November 2026` */
export const weekday = (at: Date) => weekdayFormat.format(at);
/** `24 Nov` */
export const shortDay = (at: Date) => shortDayFormat.format(at);
/** `13:10` */
export const clock = (at: Date) => clockFormat.format(at);
/** `24 November 2026, 13:10` */
export const moment = (at: Date) => `${day(at)}, ${clock(at)}`;
/** `2024-03` → `March 2024` */
export const monthName = (month: string) => monthFormat.format(new Date(`${month}-15T00:00:00Z`));
/** `12,345` */
export const count = (value: number) => countFormat.format(Math.round(value));
/** `12k` */
export const compact = (value: number) => compactFormat.format(value).toLowerCase();

/** `1 month`, `3 months` */
export const counted = (value: number, one: string, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function unitOf(ms: number): { sizeMs: number; name: string } {
  if (ms < 2 * HOUR) return { sizeMs: MINUTE, name: "minute" };
  return ms < 2 * DAY ? { sizeMs: HOUR, name: "hour" } : { sizeMs: DAY, name: "day" };
}

/** `less than a minute`, `12 minutes`, `5 hours`, `3 days` */
export function span(ms: number): string {
  const { sizeMs, name } = unitOf(ms);
  return ms < MINUTE ? "less than a minute" : counted(Math.round(ms / sizeMs), name);
}

const SECONDS_MS_MAX = 120_000;

/** How long something took: seconds up to two minutes, then minutes. */
export const lasted = (ms: number) =>
  ms <= SECONDS_MS_MAX ? `${count(ms / 1000)} s` : `${count(ms / MINUTE)} min`;

/** `30 to 52 hours`: both in one unit */
export function spanRange(lowMs: number, highMs: number): string {
  const { sizeMs, name } = unitOf(highMs);
  const [low, high] = [Math.round(lowMs / sizeMs), Math.round(highMs / sizeMs)];
  return low === high ? span(highMs) : `${count(low)} to ${counted(high, name)}`;
}

export const ago = (at: Date, now: Date) => `${span(Math.max(0, now.getTime() - at.getTime()))} ago`;

const MIB = 1024 * 1024; // Atlas counts its tiers so

/** `460 MB`, `1.9 GB` */
export function bytes(value: number): string {
  const mib = value / MIB;
  if (mib >= 1024) return `${(mib / 1024).toFixed(1)} GB`;
  return mib >= 10 || mib === 0 ? `${count(mib)} MB` : `${mib.toFixed(1)} MB`;
}

/** `1.9 GB (1.7 GB to 2.1 GB)` */
export function sizeWords({ low, likely, high }: { low: number; likely: number; high: number }): string {
  // All three in the unit of the largest, so that they can be compared at a glance.
  const inGb = high / MIB >= 1024;
  const one = (value: number) => (inGb ? `${(value / MIB / 1024).toFixed(1)} GB` : bytes(value));
  return `${one(likely)} (${one(low)} to ${one(high)})`;
}

export const megabytes = (mb: number) => mb * MIB;

/** `12 %` */
export const percent = (share: number) => `${count(share * 100)} %`;

/** `a`, `a and b`, `a, b and 7 more` */
export function listed(items: string[], most: number): string {
  const shown = items.length > most ? [...items.slice(0, most), `${items.length - most} more`] : items;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** What each kind of trouble was about. Its own text may quote an address or an answer, so no page shows it. */
export const TROUBLES: Record<TroubleKind, string> = {
  refused: "the site refused requests for a while",
  slow: "the site did not answer in time",
  broken: "the site's answer was broken or incomplete",
  rejected: "the site does not take what is asked: the settings may be wrong",
  unreachable: "the site could not be reached: no connection, or no such address",
  full: "the database is full",
  database: "the database did not answer",
  stuck: "restarted repeatedly without progress",
  other: "something unexpected: the Worker's log of that time says what",
};

/** The learnt pace, for the page, `status` and `doctor`. */
export function spacingText({ seconds, together }: { seconds: number; together: boolean }): string {
  const every = `One request every ${seconds.toFixed(seconds < 1 ? 3 : 1)} seconds`;
  return together
    ? `${every} for all sites together: they were seen to share one limit.`
    : `${every}: the site refused a faster pace.`;
}
