// The other ways, each as good as its original: it asks in London time, waits out nothing and fails at nothing. What is
// left is what the way itself costs and loses.
import { APIS, type Api, pageUrl, type Question } from "../src/fetch/api.ts";
import type { Page } from "../src/fetch/page.ts";
import { judgeSlice, questionFor, shorter } from "../src/fetch/walk.ts";
import { type LondonTime, later, plusSeconds, secondsBetween, toLondon } from "../src/terms/london-time.ts";
import { ORIGIN, type Source, startOf, T0 } from "./histories.ts";

export interface Client {
  name: string;
  /** Where this way is written down. */
  from: string;
  read(source: Source, get: (url: string) => Page): void;
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
  read: (source, get) => followLinks(APIS[source], { lo: toLondon(startOf(source)), hi: toLondon(T0) }, get),
};

/** Windows of one length, newest first; where one ends the next begins, so the second between them is in both. */
function fixedWindows(api: Api, seconds: number, get: (url: string) => Page): void {
  const start = toLondon(startOf(api.source));
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
  read: (of, get) => fixedWindows(APIS[of], WINDOWS[of].seconds, get),
});

/** kingfisher-collect's united_kingdom_fts.py has been seen with both lengths. */
const dailyWindows: Client = {
  name: "windows of a day, links.next",
  from: "open-contracting/kingfisher-collect",
  read: (source, get) => fixedWindows(APIS[source], DAY, get),
};

/** What a slice should hold: fuller ones overflow more often, and each overflow is a request for nothing. */
const AIM_ROWS = 75;
const WIDER_MAX = 4;

/** Slices without a cursor, as long as the density so far suggests; one that is full is asked again, shorter. */
const adaptiveSlices: Client = {
  name: "exact adaptive slices",
  from: "zebreus/tender-db asks so, by hours and days",
  read: (source, get) => {
    const api = APIS[source];
    const start = toLondon(startOf(source));
    let spanSeconds = DAY;
    for (let hi = toLondon(T0); hi > start; ) {
      let asked = questionFor({ api, stage: "all", hi, start, limit: 100, spanSeconds });
      let page = get(pageUrl(api, ORIGIN, asked));
      while (judgeSlice(api, asked, page).kind !== "whole") {
        const next = shorter(api, asked, page.rows);
        if (!next) break;
        asked = next;
        page = get(pageUrl(api, ORIGIN, asked));
      }
      const wider = Math.min(WIDER_MAX, AIM_ROWS / Math.max(1, page.rows.length));
      spanSeconds = Math.max(2, Math.round(secondsBetween(asked.lo, asked.hi) * wider));
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
