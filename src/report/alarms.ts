// Which cases deserve somebody's attention. Pure: the page shows them, `alerts.ts` sends each once.
import { millisecondsInDay as DAY_MS, millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { BAD_ENDS } from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import { broken, type DoubtfulNews, doubted, type Suspected, suspected } from "./doubts.ts";
import type { FailedAssumption } from "./facts.ts";
import { HEALTHY_MS } from "./health.ts";
import type { Alarm, SourceStatus, Status, WindowSummary } from "./schema.ts";
import { bytes, counted, nameIn, percent, span, windowName } from "./words.ts";

const FAILED_RUNS = 3; // one can be the site's bad hour, three in a row cannot
const LAG_MS_ALARM = 6 * HOUR_MS;
const STORAGE_SHARE = 0.9;
const NOTE_MS = 7 * DAY_MS; // what has happened stays on the page for a week

interface Event {
  at: Date;
}

export interface AlarmFacts {
  now: Date;
  sources: SourceStatus[];
  windows: (WindowSummary & {
    suspicion?: Suspected;
    driftEvents: (Event & { missing: number })[];
    pageEvents: Event[];
  })[];
  /** New notices: their pages, and what makes them doubtful. */
  delta: (DoubtfulNews & { pageEvents: Event[] })[];
  /** Releases of the last day without a month, those in quarantine and all that were read. */
  news: { source: Source; rejected: number; releases: number }[];
  failedAssumptions?: FailedAssumption[];
  storage: Status["storage"];
  /** Newest first. */
  runs: Status["runs"];
  lastGoodRunAt: Date | null;
  firstRunAt: Date | null;
}

export function decideAlarms(facts: AlarmFacts): Alarm[] {
  return [
    ...silence(facts),
    ...facts.sources.flatMap((source) => [...failing(facts, source), ...lagging(source)]),
    ...facts.windows.flatMap((window) => failed(facts, window)),
    ...facts.windows.flatMap((window) => rejected(facts, window)),
    ...facts.news.flatMap((news) => rejectedNews(facts, news)),
    ...storage(facts),
    ...facts.windows.flatMap((window) => [...brokenPages(facts, window), ...drifted(facts, window)]),
    ...facts.windows.flatMap((window) => suspected(facts.sources, window)),
    ...broken(facts.sources, facts.failedAssumptions ?? []),
    ...facts.delta.flatMap((delta) => [...brokenNews(facts, delta), ...doubted(facts, delta)]),
  ];
}

/** Is there anything that only a person can settle, or that is not over yet? */
export const troublesIn = (alarms: Alarm[]) => alarms.filter(({ severity }) => severity === "trouble");

function silence({ now, lastGoodRunAt, firstRunAt }: AlarmFacts): Alarm[] {
  const since = lastGoodRunAt ?? firstRunAt;
  if (since === null || now.getTime() - since.getTime() <= HEALTHY_MS) return [];
  const long = span(now.getTime() - since.getTime());
  return [
    {
      key: "silent",
      kind: "silent",
      severity: "trouble",
      source: null,
      windowId: null,
      text: `No run has succeeded for ${long}.`,
      advice: "Run `npm run sync -- doctor`: it checks the cron, the settings and the database one by one.",
    },
  ];
}

function failing({ runs }: AlarmFacts, { source, name }: SourceStatus): Alarm[] {
  const ends = runs
    .filter(({ endedAt }) => endedAt !== null)
    .flatMap((run) => run.sources.filter((one) => one.source === source))
    .slice(0, FAILED_RUNS);
  const bad = ends.filter(({ endedBy }) => BAD_ENDS.includes(endedBy));
  // A database that takes nothing more takes nothing in the next hour either.
  const full = ends[0]?.endedBy === "storage full";
  if (bad.length < FAILED_RUNS && !full) return [];
  return [
    {
      key: `failing/${source}`,
      kind: "failing",
      severity: "trouble",
      source,
      windowId: null,
      text: full
        ? `${name}: new notices are not stored any more, because the database is full.`
        : `${name} has failed in its last ${FAILED_RUNS} runs.`,
      advice: full
        ? "Make room: a later start date and `npm run sync -- prune`, STORE_RAW=none, or a bigger tier. What was published meanwhile is fetched then."
        : "Run `npm run sync -- doctor`: it says whether the site, the settings or the database is the cause.",
    },
  ];
}

function lagging({ source, name, lagSeconds, paused }: SourceStatus): Alarm[] {
  if (paused || lagSeconds === null || lagSeconds * 1000 <= LAG_MS_ALARM) return [];
  return [
    {
      key: `lag/${source}`,
      kind: "lag",
      severity: "trouble",
      source,
      windowId: null,
      text: `${name}'s newest notices are ${span(lagSeconds * 1000)} behind.`,
      advice: "It catches up by itself once the site answers; if runs fail, run `npm run sync -- doctor`.",
    },
  ];
}

function failed({ sources }: AlarmFacts, window: WindowSummary): Alarm[] {
  const { id, source, state } = window;
  if (state !== "failed") return [];
  return [
    {
      key: `failed/${id}`,
      kind: "failed",
      severity: "trouble",
      source,
      windowId: id,
      text: `${windowName(sources, window)}: could not be read after several attempts.`,
      advice: `It is tried again after a day; \`npm run sync -- retry ${id}\` tries it at once.`,
    },
  ];
}

const REJECTED_MANY = 50;
const REJECTED_FEW = 3; // in 2 million releases of both sites a month has had two at most
const REJECTED_SHARE = 0.01;
const REJECTED_MOST = 0.5;

/** More than single bad releases: the site has changed what it publishes, or the mapper has a fault. */
export function isMuchRejected({ rejected, releases }: { rejected: number; releases: number }): boolean {
  const share = rejected / Math.max(1, releases, rejected);
  return (
    rejected >= REJECTED_MANY ||
    (rejected >= REJECTED_FEW && share > REJECTED_SHARE) ||
    (rejected > 0 && share >= REJECTED_MOST)
  );
}

const REJECTED_ADVICE =
  "`npm run sync -- quarantine list` says why. After a new version that can read them, `npm run sync -- quarantine retry`.";

function rejected({ sources }: AlarmFacts, window: WindowSummary): Alarm[] {
  const { id, source, state, quarantined, releases } = window;
  if (state === "cancelled" || !isMuchRejected({ rejected: quarantined, releases })) return [];
  return [
    {
      key: `quarantine/${id}`,
      kind: "quarantine",
      severity: "trouble",
      source,
      windowId: id,
      text: `${windowName(sources, window)}: ${counted(quarantined, "notice")} of ${counted(Math.max(releases, quarantined), "notice")} could not be stored.`,
      advice: REJECTED_ADVICE,
    },
  ];
}

function rejectedNews({ sources }: AlarmFacts, news: AlarmFacts["news"][number]): Alarm[] {
  if (!isMuchRejected(news)) return [];
  const { source, rejected: count } = news;
  return [
    {
      key: `quarantine/${source}`,
      kind: "quarantine",
      severity: "trouble",
      source,
      windowId: null,
      text: `${nameIn(sources, source)}, new notices: ${counted(count, "notice")} of the last day could not be stored.`,
      advice: REJECTED_ADVICE,
    },
  ];
}

function storage({ storage: { usedBytes, budgetBytes } }: AlarmFacts): Alarm[] {
  if (budgetBytes === null || usedBytes < STORAGE_SHARE * budgetBytes) return [];
  const share = percent(usedBytes / budgetBytes);
  const used = `The database uses ${share} of its storage budget (${bytes(usedBytes)} of ${bytes(budgetBytes)}).`;
  const choices =
    "Choose a later start date and prune, set STORE_RAW to none, or move to a bigger tier with a bigger STORAGE_BUDGET_MB.";
  const isFull = usedBytes >= budgetBytes;
  return [
    {
      key: "storage",
      kind: "storage",
      severity: "trouble",
      source: null,
      windowId: null,
      text: isFull ? `New notices are not stored any more. ${used}` : used,
      advice: isFull
        ? `They are fetched once there is room again: nothing is lost meanwhile. ${choices}`
        : `New notices still arrive while there is room. ${choices}`,
    },
  ];
}

const fresh = <T extends Event>({ now }: AlarmFacts, events: T[]) =>
  events.filter(({ at }) => now.getTime() - at.getTime() < NOTE_MS);
const dayOf = ({ at }: Event) => at.toISOString().slice(0, 10);
const daysOf = (events: Event[]) => [...new Set(events.map(dayOf))];

const SLICES_ADVICE =
  "Nothing is lost: that part is read in small exact slices instead, which takes more requests.";

function brokenPages(facts: AlarmFacts, window: AlarmFacts["windows"][number]): Alarm[] {
  const { id, source } = window;
  const pages = fresh(facts, window.pageEvents).length;
  if (pages === 0) return [];
  return [
    {
      key: `order/${id}`,
      kind: "order",
      severity: "note",
      source,
      windowId: id,
      text: `${windowName(facts.sources, window)}: ${counted(pages, "page")} broke the promised order or shape.`,
      advice: SLICES_ADVICE,
    },
  ];
}

/** New notices have no month yet: a case a day. */
function brokenNews(facts: AlarmFacts, { source, pageEvents }: AlarmFacts["delta"][number]): Alarm[] {
  const events = fresh(facts, pageEvents);
  return daysOf(events).map((day) => {
    const pages = counted(events.filter((event) => dayOf(event) === day).length, "page");
    return {
      key: `order/${source}/${day}`,
      kind: "order",
      severity: "note",
      source,
      windowId: null,
      text: `${nameIn(facts.sources, source)}, new notices: ${pages} broke the promised order or shape.`,
      advice: SLICES_ADVICE,
    };
  });
}

function drifted(facts: AlarmFacts, window: AlarmFacts["windows"][number]): Alarm[] {
  const { id, source } = window;
  const events = fresh(facts, window.driftEvents);
  return daysOf(events).map((one) => {
    const missing = events
      .filter((event) => dayOf(event) === one)
      .reduce((sum, event) => sum + event.missing, 0);
    return {
      key: `drift/${id}/${one}`,
      kind: "drift",
      severity: "note",
      source,
      windowId: id,
      text: `${windowName(facts.sources, window)}: verification found ${counted(missing, "notice")} missing.`,
      advice: "They are stored now. If it happens in many months, the site's listing has changed its habits.",
    };
  });
}

/** `Nothing needs you.`, or what does. */
export function verdictOf(alarms: Alarm[], begun: boolean): string {
  const troubles = troublesIn(alarms);
  if (troubles.length === 0)
    return begun ? "Nothing needs you." : "Not started yet: the cron begins the first run within the hour.";
  if (troubles.length === 1) return "One thing needs a look.";
  return `${troubles.length} things need a look.`;
}
