// One procurement with what each of its notices is as things stand, for its page.
import { ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { Contract, Process } from "../terms/documents.ts";
import type { Twin } from "../terms/twins.ts";

const IS_OBJECT_ID = /^[0-9a-f]{24}$/;

export interface ProcessView {
  process: Process;
  standings: Map<string, Pick<Contract, "status" | "supersededBy">>;
  /** The other site's process that is likely the same procurement. */
  twins: (Twin & Pick<Process, "source" | "ocid" | "title">)[];
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
  const { source, ocid, twins = [] } = process;
  const [notices, others] = await Promise.all([
    db.contracts
      .find({ source, ocid }, { projection: { noticeId: 1, status: 1, supersededBy: 1 } })
      .toArray(),
    db.processes
      .find(
        { _id: { $in: twins.map(({ processId }) => processId) } },
        { projection: { source: 1, ocid: 1, title: 1 } },
      )
      .toArray(),
  ]);
  return {
    process,
    standings: new Map(notices.map((notice) => [notice.noticeId, notice])),
    // One that has gone since is none.
    twins: twins.flatMap((twin) =>
      others.filter(({ _id }) => _id.equals(twin.processId)).map((other) => ({ ...twin, ...other })),
    ),
  };
}
