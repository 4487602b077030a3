// What is proved, by what, and what is open: for each source in one answer, from `syncWindows`, `syncJobs`, `quarantine`,
// `noticeGaps` and `assumptions` alone (docs/completeness.md has them as queries).
import type { Database } from "../platform/database.ts";
import type { Assumption, SyncJob, SyncWindow, WitnessState } from "../terms/documents.ts";

export interface SourceProof {
  source: string;
  /** Everything from here to there is planned. */
  from: Date | null;
  syncedTo: Date | null;
  /** Stretches between two months that no month has. */
  holes: { from: Date; to: Date }[];
  months: { drained: number; open: number; suspect: number; exact: Record<string, number> };
  /** Slices that only a cursor could read, those of new notices included. */
  unproven: number;
  quarantined: number;
  gaps: Record<string, number>;
  /** How far its daily list is believed; null where none has been asked for. */
  witness: WitnessState | null;
  /** What is taken for granted of its API, by what came of the last check. */
  assumptions: { hold: number; fail: string[]; unknown: number; checkedAt: Date | null };
  lastLookAt: Date | null;
  quietSince: Date | null;
  /** Nothing is open. */
  proved: boolean;
}

export async function proofOf(db: Database, sources: readonly string[]): Promise<SourceProof[]> {
  return Promise.all(sources.map((source) => proofOfSource(db, source)));
}

async function proofOfSource(db: Database, source: string): Promise<SourceProof> {
  const windows = await db.syncWindows
    .find(
      { source, status: { $ne: "cancelled" } },
      { sort: { from: 1 }, projection: { publishedSeconds: 0 } },
    )
    .toArray();
  const [job, quarantined, outcomes, assumptions] = await Promise.all([
    db.syncJobs.findOne({ source }),
    db.quarantine.countDocuments({ source }),
    db.noticeGaps
      .aggregate<{ _id: { outcome: string; settledBy?: string }; count: number }>([
        { $match: { windowId: { $gte: `${source}/`, $lt: `${source}0` } } }, // "0" comes after "/"
        { $group: { _id: { outcome: "$outcome", settledBy: "$settledBy" }, count: { $sum: 1 } } },
      ])
      .toArray(),
    db.assumptions.find({ source }).toArray(),
  ]);
  const gaps = Object.fromEntries(
    outcomes.map(({ _id, count }) => [[_id.outcome, _id.settledBy].filter(Boolean).join(", by "), count]),
  );
  return summarise({ source, windows, job, quarantined, gaps, assumptions });
}

/** Pure: documents in, what they prove out. @param windows oldest first */
export function summarise(facts: {
  source: string;
  windows: readonly SyncWindow[];
  job: SyncJob | null;
  quarantined: number;
  gaps: Record<string, number>;
  assumptions: readonly Pick<Assumption, "name" | "holds" | "checkedAt">[];
}): SourceProof {
  const { source, windows, job, quarantined, gaps, assumptions } = facts;
  const fail = assumptions.filter(({ holds }) => holds === false).map(({ name }) => name);
  const exact: Record<string, number> = {};
  for (const { proof, proofBy } of windows)
    if (proof === "exact") exact[proofBy ?? "slices"] = (exact[proofBy ?? "slices"] ?? 0) + 1;
  const count = (holds: (window: SyncWindow) => boolean) => windows.filter(holds).length;
  const looks = windows.flatMap(({ verifiedAt }) => (verifiedAt ? [verifiedAt] : []));
  const holes = windows.flatMap(({ site, from }, at) => {
    const before = windows[at - 1];
    return before && before.site === site && before.to < from ? [{ from: before.to, to: from }] : [];
  });
  const unproven =
    windows.reduce((sum, window) => sum + window.unproven.length, 0) + (job?.unproven?.length ?? 0);
  const drained = count(({ status }) => status === "done");
  const open = windows.length - count(({ status, proof }) => status === "done" && proof === "exact");
  return {
    source,
    from: windows[0]?.from ?? null,
    syncedTo: job?.lastSyncedDate ?? null,
    holes,
    months: { drained, open, suspect: count(({ proof }) => proof === "suspect"), exact },
    unproven,
    quarantined,
    gaps,
    witness: job?.witness ?? null,
    assumptions: {
      hold: assumptions.filter(({ holds }) => holds).length,
      fail,
      unknown: assumptions.filter(({ holds }) => holds === null).length,
      checkedAt: latest(assumptions.map(({ checkedAt }) => checkedAt)),
    },
    lastLookAt: latest(looks),
    quietSince: job?.quietSince ?? null,
    proved:
      windows.length > 0 &&
      open === 0 &&
      holes.length === 0 &&
      unproven === 0 &&
      fail.length === 0 &&
      !Object.keys(gaps).some((outcome) => outcome.startsWith("absent")) &&
      !job?.quietSince,
  };
}

const latest = (instants: readonly Date[]): Date | null =>
  instants.length === 0 ? null : new Date(Math.max(...instants.map((one) => one.getTime())));
