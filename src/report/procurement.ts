// One procurement with what each of its notices is as things stand, for its page.
import { ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { Contract, Process } from "../terms/documents.ts";

const IS_OBJECT_ID = /^[0-9a-f]{24}$/;

export interface ProcessView {
  process: Process;
  standings: Map<string, Pick<Contract, "status" | "supersededBy">>;
}

/**
 * Null where nothing has it. Of several procurements under one ocid, the one that was told of last.
 * @param id its `_id`, or its ocid
 * @param sources all of them: its index is by source first
 */
export async function readProcess(
  db: Database,
  id: string,
  sources: readonly string[],
): Promise<ProcessView | null> {
  const process = IS_OBJECT_ID.test(id)
    ? await db.processes.findOne({ _id: new ObjectId(id) })
    : await db.processes.findOne(
        { source: { $in: [...sources] }, ocid: id },
        { sort: { publishedDate: -1, _id: 1 } },
      );
  if (process === null) return null;
  const notices = await db.contracts
    .find(
      { source: process.source, ocid: process.ocid },
      { projection: { noticeId: 1, status: 1, supersededBy: 1 } },
    )
    .toArray();
  return { process, standings: new Map(notices.map((notice) => [notice.noticeId, notice])) };
}
