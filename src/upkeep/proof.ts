// What `sync proof` says of each source, from `syncWindows`, `syncJobs`, `quarantine`, `noticeGaps` and `assumptions`
// (docs/completeness.md has it as one query), and how many notices of each year are stored beside what the record has.
import type { Database } from "../platform/database.ts";
import { type GapCount, namedGaps } from "../report/facts.ts";
import { type Standing, standingOf } from "../report/proof.ts";
import type { RecordedYear } from "../terms/source.ts";

export interface SourceProof extends Standing {
  source: string;
  /** Everything from here to there is planned. */
  from: Date | null;
  syncedTo: Date | null;
  quarantined: number;
  quietSince: Date | null;
  /** Notices by the year of their number: stored here, and published as somebody else has counted them. */
  years: (RecordedYear & { stored: number })[];
}

export async function proofOf(
  db: Database,
  sources: readonly { source: string; record?: readonly RecordedYear[] | undefined }[],
): Promise<SourceProof[]> {
  return Promise.all(sources.map(({ source, record }) => proofOfSource(db, source, record ?? [])));
}

async function proofOfSource(
  db: Database,
  source: string,
  record: readonly RecordedYear[],
): Promise<SourceProof> {
  const windows = await db.syncWindows
    .find(
      { source, status: { $ne: "cancelled" } },
      { sort: { from: 1 }, projection: { publishedSeconds: 0 } },
    )
    .toArray();
  const [job, quarantined, outcomes, assumptions, years] = await Promise.all([
    db.syncJobs.findOne({ source }),
    db.quarantine.countDocuments({ source }),
    db.noticeGaps
      .aggregate<GapCount>([
        { $match: { windowId: { $gte: `${source}/`, $lt: `${source}0` } } }, // "0" comes after "/"
        { $group: { _id: { outcome: "$outcome", settledBy: "$settledBy" }, count: { $sum: 1 } } },
      ])
      .toArray(),
    db.assumptions.find({ source }).toArray(),
    yearsOf(db, record),
  ]);
  return {
    source,
    from: windows[0]?.from ?? null,
    syncedTo: job?.lastSyncedDate ?? null,
    quarantined,
    quietSince: job?.quietSince ?? null,
    ...standingOf({ windows, job, gaps: namedGaps(outcomes), assumptions }),
    years,
  };
}

/** Each number once, however many processes it stands under. */
async function yearsOf(db: Database, record: readonly RecordedYear[]): Promise<SourceProof["years"]> {
  if (record.length === 0) return [];
  const counted = record.map(({ year, upTo }) => ({
    _id: { $regex: `^\\d{6}-${year}$`, $lte: `${String(upTo ?? 999_999).padStart(6, "0")}-${year}` },
  }));
  const rows = await db.contracts
    .aggregate<{ _id: string; stored: number }>([
      { $sort: { noticeId: 1 } }, // each number is met once in its index
      { $group: { _id: "$noticeId" } },
      { $match: { $or: counted } },
      { $group: { _id: { $substrCP: ["$_id", 7, 4] }, stored: { $sum: 1 } } },
    ])
    .toArray();
  const stored = new Map(rows.map((row) => [row._id, row.stored]));
  return record.map((one) => ({ ...one, stored: stored.get(String(one.year)) ?? 0 }));
}
