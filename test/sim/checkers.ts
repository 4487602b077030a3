// The invariants of the design as checks on every change of the database, and an oracle at the end. Each says what it
// found wrong; the first one ends the simulation.
import type { Document } from "mongodb";
import { provableFrom } from "../../src/fetch/look-schedule.ts";
import type { Replica } from "../../src/replica/answer.ts";
import type { Published } from "../../src/replica/history.ts";
import { SOURCES, type Source, sourceOf } from "../../src/replica/sources.ts";
import { documentsOf, type MemoryStore } from "../../src/sim/memory-store.ts";
import type { SyncJob, SyncWindow } from "../../src/terms/documents.ts";
import { fromLondon, toLondon } from "../../src/terms/london-time.ts";
import { same } from "../../src/terms/same.ts";
import { WINDOW_MOVES } from "../../src/terms/window.ts";
import type { Application } from "./application.ts";
import { HOSTILE_OCID } from "./poisons.ts";
import { storedProcess, toldRows, wrongProcess } from "./process-checker.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

export interface Checkers {
  /** What is listed at `now`, and neither stored nor in quarantine. */
  missing(source: Source, now: number): Published[];
  invocationEnded(): void;
  atTheEnd(now: number): void;
}

interface CheckerOptions {
  store: MemoryStore;
  /** What it wrote is there after whatever the invocations write. */
  application: Application;
  replica: Replica;
  histories: Record<Source, Published[]>;
  /** Who is writing now. */
  actor: () => number;
  /** Whether that invocation is still at work, and was never failed by the database. */
  isAlive: (actor: number) => boolean;
  /** Whether nobody but who writes now is at work, or was when it was killed. */
  isAlone: () => boolean;
  violate: (message: string) => void;
  /** Counts are checked only where every row stands under its own date. */
  exactCounts: boolean;
  /** Every release that is stored is one that a window counts. */
  countable: (source: Source) => boolean;
  /** Invariant 1 holds before verification as long as pages keep their order; a page of five may keep it by chance. */
  ordered: boolean;
  /** Some invocations' clocks are hours behind, so that they close what has passed later than others. */
  clocksOff: boolean;
}

const HOUR_MS = 3_600_000;
/** Late rows appear up to 90 s after their date: within the delta's settling margin. */
const LATE_MS_MAX = 90_000;

const RUN_EVERY_MS = 3_600_000;
const VERIFY_AFTER_HOURS = 3; // the default
/** A month that has just ended is not proved yet: its last rows may still appear. */
const isProvable = (to: Date, now: number) =>
  provableFrom({ to, verifyAfterHours: VERIFY_AFTER_HOURS }).getTime() + 12 * HOUR_MS <= now;

export function createCheckers(options: CheckerOptions): Checkers {
  const {
    store,
    application,
    histories,
    actor,
    isAlive,
    isAlone,
    violate,
    exactCounts,
    ordered,
    clocksOff,
    countable,
  } = options;
  const stored = new Set<string>();
  /** Without those in quarantine. */
  const inContracts = new Set<string>();
  const evidence: string[] = [];
  const owners = new Map<string, number>();
  const keyOf = (source: Source, { ocid, releaseId }: Pick<Published, "ocid" | "releaseId">) =>
    `${source} ${ocid}/${releaseId}`;
  const has = (source: Source, row: Published) =>
    stored.has(keyOf(source, row)) ||
    ((row.plant === "broken-release" || row.plant === "unclosed-quote") &&
      evidence.some((text) => text.includes(`"${row.releaseId}"`)));
  const sorted = Object.fromEntries(
    SOURCES.map((source) => [source, [...histories[source]].sort((a, b) => a.at - b.at)]),
  );

  // A slice that only a cursor could read is named in the window: nothing more is promised of it.
  const unproven = (window: SyncWindow, row: Published) => {
    const at = toLondon(new Date(row.at));
    return window.unproven.some(({ from, to }) => at >= from && at <= to);
  };
  const rowsBetween = (source: Source, from: number, to: number): Published[] =>
    (sorted[source] ?? []).filter(({ at }) => at >= from && at < to);

  // 1 and 3: what a lane says it has read is stored: rows that were listed when the window was first claimed.
  function laneChecked(window: SyncWindow, before: SyncWindow): void {
    if (!ordered) return;
    const since = window.startedAt?.getTime() ?? 0;
    for (const lane of window.lanes) {
      const old = before.lanes.find(({ stage }) => stage === lane.stage);
      if (old?.frontier === lane.frontier && old.done === lane.done) continue;
      // The frontier's own second is asked for again, inclusive.
      const changeHour = lane.frontier.slice(11, 13) === "01" ? HOUR_MS : 0;
      const read = fromLondon(lane.frontier).getTime() + changeHour + 1000;
      const from = lane.done ? window.from.getTime() : Math.max(read, window.from.getTime());
      for (const row of rowsBetween(sourceOf(window.source), from, window.to.getTime())) {
        const inLane = lane.stage === "all" || lane.stage === row.stage;
        if (inLane && row.listedAt <= since && !has(sourceOf(window.source), row) && !unproven(window, row)) {
          violate(
            `invariant 1: ${window._id} lane ${lane.stage} is at ${lane.frontier}, but ${row.releaseId} of ${new Date(row.at).toISOString()} is not stored`,
          );
        }
      }
    }
  }

  function windowChanged(before: SyncWindow, after: SyncWindow): void {
    if (before.status !== after.status) {
      const moves: readonly string[] = WINDOW_MOVES[before.status];
      if (!moves.includes(after.status))
        violate(`state machine: ${after._id} went from ${before.status} to ${after.status}`);
    }
    if (after.claim && before.claim?.id.toHexString() !== after.claim.id.toHexString()) {
      // Who is at work renews its lease, also while it waits: nobody takes its window.
      const holder = before.claim && owners.get(before.claim.id.toHexString());
      if (holder && holder !== actor() && isAlive(holder))
        violate(`lease: ${after._id} was taken from invocation ${holder}, which is still at work`);
      owners.set(after.claim.id.toHexString(), actor());
      return;
    }
    // A planner with other settings lets go who holds it; the claim's writes fail from then on.
    const letGo = before.claim !== null && after.claim === null && after.status === "pending";
    const planned =
      letGo || !same([after.from, after.to], [before.from, before.to]) || after.status === "cancelled";
    const progress = !same([before.lanes, before.counts], [after.lanes, after.counts]);
    // 4: only who holds the window writes its progress. A lease that is over is nobody's: new notices may doubt that month.
    const held = before.claim !== null && before.claim.until > store.now() ? before.claim : null;
    if (progress && !planned && held && owners.get(held.id.toHexString()) !== actor()) {
      violate(`invariant 4: invocation ${actor()} wrote to ${after._id}, which another holds`);
    }
    if (progress || before.status !== after.status) laneChecked(after, before);
    if (after.status === "done" && before.status === "running") {
      if (after.lanes.some(({ done }) => !done))
        violate(`invariant 3: ${after._id} is done, but not all of its lanes are`);
      const since = after.startedAt?.getTime() ?? 0;
      const lanes = new Set(after.lanes.map(({ stage }) => stage));
      for (const row of ordered
        ? rowsBetween(sourceOf(after.source), after.from.getTime(), after.to.getTime())
        : []) {
        const inLanes = lanes.has("all") || lanes.has(row.stage);
        if (inLanes && row.listedAt <= since && !has(sourceOf(after.source), row) && !unproven(after, row))
          violate(`invariant 1: ${after._id} is done without ${row.releaseId}`);
      }
    }
    if (after.proof === "exact" && before.proof !== "exact") {
      const since = (after.verify?.since ?? after.startedAt)?.getTime() ?? 0;
      const { source, from, to } = after;
      for (const row of rowsBetween(sourceOf(source), from.getTime(), to.getTime()))
        if (row.listedAt <= since && !has(sourceOf(source), row))
          violate(`openly said: ${after._id} is exact without ${row.releaseId}`);
    }
  }

  // 2: the delta's frontier covers everything from T0 on that is listed in time.
  function jobChanged(before: SyncJob | null, after: SyncJob): void {
    const [from, to] = [before?.lastSyncedDate ?? after.horizon, after.lastSyncedDate];
    if (to < from)
      violate(
        `invariant 2: ${after.source}'s delta went back from ${from.toISOString()} to ${to.toISOString()}`,
      );
    if (before && before.horizon.getTime() !== after.horizon.getTime())
      violate(`invariant 2: ${after.source}'s T0 moved`);
    const between = [from.getTime(), to.getTime()] as const;
    for (const row of ordered ? rowsBetween(sourceOf(after.source), ...between) : []) {
      if (row.at < after.horizon.getTime()) continue; // its month's
      if (row.listedAt - row.at <= LATE_MS_MAX && !has(sourceOf(after.source), row)) {
        violate(
          `invariant 2: ${after.source}'s delta is at ${to.toISOString()} without ${row.releaseId} of ${new Date(row.at).toISOString()}`,
        );
      }
    }
  }

  const published = SOURCES.flatMap((source) => histories[source].map((row) => ({ source, ...row })));
  const byRelease = Map.groupBy(published, ({ source, ...row }) => keyOf(source, row));

  // 6: the newest revision stands.
  function contractChanged(after: Document): void {
    const source: Source = after["source"];
    if (after["ocid"] === HOSTILE_OCID) return;
    const { ocid, noticeId, publishedDate, revisions } = after as {
      ocid: string;
      noticeId: string;
      publishedDate: Date;
      revisions?: number[];
    };
    const ids = revisions ? revisions.map((revision) => `${noticeId}-${revision}`) : [noticeId];
    for (const id of ids) {
      stored.add(`${source} ${ocid}/${id}`);
      inContracts.add(`${source} ${ocid}/${id}`);
    }
    const newest = revisions ? `${noticeId}-${Math.max(...revisions)}` : noticeId;
    const rows = byRelease.get(keyOf(source, { ocid, releaseId: newest })) ?? [];
    if (!rows.some(({ date }) => date === publishedDate.getTime()))
      violate(`invariant 6: ${after["_id"]} is of ${publishedDate}, though ${newest} has been read`);
  }

  // 11: what a procurement is said to be follows from its notices, as far as they are stored.
  const toldBy = {
    FIND_A_TENDER: toldRows(histories.FIND_A_TENDER),
    CONTRACTS_FINDER: toldRows(histories.CONTRACTS_FINDER),
  };
  const storedRows = (source: Source, ocid: string) =>
    (toldBy[source].get(ocid) ?? []).filter((row) => inContracts.has(keyOf(source, row)));

  /** With others at work a notice may have been stored after this one was folded: theirs is the next word. */
  function processChanged(after: Document): void {
    const source: Source = after["source"];
    if (!isAlone() || clocksOff || String(after["ocid"]) === HOSTILE_OCID) return;
    const rows = storedRows(source, String(after["ocid"]));
    const wrong = wrongProcess([storedProcess(after)], rows, { now: store.now().getTime(), all: false });
    if (wrong) violate(`invariant 11: ${source} ${wrong}`);
  }

  function procurementsAtTheEnd(now: number): void {
    const kept = [...documentsOf(store, "processes").values()];
    if (kept.length === 0) return;
    const byOcid = Map.groupBy(kept, (one) => `${one["source"]} ${one["ocid"]}`);
    for (const source of SOURCES) {
      for (const ocid of toldBy[source].keys()) {
        const processes = (byOcid.get(`${source} ${ocid}`) ?? []).map(storedProcess);
        const wrong = wrongProcess(processes, storedRows(source, ocid), {
          ...{ now, all: true },
          foldedAt: now - RUN_EVERY_MS, // a deadline may have passed since the last run
        });
        if (wrong) violate(`invariant 11: at the end ${source} ${wrong}`);
      }
    }
  }

  /** As docs/completeness.md asks it: releases that were counted, against contracts and revisions that are stored. */
  function countsAgree(source: Source, windows: SyncWindow[]): void {
    const end = Math.max(...windows.map(({ to }) => to.getTime()));
    const news = new Set(
      histories[source]
        .filter((row) => Math.min(row.at, row.date) >= end && has(source, row))
        .map((row) => keyOf(source, row)),
    ).size;
    const counted = windows.reduce((sum, { counts }) => sum + counts.releases, 0) + news;
    const kept = ["contracts", "quarantine"]
      .flatMap((name) => [...documentsOf(store, name).values()])
      .filter((one) => one["source"] === source)
      .reduce((sum, one) => sum + (one["revisions"]?.length ?? 1), 0);
    if (counted !== kept)
      violate(`counts: ${source} has counted ${counted} releases, and ${kept} are stored`);
  }

  store.onChange = (change) => {
    const { collection, before, after } = change;
    if (application.isWriting()) return;
    application.changed(change);
    if (collection === "contracts" && after) contractChanged(after);
    else if (collection === "processes" && after) processChanged(after);
    else if (collection === "contracts" && before)
      violate(`invariant 1: the contract ${before["_id"]} was deleted`);
    else if (collection === "quarantine" && after) {
      stored.add(`${after["source"]} ${after["ocid"]}/${after["releaseId"]}`);
      if (after["ocid"] === null) evidence.push(String(after["rawText"]));
    } else if (collection === "syncWindows" && before && after)
      windowChanged(before as SyncWindow, after as SyncWindow);
    else if (collection === "syncJobs" && after) jobChanged(before as SyncJob | null, after as SyncJob);
  };

  const windowsOf = (source: Source) =>
    [...documentsOf(store, "syncWindows").values()]
      .map((one) => one as SyncWindow)
      .filter((one) => one.source === source && one.status !== "cancelled")
      .sort((a, b) => a.from.getTime() - b.from.getTime());

  return {
    missing: (source, now) =>
      (sorted[source] ?? []).filter((row) => row.listedAt <= now && !has(source, row)),
    // 2: the windows leave no instant between the start and T0 in nobody's hands.
    invocationEnded() {
      for (const source of SOURCES) {
        const job = documentsOf(store, "syncJobs").get(JSON.stringify(source)) as SyncJob | undefined;
        const windows = windowsOf(source);
        if (!job || windows.length === 0) continue;
        for (const [at, window] of windows.entries()) {
          const next = windows[at + 1];
          if (next && next.from.getTime() > window.to.getTime())
            violate(
              `invariant 2: nobody has ${window.to.toISOString()} to ${next.from.toISOString()} of ${source}`,
            );
        }
        const last = windows.at(-1);
        if (last && last.to < job.horizon)
          violate(`invariant 2: nobody has ${last.to.toISOString()} to T0 of ${source}`);
      }
    },
    atTheEnd(now) {
      procurementsAtTheEnd(now);
      application.atTheEnd();
      for (const source of SOURCES) {
        const job = documentsOf(store, "syncJobs").get(JSON.stringify(source)) as SyncJob | undefined;
        const windows = windowsOf(source);
        // A slice that only a cursor could read is said openly, and its month is never `exact`.
        const open = windows.filter(
          ({ status, proof, unproven: slices, to }) =>
            status !== "done" || (proof !== "exact" && slices.length === 0 && isProvable(to, now)),
        );
        const false1 = windows.find(({ proof, unproven: slices }) => proof === "exact" && slices.length > 0);
        if (false1) violate(`invariant 1: ${false1._id} is exact with slices that nobody could read`);
        if (job?.status !== "syncing" || open.length > 0) {
          const states = open.map(
            ({ _id, status, proof, lastError, suspicion, doneAt }) =>
              `${_id} ${doneAt?.toISOString()} ${new Date(now).toISOString()} ${status} ${proof} ${suspicion ? JSON.stringify(suspicion) : ""} ${lastError?.message ?? ""}`,
          );
          violate(
            `progress: ${source} did not come to its end: ${job?.status} ${states.join("; ")} ${job?.errorLog.at(-1) ?? ""}`,
          );
          continue;
        }
        const from = windows[0]?.from.getTime() ?? 0;
        for (const row of rowsBetween(source, from, job.lastSyncedDate.getTime())) {
          const window = windows.find((one) => row.at >= one.from.getTime() && row.at < one.to.getTime());
          // What appeared days late, after the last look at its month, waits for the next one.
          const looked = row.listedAt - row.at > LATE_MS_MAX ? (window?.verify?.since?.getTime() ?? 0) : now;
          if (row.listedAt <= looked && !has(source, row) && !windows.some((one) => unproven(one, row)))
            violate(
              `invariant 1: ${source} ${row.releaseId} of ${new Date(row.at).toISOString()} is missing at the end`,
            );
        }
        if (countable(source) && windows.every(({ unproven: slices }) => slices.length === 0))
          countsAgree(source, windows);
        if (job.lastSyncedDate.getTime() < now - 4 * 3_600_000) violate(`progress: ${source}'s delta lags`);
        for (const window of windows) {
          if (window.claim) violate(`progress: ${window._id} is still held`);
          const distinct = new Set(
            rowsBetween(source, window.from.getTime(), window.to.getTime()).map((row) => keyOf(source, row)),
          ).size;
          const complete = window.unproven.length === 0 && window.drift.length === 0;
          if (exactCounts && complete && window.counts.releases !== distinct) {
            violate(`counts: ${window._id} counts ${window.counts.releases} releases of ${distinct}`);
          }
        }
      }
      const contracts = [...documentsOf(store, "contracts").values()];
      for (const buyer of documentsOf(store, "buyers").values()) {
        const own = contracts.filter(({ buyerId, jointBuyerIds = [] }) =>
          [buyerId, ...jointBuyerIds].some((id) => id?.equals(buyer["_id"])),
        ).length;
        if (buyer["contractCount"] !== own)
          violate(`invariant 5: ${buyer["_id"]} counts ${buyer["contractCount"]} contracts of ${own}`);
      }
      const known = new Set([...documentsOf(store, "buyers").values()].map(({ _id }) => String(_id)));
      const orphan = contracts.find(({ buyerId }) => buyerId !== undefined && !known.has(String(buyerId)));
      if (orphan) violate(`invariant 5: the buyer of ${orphan["_id"]} is missing`);
    },
  };
}
