// A procurement as it is stored in `processes`: what its notices tell together (docs/processes.md). A field without a value is left out.
import { z } from "zod";
import { objectIdSchema, sourceSchema } from "./bson.ts";
import { CONTRACT_MECHANISMS, CONTRACT_TYPES, contractSchema, supplierSchema } from "./contract.ts";

export const PROCESS_STATES = [
  "planned",
  "open", // one can bid, or join a dynamic market
  "closed", // the deadline has passed, and no award is told yet
  "intended", // an award is announced, and not made yet
  "awarded",
  "cancelled",
  "ended", // the contract is over: terminated, or its last day is long past (map/process/story.ts)
] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];

const processAwardSchema = z.strictObject({
  id: z.string(),
  /** The notice that told it last. */
  noticeId: z.string(),
  date: z.date().optional(),
  value: z.number().optional(),
  currency: z.string().optional(),
  suppliers: z.array(supplierSchema).optional(),
});
export type ProcessAward = z.infer<typeof processAwardSchema>;

/** A change that a notice brought, and what was said before; `from` is left out where nothing was. */
const processChangeSchema = z.discriminatedUnion("field", [
  z.strictObject({
    at: z.date(),
    field: z.literal("state"),
    from: z.enum(PROCESS_STATES),
    to: z.enum(PROCESS_STATES),
  }),
  z.strictObject({
    at: z.date(),
    field: z.literal("deadlineDate"),
    from: z.date().optional(),
    to: z.date().optional(),
  }),
  z.strictObject({
    at: z.date(),
    field: z.literal("valueMax"),
    from: z.number().optional(),
    to: z.number().optional(),
  }),
]);
export type ProcessChange = z.infer<typeof processChangeSchema>;

export const processSchema = z.strictObject({
  _id: objectIdSchema,
  source: sourceSchema,
  ocid: z.string(),
  /** Left out where no notice names a buyer. */
  buyerId: contractSchema.shape.buyerId,
  jointBuyerIds: contractSchema.shape.jointBuyerIds,
  state: z.enum(PROCESS_STATES),
  title: z.string().optional(),
  buyerName: z.string().optional(),
  buyerRegion: z.string().optional(),
  regions: z.array(z.string()).optional(),
  cpvCodes: z.array(z.string()).optional(),
  sector: z.string().optional(),
  contractType: z.enum(CONTRACT_TYPES).optional(),
  contractMechanism: z.enum(CONTRACT_MECHANISMS).optional(),
  callOffOf: z.array(z.string()).optional(),
  valueMin: z.number().optional(),
  valueMax: z.number().optional(),
  currency: z.string().optional(),
  valueIncludesVat: z.literal(true).optional(),
  suitableForSme: z.literal(true).optional(),
  suitableForVco: z.literal(true).optional(),
  deadlineDate: z.date().optional(),
  engagementDeadline: z.date().optional(),
  contractStartDate: z.date().optional(),
  contractEndDate: z.date().optional(),
  contractMaxEndDate: z.date().optional(),
  /** Each award once, however many notices tell it. */
  awards: z.array(processAwardSchema).optional(),
  awardValue: z.number().optional(),
  /** Oldest first. */
  notices: z.array(
    z.strictObject({ noticeId: z.string(), type: z.string().optional(), publishedDate: z.date() }),
  ),
  /** The one to open. */
  noticeId: z.string(),
  /** The last few that notices brought, oldest first; a deadline that passes is none. */
  changes: z.array(processChangeSchema).optional(),
  firstPublishedDate: z.date(),
  publishedDate: z.date(),
  /** When its state changes by itself: the last of its notices closes, or its contract is over. */
  turnsAt: z.date().optional(),
  /** How often it was written: who writes names the version that was read. */
  version: z.number().int(),
  /** The other site's process that is likely the same procurement (map/process/twins.ts): how sure, and what agrees. */
  twins: z
    .array(
      z.strictObject({
        processId: objectIdSchema,
        likelihood: z.number(),
        agree: z.array(z.enum(["title", "deadline", "value"])),
      }),
    )
    .optional(),
  /** Its twins are to be looked for. */
  twinsDue: z.literal(true).optional(),
  updatedAt: z.date(),
});
export type Process = z.infer<typeof processSchema>;

/** What the fold says of a process; the store decides the rest. */
export type FoldedProcess = Omit<Process, "_id" | "twins" | "twinsDue" | "turnsAt" | "version" | "updatedAt">;
