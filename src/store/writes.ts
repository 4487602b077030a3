// Bulk writes that say whether each of their operations found what it was decided by.
import { type AnyBulkWriteOperation, MongoBulkWriteError } from "mongodb";
import { type Database, isDuplicate } from "../platform/database.ts";
import type { Buyer, Contract } from "../terms/documents.ts";

export interface Refused {
  /** source/ocid/noticeId */
  _id: string;
  reason: string;
}

export interface ContractsWritten {
  inserted: number;
  changed: number;
  refused: Refused[];
  /** False when something was there, or had changed, that had not been seen. */
  complete: boolean;
}

export async function writeContracts(
  db: Database,
  writes: AnyBulkWriteOperation<Contract>[],
): Promise<ContractsWritten> {
  if (writes.length === 0) return { inserted: 0, changed: 0, refused: [], complete: true };
  try {
    const { insertedCount, modifiedCount, matchedCount } = await db.contracts.bulkWrite(writes, {
      ordered: false,
    });
    return {
      inserted: insertedCount,
      changed: insertedCount + modifiedCount,
      refused: [],
      complete: insertedCount + matchedCount === writes.length,
    };
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    if (!(error instanceof MongoBulkWriteError))
      return { inserted: 0, changed: 0, refused: [], complete: false };
    const { insertedCount, modifiedCount } = error;
    const refused = [error.writeErrors].flat().flatMap(({ index, errmsg }) => refusal(writes[index], errmsg));
    return { inserted: insertedCount, changed: insertedCount + modifiedCount, refused, complete: false };
  }
}

/** `{source, noticeId}` without the ocid: the application's index, which knows no notice of several processes. */
const BY_NOTICE_ALONE =
  / index: (\S+) dup key: \{ (?:source: "[^"]*", noticeId: |noticeId: "(?:[^"\\]|\\.)*", source: )/;

function refusal(write: AnyBulkWriteOperation<Contract> | undefined, errmsg: string | undefined): Refused[] {
  const name = BY_NOTICE_ALONE.exec(errmsg ?? "")?.[1];
  if (name === undefined || !write || !("insertOne" in write)) return [];
  const { source, ocid, noticeId } = write.insertOne.document;
  return [{ _id: `${source}/${ocid}/${noticeId}`, reason: refusedBy(name) }];
}

export const REFUSED = "contracts has a unique index";

const refusedBy = (index: string): string =>
  `${REFUSED} ${index} on {source, noticeId}: it keeps out a notice that stands under several processes`;

/** False when one of them was not as it had been read. */
export async function writeBuyers(db: Database, writes: AnyBulkWriteOperation<Buyer>[]): Promise<boolean> {
  if (writes.length === 0) return true;
  try {
    const { insertedCount, matchedCount } = await db.buyers.bulkWrite(writes, { ordered: false });
    return insertedCount + matchedCount === writes.length;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    return false;
  }
}
