// What was published between two instants, by the sources' own figures. Pure.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { SyncWindow } from "../terms/documents.ts";
import { fromLondon, type LondonTime } from "../terms/london-time.ts";
import type { Volumes, VolumesBySource } from "../terms/source.ts";
import type { Source } from "../terms/window.ts";

export interface Span {
  source: Source;
  from: Date;
  to: Date;
}

/** A source whose volumes nobody knows has published nothing. */
const NOTHING: Volumes = {
  perDay: () => 0,
  releaseBytes: { none: 0, gzip: 0, full: 0 },
  contractExtraBytes: 0,
  contractsPerRelease: 1,
};

export const volumesFor = (volumes: VolumesBySource, source: Source): Volumes =>
  volumes.get(source) ?? NOTHING;

/** Releases that a source lists between two instants. */
export function publishedBetween({ source, from, to }: Span, volumes: VolumesBySource): number {
  const own = volumesFor(volumes, source);
  return Math.max(0, publishedUntil(own, to.getTime()) - publishedUntil(own, from.getTime()));
}

const FIRST_DAY_MS = Date.UTC(2016, 0, 1); // no source has anything before
/** Up to the beginning of each day, as far as it was asked for: a forecast asks thousands of times. */
const SUMS = new WeakMap<Volumes, number[]>();

function publishedUntil(volumes: Volumes, atMs: number): number {
  const days = Math.max(0, (atMs - FIRST_DAY_MS) / DAY_MS);
  const whole = Math.floor(days);
  const sums = SUMS.get(volumes) ?? [0];
  SUMS.set(volumes, sums);
  const on = (index: number) => volumes.perDay(new Date(FIRST_DAY_MS + index * DAY_MS));
  for (let index = sums.length - 1; index < whole; index++) sums.push((sums[index] ?? 0) + on(index));
  return (sums[whole] ?? 0) + (days - whole) * on(whole);
}

type PartlyRead = Pick<SyncWindow, "source" | "from" | "to" | "lanes" | "status">;

/** The part of a window that its lanes have not read yet, 0 to 1. */
export function unread({ source, from, to, lanes, status }: PartlyRead, volumes: VolumesBySource): number {
  if (status === "done" || lanes.length === 0) return 0;
  const whole = publishedBetween({ source, from, to }, volumes);
  if (whole === 0) return lanes.every(({ done }) => done) ? 0 : 1;
  const left = lanes.map(({ frontier, done }) =>
    done ? 0 : publishedBetween({ source, from, to: instantWithin({ from, to }, frontier) }, volumes) / whole,
  );
  return left.reduce((sum, one) => sum + one, 0) / left.length;
}

function instantWithin({ from, to }: Pick<Span, "from" | "to">, time: LondonTime): Date {
  const at = fromLondon(time);
  return at < from ? from : at > to ? to : at;
}
