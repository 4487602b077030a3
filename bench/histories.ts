// What every way has to read: the same histories, in the real volumes and rhythm, behind the same rate limit.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { createReplica, type Replica } from "../src/replica/answer.ts";
import type { Fault } from "../src/replica/faults.ts";
import { createHistory, type Published } from "../src/replica/history.ts";
import { SOURCES, type Source } from "../src/replica/sources.ts";

export const SEED = 1;
export const ORIGIN = "http://replica";
/** T0: every way begins here, and must bring all that was published before. */
export const T0 = new Date("2026-09-01T09:00:00Z");
/** Api-facts, Rate: about 12 requests in 120 s. */
export const LIMIT = { requests: 12, perSeconds: 120, retryAfterSeconds: 120 };

/** The delta goes on behind T0 while the backfill runs. */
const DAYS_AFTER = 12;
/** So many that at least 328,000 and 300,000 were published before T0. */
const HISTORIES: Record<Source, { from: Date; notices: number }> = {
  FIND_A_TENDER: { from: new Date("2021-01-02T00:00:00Z"), notices: 333_000 },
  CONTRACTS_FINDER: { from: new Date("2016-11-01T00:00:00Z"), notices: 304_000 },
};

export interface Histories {
  from: Record<Source, Date>;
  rows: Record<Source, Published[]>;
}

/** Of a few months, to show that everything runs. */
const SHORT_FROM = new Date("2026-01-01T00:00:00Z");

/** @param share of the notices; the rhythm stays, so a smaller history is a thinner one */
export function benchHistories({
  share,
  short,
  faults = [],
}: {
  share: number;
  short: boolean;
  /** Those that sit in single releases. */
  faults?: Fault[];
}): Histories {
  const to = new Date(T0.getTime() + DAYS_AFTER * DAY_MS);
  const from = {
    FIND_A_TENDER: short ? SHORT_FROM : HISTORIES.FIND_A_TENDER.from,
    CONTRACTS_FINDER: short ? SHORT_FROM : HISTORIES.CONTRACTS_FINDER.from,
  };
  const made = (source: Source) => {
    const notices = Math.floor(HISTORIES[source].notices * share);
    return createHistory({ source, seed: SEED, from: from[source], to, notices, faults });
  };
  const rows = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  return { from, rows };
}

/** Cursors drop rows as they really do; nothing else is wrong, unless it is asked for. */
export function benchReplica(histories: Histories, faults: Fault[] = ["cursor-drops"]): Replica {
  return createReplica({
    seed: SEED,
    histories: histories.rows,
    faults,
    limit: LIMIT,
    bodies: "light",
    publicOrigin: ORIGIN,
  });
}

const MONTH_MS = 30 * DAY_MS;
const YEAR_MS = 365 * DAY_MS;

/** When the last release of each period came that came at all, in whatever `when` counts. */
export interface Reached {
  last30Days: number;
  lastYear: number;
  all: number;
}

export interface Coverage {
  /** Rows of this source that an answer brought at `when`. */
  note(keys: string[], when: number): void;
  releases: number;
  rows(): number;
  missing(): number;
  reached(): Reached;
}

/** Follows what comes of all that was published before T0. */
export function createCoverage(source: Source, histories: Histories): Coverage {
  const open = new Map<string, number>(
    histories.rows[source].flatMap(({ ocid, releaseId, at }) =>
      at < T0.getTime() ? [[`${ocid}/${releaseId}`, at] as const] : [],
    ),
  );
  const published: ReadonlySet<string> = new Set(open.keys());
  const reached: Reached = { last30Days: 0, lastYear: 0, all: 0 };
  let rows = 0;
  return {
    note(keys, when) {
      for (const key of keys) {
        if (!published.has(key)) continue;
        rows++;
        const at = open.get(key);
        if (at === undefined) continue;
        open.delete(key);
        reached.all = when;
        if (at >= T0.getTime() - YEAR_MS) reached.lastYear = when;
        if (at >= T0.getTime() - MONTH_MS) reached.last30Days = when;
      }
    },
    releases: published.size,
    rows: () => rows,
    missing: () => open.size,
    reached: () => ({ ...reached }),
  };
}

export const isIn = (period: keyof Reached, to: Date): boolean =>
  period === "all" || to.getTime() > T0.getTime() - (period === "lastYear" ? YEAR_MS : MONTH_MS);

export { SOURCES, type Source };
