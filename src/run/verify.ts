// Verifies drained windows, at another time than they were drained: by the source's numbers where it has a sequence, else by slices.
// A window is `exact` when nothing in it is open and what came can be all; else it says what is missing, and is looked
// at again. What is exact is looked at again too, on a schedule, by slices.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { claimNewest, finishLook, giveBack, type Held, hurryNeighbours } from "../claim/claim.ts";
import type { LookEnd, Progress } from "../claim/statements.ts";
import { inLine, numbered } from "../fetch/gap-slices.ts";
import { LOOKS_ACCEPTED, nextLookAt, nextTryAt, provableFrom } from "../fetch/look-schedule.ts";
import { fewReleases, type Suspicion } from "../fetch/plausible.ts";
import { topOf } from "../plan/difference.ts";
import { hasUnconfirmedGaps } from "../store/gaps.ts";
import { type StoredRelease, storedReleases } from "../store/store.ts";
import type { ProofBy, SyncWindow } from "../terms/documents.ts";
import { ApiError, DeadlineReached } from "../terms/errors.ts";
import { boundaryAtOrBefore, fromLondon, toLondon } from "../terms/london-time.ts";
import { proofDoubt } from "./assumptions.ts";
import type { SourceContext } from "./context.ts";
import { type Look, ShareUsed, Shrunk, TrustLost } from "./look.ts";
import { progressOf } from "./progress.ts";
import { verifyByNumbers } from "./verify-numbers.ts";
import { verifyBySlices } from "./verify-slices.ts";
import { verifyByWitness } from "./verify-witness.ts";
import { type ClaimEnd, checkpoint, withClaim } from "./with-claim.ts";
import { hasFilesLeft, isTrusted } from "./witness.ts";

export interface VerifyOptions {
  /** For its first proof, or again. */
  first: boolean;
  /** Requests that may be spent; null: as many as it takes. */
  share: { left: number } | null;
}

/** Verifies the newest window that is due; null when there is none. @throws what a drain throws */
export async function verifyNewest(
  context: SourceContext,
  { first, share }: VerifyOptions,
): Promise<{ end: ClaimEnd; windowId: string } | null> {
  const { db, config, effects, source } = context;
  if (share && share.left <= 0) return null;
  if (first && !(await hasFilesLeft(context))) return null;
  const held = await claimNewest(db, {
    source,
    kind: "verify",
    look: { first, now: effects.now() },
    id: effects.newId(),
    leaseSeconds: config.leaseSeconds,
    backoffSeconds: 0,
  });
  if (!held) return null;
  const end = await withClaim(context, held.claim, () => lookAt(context, held, share));
  return { end, windowId: held.window._id };
}

async function lookAt(context: SourceContext, held: Held, share: VerifyOptions["share"]): Promise<void> {
  const { db, report } = context;
  const look = await openLook(context, held, share);
  const begun = look.progress.verify;
  let suspicion: Suspicion | null = null;
  try {
    if (look.by === "numbers") suspicion = await verifyByNumbers(look);
    else if (look.by === "witness") await verifyByWitness(look);
    else await verifyBySlices(look);
  } catch (error) {
    if (error instanceof ShareUsed || error instanceof DeadlineReached) await noteStall(look, begun);
    if (error instanceof ShareUsed || error instanceof TrustLost) return giveBack(db, held.claim);
    if (error instanceof ApiError) await postpone(look);
    if (!(error instanceof Shrunk)) throw error;
    suspicion = error.suspicion;
  }
  const end = await endOf(look, suspicion);
  const { verify } = look.progress;
  const progress = {
    ...look.progress,
    verify: { requests: 0, rows: 0, ...verify, frontier: look.start, by: look.by, done: true },
  };
  await finishLook(db, held.claim, { progress, end });
  await takeOver(look);
  if (look.found > 0 && held.window.proof === "exact")
    await hurryNeighbours(db, held.window, nextTryAt(context.effects.now(), 1));
  if (end.proof === "exact") report.windowsVerified.push(held.window._id);
}

const STALL = { requests: 15, runs: 2 };

/** A look that takes more than a run has to get any further must not take every run: the others go on. */
async function noteStall(look: Look, begun: Progress["verify"]): Promise<void> {
  const { verify } = look.progress;
  if (!begun || !verify || verify.requests - begun.requests < STALL.requests) return;
  const stalls = verify.frontier < begun.frontier ? 0 : (begun.stalls ?? 0) + 1;
  const waits = stalls > STALL.runs;
  look.progress = {
    ...look.progress,
    verify: { ...verify, stalls },
    ...(waits ? { verifyAt: nextTryAt(look.context.effects.now(), stalls - STALL.runs) } : {}),
  };
  await checkpoint(look.context, look.claim, { progress: look.progress, moved: false });
}

/** The API's trouble is this month's for a while: the others go on. */
async function postpone(look: Look): Promise<void> {
  look.progress = { ...look.progress, verifyAt: nextTryAt(look.context.effects.now(), 1) };
  await checkpoint(look.context, look.claim, { progress: look.progress, moved: false });
}

/** What the delta could only read by a cursor is the month's to prove. */
async function withNewsUnproven(
  { db, source }: SourceContext,
  { from, to }: SyncWindow,
  progress: Progress,
): Promise<Progress> {
  const job = await db.syncJobs.findOne({ source });
  const [start, top] = [toLondon(from), topOf(to)];
  const within = (job?.unproven ?? []).filter((slice) => slice.from >= start && slice.to <= top);
  const known = new Set(progress.unproven.map((slice) => `${slice.from} ${slice.to}`));
  const more = within.filter((slice) => !known.has(`${slice.from} ${slice.to}`));
  return { ...progress, unproven: [...progress.unproven, ...more] };
}

/** The month has them now, or has read them whole. */
async function takeOver({ context: { db, source }, start, top }: Look): Promise<void> {
  const job = await db.syncJobs.findOne({ source });
  const unproven = job?.unproven ?? [];
  const left = unproven.filter((slice) => slice.from < start || slice.to > top);
  if (job && left.length < unproven.length)
    await db.syncJobs.updateOne({ _id: job._id, unproven }, { $set: { unproven: left } });
}

async function openLook(
  context: SourceContext,
  { claim, window }: Held,
  share: VerifyOptions["share"],
): Promise<Look> {
  const { db, effects } = context;
  const stored = certainOf(context, await storedReleases(db, window));
  const by = await proofBy(context, window);
  const before = await withNewsUnproven(context, window, progressOf(window));
  const [start, top] = [boundaryAtOrBefore(toLondon(window.from)), topOf(window.to)];
  // A start that moved back is proved below what has been proved.
  const under = before.verify && window.proof !== "exact" && before.verify.frontier > start;
  const goesOn = before.verify && (!before.verify.done || under) && (before.verify.by ?? by) === by;
  const fresh = { frontier: top, requests: before.verify?.requests ?? 0, rows: 0, by, since: effects.now() };
  return {
    ...{ context, claim, window, by, start, top, stored, found: 0, open: 0 },
    progress: { ...before, verify: goesOn && before.verify ? { ...before.verify, by, done: false } : fresh },
    share,
  };
}

/** What is exact already is looked at again by slices, whatever it was proved by. */
async function proofBy(context: SourceContext, { proof }: SyncWindow): Promise<ProofBy> {
  if (proof === "exact") return "slices";
  if (context.api.lookupPath) return "numbers";
  return (await isTrusted(context)) ? "witness" : "slices";
}

/** Dates are not always those that the API selects by (009921-2021): a number out of line says so. */
function certainOf({ api }: SourceContext, stored: StoredRelease[]): StoredRelease[] {
  if (!api.lookupPath) return stored;
  const line = inLine(numbered(stored.map(({ noticeId, at }) => ({ id: noticeId, at: fromLondon(at) }))));
  const certain = new Set(line.map(({ id }) => id));
  return stored.map((one) => ({ ...one, certain: certain.has(one.noticeId) }));
}

async function endOf(look: Look, suspected: Suspicion | null): Promise<LookEnd> {
  const { context, window, by, progress, found, open } = look;
  const { db, effects } = context;
  const now = effects.now();
  const suspicion = suspected ?? (await fewOf(look));
  const looks = (window.suspicion?.kind === suspicion?.kind ? (window.suspicion?.looks ?? 0) : 0) + 1;
  const accepted = looks >= LOOKS_ACCEPTED && found === 0;
  if (suspicion && !(accepted && (suspicion.kind === "few" || suspicion.kind === "numbers"))) {
    const noted = { at: window.suspicion?.at ?? now, ...suspicion, looks };
    return { proof: "suspect", suspicion: noted, verifyAt: nextTryAt(now, looks) };
  }
  if (open > 0 || progress.unproven.length > 0)
    return { proof: "ordered", suspicion: null, verifyAt: nextTryAt(now, open > 0 ? 1 : 3) };
  const provable = provableFrom({ to: window.to, verifyAfterHours: context.config.verifyAfterHours });
  if (now < provable) return { proof: "ordered", suspicion: null, verifyAt: provable };
  if (await proofDoubt(db, context.source, now))
    return { proof: "ordered", suspicion: null, verifyAt: nextTryAt(now, 1) };
  const unconfirmed = await hasUnconfirmedGaps(db, window._id);
  const verifyAt = nextLookAt({
    window,
    now,
    found: window.proof === "exact" ? found : 0,
    unconfirmed,
    random: effects.random(),
  });
  // A month whose every day went without a file was read in slices.
  const byDays = by === "witness" && !progress.verify?.days ? "slices" : by;
  return { proof: "exact", proofBy: byDays, suspicion: null, verifyAt };
}

async function fewOf({ context, window, progress }: Look): Promise<Suspicion | null> {
  const { db, source } = context;
  const done = await db.syncWindows
    .find({ source, status: "done", _id: { $ne: window._id } }, { projection: { from: 1, to: 1, counts: 1 } })
    .toArray();
  return fewReleases({
    window: { from: window.from, to: window.to, releases: progress.counts.releases },
    neighbours: done.map(({ from, to, counts }) => ({ from, to, releases: counts.releases })),
    forecast: usualReleases(context, window),
  });
}

/** By the source's usual volumes: what has been measured is no measure where nothing came at all. */
function usualReleases({ config, source }: SourceContext, { from, to }: { from: Date; to: Date }): number {
  const days = (to.getTime() - from.getTime()) / DAY_MS;
  const settings = config.sources.find((one) => one.source === source);
  const middle = new Date((from.getTime() + to.getTime()) / 2);
  return (settings?.definition.volumes.perDay(middle) ?? 0) * days;
}
