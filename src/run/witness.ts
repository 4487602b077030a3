// How far a source's witness is believed (`syncJobs.witness`): not before its files have agreed with exact slices of days
// chosen at random, and no longer once a slice has decided against one. What rested on it then loses its proof.
import { doubtWitnessed } from "../claim/claim.ts";
import { type DayFile, type Listed, readDayFile } from "../fetch/day-file.ts";
import { hasShrunk } from "../fetch/plausible.ts";
import { nextSlice } from "../fetch/proof.ts";
import {
  type Against,
  against,
  mayTry,
  type Range,
  samplePlace,
  TRIALS,
  TRIED_MAX,
} from "../fetch/witness-day.ts";
import { knownAmong, type StoredRelease, storedReleases } from "../store/store.ts";
import type { WitnessState } from "../terms/documents.ts";
import { DeadlineReached } from "../terms/errors.ts";
import {
  boundaryAtOrAfter,
  fromLondon,
  isLondonTime,
  type LondonTime,
  later,
  plusSeconds,
} from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { Witness } from "../terms/source.ts";
import type { SourceContext, WitnessAccess } from "./context.ts";
import { readSlice } from "./look.ts";

/** Politely, one at a time, a second or two each: three months' files in a run, so that the proof keeps up with the drain. */
const FILES_PER_RUN = 93;
const TROUBLES_MAX = 3;
const TRY_AGAIN_MS = 2_000;

export const openWitness = (witness: Witness, origin: string): WitnessAccess => ({
  ...{ witness, origin },
  left: FILES_PER_RUN,
  troubles: 0,
});

const UNTRIED: WitnessState = {
  ...{ trusted: false, agreed: 0, requests: 0, trustedAt: null, triedAt: null, lostAt: null, lostBy: null },
  ...{ daysRead: 0, daysWithout: 0, lacked: 0, invented: 0, found: 0 },
};

/** The file of a day; asked for once more where it did not come. Null: not by this run. @throws DeadlineReached */
export async function dayFile(context: SourceContext, day: string): Promise<DayFile | null> {
  const access = context.witness;
  if (!access || access.left <= 0) return null;
  if (access.troubles >= TROUBLES_MAX) return { kind: "trouble", why: "it did not answer a moment ago" };
  access.left--;
  let file = await inTime(context, access, day);
  if (file.kind === "trouble") {
    // What came so late may have come after the deadline.
    if (context.asker.remainingMs() <= TRY_AGAIN_MS) throw tooLate();
    await context.asker.wait(TRY_AGAIN_MS);
    file = await inTime(context, access, day);
  }
  access.troubles = file.kind === "trouble" ? access.troubles + 1 : 0;
  return file;
}

const tooLate = () => new DeadlineReached("the file of a day would come after the deadline");

/** @throws DeadlineReached */
function inTime({ effects, asker }: SourceContext, access: WitnessAccess, day: string): Promise<DayFile> {
  if (asker.remainingMs() <= 0) throw tooLate();
  return readDayFile({ effects, witness: access.witness, origin: access.origin, day });
}

/** Which of these releases are stored, or in quarantine. */
export async function storedAmong(
  { db, source, rules, quarantined }: SourceContext,
  listed: readonly Pick<Listed, "key" | "ocid" | "releaseId">[],
): Promise<(key: string) => boolean> {
  const notices = listed.map(({ key, ocid, releaseId }) => {
    const { noticeId, revision } = rules.identify(releaseId);
    return { key, notice: { source, ocid, noticeId }, revision };
  });
  const isKnown = await knownAmong(
    db,
    notices.map(({ notice }) => notice),
  );
  const stored = new Set(
    notices.flatMap(({ key, notice, revision }) => (isKnown(notice, revision) ? [key] : [])),
  );
  return (key) => stored.has(key) || quarantined.has(`${source}/${key}`);
}

/** Whether months may be proved by it now; puts it to the trial where that is due. */
export async function isTrusted(context: SourceContext): Promise<boolean> {
  const { db, source, effects, witness } = context;
  if (!witness) return false;
  const state = (await db.syncJobs.findOne({ _id: source }))?.witness;
  if (state?.trusted) return true;
  if (!mayTry(state, effects.now())) return false;
  return trial(context);
}

/** Whether months can still be proved in this run: by slices, or by files that it may still ask for. */
export async function hasFilesLeft({ db, source, witness }: SourceContext): Promise<boolean> {
  if (!witness || witness.left > 0) return true;
  return !(await db.syncJobs.findOne({ _id: source }))?.witness?.trusted;
}

/** Exact slices of days all over what is drained, each against its day's file. */
async function trial(context: SourceContext): Promise<boolean> {
  const { db, source, effects } = context;
  const windows = await db.syncWindows
    .find({ source, status: "done" }, { projection: { source: 1, from: 1, to: 1 }, sort: { from: 1 } })
    .toArray();
  if (windows.length === 0) return false;
  const random = effects.random();
  const known = new Map<string, StoredRelease[]>();
  let [agreed, requests] = [0, 0];
  for (let nth = 0; nth < TRIED_MAX && agreed < TRIALS; nth++) {
    const window = windows[samplePlace(windows.length, nth, random)];
    if (!window) break;
    const stored = known.get(window._id) ?? (await storedReleases(db, window));
    known.set(window._id, stored);
    const sampled = await sample(context, { stored, nth });
    if (sampled === null) continue;
    requests += sampled.requests;
    if (sampled.against) {
      await note(context, { requests });
      await loseTrust(context, sampled.against);
      return false;
    }
    agreed += sampled.agrees ? 1 : 0;
  }
  const trusted = agreed >= TRIALS;
  const now = effects.now();
  await note(context, { requests }, { trusted, agreed, [trusted ? "trustedAt" : "triedAt"]: now });
  return trusted;
}

interface Sampled {
  requests: number;
  agrees: boolean;
  against: string | null;
}

/** One exact slice, chosen at random among what is stored, against the file of its day. Null: it tells nothing. */
export async function sample(
  context: SourceContext,
  options: { stored: readonly StoredRelease[]; nth: number; file?: { day: string; rows: readonly Listed[] } },
): Promise<Sampled | null> {
  const { stored, nth, file: known } = options;
  const sorted = stored
    .filter(({ at }) => known === undefined || at.startsWith(known.day))
    .map(({ at }) => at)
    .sort();
  const at = sorted[samplePlace(sorted.length, nth, context.effects.random())];
  if (!at) return null;
  const file = known ? { kind: "list" as const, rows: known.rows } : await dayFile(context, at.slice(0, 10));
  if (file?.kind !== "list") return null;
  const { api, config } = context;
  const range = rangeAround(at, sorted);
  const asked = nextSlice({
    api,
    frontier: range.hi,
    start: range.lo,
    published: sorted.map(fromLondon),
    limit: config.pageLimit,
  });
  const { kind, page, requests } = await readSlice(context, asked);
  if (kind !== "exact") return { requests, agrees: false, against: null };
  const judged = { range: { lo: asked.lo, hi: asked.hi }, listed: file.rows, came: page.rows };
  const found = await decide(context, { ...judged, unread: page.unidentified.length, certain: false });
  return { requests, agrees: found === null, against: typeof found === "string" ? found : null };
}

/** Its whole day where that fits into a page, else what lies below it on that day. */
function rangeAround(at: LondonTime, sorted: readonly LondonTime[]): Range {
  const day = at.slice(0, 10);
  const [first, last] = [`${day}T00:00:00`, `${day}T23:59:59`];
  const ofDay = sorted.filter((one) => one.startsWith(day)).length;
  const lo = isLondonTime(first) ? first : at;
  if (ofDay < ONE_PAGE && isLondonTime(last)) return { lo, hi: last };
  return { lo, hi: boundaryAtOrAfter(later(at, plusSeconds(lo, 1))) };
}

const ONE_PAGE = 90; // with room for what is not stored

/**
 * What an exact slice decides: null: they agree; a sentence: it is against the file; a suspicion: the API has far less
 * than the file, as an index that is being rebuilt would, and nothing is decided unless `certain`.
 */
export async function decide(
  context: SourceContext,
  options: {
    range: Range;
    listed: readonly Listed[];
    came: readonly Row[];
    /** Releases of the slice that do not say which they are. */
    unread: number;
    certain: boolean;
  },
): Promise<string | null | { suspicion: string }> {
  const { range, listed, came, unread, certain } = options;
  const isStored = await storedAmong(context, listed);
  const found = against({ range, listed, came, isStored });
  const ofRange = listed.filter(({ at }) => at !== null && at >= range.lo && at <= range.hi);
  const shrunk = hasShrunk(
    ofRange.map(({ key }) => key),
    new Set([...came.map(({ key }) => key), ...ofRange.map(({ key }) => key).filter(isStored)]),
  );
  if (shrunk && !certain) return { suspicion: shrunk.detail };
  const isAgainst = found.lacks.length > 0 || found.invents.length > unread;
  if (!isAgainst) return null;
  await note(context, { lacked: found.lacks.length, invented: found.invents.length });
  return sentence(range, found);
}

const andMore = ([first, ...others]: readonly string[]) =>
  others.length === 0 ? first : `${first} and ${others.length} more`;

function sentence({ lo, hi }: Range, { lacks, invents }: Against): string {
  const parts = [
    ...(lacks.length > 0 ? [`the file lacks ${andMore(lacks)}`] : []),
    ...(invents.length > 0 ? [`only the file has ${andMore(invents)}`] : []),
  ];
  return `${lo} to ${hi}: ${parts.join("; ")}`;
}

/** A slice has decided against it: no month rests on it any longer. */
export async function loseTrust(context: SourceContext, lostBy: string): Promise<void> {
  const { db, source, effects, log } = context;
  const now = effects.now();
  await note(context, {}, { trusted: false, agreed: 0, lostAt: now, lostBy });
  await doubtWitnessed(db, source, now);
  log.warn({ source, lostBy }, "the witness is no longer trusted: months are proved by slices");
}

type Counted = "agreed" | "requests" | "daysRead" | "daysWithout" | "lacked" | "invented" | "found";

/** Counts go up; what was there before the first of them is made with it. */
export async function note(
  { db, source }: SourceContext,
  counts: Partial<Record<Counted, number>>,
  facts: Partial<WitnessState> = {},
): Promise<void> {
  await db.syncJobs.updateOne({ _id: source, witness: { $in: [null] } }, { $set: { witness: UNTRIED } });
  const dotted = (fields: object) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [`witness.${name}`, value]));
  const update = {
    ...(Object.keys(counts).length > 0 ? { $inc: dotted(counts) } : {}),
    ...(Object.keys(facts).length > 0 ? { $set: dotted(facts) } : {}),
  };
  if (Object.keys(update).length > 0) await db.syncJobs.updateOne({ _id: source }, update);
}
