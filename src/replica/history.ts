// What was published, and when: compact records in the real rhythm (working days, rush hours in London, growth by
// year, several notices in one second). Bodies are made from them when they are asked for.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { fromLondon, londonTime, toLondon } from "../terms/london-time.ts";
import { contractsFinderHistory } from "./history-cf.ts";
import { findATenderHistory, PROCUREMENT_ACT_MS, wholeSecond } from "./history-fat.ts";
import { type HistoryOptions, PLANTS, type Published } from "./published.ts";
import { createRandom, hash, type Random, weighted } from "./random.ts";
import type { Source } from "./sources.ts";
import { tellingsOf } from "./stories/stories.ts";
import type { Telling } from "./stories/story.ts";

export type { HistoryOptions, Published } from "./published.ts";

const SECOND_MS = 1000;
const DAY_MS = 24 * HOUR_MS;

/** Notices a year in thousands (api-facts, Volumes; 2026 as a whole year, early years of CF estimated from its total). */
const YEARLY: Record<Source, Record<number, number>> = {
  FIND_A_TENDER: { 2021: 32.5, 2022: 36.7, 2023: 38, 2024: 41.6, 2025: 94.4, 2026: 123 },
  CONTRACTS_FINDER: {
    ...{ 2016: 70, 2017: 80, 2018: 84, 2019: 86, 2020: 86, 2021: 86, 2022: 95 },
    ...{ 2023: 105, 2024: 105, 2025: 80, 2026: 40 },
  },
};
const QUIET_DAY = 0.012; // a weekend day has 1 to 10 notices, a weekday 370 to 580
/** Share of a working day's notices by hour of London time. */
const HOURS = [1, 0.5, 0.3, 0.2, 0.2, 0.5, 2, 6, 22, 48, 62, 60, 48, 44, 56, 66, 62, 34, 10, 5, 4, 3, 2, 1.5];
const pickHour = weighted(HOURS.map((weight, hour) => [hour, weight] as const));

/** Every release in the order of publication. */
export function createHistory(options: HistoryOptions): Published[] {
  const random = createRandom(options.seed * 7919 + (options.source === "FIND_A_TENDER" ? 1 : 2));
  const told = options.stories
    ? tellingsOf({ ...options, stories: options.stories })
    : new Map<number, Telling[]>();
  const tellings = [...told].flatMap(([at, some]) => some.map(() => at));
  const times = Float64Array.from([...publicationTimes(options, random), ...tellings]).sort();
  const make = options.source === "FIND_A_TENDER" ? findATenderHistory : contractsFinderHistory;
  const rows = make({ ...options, tellingAt: (at) => told.get(at)?.shift() }, times, random);
  plantOnce(rows, options);
  return rows;
}

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
