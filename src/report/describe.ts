// Documents → what the page, the programs and the alarms say. Pure.
import type { SyncRun } from "../terms/documents.ts";
import { toLondon } from "../terms/london-time.ts";
import { readEntry } from "../terms/trouble.ts";
import type { Source } from "../terms/window.ts";
import { type AlarmFacts, decideAlarms, verdictOf } from "./alarms.ts";
import { type Facts, moreQuarantined, type WindowFacts } from "./facts.ts";
import { isWell } from "./health.ts";
import { endOf, type Outlook, paceBySettings, paceOf, spacingOf } from "./pace.ts";
import { standingIn } from "./proof.ts";
import { type SourceStatus, STATUS_VERSION, type Status, type WindowSummary } from "./schema.ts";
import { sentenceOf } from "./sentence.ts";
import { megabytes, type NamedSource, WINDOW_STATES } from "./words.ts";

export interface StatusOptions {
  now: Date;
  /** In the order in which they are shown. */
  sources: readonly NamedSource[];
  size: Pick<Status["storage"], "usedBytes" | "dataBytes" | "indexBytes" | "otherBytes">;
  /** 0: no budget. */
  storageBudgetMb: number;
  outlook: Outlook;
}

export function statusFrom(facts: Facts, options: StatusOptions): Status {
  const { now, size, storageBudgetMb, outlook } = options;
  const { lastGoodRunAt, firstRunAt, lastDay } = facts;
  const windows = facts.windows.map(summaryOf);
  const sources = options.sources.map((named) => sourceStatus({ named, windows, facts, outlook, now }));
  const storage: Status["storage"] = {
    ...size,
    budgetBytes: storageBudgetMb > 0 ? megabytes(storageBudgetMb) : null,
    whenDone: outlook.storedBytes,
    withDeferred: outlook.withDeferredBytes,
  };
  const runs = facts.runs.map((run) => runStatus(run, now));
  const events: AlarmFacts["windows"] = windows.map((window, at) => ({
    ...window,
    driftEvents: facts.windows[at]?.drift ?? [],
    pageEvents: facts.windows[at]?.alarms ?? [],
    suspicion: facts.windows[at]?.proof === "suspect" ? (facts.windows[at]?.suspicion ?? null) : null,
  }));
  const delta = facts.jobs.map(({ source, alarms: pageEvents = [], quietSince, secondPass }) => ({
    source,
    pageEvents,
    quietSince: quietSince ?? null,
    suspicion: secondPass?.suspicion ?? null,
    late: secondPass?.foundAt ? { at: secondPass.foundAt, found: secondPass.found } : null,
  }));
  const news = facts.rejectedNews.map(({ source, count: cases }) => ({
    source,
    rejected: cases,
    releases: sumOf(source, facts).releases,
  }));
  const pulse = { lastGoodRunAt, firstRunAt };
  const alarms = decideAlarms({
    ...{ now, sources, windows: events, delta, news, storage, runs, ...pulse },
    failedAssumptions: facts.assumptions.filter(({ holds }) => holds === false),
  });
  const syncedTo = facts.jobs.filter(({ paused }) => !paused).map(({ lastSyncedDate }) => lastSyncedDate);
  return {
    version: STATUS_VERSION,
    at: now,
    timeZone: "Europe/London",
    well: isWell({ now, lastGoodRunAt, firstRunAt, syncedTo }),
    verdict: verdictOf(alarms, firstRunAt !== null),
    sources,
    windows,
    intake: facts.days,
    storage,
    forecasts: outlook.errors,
    lastGoodRunAt,
    runs,
    lastDay: {
      runs: outcomesOf(lastDay.map((run) => outcomeOf(run, now))),
      sources: sources.map(({ source }) => sumOf(source, facts)),
    },
    alarms,
    troubles: troublesOf(facts),
    quarantine: { count: facts.quarantined, more: moreQuarantined(facts.quarantined) },
  };
}

const ofSource = <T extends { source: Source }>(items: T[], source: Source) =>
  items.filter((item) => item.source === source);

export function summaryOf(window: WindowFacts): WindowSummary {
  const { _id, source, site, month, from, to, status, counts, attempts, retryAt, doneAt, verifiedAt } =
    window;
  const { releases, requests, bytes, quarantined } = counts;
  return {
    id: _id,
    source,
    ...(site === undefined ? {} : { site }),
    month,
    state: status === "done" && window.proof === "exact" ? "exact" : status,
    from,
    to,
    progress: status === "done" ? 1 : progressOf(window),
    releases,
    requests,
    bytes,
    quarantined,
    attempts,
    drift: window.drift.reduce((sum, { missing }) => sum + missing, 0),
    unproven: window.unproven.length,
    alarms: window.alarms?.length ?? 0,
    retryAt,
    trouble: window.lastError === null ? null : (window.lastError.kind ?? "other"),
    doneAt,
    verifiedAt,
    proofBy: (window.proof === "exact" && window.proofBy) || null,
  };
}

/** Share of the window's time that its lanes have read. */
function progressOf({ lanes, from, to }: WindowFacts): number {
  const [bottom, top] = [toLondon(from), toLondon(to)].map(wallMs) as [number, number];
  const shares = lanes.map(({ frontier, done }) => (done ? 1 : (top - wallMs(frontier)) / (top - bottom)));
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  return Math.min(1, Math.max(0, mean));
}

const wallMs = (time: string) => Date.parse(`${time}Z`);

function sourceStatus(options: {
  named: NamedSource;
  windows: WindowSummary[];
  facts: Facts;
  outlook: Outlook;
  now: Date;
}): SourceStatus {
  const { facts, outlook, now } = options;
  const { source, name } = options.named;
  const all = ofSource(options.windows, source);
  const planned = all.filter(({ state }) => state !== "cancelled");
  const job = facts.jobs.find((one) => one.source === source);
  const stints = facts.lastDay.flatMap(({ startedAt, sources }) =>
    ofSource(sources, source).map((share) => ({ ...share, startedAt })),
  );
  const pace = paceOf(stints);
  const months = Object.fromEntries(
    WINDOW_STATES.map((state) => [state, all.filter((window) => window.state === state).length]),
  ) as SourceStatus["months"];
  const sum = (what: "releases" | "bytes" | "requests") =>
    planned.reduce((total, window) => total + window[what], 0);
  const status: Omit<SourceStatus, "sentence"> = {
    source,
    name,
    status: job?.status ?? "not started",
    paused: job?.paused ?? false,
    months,
    monthsPlanned: planned.length,
    planFrom: planned.at(-1)?.from ?? null,
    completeFrom: job ? completeFrom(planned, job.horizon) : null,
    syncedTo: job?.lastSyncedDate ?? null,
    lagSeconds: job ? Math.max(0, Math.round((now.getTime() - job.lastSyncedDate.getTime()) / 1000)) : null,
    releases: sum("releases"),
    bytes: sum("bytes"),
    requests: sum("requests"),
    spacing: spacingOf(facts.learntPace, source),
    pace: pace && { requestsPerHour: pace.requestsPerHour, releasesPerHour: pace.releasesPerHour },
    backfillEnds: endOf({
      left: outlook.requestsLeft[source] ?? NOTHING_LEFT,
      pace: pace?.spread ?? paceBySettings(outlook.requestsPerHour),
      now,
    }),
    lastRunAt: job?.lastRunAt ?? null,
    proof: standingIn(facts, source),
  };
  return { ...status, sentence: sentenceOf(status, planned, now) };
}

const NOTHING_LEFT = { low: 0, likely: 0, high: 0 };

/**
 * The oldest instant from which everything up to the delta has been read without a hole. What came after the horizon
 * the delta has read, whether its months have been read once more or not. @param planned newest first
 */
function completeFrom(planned: WindowSummary[], horizon: Date): Date | null {
  const history = planned.filter(({ from }) => from < horizon);
  const hole = history.findIndex(({ state }) => state !== "done" && state !== "exact");
  const unbroken = hole === -1 ? history : history.slice(0, hole);
  return unbroken.at(-1)?.from ?? (planned.length > 0 ? horizon : null);
}

const RUN_MS_MAX = 15 * 60_000; // a cron invocation's wall time; then the platform drops it without a word

export function outcomeOf(
  { outcome, startedAt }: Pick<SyncRun, "outcome" | "startedAt">,
  now: Date,
): Status["runs"][number]["outcome"] {
  const dropped = outcome === "running" && now.getTime() - startedAt.getTime() > RUN_MS_MAX;
  return dropped ? "dropped" : outcome;
}

function runStatus(run: SyncRun, now: Date): Status["runs"][number] {
  const { startedAt, endedAt } = run;
  return {
    id: run._id.toHexString(),
    startedAt,
    endedAt,
    outcome: outcomeOf(run, now),
    sources: run.sources.map((share) => ({
      source: share.source,
      requests: share.requests,
      releases: share.releases,
      refusals: share.refusals,
      retries: share.retries,
      ...(share.answers === undefined ? {} : { answers: share.answers }),
      windowsDone: share.windowsDone.length,
      windowsVerified: share.windowsVerified.length,
      errors: share.errors.length,
      endedBy: share.endedBy,
    })),
  };
}

function outcomesOf(outcomes: Status["runs"][number]["outcome"][]): Status["lastDay"]["runs"] {
  const counts = { running: 0, done: 0, deadline: 0, error: 0, dropped: 0 };
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}

function sumOf(source: Source, { lastDay }: Facts): Status["lastDay"]["sources"][number] {
  const sum = { source, requests: 0, refusals: 0, retries: 0, releases: 0 };
  for (const share of lastDay.flatMap(({ sources }) => ofSource(sources, source))) {
    sum.requests += share.requests;
    sum.refusals += share.refusals;
    sum.retries += share.retries;
    sum.releases += share.releases;
  }
  return sum;
}

/** The noted errors by what they were about, newest first. */
function troublesOf({ jobs }: Facts): Status["troubles"] {
  const troubles = new Map<string, Status["troubles"][number]>();
  for (const { source, errorLog } of jobs) {
    for (const { at, kind } of errorLog.flatMap((entry) => readEntry(entry) ?? [])) {
      const known = troubles.get(`${source} ${kind}`);
      const lastAt = known && known.lastAt > at ? known.lastAt : at;
      troubles.set(`${source} ${kind}`, { source, kind, lastAt, times: (known?.times ?? 0) + 1 });
    }
  }
  return [...troubles.values()].sort((a, b) => b.lastAt.getTime() - a.lastAt.getTime());
}
