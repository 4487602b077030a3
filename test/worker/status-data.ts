// Databases as they look in the middle of a backfill, when all is done, and in trouble; with hostile texts in them.
import { Binary, ObjectId } from "mongodb";
import type { Database } from "../../src/platform/database.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import type {
  Assumption,
  NoticeGap,
  SyncJob,
  SyncRun,
  SyncWindow,
  WitnessState,
} from "../../src/terms/documents.ts";
import {
  londonTime,
  monthOf,
  monthStart,
  nextMonth,
  plusSeconds,
  toLondon,
} from "../../src/terms/london-time.ts";
import { logEntry } from "../../src/terms/trouble.ts";
import type { WindowStatus } from "../../src/terms/window.ts";

export type Scene = "begun" | "middle" | "done" | "trouble";

export const HOSTILE = `<script>alert("x")</script><img src=x onerror=alert(1)>'"&\u202e`;
const HOUR = 3_600_000;
const FIRST: Record<Source, string> = { FIND_A_TENDER: "2021-01", CONTRACTS_FINDER: "2016-11" };
const STAGES: Record<Source, string[]> = {
  FIND_A_TENDER: ["all"],
  CONTRACTS_FINDER: ["planning", "tender", "award", "implementation"],
};

/** Fills an empty database. The same scene and clock give the same documents. */
export async function setScene(db: Database, scene: Scene, now: Date): Promise<void> {
  const windows = SOURCES.flatMap((source) => windowsOf(source, scene, now));
  await db.syncWindows.insertMany(windows);
  await db.syncJobs.insertMany(SOURCES.map((source) => jobOf(source, scene, now)));
  await db.syncRuns.insertMany(runsOf(scene, now));
  if (scene === "begun") return;
  await db.assumptions.insertMany(assumptionsOf(now));
  await db.noticeGaps.insertMany(gapsOf(scene));
  if (scene === "trouble") await db.quarantine.insertMany(quarantineOf(now));
}

/** Newest first. */
export function monthsOf(source: Source, now: Date): string[] {
  const months = [];
  for (
    let month = monthOf(new Date(`${FIRST[source]}-15`));
    month <= monthOf(now);
    month = nextMonth(month)
  ) {
    months.push(month);
  }
  return months.reverse();
}

function windowsOf(source: Source, scene: Scene, now: Date): SyncWindow[] {
  return monthsOf(source, now).map((month, age) => {
    const year = Number(month.slice(0, 4));
    const releases = Math.round(
      (source === "FIND_A_TENDER" ? 2600 + (year - 2021) * 1700 : 7400) * wave(age),
    );
    const { status, exact = false, share = 0 } = stateOf(source, scene, age, monthsOf(source, now).length);
    const read = status === "done" ? releases : Math.round(releases * share);
    const from = monthStart(monthOf(new Date(`${month}-15`)));
    const whole = monthStart(nextMonth(monthOf(new Date(`${month}-15`))));
    const to = whole > now ? new Date(now.getTime() - 3 * 24 * HOUR) : whole;
    const spanSeconds = Math.floor((to.getTime() - from.getTime()) / 1000);
    const frontier = plusSeconds(londonTime(toLondon(to)), -Math.round(spanSeconds * share));
    const failed = status === "failed";
    return {
      _id: `${source}/${month}`,
      source,
      month,
      from,
      to,
      status,
      lanes: STAGES[source].map((stage) => ({
        stage,
        frontier: status === "done" ? toLondon(from) : frontier,
        done: status === "done",
      })),
      claim: status === "running" ? { id: new ObjectId(), until: new Date(now.getTime() + 60_000) } : null,
      attempts: failed ? 8 : status === "running" ? 1 : 0,
      retryAt: failed ? new Date(now.getTime() + 20 * HOUR) : null,
      lastError: failed
        ? {
            at: new Date(now.getTime() - 4 * HOUR),
            kind: "broken" as const,
            message: `tries failed for https://user:secret@api.example/${HOSTILE}: status 503`,
          }
        : null,
      counts: {
        requests: Math.ceil(read / 92),
        releases: read,
        byTag:
          read > 0
            ? {
                tender: Math.round(read * 0.41),
                award: Math.round(read * 0.37),
                planning: Math.round(read * 0.12),
              }
            : {},
        quarantined: scene === "trouble" && age === 3 ? 2 : 0,
        bytes: read * 1450,
      },
      proof: status === "done" ? (exact ? "exact" : "ordered") : null,
      drift:
        scene === "trouble" && age === 9
          ? [
              {
                at: new Date(now.getTime() - 30 * HOUR),
                from: toLondon(from),
                to: plusSeconds(toLondon(from), 7200),
                missing: 3,
              },
            ]
          : [],
      unproven:
        age === 12
          ? [{ stage: "all", from: toLondon(from), to: plusSeconds(toLondon(from), 1), rows: 127, at: now }]
          : [],
      ...(scene === "trouble" && age === 7
        ? { alarms: [{ at: new Date(now.getTime() - 50 * HOUR), kind: "order", detail: HOSTILE }] }
        : {}),
      ...(status === "done" && !exact ? { publishedSeconds: new Binary(new Uint8Array(read * 4)) } : {}),
      ...(read > 0
        ? {
            forecast: {
              releases: Math.round(releases * (1 + 0.08 * Math.sin(age * 2.3))),
              bytes: Math.round(releases * 1450 * (1 + 0.07 * Math.sin(age * 2.1))),
              requests: Math.ceil((releases / 92) * (1 + 0.05 * Math.cos(age))),
              storeRaw: "none" as const,
            },
          }
        : {}),
      plannedAt: new Date(now.getTime() - 60 * HOUR),
      startedAt: read > 0 ? new Date(now.getTime() - (10 + age / 4) * HOUR) : null,
      doneAt: status === "done" ? new Date(now.getTime() - (9.4 + age / 4) * HOUR) : null,
      verifiedAt: exact ? new Date(now.getTime() - 5 * HOUR) : null,
    };
  });
}

const wave = (age: number) => 1 + 0.22 * Math.sin(age * 1.7) + 0.1 * Math.cos(age * 0.9);

function stateOf(
  source: Source,
  scene: Scene,
  age: number,
  months: number,
): { status: WindowStatus; exact?: boolean; share?: number } {
  const fat = source === "FIND_A_TENDER";
  switch (scene) {
    case "begun":
      return { status: age === 0 ? "running" : "pending", share: age === 0 ? 0.3 : 0 };
    case "middle": {
      const read = fat ? 27 : 31;
      if (age < read) return { status: "done" };
      if (age === read) return { status: "running", share: fat ? 0.62 : 0.25 };
      return { status: "pending", share: 0 };
    }
    case "done":
      return { status: "done", exact: age < months - (fat ? 3 : 0) };
    case "trouble":
      if (age === (fat ? 8 : 14)) return { status: "failed", share: 0.4 };
      if (age < (fat ? 34 : 40)) return { status: "done", exact: age > 3 && age < 20 };
      if (age > months - 8 && !fat) return { status: "cancelled" };
      return { status: "deferred" };
  }
}

function jobOf(source: Source, scene: Scene, now: Date): SyncJob {
  const trouble = scene === "trouble" && source === "FIND_A_TENDER";
  const errors = trouble
    ? [9, 8, 7, 3, 2, 1].map((hours) =>
        logEntry(
          new Date(now.getTime() - hours * HOUR),
          hours > 4
            ? "slow: no answer in time"
            : `refused: FIND_A_TENDER: refused 8 times in a row (429) for https://x/${HOSTILE}`,
        ),
      )
    : [];
  return {
    _id: source,
    source,
    status: trouble ? "error" : scene === "done" ? "syncing" : "backfilling",
    horizon: new Date(now.getTime() - 3 * 24 * HOUR),
    lastSyncedDate: new Date(now.getTime() - (trouble ? 7.2 * HOUR : 12 * 60_000)),
    deltaWalk: null,
    totalFetched: 91_204,
    lastRunAt: new Date(now.getTime() - 10 * 60_000),
    lastRunFetched: 120,
    lastRunErrors: trouble ? 1 : 0,
    errorLog: errors,
    ...(source === "CONTRACTS_FINDER" && scene !== "begun" ? { witness: witnessOf(scene, now) } : {}),
    planHash: "0123456789abcdef",
    paused: false,
    createdAt: new Date(now.getTime() - 60 * HOUR),
    updatedAt: now,
  };
}

/** The daily list: believed, or found wrong. */
function witnessOf(scene: Scene, now: Date): WitnessState {
  const triedAt = new Date(now.getTime() - 9 * HOUR);
  const lost = scene === "trouble";
  return {
    ...{ trusted: !lost, agreed: lost ? 0 : 24, requests: 41, trustedAt: triedAt, triedAt: null },
    lostAt: lost ? now : null,
    lostBy: lost ? `2026-03-01T00:00:00 to 2026-03-01T23:59:59: the file lacks ocds-b5fd17-1/1-2` : null,
    ...{ daysRead: 3512, daysWithout: 12, lacked: lost ? 1 : 0, invented: 0, found: 3 },
  };
}

function assumptionsOf(now: Date): Assumption[] {
  const checkedAt = new Date(now.getTime() - 30 * HOUR);
  const answers = { "same-twice": true, links: true, "london-time": null };
  return SOURCES.flatMap((source) =>
    Object.entries(answers).map(([name, holds]) => ({
      ...{ _id: `${source}/${name}`, source, name, holds, checkedAt, requests: 1, bearsProof: true },
      statement: "the same question has the same answer twice",
      consequence: "any proof",
      detail: "asked twice",
    })),
  );
}

function gapsOf(scene: Scene): NoticeGap[] {
  const windowId = "FIND_A_TENDER/2026-03";
  const of = (count: number, gap: Partial<NoticeGap>) =>
    Array.from({ length: count }, (_, at) => ({
      _id: `00${gap.settledBy ?? "absent"}${at}-2026`,
      ...{ windowId, outcome: "never published" as const, askedAt: null },
      ...gap,
    }));
  return [
    ...of(11, { settledBy: "slice" }),
    ...of(2, { settledBy: "look-up" }),
    ...(scene === "trouble" ? of(3, { outcome: "absent" }) : []),
  ];
}

function runsOf(scene: Scene, now: Date): SyncRun[] {
  const hours = scene === "begun" ? 1 : scene === "done" ? 700 : 60;
  return Array.from({ length: hours }, (_, age) => {
    const startedAt = new Date(now.getTime() - (age + 0.4) * HOUR);
    const busy = scene !== "done" || age > 600;
    const bad = scene === "trouble" && age < 4;
    const running = scene === "begun" || (scene === "middle" && age === 0);
    const share = (source: Source): SyncRun["sources"][number] => {
      const failing = bad && source === "FIND_A_TENDER";
      const requests = failing ? 8 : busy ? 74 + (age % 5) : 2;
      return {
        source,
        requests,
        releases: failing ? 0 : busy ? requests * 91 : Math.round(20 + 18 * Math.sin((age + 7) / 3.8)),
        contractsChanged: 0,
        quarantined: 0,
        refusals: failing ? 8 : age % 9 === 0 ? 1 : 0,
        retries: age % 7 === 0 ? 1 : 0,
        waitedMs: 12_000,
        windowsDone: busy && !failing ? [`${source}/2024-0${1 + (age % 9)}`] : [],
        windowsVerified: [],
        errors: failing ? ["refused 8 times in a row (429)"] : [],
        endedBy: failing ? "error" : busy ? "deadline" : "nothing left",
      };
    };
    const outcome = running ? "running" : bad ? "error" : busy ? "deadline" : "done";
    return {
      _id: new ObjectId(),
      startedAt: running ? new Date(now.getTime() - 4 * 60_000) : startedAt,
      endedAt: running ? null : new Date(startedAt.getTime() + (busy ? 779_000 : 31_000)),
      outcome,
      sources: running ? [] : SOURCES.map(share),
    };
  });
}

function quarantineOf(now: Date) {
  return [0, 1].map((at) => ({
    _id: `FIND_A_TENDER/ocds-h6vhtk-0${at}/00000${at}-2026`,
    source: "FIND_A_TENDER" as const,
    windowId: "FIND_A_TENDER/2026-08",
    ocid: at === 0 ? `ocds-h6vhtk-${HOSTILE}` : "ocds-h6vhtk-01",
    releaseId: at === 0 ? `000000-2026${HOSTILE}` : "000001-2026",
    place: `/api/1.0/ocdsReleasePackages?updatedFrom=2026-08-01T00:00:00&x=${HOSTILE}`,
    reason:
      at === 0 ? `tender.title: expected text, found ${HOSTILE}` : "tender.value.amount: expected a number",
    rawText: JSON.stringify({
      ocid: "ocds-h6vhtk-01",
      tender: { title: HOSTILE, description: "y".repeat(3000) },
    }),
    firstSeenAt: new Date(now.getTime() - 40 * HOUR),
    lastSeenAt: new Date(now.getTime() - (3 + at) * HOUR),
  }));
}
