// Verifies drained windows: exact slices from the newest end down, each less than a page, asked without `stages`. What
// was missing is stored and noted as drift; a window whose slices are all exact is `exact`. Afterwards every number
// that a source's yearly sequence leaves out is asked for by itself.
import { claimNewest, finish } from "../claim/claim.ts";
import type { Progress } from "../claim/statements.ts";
import type { Question } from "../fetch/api.ts";
import { type Answer, ask } from "../fetch/ask.ts";
import { type Page, salvageReleases } from "../fetch/page.ts";
import {
  absentBetween,
  absentIds,
  joined,
  type NumberRange,
  nextSlice,
  numberRanges,
} from "../fetch/proof.ts";
import { judgeSlice, narrower, shorter } from "../fetch/walk.ts";
import { topOf } from "../plan/difference.ts";
import { nextAbsent, noteAbsent, settleGap } from "../store/gaps.ts";
import { storedInstants } from "../store/store.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { ApiError } from "../terms/errors.ts";
import { boundaryAtOrBefore, toLondon } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { SourceContext } from "./context.ts";
import { checkpoint, type HoldEnd, holding } from "./hold.ts";
import { lookUp, readOverflow } from "./overflow.ts";
import { progressOf, publishedInstants } from "./progress.ts";
import { storeRows } from "./store-rows.ts";

/** Verifies the newest window that has never been; null when there is none. @throws what a drain throws */
export async function verifyNewest(context: SourceContext): Promise<HoldEnd | null> {
  const { db, config, effects, source, api, report } = context;
  const held = await claimNewest(db, {
    source,
    kind: "verify",
    id: effects.newId(),
    leaseSeconds: config.leaseSeconds,
    backoffSeconds: 0,
  });
  if (!held) return null;
  const { claim, window } = held;
  return holding(context, claim, async () => {
    // A window that was verified before no longer carries its own dates.
    const published = window.publishedSeconds ? publishedInstants(window) : await storedInstants(db, window);
    const start = boundaryAtOrBefore(toLondon(window.from));
    let progress = progressOf(window);
    for (;;) {
      const frontier = progress.verify?.frontier ?? topOf(window.to);
      if (frontier <= start) break;
      const likely = nextSlice({ api, frontier, start, published, limit: config.pageLimit });
      const lo = progress.verify?.lo;
      const asked: Question = lo !== undefined && lo > likely.lo ? { ...likely, lo } : likely;
      const slice = await readSlice(context, asked);
      const { missing, rows } = await store(context, { window, slice, asked });
      const exact = slice.kind !== "over";
      progress = {
        ...progress,
        drift:
          missing > 0
            ? [...progress.drift, { at: effects.now(), from: asked.lo, to: asked.hi, missing }]
            : progress.drift,
        verify: {
          frontier: exact ? asked.lo : frontier,
          requests: (progress.verify?.requests ?? 0) + slice.requests,
          rows: (progress.verify?.rows ?? 0) + (exact ? rows.length : 0),
          ...(exact ? {} : { lo: shorter(api, asked, rows)?.lo ?? asked.lo }),
        },
        unproven:
          slice.kind === "overflow" ? withUnproven(context, { progress, asked, rows }) : progress.unproven,
        ...(exact && api.lookupPath
          ? { numbers: await noteNumbers(context, { window, rows, progress }) }
          : {}),
      };
      await checkpoint(context, claim, { progress, moved: exact });
    }
    if (progress.numbers) await noteGapToNewer(context, window, progress.numbers);
    await finish(db, claim, progress);
    report.windowsVerified.push(window._id);
  });
}

interface Slice {
  /**
   * `over`: more than a page, ask narrower. `overflow`: the smallest slice, and more than a page, or a page that only
   * parts can be read of.
   */
  kind: "exact" | "over" | "overflow";
  page: Page;
  requests: number;
}

const NO_PAGE: Page = { uri: "", rows: [], unidentified: [], next: null };

async function readSlice(context: SourceContext, asked: Question): Promise<Slice> {
  const { api, asker } = context;
  const answer = await ask(asker, asked);
  const { requests } = answer;
  const smallest = narrower(api, asked) === null;
  if (answer.kind !== "page") {
    if (!smallest) return { kind: "over", page: NO_PAGE, requests };
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
    kind: kind === "too slow" ? "slow" : "broken",
    url,
    attempts: 1,
  });
}

/** Stores the slice; how many of its releases were neither in `contracts` nor in `quarantine`. */
async function store(
  context: SourceContext,
  { window, slice, asked }: { window: SyncWindow; slice: Slice; asked: Question },
): Promise<{ missing: number; rows: Row[] }> {
  const { page } = slice;
  const place = `verify ${asked.lo} to ${asked.hi}`;
  const stored = await storeRows(context, {
    page,
    place,
    windowId: window._id,
    countAdded: true,
  });
  context.report.releases += stored.added;
  return { missing: stored.added, rows: page.rows };
}

function withUnproven(
  { effects }: SourceContext,
  { progress, asked, rows }: { progress: Progress; asked: Question; rows: Row[] },
): Progress["unproven"] {
  const { stage, lo: from, hi: to } = asked;
  const others = progress.unproven.filter((slice) => slice.from !== from || slice.to !== to);
  return [...others, { stage, from, to, rows: rows.length, at: effects.now() }];
}

/** Notes the numbers that this slice leaves out, and how far the window's numbers reach. */
async function noteNumbers(
  { db }: SourceContext,
  { window, rows, progress }: { window: SyncWindow; rows: Row[]; progress: Progress },
): Promise<NumberRange[]> {
  const known = progress.numbers ?? [];
  await noteAbsent(db, window._id, absentIds(rows, known));
  return numberRanges(rows).reduce<NumberRange[]>(joined, known);
}

/** The stretch between this window's highest number and the next month's lowest belongs to neither. */
async function noteGapToNewer(
  { db }: SourceContext,
  window: SyncWindow,
  numbers: NumberRange[],
): Promise<void> {
  const newer = await db.syncWindows.findOne(
    { source: window.source, from: { $gte: window.to }, numbers: { $exists: true } },
    { sort: { from: 1 }, projection: { numbers: 1, from: 1 } },
  );
  if (newer?.from.getTime() !== window.to.getTime()) return;
  for (const { year, highest } of numbers) {
    const lowest = newer.numbers?.find((range) => range.year === year)?.lowest;
    if (lowest !== undefined) await noteAbsent(db, window._id, absentBetween(year, highest, lowest));
  }
}

/** Asks for one absent number; null when none is left. What comes is stored. @returns the requests it took */
export async function askAbsent(context: SourceContext): Promise<number | null> {
  const { db, effects } = context;
  const gap = await nextAbsent(db);
  if (!gap) return null;
  const { rows, requests } = await lookUp(context, gap._id);
  const found = rows.filter(({ releaseId }) => releaseId === gap._id);
  const page = { rows: found, unidentified: [] };
  await storeRows(context, { page, place: `number ${gap._id}`, windowId: gap.windowId });
  const outcome = found.length > 0 ? "found" : "never published";
  await settleGap(db, { id: gap._id, outcome, askedAt: effects.now() });
  return requests;
}
