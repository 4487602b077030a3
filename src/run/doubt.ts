// Months that had been read, and lacked what new notices or the second pass brought.
import { doubtMonth } from "../claim/claim.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { toLondon } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import type { SourceContext } from "./context.ts";

/** Each counts them, and is looked at again. */
export async function doubtMonths(
  { db, source, effects, api }: SourceContext,
  rows: readonly Row[],
): Promise<void> {
  const dates = rows.flatMap(({ date }) => (date === null ? [] : [date]));
  const oldest = dates.reduce<Date | null>((old, date) => (old && old < date ? old : date), null);
  if (!oldest) return;
  const windows = await db.syncWindows
    .find({ source, status: "done", to: { $gt: oldest } }, { projection: { from: 1, to: 1, lanes: 1 } })
    .toArray();
  for (const { _id, from, to, lanes } of windows) {
    if (!coversAll(api, lanes)) continue; // a lane that is still to come counts it
    const within = dates
      .filter((date) => date >= from && date < to)
      .sort((a, b) => a.getTime() - b.getTime());
    const [first, last] = [within[0], within.at(-1)];
    if (!first || !last) continue;
    const now = effects.now();
    const drift = { at: now, from: toLondon(first), to: toLondon(last), missing: within.length };
    await doubtMonth(db, _id, { drift, now });
  }
}

function coversAll({ stages }: SourceContext["api"], lanes: SyncWindow["lanes"]): boolean {
  const read = new Set(lanes.map(({ stage }) => stage));
  return read.has(ALL_STAGES) || (stages.length > 0 && stages.every((stage) => read.has(stage)));
}
