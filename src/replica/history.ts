// What was published, and when: compact records in the real rhythm (working days, rush hours in London, growth by
// year, several notices in one second). Bodies are made from them when they are asked for.
import { fromLondon, londonTime, toLondon } from "../terms/london-time.ts";
import type { Source } from "../terms/window.ts";
import type { Fault } from "./faults.ts";
import { createRandom, pickWeighted, type Random } from "./random.ts";

export interface Published {
  /** Instant that the API lists it under (ms, whole seconds). */
  at: number;
  /** Instant from which the API lists it. */
  listedAt: number;
  /** `release.date` (ms): nearly always `at`. */
  date: number;
  ocid: string;
  releaseId: string;
  /** FaT: place in the year's sequence; CF: revision number. Descending within a page. */
  number: number;
  /** What `stages` filters by. */
  stage: "planning" | "tender" | "award" | "implementation";
  tags: string[];
  /** FaT: UK1 to UK17, or null before the Procurement Act 2023 (CELEX). */
  noticeType: string | null;
  /** Made its body from. */
  seed: number;
  plant: "bare-zeros" | "infinity" | "mojibake" | "duplicate-ids" | "broken-release" | null;
  /** A recorded release in place of a made-up one. */
  recorded?: unknown;
}

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
}

const DAY_MS = 86_400_000;

/** Notices a year in thousands (api-facts, Volumes; 2026 as a whole year, early years of CF estimated from its total). */
const YEARLY: Record<Source, Record<number, number>> = {
  FIND_A_TENDER: { 2021: 32.5, 2022: 36.7, 2023: 38, 2024: 41.6, 2025: 86.6, 2026: 123 },
  CONTRACTS_FINDER: {
    ...{ 2016: 70, 2017: 80, 2018: 84, 2019: 86, 2020: 86, 2021: 86, 2022: 95 },
    ...{ 2023: 105, 2024: 105, 2025: 80, 2026: 40 },
  },
};
const WEEKEND = 0.012; // a weekend day has 1 to 10 notices, a weekday 370 to 580
/** Share of a working day's notices by hour of London time. */
const HOURS = [1, 0.5, 0.3, 0.2, 0.2, 0.5, 2, 6, 22, 48, 62, 60, 48, 44, 56, 66, 62, 34, 10, 5, 4, 3, 2, 1.5];

/** Every release in the order of publication. */
export function createHistory(options: HistoryOptions): Published[] {
  const random = createRandom(options.seed * 7919 + (options.source === "FIND_A_TENDER" ? 1 : 2));
  const times = publicationTimes(options, random);
  return options.source === "FIND_A_TENDER"
    ? findATender(options, times, random)
    : contractsFinder(options, times, random);
}

function publicationTimes(options: HistoryOptions, random: Random): number[] {
  const { source, from, to, notices, crowds = [], busyDays = [] } = options;
  const days: number[] = [];
  const cumulative: number[] = [];
  let total = 0;
  for (let day = Math.floor(from.getTime() / DAY_MS) * DAY_MS; day < to.getTime(); day += DAY_MS) {
    const date = new Date(day);
    const weekend = date.getUTCDay() % 6 === 0;
    total += (YEARLY[source][date.getUTCFullYear()] ?? 50) * (weekend ? WEEKEND : 1);
    days.push(day);
    cumulative.push(total);
  }
  const times: number[] = [];
  while (times.length < notices) {
    const day = days[indexOf(cumulative, random() * total)] ?? 0;
    const at = secondOf(day, random);
    if (at < from.getTime() || at >= to.getTime()) continue;
    times.push(at);
    // A buyer's batch: a few notices within one second.
    if (random() < 0.01)
      for (let more = Math.floor(random() * 4); more > 0 && times.length < notices; more--) times.push(at);
  }
  for (const { at, count } of crowds)
    times.push(...Array.from({ length: count }, () => Math.floor(at.getTime() / 1000) * 1000));
  for (const { day, count } of busyDays)
    times.push(...Array.from({ length: count }, () => secondOf(day.getTime(), random)));
  return times.sort((a, b) => a - b);
}

/** A second of that UTC day in London's working rhythm. */
function secondOf(day: number, random: Random): number {
  const hours = HOURS.map((weight, hour) => [String(hour), weight] as const);
  const hour = Number(pickWeighted(random, hours));
  const clock = [hour, Math.floor(random() * 60), Math.floor(random() * 60)];
  const wall = `${new Date(day).toISOString().slice(0, 10)}T${clock.map((part) => String(part).padStart(2, "0")).join(":")}`;
  return fromLondon(londonTime(wall)).getTime();
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

type Stage = Published["stage"];
const FAT_TYPES: Record<string, { tags: string[]; stage: Stage; weight: number }> = {
  UK1: { tags: ["planning"], stage: "planning", weight: 3 },
  UK2: { tags: ["planning"], stage: "planning", weight: 12 },
  UK3: { tags: ["planning"], stage: "planning", weight: 4 },
  UK4: { tags: ["tender"], stage: "tender", weight: 22 },
  UK4U: { tags: ["tenderUpdate"], stage: "tender", weight: 5 },
  UK2U: { tags: ["planningUpdate"], stage: "planning", weight: 1 },
  UK5: { tags: ["award", "contract"], stage: "award", weight: 8 },
  UK6: { tags: ["award", "contract"], stage: "award", weight: 20 },
  UK7: { tags: ["award", "contract"], stage: "award", weight: 14 },
  UK6U: { tags: ["awardUpdate", "contractUpdate"], stage: "award", weight: 2 },
  UK9: { tags: ["implementation"], stage: "implementation", weight: 1 },
  UK10: { tags: ["contractAmendment"], stage: "implementation", weight: 3 },
  UK11: { tags: ["contractTermination"], stage: "implementation", weight: 1 },
  UK12: { tags: ["tenderCancellation"], stage: "tender", weight: 2 },
  UK13: { tags: ["planning"], stage: "planning", weight: 0.5 },
  UK14: { tags: ["tender"], stage: "tender", weight: 0.5 },
  UK15: { tags: ["award", "contract"], stage: "award", weight: 0.5 },
  UK16: { tags: ["tenderCancellation"], stage: "tender", weight: 0.3 },
  UK17: { tags: ["implementation"], stage: "implementation", weight: 0.3 },
};
const CELEX_TAGS: [Stage, number][] = [
  ["planning", 8],
  ["tender", 42],
  ["award", 50],
];
const fatWeights = Object.entries(FAT_TYPES).map(([type, { weight }]) => [type, weight] as const);
const PROCUREMENT_ACT = Date.UTC(2025, 1, 24); // in force since; 17 % of the stream is still CELEX
const CELEX_SHARE = 0.17;
const UNPUBLISHED_SHARE = 0.004; // 4 of 959 numbers are absent on two recorded days

function findATender(options: HistoryOptions, times: number[], random: Random): Published[] {
  const numbers = new Map<number, number>();
  const processes: string[] = [];
  return times.map((at, index) => {
    const year = Number(toLondon(new Date(at)).slice(0, 4));
    let number = (numbers.get(year) ?? 0) + 1;
    while (random() < UNPUBLISHED_SHARE) number++;
    numbers.set(year, number);
    const celex = at < PROCUREMENT_ACT || random() < CELEX_SHARE;
    const type = pickWeighted(random, fatWeights);
    const known = FAT_TYPES[type];
    const stage = celex || !known ? pickWeighted(random, CELEX_TAGS) : known.stage;
    const follows = processes.length > 0 && random() < 0.5;
    const ocid = follows
      ? (processes[Math.floor(random() * processes.length)] ?? "")
      : `ocds-h6vhtk-0${(0x30000 + index).toString(16)}`;
    if (!follows) processes.push(ocid);
    return {
      ...commonFields(options, at, random),
      ocid,
      releaseId: `${String(number).padStart(6, "0")}-${year}`,
      number: year * 1_000_000 + number,
      stage,
      tags: celex || !known ? [stage] : known.tags,
      noticeType: celex ? null : type.replace(/(?<=\d)U$/, ""), // UK4U: an update of a UK4
    };
  });
}

const CF_TAGS = [
  ["planning", 8],
  ["tender", 38],
  ["award", 54],
] as const;
const EDIT_SHARE = 0.32; // 610,000 notices, 900,000 revisions

function contractsFinder(options: HistoryOptions, times: number[], random: Random): Published[] {
  const notices: { guid: string; ocid: string; stage: "planning" | "tender" | "award" }[] = [];
  let revision = 100_000;
  return times.map((at) => {
    revision += 1 + Math.floor(random() * 3);
    // Edits are mostly of recent notices.
    const recent = Math.floor(notices.length - 1 - random() ** 2 * Math.min(notices.length, 3000));
    const edited = random() < EDIT_SHARE ? notices[recent] : undefined;
    const notice = edited ?? newNotice(random, notices.at(-Math.ceil(random() * 500)));
    if (!edited) notices.push(notice);
    const { guid, ocid, stage } = notice;
    const tag =
      edited && stage === "tender" ? "tenderAmendment" : edited && stage === "award" ? "awardUpdate" : stage;
    return {
      ...commonFields(options, at, random),
      ocid,
      releaseId: `${guid}-${revision}`,
      number: revision,
      stage,
      tags: [tag],
      noticeType: null,
    };
  });
}

function newNotice(random: Random, earlier: { ocid: string } | undefined) {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  const [a, b, c, d] = [hex(), hex(), hex(), hex()];
  const guid = `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
  const stage = pickWeighted(random, CF_TAGS);
  // One process can have several notices: its tender, then its award.
  return {
    guid,
    stage,
    ocid: stage === "award" && earlier && random() < 0.4 ? earlier.ocid : `ocds-b5fd17-${guid}`,
  };
}

function commonFields({ source, faults = [] }: HistoryOptions, at: number, random: Random) {
  const [dice, lateness, seed] = [random(), random(), Math.floor(random() * 2 ** 31)];
  const has = (fault: Fault, from: number, share: number) =>
    faults.includes(fault) && dice >= from && dice < from + share;
  let listedAt = at;
  if (has("late-rows", 0, 0.03)) listedAt += Math.floor(lateness * 90_000);
  if (has("very-late-rows", 0.03, 0.004)) listedAt += Math.floor(3_600_000 + lateness * 40 * 3_600_000);
  const wrong = source === "FIND_A_TENDER" && has("wrong-dates", 0.04, 0.002);
  const date = wrong ? at + Math.floor((lateness - 0.3) * 90 * DAY_MS) : at;
  let plant: Published["plant"] = null;
  if (has("bare-zeros", 0.05, 0.0015)) plant = "bare-zeros";
  else if (has("infinity", 0.06, 0.004)) plant = "infinity";
  else if (source === "CONTRACTS_FINDER" && has("mojibake", 0.07, 0.01)) plant = "mojibake";
  else if (has("duplicate-ids", 0.09, 0.0015)) plant = "duplicate-ids";
  else if (has("broken-release", 0.1, 0.001)) plant = "broken-release";
  return { at, listedAt, date, seed, plant };
}
