// How good the forecasts of finished windows were. Pure.
import type { SyncWindow } from "../terms/documents.ts";

type Judged = Pick<SyncWindow, "forecast" | "counts" | "doneAt">;

export interface ForecastError {
  windows: number;
  /** Medians of |fact - forecast| / forecast. */
  bytes: number;
  requests: number;
}

/** How good the forecasts of finished windows were; null when none can be judged. */
export function errorOf(windows: readonly Judged[]): ForecastError | null {
  const judged = windows.flatMap(({ forecast: expected, counts, doneAt }) =>
    expected && doneAt ? [{ expected, counts }] : [],
  );
  if (judged.length === 0) return null;
  const off = (what: "bytes" | "requests") =>
    median(
      judged.map(
        ({ expected, counts }) => Math.abs(counts[what] - expected[what]) / Math.max(1, expected[what]),
      ),
    );
  return { windows: judged.length, bytes: off("bytes"), requests: off("requests") };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
