// One invocation, from the configuration to the summary line:
//   plan both, then for both sources side by side until the soft deadline: delta, claim, drain, done, claim the next; with
//   nothing left to claim, verify. One bad source never blocks the other.
import { type Held, reviveFailed } from "../claim/claim.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { APIS } from "../fetch/api.ts";
import { openPacer } from "../fetch/pacer.ts";
import { plan } from "../plan/plan.ts";
import { type Database, ensureCollections, ensureIndexes } from "../platform/database.ts";
import type { Effects } from "../platform/effects.ts";
import type { Logger } from "../platform/logger.ts";
import { sendAlerts } from "../report/alerts.ts";
import { closeRun, openRun } from "../report/runs.ts";
import { closePassed } from "../store/store.ts";
import { BAD_ENDS, type SyncJob, type SyncRun } from "../terms/documents.ts";
import {
  ApiError,
  BudgetSpent,
  DeadlineReached,
  type ErrorKind,
  noted,
  StorageFull,
} from "../terms/errors.ts";
import { claimFitting } from "./claim-fitting.ts";
import {
  noteError,
  type RunContext,
  remainingMs,
  type SourceContext,
  type SourceReport,
  waitAlive,
} from "./context.ts";
import { syncDelta } from "./delta.ts";
import { drain } from "./drain.ts";
import { noteFull, noting, notingEnd, openRoom } from "./headroom.ts";
import { type HoldEnd, holding } from "./hold.ts";
import { closeJob, notePlan, openJob } from "./jobs.ts";
import { statusOf } from "./status.ts";
import { askAbsent, verifyNewest } from "./verify.ts";

export interface InvocationOptions {
  db: Database;
  effects: Effects;
  config: Config;
  log: Logger;
  /** Neither delta nor drain. */
  verifyOnly?: boolean;
}

/** @returns the run's document. @throws only what kept the run from beginning (the database, above all) */
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
    await ensureCollections(db, log);
    await ensureIndexes(db);
    await openRun(db, _id, startedAt);
    noticesClosed = await closePassed(db, startedAt);
  });
  const begun = room.full === null;
  const sources = await runSources(context);
  const end = { endedAt: effects.now(), outcome: outcomeOf(sources), sources };
  if (begun) await notingEnd(room, () => closeRun(db, _id, end));
  const now = effects.now();
  const alerts = { db, webhookUrl: config.alertWebhookUrl, post: effects.post, now, log };
  await noting(room, () => sendAlerts({ ...alerts, readStatus: () => statusOf(db, config, now) }));
  log.info({ ...summary(end, startedAt), noticesClosed }, "invocation");
  return { _id, startedAt, ...end };
}

/** Both are planned before either works: which months come first, and fit, is a question to both together. */
async function runSources(run: RunContext): Promise<SourceReport[]> {
  const { config, log, room } = run;
  if (room.full) {
    const { message } = room.full; // it would not even take the run's own document: the next invocation tries again
    log.error(message);
    const ended = { errors: [`full: ${message}`], endedBy: "storage full" as const };
    return config.sources.map(({ source }) => ({ ...emptyReport(source), ...ended }));
  }
  const jobs = await Promise.allSettled(config.sources.map((settings) => openAndPlan(run, settings)));
  return Promise.all(config.sources.map((settings, at) => runSource(run, settings, jobs[at])));
}

async function openAndPlan({ db, effects }: RunContext, settings: SourceConfig): Promise<SyncJob> {
  const { source, start, stages } = settings;
  const job = await openJob(db, source, effects.now());
  if (job.paused) return job;
  const { horizon, planHash: knownHash } = job;
  const planned = await plan(db, { source, start, horizon, stages, knownHash, now: effects.now() });
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
    report.endedBy = await work(await contextOf(run, settings, report));
  } catch (thrown) {
    const error = noteFull(room, thrown) ?? thrown;
    report.endedBy = endOf(error);
    if (report.endedBy !== "deadline") {
      noteError(report, error);
      log.error({ source: settings.source, err: error }, noted(error).message);
    }
  }
  noteSilence(report);
  try {
    await noting(room, () => closeJob(db, report, effects.now()));
  } catch (error) {
    noteError(report, error);
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
  noteError(report, new ApiError(message, { kind, url: "", attempts: requests }));
}

function endOf(error: unknown): SourceReport["endedBy"] {
  if (error instanceof DeadlineReached) return "deadline";
  return error instanceof StorageFull ? "storage full" : "error";
}

const BACKOFF_SECONDS = 120; // after a window's first failed attempt, unless COOLDOWN_SECONDS says otherwise
/** Windows in a row that fail in the same way: then it is the source, and the next invocation tries again. */
const TROUBLES_MAX = 3;

async function work(context: SourceContext): Promise<"nothing left" | "trouble"> {
  const { config, verifyOnly } = context;
  const end = verifyOnly ? "nothing left" : await drainAll(context);
  if (end === "nothing left" && config.verifyRequestsPerRun > 0) return verify(context);
  return end;
}

async function drainAll(context: SourceContext): Promise<"nothing left" | "trouble"> {
  await deltaFirst(context);
  for (let troubles = new Map<string, ErrorKind>(); !isSourceTrouble(troubles); ) {
    stopAtDeadline(context);
    const held = await claimFitting(context, context.config.cooldownSeconds ?? BACKOFF_SECONDS);
    if (!held) return "nothing left";
    const hold = await drainHeld(context, held);
    if (hold.end === "finished") context.report.windowsDone.push(held.window._id);
    if (hold.end === "troubled") troubles.set(held.window._id, hold.kind);
    else troubles = new Map();
  }
  return "trouble";
}

/** Of one kind, or twice as many of several: a source that is down may fail in several ways. */
function isSourceTrouble(inARow: ReadonlyMap<string, ErrorKind>): boolean {
  const kinds = [...inARow.values()];
  const same = kinds.slice(-TROUBLES_MAX).every((kind) => kind === kinds.at(-1));
  return kinds.length >= (same ? TROUBLES_MAX : 2 * TROUBLES_MAX);
}

/** A window that outgrows the budget waits: the next claim finds nothing that fits. */
async function drainHeld(context: SourceContext, held: Held): Promise<HoldEnd | { end: "waits" }> {
  try {
    return await holding(context, held.claim, () => drain(context, held));
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    context.log.warn({ window: held.window._id }, error.message);
    return { end: "waits" };
  }
}

async function verify(context: SourceContext): Promise<"nothing left" | "trouble"> {
  const { config, api } = context;
  for (let troubles = 0; troubles < TROUBLES_MAX; ) {
    stopAtDeadline(context);
    const hold = await verifyNewest(context);
    if (hold === null) break;
    troubles = hold.end === "troubled" ? troubles + 1 : 0;
  }
  if (!api.lookupPath) return "nothing left";
  for (let left = config.verifyRequestsPerRun; left > 0; ) {
    const requests = await askAbsent(context);
    if (requests === null) return "nothing left";
    left -= requests;
    stopAtDeadline(context);
  }
  return "nothing left";
}

/** The delta's trouble is no reason to leave the backfill alone. */
async function deltaFirst(context: SourceContext): Promise<void> {
  try {
    await syncDelta(context);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    noteError(context.report, error);
    context.log.error({ source: context.source }, error.message);
  }
}

function stopAtDeadline(context: SourceContext): void {
  if (context.room.full) throw context.room.full;
  if (remainingMs(context) <= 0) throw new DeadlineReached("the run's budget is used up");
}

async function contextOf(
  run: RunContext,
  settings: SourceConfig,
  report: SourceReport,
): Promise<SourceContext> {
  const { db, effects, config } = run;
  const { source, origin } = settings;
  const api = APIS[source];
  const keepAlive: SourceContext["keepAlive"] = { held: null };
  const left = () => remainingMs(run);
  const wait = async (ms: number) => {
    report.waitedMs += Math.max(0, ms);
    await waitAlive({ effects, leaseSeconds: config.leaseSeconds, keepAlive }, ms);
  };
  const { requestsPerMinute, cooldownSeconds } = config;
  const pacer = await openPacer({ db, source, requestsPerMinute, remainingMs: left, wait });
  const asker = { api, origin, effects, pacer, cooldownSeconds, remainingMs: left, wait, tally: report };
  const inQuarantine = await db.quarantine.find({ source }, { projection: { _id: 1 } }).toArray();
  const quarantined = new Set(inQuarantine.map(({ _id }) => _id));
  return { ...run, source, settings, api, asker, report, quarantined, keepAlive };
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
