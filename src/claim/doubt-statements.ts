// What happens to a month that was read, from outside a claim: something was found behind its proof, or somebody wants it
// looked at again.
import type { Filter } from "mongodb";
import type { SyncWindow } from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import { free } from "./statements.ts";

const doubted = (now: Date) => ({
  proof: { $cond: [{ $eq: ["$proof", "exact"] }, "ordered", "$proof"] },
  verifyAt: now,
});
const addingOf = { $ifNull: ["$adding", []] };

/** What is about to be stored behind a month's proof: the month's next look counts it, unless `doubtStatement` does. */
export const announceStatement = (windowId: string, { keys, now }: { keys: string[]; now: Date }) => ({
  filter: { _id: windowId, status: "done" } satisfies Filter<SyncWindow>,
  update: [{ $set: { ...doubted(now), adding: { $setUnion: [addingOf, { $literal: keys }] } } }],
});

/** What was found behind a month's proof: counted, noted, and the month is looked at again at once. */
export const doubtStatement = (
  windowId: string,
  found: { drift: SyncWindow["drift"][number]; keys: string[]; now: Date },
) => ({
  filter: { _id: windowId, status: "done" } satisfies Filter<SyncWindow>,
  update: [
    {
      $set: {
        ...doubted(found.now),
        adding: { $setDifference: [addingOf, { $literal: found.keys }] },
        "counts.releases": { $add: ["$counts.releases", found.drift.missing] },
        drift: { $concatArrays: ["$drift", { $literal: [found.drift] }] },
      },
    },
  ],
});

/** What these months rested on is no longer believed: they are proved again. */
export const doubtWitnessedStatement = (source: Source, now: Date) => ({
  filter: {
    source,
    status: "done",
    proof: "exact",
    proofBy: "witness",
  } satisfies Filter<SyncWindow>,
  update: { $set: { proof: "ordered" as const, proofBy: null, verify: null, verifyAt: now } },
});

/** So many of its releases have left the quarantine; who holds it counts for itself. */
export const recoveredStatement = (windowId: string, releases: number) => ({
  filter: { _id: windowId, ...free } satisfies Filter<SyncWindow>,
  update: [
    { $set: { "counts.quarantined": { $max: [0, { $subtract: ["$counts.quarantined", releases] }] } } },
  ],
});

/** Months next to a find are looked at soon, and keep their proof till then. */
export const hurryStatement = (source: Source, { from, to, at }: { from: Date; to: Date; at: Date }) => ({
  filter: { source, status: "done", $or: [{ to: from }, { from: to }] } satisfies Filter<SyncWindow>,
  update: [{ $set: { verifyAt: { $min: [{ $ifNull: ["$verifyAt", at] }, at] } } }],
});

/** By hand: a month that nobody is verifying loses its proof, and its next verification starts from the newest end. */
export const verifyAnewStatement = (windowId: string) => ({
  filter: { _id: windowId, status: "done", ...free } satisfies Filter<SyncWindow>,
  update: { $set: { proof: "ordered" as const, verify: null, verifyAt: null, suspicion: null } },
});
