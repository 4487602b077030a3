// `npm run bench [-- --json] [--short]`: what each way of reading these APIs costs and what it loses, side by side on the
// same replica histories, in the real rhythm and volumes. Counts, not times: they are the same on every machine.
import Table from "cli-table3";
import { APIS, type Api, pageUrl, type Question } from "../src/fetch/api.ts";
import { type Page, readPage } from "../src/fetch/page.ts";
import { nextSlice } from "../src/fetch/proof.ts";
import { judgePage, judgeSlice, narrower, questionFor, shorter, smallest } from "../src/fetch/walk.ts";
import { topOf, wantedWindows } from "../src/plan/difference.ts";
import { createReplica, type Replica } from "../src/replica/answer.ts";
import { createHistory } from "../src/replica/history.ts";
import {
  boundaryAtOrBefore,
  type LondonTime,
  londonTime,
  plusSeconds,
  secondsBetween,
  toLondon,
} from "../src/terms/london-time.ts";
import { SOURCES, type Source } from "../src/terms/window.ts";

const ORIGIN = "http://replica";
const REQUESTS_PER_RUN = Math.floor(780 / (10 * 1.02)); // 780 s at six a minute, with the pacer's headroom
const SEED = 1;
const HISTORIES: Record<Source, { from: Date; to: Date; notices: number }> = {
  FIND_A_TENDER: {
    from: new Date("2021-01-02T00:00:00Z"),
    to: new Date("2026-09-01T00:00:00Z"),
    notices: 328_000,
  },
  CONTRACTS_FINDER: {
    from: new Date("2016-11-01T00:00:00Z"),
    to: new Date("2026-09-01T00:00:00Z"),
    notices: 300_000,
  },
};

/** What one way has asked and got. */
interface Counted {
  requests: number;
  rows: number;
  seen: Set<string>;
  /** Instants of the rows that were seen, for the verification that follows a drain. */
  dates: Map<string, Date>;
}

const counted = (): Counted => ({ requests: 0, rows: 0, seen: new Set(), dates: new Map() });

interface Bench {
  api: Api;
  replica: Replica;
  from: Date;
  to: Date;
}

function get({ replica, to }: Bench, url: string, into: Counted): Page {
  const read = readPage(replica.handle({ url, now: to.getTime() }).body);
  if (read.kind !== "page") throw new Error(`${url}: ${read.kind}`);
  into.requests++;
  into.rows += read.page.rows.length;
  for (const { key, date } of read.page.rows) {
    into.seen.add(key);
    if (date) into.dates.set(key, date);
  }
  return read.page;
}

const range = (lo: LondonTime, hi: LondonTime): Question => ({ stage: "all", lo, hi, limit: 100 });

/** One interval and `links.next` until there is none: k1p1l0/tendhunt, and most clients. */
function interval(bench: Bench, lo: LondonTime, hi: LondonTime, into: Counted): void {
  const asked = new Set<string>();
  let next: string | null = pageUrl(bench.api, ORIGIN, range(lo, hi));
  while (next !== null && !asked.has(next)) {
    asked.add(next);
    next = get(bench, next, into).next;
  }
}

/** Fixed windows and `links.next`: kingfisher-collect (united_kingdom_fts.py: hours; united_kingdom_contracts_finder: days). */
function fixedWindows(bench: Bench, into: Counted): void {
  const span = bench.api.source === "FIND_A_TENDER" ? 6 * 3600 : 15 * 86_400;
  const end = toLondon(bench.to);
  for (let lo = toLondon(bench.from); lo < end; lo = plusSeconds(lo, span))
    interval(bench, lo, plusSeconds(lo, span), into);
}

/** Slices that are asked until they are not full, each as long as the last one's density suggests. */
function adaptiveSlices(bench: Bench, into: Counted): void {
  const start = toLondon(bench.from);
  let span = 86_400;
  for (let hi = toLondon(bench.to); hi > start; ) {
    let asked: Question = questionFor({
      api: bench.api,
      stage: "all",
      hi,
      start,
      limit: 100,
      spanSeconds: span,
    });
    let page = get(bench, pageUrl(bench.api, ORIGIN, asked), into);
    while (judgeSlice(bench.api, asked, page).kind !== "whole") {
      const next = shorter(bench.api, asked, page.rows);
      if (!next) break;
      asked = next;
      page = get(bench, pageUrl(bench.api, ORIGIN, asked), into);
    }
    const growth = Math.min(4, Math.max(0.5, 80 / Math.max(1, page.rows.length)));
    span = Math.max(2, secondsBetween(asked.lo, asked.hi) * growth);
    hi = asked.lo;
  }
}

/** This project's drain, month by month, by its own decisions; `into.dates` feeds the verification. */
function drain(bench: Bench, into: Counted): void {
  for (const { from, to } of months(bench)) {
    const start = boundaryAtOrBefore(toLondon(from));
    for (let hi = topOf(to), asked: Question | null = null; hi > start; ) {
      asked ??= questionFor({ api: bench.api, stage: "all", hi, start, limit: 100, spanSeconds: null });
      const page = get(bench, pageUrl(bench.api, ORIGIN, asked), into);
      const verdict = judgePage({ api: bench.api, asked, page, before: new Set() });
      if (verdict.kind === "crowded") asked = smallest(bench.api, asked);
      else if (verdict.kind === "unclear") asked = narrower(bench.api, asked);
      else if (verdict.kind === "untrusted") throw new Error(`untrusted: ${verdict.why}`);
      else {
        hi = verdict.kind === "full" ? verdict.frontier : asked.lo;
        asked = null;
      }
    }
  }
}

function verify(bench: Bench, dates: Map<string, Date>, into: Counted): void {
  const sorted = [...dates.values()].sort((a, b) => a.getTime() - b.getTime());
  for (const { from, to } of months(bench)) {
    const start = boundaryAtOrBefore(toLondon(from));
    const published = sorted.filter((date) => date >= from && date < to);
    for (let frontier = topOf(to); frontier > start; ) {
      let asked: Question = nextSlice({ api: bench.api, frontier, start, published, limit: 100 });
      for (;;) {
        const page = get(bench, pageUrl(bench.api, ORIGIN, asked), into);
        if (judgeSlice(bench.api, asked, page).kind === "whole") break;
        const next = shorter(bench.api, asked, page.rows);
        if (!next) break;
        asked = next;
      }
      frontier = asked.lo;
    }
  }
}

const months = ({ api, from, to }: Bench) =>
  wantedWindows({ source: api.source, start: from, horizon: to, now: to }).reverse();

interface Row {
  source: Source;
  way: string;
  per1000: number;
  missing: number;
  fetchedTwice: number;
  hoursHourly: number;
  hoursQuarterHourly: number;
}

function rowOf(bench: Bench, way: string, { requests, rows, seen }: Counted): Row {
  const published = new Set(
    bench.replica
      .published(bench.api.source, bench.to.getTime())
      .map(({ ocid, releaseId }) => `${ocid}/${releaseId}`),
  );
  let missing = 0;
  for (const key of published) if (!seen.has(key)) missing++;
  const runs = Math.ceil(requests / REQUESTS_PER_RUN);
  return {
    source: bench.api.source,
    way,
    per1000: Number(((requests / published.size) * 1000).toFixed(1)),
    missing,
    fetchedTwice: rows - seen.size,
    hoursHourly: runs,
    hoursQuarterHourly: Math.ceil(runs / 4),
  };
}

function benchOf(source: Source, share: number): Bench {
  const { from, to, notices } = HISTORIES[source];
  const histories = {
    FIND_A_TENDER: [],
    CONTRACTS_FINDER: [],
    [source]: createHistory({ source, seed: SEED, from, to, notices: Math.floor(notices * share) }),
  };
  const replica = createReplica({
    seed: SEED,
    histories,
    bodies: "light",
    faults: ["cursor-drops"],
    publicOrigin: ORIGIN,
  });
  return { api: APIS[source], replica, from, to };
}

function measure(source: Source, share: number): Row[] {
  const bench = benchOf(source, share);
  const all = { lo: londonTime(toLondon(bench.from)), hi: londonTime(toLondon(bench.to)) };
  const ways: [string, (into: Counted) => void][] = [
    ["one interval, links.next", (into) => interval(bench, all.lo, all.hi, into)],
    ["fixed windows, links.next", (into) => fixedWindows(bench, into)],
    ["exact adaptive slices", (into) => adaptiveSlices(bench, into)],
  ];
  const rows = ways.map(([way, run]) => {
    const into = counted();
    run(into);
    return rowOf(bench, way, into);
  });
  const [drained, verified] = [counted(), counted()];
  drain(bench, drained);
  verify(bench, drained.dates, verified);
  return [
    rowOf(bench, "this project, drain", drained),
    rowOf(bench, "this project, verify", verified),
    ...rows,
  ];
}

const share = process.argv.includes("--short") ? 0.05 : 1;
const rows = SOURCES.flatMap((source) => measure(source, share));
if (process.argv.includes("--json")) console.log(JSON.stringify({ version: 1, seed: SEED, share, rows }));
else {
  const head = [
    "source",
    "way",
    "requests per 1,000",
    "missing",
    "fetched twice",
    "hours, hourly cron",
    "hours, quarter-hourly",
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) table.push(Object.values(row).map(String));
  console.log(table.toString());
}
