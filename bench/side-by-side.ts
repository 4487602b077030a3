// One table: what each way costs and what it loses, on the same histories, at the same pace.

import { readPage } from "../src/fetch/page.ts";
import { APIS } from "../test/kit/apis.ts";
import { type Client, clientsOf } from "./clients.ts";
import {
  benchReplica,
  createCoverage,
  type Histories,
  type Reached,
  SOURCES,
  type Source,
  T0,
} from "./histories.ts";
import { type ProjectResult, runProject } from "./project.ts";

export interface Way {
  source: Source;
  way: string;
  from: string;
  per1000: number;
  missing: number;
  /** Null where reading again is the point: a verification. */
  fetchedTwice: number | null;
  hours: Record<keyof typeof CRONS, Reached>;
}

export const CRONS = { hourly: 3600, quarterHourly: 900 } as const;

/** What an invocation of this project can ask, and so what each of them may: six a minute for 780 s, less the headroom. */
const SLOT_SECONDS = 10.2;
const REQUESTS_PER_RUN = 77;

/** When the `index`th request of a way is asked, whose runs begin every so many seconds. */
const secondsAt = (index: number, everySeconds: number) =>
  Math.floor(index / REQUESTS_PER_RUN) * everySeconds + (index % REQUESTS_PER_RUN) * SLOT_SECONDS;

const hours = (seconds: number) => Number((seconds / 3600).toFixed(1));
const inHours = ({ last30Days, lastYear, all }: Reached): Reached => ({
  last30Days: hours(last30Days),
  lastYear: hours(lastYear),
  all: hours(all),
});
const per1000 = (requests: number, releases: number) => Number(((requests / releases) * 1000).toFixed(2));

function wayOf(source: Source, client: Client, histories: Histories): Way {
  const replica = benchReplica(histories);
  const coverage = createCoverage(source, histories);
  let requests = 0;
  client.read({ source, from: histories.from[source] }, (url) => {
    const now = T0.getTime() + secondsAt(requests, CRONS.hourly) * 1000;
    const read = readPage(replica.handle({ url, now }).body);
    if (read.kind !== "page") throw new Error(`${APIS[source].source}: ${read.kind} for ${url}`);
    coverage.note(
      read.page.rows.map(({ key }) => key),
      requests++,
    );
    return read.page;
  });
  const reached = (everySeconds: number) => {
    const { last30Days, lastYear, all } = coverage.reached();
    const at = (index: number) => secondsAt(index, everySeconds);
    return inHours({ last30Days: at(last30Days), lastYear: at(lastYear), all: at(all) });
  };
  return {
    source,
    way: client.name,
    from: client.from,
    per1000: per1000(requests, coverage.releases),
    missing: coverage.missing(),
    fetchedTwice: coverage.rows() - (coverage.releases - coverage.missing()),
    hours: { hourly: reached(CRONS.hourly), quarterHourly: reached(CRONS.quarterHourly) },
  };
}

function ownWays(source: Source, runs: Record<keyof typeof CRONS, ProjectResult>): Way[] {
  const { hourly, quarterHourly } = runs;
  const [own, often] = [hourly.sources[source], quarterHourly.sources[source]];
  const { releases, missing } = own;
  const common = { source, from: "this project", missing };
  return [
    {
      ...common,
      way: "this project, drained",
      per1000: per1000(own.drainRequests, releases),
      fetchedTwice: own.fetchedTwice,
      hours: { hourly: inHours(own.drained), quarterHourly: inHours(often.drained) },
    },
    {
      ...common,
      way: "this project, verified",
      per1000: per1000(own.verifyRequests, releases),
      fetchedTwice: null,
      hours: { hourly: inHours(own.verified), quarterHourly: inHours(often.verified) },
    },
  ];
}

export interface Pace {
  source: Source;
  /** Quarter-hourly against hourly: how many times sooner all is drained, and verified. */
  drainedTimes: number;
  verifiedTimes: number;
}

/** What it takes until every month is exact, whose last rows have had time to appear. */
export interface Proved {
  source: Source;
  run: string;
  releases: number;
  missing: number;
  drained1000: number;
  verified1000: number;
  /** Drained and verified together. */
  inAll1000: number;
  /** For new notices, their second pass and the assumptions. */
  otherRequests: number;
  drainedHours: number;
  exactHours: number;
  times: number;
}

export function provedBy(run: string, { sources }: ProjectResult): Proved[] {
  return SOURCES.map((source) => {
    const own = sources[source];
    const { releases, missing, drainRequests, verifyRequests, drained, exact, otherRequests } = own;
    return {
      ...{ source, run, releases, missing, otherRequests },
      drained1000: per1000(drainRequests, releases),
      verified1000: per1000(verifyRequests, releases),
      inAll1000: per1000(drainRequests + verifyRequests, releases),
      drainedHours: hours(drained.all),
      exactHours: hours(exact),
      times: Number((exact / drained.all).toFixed(2)),
    };
  });
}

export interface SideBySide {
  releases: Record<Source, number>;
  proved: Proved[];
  ways: Way[];
  pace: Pace[];
}

export async function sideBySide(histories: Histories, say: (line: string) => void): Promise<SideBySide> {
  say("this project, hourly …");
  const hourly = await runProject({ histories, everySeconds: CRONS.hourly, say });
  say("this project, quarter-hourly …");
  const quarterHourly = await runProject({ histories, everySeconds: CRONS.quarterHourly, say });
  const ways = SOURCES.flatMap((source) => {
    say(`${source}: the other ways …`);
    const others = clientsOf(source).map((client) => wayOf(source, client, histories));
    return [...ownWays(source, { hourly, quarterHourly }), ...others];
  });
  const pace = SOURCES.map((source) => {
    const [slow, fast] = [hourly.sources[source], quarterHourly.sources[source]];
    const times = (of: "drained" | "verified") => Number((slow[of].all / fast[of].all).toFixed(2));
    return { source, drainedTimes: times("drained"), verifiedTimes: times("verified") };
  });
  const releases = {
    FIND_A_TENDER: hourly.sources.FIND_A_TENDER.releases,
    CONTRACTS_FINDER: hourly.sources.CONTRACTS_FINDER.releases,
  };
  const proved = [...provedBy("hourly", hourly), ...provedBy("quarter-hourly", quarterHourly)];
  return { releases, proved, ways, pace };
}

export interface Week {
  source: Source;
  invocations: number;
  allowed: number;
  asked: number;
  usedShare: number;
  refused: number;
}

const WEEK_HOURS = 168;
/** So that a week of requests has something to ask for: at 100 a page all is verified on the fourth day. */
const WEEK_PAGE_LIMIT = 25;

/** An hourly cron for a week, at an API that enforces its limit: what is used of six requests a minute for 780 s a run. */
export async function week(histories: Histories, invocations = WEEK_HOURS): Promise<Week[]> {
  const vars = { PAGE_LIMIT: String(WEEK_PAGE_LIMIT) };
  const { sources } = await runProject({ histories, everySeconds: CRONS.hourly, invocations, vars });
  return SOURCES.map((source) => {
    const { asked, refused } = sources[source];
    const allowed = invocations * 78;
    return { source, invocations, allowed, asked, usedShare: Number((asked / allowed).toFixed(4)), refused };
  });
}
