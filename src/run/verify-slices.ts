// Proof by slices: each less than a page, asked without `stages`, from the newest end down. Nothing can hide in a slice
// that is not full; a full one means that rows were missing.
import type { Question } from "../fetch/api.ts";
import { nextSlice } from "../fetch/proof.ts";
import { shorter } from "../fetch/walk.ts";
import { fromLondon, type LondonTime } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import { ensureNotShrunk, type Look, notProved, proved, readSlice, saveLook, storeFound } from "./look.ts";
import { publishedInstants } from "./progress.ts";

export interface SliceRows {
  rows: Row[];
  /** Every slice was exact; false where one stayed full down to the smallest range. */
  whole: boolean;
}

/**
 * Reads `[lo, hi]` whole, in as many slices as it takes. The rows that came are stored, and handed back.
 * @throws Shrunk, ApiError, DeadlineReached
 */
export async function readWhole(
  look: Look,
  { lo, hi }: { lo: LondonTime; hi: LondonTime },
): Promise<SliceRows> {
  const { context } = look;
  const { api, config } = context;
  const all: Row[] = [];
  let whole = true;
  let frontier = hi;
  let shortened: LondonTime | null = null;
  while (frontier > lo) {
    const asked: Question = { stage: ALL_STAGES, lo: shortened ?? lo, hi: frontier, limit: config.pageLimit };
    const slice = await readSlice(context, asked);
    const { page, requests } = slice;
    await storeFound(look, { page, from: asked.lo, to: asked.hi, requests });
    all.push(...page.rows);
    if (slice.kind === "over") {
      shortened = shorter(api, asked, page.rows)?.lo ?? asked.lo;
      await saveLook(look); // what was missing is counted once it is stored
      continue;
    }
    shortened = null;
    frontier = asked.lo;
    if (slice.kind === "exact") {
      ensureNotShrunk(look, { lo: asked.lo, hi: asked.hi, rows: page.rows });
      proved(look, asked);
    } else {
      whole = false;
      notProved(look, asked, page.rows.length);
    }
  }
  return { rows: all, whole };
}

/** The whole window, slice by slice; each is written before the next, and the next run goes on below. */
export async function verifyBySlices(look: Look): Promise<void> {
  const { api } = look.context;
  const { published, limit } = expectation(look);
  for (;;) {
    const frontier = look.progress.verify?.frontier ?? look.top;
    if (frontier <= look.start) return;
    const { lo } = nextSlice({ api, frontier, start: look.start, published, limit });
    const { rows } = await readWhole(look, { lo, hi: frontier });
    await afterSlice(look, lo, rows.length);
  }
}

/** When the window's releases were published. One that was proved before knows only the newest of each notice. */
function expectation({ window, stored, progress, context }: Look): { published: Date[]; limit: number } {
  const limit = context.config.pageLimit;
  if (window.publishedSeconds) return { published: publishedInstants(window), limit };
  const published = stored.map(({ at }) => fromLondon(at)).sort((a, b) => a.getTime() - b.getTime());
  const share = published.length / Math.max(1, published.length, progress.counts.releases);
  return { published, limit: Math.max(1, Math.floor(limit * share)) };
}

export async function afterSlice(look: Look, frontier: LondonTime, rows: number): Promise<void> {
  const { verify } = look.progress;
  look.progress = {
    ...look.progress,
    verify: { requests: 0, ...verify, frontier, rows: (verify?.rows ?? 0) + rows, by: look.by },
  };
  await saveLook(look);
}
