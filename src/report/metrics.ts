// `/metrics`: the status as OpenMetrics text. Gauges only: the database drops runs after 90 days, so a counter made of
// them would run backwards.
import { ALARM_KINDS, type Status } from "./schema.ts";
import { WINDOW_STATES } from "./words.ts";

export const METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Sample = [labels: Record<string, string>, value: number];
interface Family {
  name: string;
  help: string;
  unit?: string;
  samples: Sample[];
}

export function metricsOf(status: Status): string {
  return `${familiesOf(status).map(family).join("\n")}\n# EOF\n`;
}

function familiesOf(status: Status): Family[] {
  const { sources, lastDay, storage, quarantine, alarms } = status;
  const seconds = (at: Date | null) => (at === null ? [] : [at.getTime() / 1000]);
  return [
    { name: "tendhunt_well", help: "1 when /healthz says so.", samples: [[{}, status.well ? 1 : 0]] },
    {
      name: "tendhunt_windows",
      help: "Monthly windows by state.",
      samples: sources.flatMap(({ source, months }) =>
        WINDOW_STATES.map((state): Sample => [{ source, state }, months[state]]),
      ),
    },
    {
      name: "tendhunt_delta_lag_seconds",
      help: "Age of the newest instant up to which everything has been read.",
      unit: "seconds",
      samples: sources.flatMap(({ source, lagSeconds }): Sample[] =>
        lagSeconds === null ? [] : [[{ source }, lagSeconds]],
      ),
    },
    {
      name: "tendhunt_requests_last_day",
      help: "Requests of the last 24 hours by outcome.",
      samples: lastDay.sources.flatMap(({ source, requests, refusals, retries }): Sample[] => [
        [{ source, outcome: "answered" }, Math.max(0, requests - refusals - retries)],
        [{ source, outcome: "refused" }, refusals],
        [{ source, outcome: "retried" }, retries],
      ]),
    },
    {
      name: "tendhunt_releases_last_day",
      help: "Releases read in the last 24 hours.",
      samples: lastDay.sources.map(({ source, releases }): Sample => [{ source }, releases]),
    },
    {
      name: "tendhunt_releases",
      help: "Distinct releases in the windows that have been read.",
      samples: sources.map(({ source, releases }): Sample => [{ source }, releases]),
    },
    {
      name: "tendhunt_contract_bytes",
      help: "Bytes of the contracts of these releases, without indexes.",
      unit: "bytes",
      samples: sources.map(({ source, bytes }): Sample => [{ source }, bytes]),
    },
    {
      name: "tendhunt_storage_bytes",
      help: "What the database uses.",
      unit: "bytes",
      samples: [
        [{ part: "data" }, storage.dataBytes],
        [{ part: "index" }, storage.indexBytes],
      ],
    },
    {
      name: "tendhunt_storage_budget_bytes",
      help: "STORAGE_BUDGET_MB; absent without one.",
      unit: "bytes",
      samples: storage.budgetBytes === null ? [] : [[{}, storage.budgetBytes]],
    },
    {
      name: "tendhunt_quarantined",
      help: "Releases in quarantine, counted up to 1,001.",
      samples: [[{}, quarantine.count]],
    },
    {
      name: "tendhunt_runs_last_day",
      help: "Runs of the last 24 hours by outcome.",
      samples: Object.entries(lastDay.runs).map(([outcome, runs]): Sample => [{ outcome }, runs]),
    },
    {
      name: "tendhunt_last_good_run_timestamp_seconds",
      help: "When the newest run that succeeded began.",
      unit: "seconds",
      samples: seconds(status.lastGoodRunAt).map((value): Sample => [{}, value]),
    },
    {
      name: "tendhunt_alarms",
      help: "Alarms that stand, by kind.",
      samples: ALARM_KINDS.map(
        (kind): Sample => [{ kind }, alarms.filter((alarm) => alarm.kind === kind).length],
      ),
    },
  ];
}

function family({ name, help, unit, samples }: Family): string {
  const head = [
    `# TYPE ${name} gauge`,
    ...(unit ? [`# UNIT ${name} ${unit}`] : []),
    `# HELP ${name} ${help}`,
  ];
  return [...head, ...samples.map(([labels, value]) => `${name}${labelled(labels)} ${value}`)].join("\n");
}

function labelled(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

const escaped = (value: string) =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
