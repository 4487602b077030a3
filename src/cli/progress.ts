// Progress of a running system, from its database: a bar for each source on a terminal, lines elsewhere.
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { Database } from "../platform/database.ts";
import { counted, percent, span } from "../report/words.ts";
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

const QUIET_MS_MAX = 1500; // so that a log shows that it is still working
const SAME_MS_MAX = 10_000; // and has no more lines than it needs where nothing moves
const WIDTH = 80; // of an output that does not say how wide it is
const NAME_WIDTH = 16;
const BAR_WIDTH = 12;
const LEFT_AFTER_MS = 5000; // before that a rest says nothing

const partOf = ({ done, exact, windows }: SourceProgress) => (done + exact) / Math.max(1, 2 * windows);

/** The time left by what each month took so far: judged when one is read, and counted down in between. */
function createOutlook(startedAtMs: number): (progress: SourceProgress) => number | null {
  const judged = new Map<string, { part: number; endsAtMs: number }>();
  return (progress) => {
    const part = partOf(progress);
    const now = Date.now();
    const elapsedMs = now - startedAtMs;
    if (part === 0 || part >= 1 || elapsedMs < LEFT_AFTER_MS) return null;
    const known = judged.get(progress.source);
    const endsAtMs = known?.part === part ? known.endsAtMs : startedAtMs + elapsedMs / part;
    judged.set(progress.source, { part, endsAtMs });
    return Math.max(0, endsAtMs - now);
  };
}

/** What stands behind the name: the share and the time left first; the others as far as they fit. */
function describe(
  progress: SourceProgress,
  { leftMs, width }: { leftMs: number | null; width: number },
): string {
  const { done, exact, windows, releases, month } = progress;
  if (windows === 0) return "not planned yet";
  const parts = [
    percent(partOf(progress)).padStart(5),
    ...(leftMs === null ? [] : [`${span(leftMs)} left`]),
    counted(releases, "notice"),
    `${done}/${windows} months`,
    `${exact} exact`,
    ...(month ? [`now ${month}`] : []),
  ];
  let text = "";
  for (const one of parts) {
    const longer = text === "" ? one : `${text}, ${one}`;
    if (longer.length <= width) text = longer;
  }
  return text;
}

function bars(startedAtMs: number): ProgressView {
  const outlook = createOutlook(startedAtMs);
  const multi = new MultiBar(
    // gracefulExit would end the process on Ctrl-C before what it has begun is ended.
    { format: "{name} {bar} {text}", hideCursor: true, barsize: BAR_WIDTH, gracefulExit: false },
    Presets.shades_classic,
  );
  const own = new Map<string, SingleBar>();
  return {
    show(all) {
      for (const progress of all) {
        const { source, name, windows, done, exact } = progress;
        const room = (process.stdout.columns ?? WIDTH) - NAME_WIDTH - BAR_WIDTH - "    ".length;
        const text = describe(progress, { leftMs: outlook(progress), width: room });
        const payload = { name: name.padEnd(NAME_WIDTH), text };
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
  const outlook = createOutlook(startedAtMs);
  const last = new Map<string, { mark: string; text: string }>();
  const writtenAtMs = new Map<string, number>();
  return {
    show(all) {
      for (const progress of all) {
        const { source, name, done, exact, windows } = progress;
        const mark = `${done}/${exact}/${windows}`;
        const about = { leftMs: outlook(progress), width: WIDTH - NAME_WIDTH - 1 };
        const text = `${name.padEnd(NAME_WIDTH)} ${describe(progress, about)}`;
        const before = last.get(source);
        const quietMs = Date.now() - (writtenAtMs.get(source) ?? 0);
        const isDue = quietMs > (before?.text === text ? SAME_MS_MAX : QUIET_MS_MAX);
        if (windows === 0 || (before?.mark === mark && !isDue)) continue;
        last.set(source, { mark, text });
        print(text);
        writtenAtMs.set(source, Date.now());
      }
    },
    end: () => undefined,
  };
}
