// Reads what the database says of the sources, in three queries that never touch `contracts`: windows, jobs (with the
// quarantine), and runs.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Document } from "mongodb";
import type { Database } from "../platform/database.ts";
import type {
  Assumption,
  NoticeGap,
  Quarantined,
  RateLimit,
  SyncJob,
  SyncRun,
  SyncWindow,
} from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import { GOOD_RUN } from "./health.ts";

const INTAKE_DAYS = 30;
const RUNS_SHOWN = 12;
const ERRORS_READ = 20;
/** Quarantined releases are counted up to here: each is read for it, and beyond a thousand the number says no more. */
const QUARANTINE_COUNTED = 1000;

/** A window without what only its holder needs: its published seconds alone can be tens of kilobytes. */
export type WindowFacts = Omit<SyncWindow, "publishedSeconds" | "numbers" | "verify" | "claim">;
export type JobFacts = Pick<
  SyncJob,
  | "source"
  | "status"
  | "horizon"
  | "lastSyncedDate"
  | "paused"
  | "lastRunAt"
  | "errorLog"
  | "alarms"
  | "quietSince"
  | "secondPass"
  | "unproven"
  | "witness"
>;
export type RunShare = Pick<
  SyncRun["sources"][number],
  "source" | "requests" | "releases" | "refusals" | "retries"
>;
export type FailedAssumption = Pick<
  Assumption,
  "source" | "name" | "statement" | "consequence" | "bearsProof" | "detail"
>;

export type AskedAssumption = Pick<Assumption, "holds" | "checkedAt"> & FailedAssumption;

export type LearntPace = Pick<RateLimit, "together" | "joint" | "lanes" | "refusedAt">;

/** What `statusFrom` turns into a status. */
export interface Facts {
  windows: WindowFacts[];
  jobs: JobFacts[];
  quarantined: number;
  /** What has been learnt of the APIs' pace; null before the first request. */
  learntPace: LearntPace | null;
  /** Cases of the last day that belong to no month yet. */
  rejectedNews: { source: Source; count: number }[];
  /** What is taken for granted of the APIs, and whether it held when they were last asked. */
  assumptions: AskedAssumption[];
  /** Numbers of each source's sequence that never came, by what became of them. */
  gaps: ReadonlyMap<Source, Record<string, number>>;
  runs: SyncRun[];
  days: { day: string; source: Source; releases: number; requests: number }[];
  lastDay: { startedAt: Date; outcome: SyncRun["outcome"]; sources: RunShare[] }[];
  lastGoodRunAt: Date | null;
  firstRunAt: Date | null;
}

export async function readFacts(
  db: Database,
  { sources, now }: { sources: readonly Source[]; now: Date },
): Promise<Facts> {
  const [windows, jobs, runs] = await Promise.all([
    readWindows(db, sources),
    readJobs(db, { sources, now }),
    readRuns(db, now),
  ]);
  return { windows, ...jobs, ...runs };
}

/** Eleven years of two sources are 200: one answer holds them all. */
const WINDOWS_MOST = 1000;

const HOLDERS_ONLY = {
  publishedSeconds: 0,
  numbers: 0,
  verify: 0,
  claim: 0,
  "lanes.seen": 0,
  "alarms.detail": 0,
};

function readWindows(db: Database, sources: readonly Source[]): Promise<WindowFacts[]> {
  return db.syncWindows
    .find({ source: { $in: [...sources] } }, { projection: HOLDERS_ONLY, batchSize: WINDOWS_MOST })
    .sort({ source: 1, from: -1 })
    .toArray();
}

type JobOrCount =
  | ({ part: "job" } & JobFacts)
  | { part: "quarantine"; count: number }
  | { part: "rejected news"; source: Source; count: number }
  | ({ part: "pace" } & LearntPace)
  | ({ part: "assumption" } & AskedAssumption)
  | ({ part: "gaps"; source: Source } & GapCount);

/** The jobs and all that is counted beside them: one question. */
const jobsPipeline = (sources: readonly Source[], now: Date): Document[] => [
  { $match: { _id: { $in: [...sources] } } },
  {
    $project: {
      part: "job",
      ...{ source: 1, status: 1, horizon: 1, lastSyncedDate: 1, paused: 1, lastRunAt: 1, alarms: 1 },
      ...{ quietSince: 1, secondPass: 1, unproven: 1, witness: 1 },
      errorLog: { $slice: ["$errorLog", -ERRORS_READ] },
    },
  },
  {
    $unionWith: {
      coll: "quarantine",
      pipeline: [
        { $limit: QUARANTINE_COUNTED + 1 },
        { $count: "count" },
        { $project: { part: "quarantine", count: 1 } },
      ],
    },
  },
  {
    $unionWith: {
      coll: "quarantine",
      pipeline: [
        { $match: { windowId: null, lastSeenAt: { $gte: new Date(now.getTime() - 24 * HOUR_MS) } } },
        { $limit: QUARANTINE_COUNTED },
        { $group: { _id: "$source", count: { $sum: 1 } } },
        { $project: { _id: 0, part: "rejected news", source: "$_id", count: 1 } },
      ],
    },
  },
  {
    $unionWith: {
      coll: "rateLimits",
      pipeline: [
        { $match: { _id: "APIS" } },
        { $project: { _id: 0, part: "pace", together: 1, joint: 1, lanes: 1, refusedAt: 1 } },
      ],
    },
  },
  {
    $unionWith: {
      coll: "assumptions",
      pipeline: [
        { $match: { source: { $in: [...sources] } } },
        {
          $project: {
            ...{ _id: 0, part: "assumption", source: 1, name: 1, statement: 1, consequence: 1 },
            ...{ bearsProof: 1, detail: 1, holds: 1, checkedAt: 1 },
          },
        },
      ],
    },
  },
  {
    $unionWith: {
      coll: "noticeGaps",
      pipeline: [
        { $set: { source: { $first: { $split: ["$windowId", "/"] } } } },
        {
          $group: {
            _id: { source: "$source", outcome: "$outcome", settledBy: "$settledBy" },
            count: { $sum: 1 },
          },
        },
        { $sort: { _id: 1 } },
        { $project: { part: "gaps", source: "$_id.source", count: 1 } },
      ],
    },
  },
];

async function readJobs(
  db: Database,
  { sources, now }: { sources: readonly Source[]; now: Date },
): Promise<Pick<Facts, "jobs" | "quarantined" | "rejectedNews" | "learntPace" | "assumptions" | "gaps">> {
  const rows = await db.syncJobs.aggregate<JobOrCount>(jobsPipeline(sources, now)).toArray();
  const jobs = rows.filter((row) => row.part === "job");
  const quarantined = rows.find((row) => row.part === "quarantine")?.count ?? 0;
  const rejectedNews = rows.filter((row) => row.part === "rejected news");
  const learntPace = rows.find((row) => row.part === "pace") ?? null;
  const assumptions = rows.filter((row) => row.part === "assumption");
  const counted = rows.filter((row) => row.part === "gaps");
  const gaps = new Map(
    sources.map((source) => [source, namedGaps(counted.filter((row) => row.source === source))]),
  );
  return { jobs, quarantined, rejectedNews, learntPace, assumptions, gaps };
}

export interface GapCount {
  _id: { outcome: NoticeGap["outcome"]; settledBy?: NoticeGap["settledBy"] };
  count: number;
}

/** `{"never published, by slice": 120}` */
export const namedGaps = (rows: readonly GapCount[]): Record<string, number> =>
  Object.fromEntries(
    rows.map(({ _id, count }) => [[_id.outcome, _id.settledBy].filter(Boolean).join(", by "), count]),
  );

export const moreQuarantined = (count: number) => count > QUARANTINE_COUNTED;

type RunFacets = Pick<Facts, "runs" | "days" | "lastDay"> & {
  good: { startedAt: Date }[];
  first: { startedAt: Date }[];
};

async function readRuns(
  db: Database,
  now: Date,
): Promise<Pick<Facts, "runs" | "days" | "lastDay" | "lastGoodRunAt" | "firstRunAt">> {
  const since = new Date(now.getTime() - INTAKE_DAYS * 24 * HOUR_MS);
  const dayAgo = new Date(now.getTime() - 24 * HOUR_MS);
  const day = { $dateToString: { date: "$startedAt", format: "%Y-%m-%d", timezone: "Europe/London" } };
  const pipeline: Document[] = [
    { $match: { startedAt: { $gte: since } } },
    { $sort: { startedAt: -1 } },
    {
      $facet: {
        runs: [{ $limit: RUNS_SHOWN }],
        days: [
          { $unwind: "$sources" },
          {
            $group: {
              _id: { day, source: "$sources.source" },
              releases: { $sum: "$sources.releases" },
              requests: { $sum: "$sources.requests" },
            },
          },
          { $sort: { _id: 1 } },
          { $project: { _id: 0, day: "$_id.day", source: "$_id.source", releases: 1, requests: 1 } },
        ],
        lastDay: [
          { $match: { startedAt: { $gte: dayAgo } } },
          {
            $project: {
              ...{ _id: 0, startedAt: 1, outcome: 1 },
              sources: { source: 1, requests: 1, releases: 1, refusals: 1, retries: 1 },
            },
          },
        ],
        good: [{ $match: GOOD_RUN }, { $limit: 1 }, { $project: { _id: 0, startedAt: 1 } }],
        first: [{ $group: { _id: null, startedAt: { $min: "$startedAt" } } }, { $project: { _id: 0 } }],
      },
    },
  ];
  const [facets] = await db.syncRuns.aggregate<RunFacets>(pipeline).toArray();
  const { runs = [], days = [], lastDay = [], good = [], first = [] } = facets ?? {};
  const lastGoodRunAt = good[0]?.startedAt ?? null;
  return { runs, days, lastDay, lastGoodRunAt, firstRunAt: first[0]?.startedAt ?? null };
}

export interface WindowDetail {
  window: WindowFacts;
  /** Notice numbers of this month that were asked for by themselves, by what came of it. */
  gaps: Partial<Record<NoticeGap["outcome"], number>>;
}

/** One window with all that its page shows; null when there is none of this id. */
export async function readWindow(db: Database, id: string): Promise<WindowDetail | null> {
  const [window, gaps] = await Promise.all([
    db.syncWindows.findOne<WindowFacts>({ _id: id }, { projection: HOLDERS_ONLY }),
    db.noticeGaps
      .aggregate<{ _id: NoticeGap["outcome"]; count: number }>([
        { $match: { windowId: id } },
        { $group: { _id: "$outcome", count: { $sum: 1 } } },
      ])
      .toArray(),
  ]);
  return window && { window, gaps: Object.fromEntries(gaps.map(({ _id, count }) => [_id, count])) };
}

export const QUARANTINE_SHOWN = 100;
const BEGINNING_CHARACTERS = 400;
export type QuarantineRow = Omit<Quarantined, "rawText"> & { beginning: string };

/** The newest of the quarantine, with the beginning of their text only: a text can be megabytes. */
export function readQuarantine(db: Database): Promise<QuarantineRow[]> {
  const pipeline: Document[] = [
    { $sort: { lastSeenAt: -1, _id: 1 } },
    { $limit: QUARANTINE_SHOWN },
    { $set: { beginning: { $substrCP: ["$rawText", 0, BEGINNING_CHARACTERS] } } },
    { $unset: "rawText" },
  ];
  return db.quarantine.aggregate<QuarantineRow>(pipeline).toArray();
}
