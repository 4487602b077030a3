// Progress of a running system, from its database: a bar for each source on a terminal, lines elsewhere.
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { Database } from "../platform/database.ts";
import { SOURCES } from "../sources/index.ts";
import type { Source } from "../sources/source.ts";
import { print } from "./print.ts";

export interface SourceProgress {
  source: string;
  name: string;
  windows: number;
  /** Drained windows. */
  done: number;
  exact: number;
  releases: number;
  requests: number;
  verifyRequests: number;
  /** The month that is being read, or null. */
  month: string | null;
  status: string;
}

/** Two small reads; `contracts` is not touched. Once one source was planned, those that were not are switched off. */
export async function readProgress(
  db: Database,
  sources: readonly Source[] = SOURCES,
): Promise<SourceProgress[]> {
  const projection = { publishedSeconds: 0, lanes: 0, alarms: 0 };
  const [windows, jobs] = await Promise.all([
    db.syncWindows.find({ status: { $ne: "cancelled" } }, { projection, sort: { from: -1 } }).toArray(),
    db.syncJobs.find().toArray(),
  ]);
  const on = sources.filter(({ id }) => jobs.length === 0 || jobs.some(({ _id }) => _id === id));
  return on.map(({ id: source, name }) => {
    const own = windows.filter((window) => window.source === source);
    const sum = (of: (window: (typeof own)[number]) => number) =>
      own.reduce((total, window) => total + of(window), 0);
    return {
      source,
      name,
      windows: own.length,
      done: own.filter(({ status }) => status === "done").length,
      exact: own.filter(({ proof }) => proof === "exact").length,
      releases: sum(({ counts }) => counts.releases),
      requests: sum(({ counts }) => counts.requests),
      verifyRequests: sum(({ verify }) => verify?.requests ?? 0),
      month: own.find(({ claim }) => claim !== null)?.month ?? null,
      status: jobs.find((job) => job.source === source)?.status ?? "not planned yet",
    };
  });
}

/** Every month is read and proved, and the delta has nothing behind it. */
export function isComplete(progress: SourceProgress[]): boolean {
  return progress.every(
    ({ windows, done, exact, status }) =>
      windows > 0 && done === windows && exact === windows && status === "syncing",
  );
}

export interface ProgressView {
  show(progress: SourceProgress[]): void;
  end(): void;
}

/** A terminal gets bars; anything else a line whenever a month is done. */
export function createProgressView(startedAtMs: number): ProgressView {
  return process.stdout.isTTY ? bars(startedAtMs) : lines(startedAtMs);
}

function describe(progress: SourceProgress, startedAtMs: number): string {
  const { done, exact, windows, releases, requests, verifyRequests, month } = progress;
  const part = windows === 0 ? 0 : (done + exact) / (2 * windows);
  const elapsed = Date.now() - startedAtMs;
  const left = part > 0 && part < 1 ? `, about ${Math.ceil((elapsed / part - elapsed) / 1000)} s left` : "";
  const now = month ? `, now ${month}` : "";
  const asked = requests + verifyRequests;
  return `${done}/${windows} months, ${exact} exact, ${releases} notices, ${asked} requests${now}${left}`;
}

function bars(startedAtMs: number): ProgressView {
  const multi = new MultiBar(
    // gracefulExit would end the process on Ctrl-C before what it has begun is ended.
    { format: "{name} {bar} {text}", hideCursor: true, barsize: 24, gracefulExit: false },
    Presets.shades_classic,
  );
  const own = new Map<string, SingleBar>();
  return {
    show(all) {
      for (const progress of all) {
        const { source, name, windows, done, exact } = progress;
        const payload = { name: name.padEnd(16), text: describe(progress, startedAtMs) };
        const bar = own.get(source) ?? multi.create(1, 0, payload);
        own.set(source, bar);
        bar.setTotal(Math.max(1, 2 * windows));
        bar.update(done + exact, payload);
      }
    },
    end: () => multi.stop(),
  };
}

function lines(startedAtMs: number): ProgressView {
  const last = new Map<string, string>();
  return {
    show(all) {
      for (const progress of all) {
        const { source, name, done, exact, windows } = progress;
        const mark = `${done}/${exact}/${windows}`;
        if (windows === 0 || last.get(source) === mark) continue;
        last.set(source, mark);
        print(`${name.padEnd(16)} ${describe(progress, startedAtMs)}`);
      }
    },
    end: () => undefined,
  };
}
