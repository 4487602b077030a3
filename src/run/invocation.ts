// One invocation, from the configuration to the summary line:
//   plan both, then for both sources side by side until the soft deadline: delta, claim, drain, done, claim the next; with
//   nothing left to claim, verify. One bad source never blocks the other.
import { type Held, reviveFailed } from "../claim/claim.ts";
import type { Config } from "../config/config.ts";
import { openPacer } from "../fetch/pacer.ts";
import { plan } from "../plan/plan.ts";
import { type Database, ensureCollections, ensureIndexes } from "../platform/database.ts";
import type { Effects } from "../platform/effects.ts";
import type { Logger } from "../platform/logger.ts";
import { sendAlerts } from "../report/alerts.ts";
import { closeRun, openRun } from "../report/runs.ts";
import { ownCollections } from "../sources/index.ts";
import type { SourceConfig } from "../sources/source.ts";
import { closePassed } from "../store/store.ts";
import { BAD_ENDS, type SyncJob, type SyncRun } from "../terms/documents.ts";
import { ApiError, BudgetSpent, DeadlineReached, messageOf, StorageFull } from "../terms/errors.ts";
import { troubleText } from "../terms/trouble.ts";
import { claimFitting } from "./claim-fitting.ts";
import {
  type HolderContext,
  type RunContext,
  remainingMs,
  type SourceContext,
  type SourceReport,
  waitFor,
} from "./context.ts";
import { syncDelta } from "./delta.ts";
import { drain } from "./drain.ts";
import { noteFull, noting, notingEnd, openRoom } from "./headroom.ts";
import { type HoldEnd, holding, untroubled } from "./hold.ts";
import { closeJob, notePlan, openJob } from "./jobs.ts";
import { workByReader } from "./read-sites.ts";
import { statusOf } from "./status.ts";
import { verifyNewest } from "./verify.ts";

export interface InvocationOptions {
  db: Database;
  effects: Effects;
  config: Config;
  log: Logger;
  /** Neither delta nor drain. */
  verifyOnly?: boolean;
}

/** @returns the run's document. @throws only what kept the run from beginning or its document from being written: the database */
export async function invoke(options: InvocationOptions): Promise<SyncRun> {
  const { db, effects, config, log } = options;
  const startedAt = effects.now();
  const deadline = new Date(startedAt.getTime() + config.runBudgetSeconds * 1000);
  const _id = effects.newId();
  const room = await openRoom(db, config);
  const { verifyOnly = false } = options;
  const context: RunContext = { db, effects, config, log, deadline, room, verifyOnly };
  let noticesClosed = 0;
  await noting(room, async () => {
    const own = ownCollections(config.sources);
    await ensureCollections(db, log, own);
    await ensureIndexes(db, own);
    await openRun(db, _id, startedAt);
    noticesClosed = await closePassed(db, startedAt);
  });
  const begun = room.full === null;
  const sources = await runSources(context);
  const end = { endedAt: effects.now(), outcome: outcomeOf(sources), sources };
  // Alarms are sent even where the run's document could not be written.
  const written = await settled(async () => {
    if (begun) await notingEnd(room, () => closeRun(db, _id, end));
  });
  const now = effects.now();
  const alerts = { db, webhookUrl: config.alertWebhookUrl, post: effects.post, now, log };
  await noting(room, () => sendAlerts({ ...alerts, readStatus: () => statusOf(db, config, now) }));
  log.info({ ...summary(end, startedAt), noticesClosed }, "invocation");
  if (written.status === "rejected") throw written.reason;
  return { _id, startedAt, ...end };
}

async function settled(work: () => Promise<void>): Promise<PromiseSettledResult<void>> {
  const [result] = await Promise.allSettled([work()]);
  return result;
}

/** Both are planned before either works: which months come first, and fit, is a question to both together. */
async function runSources(run: RunContext): Promise<SourceReport[]> {
  const { config, log, room } = run;
  if (room.full) {
    const { message } = room.full; // it would not even take the run's own document: the next invocation tries again
    log.error(message);
    const ended = { errors: [troubleText(room.full)], endedBy: "storage full" as const };
    return config.sources.map(({ source }) => ({ ...emptyReport(source), ...ended }));
  }
  const jobs = await Promise.allSettled(config.sources.map((settings) => openAndPlan(run, settings)));
  return Promise.all(config.sources.map((settings, at) => runSource(run, settings, jobs[at])));
}

async function openAndPlan({ db, effects }: RunContext, settings: SourceConfig): Promise<SyncJob> {
  const { source, start, stages, reader } = settings;
  const job = await openJob(db, source, effects.now());
  if (job.paused) return job;
  const { horizon, planHash: knownHash } = job;
  const sites = await reader?.sites?.(db, effects.now());
  const planned = await plan(db, {
    source,
    start,
    horizon,
    stages,
    knownHash,
    now: effects.now(),
    ...(sites ? { sites } : {}),
    ...(reader?.until ? { until: reader.until(effects.now()) } : {}),
    ...(reader?.isDueAgain ? { isDueAgain: reader.isDueAgain } : {}),
  });
  if (planned.hash !== knownHash) await notePlan(db, source, { before: knownHash, after: planned.hash });
  await reviveFailed(db, source);
  return job;
}

function outcomeOf(sources: SourceReport[]): SyncRun["outcome"] {
  if (sources.some(({ endedBy }) => BAD_ENDS.includes(endedBy))) return "error";
  return sources.some(({ endedBy }) => endedBy === "deadline") ? "deadline" : "done";
}

function summary(end: { endedAt: Date; outcome: string; sources: SourceReport[] }, startedAt: Date): object {
  const sources = Object.fromEntries(
    end.sources.map(({ source, windowsDone, windowsVerified, errors, ...figures }) => [
      source,
      {
        ...figures,
        windowsDone: windowsDone.length,
        windowsVerified: windowsVerified.length,
        errors: errors.length,
      },
    ]),
  );
  return { outcome: end.outcome, seconds: (end.endedAt.getTime() - startedAt.getTime()) / 1000, sources };
}

/** Everything for one source; whatever happens ends in its report. */
async function runSource(
  run: RunContext,
  settings: SourceConfig,
  job: PromiseSettledResult<SyncJob> | undefined,
): Promise<SourceReport> {
  const { db, effects, log, room } = run;
  const report = emptyReport(settings.source);
  try {
    if (job?.status === "rejected") throw job.reason;
    if (job?.value.paused) return { ...report, endedBy: "paused" };
    const { source, reader, definition } = settings;
    const holder: HolderContext = { ...run, source, report, keepAlive: { held: null } };
    const backoffSeconds = run.config.cooldownSeconds ?? BACKOFF_SECONDS;
    const mayGoOn = () => stopAtDeadline(holder);
    if (reader) await workByReader(holder, { settings, reader, backoffSeconds, mayGoOn });
    else if (definition.releases)
      report.endedBy = await work(await contextOf(holder, settings, definition.releases));
  } catch (thrown) {
    const error = noteFull(room, thrown) ?? thrown;
    report.endedBy = endOf(error);
    if (report.endedBy !== "deadline") {
      const message = messageOf(error);
      report.errors.push(troubleText(error));
      log.error({ source: settings.source, err: error }, message);
    }
  }
  if (settings.definition.releases) noteSilence(report);
  try {
    await noting(room, () => closeJob(db, report, effects.now()));
  } catch (error) {
    report.errors.push(troubleText(error));
    report.endedBy = "error";
    log.error({ source: settings.source, err: error }, "the source's job could not be written");
  }
  return report;
}

/** A run that got no answer is not a success, however it ended. */
function noteSilence(report: SourceReport): void {
  const { source, requests, refusals, answers, endedBy, errors } = report;
  if (requests === 0 || answers > 0 || BAD_ENDS.includes(endedBy)) return;
  report.endedBy = "trouble";
  if (errors.length > 0) return;
  const kind = refusals > 0 ? "refused" : "slow";
  const message = `${source}: ${requests} requests in this run, and no answer to any. The next run tries again.`;
  errors.push(troubleText(new ApiError(message, { kind, url: "", attempts: requests, permanent: false })));
}

function endOf(error: unknown): SourceReport["endedBy"] {
  if (error instanceof DeadlineReached) return "deadline";
  return error instanceof StorageFull ? "storage full" : "error";
}

const BACKOFF_SECONDS = 120; // after a window's first failed attempt, unless COOLDOWN_SECONDS says otherwise
const TROUBLES_MAX = 3; // windows in a row that fail: then it is the source, and the next invocation tries again
/** Of one window that is due again at once; it has failed by then. */
const TROUBLES_OF_ONE_MAX = 9;

type End = "nothing left" | "trouble";

async function work(context: SourceContext): Promise<End> {
  const { config, verifyOnly } = context;
  const trouble = verifyOnly ? null : await deltaFirst(context);
  const end = verifyOnly ? "nothing left" : await drainAll(context, (held) => drain(context, held));
  if (end === "nothing left" && config.verifyRequestsPerRun > 0) await verify(context);
  if (trouble) throw trouble.error;
  return end;
}

async function drainAll(context: HolderContext, read: (held: Held) => Promise<void>): Promise<End> {
  const { config, report } = context;
  return untilTrouble(context, async () => {
    const held = await claimFitting(context, {
      backoffSeconds: config.cooldownSeconds ?? BACKOFF_SECONDS,
    });
    if (!held) return null;
    const end = await drainHeld(context, held, read);
    if (end === "finished") report.windowsDone.push(held.window._id);
    return { end, windowId: held.window._id };
  });
}

/** Windows one after the other, until none is left (null) or several in a row had trouble. */
async function untilTrouble(
  context: HolderContext,
  next: () => Promise<{ end: HoldEnd | "waits"; windowId: string } | null>,
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
): Promise<HoldEnd | "waits"> {
  try {
    return await holding(context, held.claim, () => read(held));
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    context.log.warn({ window: held.window._id }, error.message);
    return "waits";
  }
}

/** Never verified first, as long as it takes; then what has been proved, within its share of the run. */
async function verify(context: SourceContext): Promise<void> {
  const share = { left: context.config.verifyRequestsPerRun };
  const first = await untilTrouble(context, () => verifyNewest(context, { first: true, share: null }));
  if (first === "nothing left")
    await untilTrouble(context, () => verifyNewest(context, { first: false, share }));
}

/** The delta's trouble is no reason to leave the backfill alone. */
const deltaFirst = (context: SourceContext) => untroubled(context, () => syncDelta(context));

function stopAtDeadline(context: HolderContext): void {
  if (context.room.full) throw context.room.full;
  if (remainingMs(context) <= 0) throw new DeadlineReached("the run's budget is used up");
}

async function contextOf(
  holder: HolderContext,
  settings: SourceConfig,
  { api, rules }: NonNullable<SourceConfig["definition"]["releases"]>,
): Promise<SourceContext> {
  const { db, effects, config, report, source } = holder;
  const left = () => remainingMs(holder);
  const wait = waitFor(holder);
  const { requestsPerMinute, cooldownSeconds } = config;
  const pacer = await openPacer({ db, source, requestsPerMinute, remainingMs: left, wait });
  const { origin } = settings;
  const asker = { api, origin, effects, pacer, cooldownSeconds, remainingMs: left, wait, tally: report };
  const inQuarantine = await db.quarantine.find({ source }, { projection: { _id: 1 } }).toArray();
  const quarantined = new Set(inQuarantine.map(({ _id }) => _id));
  return { ...holder, api, rules, stages: settings.stages, asker, quarantined };
}

function emptyReport(source: SourceReport["source"]): SourceReport {
  return {
    source,
    requests: 0,
    releases: 0,
    contractsChanged: 0,
    quarantined: 0,
    refusals: 0,
    retries: 0,
    answers: 0,
    waitedMs: 0,
    windowsDone: [],
    windowsVerified: [],
    errors: [],
    endedBy: "nothing left",
  };
}
