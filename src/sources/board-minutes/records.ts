// The two collections of board minutes as zod schemas (docs/board-minutes.md). `boarddocuments` is written by others too:
// whoever extracts signals owns `signalExtractionStatus`, and fields that are not named here stay as they are.
import { ObjectId } from "mongodb";
import { z } from "zod";
import type { OwnCollections } from "../../platform/schema.ts";
import { DOCUMENT_TYPES } from "./documents.ts";
import { ALL_COMMITTEES, LIST_OPERATIONS } from "./listing.ts";

const objectIdSchema = z.instanceof(ObjectId).meta({ bsonType: "objectId" });

const SITE_STATES = ["ok", "blocked", "disallowed", "off", "unknown"] as const;
export type SiteState = (typeof SITE_STATES)[number];

const councilSchema = z.strictObject({
  name: z.string(),
  /** Register number with its scheme, `GB-PPON-…`: what its buyer is found by first. */
  orgId: z.string().optional(),
  /** What the titles of its own committees hold, where a site has two councils: `Worthing`. */
  committees: z.string().optional(),
});
export type Council = z.infer<typeof councilSchema>;

const boardSiteSchema = z.strictObject({
  /** Its address without the protocol: part of window ids. */
  _id: z.string(),
  baseUrl: z.string(),
  name: z.string(),
  /** The first one gets what cannot be told apart. */
  councils: z.array(councilSchema),
  state: z.enum(SITE_STATES),
  /** Until then it is left alone. */
  askAgainAt: z.date().nullable(),
  /** What was found to work; null until it has been probed with success. */
  probe: z
    .strictObject({
      at: z.date(),
      operation: z.enum(LIST_OPERATIONS),
      committees: z.enum(ALL_COMMITTEES),
      via: z.enum(["GET", "SOAP"]),
      slow: z.boolean(),
      /** Meetings of the year that was asked for. */
      meetings: z.number().int(),
    })
    .nullable(),
  /** robots.txt as it was last read; good for a day. */
  robots: z.strictObject({ at: z.date(), text: z.string() }).nullable(),
  lastError: z.strictObject({ at: z.date(), message: z.string() }).nullable(),
  /** Who asks it now: one at a time, whatever runs. */
  turn: z.strictObject({ id: objectIdSchema, until: z.date() }).nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type BoardSite = z.infer<typeof boardSiteSchema>;

const boardDocumentSchema = z.strictObject({
  _id: objectIdSchema,
  buyerId: objectIdSchema,
  /** Two councils share the site and nobody can tell whose this is: it stands with the first. */
  buyerUncertain: z.literal(true).optional(),
  dataSourceName: z.string(),
  site: z.string(),
  meetingId: z.string(),
  title: z.string(),
  meetingDate: z.date(),
  meetingStatus: z.string().optional(),
  committeeId: z.string(),
  committeeName: z.string(),
  documentType: z.enum(DOCUMENT_TYPES),
  sourceUrl: z.string(),
  textContent: z.string().optional(),
  textLength: z.number().int().optional(),
  /** SHA-256 of the text. */
  textHash: z.string().optional(),
  extractionStatus: z.enum(["pending", "extracted", "failed"]),
  /** Why it failed. */
  extractionError: z.string().optional(),
  signalExtractionStatus: z.enum(["pending", "extracted", "failed"]),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type BoardDocument = z.infer<typeof boardDocumentSchema>;

export const COLLECTIONS = {
  boardsites: { schema: boardSiteSchema, indexes: [] },
  boarddocuments: {
    schema: boardDocumentSchema,
    indexes: [
      { key: { buyerId: 1, sourceUrl: 1 }, name: "buyerId_1_sourceUrl_1", unique: true },
      { key: { buyerId: 1, signalExtractionStatus: 1 }, name: "buyerId_1_signalExtractionStatus_1" },
      // What a month holds already: what need not be asked again.
      { key: { site: 1, meetingDate: 1 }, name: "siteAndDate" },
    ],
  },
} as const satisfies OwnCollections;
