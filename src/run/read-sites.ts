// A source that brings its own reader: the same claims, leases, budget and reports as every other. Where it has sites,
// several are read side by side, each by one side at a time; a site that is set aside, or in trouble again and again, is
// left alone for the rest of the invocation, and the others go on.
import type { Held } from "../claim/claim.ts";
import type { OpenSite, Reader, SourceConfig } from "../sources/source.ts";
import { BudgetSpent } from "../terms/errors.ts";
import { claimFitting } from "./claim-fitting.ts";
import { claimShared } from "./claim-shared.ts";
import type { HolderContext } from "./context.ts";
import { noteSynced } from "./jobs.ts";
import { claimForProof, readBy, readContextOf, verifyBy } from "./read-by.ts";
import { type ClaimEnd, type Trouble, untroubled, withClaim } from "./with-claim.ts";

export interface ReaderOptions {
  settings: SourceConfig;
  reader: Reader;
  backoffSeconds: number;
  /** @throws DeadlineReached, StorageFull when no window may begin */
  mayGoOn: () => void;
}

/** Refresh, read what is due, verify what was read. @throws what ended a side, after all have ended */
export async function workByReader(context: HolderContext, options: ReaderOptions): Promise<void> {
  const { report, config, verifyOnly } = context;
  const { settings, reader, backoffSeconds } = options;
  let trouble: Trouble | null = null;
  if (!verifyOnly) {
    const refreshed = () => reader.refresh(readContextOf(context, null));
    trouble = await untroubled(context, async () =>
      noteSynced(context.db, context.source, await refreshed()),
    );
    const claim: Task["claim"] = (side, sites) => {
      const of = { settings, backoffSeconds, ...(sites ? { sites } : {}) };
      return reader.storageShare === undefined ? claimFitting(side, of) : claimShared(side, of);
    };
    await sideBySide(context, options, { claim, work: readBy, finished: report.windowsDone });
  }
  if (config.verifyRequestsPerRun > 0 && reader.verify)
    await sideBySide(context, options, {
      claim: claimForProof,
      work: verifyBy,
      finished: report.windowsVerified,
    });
  if (trouble) throw trouble.error;
}

/** What is done to window after window. */
interface Task {
  claim: (context: HolderContext, sites?: readonly string[]) => Promise<Held | null>;
  work: (reader: Reader, context: HolderContext, held: Held) => Promise<void>;
  finished: string[];
}

/** What the sides know of each other. */
interface Shared {
  /** Sites that are being read, and whether they are slow. */
  busy: Map<string, boolean>;
  aside: Set<string>;
  troubles: Map<string, number>;
  /** One claims at a time: of two that look at once both would find the same site free. */
  turn: Promise<unknown>;
}

async function sideBySide(context: HolderContext, options: ReaderOptions, task: Task): Promise<void> {
  const { windowsAtOnce = 1 } = options.reader;
  const shared: Shared = { busy: new Map(), aside: new Set(), troubles: new Map(), turn: Promise.resolve() };
  const side = () => onOneSide({ ...context, keepAlive: { held: null } }, options, { task, shared });
  const ended = await Promise.allSettled(Array.from({ length: windowsAtOnce }, side));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

const WHOLE = ""; // the one site of a source without any

async function onOneSide(
  context: HolderContext,
  { reader, mayGoOn }: ReaderOptions,
  { task, shared }: { task: Task; shared: Shared },
): Promise<void> {
  for (;;) {
    mayGoOn();
    const claiming = shared.turn.then(() => claimNext(context, reader, { task, shared }));
    shared.turn = claiming.catch(() => undefined);
    const held = await claiming;
    if (!held) return;
    const site = held.window.site ?? WHOLE;
    try {
      const end = await ended(context, held, () => task.work(reader, context, held));
      if (end === "finished") task.finished.push(held.window._id);
      noteEnd(shared, site, end);
      if (end === "waits") return;
    } finally {
      shared.busy.delete(site);
    }
  }
}

async function claimNext(
  context: HolderContext,
  reader: Reader,
  { task, shared: { busy, aside } }: { task: Task; shared: Shared },
): Promise<Held | null> {
  const open = await openSitesOf(reader, context);
  if (!open && (busy.has(WHOLE) || aside.has(WHOLE))) return null;
  // Half of the sides, one at least, may wait for slow sites.
  const slowNow = [...busy.values()].filter(Boolean).length;
  const maySlow = slowNow < Math.max(1, Math.floor((reader.windowsAtOnce ?? 1) / 2));
  const free = open?.filter(({ site, slow }) => !busy.has(site) && !aside.has(site) && (maySlow || !slow));
  if (free?.length === 0) return null;
  const held = await task.claim(
    context,
    free?.map(({ site }) => site),
  );
  if (!held) return null;
  const site = held.window.site ?? WHOLE;
  busy.set(site, open?.find((one) => one.site === site)?.slow ?? false);
  return held;
}

/** Null where the source is one. */
async function openSitesOf(
  { openSites, sites }: Reader,
  { db, effects }: HolderContext,
): Promise<OpenSite[] | null> {
  if (openSites) return openSites(db, effects.now());
  const all = await sites?.(db, effects.now());
  return all?.map((site) => ({ site, slow: false })) ?? null;
}

/** A window that outgrows the budget waits: the next claim finds nothing that fits. */
async function ended(
  context: HolderContext,
  held: Held,
  work: () => Promise<void>,
): Promise<ClaimEnd | "waits"> {
  try {
    return await withClaim(context, held.claim, work);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    context.log.warn({ window: held.window._id }, error.message);
    return "waits";
  }
}

const TROUBLES_MAX = 3; // windows of a site in a row that fail: then it is the site

function noteEnd({ aside, troubles }: Shared, site: string, end: ClaimEnd | "waits"): void {
  const inARow = end === "troubled" ? (troubles.get(site) ?? 0) + 1 : 0;
  troubles.set(site, inARow);
  if (end === "set aside" || inARow >= TROUBLES_MAX) aside.add(site);
}
