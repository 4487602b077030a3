// What one source has to do in one invocation: delta, then claim, drain, done, claim the next; with nothing left to claim,
// verify.
import type { Held } from "../claim/claim.ts";
import type { Asker } from "../fetch/ask.ts";
import { openPacer } from "../fetch/pacer.ts";
import type { SourceConfig } from "../sources/source.ts";
import type { Assumption } from "../terms/documents.ts";
import { BudgetSpent, DeadlineReached } from "../terms/errors.ts";
import { checkAssumptions, checkAssumptionsIfDue } from "./assumptions.ts";
import { claimFitting } from "./claim-fitting.ts";
import { type HolderContext, remainingMs, type SourceContext, waitFor } from "./context.ts";
import { syncDelta } from "./delta.ts";
import { drain } from "./drain.ts";
import { countTexts } from "./evidence.ts";
import { workByReader } from "./read-sites.ts";
import { secondPass } from "./second-pass.ts";
import { verifyNewest } from "./verify.ts";
import { type ClaimEnd, untroubled, withClaim } from "./with-claim.ts";
import { isTrusted, openWitness } from "./witness.ts";

export type End = "nothing left" | "trouble";

/** Everything that there is to do for a source now, by its own reader or by the walk. */
export async function workOn(holder: HolderContext, settings: SourceConfig): Promise<End> {
  const { reader, definition } = settings;
  const backoffSeconds = holder.config.cooldownSeconds ?? BACKOFF_SECONDS;
  const mayGoOn = () => stopAtDeadline(holder);
  if (reader) await workByReader(holder, { settings, reader, backoffSeconds, mayGoOn });
  else if (definition.releases) return work(await contextOf(holder, settings, definition.releases));
  return "nothing left";
}

const BACKOFF_SECONDS = 120; // after a window's first failed attempt, unless COOLDOWN_SECONDS says otherwise
const TROUBLES_MAX = 3; // windows in a row that fail: then it is the source, and the next invocation tries again
/** Of one window that is due again at once; it has failed by then. */
const TROUBLES_OF_ONE_MAX = 9;

async function work(context: SourceContext): Promise<End> {
  const { config, verifyOnly } = context;
  const trouble = verifyOnly ? null : await deltaFirst(context);
  const asks = config.verifyRequestsPerRun > 0;
  const end = verifyOnly ? "nothing left" : await drainAndProve(context, asks);
  if (end === "nothing left" && asks) await verify(context);
  if (trouble) throw trouble.error;
  return end;
}

/** Side by side: a witness takes time and next to no requests. @throws what ended a side, after both have ended */
async function drainAndProve(context: SourceContext, asks: boolean): Promise<End> {
  const proves = asks && context.witness !== null;
  const [drained, proved] = await Promise.allSettled([
    drainAll(context, asks),
    proves ? beside(context).then(verifyAhead) : null,
  ]);
  if (drained.status === "rejected") throw drained.reason;
  if (proved.status === "rejected") throw proved.reason;
  return drained.value;
}

/** The same with a lease of its own to keep alive while it waits. */
async function beside(context: SourceContext): Promise<SourceContext> {
  const holder = { ...context, keepAlive: { held: null } };
  return { ...holder, asker: { ...context.asker, ...(await pacedFor(holder)) } };
}

async function pacedFor(holder: HolderContext): Promise<Pick<Asker, "pacer" | "wait" | "remainingMs">> {
  const { db, source, config } = holder;
  const left = () => remainingMs(holder);
  const wait = waitFor(holder);
  const { requestsPerMinute } = config;
  const pacer = await openPacer({ db, source, requestsPerMinute, remainingMs: left, wait });
  return { pacer, wait, remainingMs: left };
}

async function drainAll(context: SourceContext, asks: boolean): Promise<End> {
  const { config, report } = context;
  return untilTrouble(context, async () => {
    const held = await claimFitting(context, {
      backoffSeconds: config.cooldownSeconds ?? BACKOFF_SECONDS,
    });
    if (!held) return null;
    const end = await drainHeld(context, held, () => drain(context, held));
    if (end === "finished") report.windowsDone.push(held.window._id);
    // Not after a whole history only: a false assumption is known within the first run.
    if (end === "finished" && asks && report.windowsDone.length === 1) await checkAssumptionsIfDue(context);
    return { end, windowId: held.window._id };
  });
}

/** Windows one after the other, until none is left (null) or several in a row had trouble. */
async function untilTrouble(
  context: HolderContext,
  next: () => Promise<{ end: ClaimEnd | "waits"; windowId: string } | null>,
): Promise<End> {
  for (let troubles: string[] = []; !isSourceTrouble(troubles); ) {
    stopAtDeadline(context);
    const hold = await next();
    if (hold === null) return "nothing left";
    troubles = hold.end === "troubled" ? [...troubles, hold.windowId] : [];
  }
  return "trouble";
}

/** One window that fails is its own trouble, however often; several in a row are the source's. */
const isSourceTrouble = (inARow: string[]) =>
  new Set(inARow).size >= TROUBLES_MAX || inARow.length >= TROUBLES_OF_ONE_MAX;

/** A window that outgrows the budget waits: the next claim finds nothing that fits. */
async function drainHeld(
  context: HolderContext,
  held: Held,
  read: (held: Held) => Promise<void>,
): Promise<ClaimEnd | "waits"> {
  try {
    return await withClaim(context, held.claim, () => read(held));
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    context.log.warn({ window: held.window._id }, error.message);
    return "waits";
  }
}

/** By a witness, while other months are still to be drained: ten years of files take as many runs as the drain. */
async function verifyAhead(context: SourceContext): Promise<void> {
  if (!(await isTrusted(context))) return;
  await checkAssumptionsIfDue(context); // or no proof would stand
  await untilTrouble(context, async () =>
    (await isTrusted(context)) ? verifyNewest(context, { first: true, share: null }) : null,
  );
}

/** Never verified first, as long as it takes; then what has been proved, within its share of the run. */
async function verify(context: SourceContext): Promise<void> {
  await checkAssumptionsIfDue(context);
  const share = { left: context.config.verifyRequestsPerRun };
  const first = await untilTrouble(context, () => verifyNewest(context, { first: true, share: null }));
  if (first === "nothing left")
    await untilTrouble(context, () => verifyNewest(context, { first: false, share }));
}

/** Asks all that is taken for granted of one source's API, due or not. */
export async function askAssumptions(holder: HolderContext, settings: SourceConfig): Promise<Assumption[]> {
  const { releases } = settings.definition;
  return releases ? checkAssumptions(await contextOf(holder, settings, releases)) : [];
}

/** The delta's trouble is no reason to leave the backfill alone. */
const deltaFirst = (context: SourceContext) =>
  untroubled(context, async () => {
    await syncDelta(context);
    if (context.config.verifyRequestsPerRun > 0) await secondPass(context);
  });

function stopAtDeadline(context: HolderContext): void {
  if (context.headroom.full) throw context.headroom.full;
  if (remainingMs(context) <= 0) throw new DeadlineReached("the run's budget is used up");
}

async function contextOf(
  holder: HolderContext,
  settings: SourceConfig,
  { api, rules, witness }: NonNullable<SourceConfig["definition"]["releases"]>,
): Promise<SourceContext> {
  const { db, effects, config, report, source } = holder;
  const { cooldownSeconds } = config;
  const { origin, witnessOrigin } = settings;
  const asker = { api, origin, effects, cooldownSeconds, tally: report, ...(await pacedFor(holder)) };
  const inQuarantine = await db.quarantine.find({ source }, { projection: { _id: 1 } }).toArray();
  const quarantined = new Set(inQuarantine.map(({ _id }) => _id));
  const withText = db.quarantine.find({ source, rawText: { $ne: "" } }, { projection: { windowId: 1 } });
  return {
    ...{ ...holder, api, rules, stages: settings.stages, asker, quarantined },
    witness: witness && witnessOrigin ? openWitness(witness, witnessOrigin) : null,
    textCounts: countTexts(await withText.toArray()),
  };
}
