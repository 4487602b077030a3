// One procurement with what each of its notices is as things stand, for its page.
import { ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { Contract, Process } from "../terms/documents.ts";

export interface ProcessView {
  process: Process;
  standings: Map<string, Pick<Contract, "status" | "supersededBy">>;
}

/** Null where the id is none, or nothing has it. */
export async function readProcess(db: Database, id: string): Promise<ProcessView | null> {
  const process = ObjectId.isValid(id) ? await db.processes.findOne({ _id: new ObjectId(id) }) : null;
  if (process === null) return null;
  const notices = await db.contracts
    .find(
      { source: process.source, ocid: process.ocid },
      { projection: { noticeId: 1, status: 1, supersededBy: 1 } },
    )
    .toArray();
  return { process, standings: new Map(notices.map((notice) => [notice.noticeId, notice])) };
}
