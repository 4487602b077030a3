// Deliberate errors, each a place in the source and what to put there. test/tidy.test.ts sees that the places exist.

import { FOLD_MUTANTS } from "./fold-mutants.ts";

export interface Mutant {
  name: string;
  file: string;
  find: string;
  put: string;
}

export const MUTANTS: Mutant[] = [
  {
    name: "no margin: the frontier is the page's last row",
    file: "src/fetch/walk.ts",
    find: "Math.min(api.marginRows, Math.floor(limit / 2))",
    put: "1",
  },
  {
    name: "a full page is taken for the last one",
    file: "src/fetch/walk.ts",
    find: 'if (count < asked.limit && page.next === null) return { kind: "whole" };',
    put: 'if (page.next === null) return { kind: "whole" };',
  },
  {
    name: "a short page with a next one is taken for whole",
    file: "src/fetch/walk.ts",
    find: 'return count < asked.limit && page.next === null ? { kind: "whole" } : { kind: "over" };',
    put: 'return { kind: "whole" };',
  },
  {
    name: "the order of a page is not looked at",
    file: "src/fetch/walk.ts",
    find: "if (!inItsOrder) return",
    put: "if (false) return",
  },
  {
    name: "the echo is not looked at",
    file: "src/fetch/walk.ts",
    find: "if (echoes(api, asked, page.uri) !== true) return",
    put: "if (false) return",
  },
  {
    name: "exclusive ends: the next question begins a second below",
    file: "src/fetch/walk.ts",
    find: "return boundaryAtOrAfter(toLondon(new Date(median)));",
    put: "return plusSeconds(boundaryAtOrAfter(toLondon(new Date(median))), -1);",
  },
  {
    name: "UTC for London",
    file: "src/terms/london-time.ts",
    find: "return asIfUtc(new Date(instant.getTime() + offsetMs(instant.getTime())));",
    put: "return asIfUtc(instant);",
  },
  {
    name: "a boundary in the hour that the clocks change",
    file: "src/terms/london-time.ts",
    find: "return offsetMs(midnight) !== offsetMs(midnight + 4 * HOUR);",
    put: "return false;",
  },
  { name: "the fence is dropped", file: "src/claim/statements.ts", find: '"claim.id": claim.id,', put: "" },
  {
    name: "the lease is not renewed",
    file: "src/run/context.ts",
    find: "if (dueMs < left) await held?.renew();",
    put: "if (held) held.renewedAt = effects.now();",
  },
  {
    name: "an expired lease is never taken over",
    file: "src/claim/statements.ts",
    find: '{ status: "running", $expr: { $lt: ["$claim.until", "$$NOW"] } },',
    put: "",
  },
  {
    name: "a claim is taken though it is held",
    file: "src/claim/statements.ts",
    find: '{ status: "running", $expr: { $lt: ["$claim.until", "$$NOW"] } },',
    put: '{ status: "running" },',
  },
  {
    name: "checkpoint before store",
    file: "src/run/drain.ts",
    find: "const { lanes } = progress;",
    put: "const { lanes } = progress;\n  await checkpoint(context, claim, { ...progress, lanes: lanes.map((one) => ({ ...one, frontier: start })) });",
  },
  {
    name: "done with a lane left",
    file: "src/fetch/walk.ts",
    find: "const open = lanes.filter((lane) => !lane.done);\n  return open.reduce",
    put: "const open = lanes.slice(0, 1).filter((lane) => !lane.done);\n  return open.reduce",
  },
  {
    name: "the delta starts when the backfill has ended",
    file: "src/run/jobs.ts",
    find: "return job;\n}",
    put: 'if (job.status === "backfilling") await db.syncJobs.updateOne({ _id: source }, { $set: { lastSyncedDate: now } });\n  return job;\n}',
  },
  {
    name: "the delta's end moves before its walk has reached it",
    file: "src/run/delta.ts",
    find: "const { from: start, lanes } = walk;",
    put: "const { from: start, lanes } = walk;\n  await db.syncJobs.updateOne({ _id: source }, { $max: { lastSyncedDate: fromLondon(walk.to) } });",
  },
  {
    name: "no settling margin",
    file: "src/run/delta.ts",
    find: "const SETTLING_MS = 120_000;",
    put: "const SETTLING_MS = -60_000;",
  },
  {
    name: "the month of T0 is never read whole",
    file: "src/plan/difference.ts",
    find: "if (to > window.to) {",
    put: "if (false) {",
  },
  {
    name: "a month that ends gets no window",
    file: "src/plan/difference.ts",
    find: "const to = over || end <= horizon ? end : horizon;",
    put: "const to = end <= horizon ? end : horizon;",
  },
  {
    name: "a start that moved back reads nothing more",
    file: "src/plan/difference.ts",
    find: "if (from < window.from) return { window,",
    put: "if (false) return { window,",
  },
  {
    name: "a month that is refused ends its source's run",
    file: "src/run/hold.ts",
    find: "  if (error instanceof DeadlineReached ||",
    put: '  if (error instanceof ApiError && error.kind === "rejected") return false;\n  if (error instanceof DeadlineReached ||',
  },
  {
    name: "lanes that change leave a window done",
    file: "src/plan/difference.ts",
    find: "if (window.doneAt && stages.every((stage) => covers(window, stage, kept)))",
    put: "if (window.doneAt)",
  },
  {
    name: "a run without an answer is a success",
    file: "src/run/invocation.ts",
    find: "if (requests === 0 || answers > 0 ||",
    put: "if (requests >= 0 ||",
  },
  {
    name: "a maintenance page is taken for a bad release",
    file: "src/fetch/ask.ts",
    find: 'if (read.kind === "foreign") return {',
    put: 'if (read.kind === "foreign") return { kind: "unreadable", reason: read.reason, body, salvaged: null };\n    if (read.kind === "foreign") return {',
  },
  {
    name: "narrower questions make an attempt the first again",
    file: "src/claim/statements.ts",
    find: 'claim.kind === "drain" && moved ?',
    put: 'claim.kind === "drain" ?',
  },
  {
    name: "an older revision wins",
    file: "src/store/statements.ts",
    find: "return revision >= Math.max(-1, ...(seen.revisions ?? []));",
    put: "return true;",
  },
  {
    name: "revisions that were read are forgotten",
    file: "src/store/statements.ts",
    find: "...new Set([...(seen?.revisions ?? []), ...(revision === null ? [] : [revision])])",
    put: "...(revision === null ? [] : [revision])",
  },
  {
    name: "buyers are not counted again",
    file: "src/store/counts.ts",
    find: "if (isSame && !touched) return [];",
    put: "if (buyer.contractCount !== 0) return [];",
  },
  {
    name: "a count is written whoever was faster",
    file: "src/store/counts.ts",
    find: "{ _id: buyer._id, version: buyer.version ?? null }",
    put: "{ _id: buyer._id }",
  },
  {
    name: "what others wrote into a document is dropped",
    file: "src/store/own-fields.ts",
    find: "return { $mergeObjects: [values, { $arrayToObject: others }] };",
    put: "return values;",
  },
  {
    name: "what others wrote into a buyer goes with it when it turns out to be another one",
    file: "src/store/buyers.ts",
    find: "if (Object.keys(others).length > 0) await",
    put: "if (Object.keys(others).length < 0) await",
  },
  {
    name: "signals that would stand twice go when two buyers are one",
    file: "src/store/buyers.ts",
    find: "await collection.bulkWrite([write]).catch((again: unknown) => {",
    put: "await collection.bulkWrite([write]).catch(async (again: unknown) => {\n          await collection.deleteOne({ _id });",
  },
  {
    name: "what others wrote into a process stays where another procurement gets its id",
    file: "src/store/heirs.ts",
    find: "if (!heir || heir.equals(one._id)) continue;",
    put: "if (!heir || wanted.length > 0) continue;",
  },
  {
    name: "documents that others have changed are written over",
    file: "src/store/statements.ts",
    find: "return isOthers ? {} : {",
    put: "return isOthers && seen === null ? {} : {",
  },
  {
    name: "a process is written whoever was faster",
    file: "src/store/processes.ts",
    find: "const guard = { _id: mainId, version: old?.version ?? 0 };",
    put: "const guard = { _id: mainId };",
  },
  {
    name: "a bad release takes its page with it",
    file: "src/fetch/page.ts",
    find: "  if (!read.success) {\n    page.unidentified.push({ rawText, reason: NO_IDENTITY });\n    return;",
    put: "  if (!read.success) {\n    page.rows.length = 0;\n    return;",
  },
  {
    name: "a page that cannot be read is skipped",
    file: "src/fetch/page.ts",
    find: "    readBroken(page, broken);",
    put: '    if (rawText === "") readBroken(page, broken);',
  },
  {
    name: "releases that cannot be told apart are taken for a page",
    file: "src/fetch/page.ts",
    find: "salvaged: troubles.every(isOne) ? whole : null",
    put: "salvaged: troubles.some(isOne) || troubles.length > 0 ? whole : null",
  },
  {
    name: "the pace is each invocation's own",
    file: "src/fetch/pacer.ts",
    find: "await wait(waitMs);\n      if",
    put: "await wait(0);\n      if",
  },
  {
    name: "a refusal changes nothing",
    file: "src/fetch/pacer.ts",
    find: "await learn((shared, now) => withRefusal(shared, { source, baseMs, now, waitMs }));",
    put: "await learn((shared, now) => (waitMs < 0 ? withRefusal(shared, { source, baseMs, now, waitMs }) : shared));",
  },
  {
    name: "what was refused is tried again at once",
    file: "src/fetch/pace.ts",
    find: "if (spacing / refusedMs < CLOSE)",
    put: "if (spacing / refusedMs < 0)",
  },
  {
    name: "a refused spacing is forgotten",
    file: "src/fetch/pace.ts",
    find: "intervalMs: Math.min(most, spacing * WIDEN_UNPROVED),",
    put: "intervalMs: Math.min(most, spacing),",
  },
  {
    name: "two APIs with one budget are never taken for that",
    file: "src/fetch/shared-pace.ts",
    find: "if (shared.together !== true && told &&",
    put: "if (shared.together !== true && told && votes < 0 &&",
  },
  {
    name: "a wait may outlive the deadline",
    file: "src/fetch/pacer.ts",
    find: "if (!taken || waitMs > remainingMs()) {",
    put: "if (!taken) {",
  },
  {
    name: "windows never come back after they failed",
    file: "src/claim/claim.ts",
    find: "revival(source);\n  return (await db.syncWindows.updateMany(filter, update)).modifiedCount;",
    put: "revival(source);\n  return Object.keys({ ...filter, ...update }).length;",
  },
  {
    name: "verification believes every page",
    file: "src/run/look.ts",
    find: 'if (verdict.kind === "whole") return { kind: "exact", page, requests };',
    put: 'if (verdict.kind !== "untrusted") return { kind: "exact", page, requests };',
  },
  ...FOLD_MUTANTS,
  {
    name: "what a look that was stopped has left open counts as looked at",
    file: "src/run/verify-numbers.ts",
    find: "await askSingly(look, passed);",
    put: "await askSingly(look, passed.slice(passed.length));",
  },
  {
    name: "a gap slice is left out",
    file: "src/run/verify-numbers.ts",
    find: "await lookAtHoles(look, slice, { left, moves: attempt === 0 });",
    put: "if (slice.holes.length > 1) await lookAtHoles(look, slice, { left, moves: attempt === 0 });",
  },
  {
    name: "a look-up is not read on to its last page",
    file: "src/run/look-up.ts",
    find: "next = answer.page.next === null ? null : onHost(answer.page.next, host);",
    put: "next = answer.page.next === null || rows.length > 0 ? null : onHost(answer.page.next, host);",
  },
  {
    name: "a slice that holds less than is stored proves",
    file: "src/run/look.ts",
    find: "if (suspicion) throw new Shrunk(",
    put: "if (suspicion && lo > hi) throw new Shrunk(",
  },
  {
    name: "a window is exact with slices that nobody could read",
    file: "src/run/verify.ts",
    find: "if (open > 0 || progress.unproven.length > 0)",
    put: "if (open > 0)",
  },
  {
    name: "a witness is trusted untested",
    file: "src/run/witness.ts",
    find: "if (state?.trusted) return true;",
    put: "if (state?.lostAt == null) return true;",
  },
  {
    name: "a witness that was found wrong is still believed",
    file: "src/run/witness.ts",
    find: "if (!isAgainst) return null;",
    put: "if (found) return null;",
  },
  {
    name: "what the witness alone lists is not asked for",
    file: "src/run/verify-witness.ts",
    find: "if (weLack.length > 0 || fileLacks > 0) return",
    put: "if (fileLacks > 0) return",
  },
  {
    name: "an assumption that fails is ignored",
    file: "src/run/verify.ts",
    find: "if (await proofDoubt(db, context.source, now))",
    put: 'if ((await proofDoubt(db, context.source, now)) === "")',
  },
];
