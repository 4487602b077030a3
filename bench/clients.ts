// The other ways, each as good as its original: it asks in London time, waits out nothing and fails at nothing. What is
// left is what the way itself costs and loses.

import { type Api, pageUrl, type Question } from "../src/fetch/api.ts";
import type { Page } from "../src/fetch/page.ts";
import { judgeSlice, questionFor, shorter } from "../src/fetch/walk.ts";
import { type LondonTime, later, plusSeconds, toLondon } from "../src/terms/london-time.ts";
import type { Row } from "../src/terms/release.ts";
import { APIS } from "../test/kit/apis.ts";
import { ORIGIN, type Source, T0 } from "./histories.ts";

export interface Client {
  name: string;
  /** Where this way is written down. */
  from: string;
  read(history: { source: Source; from: Date }, get: (url: string) => Page): void;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

const range = (lo: LondonTime, hi: LondonTime): Question => ({ stage: "all", lo, hi, limit: 100 });

function followLinks(
  api: Api,
  { lo, hi }: { lo: LondonTime; hi: LondonTime },
  get: (url: string) => Page,
): void {
  const asked = new Set<string>(); // a cursor has pointed at itself
  let next: string | null = pageUrl(api, ORIGIN, range(lo, hi));
  while (next !== null && !asked.has(next)) {
    asked.add(next);
    next = get(next).next;
  }
}

const oneInterval: Client = {
  name: "one interval, links.next",
  from: "k1p1l0/tendhunt, and most clients",
  read: ({ source, from }, get) => followLinks(APIS[source], { lo: toLondon(from), hi: toLondon(T0) }, get),
};

/** Windows of one length, newest first; where one ends the next begins, so the second between them is in both. */
function fixedWindows(
  { source, from }: { source: Source; from: Date },
  seconds: number,
  get: (url: string) => Page,
): void {
  const api = APIS[source];
  const start = toLondon(from);
  for (let hi = toLondon(T0); hi > start; hi = plusSeconds(hi, -seconds))
    followLinks(api, { lo: later(start, plusSeconds(hi, -seconds)), hi }, get);
}

const WINDOWS: Record<Source, { name: string; seconds: number }> = {
  FIND_A_TENDER: { name: "6 hours", seconds: 6 * HOUR },
  CONTRACTS_FINDER: { name: "15 days", seconds: 15 * DAY },
};

const windows = (source: Source): Client => ({
  name: `windows of ${WINDOWS[source].name}, links.next`,
  from: "open-contracting/kingfisher-collect",
  read: (history, get) => fixedWindows(history, WINDOWS[source].seconds, get),
});

/** kingfisher-collect's united_kingdom_fts.py has been seen with both lengths. */
const dailyWindows: Client = {
  name: "windows of a day, links.next",
  from: "open-contracting/kingfisher-collect",
  read: (history, get) => fixedWindows(history, DAY, get),
};

/** What a slice should hold: fuller ones overflow more often, and each overflow is a request for nothing. */
const AIM_ROWS = 82;
const HOURS_A_WEEK = 168;
/** How much the newest hour says of the next one like it. */
const LEARNS = 0.3;
const SPAN_MAX = 60 * DAY;

/** How many rows an hour has, by its place in the week: what has been read says how long the next slice may be. */
function createRhythm() {
  const rates = Array.from({ length: HOURS_A_WEEK }, () => 5);
  const placeOf = (ms: number) => Math.floor(ms / 1000 / HOUR) % HOURS_A_WEEK;
  const pieces = function* (from: number, to: number) {
    for (let end = to; end > from; ) {
      const begin = Math.max(from, Math.floor((end - 1) / 1000 / HOUR) * HOUR * 1000);
      yield { begin, end, hours: (end - begin) / 1000 / HOUR };
      end = begin;
    }
  };
  return {
    /** Seconds below `hi` that should hold `rows`. */
    spanSeconds(hi: LondonTime, rows: number): number {
      const top = wall(hi);
      let left = rows;
      for (const { begin, end, hours } of pieces(top - SPAN_MAX * 1000, top)) {
        const expected = (rates[placeOf(begin)] ?? 0) * hours;
        if (expected >= left) return (top - end + (left / expected) * (end - begin)) / 1000;
        left -= expected;
      }
      return SPAN_MAX;
    },
    learn({ lo, hi }: Question, rows: Row[]): void {
      const times = rows.flatMap(({ date }) => (date ? [wall(toLondon(date))] : []));
      for (const { begin, end, hours } of pieces(wall(lo), wall(hi))) {
        const count = times.filter((at) => at >= begin && at < end).length;
        const weight = LEARNS * Math.min(1, hours);
        const place = placeOf(begin);
        rates[place] = (1 - weight) * (rates[place] ?? 0) + weight * (count / hours);
      }
    },
  };
}

const wall = (time: LondonTime) => Date.parse(`${time}Z`);

/** Slices without a cursor, as long as the rhythm so far suggests; one that is full is asked again, shorter. */
const adaptiveSlices: Client = {
  name: "exact adaptive slices",
  from: "the design without its walk; zebreus/tender-db asks so, by hours and days",
  read: ({ source, from }, get) => {
    const api = APIS[source];
    const start = toLondon(from);
    const rhythm = createRhythm();
    for (let hi = toLondon(T0); hi > start; ) {
      const spanSeconds = Math.max(2, Math.round(rhythm.spanSeconds(hi, AIM_ROWS)));
      let asked = questionFor({ api, stage: "all", hi, start, limit: 100, spanSeconds });
      let page = get(pageUrl(api, ORIGIN, asked));
      while (judgeSlice(api, asked, page).kind !== "whole") {
        const next = shorter(api, asked, page.rows);
        if (!next) break;
        asked = next;
        page = get(pageUrl(api, ORIGIN, asked));
      }
      rhythm.learn(asked, page.rows);
      hi = asked.lo;
    }
  },
};

export const clientsOf = (source: Source): Client[] => [
  oneInterval,
  windows(source),
  ...(source === "FIND_A_TENDER" ? [dailyWindows] : []),
  adaptiveSlices,
];
