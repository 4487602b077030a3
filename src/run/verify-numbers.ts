// Proof by a yearly sequence of numbers: contiguous numbers prove, so only the holes are looked at. A slice that is not full
// and holds a hole's neighbours settles it: what came is stored, what did not was never published. A number is asked for
// by itself only where that is not so. A notice under several processes is looked up by its id, to the last page.
import {
  candidates,
  elsewhere,
  fannedOut,
  type GapSlice,
  gapSlices,
  type Hole,
  holesOf,
  inLine,
  type Numbered,
  numbered,
} from "../fetch/gap-slices.ts";
import { manyAbsent, type Suspicion } from "../fetch/plausible.ts";
import type { Database } from "../platform/database.ts";
import { attemptsAt, leastAskedFirst, noteAbsent, noteOpen, settleGaps, unsettledOf } from "../store/gaps.ts";
import { type StoredRelease, storedIds } from "../store/store.ts";
import { ApiError } from "../terms/errors.ts";
import { fromLondon, type LondonTime } from "../terms/london-time.ts";
import { type Look, proved, saveLook, storeFound } from "./look.ts";
import { type LookedUp, lookUp } from "./look-up.ts";
import { afterSlice, readWhole } from "./verify-slices.ts";

/** @returns why what is stored cannot be all, whatever the slices said. @throws Shrunk, ApiError, DeadlineReached */
export async function verifyByNumbers(look: Look): Promise<Suspicion | null> {
  const { context, start, top, window } = look;
  const { api, config, db, source } = context;
  const { line, isStored, holes: all } = await holesOfWindow({ db, source, ...look });
  const instants = look.stored.map(({ at }) => at).sort();
  let [kept, holes] = [line, all];
  await noteAbsent(
    db,
    window._id,
    holes.flatMap(({ ids }) => ids),
  );
  // An earlier run, or the look before a start moved back, has looked at what is above its frontier.
  const frontier = look.progress.verify?.frontier ?? top;
  holes = holes.filter(({ lo }) => frontier === top || lo < frontier);
  const asked = new Set<string>();
  for (let attempt = 0; holes.length > 0 && attempt < ATTEMPTS_MAX; attempt++) {
    const left: Unsettled = { ids: new Set(), elsewhere: new Set() };
    for (const slice of gapSlices({ api, holes, instants, limit: config.pageLimit })) {
      await lookAtHoles(look, slice, { left, moves: attempt === 0 });
    }
    // Between other neighbours, a little further away.
    kept = kept.filter(({ id }) => !left.elsewhere.has(id));
    const wider = holesOf({ line: kept, isStored, start, top });
    holes = wider.filter(({ ids }) => ids.some((id) => left.ids.has(id)));
    if (attempt + 1 < ATTEMPTS_MAX && holes.length > 0) continue;
    for (const id of left.ids) asked.add(id);
    await askSingly(look, [...left.ids]);
  }
  // What an earlier run, or a slice that overflowed, has noted and had no time to ask for.
  const noted = (await unsettledOf(db, window._id)).filter((id) => !asked.has(id));
  await askSingly(look, await settleStored(look, noted));
  await readFanOuts(look);
  await readUnproven(look);
  if (line.length === 0) return null;
  const settled = new Set([...(await storedIds(db, source, candidates(line)))]);
  return manyAbsent(line, (id) => settled.has(id));
}

/** Where the numbers that are stored of a window break, and which of them say so. */
export async function holesOfWindow(options: {
  db: Database;
  source: string;
  stored: readonly Pick<StoredRelease, "noticeId" | "at">[];
  start: LondonTime;
  top: LondonTime;
}): Promise<{ line: Numbered[]; isStored: (id: string) => boolean; holes: Hole[] }> {
  const { db, source, stored, start, top } = options;
  const line = inLine(numbered(stored.map(({ noticeId, at }) => ({ id: noticeId, at: fromLondon(at) }))));
  const stands = await storedIds(db, source, candidates(line));
  const isStored = (id: string) => stands.has(id);
  return { line, isStored, holes: holesOf({ line, isStored, start, top }) };
}

const ATTEMPTS_MAX = 3;
/** Of numbers by themselves in one place: a run has about 76 requests (design.md, §4), and other work. */
const LOOK_UPS_MAX = 60;

interface Unsettled {
  /** Numbers that no slice has settled. */
  ids: Set<string>;
  /** Neighbours that are listed elsewhere than their date says. */
  elsewhere: Set<string>;
}

async function lookAtHoles(
  look: Look,
  slice: GapSlice,
  { left, moves }: { left: Unsettled; moves: boolean },
): Promise<void> {
  const { lo, hi, holes } = slice;
  const { rows, whole } = await readWhole(look, slice);
  const came = new Set(rows.map(({ releaseId }) => releaseId));
  const at = look.context.effects.now();
  const notCome = ({ ids }: Hole) => ids.filter((id) => !came.has(id));
  const absent: string[] = [];
  for (const hole of holes) {
    const strangers = elsewhere(hole, rows);
    if (whole && strangers.length === 0) absent.push(...notCome(hole));
    else {
      for (const id of notCome(hole)) left.ids.add(id);
      for (const id of strangers) left.elsewhere.add(id);
    }
  }
  const found = holes.flatMap(({ ids }) => ids.filter((id) => came.has(id)));
  await settleGaps(look.context.db, { found, absent, settledBy: "slice", at });
  if (moves) await afterSlice(look, lo < hi ? lo : hi, rows.length);
}

/** @returns those that are not stored */
async function settleStored(
  { context: { db, effects, source } }: Look,
  ids: readonly string[],
): Promise<string[]> {
  const stored = await storedIds(db, source, ids);
  await settleGaps(db, { found: [...stored], absent: [], settledBy: "slice", at: effects.now() });
  return ids.filter((id) => !stored.has(id));
}

async function askSingly(look: Look, ids: readonly string[]): Promise<void> {
  const { context } = look;
  const { db, effects } = context;
  look.open += Math.max(0, ids.length - LOOK_UPS_MAX); // noted as absent: the next look asks for them
  for (const id of (await leastAskedFirst(db, ids)).slice(0, LOOK_UPS_MAX)) {
    const { rows, kind, why } = await lookedUp(look, id);
    const at = effects.now();
    const settled = kind === "absent" || kind === "found";
    if (settled || (kind === "empty" && (await attemptsAt(db, id)) >= EMPTY_ANSWERS)) {
      const none: string[] = [];
      const [found, absent] = rows.length > 0 ? [[id], none] : [none, [id]];
      await settleGaps(db, { found, absent, settledBy: "look-up", at });
    } else {
      look.open++;
      await noteOpen(db, { id, at, why });
    }
  }
}

/** Both 404 and an empty list are given for an id that does not exist (api-facts); the list, again and again, settles it too. */
const EMPTY_ANSWERS = 3;

/** One look-up that fails is one number that stays open: the others go on. */
async function lookedUp(
  look: Look,
  id: string,
): Promise<Pick<LookedUp, "rows" | "kind" | "whole"> & { why: string }> {
  try {
    const { rows, kind, whole, requests } = await lookUp(look.context, id);
    await storeFound(look, { page: { rows, unidentified: [] }, from: look.start, to: look.top, requests });
    await saveLook(look);
    return { rows, kind, whole, why: `the look-up was answered: ${kind}` };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { rows: [], kind: "open", whole: false, why: error.message };
  }
}

/** What listed one process of a notice may have left out others. */
async function readFanOuts(look: Look): Promise<void> {
  for (const id of fannedOut(look.stored.map(({ noticeId }) => noticeId))) await lookedUp(look, id);
}

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
