// What `/status.json` says, as one versioned schema (docs/status.md). A field that is added keeps the version; one that
// goes or changes its meaning makes a new one.
import { z } from "zod";
import { PROOF_BY, RUN_ENDS } from "../terms/documents.ts";
import { TROUBLE_KINDS } from "../terms/trouble.ts";
import { WINDOW_STATES } from "./words.ts";

export const STATUS_VERSION = 1;

const instant = z.coerce.date<Date | string>();
const whole = z.number().int().nonnegative();
const source = z.string();
const range = z.strictObject({ low: z.number(), likely: z.number(), high: z.number() });
const trouble = z.enum(TROUBLE_KINDS);

export const ALARM_KINDS = [
  "silent",
  "failing",
  "failed",
  "lag",
  "storage",
  "quarantine",
  "order",
  "drift",
  "suspect",
  "quiet",
  "late",
  "assumption",
] as const;

const alarmSchema = z.strictObject({
  /** The same case keeps its key, so that it is sent once. */
  key: z.string(),
  kind: z.enum(ALARM_KINDS),
  /** `trouble` stands until it is over; a `note` has happened and is settled. */
  severity: z.enum(["trouble", "note"]),
  source: source.nullable(),
  windowId: z.string().nullable(),
  text: z.string(),
  /** What to do. */
  advice: z.string(),
});
export type Alarm = z.infer<typeof alarmSchema>;

const windowStatusSchema = z.strictObject({
  id: z.string(),
  source,
  /** The part of a source that is read by itself. */
  site: z.string().optional(),
  month: z.string(),
  state: z.enum(WINDOW_STATES),
  from: instant,
  to: instant,
  /** Share of the window's time that has been read, 0 to 1. */
  progress: z.number().min(0).max(1),
  releases: whole,
  requests: whole,
  bytes: z.number(),
  quarantined: whole,
  attempts: whole,
  /** Releases that a verification found missing; stored since. */
  drift: whole,
  /** Slices that only a cursor could read. */
  unproven: whole,
  /** Pages that broke a promise. */
  alarms: whole,
  retryAt: instant.nullable(),
  trouble: trouble.nullable(),
  doneAt: instant.nullable(),
  verifiedAt: instant.nullable(),
  /** What the proof of an exact one rests on. */
  proofBy: z.enum(PROOF_BY).nullable(),
});
export type WindowSummary = z.infer<typeof windowStatusSchema>;

const proofSchema = z.strictObject({
  /** Nothing is open. */
  proved: z.boolean(),
  /** Stretches between two months that no month has. */
  holes: z.array(z.strictObject({ from: instant, to: instant })),
  /** `exact`: months by what proves them, `numbers`, `witness` or `slices`. */
  months: z.strictObject({ drained: whole, open: whole, suspect: whole, exact: z.record(z.string(), whole) }),
  /** Slices that only a cursor could read, those of new notices included. */
  unproven: whole,
  /** Numbers of its sequence that never came, by what became of them. */
  gaps: z.record(z.string(), whole),
  /** How far its daily list is believed; null where none has been asked for. */
  witness: z
    .strictObject({
      trusted: z.boolean(),
      agreed: whole,
      requests: whole,
      trustedAt: instant.nullable(),
      triedAt: instant.nullable(),
      lostAt: instant.nullable(),
      lostBy: z.string().nullable(),
      daysRead: whole,
      daysWithout: whole,
      lacked: whole,
      invented: whole,
      found: whole,
    })
    .nullable(),
  /** What is taken for granted of its API, by what came of the last check. */
  assumptions: z.strictObject({
    hold: whole,
    fail: z.array(z.string()),
    unknown: whole,
    checkedAt: instant.nullable(),
  }),
  lastLookAt: instant.nullable(),
});

const sourceStatusSchema = z.strictObject({
  source,
  name: z.string(),
  /** One sentence or a few for people. */
  sentence: z.string(),
  status: z.enum(["not started", "backfilling", "syncing", "error"]),
  paused: z.boolean(),
  months: z.record(z.enum(WINDOW_STATES), whole),
  /** Months in the plan: all states but `cancelled`. */
  monthsPlanned: whole,
  /** First instant of the plan. */
  planFrom: instant.nullable(),
  /** Everything from here to `syncedTo` has been read. */
  completeFrom: instant.nullable(),
  syncedTo: instant.nullable(),
  lagSeconds: z.number().nullable(),
  releases: whole,
  bytes: z.number(),
  requests: whole,
  /** How far apart requests are, where a refusal has taught that; null: as fast as the settings allow. */
  spacing: z
    .strictObject({
      seconds: z.number(),
      /** The spacing at which the API refused. */
      refusedSeconds: z.number().nullable(),
      /** Whether the APIs share one budget, and take turns. */
      together: z.boolean(),
      refusedAt: instant.nullable(),
    })
    .nullable(),
  /** Measured over the last 24 hours. */
  pace: z.strictObject({ requestsPerHour: z.number(), releasesPerHour: z.number() }).nullable(),
  /** When the backfill should end. */
  backfillEnds: z.strictObject({ early: instant, likely: instant, late: instant }).nullable(),
  lastRunAt: instant.nullable(),
  /** What is proved, by what, and what is open. */
  proof: proofSchema,
});
export type SourceStatus = z.infer<typeof sourceStatusSchema>;

const runSourceSchema = z.strictObject({
  source,
  requests: whole,
  releases: whole,
  refusals: whole,
  retries: whole,
  /** Requests that brought what was asked for; left out in runs of earlier versions. */
  answers: whole.optional(),
  windowsDone: whole,
  windowsVerified: whole,
  errors: whole,
  endedBy: z.enum(RUN_ENDS),
});

export const statusSchema = z.strictObject({
  version: z.literal(STATUS_VERSION),
  at: instant,
  timeZone: z.literal("Europe/London"),
  /** The same as `/healthz`. */
  well: z.boolean(),
  verdict: z.string(),
  sources: z.array(sourceStatusSchema),
  windows: z.array(windowStatusSchema),
  /** Per London day, newest last; a day without a run is left out. */
  intake: z.array(z.strictObject({ day: z.string(), source, releases: whole, requests: whole })),
  storage: z.strictObject({
    /** As the tier counts: documents and indexes of all databases of the cluster. */
    usedBytes: z.number(),
    dataBytes: z.number(),
    indexBytes: z.number(),
    /** Of other databases on the same cluster. */
    otherBytes: z.number(),
    budgetBytes: z.number().nullable(),
    /** When every month that fits has been read; null when nothing is left. */
    whenDone: range.nullable(),
    /** When the months that wait for room were read too; null when none waits. */
    withDeferred: range.nullable(),
  }),
  /** How far off the forecasts of the months that have been read were: medians of |fact - forecast| / forecast. */
  forecasts: z.strictObject({ windows: whole, bytes: z.number(), requests: z.number() }).nullable(),
  lastGoodRunAt: instant.nullable(),
  runs: z.array(
    z.strictObject({
      id: z.string(),
      startedAt: instant,
      endedAt: instant.nullable(),
      /** `dropped`: the platform ended it without a word. */
      outcome: z.enum(["running", "done", "deadline", "error", "dropped"]),
      sources: z.array(runSourceSchema),
    }),
  ),
  lastDay: z.strictObject({
    runs: z.strictObject({ running: whole, done: whole, deadline: whole, error: whole, dropped: whole }),
    sources: z.array(
      z.strictObject({ source, requests: whole, refusals: whole, retries: whole, releases: whole }),
    ),
  }),
  alarms: z.array(alarmSchema),
  troubles: z.array(z.strictObject({ source, kind: trouble, lastAt: instant, times: whole })),
  quarantine: z.strictObject({
    count: whole,
    /** There are more than were counted. */
    more: z.boolean(),
  }),
});
export type Status = z.infer<typeof statusSchema>;
