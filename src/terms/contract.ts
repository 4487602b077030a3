// A notice as it is stored in `contracts`. A field without a value is left out (docs/records.md says where each comes from).
import { z } from "zod";
import { objectIdSchema, sourceSchema } from "./bson.ts";

const CONTRACT_STATUSES = ["OPEN", "CLOSED", "AWARDED", "CANCELLED"] as const;
export type ContractStatus = (typeof CONTRACT_STATUSES)[number];
const CONTRACT_STAGES = ["PLANNING", "TENDER", "AWARD"] as const;
export type ContractStage = (typeof CONTRACT_STAGES)[number];
export const CONTRACT_TYPES = ["goods", "services", "works"] as const;
export const CONTRACT_MECHANISMS = [
  "standard",
  "framework",
  "dps",
  "call_off_framework",
  "call_off_dps",
] as const;

export const supplierSchema = z.strictObject({
  /** Left out where the release names only a number (one has `name: null`). */
  name: z.string().optional(),
  /** Register number with its scheme, `GB-COH-01234567`; a company's before any other. */
  supplierId: z.string().optional(),
});
export type Supplier = z.infer<typeof supplierSchema>;

/** What became of an award or a contract that a notice tells; left out: it was made. */
const AWARD_FATES = ["pending", "cancelled", "ended"] as const;
export type AwardFate = (typeof AWARD_FATES)[number];

const toldAwardSchema = z.strictObject({
  /** The award's id in the release; `~` stands for the notice's id, `^` for the ocid, with which many begin. */
  id: z.string(),
  fate: z.enum(AWARD_FATES).optional(),
  /** Lots it is for, where they are not just lot 1. */
  lots: z.array(z.string()).optional(),
  /** Left out where the notice tells one award: then the contract's own fields say them. */
  date: z.date().optional(),
  value: z.number().optional(),
  currency: z.string().optional(),
  /** Positions in `awardedSuppliers`. */
  suppliers: z.array(z.number().int()).optional(),
});

/** What the process of a notice needs of its release beside the other fields (docs/processes.md), in few bytes. */
const toldSchema = z.strictObject({
  /** CF: a hash of `tender.id`, which an edit under a new guid keeps. */
  tender: z.number().int().optional(),
  /** What the tender, or this notice of it, came to; left out while it runs. */
  end: z.enum(["cancelled", "complete"]).optional(),
  /** Lots that are still running, and those that came to an end, where the notice names several or one by another name than 1. */
  lots: z.array(z.string()).optional(),
  over: z.array(z.string()).optional(),
  /** Until when a plan stands, where it names no day for talks: the day its tender is expected. */
  until: z.date().optional(),
  awards: z.array(toldAwardSchema).optional(),
  /** When it was read first, where it says that it is published later than that: then it was published by then. */
  readAt: z.date().optional(),
});
export type Told = z.infer<typeof toldSchema>;

/** What STORE_DETAILS may add to a contract, in the shapes that the application's detail page shows. */
export const STORE_DETAILS = ["lots", "documents", "contact"] as const;
export type StoreDetail = (typeof STORE_DETAILS)[number];

const lotSchema = z.strictObject({
  lotId: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  value: z.number().optional(),
  currency: z.string().optional(),
  status: z.string().optional(),
  hasRenewal: z.boolean().optional(),
  renewalDescription: z.string().optional(),
  hasOptions: z.boolean().optional(),
  optionsDescription: z.string().optional(),
  awardCriteria: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        criteriaType: z.string().optional(),
        weight: z.number().optional(),
      }),
    )
    .optional(),
});
const documentSchema = z.strictObject({
  id: z.string().optional(),
  documentType: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  url: z.string().optional(),
  datePublished: z.date().optional(),
  format: z.string().optional(),
});
const buyerContactSchema = z.strictObject({
  name: z.string().optional(),
  email: z.string().optional(),
  telephone: z.string().optional(),
});

/** What a release says, as it is stored. */
export const contractSchema = z.strictObject({
  /** Of source, ocid and notice (store/ids.ts), unless the document was there before. */
  _id: objectIdSchema,
  source: sourceSchema,
  ocid: z.string(),
  noticeId: z.string(),
  sourceUrl: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  /** As things stand, over all notices of the procurement (map/process/). */
  status: z.enum(CONTRACT_STATUSES),
  stage: z.enum(CONTRACT_STAGES),
  /** The notice that replaced this one. */
  supersededBy: z.string().optional(),
  /** OPEN, and it is known when it closes by itself. */
  openUntil: z.date().optional(),
  tags: z.array(z.string()),
  noticeType: z.string().optional(),
  buyerId: objectIdSchema.optional(),
  /** The other buyers of a joint procurement. */
  jointBuyerIds: z.array(objectIdSchema).optional(),
  buyerName: z.string().optional(),
  /** ITL or NUTS code of the buyer's address, `UKI32`; its name is in `buyers`. */
  buyerRegion: z.string().optional(),
  /** Where it is delivered, codes like `buyerRegion`; left out where that is its only one. */
  regions: z.array(z.string()).optional(),
  cpvCodes: z.array(z.string()).optional(),
  sector: z.string().optional(),
  valueMin: z.number().optional(),
  valueMax: z.number().optional(),
  currency: z.string().optional(),
  /** Only the amount with VAT is said. */
  valueIncludesVat: z.literal(true).optional(),
  contractType: z.enum(CONTRACT_TYPES).optional(),
  contractMechanism: z.enum(CONTRACT_MECHANISMS).optional(),
  /** Ocids of the framework or dynamic market that it is called off from. */
  callOffOf: z.array(z.string()).optional(),
  awardedSuppliers: z.array(supplierSchema).optional(),
  awardDate: z.date().optional(),
  awardValue: z.number().optional(),
  contractStartDate: z.date().optional(),
  contractEndDate: z.date().optional(),
  /** Latest end if every extension or renewal is used. */
  contractMaxEndDate: z.date().optional(),
  /** OCDS: `open`, `selective`, `limited`, `direct`. */
  procurementMethod: z.string().optional(),
  /** The procedure's name. */
  procurementMethodDetails: z.string().optional(),
  /** Left out where there is one lot, or none is named. */
  lotCount: z.number().int().optional(),
  /** Left out where it is not, or not said. */
  suitableForSme: z.literal(true).optional(),
  suitableForVco: z.literal(true).optional(),
  submissionPortalUrl: z.string().optional(),
  documentsUrl: z.string().optional(),
  publishedDate: z.date(),
  tenderPeriodStart: z.date().optional(),
  enquiryPeriodEnd: z.date().optional(),
  deadlineDate: z.date().optional(),
  /** Until when one can speak to the buyer (UK2, CF early engagement). */
  engagementDeadline: z.date().optional(),
  told: toldSchema.optional(),
  /** CF: the number behind each release id that has been seen, ascending. */
  revisions: z.array(z.number().int()).optional(),
  /** Buyers that other revisions of this notice name, and months that they were published in (UTC): their counts have changed. */
  otherBuyerIds: z.array(objectIdSchema).optional(),
  otherMonths: z.array(z.string()).optional(),
  /** As STORE_DETAILS says. */
  lots: z.array(lotSchema).optional(),
  documents: z.array(documentSchema).optional(),
  buyerContact: buyerContactSchema.optional(),
  /** Of `documents` as a release said them: where it does not fit, others have changed them, and they stay. */
  documentsHash: z.string().optional(),
  /** The release as it came: an object (STORE_RAW=full) or gzipped JSON (gzip). */
  rawData: z.unknown().optional(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type Contract = z.infer<typeof contractSchema>;

/**
 * A contract as mapped from one release. The store decides its ids, adds times, `revisions` and `rawData`, and says with
 * the fold over the whole procurement what `status`, `supersededBy` and `openUntil` are; `status` here is what this notice
 * would be by itself.
 */
export type MappedContract = Omit<
  Contract,
  | "_id"
  | "buyerId"
  | "jointBuyerIds"
  | "supersededBy"
  | "openUntil"
  | "createdAt"
  | "updatedAt"
  | "revisions"
  | "otherBuyerIds"
  | "otherMonths"
  | "documentsHash"
  | "rawData"
>;
