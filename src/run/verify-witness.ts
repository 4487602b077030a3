// Proof by an outside witness: a day whose file and whose stored releases are the same is complete. Where they differ, the
// whole day is read in exact slices, which decide; so are days without a file.
import type { Listed } from "../fetch/day-file.ts";
import { LOOKS_ACCEPTED } from "../fetch/look-schedule.ts";
import { nextSlice } from "../fetch/proof.ts";
import { dayBelow, differences, type Range, samplePlace, saysNothing } from "../fetch/witness-day.ts";
import { type LondonTime, plusSeconds } from "../terms/london-time.ts";
import { type Look, ShareUsed, Shrunk, saveLook, TrustLost } from "./look.ts";
import { expected, readWhole, type SliceRows, setFrontier } from "./verify-slices.ts";
import { dayFile, decide, loseTrust, note, sample, storedAmong } from "./witness.ts";

/** @throws Shrunk, ShareUsed, TrustLost, ApiError, DeadlineReached */
export async function verifyByWitness(look: Look): Promise<void> {
  const { context, start, top } = look;
  const sampledDay = dayToSample(look);
  /** Upper end of the days that no file says anything of. */
  let without: LondonTime | null = null;
  const readWithout = async (lo: LondonTime) => {
    // Slice by slice: a run that ends in the middle of these days leaves the next one where to go on.
    const moved = (to: LondonTime) => passed(look, { frontier: to, days: 0 });
    if (without !== null) await bySlices(look, { lo, hi: without, moved });
    without = null;
    await passed(look, { frontier: lo, days: 0 });
  };
  let frontier = look.progress.verify?.frontier ?? top;
  while (frontier > start) {
    const part = dayBelow(frontier, start);
    const file = await dayFile(context, part.day);
    if (file === null) {
      await readWithout(frontier);
      throw new ShareUsed("this run has asked for as many files as it may");
    }
    const says = file.kind === "list" && !saysNothing(part.day, file.rows) && !hasUnproven(look, part);
    await note(context, says ? { daysRead: 1 } : { daysWithout: 1 });
    if (says) {
      if (without !== null) await readWithout(frontier);
      await lookAtDay(look, part, { listed: file.rows, sampled: part.day === sampledDay });
      await passed(look, { frontier: part.lo, days: 1 });
    } else without ??= frontier;
    frontier = part.lo;
  }
  if (without !== null) await readWithout(start);
}

/** The day of one stored release, chosen by the instant at which the look began: the same in every run that goes on with it. */
function dayToSample({ stored, progress }: Look): string | null {
  const random = ((progress.verify?.since?.getTime() ?? 0) % 1009) / 1009;
  return stored[samplePlace(stored.length, 0, random)]?.at.slice(0, 10) ?? null;
}

/** What only a cursor could read is read again, whatever a list says of it. */
const hasUnproven = ({ progress }: Look, { lo, hi }: Range) =>
  progress.unproven.some(({ from, to }) => from <= hi && to >= lo);

async function passed(look: Look, { frontier, days }: { frontier: LondonTime; days: number }): Promise<void> {
  setFrontier(look, { frontier, rows: 0 });
  const { verify } = look.progress;
  if (verify) look.progress = { ...look.progress, verify: { ...verify, days: (verify.days ?? 0) + days } };
  await saveLook(look);
}

async function lookAtDay(
  look: Look,
  part: { day: string } & Range,
  { listed, sampled }: { listed: readonly Listed[]; sampled: boolean },
): Promise<void> {
  const { context } = look;
  const stored = look.stored.filter(({ at }) => at >= part.lo && at <= part.hi);
  const isStored = await storedAmong(context, listed);
  const { weLack, fileLacks } = differences({ range: part, listed, stored, isStored });
  if (weLack.length > 0 || fileLacks > 0) return decideDay(look, part, listed);
  if (!sampled) return;
  const one = await sample(context, { stored, nth: 0, file: { day: part.day, rows: listed } });
  if (!one) return;
  countRequests(look, one.requests);
  if (one.against !== null) await distrust(look, one.against);
  else if (one.agrees) await note(context, { agreed: 1 });
}

async function decideDay(look: Look, part: Range, listed: readonly Listed[]): Promise<void> {
  const { context } = look;
  const before = look.found;
  const { rows, whole, unread } = await bySlices(look, part);
  await note(context, { found: look.found - before });
  if (!whole) return; // it stands in `unproven` now
  const certain = (look.window.suspicion?.looks ?? 0) >= LOOKS_ACCEPTED - 1;
  const decided = await decide(context, { range: part, listed, came: rows, unread, certain });
  if (decided === null) return;
  if (typeof decided === "string") return distrust(look, decided);
  throw new Shrunk({
    kind: "shrunk",
    detail: `${decided.suspicion}, as the list of that day has them, between ${part.lo} and ${part.hi}`,
  });
}

async function distrust(look: Look, why: string): Promise<never> {
  await saveLook(look);
  await loseTrust(look.context, why);
  throw new TrustLost(why);
}

function countRequests(look: Look, requests: number): void {
  const { verify } = look.progress;
  if (!verify) return;
  look.progress = { ...look.progress, verify: { ...verify, requests: verify.requests + requests } };
}

async function bySlices(
  look: Look,
  { lo, hi, moved }: Range & { moved?: (frontier: LondonTime) => Promise<void> },
): Promise<SliceRows> {
  const { published, limit } = expected(look);
  const all: SliceRows = { rows: [], whole: true, unread: 0 };
  let frontier = hi > lo ? hi : plusSeconds(lo, 1);
  while (frontier > lo) {
    const slice = nextSlice({ api: look.context.api, frontier, start: lo, published, limit });
    const { rows, whole, unread } = await readWhole(look, { lo: slice.lo, hi: frontier });
    all.rows.push(...rows);
    all.whole = all.whole && whole;
    all.unread += unread;
    frontier = slice.lo;
    await moved?.(frontier);
  }
  return all;
}
