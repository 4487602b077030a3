// The history of Find a Tender: one sequence of numbers a year, with those that were never published, and the kinds of
// notices in the shares of recorded ones.
import { toLondon } from "../terms/london-time.ts";
import { createAbsence } from "./absent-numbers.ts";
import {
  type HistoryOptions,
  type Published,
  published,
  type Stage,
  type ToldHistoryOptions,
} from "./published.ts";
import { type Random, weighted } from "./random.ts";
import { isOldRegime, tagsOfFat } from "./stories/fat-bodies.ts";
import type { Telling } from "./stories/story.ts";

export const PROCUREMENT_ACT_MS = Date.UTC(2025, 1, 24); // in force since: FaT's volume doubled on that day

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
const FOLLOWS_SHARE = 0.4; // of first notices that belong to a process already seen; updates always do

export function findATenderHistory(
  options: ToldHistoryOptions,
  times: Float64Array,
  random: Random,
): Published[] {
  const processes: string[] = [];
  const rows: Published[] = [];
  const yearOf = yearsOf(times);
  const absence = createAbsence({ random, perYear: countsOf(times, yearOf), bursts: options.bursts ?? 0 });
  let year = 0;
  let number = 0;
  times.forEach((at, index) => {
    if (yearOf(at) !== year) {
      year = yearOf(at);
      number = 0;
    }
    number += 1 + absence.before(year);
    const telling = options.tellingAt(at);
    if (telling) {
      rows.push(
        toldRow(options, { at, random, telling, number: year * 1_000_000 + number, id: idOf(number, year) }),
      );
      return;
    }
    const act = at >= PROCUREMENT_ACT_MS && random() >= CELEX_SHARE;
    const { noticeType, tags, stage } = act ? PROCUREMENT_ACT(random) : CELEX(random);
    const isFirst = tags[0] === "planning" || tags[0] === "tender" || tags[0] === "award";
    const follows = processes.length > 0 && (!isFirst || random() < FOLLOWS_SHARE);
    const recent = processes.length - 1 - Math.floor(random() * Math.min(processes.length, 5000));
    const ocid = (follows && processes[recent]) || `ocds-h6vhtk-0${(0x30000 + index).toString(16)}`;
    if (!follows) processes.push(ocid);
    const releaseId = idOf(number, year);
    const place = { ocid, releaseId, number: year * 1_000_000 + number };
    rows.push(published(options, at, random, { ...place, stage, tags, noticeType }));
  });
  return options.fanOuts?.length ? fannedOut(rows, options.fanOuts) : rows;
}

const idOf = (number: number, year: number) => `${String(number).padStart(6, "0")}-${year}`;

function toldRow(
  options: HistoryOptions,
  told: { at: number; random: Random; telling: Telling; number: number; id: string },
): Published {
  const { at, random, telling, number, id } = told;
  const tags = tagsOfFat(telling);
  const [tag = "tender"] = tags;
  const stage = STAGES.find((one) => tag.startsWith(one)) ?? "award";
  const noticeType = isOldRegime(telling.kind) ? null : telling.kind;
  const place = { ocid: telling.story.ocid, releaseId: id, number, stage, tags, noticeType };
  return { ...published(options, at, random, place), telling };
}
const STAGES = ["planning", "tender", "award"] as const;

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

function countsOf(times: Float64Array, yearOf: (at: number) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const at of times) counts.set(yearOf(at), (counts.get(yearOf(at)) ?? 0) + 1);
  return counts;
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

export const wholeSecond = (at: Date) => Math.floor(at.getTime() / 1000) * 1000;
