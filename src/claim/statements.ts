// The filters and updates of a claim as values. The lease runs on the database's clock ($$NOW): the isolates' clocks
// may differ. Every write after the claim is fenced by its id.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Document, Filter, ObjectId, UpdateFilter } from "mongodb";
import type { ProofBy, SyncWindow } from "../terms/documents.ts";
import type { NotedTrouble, TroubleKind } from "../terms/trouble.ts";
import { ATTEMPTS_MAX, PATIENT_ATTEMPTS, type Source, statusTo } from "../terms/window.ts";

const STUCK: TroubleKind = "stuck";
const NO_PROGRESS = `claimed ${ATTEMPTS_MAX} times without any progress; last trouble: `;
const BACKOFF_MS_MAX = 6 * HOUR_MS;
const FAILED_MS = 24 * HOUR_MS; // a site that was down is often back the next day; docs/operations.md says so

/** What a holder may do to a window: drain it (`running`) or verify it (`done` all the while). */
export type ClaimFor = "drain" | "verify";

export interface Claim {
  id: ObjectId;
  windowId: string;
  kind: ClaimFor;
  leaseSeconds: number;
  /** Pause after the first failed attempt; it doubles with each. */
  backoffSeconds: number;
}

export const heldBy = (claim: Claim): Filter<SyncWindow> => ({
  _id: claim.windowId,
  status: claim.kind === "drain" ? "running" : "done",
  "claim.id": claim.id,
});

const leaseUntil = (leaseSeconds: number) => ({ $add: ["$$NOW", leaseSeconds * 1000] });
/** Held by nobody, or no longer. */
export const free = { $or: [{ claim: null }, { $expr: { $lt: ["$claim.until", "$$NOW"] } }] };

/** What has not failed several times in a row. */
export const HOPEFUL: Filter<SyncWindow> = { attempts: { $lt: PATIENT_ATTEMPTS } };

/** Pending and due, or running with an expired lease; with a budget only what fits, from `reach` on; of these sites only. */
export function claimable(source: Source, reach?: Date, sites?: readonly string[]): Filter<SyncWindow> {
  return {
    source,
    ...ofSites(sites),
    ...(reach ? { from: { $gte: reach } } : {}),
    $or: [
      { status: "pending", retryAt: null },
      { status: "pending", $expr: { $lte: ["$retryAt", "$$NOW"] } },
      { status: "running", $expr: { $lt: ["$claim.until", "$$NOW"] } },
    ],
  };
}

const ofSites = (sites?: readonly string[]) => (sites ? { site: { $in: [...sites] } } : {});

/** Due by the caller's clock, as `verifyAt` is: a window of an earlier version has none and is due at once. */
const dueForLook = (now: Date) => ({ $lte: [{ $ifNull: ["$verifyAt", new Date(0)] }, now] });

/** Done, held by nobody, and due: `first` for those without proof, else those that are looked at again. */
export function verifiable(
  source: Source,
  { first, now }: { first: boolean; now: Date },
  sites?: readonly string[],
): Filter<SyncWindow> {
  const proof = first ? { $in: ["ordered" as const, "suspect" as const] } : ("exact" as const);
  return {
    source,
    ...ofSites(sites),
    status: "done",
    proof,
    $expr: {
      $and: [dueForLook(now), { $or: [{ $eq: ["$claim", null] }, { $lt: ["$claim.until", "$$NOW"] }] }],
    },
  };
}

export const claimForDrainUpdate = (id: ObjectId, leaseSeconds: number): Document[] => [
  { $set: { attempts: { $add: ["$attempts", 1] } } },
  {
    $set: {
      status: {
        $cond: [
          { $gt: ["$attempts", ATTEMPTS_MAX] },
          statusTo("failed", ["pending", "running"]),
          statusTo("running", ["pending", "running"]),
        ],
      },
      claim: { $cond: [{ $gt: ["$attempts", ATTEMPTS_MAX] }, null, { id, until: leaseUntil(leaseSeconds) }] },
      retryAt: { $cond: [{ $gt: ["$attempts", ATTEMPTS_MAX] }, { $add: ["$$NOW", FAILED_MS] }, null] },
      lastError: {
        $cond: [
          { $gt: ["$attempts", ATTEMPTS_MAX] },
          {
            at: "$$NOW",
            kind: STUCK,
            message: { $concat: [NO_PROGRESS, { $ifNull: ["$lastError.message", "nothing noted"] }] },
          },
          "$lastError",
        ],
      },
      startedAt: { $ifNull: ["$startedAt", "$$NOW"] },
    },
  },
];

export const claimForVerifyUpdate = (id: ObjectId, leaseSeconds: number): Document[] => [
  { $set: { claim: { id, until: leaseUntil(leaseSeconds) } } },
];

export const renewUpdate = (claim: Claim): Document[] => [
  { $set: { "claim.until": leaseUntil(claim.leaseSeconds) } },
];

/** The progress that a holder writes: only it knows the window while it holds the claim. */
export type Progress = Pick<SyncWindow, "lanes" | "counts" | "unproven" | "drift"> &
  Partial<
    Pick<
      SyncWindow,
      | "alarms"
      | "adding"
      | "verify"
      | "verifyAt"
      | "publishedSeconds"
      | "numbers"
      | "forecast"
      | "changedInPlace"
    >
  >;

/**
 * Progress and lease in one update. A frontier that moved makes this attempt the first again; narrower questions alone do
 * not, or a month that cannot be read would never be failed.
 */
export const advanceUpdate = (claim: Claim, progress: Progress, moved: boolean): Document[] => [
  {
    $set: {
      ...literals(progress),
      ...(claim.kind === "drain" && moved ? { attempts: 1 } : {}),
      "claim.until": leaseUntil(claim.leaseSeconds),
    },
  },
];

export const drainedUpdate = (progress: Progress): Document[] => [
  {
    $set: {
      ...literals(progress),
      status: statusTo("done", ["running"]),
      claim: null,
      attempts: 0,
      retryAt: null,
      lastError: null,
      proof: "ordered",
      doneAt: "$$NOW",
    },
  },
];

/** How a look at a window ended. */
export type LookEnd = Pick<SyncWindow, "suspicion" | "verifyAt"> &
  ({ proof: "exact"; proofBy: ProofBy } | { proof: "ordered" | "suspect" });

export const verifiedUpdate = (progress: Progress, end: LookEnd): Document[] => [
  {
    $set: {
      ...literals(progress),
      claim: null,
      proof: end.proof,
      proofBy: end.proof === "exact" ? end.proofBy : null,
      verifyAt: end.verifyAt ?? null,
      suspicion: end.suspicion ? { $literal: end.suspicion } : null,
      ...(end.proof === "exact" ? { verifiedAt: "$$NOW", lastError: null } : {}),
    },
  },
  ...(end.proof === "exact" ? [{ $unset: "publishedSeconds" }] : []),
];

/** Nothing went wrong, time was up: the next holder goes on, and this attempt does not count. */
export const giveBackUpdate = (claim: Claim): UpdateFilter<SyncWindow> | Document[] =>
  claim.kind === "verify"
    ? { $set: { claim: null } }
    : [
        {
          $set: {
            status: statusTo("pending", ["running"]),
            claim: null,
            attempts: { $max: [0, { $add: ["$attempts", -1] }] },
          },
        },
      ];

/** Why a window was given up. */
export type GivenUp = Pick<NotedTrouble, "kind" | "message">;

/** Something went wrong: back with a growing pause, or failed with its reason after the last attempt. */
export function giveUpUpdate(claim: Claim, { kind, message }: GivenUp): Document[] {
  const lastError = { at: "$$NOW", kind, message: { $literal: message } };
  if (claim.kind === "verify") return [{ $set: { claim: null, lastError } }];
  const usedUp = { $gte: ["$attempts", ATTEMPTS_MAX] };
  const exponent = { $max: [0, { $add: ["$attempts", -1] }] };
  const backoffMs = {
    $min: [BACKOFF_MS_MAX, { $multiply: [claim.backoffSeconds * 1000, { $pow: [2, exponent] }] }],
  };
  return [
    {
      $set: {
        status: { $cond: [usedUp, statusTo("failed", ["running"]), statusTo("pending", ["running"])] },
        retryAt: { $add: ["$$NOW", { $cond: [usedUp, FAILED_MS, backoffMs] }] },
        claim: null,
        lastError,
      },
    },
  ];
}

/** A day after a window failed it is tried again, after those that wait their first turn. */
export const reviveStatement = (source: Source) => ({
  filter: { source, status: "failed", $expr: { $lte: ["$retryAt", "$$NOW"] } } satisfies Filter<SyncWindow>,
  update: { $set: { status: statusTo("pending", ["failed"]), attempts: PATIENT_ATTEMPTS, retryAt: null } },
});

/** An operator does not want to wait: what failed, and what pauses after a failed attempt, is due now. */
export const retryStatement = (windowId?: string) => ({
  filter: {
    ...(windowId === undefined ? {} : { _id: windowId }),
    $or: [{ status: "failed" }, { status: "pending", retryAt: { $ne: null } }],
  } satisfies Filter<SyncWindow>,
  update: { $set: { status: statusTo("pending", ["failed"]), attempts: 0, retryAt: null } },
});

/** What does not fit waits; what fits again is pending again. */
export const deferStatement = (source: Source, reach: Date) => ({
  filter: { source, status: "pending", from: { $lt: reach } } satisfies Filter<SyncWindow>,
  update: { $set: { status: statusTo("deferred", ["pending"]) } },
});
export const readmitStatement = (source: Source, reach?: Date) => ({
  filter: {
    source,
    status: "deferred",
    ...(reach ? { from: { $gte: reach } } : {}),
  } satisfies Filter<SyncWindow>,
  update: { $set: { status: statusTo("pending", ["deferred"]) } },
});

/** Values that come from outside must never be read as expressions. */
function literals(fields: object): Document {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, { $literal: value }]),
  );
}
