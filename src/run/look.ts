// A look at a drained window: what a slice brings is stored, what was missing is counted and noted as drift, and a slice
// that holds far fewer rows than are stored of it is an alarm and not a proof.
import type { Claim, Progress } from "../claim/statements.ts";
import type { Question } from "../fetch/api.ts";
import { type Answer, ask } from "../fetch/ask.ts";
import { type Page, salvageReleases } from "../fetch/page.ts";
import { hasShrunk, type Suspicion } from "../fetch/plausible.ts";
import { besideBroken, judgeSlice, narrower } from "../fetch/walk.ts";
import type { StoredRelease } from "../store/store.ts";
import type { ProofBy, SyncWindow } from "../terms/documents.ts";
import { ApiError } from "../terms/errors.ts";
import { type LondonTime, plusSeconds } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { SourceContext } from "./context.ts";
import { readOverflow } from "./overflow.ts";
import { countRows } from "./progress.ts";
import { storeRows } from "./store-rows.ts";
import { checkpoint } from "./with-claim.ts";

export interface Look {
  context: SourceContext;
  claim: Claim;
  window: SyncWindow;
  progress: Progress;
  by: ProofBy;
  /** First and last second of the window. */
  start: LondonTime;
  top: LondonTime;
  /** What is stored of it, as the look began. */
  stored: readonly StoredRelease[];
  /** Releases that were missing. */
  found: number;
  /** Numbers that no answer has settled yet. */
  open: number;
  /** Requests that this run may still spend on looking again; null: as many as it takes. */
  share: { left: number } | null;
}

/** The run's share for looking again is used up: the next run goes on. */
export class ShareUsed extends Error {
  override readonly name = "ShareUsed";
}

/** What this look went by has been found wrong: the next one goes by slices. */
export class TrustLost extends Error {
  override readonly name = "TrustLost";
}

/** A slice was an alarm, not a proof: the look ends here. */
export class Shrunk extends Error {
  override readonly name = "Shrunk";
  readonly suspicion: Suspicion;

  constructor(suspicion: Suspicion) {
    super(suspicion.detail);
    this.suspicion = suspicion;
  }
}

export interface Slice {
  /**
   * `over`: more than a page, ask narrower. `overflow`: the smallest slice, and more than a page, or a page that only
   * parts can be read of.
   */
  kind: "exact" | "over" | "overflow";
  page: Page;
  requests: number;
  /** Nothing came but answers to another question. */
  isOthers?: true;
  /** What to ask next in place of an answer that cannot be read. */
  beside?: Question | null;
}

/** Whether an answer to another question, twice, is asked narrower like one that cannot be read, or ends the reading. */
export interface SliceOptions {
  narrowsEchoes: boolean;
}

const NO_PAGE: Page = { uri: "", rows: [], unidentified: [], next: null };

export async function readSlice(
  context: SourceContext,
  asked: Question,
  { narrowsEchoes }: SliceOptions = { narrowsEchoes: false },
): Promise<Slice> {
  const { api, asker } = context;
  let answer = await ask(asker, asked);
  let { requests } = answer;
  const isOthers = () => answer.kind === "page" && judgeSlice(api, asked, answer.page).kind === "untrusted";
  if (isOthers()) {
    answer = await ask(asker, asked); // a cache on the way may have mixed them up once
    requests += answer.requests;
  }
  const smallest = narrower(api, asked) === null;
  if (narrowsEchoes && isOthers())
    return { kind: smallest ? "overflow" : "over", page: NO_PAGE, requests, isOthers: true };
  if (answer.kind !== "page") {
    const beside = answer.kind === "unreadable" ? besideBroken(api, asked, answer.body) : null;
    if (!smallest) return { kind: "over", page: NO_PAGE, requests, beside };
    if (answer.kind !== "unreadable") throw notRead(answer);
    return { kind: "overflow", page: { ...NO_PAGE, ...salvageReleases(answer.body) }, requests };
  }
  const { page } = answer;
  const verdict = judgeSlice(api, asked, page);
  if (verdict.kind === "untrusted") throw notRead(answer);
  if (verdict.kind === "whole") return { kind: "exact", page, requests };
  if (!smallest) return { kind: "over", page, requests };
  const overflow = await readOverflow(context, { asked, page });
  return {
    kind: overflow.exact ? "exact" : "overflow",
    page: { ...page, rows: overflow.rows },
    requests: requests + overflow.requests,
  };
}

function notRead({ kind, url }: Answer): ApiError {
  const why = kind === "page" ? "it answers another question" : kind;
  return new ApiError(`a slice could not be verified (${why}): ${url}. It is tried again later.`, {
    url,
    attempts: 1,
    permanent: false,
    kind: kind === "too slow" ? "slow" : "broken",
  });
}

/** Stores what a slice or a look-up brought, and counts what had been missing. */
export async function storeFound(
  look: Look,
  {
    page,
    from,
    to,
    requests,
  }: { page: Pick<Page, "rows" | "unidentified">; from: LondonTime; to: LondonTime; requests: number },
): Promise<void> {
  const { context, window } = look;
  const place = `verify ${from} to ${to}`;
  const stored = await storeRows(context, {
    ...{ page, place, windowId: window._id },
    additions: { announced: new Set(look.progress.adding), announce: (rows) => announce(look, rows) },
  });
  const counted = [...stored.addedRows];
  context.report.releases += stored.added;
  const { verify, drift, counts } = look.progress;
  const unidentified = stored.added - counted.length;
  const after = countRows(look.progress, window, {
    counted,
    stored,
    unidentified: Math.max(0, unidentified),
    requests: 0,
  });
  look.found += stored.added;
  look.progress = {
    ...after,
    counts: { ...after.counts, requests: counts.requests },
    drift:
      stored.added > 0 ? [...drift, { at: context.effects.now(), from, to, missing: stored.added }] : drift,
    verify: { frontier: look.top, rows: 0, ...verify, requests: (verify?.requests ?? 0) + requests },
    adding: without(look.progress.adding, counted),
    changedInPlace: (look.progress.changedInPlace ?? 0) + Math.max(0, stored.changed - stored.added),
  };
  if (look.share) look.share.left -= requests;
}

async function announce(look: Look, rows: readonly Row[]): Promise<void> {
  const adding = [...(look.progress.adding ?? []), ...rows.map(({ key }) => key)];
  look.progress = { ...look.progress, adding };
  await checkpoint(look.context, look.claim, { progress: look.progress, moved: false });
}

function without(keys: readonly string[] | undefined, rows: readonly Row[]): string[] | undefined {
  const gone = new Set(rows.map(({ key }) => key));
  return keys?.filter((key) => !gone.has(key));
}

/** @throws Shrunk where far fewer rows came than are stored between the two ends */
export function ensureNotShrunk(
  { stored }: Look,
  { lo, hi, rows }: { lo: LondonTime; hi: LondonTime; rows: readonly Row[] },
): void {
  const expected = stored.filter(({ certain, at }) => certain && at >= lo && at <= hi).map(({ key }) => key);
  const suspicion = hasShrunk(expected, new Set(rows.map(({ key }) => key)));
  if (suspicion) throw new Shrunk({ ...suspicion, detail: `${suspicion.detail} between ${lo} and ${hi}` });
}

/** Progress and lease, once rows are stored. @throws ShareUsed, ClaimLost */
export async function saveLook({ context, claim, progress, share }: Look): Promise<void> {
  await checkpoint(context, claim, { progress, moved: true });
  if (share && share.left <= 0) throw new ShareUsed("looking again has used up its share of the run");
}

/** A slice that has now been read whole is no longer unproven. */
export function proved(look: Look, { lo, hi }: { lo: LondonTime; hi: LondonTime }): void {
  const within = ({ from, to }: { from: LondonTime; to: LondonTime }) =>
    from >= lo && from < hi && to <= plusSeconds(hi, 2);
  look.progress = {
    ...look.progress,
    unproven: look.progress.unproven.filter((slice) => !within(slice)),
  };
}

export function notProved(look: Look, asked: Question, rows: number): void {
  const { stage, lo: from, hi: to } = asked;
  const others = look.progress.unproven.filter((slice) => slice.from !== from || slice.to !== to);
  const at = look.context.effects.now();
  look.progress = { ...look.progress, unproven: [...others, { stage, from, to, rows, at }] };
}
