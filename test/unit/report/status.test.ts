import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ObjectId } from "mongodb";
import { expect, describe as group, it } from "vitest";
import { z } from "zod";
import { payloadFor } from "../../../src/platform/payload.ts";
import { SOURCES, type Source } from "../../../src/replica/sources.ts";
import { compareAlarms, messageOf } from "../../../src/report/alerts.ts";
import { statusFrom } from "../../../src/report/describe.ts";
import type { Facts, WindowFacts } from "../../../src/report/facts.ts";
import { isWell } from "../../../src/report/health.ts";
import { metricsOf } from "../../../src/report/metrics.ts";
import { endOf, type Outlook, paceBySettings, paceOf } from "../../../src/report/pace.ts";
import { ALARM_KINDS, statusSchema } from "../../../src/report/schema.ts";
import {
  ago,
  bytes,
  compact,
  listed,
  moment,
  percent,
  spanRange,
  TROUBLES,
  WINDOW_STATES,
} from "../../../src/report/words.ts";
import type { SyncRun } from "../../../src/terms/documents.ts";
import { monthOf, monthStart, nextMonth, toLondon } from "../../../src/terms/london-time.ts";
import type { WindowStatus } from "../../../src/terms/window.ts";

const NOW = new Date("2026-07-15T09:12:00Z");
const HOUR = 3_600_000;
const before = (ms: number) => new Date(NOW.getTime() - ms);

function window(month: string, status: WindowStatus, more: Partial<WindowFacts> = {}): WindowFacts {
  const of = monthOf(new Date(`${month}-15`));
  const [from, to] = [monthStart(of), monthStart(nextMonth(of))];
  const source = more.source ?? "FIND_A_TENDER";
  const done = status === "done";
  return {
    _id: `${source}/${month}`,
    ...{ source, month, from, to, status },
    lanes: [{ stage: "all", frontier: toLondon(done ? from : to), done }],
    ...{ attempts: 0, retryAt: null, lastError: null, drift: [], unproven: [] },
    counts: {
      requests: done ? 33 : 0,
      releases: done ? 3000 : 0,
      byTag: {},
      quarantined: 0,
      bytes: done ? 3e6 : 0,
    },
    proof: done ? "ordered" : null,
    ...{ plannedAt: NOW, startedAt: null, doneAt: null, verifiedAt: null },
    ...more,
  };
}

function job(source: Source, more: Partial<Facts["jobs"][number]> = {}): Facts["jobs"][number] {
  const horizon = new Date("2026-07-01T10:00:00Z");
  const lastSyncedDate = before(12 * 60_000);
  return {
    ...{ source, status: "syncing", horizon, lastSyncedDate, paused: false, lastRunAt: NOW, errorLog: [] },
    ...more,
  };
}

function run(age: number, more: Partial<SyncRun["sources"][number]> = {}): SyncRun {
  const sources = SOURCES.map((source) => ({
    ...{ source, requests: 70, releases: 6000, contractsChanged: 0, quarantined: 0, refusals: 0, retries: 0 },
    ...{ waitedMs: 0, windowsDone: [], windowsVerified: [], errors: [], endedBy: "deadline" as const },
    ...(source === "FIND_A_TENDER" ? more : {}),
  }));
  const startedAt = before(age * HOUR);
  const failed = sources.some(({ endedBy }) => String(endedBy) === "error");
  return {
    ...{ _id: new ObjectId(), startedAt, endedAt: new Date(startedAt.getTime() + 700_000), sources },
    outcome: failed ? "error" : "deadline",
  };
}

function facts(more: Partial<Facts> = {}): Facts {
  const runs = [run(1), run(2), run(3)];
  return {
    windows: [],
    jobs: SOURCES.map((source) => job(source)),
    quarantined: 0,
    rejectedNews: [],
    assumptions: [],
    gaps: new Map(),
    learntPace: null,
    runs,
    days: [],
    lastDay: runs.map(({ startedAt, outcome, sources }) => ({ startedAt, outcome, sources })),
    lastGoodRunAt: before(HOUR),
    firstRunAt: before(30 * HOUR),
    ...more,
  };
}

const NOTHING_LEFT = { low: 0, likely: 0, high: 0 };
const OUTLOOK: Outlook = {
  requestsLeft: { FIND_A_TENDER: NOTHING_LEFT, CONTRACTS_FINDER: NOTHING_LEFT },
  requestsPerHour: 78,
  ...{ storedBytes: null, withDeferredBytes: null, errors: null },
};

const NAMES = [
  { source: "FIND_A_TENDER", name: "Find a Tender" },
  { source: "CONTRACTS_FINDER", name: "Contracts Finder" },
];

const status = (
  more: Partial<Facts>,
  storageBudgetMb = 0,
  outlook: Partial<Outlook> = {},
  usedBytes = 15e6,
) =>
  statusFrom(facts(more), {
    now: NOW,
    sources: NAMES,
    size: { usedBytes, dataBytes: 12e6, indexBytes: 3e6, otherBytes: usedBytes - 15e6 },
    storageBudgetMb,
    outlook: { ...OUTLOOK, ...outlook },
  });
const sentence = (windows: WindowFacts[], more: Partial<Facts> = {}) =>
  status({ windows, ...more }).sources[0]?.sentence;

group("the sentence of a source", () => {
  it.each<[string, WindowFacts[], Partial<Facts>, string]>([
    ["not begun", [], { jobs: [] }, "Not started yet: the first run plans it."],
    [
      "nothing read yet",
      [window("2026-06", "running"), window("2026-05", "pending")],
      {},
      "Read from 1 July 2026 to 12 minutes ago. June 2026 and May 2026 still to be read.",
    ],
    [
      "many unread",
      ["2026-06", "2026-05", "2026-04", "2026-03", "2026-02"].map((month, at) =>
        window(month, at === 0 ? "done" : "pending"),
      ),
      {},
      "Read from June 2026 to 12 minutes ago. 4 of 5 months still to be read, back to February 2026.",
    ],
    [
      "a month that is over is read once more, while the delta has it already",
      [window("2026-07", "pending"), window("2026-06", "done", { proof: "exact" })],
      { jobs: [job("FIND_A_TENDER", { horizon: new Date("2026-07-01T00:00:00+01:00") })] },
      "Read from June 2026 to 12 minutes ago. July 2026 still to be read.",
    ],
    [
      "a hole in the middle ends what is complete",
      [window("2026-06", "done"), window("2026-05", "failed"), window("2026-04", "done")],
      {},
      "Read from June 2026 to 12 minutes ago. May 2026 could not be read. 2 of 3 months still to be verified.",
    ],
    [
      "read, in part verified, cancelled ones left out",
      [
        window("2026-06", "done", { proof: "exact" }),
        window("2026-05", "done"),
        window("2026-04", "cancelled"),
      ],
      {},
      "Read from May 2026 to 12 minutes ago. 1 of 2 months still to be verified.",
    ],
    [
      "all verified, from the middle of a month",
      [window("2026-06", "done", { proof: "exact", from: new Date("2026-06-13T23:00:00Z") })],
      {},
      "Complete from 14 June 2026 to 12 minutes ago. The only month verified; looked at again on a schedule.",
    ],
    [
      "verified in two ways",
      [
        window("2026-06", "done", { proof: "exact", proofBy: "numbers", verifiedAt: new Date("2026-07-03") }),
        window("2026-05", "done", { proof: "exact", proofBy: "slices", verifiedAt: new Date("2026-07-02") }),
      ],
      {},
      "Complete from May 2026 to 12 minutes ago. All 2 months verified: 1 by numbers and 1 by slices, last on 3 July 2026; looked at again on a schedule.",
    ],
    [
      "deferred and paused",
      [window("2026-06", "done", { proof: "exact" }), window("2026-05", "deferred")],
      { jobs: [job("FIND_A_TENDER", { paused: true, lastSyncedDate: before(50 * HOUR) })] },
      "Paused: nothing new is read until it is resumed. Read from June 2026 to 2 days ago. 1 of 2 months waiting for room in the storage budget.",
    ],
  ])("%s", (_, windows, more, expected) => {
    expect(sentence(windows, more)).toBe(expected);
  });
});

group("alarms", () => {
  const kinds = (more: Partial<Facts>, budgetMb = 0, usedBytes?: number) =>
    status(more, budgetMb, {}, usedBytes).alarms.map(({ key }) => key);
  const failing = { endedBy: "error" as const };

  it("none when all is well", () => {
    expect(kinds({ windows: [window("2026-06", "done")] }, 100)).toEqual([]);
    expect(status({}).verdict).toBe("Nothing needs you.");
  });

  it("a source that fails three runs in a row, not two, and not one that recovered", () => {
    expect(kinds({ runs: [run(1, failing), run(2, failing), run(3, failing)] })).toEqual([
      "failing/FIND_A_TENDER",
    ]);
    expect(kinds({ runs: [run(1, failing), run(2, failing), run(3)] })).toEqual([]);
    expect(kinds({ runs: [run(1), run(2, failing), run(3, failing), run(4, failing)] })).toEqual([]);
  });

  it("a run that is still going on says nothing about its source yet", () => {
    const going: SyncRun = { ...run(0), endedAt: null, outcome: "running", sources: [] };
    const runs = [going, run(1, failing), run(2, failing), run(3, failing)];
    expect(kinds({ runs })).toEqual(["failing/FIND_A_TENDER"]);
  });

  it("failed windows, six hours of lag unless paused, ninety percent of the budget", () => {
    expect(kinds({ windows: [window("2026-06", "failed")] })).toEqual(["failed/FIND_A_TENDER/2026-06"]);
    const late = { lastSyncedDate: before(6 * HOUR + 60_000) };
    expect(kinds({ jobs: [job("CONTRACTS_FINDER", late)] })).toEqual(["lag/CONTRACTS_FINDER"]);
    expect(kinds({ jobs: [job("CONTRACTS_FINDER", { ...late, paused: true })] })).toEqual([]);
    expect(kinds({ jobs: [job("CONTRACTS_FINDER", { lastSyncedDate: before(6 * HOUR) })] })).toEqual([]);
    const mb = 1024 * 1024;
    expect(kinds({}, 100, 90 * mb)).toEqual(["storage"]);
    expect(kinds({}, 100, 89 * mb)).toEqual([]);
  });

  it("broken pages and drift are notes of the last week", () => {
    const time = toLondon(NOW);
    const drift = [
      { at: before(HOUR), from: time, to: time, missing: 2 },
      { at: before(2 * HOUR), from: time, to: time, missing: 3 },
      { at: before(9 * 24 * HOUR), from: time, to: time, missing: 7 },
    ];
    const alarms = [{ at: before(HOUR), kind: "order", detail: "<b>" }];
    const { alarms: notes, verdict } = status({ windows: [window("2026-06", "done", { drift, alarms })] });
    expect(notes.map(({ key, severity }) => `${severity} ${key}`)).toEqual([
      "note order/FIND_A_TENDER/2026-06",
      "note drift/FIND_A_TENDER/2026-06/2026-07-15",
    ]);
    expect(notes[1]?.text).toContain("5 notices missing");
    expect(verdict).toBe("Nothing needs you.");
  });

  it("a broken page among new notices, of the last week, is a note a day", () => {
    const at = (hours: number) => ({ at: before(hours * HOUR), kind: "order", detail: "<b>" });
    const { alarms } = status({ jobs: [job("FIND_A_TENDER", { alarms: [at(200), at(26), at(2), at(1)] })] });
    expect(alarms.map(({ key, severity }) => `${severity} ${key}`)).toEqual([
      "note order/FIND_A_TENDER/2026-07-14",
      "note order/FIND_A_TENDER/2026-07-15",
    ]);
    expect(alarms[1]?.text).toBe("Find a Tender, new notices: 2 pages broke the promised order or shape.");
  });

  it("are compared with those that stand: new ones, those that are over, and the last one over", () => {
    const { alarms } = status({ windows: [window("2026-06", "failed")] });
    const old = { _id: "lag/FIND_A_TENDER", severity: "trouble" as const };
    const note = { _id: "order/FIND_A_TENDER/2026-01", severity: "note" as const };
    const same = { _id: "failed/FIND_A_TENDER/2026-06", severity: "trouble" as const };
    expect(compareAlarms(alarms, [old, note])).toEqual({ fresh: alarms, over: [old._id], wellAgain: false });
    expect(compareAlarms(alarms, [same])).toEqual({ fresh: [], over: [], wellAgain: false });
    expect(compareAlarms([], [same, note])).toEqual({ fresh: [], over: [same._id], wellAgain: true });
    expect(compareAlarms([], [note])).toEqual({ fresh: [], over: [], wellAgain: false });
  });

  it("are one message for Slack by its text and for Teams by its card", () => {
    const { alarms } = status({ windows: ["2026-06", "2026-05"].map((month) => window(month, "failed")) });
    const message = messageOf({ opened: alarms, wellAgain: false, now: NOW });
    expect(message.text.split("\n")).toHaveLength(3);
    expect(payloadFor("https://hooks.slack.com/services/x", message)).not.toHaveProperty("attachments");
    expect(payloadFor("https://example.webhook.office.com/x", message)).toMatchObject({
      type: "message",
      text: message.text,
      attachments: [
        { contentType: "application/vnd.microsoft.card.adaptive", content: { type: "AdaptiveCard" } },
      ],
    });
    const many = messageOf({
      opened: Array.from({ length: 70 }, () => alarms).flat(),
      wellAgain: true,
      now: NOW,
    });
    expect(many.text).toContain("120 more");
    expect(many.text).toMatch(/All is well again/);
  });
});

group("how long still", () => {
  it("measures the pace by the runs and how often they come", () => {
    const every15 = [0, 1, 2, 3].map((at) => ({
      startedAt: before(at * HOUR * 0.25),
      requests: 70,
      releases: 6000,
    }));
    expect(paceOf(every15)?.requestsPerHour).toBeCloseTo(280, 5);
    expect(paceOf(every15.slice(0, 1))?.requestsPerHour).toBe(70);
    expect(paceOf([])).toBeNull();
  });

  it("gives an end with a range, and none when nothing is left or known", () => {
    const pace = { low: 50, likely: 100, high: 200 };
    const ends = endOf({ left: { low: 80, likely: 100, high: 120 }, pace, now: NOW });
    const hours = [ends?.early, ends?.likely, ends?.late].map(
      (at) => ((at?.getTime() ?? 0) - NOW.getTime()) / HOUR,
    );
    expect(hours.map((one) => one.toFixed(1))).toEqual(["0.4", "1.0", "2.4"]);
    expect(endOf({ left: NOTHING_LEFT, pace, now: NOW })).toBeNull();
  });

  it("before any run has been measured, by what the settings allow", () => {
    const left = { low: 700, likely: 780, high: 900 };
    const requestsLeft = { FIND_A_TENDER: left, CONTRACTS_FINDER: NOTHING_LEFT };
    const [fat, cf] = status({ runs: [], lastDay: [] }, 0, { requestsLeft }).sources;
    expect(fat?.pace).toBeNull();
    expect(fat?.backfillEnds).toEqual(endOf({ left, pace: paceBySettings(78), now: NOW }));
    expect((fat?.backfillEnds?.likely.getTime() ?? 0) - NOW.getTime()).toBe(10 * HOUR);
    expect(cf?.backfillEnds).toBeNull();
  });
});

group("well or not", () => {
  it.each<[string, Partial<Parameters<typeof isWell>[0]>, boolean]>([
    ["a new deployment before its first run", { lastGoodRunAt: null, firstRunAt: null }, true],
    [
      "no run of the last 90 days, and a delta of then",
      { lastGoodRunAt: null, firstRunAt: null, syncedTo: [before(91 * 24 * HOUR)] },
      false,
    ],
    ["the first run is going on", { lastGoodRunAt: null, firstRunAt: before(HOUR) }, true],
    ["no run has ever ended well", { lastGoodRunAt: null, firstRunAt: before(3.1 * HOUR) }, false],
    ["a good run three hours ago", { lastGoodRunAt: before(3 * HOUR) }, true],
    ["a good run longer ago", { lastGoodRunAt: before(3 * HOUR + 1) }, false],
    ["a delta that lags", { syncedTo: [before(HOUR), before(4 * HOUR)] }, false],
  ])("%s", (_, pulse, well) => {
    expect(
      isWell({ now: NOW, lastGoodRunAt: NOW, firstRunAt: before(99 * HOUR), syncedTo: [], ...pulse }),
    ).toBe(well);
  });
});

group("for programs", () => {
  const full = () =>
    status({
      windows: [
        window("2026-06", "done"),
        window("2026-05", "pending"),
        window("2026-06", "done", { source: "CONTRACTS_FINDER" }),
      ],
      days: [{ day: "2026-07-14", source: "FIND_A_TENDER", releases: 12, requests: 3 }],
    });

  it("the status survives JSON by its own schema", () => {
    const made = full();
    expect(statusSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
  });

  it("the metrics are OpenMetrics: families once, in order, typed, ended by EOF", () => {
    const lines = metricsOf(full()).split("\n");
    expect(lines.slice(-2)).toEqual(["# EOF", ""]);
    let family = "";
    const seen = new Set<string>();
    for (const line of lines.slice(0, -2)) {
      const type = /^# TYPE (\w+) gauge$/.exec(line)?.[1];
      if (type !== undefined) {
        expect(seen).not.toContain(type);
        seen.add(type);
        family = type;
      } else if (line.startsWith("#")) {
        expect(line).toMatch(new RegExp(`^# (HELP|UNIT) ${family} \\S`));
        const unit = /^# UNIT \w+ (\w+)$/.exec(line)?.[1];
        if (unit !== undefined) expect(family.endsWith(`_${unit}`)).toBe(true);
      } else {
        expect(line).toMatch(new RegExp(`^${family}(\\{\\w+="[^"]*"(,\\w+="[^"]*")*\\})? -?\\d+(\\.\\d+)?$`));
      }
    }
    expect(lines).toContain('tendhunt_windows{source="FIND_A_TENDER",state="pending"} 1');
    expect(lines).toContain('tendhunt_delta_lag_seconds{source="CONTRACTS_FINDER"} 720');
  });
});

group("words", () => {
  it("dates are British and London's, sizes and shares plain", () => {
    expect(moment(new Date("2026-07-15T09:12:00Z"))).toBe("15 July 2026, 10:12");
    expect(moment(new Date("2026-12-15T09:12:00Z"))).toBe("15 December 2026, 09:12");
    expect([ago(before(20_000), NOW), ago(before(60_000), NOW), ago(before(3 * HOUR), NOW)]).toEqual([
      "less than a minute ago",
      "1 minute ago",
      "3 hours ago",
    ]);
    expect([spanRange(30 * HOUR, 46.2 * HOUR), spanRange(20 * HOUR, 76 * HOUR), spanRange(5e6, 5e6)]).toEqual(
      ["30 to 46 hours", "1 to 3 days", "83 minutes"],
    );
    expect([bytes(0), bytes(3.2e6), bytes(48e6), bytes(2.2e9)]).toEqual([
      "0 MB",
      "3.1 MB",
      "46 MB",
      "2.0 GB",
    ]);
    expect([percent(0.904), compact(12_345), listed(["a", "b", "c", "d", "e"], 3)]).toEqual([
      "90 %",
      "12k",
      "a, b, c and 2 more",
    ]);
  });
});

group("docs/status.md", () => {
  const text = readFileSync(fileURLToPath(new URL("../../../docs/status.md", import.meta.url)), "utf8");
  const documented = new Set([...text.matchAll(/`(\w+)(?:\[\])?`/g)].map(([, name]) => name));

  it("names every field of the schema", () => {
    const names = new Set<string>();
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      if ("properties" in value) for (const name of Object.keys(value.properties ?? {})) names.add(name);
      for (const part of Object.values(value)) visit(part);
    };
    visit(z.toJSONSchema(statusSchema, { io: "output", unrepresentable: "any" }));
    expect(names.size).toBeGreaterThan(60);
    const inRange = new Set(["low", "likely", "high", "day"]); // they stand in braces
    expect([...names].filter((name) => !documented.has(name) && !inRange.has(name))).toEqual([]);
  });

  it("names every metric, kind of alarm, trouble and state", () => {
    const metrics = [...metricsOf(status({}, 1)).matchAll(/# TYPE (\w+)/g)].map(([, name]) => name);
    const all = [...metrics, ...ALARM_KINDS, ...Object.keys(TROUBLES), ...WINDOW_STATES];
    expect(all.filter((name) => !documented.has(name))).toEqual([]);
  });
});

group("docs/operations.md", () => {
  const read = (path: string) =>
    readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
  const text = read("docs/operations.md");

  it("says what to do at every kind of alarm and trouble", () => {
    const rows = [...text.matchAll(/^\| `([\w-]+)` .*\|$/gm)].map(([, name]) => name);
    expect(rows).toEqual(expect.arrayContaining([...ALARM_KINDS, ...Object.keys(TROUBLES)]));
  });

  it("names for each kind of alarm the fault that raised it, and the test", () => {
    const rows = [...text.matchAll(/^\| `([\w-]+)` +\| [^|]+ \| `(test\/[\w/.-]+)`: "(.+)" *\|$/gm)];
    expect(rows.map(([, kind]) => kind)).toEqual([...ALARM_KINDS]);
    for (const [, kind = "", path = "", title = ""] of rows) {
      const test = read(path);
      expect([kind, test.includes(title), test.includes(kind)]).toEqual([kind, true, true]);
    }
  });

  it("has every line that the code logs, at its level", () => {
    const files = readdirSync(fileURLToPath(new URL("../../../src", import.meta.url)), {
      recursive: true,
      encoding: "utf8",
    });
    const logged = files
      .filter((file) => /\.tsx?$/.test(file))
      .flatMap((file) =>
        [...read(`src/${file}`).matchAll(/log\.(error|warn|info)\(\s*[^"`;]*,\s*"([^"]+)",?\s*\)/g)].map(
          ([, level = "", message = ""]) => ({ level, message }),
        ),
      );
    expect(logged.length).toBeGreaterThan(4);
    const lines = text.split("\n");
    for (const { level, message } of logged)
      expect(
        lines.some((line) => line.startsWith(`| \`${level}\``) && line.includes(`\`${message}\``)),
        `${level}: ${message}`,
      ).toBe(true);
  });
});

group("the learnt pace", () => {
  const lane = (intervalMs: number) => ({
    pace: {
      intervalMs,
      steady: 0,
      streak: 0,
      refusedMs: intervalMs && intervalMs - 500,
      provedMs: intervalMs,
      restsSince: null,
      patienceMs: HOUR,
    },
    slotAt: before(HOUR),
    nextAt: before(HOUR),
  });
  const spacings = (together: boolean | null) =>
    status({
      learntPace: {
        together,
        refusedAt: before(HOUR),
        joint: lane(13_000),
        lanes: { FIND_A_TENDER: lane(12_700), CONTRACTS_FINDER: lane(0) },
      },
    }).sources.map(({ spacing }) => spacing);

  it("is each site's own, and nothing for one that was never refused", () => {
    const refusedAt = before(HOUR);
    expect(spacings(false)).toEqual([
      { seconds: 12.7, refusedSeconds: 12.2, together: false, refusedAt },
      null,
    ]);
  });

  it("is one for both where they share a limit", () => {
    expect(spacings(true).map((spacing) => [spacing?.seconds, spacing?.together])).toEqual([
      [13, true],
      [13, true],
    ]);
  });
});
