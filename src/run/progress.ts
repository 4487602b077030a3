// The progress of a held window in memory: what the next checkpoint will write. Pure.
import { Binary } from "mongodb";
import type { Progress } from "../claim/statements.ts";
import type { SyncWindow } from "../terms/documents.ts";
import { month, monthStart } from "../terms/london-time.ts";
import type { Row } from "../terms/release.ts";
import type { Step } from "./lane.ts";

export function progressOf(window: SyncWindow): Progress {
  const { lanes, counts, unproven, drift, alarms, verify, publishedSeconds, forecast } = window;
  const { changedInPlace } = window;
  return {
    lanes,
    counts,
    unproven,
    drift,
    ...(alarms ? { alarms } : {}),
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
  const byTag = { ...counts.byTag };
  let bytes = counts.bytes;
  let quarantined = counts.quarantined + unidentified;
  for (const row of counted) {
    for (const tag of row.tags) {
      const name = tagPattern.test(tag) ? tag : "other";
      byTag[name] = (byTag[name] ?? 0) + 1;
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
      byTag,
      quarantined,
      bytes,
    },
    publishedSeconds: withSeconds(progress.publishedSeconds, counted, baseMs(window)),
  };
}

// A tag becomes a field name.
const tagPattern = /^[A-Za-z]{1,40}$/;

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
