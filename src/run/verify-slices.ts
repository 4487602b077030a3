// Proof by slices: each less than a page, asked without `stages`, from the newest end down. Nothing can hide in a slice
// that is not full; a full one means that rows were missing.
import type { Question } from "../fetch/api.ts";
import { nextSlice } from "../fetch/proof.ts";
import { shorter } from "../fetch/walk.ts";
import type { StoredRelease } from "../store/store.ts";
import type { SyncWindow } from "../terms/documents.ts";
import {
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  fromLondon,
  type LondonTime,
  later,
  plusSeconds,
} from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { ALL_STAGES } from "../terms/window.ts";
import { ensureNotShrunk, type Look, notProved, proved, readSlice, saveLook, storeFound } from "./look.ts";
import { publishedInstants } from "./progress.ts";

export interface SliceRows {
  rows: Row[];
  /** Every slice was exact; false where one stayed full down to the smallest range. */
  whole: boolean;
  /** Releases that do not say which they are. */
  unread: number;
}

/**
 * Reads `[lo, hi]` whole, in as many slices as it takes. The rows that came are stored, and handed back.
 * `onward`: what has been read is written as the window's frontier, slice by slice.
 * @throws Shrunk, ApiError, DeadlineReached
 */
export async function readWhole(
  look: Look,
  { lo, hi, onward = false }: { lo: LondonTime; hi: LondonTime; onward?: boolean },
): Promise<SliceRows> {
  const { context } = look;
  const { api, config } = context;
  const all: Row[] = [];
  let whole = true;
  let unread = 0;
  let others = 0;
  let frontier = hi;
  const known = look.progress.verify?.lo;
  let shortened: LondonTime | null = known !== undefined && known > lo && known < hi ? known : null;
  while (frontier > lo) {
    const range = beside(look.progress.unproven, {
      lo: shortened ?? lo,
      hi: frontier,
      isRead: frontier < hi,
    });
    const asked: Question = { stage: ALL_STAGES, ...range, limit: config.pageLimit };
    const slice = await readSlice(context, asked, { narrowsEchoes: others === 0 });
    if (slice.isOthers && slice.kind === "overflow") others++; // one such place is its own, two are the API's habit
    const { page, requests } = slice;
    await storeFound(look, { page, from: asked.lo, to: asked.hi, requests });
    all.push(...page.rows);
    unread += page.unidentified.length;
    if (slice.kind === "over") {
      shortened = (slice.beside ?? shorter(api, asked, page.rows))?.lo ?? asked.lo;
      const reached = onward ? frontier : (look.progress.verify?.frontier ?? look.top);
      setFrontier(look, { frontier: reached, lo: shortened, rows: 0 });
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
      frontier = under(asked.lo, lo); // what cannot be read is not asked for a second time
    }
    if (!onward) continue;
    setFrontier(look, { frontier, rows: page.rows.length });
    await saveLook(look);
  }
  return { rows: all, whole, unread };
}

/**
 * The newest part of a range that does not reach into a slice which nobody could read, or that slice: it is asked for
 * by itself, not searched for again by halves. `isRead`: the range's last second has been read already.
 */
function beside(
  unproven: Look["progress"]["unproven"],
  { lo, hi, isRead }: { lo: LondonTime; hi: LondonTime; isRead: boolean },
): { lo: LondonTime; hi: LondonTime } {
  const [slice] = unproven
    .filter(({ from, to }) => from < hi && to >= lo && to <= plusSeconds(from, SMALLEST_SECONDS))
    .sort((a, b) => (a.to > b.to ? -1 : 1));
  if (!slice) return { lo, hi };
  const above = plusSeconds(slice.to, 1);
  if (above < hi) return { lo: later(lo, boundaryAtOrAfter(above)), hi };
  return { lo: later(lo, slice.from), hi: isRead && hi === above && slice.to > lo ? slice.to : hi };
}

const SMALLEST_SECONDS = 2;

/** The second below, where a question can still be asked from there. */
function under(time: LondonTime, lo: LondonTime): LondonTime {
  const below = plusSeconds(time, -1);
  return below > lo && boundaryAtOrBefore(below) === below ? below : time;
}

/** The whole window, slice by slice; each is written before the next, and the next run goes on below. */
export async function verifyBySlices(look: Look): Promise<void> {
  const { api } = look.context;
  const { published, limit } = expected(look);
  for (;;) {
    const frontier = look.progress.verify?.frontier ?? look.top;
    if (frontier <= look.start) return;
    const { lo } = nextSlice({ api, frontier, start: look.start, published, limit });
    await readWhole(look, { lo, hi: frontier, onward: true });
  }
}

/** When the window's releases were published. One that was proved before knows only the newest of each notice. */
export function expectation(options: {
  window: SyncWindow;
  stored: readonly Pick<StoredRelease, "at">[];
  /** Releases that were read of it. */
  releases: number;
  pageLimit: number;
}): { published: Date[]; limit: number } {
  const { window, stored, releases, pageLimit } = options;
  if (window.publishedSeconds) return { published: publishedInstants(window), limit: pageLimit };
  const published = stored.map(({ at }) => fromLondon(at)).sort((a, b) => a.getTime() - b.getTime());
  const share = published.length / Math.max(1, published.length, releases);
  return { published, limit: Math.max(1, Math.floor(pageLimit * share)) };
}

export const expected = ({ window, stored, progress, context }: Look) =>
  expectation({
    ...{ window, stored, releases: progress.counts.releases },
    pageLimit: context.config.pageLimit,
  });

export async function afterSlice(look: Look, frontier: LondonTime, rows: number): Promise<void> {
  setFrontier(look, { frontier, rows });
  await saveLook(look);
}

/** `lo`: where the next slice had to be shorter. */
export function setFrontier(
  look: Look,
  { frontier, lo, rows }: { frontier: LondonTime; lo?: LondonTime; rows: number },
): void {
  const { lo: _, ...verify } = look.progress.verify ?? { requests: 0, rows: 0 };
  const shortened = lo === undefined ? {} : { lo };
  look.progress = {
    ...look.progress,
    verify: { ...verify, frontier, rows: verify.rows + rows, by: look.by, ...shortened },
  };
}
