// Openly said: a reader of nothing but the status (that of the page and of /status.json) and its alarms knows each fault that
// lasts longer than its stated time. Here it is held against what the simulated world knows.
import type { Document } from "mongodb";
import { readConfig } from "../../src/config/config.ts";
import type { Published } from "../../src/replica/history.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { statusFrom } from "../../src/report/describe.ts";
import type { Facts } from "../../src/report/facts.ts";
import type { Status } from "../../src/report/schema.ts";
import { namesOf, outlookOf } from "../../src/run/status.ts";
import { documentsOf, type MemoryStore } from "../../src/sim/memory-store.ts";
import { BAD_ENDS, type SyncJob, type SyncRun, type SyncWindow } from "../../src/terms/documents.ts";
import type { Lasting } from "./poisons.ts";

const HOUR_MS = 3_600_000;
/** A source without an answer is said after three of its runs; runs that overlap end in another order than they began. */
const RUNS_STATED = 5;
/** A month that cannot be read is said after eight attempts, whose pauses of 2 to 128 minutes take four hours; they need hourly runs. */
const MONTH = { runs: 14, hours: 14 };
/** A run that was stopped before so many of its questions were answered badly has not come to know that it cannot be read. */
const TRIES = 6;
/** What is published and not here is behind the delta, or in a month that is not read: `lag` comes after six hours. */
const LAG_MS = 7 * HOUR_MS;

/** One invocation that came to its end, as the world saw it. */
export interface Ended {
  startedAt: number;
  /** Answers of each source that a lasting fault gave, and others. */
  struck: Map<Lasting, number>;
  answered: Record<Source, number>;
}

export const nothingAsked = (): Record<Source, number> => ({ FIND_A_TENDER: 0, CONTRACTS_FINDER: 0 });

const all = <T>(store: MemoryStore, name: string): T[] => [...documentsOf(store, name).values()] as T[];

/** As GOOD_RUN of src/report/health.ts asks the database. */
const isGood = ({ sources }: SyncRun) => sources.some(({ endedBy }) => !BAD_ENDS.includes(endedBy));

/** The facts that `readFacts` would read from this store; figures that no alarm rests on are left out. */
export function statusIn(store: MemoryStore, now: Date): Status {
  const config = readConfig({ MONGODB_URI: "mongodb://simulated" }, now);
  const runs = all<SyncRun>(store, "syncRuns").sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
  const windows = all<SyncWindow>(store, "syncWindows");
  const cases = all<Document>(store, "quarantine");
  const dayAgo = now.getTime() - 24 * HOUR_MS;
  const fresh = cases.filter(({ windowId, lastSeenAt }) => windowId === null && lastSeenAt >= dayAgo);
  const facts: Facts = {
    ...{ windows, jobs: all<SyncJob>(store, "syncJobs"), quarantined: cases.length, learntPace: null },
    rejectedNews: SOURCES.map((source) => ({
      source,
      count: fresh.filter((one) => one["source"] === source).length,
    })),
    assumptions: all<Facts["assumptions"][number]>(store, "assumptions"),
    gaps: new Map(),
    ...{ runs: runs.slice(0, 12), days: [], lastDay: [] },
    lastGoodRunAt: runs.find(isGood)?.startedAt ?? null,
    firstRunAt: runs.at(-1)?.startedAt ?? null,
  };
  const size = { usedBytes: 0, dataBytes: 0, indexBytes: 0, otherBytes: 0 };
  const outlook = outlookOf({ windows, usedBytes: 0 }, config);
  return statusFrom(facts, { now, sources: namesOf(config.sources), size, storageBudgetMb: 0, outlook });
}

/** What a reader of the status cannot know, though it has lasted longer than stated; null when all is said. */
export function unsaid(options: {
  store: MemoryStore;
  now: number;
  ended: readonly Ended[];
  lasting: readonly Lasting[];
  /** Rows of a source that are listed and neither stored nor in quarantine. */
  missing: (source: Source) => Published[];
}): string | null {
  const { store, now, ended, lasting, missing } = options;
  if (ended.length === 0) return null;
  const status = statusIn(store, new Date(now));
  const keys = new Set(status.alarms.map(({ key }) => key));
  const troubled = status.alarms.some(({ severity }) => severity === "trouble");
  if (troubled === (status.verdict === "Nothing needs you."))
    return `the verdict is "${status.verdict}" with ${[...keys].join(", ")}`;
  const newest = [...ended].sort((a, b) => b.startedAt - a.startedAt);
  for (const fault of lasting) {
    const { source, kind, month } = fault;
    const said = ["silent", `failing/${source}`].some((key) => keys.has(key));
    if (month === null) {
      const last = newest.slice(0, RUNS_STATED);
      const only = last.filter((run) => (run.struck.get(fault) ?? 0) > 0 && run.answered[source] === 0);
      if (last.length === RUNS_STATED && only.length === RUNS_STATED && !said)
        return `${source} has answered nothing but ${kind} to ${RUNS_STATED} runs, and no alarm says so`;
      continue;
    }
    const met = newest.filter((run) => (run.struck.get(fault) ?? 0) >= TRIES);
    const since = met.at(-1)?.startedAt ?? now;
    const window = status.windows.find(({ id }) => id === `${source}/${month}`);
    const isRead =
      !window || window.state === "done" || window.state === "exact" || window.state === "cancelled";
    const isLong = met.length >= MONTH.runs && now - since >= MONTH.hours * HOUR_MS;
    if (isLong && !isRead && !said && !keys.has(`failed/${source}/${month}`))
      return `${source}/${month} has answered ${kind} to ${met.length} runs in ${Math.round((now - since) / HOUR_MS)} hours, and no alarm says so (${window.state}, ${window.attempts} attempts)`;
  }
  for (const { source, lagSeconds } of status.sources) {
    const job = documentsOf(store, "syncJobs").get(JSON.stringify(source));
    if (!job || lagSeconds === null) continue;
    const said = ["silent", `failing/${source}`, `lag/${source}`].some((key) => keys.has(key));
    const behind = missing(source as Source).find(
      ({ at, listedAt }) =>
        at >= job["horizon"].getTime() && at >= job["lastSyncedDate"].getTime() && now - listedAt > LAG_MS,
    );
    if (behind && !said) return `${source} lacks ${behind.releaseId} for hours, and no alarm says so`;
  }
  return null;
}
