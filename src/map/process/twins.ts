// Which two processes of one buyer tell the same procurement, one on each site, and how sure that is. Pure. Nobody has
// published an evaluated way to match them, so the weights are by reasoning, and held against made-up pairs whose
// truth is known (test/unit/map/twins.test.ts).
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { mayHaveTwin, TWINS_APART_MS, type Twin, type TwinFacts } from "../../terms/twins.ts";

/** In natural logarithms of odds. */
const WEIGHTS = {
  /** Of any two processes of one buyer at about the same time. */
  any: -3,
  /** Times the share of words in common, from none at all to all of them. */
  title: { none: -4, all: 4 },
  deadline: { same: 3, other: -1.5 },
  value: { same: 2, other: -2 },
};
const LIKELY = 0.5; // less is likelier no twin, or another's: at most one is named
const SAME_DEADLINE_MS = DAY_MS; // the one site says a clock, the other a day
const SAME_VALUE = 0.02; // rounded

interface Compared extends TwinFacts {
  id: string;
  words: ReadonlySet<string>;
}

interface Pair {
  a: Compared;
  b: Compared;
  odds: number;
  agree: Twin["agree"];
}

export function twinsAmong(processes: readonly TwinFacts[]): Map<string, Twin[]> {
  const all = processes.filter(mayHaveTwin).map(
    (one): Compared => ({
      ...one,
      id: one._id.toHexString(),
      words: wordsOf(one),
    }),
  );
  const pairs = pairsOf(all);
  const odds = new Map<string, number>();
  for (const { a, b, odds: own } of pairs)
    for (const { id } of [a, b]) odds.set(id, (odds.get(id) ?? 0) + own);
  const twins = new Map<string, Twin[]>();
  for (const { a, b, odds: own, agree } of pairs) {
    // Against all others that either of them may be the twin of.
    const likelihood = own / (1 + (odds.get(a.id) ?? 0) + (odds.get(b.id) ?? 0) - own);
    if (likelihood < LIKELY) continue;
    const sure = Math.floor(likelihood * 100) / 100; // wholly sure is nobody
    twins.set(a.id, [{ processId: b._id, likelihood: sure, agree }]);
    twins.set(b.id, [{ processId: a._id, likelihood: sure, agree }]);
  }
  return twins;
}

function pairsOf(all: readonly Compared[]): Pair[] {
  const [first] = all;
  const ours = all.filter(({ source }) => source === first?.source);
  const theirs = all.filter(({ source }) => source !== first?.source);
  return ours.flatMap((a) => theirs.flatMap((b) => pairOf(a, b) ?? []));
}

/** Null where neither deadline nor value agree: a title comes again every year. */
function pairOf(a: Compared, b: Compared): Pair | null {
  if (!isAtATime(a, b)) return null;
  const deadline = isSameDeadline(a.deadlineDate, b.deadlineDate);
  const value = isSameValue(a, b);
  if (deadline !== true && value !== true) return null;
  const common = inCommon(a.words, b.words);
  const { none, all } = WEIGHTS.title;
  const weight =
    WEIGHTS.any + none + common * (all - none) + told("deadline", deadline) + told("value", value);
  const agree: Twin["agree"] = [
    ...(common > 0.5 ? (["title"] as const) : []),
    ...(deadline === true ? (["deadline"] as const) : []),
    ...(value === true ? (["value"] as const) : []),
  ];
  return { a, b, odds: Math.exp(weight), agree };
}

function told(what: "deadline" | "value", isSame: boolean | undefined): number {
  const { same, other } = WEIGHTS[what];
  return isSame === undefined ? 0 : isSame ? same : other;
}

function isAtATime(a: TwinFacts, b: TwinFacts): boolean {
  const begins = Math.max(Number(a.firstPublishedDate), Number(b.firstPublishedDate));
  const ends = Math.min(Number(a.publishedDate), Number(b.publishedDate));
  return begins - ends <= TWINS_APART_MS;
}

/** Undefined: one of them does not say. */
function isSameDeadline(a: Date | undefined, b: Date | undefined): boolean | undefined {
  if (a === undefined || b === undefined) return undefined;
  return Math.abs(Number(a) - Number(b)) <= SAME_DEADLINE_MS;
}

function isSameValue(a: TwinFacts, b: TwinFacts): boolean | undefined {
  const [one, other] = [a, b].map(({ valueMax, awardValue }) => valueMax ?? awardValue);
  if (one === undefined || other === undefined) return undefined;
  if (a.currency !== b.currency) return false;
  return Math.abs(one - other) <= SAME_VALUE * Math.max(one, other);
}

const LITTLE = new Set(
  "a an and at by contract contracts for from in of on or provision services supply tender the to with".split(
    " ",
  ),
);

/** Of its title, without those of its buyer's name: the one site often puts that in front. */
function wordsOf({ title = "", buyerName = "" }: TwinFacts): Set<string> {
  const buyer = new Set(split(buyerName));
  return new Set(split(title).filter((word) => !buyer.has(word) && !LITTLE.has(word)));
}

const split = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** 0 to 1 (Dice's coefficient); half where nothing is left of a title that could be compared. */
function inCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0.5;
  const both = [...a].filter((word) => b.has(word)).length;
  return (2 * both) / (a.size + b.size);
}
