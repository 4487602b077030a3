// Every document of the database as a zod schema; types are inferred. Names and fields are the contract that
// other programs read the database by (docs/records.md). Times are BSON dates unless they are LondonTime.
import { Binary } from "mongodb";
import { z } from "zod";
import { objectIdSchema, sourceSchema } from "./bson.ts";
import { isLondonTime, type LondonTime } from "./london-time.ts";
import { TROUBLE_KINDS } from "./trouble.ts";
import { LANE_MODES, WINDOW_STATUSES } from "./window.ts";

export * from "./contract.ts";
export * from "./process.ts";

// `bsonType`: what MongoDB's validators ask of the types that JSON has no word for (platform/validators.ts).
const londonTimeSchema = z
  .custom<LondonTime>((value) => typeof value === "string" && isLondonTime(value))
  .meta({ bsonType: "string" });

/** Whether a release is kept as it came, beside the contract (STORE_RAW). */
export const STORE_RAW_MODES = ["none", "gzip", "full"] as const;
export type StoreRaw = (typeof STORE_RAW_MODES)[number];

/** `kind`: missing where an earlier version wrote it. */
const troubleSchema = z.strictObject({
  at: z.date(),
  kind: z.enum(TROUBLE_KINDS).optional(),
  message: z.string(),
});

const laneSchema = z.strictObject({
  stage: z.string(),
  frontier: londonTimeSchema,
  done: z.boolean(),
  mode: z.enum(LANE_MODES).optional(),
  spanSeconds: z.number().optional(),
  seen: z.array(z.string()).optional(),
});

const countsSchema = z.strictObject({
  /** HTTP requests made for this window, verification not included. */
  requests: z.number().int(),
  /** Distinct releases, however often a page was read. */
  releases: z.number().int(),
  byTag: z.record(z.string(), z.number().int()),
  quarantined: z.number().int(),
  /** BSON bytes of the contracts of these releases, without indexes. */
  bytes: z.number(),
});

const unprovenSchema = z.strictObject({
  stage: z.string(),
  from: londonTimeSchema,
  to: londonTimeSchema,
  rows: z.number().int(),
  at: z.date(),
});

/** `ordered` once drained, `suspect` where what came cannot be all, `exact` once verified. */
const PROOFS = ["ordered", "suspect", "exact"] as const;
export const PROOF_BY = ["numbers", "witness", "slices"] as const;
export type ProofBy = (typeof PROOF_BY)[number];

export const windowSchema = z.strictObject({
  _id: z.string(),
  source: sourceSchema,
  /** The part of a source that is read by itself; left out where the source is one. */
  site: z.string().optional(),
  month: z.string(),
  from: z.date(),
  to: z.date(),
  status: z.enum(WINDOW_STATUSES),
  lanes: z.array(laneSchema),
  claim: z.strictObject({ id: objectIdSchema, until: z.date() }).nullable(),
  attempts: z.number().int(),
  retryAt: z.date().nullable(),
  lastError: troubleSchema.nullable(),
  counts: countsSchema,
  proof: z.enum(PROOFS).nullable(),
  /** What the proof rests on. */
  proofBy: z.enum(PROOF_BY).nullish(),
  /** Why what came cannot be all there is, and how often it has been looked at since. */
  suspicion: z
    .strictObject({ at: z.date(), kind: z.string(), detail: z.string(), looks: z.number().int() })
    .nullish(),
  /** Earliest next look: for the first proof, and then on a schedule. */
  verifyAt: z.date().nullish(),
  /** Releases whose text had changed under their old id when the month was looked at again. */
  changedInPlace: z.number().int().optional(),
  /** What a verification found missing: stored since, and noted here. */
  drift: z.array(
    z.strictObject({ at: z.date(), from: londonTimeSchema, to: londonTimeSchema, missing: z.number().int() }),
  ),
  /** Keys of what was missing and is just being stored: a run that is stopped before it has counted them leaves them here. */
  adding: z.array(z.string()).optional(),
  /** Slices that hold more rows than a page, so only a cursor could read them. */
  unproven: z.array(unprovenSchema),
  /** Pages that proved nothing, by their reason; such a lane went on in slices. */
  alarms: z.array(z.strictObject({ at: z.date(), kind: z.string(), detail: z.string() })).optional(),
  /** Verification: all from `frontier` to the window's end is exact; `lo` where the next slice had to be shorter. */
  verify: z
    .strictObject({
      frontier: londonTimeSchema,
      lo: londonTimeSchema.optional(),
      requests: z.number().int(),
      rows: z.number().int(),
      /** By what this look goes, and when it began; `done` once it has come to an end. */
      by: z.enum(PROOF_BY).optional(),
      since: z.date().optional(),
      done: z.boolean().optional(),
      /** Runs in a row whose requests brought this look no further. */
      stalls: z.number().int().optional(),
      /** Days that the witness has proved in this look. */
      days: z.number().int().optional(),
    })
    .nullable()
    .optional(),
  /** When each counted release was published: seconds after the month's first instant, int32 LE. Says where to cut; gone once verified. */
  publishedSeconds: z.instanceof(Binary).meta({ bsonType: "binData" }).optional(),
  /** FaT, once verified: lowest and highest notice number of each year in the window. */
  numbers: z
    .array(z.strictObject({ year: z.number().int(), lowest: z.number().int(), highest: z.number().int() }))
    .optional(),
  /** What was expected of it when it was first claimed, in the units of `counts`; says how good the forecasts are. */
  forecast: z
    .strictObject({
      releases: z.number().optional(),
      bytes: z.number(),
      requests: z.number(),
      /** `bytes` of windows read in another mode say nothing of this one. */
      storeRaw: z.enum(STORE_RAW_MODES).optional(),
    })
    .optional(),
  plannedAt: z.date(),
  startedAt: z.date().nullable(),
  doneAt: z.date().nullable(),
  verifiedAt: z.date().nullable(),
});
export type SyncWindow = z.infer<typeof windowSchema>;
export type WindowCounts = z.infer<typeof countsSchema>;

/** Days and slices are counted for ever, trust is earned and lost. */
const witnessSchema = z.strictObject({
  trusted: z.boolean(),
  /** Slices that were held against its files and agreed, since it was last put to the trial. */
  agreed: z.number().int(),
  /** Requests to the API that trials and samples have taken, beside those of a month's verification. */
  requests: z.number().int(),
  trustedAt: z.date().nullable(),
  /** When a trial came to no end: too few days had a file. */
  triedAt: z.date().nullable(),
  lostAt: z.date().nullable(),
  /** What was decided against it. */
  lostBy: z.string().nullable(),
  daysRead: z.number().int(),
  /** Days without a file, or with one that cannot be read. */
  daysWithout: z.number().int(),
  /** Releases that the API lists and the file of their day lacks. */
  lacked: z.number().int(),
  /** Releases that only the file has. */
  invented: z.number().int(),
  /** Releases that were missing here, and were found by its list. */
  found: z.number().int(),
});
export type WitnessState = z.infer<typeof witnessSchema>;

export const syncJobSchema = z.strictObject({
  _id: sourceSchema,
  source: sourceSchema,
  status: z.enum(["backfilling", "syncing", "error"]),
  /** T0: the instant where the backfill ends and the delta begins, frozen when the source was first planned. */
  horizon: z.date(),
  /** The delta's frontier: every release published before it, back to T0, is stored. */
  lastSyncedDate: z.date(),
  /** A delta walk in progress, newest first; `lastSyncedDate` moves to `to` when all lanes are done. */
  deltaWalk: z
    .strictObject({ from: londonTimeSchema, to: londonTimeSchema, lanes: z.array(laneSchema) })
    .nullable(),
  /** The delta's slower second pass: by exact slices, once a day; `frontier` is `from` when it has come to its end. */
  secondPass: z
    .strictObject({
      nextAt: z.date(),
      from: londonTimeSchema,
      to: londonTimeSchema,
      frontier: londonTimeSchema,
      requests: z.number().int(),
      /** Releases that the delta had not met, and when the last of them was found. */
      found: z.number().int(),
      foundAt: z.date().nullable(),
      /** Why what came cannot be all there is. */
      suspicion: z.string().nullable(),
    })
    .nullish(),
  /** How far the source's witness is believed, and what the two have said of each other. */
  witness: witnessSchema.nullish(),
  /** When the API is asked again what is taken for granted of it. */
  assumptionsDueAt: z.date().nullish(),
  /** Since when nothing new has come, where that is longer than it has ever been. */
  quietSince: z.date().nullish(),
  /** Slices of the delta that only a cursor could read, until their month's window takes them over. */
  unproven: z.array(unprovenSchema).optional(),
  /** Pages of the delta that proved nothing; those of a window stand there. */
  alarms: z.array(z.strictObject({ at: z.date(), kind: z.string(), detail: z.string() })).optional(),
  totalFetched: z.number().int(),
  lastRunAt: z.date().nullable(),
  lastRunFetched: z.number().int(),
  lastRunErrors: z.number().int(),
  /** The newest, oldest first: `2026-11-24T10:12:00.000Z broken: what happened`. */
  errorLog: z.array(z.string()),
  lastError: troubleSchema.nullable().optional(),
  planHash: z.string().nullable(),
  paused: z.boolean(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type SyncJob = z.infer<typeof syncJobSchema>;

const identifierSchema = z.strictObject({ scheme: z.string().optional(), id: z.string() });

export const buyerSchema = z.strictObject({
  _id: objectIdSchema,
  name: z.string(),
  /** The lower-cased name; left out where another buyer has it already (two schools of one name). */
  nameLower: z.string().optional(),
  /** Its number in the best register, `GB-PPON-PJYG-6658-PPMY`; without one `auto-` and the slug of its name. */
  orgId: z.string(),
  identifiers: z.array(identifierSchema),
  sector: z.string().optional(),
  /** ITL or NUTS code, and its plain name. */
  region: z.string().optional(),
  regionName: z.string().optional(),
  locality: z.string().optional(),
  postalCode: z.string().optional(),
  website: z.string().optional(),
  /** Notices that name it, joint ones included: the sum of `countByMonth`. */
  contractCount: z.number().int(),
  /** By the month of publication (UTC), `2026-03`: a page counts only the months that it touches. */
  countByMonth: z.record(z.string(), z.number().int()).optional(),
  /** What it is found by: its register numbers, and `auto-` with the slug of each of its names. */
  keys: z.array(z.string()),
  /** Towns and postcode districts that releases have named with it. */
  places: z.array(z.string()),
  /** What releases say: a field that differs from it has been enriched by others, and is left alone. A buyer that others made has none until a release names it. */
  said: z
    .strictObject({
      name: z.string(),
      sector: z.string().optional(),
      website: z.string().optional(),
      /** Region, locality, postcode: a line each. */
      address: z.string().optional(),
    })
    .optional(),
  /** It turned out to be this one, and is being taken into it. */
  mergedInto: objectIdSchema.optional(),
  /** Former `_id`s of what was taken in: other collections may still name them. */
  mergedIds: z.array(objectIdSchema).optional(),
  /** How often it was written here: who writes names the version that was read. */
  version: z.number().int(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type Buyer = z.infer<typeof buyerSchema>;
/** A buyer as one release names it; the store decides which document it is. */
export type MappedBuyer = Pick<
  Buyer,
  | "name"
  | "orgId"
  | "identifiers"
  | "sector"
  | "region"
  | "regionName"
  | "locality"
  | "postalCode"
  | "website"
>;

export const quarantineSchema = z.strictObject({
  /** source/ocid/releaseId, or a hash of the raw text where these cannot be read. */
  _id: z.string(),
  source: sourceSchema,
  windowId: z.string().nullable(),
  ocid: z.string().nullable(),
  releaseId: z.string().nullable(),
  /** Where it was: the request's path and query. */
  place: z.string(),
  reason: z.string(),
  rawText: z.string(),
  firstSeenAt: z.date(),
  lastSeenAt: z.date(),
});
export type Quarantined = z.infer<typeof quarantineSchema>;

/** `trouble`: the site gave no answer in the whole run, or failed several months in a row in the same way. */
export const RUN_ENDS = ["nothing left", "deadline", "paused", "error", "trouble", "storage full"] as const;
/** The source itself failed in this run; a deadline is as good an end as any. */
export const BAD_ENDS: readonly (typeof RUN_ENDS)[number][] = ["error", "trouble", "storage full"];

export const syncRunSchema = z.strictObject({
  _id: objectIdSchema,
  startedAt: z.date(),
  endedAt: z.date().nullable(),
  /** `running` until it ends; `dropped` by the platform, or cut off from the database, as a later run notices. */
  outcome: z.enum(["running", "done", "deadline", "error", "dropped"]),
  sources: z.array(
    z.strictObject({
      source: sourceSchema,
      requests: z.number().int(),
      releases: z.number().int(),
      contractsChanged: z.number().int(),
      quarantined: z.number().int(),
      refusals: z.number().int(),
      retries: z.number().int(),
      /** Requests that brought what was asked for. Documents of earlier versions do not have it. */
      answers: z.number().int().optional(),
      waitedMs: z.number(),
      windowsDone: z.array(z.string()),
      windowsVerified: z.array(z.string()),
      errors: z.array(z.string()),
      endedBy: z.enum(RUN_ENDS),
    }),
  ),
});
export type SyncRun = z.infer<typeof syncRunSchema>;

const paceSchema = z.strictObject({
  /** Between two requests; 0: as fast as the settings allow. */
  intervalMs: z.number(),
  /** Requests in a row at this spacing without a refusal or a pause. */
  steady: z.number(),
  /** Refusals since a spacing was proved. */
  streak: z.number(),
  /** The longest spacing that was refused, while that is believed. */
  refusedMs: z.number().nullable(),
  /** The shortest spacing that was proved. */
  provedMs: z.number().nullable(),
  /** Since when the search for a shorter one rests. */
  restsSince: z.date().nullable(),
  /** How long it rests before what was refused is tried again. */
  patienceMs: z.number(),
});
const paceLaneSchema = z.strictObject({
  pace: paceSchema,
  /** The slot that was taken last. */
  slotAt: z.date(),
  /** No request before this instant. */
  nextAt: z.date(),
});
export const rateLimitSchema = z.strictObject({
  /** `APIS`: one document for all of them, since they may share one budget. */
  _id: z.string(),
  /** Goes up with every change: what is learnt is written only over what it was learnt from. */
  version: z.number(),
  /** Whether the APIs were seen to share one budget; null until a refusal has told. */
  together: z.boolean().nullable(),
  /** A refusal that the other API's next answer explains. */
  refusal: z.strictObject({ of: sourceSchema, at: z.date() }).nullable(),
  votes: z.number(),
  /** The pace of both together, where they share a budget. */
  joint: paceLaneSchema,
  /** Each API's own. */
  lanes: z.record(z.string(), paceLaneSchema),
  refusedAt: z.date().nullable(),
  /** The slot that was taken last, of any API. */
  slotAt: z.date(),
  updatedAt: z.date(),
});
export type RateLimit = z.infer<typeof rateLimitSchema>;

export const noticeGapSchema = z.strictObject({
  /** Notice id, `075962-2026`. */
  _id: z.string(),
  windowId: z.string(),
  /** `absent`: still open. `found`: it came and is stored. */
  outcome: z.enum(["absent", "never published", "found"]),
  /** `slice`: not in a slice that was not full; `look-up`: by its own id. */
  settledBy: z.enum(["slice", "look-up"]).optional(),
  askedAt: z.date().nullable(),
  /** Answers that settled nothing, and when it is asked for again. */
  attempts: z.number().int().optional(),
  retryAt: z.date().nullish(),
  lastError: z.string().optional(),
  /** Looked at once more, a month or longer after it was settled, and absent again. */
  confirmedAt: z.date().optional(),
});
export type NoticeGap = z.infer<typeof noticeGapSchema>;

export const assumptionSchema = z.strictObject({
  /** Source and name: `…/lower-end`. */
  _id: z.string(),
  source: sourceSchema,
  name: z.string(),
  statement: z.string(),
  /** What can no longer be believed once it fails. */
  consequence: z.string(),
  /** While it fails, no month of the source becomes exact. */
  bearsProof: z.boolean(),
  checkedAt: z.date(),
  /** Null: it could not be told. */
  holds: z.boolean().nullable(),
  detail: z.string(),
  requests: z.number().int(),
});
export type Assumption = z.infer<typeof assumptionSchema>;

export const alertSchema = z.strictObject({
  /** The case: the same trouble of the same thing has the same key. */
  _id: z.string(),
  kind: z.string(),
  /** `trouble` stands until it is over; a `note` has happened and is settled. */
  severity: z.enum(["trouble", "note"]),
  text: z.string(),
  firedAt: z.date(),
  /** Null while it stands. */
  clearedAt: z.date().nullable(),
});
export type Alert = z.infer<typeof alertSchema>;
