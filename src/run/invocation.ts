// One invocation, from the configuration to the summary line:
//   plan both, then for both sources side by side until the soft deadline: delta, claim, drain, done, claim the next; with
//   nothing left to claim, verify. One bad source never blocks the other.
import { reviveFailed } from "../claim/claim.ts";
import type { Config } from "../config/config.ts";
import { foldOcid } from "../map/process/fold.ts";
import { twinsAmong } from "../map/process/twins.ts";
import { plan } from "../plan/plan.ts";
import { type Database, databaseTime } from "../platform/database.ts";
import type { Effects } from "../platform/effects.ts";
import type { Logger } from "../platform/logger.ts";
import { ensureCollections, ensureIndexes, refuseEarlierVersion } from "../platform/schema.ts";
import { ensureSearchIndex } from "../platform/search-index.ts";
import { sendAlerts } from "../report/alerts.ts";
import { closeRun, openRun } from "../report/runs.ts";
import { noticePage, ownCollections } from "../sources/index.ts";
import type { SourceConfig } from "../sources/source.ts";
import { adoptBuyers } from "../store/buyers.ts";
import { closePassed } from "../store/store.ts";
import { findTwins } from "../store/twins.ts";
import { type Assumption, BAD_ENDS, type SyncJob, type SyncRun } from "../terms/documents.ts";
import { ApiError, DeadlineReached, messageOf, StorageFull } from "../terms/errors.ts";
import { troubleText } from "../terms/trouble.ts";
import { sendDigest } from "../watch/digest.ts";
import { createClock } from "./clock.ts";
import type { RunContext, SourceReport } from "./context.ts";
import { openHeadroom, recordFull, writeRunEnd, writeUnlessFull } from "./headroom.ts";
import { closeJob, notePlan, openJob } from "./jobs.ts";
import { statusOf } from "./status.ts";
import { askAssumptions, workOn } from "./work.ts";

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
  const { db, config, log } = options;
  const clock = createClock(options.effects);
  const begunMs = options.effects.now().getTime();
  await clock.setBy(() => databaseTime(db));
  const { effects } = clock;
  const askedMs = options.effects.now().getTime() - begunMs; // a failover takes its time of the budget
  const startedAt = new Date(effects.now().getTime() - askedMs);
  const deadline = new Date(startedAt.getTime() + config.runBudgetSeconds * 1000);
  const _id = effects.newId();
  const headroom = await openHeadroom(db, config);
  const { verifyOnly = false } = options;
  const context: RunContext = { db, effects, config, log, deadline, headroom, verifyOnly };
  let noticesClosed = 0;
  await refuseEarlierVersion(db);
  await writeUnlessFull(headroom, async () => {
    const own = ownCollections(config.sources);
    await ensureCollections(db, log, own);
    await ensureIndexes(db, own);
    await ensureSearchIndex(db, { mode: config.searchIndex, log });
    await openRun(db, _id, startedAt);
    await adoptBuyers(db);
    noticesClosed = await closePassed({ db, fold: foldOcid, now: startedAt });
    await findTwins(db, twinsAmong);
  });
  const begun = headroom.full === null;
  const sources = await runSources(context);
  const end = { endedAt: effects.now(), outcome: outcomeOf(sources), sources };
  // Alarms are sent even where the run's document could not be written.
  const written = await settled(async () => {
    if (begun) await writeRunEnd(headroom, () => closeRun(db, _id, end));
  });
  const now = effects.now();
  const alerts = { db, webhookUrl: config.alertWebhookUrl, post: effects.post, now, log };
  await writeUnlessFull(headroom, () =>
    sendAlerts({ ...alerts, readStatus: () => statusOf(db, config, now) }),
  );
  if (config.notify === "daily") {
    const ids = config.sources.map(({ source }) => source);
    const asked = { sources: ids, search: config.searchIndex, noticePage };
    await writeUnlessFull(headroom, () => sendDigest({ ...alerts, ...asked }));
  }
  log.info({ ...summary(end, startedAt), noticesClosed }, "invocation");
  if (written.status === "rejected") throw written.reason;
  return { _id, startedAt, ...end };
}

/** What is taken for granted of each API, asked here and now. */
export async function assumptionsNow(options: InvocationOptions): Promise<Assumption[]> {
  const { db, effects, config, log } = options;
  await refuseEarlierVersion(db);
  await ensureCollections(db, log, ownCollections(config.sources));
  const deadline = new Date(effects.now().getTime() + config.runBudgetSeconds * 1000);
  const run = {
    db,
    effects,
    config,
    log,
    deadline,
    headroom: await openHeadroom(db, config),
    verifyOnly: true,
  };
  const rows = await Promise.all(
    config.sources.map(async (settings) => {
      const { source } = settings;
      const holder = { ...run, source, report: emptyReport(source), keepAlive: { held: null } };
      return askAssumptions(holder, settings);
    }),
  );
  return rows.flat();
}

async function settled<T>(work: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work()]);
  return result;
}

/**
 * All that share the budget are planned before any of them works: which months come first, and fit, is a question to them
 * together. A source with a share of its own keeps nobody waiting.
 */
async function runSources(run: RunContext): Promise<SourceReport[]> {
  const { config, log, headroom } = run;
  if (headroom.full) {
    const { message } = headroom.full; // it would not even take the run's own document: the next invocation tries again
    log.error(message);
    const ended = { errors: [troubleText(headroom.full)], endedBy: "storage full" as const };
    return config.sources.map(({ source }) => ({ ...emptyReport(source), ...ended }));
  }
  const plans = config.sources.map((settings) => settled(() => openAndPlan(run, settings)));
  const isSharing = ({ reader }: SourceConfig) => reader?.storageShare === undefined;
  const together = Promise.all(
    config.sources.map((settings, at) => (isSharing(settings) ? plans[at] : null)),
  );
  return Promise.all(
    config.sources.map(async (settings, at) => {
      if (isSharing(settings)) await together;
      return runSource(run, settings, await plans[at]);
    }),
  );
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
  const { db, effects, log, headroom } = run;
  const report = emptyReport(settings.source);
  try {
    if (job?.status === "rejected") throw job.reason;
    if (job?.value.paused) return { ...report, endedBy: "paused" };
    const { source } = settings;
    report.endedBy = await workOn({ ...run, source, report, keepAlive: { held: null } }, settings);
  } catch (thrown) {
    const error = recordFull(headroom, thrown) ?? thrown;
    report.endedBy = endOf(error);
    if (report.endedBy !== "deadline") {
      const message = messageOf(error);
      report.errors.push(troubleText(error));
      log.error({ source: settings.source, err: error }, message);
    }
  }
  if (settings.definition.releases) noteSilence(report);
  try {
    await writeUnlessFull(headroom, () => closeJob(db, report, effects.now()));
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
