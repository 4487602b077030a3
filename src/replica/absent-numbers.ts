// Find a Tender's numbers that were never published, as the record has them: a few single ones, and bursts in which up to
// 30.6 % of a page's numbers are absent. Shares by year are those of 329,153 numbers that somebody asked for (api-facts).
import type { Random } from "./random.ts";

/** Numbers that begin an absent run outside of bursts, per published one. */
const CALM: Record<number, number> = { 2021: 0.0004, 2022: 0.00015, 2023: 0.0001, 2024: 0, 2025: 0.00018 };
const CALM_NOW = 0.0035; // 2026, and whatever follows
/** Bursts per published number: two of 16 and 50 in 2025; in 2026 what is left when its worst weeks are taken away. */
const BURSTS: Record<number, number> = { 2021: 0, 2022: 0, 2023: 0, 2024: 0, 2025: 2 / 86_535 };
const BURSTS_NOW = 1 / 6000;
/** 037xxx to 040xxx of 2026, as parts of the 93,576 numbers that were looked at: the share that is absent. */
const WORST_YEAR = 2026;
const WORST_NUMBERS = 93_576;
const WORST: readonly { from: number; to: number; share: number }[] = [
  { from: 37_000, to: 38_000, share: 0.08 },
  { from: 38_000, to: 39_000, share: 0.11 },
  { from: 39_000, to: 40_000, share: 0.19 },
  { from: 40_000, to: 41_000, share: 0.08 },
];
const RUN_MAX = 7;
/** Of a run's numbers, how many are followed by another absent one. */
const RUN_ON_CALM = 0.15;
const RUN_ON_BURST = 0.55;
/** 100 rows over 144 numbers: the densest page there is lacks 30.6 %. */
const PAGE_ROWS = 100;
const ABSENT_IN_A_PAGE_MAX = 44;

export interface Absence {
  /** How many numbers are absent before that year's next one. */
  before(year: number): number;
}

interface Burst {
  share: number;
  left: number;
}

export function createAbsence(options: {
  random: Random;
  /** How many rows each year has: a small history has its worst weeks too. */
  perYear: Map<number, number>;
  /** So many bursts more, anywhere. */
  bursts: number;
}): Absence {
  const { random, perYear } = options;
  const rows = [...perYear.values()].reduce((sum, count) => sum + count, 0);
  const extra = new Set(Array.from({ length: options.bursts }, () => Math.floor(random() * rows)));
  const recent: number[] = [];
  let [inPage, row, inYear, lastYear] = [0, 0, 0, 0];
  let burst: Burst | null = null;

  function runOf(year: number): number {
    if (burst && --burst.left < 0) burst = null;
    const forced = extra.has(row);
    if (forced || random() < (BURSTS[year] ?? (year < 2021 ? 0 : BURSTS_NOW)))
      burst ??= { share: forced ? 0.3 : 0.1 + random() * 0.24, left: 40 + Math.floor(random() * 80) };
    const share = burst?.share ?? worstShare({ year, place: inYear / (perYear.get(year) ?? 1), random });
    if (share === null)
      return random() < (CALM[year] ?? (year < 2021 ? 0 : CALM_NOW)) ? runLength(1, RUN_ON_CALM) : 0;
    return random() < (share * (1 - RUN_ON_BURST)) / (1 - share) ? runLength(1, RUN_ON_BURST) : 0;
  }

  function runLength(length: number, onwards: number): number {
    let run = length;
    while (run < RUN_MAX && random() < onwards) run++;
    return run;
  }

  return {
    before(year) {
      if (year !== lastYear) [inYear, lastYear] = [0, year];
      const run = Math.min(runOf(year), ABSENT_IN_A_PAGE_MAX - inPage);
      recent.push(run);
      inPage += run;
      if (recent.length >= PAGE_ROWS) inPage -= recent.shift() ?? 0;
      row++;
      inYear++;
      return run;
    },
  };
}

/** Within a thousand numbers some pages have far more than others. */
function worstShare({ year, place, random }: { year: number; place: number; random: Random }): number | null {
  if (year !== WORST_YEAR) return null;
  const number = place * WORST_NUMBERS;
  const block = WORST.find(({ from, to }) => number >= from && number < to);
  if (!block) return null;
  const wave = 1 + 0.9 * Math.sin((number / 1000) * Math.PI * 4);
  return Math.min(0.34, block.share * wave * (0.9 + 0.2 * random()));
}
