// Months that had been read, and lacked what new notices or the second pass brought.
import { announceAdditions, doubtMonth } from "../claim/claim.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { toLondon } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import type { SourceContext } from "./context.ts";
import type { Additions } from "./store-rows.ts";

/** Asks which releases are new here, and tells the months that had been read before they are stored. */
export const additionsTo = (context: SourceContext): Additions => ({
  announced: new Set(),
  announce: async (rows) => {
    const now = context.effects.now();
    for (const { windowId, within } of await monthsOf(context, rows))
      await announceAdditions(context.db, windowId, { keys: keysOf(within), now });
  },
});

/** Each counts them, and is looked at again. */
export async function doubtMonths(context: SourceContext, rows: readonly Row[]): Promise<void> {
  const now = context.effects.now();
  for (const { windowId, within } of await monthsOf(context, rows)) {
    const dates = within.map(({ date }) => date.getTime());
    const [from, to] = [Math.min(...dates), Math.max(...dates)].map((ms) => toLondon(new Date(ms)));
    if (from === undefined || to === undefined) continue;
    const drift = { at: now, from, to, missing: within.length };
    await doubtMonth(context.db, windowId, { drift, keys: keysOf(within), now });
  }
}

const keysOf = (rows: readonly Row[]) => rows.map(({ key }) => key);

type DatedRow = Row & { date: Date };
const isDated = (row: Row): row is DatedRow => row.date !== null;

async function monthsOf(
  { db, source, api }: SourceContext,
  rows: readonly Row[],
): Promise<{ windowId: string; within: DatedRow[] }[]> {
  const dated = rows.filter(isDated);
  if (dated.length === 0) return [];
  const oldest = new Date(Math.min(...dated.map(({ date }) => date.getTime())));
  const windows = await db.syncWindows
    .find({ source, status: "done", to: { $gt: oldest } }, { projection: { from: 1, to: 1, lanes: 1 } })
    .toArray();
  return windows
    .filter(({ lanes }) => coversAll(api, lanes)) // a lane that is still to come counts them
    .map(({ _id, from, to }) => ({
      windowId: _id,
      within: dated.filter(({ date }) => date >= from && date < to),
    }))
    .filter(({ within }) => within.length > 0);
}

function coversAll({ stages }: SourceContext["api"], lanes: SyncWindow["lanes"]): boolean {
  const read = new Set(lanes.map(({ stage }) => stage));
  return read.has(ALL_STAGES) || (stages.length > 0 && stages.every((stage) => read.has(stage)));
}
