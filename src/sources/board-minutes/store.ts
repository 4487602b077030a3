// Stores the documents of a meeting. A document is written only when it has changed; what others wrote into it stays, and
// its text is never taken back by an answer that has none.
import { createHash } from "node:crypto";
import { type AnyBulkWriteOperation, BSON, type Db, type ObjectId } from "mongodb";
import { isDuplicate } from "../../platform/database.ts";
import { toLondon } from "../../terms/london-time.ts";
import type { MappedDocument } from "./documents.ts";
import type { BoardDocument } from "./records.ts";

export interface Owner {
  buyerId: ObjectId;
  uncertain: boolean;
  dataSourceName: string;
}

export interface Stored {
  documents: number;
  changed: number;
  bytes: number;
  byType: Record<string, number>;
}

export const boardDocuments = (db: Db) => db.collection<BoardDocument>("boarddocuments");

type KnownDocument = Omit<BoardDocument, "textContent">;
/** All that a reading decides; times and the reader's status are beside it. */
type Fields = Omit<BoardDocument, "_id" | "signalExtractionStatus" | "createdAt" | "updatedAt">;

/** What is stored of a meeting, by which a reading can tell that it has nothing new. */
export interface Known {
  status: string;
  day: string;
  /** Their text is there, or it is known why it is not. */
  hasMinutes: boolean;
  stored: Stored;
}

/** By meeting. */
export async function knownOfMonth(
  db: Db,
  site: string,
  { from, to }: { from: Date; to: Date },
): Promise<Map<string, Known>> {
  const found = await boardDocuments(db)
    .find<KnownDocument>({ site, meetingDate: { $gte: from, $lt: to } }, { projection: { textContent: 0 } })
    .toArray();
  const known = new Map<string, Known>();
  for (const document of found) {
    const { meetingId, meetingStatus = "", meetingDate, documentType, extractionStatus } = document;
    const before = known.get(meetingId) ?? { hasMinutes: false, stored: NOTHING_STORED };
    const bytes = BSON.calculateObjectSize(document) + (document.textLength ?? 0);
    known.set(meetingId, {
      ...{ status: meetingStatus, day: toLondon(meetingDate).slice(0, 10) },
      hasMinutes: before.hasMinutes || (documentType === "minutes" && extractionStatus !== "pending"),
      stored: adding(before.stored, { documentType, bytes }),
    });
  }
  return known;
}

const NOTHING_STORED: Stored = { documents: 0, changed: 0, bytes: 0, byType: {} };

function adding(
  { documents, changed, bytes, byType }: Stored,
  one: { documentType: string; bytes: number },
): Stored {
  const ofType = (byType[one.documentType] ?? 0) + 1;
  return {
    ...{ documents: documents + 1, changed, bytes: bytes + one.bytes },
    byType: { ...byType, [one.documentType]: ofType },
  };
}

/** Twice when another program has just taken one of the addresses. */
export async function storeDocuments(
  db: Db,
  documents: MappedDocument[],
  { owner, now }: { owner: Owner; now: Date },
): Promise<Stored> {
  try {
    return await tryStoring(db, documents, { owner, now });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    return tryStoring(db, documents, { owner, now });
  }
}

async function tryStoring(
  db: Db,
  documents: MappedDocument[],
  { owner, now }: { owner: Owner; now: Date },
): Promise<Stored> {
  const known = await knownOf(db, documents, owner);
  const writes: AnyBulkWriteOperation<BoardDocument>[] = [];
  let stored = NOTHING_STORED;
  for (const document of documents) {
    const fields = fieldsOf(document, owner);
    const { documentType } = document;
    stored = adding(stored, { documentType, bytes: BSON.calculateObjectSize(fields) });
    const before = known.byId.get(document._id.toHexString()) ?? known.byUrl.get(document.sourceUrl);
    const write = writeOf(document, { before, fields, now });
    if (write) writes.push(write);
  }
  if (writes.length > 0) await boardDocuments(db).bulkWrite(writes);
  return { ...stored, changed: writes.length };
}

async function knownOf(db: Db, documents: MappedDocument[], { buyerId }: Owner) {
  const ids = documents.map(({ _id }) => _id);
  const sourceUrls = documents.map(({ sourceUrl }) => sourceUrl);
  const known = await boardDocuments(db)
    .find<KnownDocument>(
      { $or: [{ _id: { $in: ids } }, { buyerId, sourceUrl: { $in: sourceUrls } }] },
      { projection: { textContent: 0 } },
    )
    .toArray();
  return {
    byId: new Map(known.map((one) => [one._id.toHexString(), one])),
    byUrl: new Map(known.filter((one) => one.buyerId.equals(buyerId)).map((one) => [one.sourceUrl, one])),
  };
}

function fieldsOf(document: MappedDocument, owner: Owner): Fields {
  const { _id: _, text, meetingStatus, ...said } = document;
  return {
    buyerId: owner.buyerId,
    ...(owner.uncertain ? { buyerUncertain: true as const } : {}),
    dataSourceName: owner.dataSourceName,
    ...said,
    ...(meetingStatus ? { meetingStatus } : {}),
    extractionStatus: text.status,
    ...(text.status === "failed" ? { extractionError: text.reason } : {}),
    ...(text.status === "extracted" ? textFields(text.text) : {}),
  };
}

function textFields(text: string) {
  const textHash = createHash("sha256").update(text).digest("hex");
  return { textContent: text, textLength: text.length, textHash };
}

/** Null when nothing has changed, or when it is another meeting's. */
function writeOf(
  { _id }: MappedDocument,
  { before, fields, now }: { before: KnownDocument | undefined; fields: Fields; now: Date },
): AnyBulkWriteOperation<BoardDocument> | null {
  if (!before) {
    const document = {
      ...fields,
      signalExtractionStatus: "pending" as const,
      createdAt: now,
      updatedAt: now,
    };
    return { updateOne: { filter: { _id }, update: { $setOnInsert: document }, upsert: true } };
  }
  if (isAnothers(before, fields)) return null;
  const set = changedFields(before, fields);
  if (Object.keys(set).length === 0) return null;
  const unset = {
    ...(before.extractionError !== undefined && set.extractionStatus && !fields.extractionError
      ? { extractionError: 1 as const }
      : {}),
    ...(before.buyerUncertain && !fields.buyerUncertain ? { buyerUncertain: 1 as const } : {}),
  };
  const $set = { ...set, updatedAt: now };
  const update = Object.keys(unset).length > 0 ? { $set, $unset: unset } : { $set };
  return { updateOne: { filter: { _id: before._id }, update } };
}

/** One attachment, or link, of several meetings of a site is one document: that of the first meeting. */
function isAnothers(before: KnownDocument, fields: Fields): boolean {
  if (before.site !== fields.site || before.meetingId === fields.meetingId) return false;
  const order = before.meetingDate.getTime() - fields.meetingDate.getTime();
  return order < 0 || (order === 0 && before.meetingId < fields.meetingId);
}

/** Text that is there outlives an answer without one; signals are to be extracted again when it changes. */
function changedFields(before: KnownDocument, fields: Fields): Partial<BoardDocument> {
  const { extractionStatus, extractionError, textContent, textLength, textHash, ...said } = fields;
  const keepsText = before.textHash !== undefined && textHash === undefined;
  const text = keepsText ? {} : { extractionStatus, extractionError, textLength, textHash };
  const set: Partial<BoardDocument> = Object.fromEntries(
    Object.entries({ ...said, ...text }).filter(([name, value]) => !isSame(Reflect.get(before, name), value)),
  );
  if (set.textHash === undefined) return set;
  return { ...set, ...(textContent === undefined ? {} : { textContent }), signalExtractionStatus: "pending" };
}

function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return a === b || String(a ?? "") === String(b ?? "");
}
