// What was published, and when: compact records in the real rhythm (working days, rush hours in London, growth by
// year, several notices in one second). Bodies are made from them when they are asked for.
import { fromLondon, londonTime, toLondon } from "../terms/london-time.ts";
import type { Fault } from "./faults.ts";
import { createRandom, hash, type Random, weighted } from "./random.ts";
import type { Source } from "./sources.ts";

export interface Published {
  /** Instant that the API lists it under (ms, whole seconds). */
  at: number;
  /** Instant from which the API lists it. */
  listedAt: number;
  /** `release.date` (ms): nearly always `at`. */
  date: number;
  ocid: string;
  releaseId: string;
  /** FaT: place in the year's sequence, what a page is ordered by; CF: revision number. */
  number: number;
  /** What `stages` filters by. */
  stage: Stage;
  tags: readonly string[];
  /** FaT: UK1 to UK17, or null before the Procurement Act 2023 (CELEX). */
  noticeType: string | null;
  /** Made its body from. */
  seed: number;
  plant: (typeof PLANTS)[number] | null;
  /** A recorded release in place of a made-up one. */
  recorded?: unknown;
}
export type Stage = "planning" | "tender" | "award" | "implementation";

export interface HistoryOptions {
  source: Source;
  seed: number;
  from: Date;
  to: Date;
  notices: number;
  faults?: readonly Fault[];
  /** Seconds that hold this many more notices each: `{ at, count }`. */
  crowds?: { at: Date; count: number }[];
  /** Days that hold this many more notices each, over their working hours. */
  busyDays?: { day: Date; count: number }[];
  /** FaT: one more notice, listed under this many processes in one second (as 033562-2023 under 15). */
  fanOuts?: { at: Date; count: number }[];
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Notices a year in thousands (api-facts, Volumes; 2026 as a whole year, early years of CF estimated from its total). */
const YEARLY: Record<Source, Record<number, number>> = {
  FIND_A_TENDER: { 2021: 32.5, 2022: 36.7, 2023: 38, 2024: 41.6, 2025: 94.4, 2026: 123 },
  CONTRACTS_FINDER: {
    ...{ 2016: 70, 2017: 80, 2018: 84, 2019: 86, 2020: 86, 2021: 86, 2022: 95 },
    ...{ 2023: 105, 2024: 105, 2025: 80, 2026: 40 },
  },
};
const PROCUREMENT_ACT_MS = Date.UTC(2025, 1, 24); // in force since: FaT's volume doubled on that day
const QUIET_DAY = 0.012; // a weekend day has 1 to 10 notices, a weekday 370 to 580
/** Share of a working day's notices by hour of London time. */
const HOURS = [1, 0.5, 0.3, 0.2, 0.2, 0.5, 2, 6, 22, 48, 62, 60, 48, 44, 56, 66, 62, 34, 10, 5, 4, 3, 2, 1.5];
const pickHour = weighted(HOURS.map((weight, hour) => [hour, weight] as const));

/** Every release in the order of publication. */
export function createHistory(options: HistoryOptions): Published[] {
  const random = createRandom(options.seed * 7919 + (options.source === "FIND_A_TENDER" ? 1 : 2));
  const times = publicationTimes(options, random);
  const make = options.source === "FIND_A_TENDER" ? findATender : contractsFinder;
  const rows = make(options, times, random);
  plantOnce(rows, options);
  return rows;
}

const PLANTS = [
  "bare-zeros",
  "infinity",
  "mojibake",
  "duplicate-ids",
  "broken-release",
  "unclosed-quote",
] as const;

/** A fault that is on stands in every history, however small. */
function plantOnce(rows: Published[], { source, seed, faults = [] }: HistoryOptions): void {
  for (const plant of PLANTS) {
    if (!faults.includes(plant) || (plant === "mojibake" && source === "FIND_A_TENDER")) continue;
    if (rows.some((row) => row.plant === plant)) continue;
    const row = rows[hash(`${seed} ${plant}`) % rows.length];
    if (row?.plant === null) row.plant = plant;
  }
}

/** A day on London's wall: 23 or 25 hours long when the clocks change. */
interface Day {
  startMs: number;
  hours: number;
}

function publicationTimes(options: HistoryOptions, random: Random): Float64Array {
  const { source, from, to, notices, crowds = [], busyDays = [] } = options;
  const days: Day[] = [];
  const cumulative: number[] = [];
  let total = 0;
  let next = londonDay(toLondon(from).slice(0, 10));
  while (next.startMs < to.getTime()) {
    total += volumeOf(source, next) * (0.8 + 0.4 * random());
    days.push(next);
    cumulative.push(total);
    next = londonDay(toLondon(new Date(next.startMs + next.hours * HOUR_MS)).slice(0, 10));
  }
  const times: number[] = [];
  while (times.length < notices) {
    const day = days[indexOf(cumulative, random() * total)];
    const at = day ? secondOf(day, random) : from.getTime();
    if (at < from.getTime() || at >= to.getTime()) continue;
    times.push(at);
    // A buyer's batch: a few notices within one second.
    if (random() < 0.01)
      for (let more = Math.floor(random() * 4); more > 0 && times.length < notices; more--) times.push(at);
  }
  for (const { at, count } of crowds) for (let more = 0; more < count; more++) times.push(wholeSecond(at));
  for (const { day, count } of busyDays) {
    const busy = londonDay(day.toISOString().slice(0, 10));
    for (let more = 0; more < count; more++) times.push(secondOf(busy, random));
  }
  if (source === "FIND_A_TENDER") for (const { at } of options.fanOuts ?? []) times.push(wholeSecond(at));
  return Float64Array.from(times).sort();
}

const wholeSecond = (at: Date) => Math.floor(at.getTime() / SECOND_MS) * SECOND_MS;

function londonDay(date: string): Day {
  const startMs = fromLondon(londonTime(`${date}T00:00:00`)).getTime();
  const tomorrow = new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return {
    startMs,
    hours: (fromLondon(londonTime(`${tomorrow}T00:00:00`)).getTime() - startMs) / HOUR_MS,
  };
}

function volumeOf(source: Source, { startMs }: Day): number {
  const noon = new Date(startMs + 12 * HOUR_MS);
  const beforeTheAct = source === "FIND_A_TENDER" && startMs < PROCUREMENT_ACT_MS;
  const year = Math.min(noon.getUTCFullYear(), beforeTheAct ? 2024 : 2026);
  const christmas = ["12-25", "12-26", "01-01"].includes(noon.toISOString().slice(5, 10));
  return (YEARLY[source][year] ?? 50) * (noon.getUTCDay() % 6 === 0 || christmas ? QUIET_DAY : 1);
}

/** A second of that day in London's working rhythm; where the clocks change, the hour that is skipped has none and the repeated one both. */
function secondOf({ startMs, hours }: Day, random: Random): number {
  const hour = pickHour(random);
  let elapsed = hour * HOUR_MS;
  if (hours === 25 && (hour >= 2 || (hour === 1 && random() < 0.5))) elapsed += HOUR_MS;
  if (hours === 23 && hour >= 2) elapsed -= HOUR_MS;
  return startMs + elapsed + Math.floor(random() * 3600) * SECOND_MS;
}

function indexOf(cumulative: number[], value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cumulative[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Kind {
  noticeType: string | null;
  tags: readonly string[];
  stage: Stage;
}

const kind = (noticeType: string | null, stage: Stage, ...tags: string[]): Kind => ({
  noticeType,
  tags,
  stage,
});
/** In the shares of 1,194 recorded releases; the types that these don't hold are rare. */
const PROCUREMENT_ACT = weighted([
  [kind("UK1", "planning", "planning"), 13],
  [kind("UK1", "planning", "planningUpdate"), 15],
  [kind("UK2", "planning", "planning"), 78],
  [kind("UK2", "planning", "planningUpdate"), 18],
  [kind("UK3", "planning", "planning"), 17],
  [kind("UK3", "planning", "planningUpdate"), 2],
  [kind("UK4", "tender", "tender"), 151],
  [kind("UK4", "tender", "tenderUpdate"), 32],
  [kind("UK5", "award", "award", "contract"), 28],
  [kind("UK5", "award", "awardUpdate", "contractUpdate"), 2],
  [kind("UK6", "award", "award", "contract"), 133],
  [kind("UK6", "award", "awardUpdate", "contractUpdate"), 6],
  [kind("UK7", "award", "award", "contract"), 494],
  [kind("UK7", "award", "awardUpdate", "contractUpdate"), 5],
  [kind("UK8", "award", "implementation"), 2],
  [kind("UK9", "award", "implementation"), 2],
  [kind("UK10", "award", "contractAmendment"), 3],
  [kind("UK11", "award", "contractTermination"), 9],
  [kind("UK12", "tender", "tenderCancellation"), 17],
  [kind("UK13", "tender", "tender"), 3],
  [kind("UK14", "tender", "tender"), 2],
  [kind("UK15", "award", "award", "contract"), 5],
  [kind("UK16", "tender", "tenderCancellation"), 2],
  [kind("UK17", "award", "implementation"), 2],
]);
const CELEX = weighted([
  [kind(null, "planning", "planning"), 8],
  [kind(null, "planning", "planning", "tender"), 2],
  [kind(null, "tender", "tender"), 38],
  [kind(null, "tender", "tenderUpdate"), 9],
  [kind(null, "award", "award", "contract"), 52],
  [kind(null, "award", "awardUpdate", "contractUpdate"), 2],
]);
const CELEX_SHARE = 0.17; // of the stream since the Procurement Act
const UNPUBLISHED_SHARE = 0.004; // 4 of 959 numbers are absent on two recorded days
const FOLLOWS_SHARE = 0.4; // of first notices that belong to a process already seen; updates always do

function findATender(options: HistoryOptions, times: Float64Array, random: Random): Published[] {
  const processes: string[] = [];
  const rows: Published[] = [];
  const yearOf = yearsOf(times);
  let year = 0;
  let number = 0;
  times.forEach((at, index) => {
    if (yearOf(at) !== year) {
      year = yearOf(at);
      number = 0;
    }
    number++;
    while (random() < UNPUBLISHED_SHARE) number++;
    const act = at >= PROCUREMENT_ACT_MS && random() >= CELEX_SHARE;
    const { noticeType, tags, stage } = act ? PROCUREMENT_ACT(random) : CELEX(random);
    const isFirst = tags[0] === "planning" || tags[0] === "tender" || tags[0] === "award";
    const follows = processes.length > 0 && (!isFirst || random() < FOLLOWS_SHARE);
    const recent = processes.length - 1 - Math.floor(random() * Math.min(processes.length, 5000));
    const ocid = (follows && processes[recent]) || `ocds-h6vhtk-0${(0x30000 + index).toString(16)}`;
    if (!follows) processes.push(ocid);
    const releaseId = `${String(number).padStart(6, "0")}-${year}`;
    const place = { ocid, releaseId, number: year * 1_000_000 + number };
    rows.push(published(options, at, random, { ...place, stage, tags, noticeType }));
  });
  return options.fanOuts?.length ? fannedOut(rows, options.fanOuts) : rows;
}

/** The year of London time of ascending instants, looked up once per year. */
function yearsOf(times: Float64Array): (at: number) => number {
  let [year, endMs] = [0, Number.NEGATIVE_INFINITY];
  const first = times[0] ?? 0;
  return (at) => {
    if (at >= endMs || at === first) {
      year = Number(toLondon(new Date(at)).slice(0, 4));
      endMs = Date.UTC(year + 1, 0, 1); // London is on GMT then
    }
    return year;
  };
}

function fannedOut(rows: Published[], fanOuts: { at: Date; count: number }[]): Published[] {
  const counts = new Map(fanOuts.map(({ at, count }) => [wholeSecond(at), count]));
  return rows.flatMap((row) => {
    const count = counts.get(row.at) ?? 1;
    counts.delete(row.at);
    return Array.from({ length: count }, (_, copy) =>
      copy === 0
        ? row
        : { ...row, ocid: `ocds-h6vhtk-1${(row.number * 16 + copy).toString(16).slice(-5)}`, plant: null },
    );
  });
}

const pickStage = weighted([
  ["planning", 5],
  ["tender", 48],
  ["award", 46],
  ["implementation", 1],
] as const);
const EDITED_TAGS: Partial<Record<Stage, readonly string[]>> = {
  tender: ["tenderAmendment"],
  award: ["awardUpdate"],
};
const FIRST_TAGS: Record<Stage, readonly string[]> = {
  planning: ["planning"],
  tender: ["tender"],
  award: ["award"],
  implementation: ["implementation"],
};
const EDIT_SHARE = 0.32; // 610,000 notices, 900,000 revisions
const DRAFT_SHARE = 0.01; // a recorded page has 819603 between 819946 and 819945: numbered as a draft, published later
const DRAFTS_KEPT = 3;

interface Notice {
  guid: string;
  ocid: string;
  stage: Stage;
}

function contractsFinder(options: HistoryOptions, times: Float64Array, random: Random): Published[] {
  const notices: Notice[] = [];
  const drafts: number[] = [];
  const rows: Published[] = [];
  let newest = 100_000;
  times.forEach((at) => {
    newest += 1 + Math.floor(random() * 3);
    // Edits are mostly of recent notices.
    const recent = Math.floor(notices.length - 1 - random() ** 2 * Math.min(notices.length, 3000));
    const edited = random() < EDIT_SHARE ? notices[recent] : undefined;
    const notice = edited ?? newNotice(random, notices[notices.length - Math.ceil(random() * 500)]);
    if (!edited) notices.push(notice);
    const draft = !edited && drafts.length >= DRAFTS_KEPT ? drafts.shift() : undefined;
    if (random() < DRAFT_SHARE) drafts.push(newest++);
    const number = draft ?? newest;
    const { guid, ocid, stage } = notice;
    const tags = (edited && EDITED_TAGS[stage]) ?? FIRST_TAGS[stage];
    const place = { ocid, releaseId: `${guid}-${number}`, number };
    rows.push(published(options, at, random, { ...place, stage, tags, noticeType: null }));
  });
  return rows;
}

function newNotice(random: Random, earlier: Notice | undefined): Notice {
  const guid = guidOf(random);
  const stage = pickStage(random);
  // One process can have several notices: its tender, then its award.
  const follows = stage === "award" && earlier && random() < 0.4;
  return { guid, stage, ocid: follows ? earlier.ocid : `ocds-b5fd17-${guidOf(random)}` };
}

// Written into bytes and read at once: a million guids put together from pieces would take three times the memory.
const guidBytes = Buffer.alloc(36, "-");
const GUID_DIGITS = [...guidBytes.keys()].filter((at) => ![8, 13, 18, 23].includes(at));
const HEX = Buffer.from("0123456789abcdef");

function guidOf(random: Random): string {
  let bits = 0;
  GUID_DIGITS.forEach((at, digit) => {
    bits = digit % 8 === 0 ? Math.floor(random() * 2 ** 32) : bits >>> 4;
    guidBytes[at] = HEX[bits & 15] ?? 0;
  });
  guidBytes.write("4", 14);
  guidBytes.write("a", 19);
  return guidBytes.toString("latin1");
}

type Place = Pick<Published, "ocid" | "releaseId" | "number" | "stage" | "tags" | "noticeType">;

/** The record, with what the planted faults make of it. */
function published(
  { source, faults = [] }: HistoryOptions,
  at: number,
  random: Random,
  { ocid, releaseId, number, stage, tags, noticeType }: Place,
): Published {
  const [dice, lateness, seed] = [random(), random(), Math.floor(random() * 2 ** 31)];
  const has = (fault: Fault, from: number, share: number) =>
    dice >= from && dice < from + share && faults.includes(fault);
  let listedAt = at;
  if (has("late-rows", 0, 0.03)) listedAt += Math.floor(lateness * 90_000);
  if (has("very-late-rows", 0.03, 0.01)) listedAt += Math.floor(HOUR_MS + lateness * 24 * HOUR_MS);
  const wrong = source === "FIND_A_TENDER" && has("wrong-dates", 0.04, 0.002);
  const date = wrong ? at + Math.floor((lateness - 0.3) * 90) * DAY_MS : at;
  let plant: Published["plant"] = null;
  if (has("bare-zeros", 0.05, 0.0015)) plant = "bare-zeros";
  else if (has("infinity", 0.06, 0.004)) plant = "infinity";
  else if (source === "CONTRACTS_FINDER" && has("mojibake", 0.07, 0.01)) plant = "mojibake";
  else if (has("duplicate-ids", 0.09, 0.0015)) plant = "duplicate-ids";
  else if (has("broken-release", 0.1, 0.001)) plant = "broken-release";
  else if (has("unclosed-quote", 0.11, 0.0002)) plant = "unclosed-quote";
  return { at, listedAt, date, ocid, releaseId, number, stage, tags, noticeType, seed, plant };
}
