// The progress of a held window in memory: what the next checkpoint will write. Pure.
import { Binary } from "mongodb";
import type { Progress } from "../claim/statements.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { month, monthStart } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { Step } from "./lane.ts";

export function progressOf(window: SyncWindow): Progress {
  const { lanes, counts, unproven, drift, alarms, verify, publishedSeconds, forecast } = window;
  const { adding, changedInPlace } = window;
  return {
    lanes,
    counts,
    unproven,
    drift,
    ...(alarms ? { alarms } : {}),
    ...(adding ? { adding } : {}),
    ...(verify ? { verify } : {}),
    ...(publishedSeconds ? { publishedSeconds } : {}),
    ...(changedInPlace ? { changedInPlace } : {}),
    ...(forecast ? { forecast } : {}),
  };
}

/** `progress` after these rows were stored and counted for the first time. */
export function countRows(
  progress: Progress,
  window: SyncWindow,
  { counted, stored, unidentified, requests }: Pick<Step, "counted" | "stored" | "unidentified" | "requests">,
): Progress {
  const { counts } = progress;
  const byTag = new Map(Object.entries(counts.byTag)); // a name like `constructor` means nothing here
  let bytes = counts.bytes;
  let quarantined = counts.quarantined + unidentified;
  for (const row of counted) {
    for (const tag of row.tags.slice(0, TAGS_OF_A_ROW_MAX)) {
      const known = byTag.has(tag) || (byTag.size < TAGS_MAX && tagPattern.test(tag));
      const name = known ? tag : "other";
      byTag.set(name, (byTag.get(name) ?? 0) + 1);
    }
    const size = stored.bytes.get(row.key);
    if (size === undefined) quarantined++;
    else bytes += size;
  }
  return {
    ...progress,
    counts: {
      requests: counts.requests + requests,
      releases: counts.releases + counted.length,
      byTag: Object.fromEntries(byTag),
      quarantined: Math.max(0, quarantined - stored.recovered),
      bytes,
    },
    publishedSeconds: withSeconds(progress.publishedSeconds, counted, baseMs(window)),
  };
}

// A tag becomes a field name. OCDS knows 17, and a real release has at most three of them.
const tagPattern = /^[A-Za-z]{1,40}$/;
const TAGS_MAX = 100;
const TAGS_OF_A_ROW_MAX = 20;

/** The month's first instant: it stays, however the window's own beginning is moved. */
const baseMs = ({ month: of }: SyncWindow): number => monthStart(month(of)).getTime();

function withSeconds(before: Binary | undefined, rows: Row[], fromMs: number): Binary {
  const seconds = rows.flatMap(({ date }) =>
    date === null ? [] : [Math.floor((date.getTime() - fromMs) / 1000)],
  );
  const known = before?.value() ?? new Uint8Array(0);
  const bytes = new Uint8Array(known.length + seconds.length * 4);
  bytes.set(known);
  const view = new DataView(bytes.buffer);
  seconds.forEach((second, at) => {
    view.setInt32(known.length + at * 4, Math.max(-0x80000000, Math.min(0x7fffffff, second)), true);
  });
  return new Binary(bytes);
}

/** Instants that the counted releases were published at, ascending. */
export function publishedInstants(window: SyncWindow): Date[] {
  const bytes = window.publishedSeconds?.value() ?? new Uint8Array(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seconds = Int32Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) =>
    view.getInt32(at * 4, true),
  );
  const fromMs = baseMs(window);
  return [...seconds.sort()].map((second) => new Date(fromMs + second * 1000));
}
