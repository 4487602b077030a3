// A release as the replica knows it: when it is listed, under what, and what its body is made from.

import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Fault } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Source } from "./sources.ts";
import type { Telling } from "./stories/story.ts";

export const PLANTS = [
  "bare-zeros",
  "infinity",
  "mojibake",
  "duplicate-ids",
  "broken-release",
  "unclosed-quote",
] as const;

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
  /** What it tells of a procurement, where its history holds stories. */
  telling?: Telling;
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
  /** So many procurements besides, told from their first notice to their last (stories/). */
  stories?: number;
  /** FaT: so many bursts of absent numbers besides those that the record would bring. */
  bursts?: number;
  /** FaT: one more notice, listed under this many processes in one second (as 033562-2023 under 15). */
  fanOuts?: { at: Date; count: number }[];
}

/** With what a story tells at an instant; each is handed out once. */
export interface ToldHistoryOptions extends HistoryOptions {
  tellingAt: (at: number) => Telling | undefined;
}

const DAY_MS = 24 * HOUR_MS;

export type Place = Pick<Published, "ocid" | "releaseId" | "number" | "stage" | "tags" | "noticeType">;

/** The record, with what the planted faults make of it. */
export function published(
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
