// Proof by numbers (Find a Tender): contiguous numbers prove, so only the holes are looked at. A slice that is not full
// and holds a hole's neighbours settles it: what came is stored, what did not was never published. A number is asked for
// by itself only where that is not so. A notice under several processes is looked up by its id, to the last page.
import {
  candidates,
  fannedOut,
  type GapSlice,
  gapSlices,
  type Hole,
  holesOf,
  inLine,
  numbered,
  settles,
} from "../fetch/gap-slices.ts";
import { manyAbsent, type Suspicion } from "../fetch/plausible.ts";
import { noteAbsent, noteOpen, settleGaps } from "../store/gaps.ts";
import { standing } from "../store/store.ts";
import { ApiError } from "../terms/errors.ts";
import { fromLondon } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import { type Look, proved, saveLook, storeFound } from "./look.ts";
import { lookUp } from "./look-up.ts";
import { afterSlice, readWhole } from "./verify-slices.ts";

/** @returns why what is stored cannot be all, whatever the slices said. @throws Shrunk, ApiError, DeadlineReached */
export async function verifyByNumbers(look: Look): Promise<Suspicion | null> {
  const { context, start, top, window } = look;
  const { api, config, db, source } = context;
  const line = inLine(
    numbered(look.stored.map(({ noticeId, at }) => ({ id: noticeId, at: fromLondon(at) }))),
  );
  const stands = await standing(db, source, candidates(line));
  const holes = holesOf({ line, isStored: (id) => stands.has(id), start, top });
  await noteAbsent(
    db,
    window._id,
    holes.flatMap(({ ids }) => ids),
  );
  const instants = look.stored.map(({ at }) => at).sort();
  for (const slice of gapSlices({ api, holes, instants, limit: config.pageLimit })) {
    const frontier = look.progress.verify?.frontier ?? top;
    if (slice.lo >= frontier && frontier < top) continue; // an earlier run has settled it
    await lookAtHoles(look, slice);
  }
  await readFanOuts(look);
  await readUnproven(look);
  if (line.length === 0) return null;
  const settled = new Set([...(await standing(db, source, candidates(line)))]);
  return manyAbsent(line, (id) => settled.has(id));
}

async function lookAtHoles(look: Look, slice: GapSlice): Promise<void> {
  const { lo, hi, holes } = slice;
  const { rows, whole } = await readWhole(look, slice);
  const came = new Set(rows.map(({ releaseId }) => releaseId));
  const at = look.context.effects.now();
  const settled = holes.filter((hole) => whole && settles(hole, rows));
  await settleGaps(look.context.db, {
    found: holes.flatMap(({ ids }) => ids.filter((id) => came.has(id))),
    absent: settled.flatMap(({ ids }) => ids.filter((id) => !came.has(id))),
    settledBy: "slice",
    at,
  });
  for (const hole of holes.filter((one) => !settled.includes(one)))
    await askSingly(look, { ...hole, ids: hole.ids.filter((id) => !came.has(id)) });
  await afterSlice(look, lo < hi ? lo : hi, rows.length);
}

async function askSingly(look: Look, { ids }: Hole): Promise<void> {
  const { context } = look;
  const { db, effects } = context;
  for (const id of ids) {
    const { rows, kind, why } = await lookedUp(look, id);
    if (kind === "open") {
      look.open++;
      await noteOpen(db, { id, at: effects.now(), why });
      continue;
    }
    const none: string[] = [];
    const [found, absent] = rows.length > 0 ? [[id], none] : [none, [id]];
    await settleGaps(db, { found, absent, settledBy: "look-up", at: effects.now() });
  }
}

/** One look-up that fails is one number that stays open: the others go on. */
async function lookedUp(
  look: Look,
  id: string,
): Promise<{ rows: Row[]; kind: "found" | "absent" | "open"; whole: boolean; why: string }> {
  try {
    const { rows, kind, whole, requests } = await lookUp(look.context, id);
    await storeFound(look, { page: { rows, unidentified: [] }, from: look.start, to: look.top, requests });
    await saveLook(look);
    return { rows, kind, whole, why: kind === "open" ? "an answer that settles nothing" : "" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { rows: [], kind: "open", whole: false, why: error.message };
  }
}

/** What listed one process of a notice may have left out others. */
async function readFanOuts(look: Look): Promise<void> {
  for (const id of fannedOut(look.stored.map(({ noticeId }) => noticeId))) await lookedUp(look, id);
}

/** Of a slice that only a cursor could read: a run has about 76 requests (design.md, §4), and other work. */
const LOOK_UPS_MAX = 60;

/** A slice that holds more than a page: contiguous numbers say which notices it has, each look-up that they are whole. */
async function readUnproven(look: Look): Promise<void> {
  for (const slice of look.progress.unproven) {
    const within = look.stored.filter(({ at }) => at >= slice.from && at <= slice.to);
    const ids = [...new Set(within.map(({ noticeId }) => noticeId))];
    if (ids.length === 0 || ids.length > LOOK_UPS_MAX) continue;
    let whole = true;
    for (const id of ids) whole = (await lookedUp(look, id)).whole && whole;
    if (whole && look.open === 0) proved(look, { lo: slice.from, hi: slice.to });
  }
}
