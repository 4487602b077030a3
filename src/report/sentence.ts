// The sentence of a source: from when to when it has been read, what is left, and what is proved, by what and when. Pure.
import { PROOF_BY } from "../terms/documents.ts";
import { toLondon } from "../terms/london-time.ts";
import { isMuchRejected } from "./alarms.ts";
import type { SourceStatus, WindowSummary } from "./schema.ts";
import { ago, counted, day, listed, monthName, PROOF_WORDS } from "./words.ts";

const NAMED_MOST = 3; // months that a sentence names before it counts them

/** @param planned newest first */
export function sentenceOf(
  status: Omit<SourceStatus, "sentence">,
  planned: WindowSummary[],
  now: Date,
): string {
  const { months, monthsPlanned, syncedTo, planFrom } = status;
  if (syncedTo === null || planFrom === null) return "Not started yet: the first run plans it.";
  const unread = planned.filter(({ state }) => state === "pending" || state === "running");
  const rejected = planned.filter(
    ({ state, quarantined, releases }) =>
      state !== "cancelled" && isMuchRejected({ rejected: quarantined, releases }),
  );
  const isProved = months.exact === monthsPlanned && rejected.length === 0;
  const what = isProved ? "Complete" : "Read";
  const sentences = [`${what} from ${monthOrDay(status.completeFrom ?? syncedTo)} to ${ago(syncedTo, now)}.`];
  if (rejected.length > 0) {
    const names = rejected.map(({ month }) => monthName(month));
    sentences.push(`Much of ${listed(names, NAMED_MOST)} could not be stored.`);
  }
  if (status.paused) sentences.unshift("Paused: nothing new is read until it is resumed.");
  if (unread.length > NAMED_MOST) {
    const back = monthOrDay(unread.at(-1)?.from ?? planFrom);
    sentences.push(`${count(unread.length, monthsPlanned)} still to be read, back to ${back}.`);
  } else if (unread.length > 0) {
    sentences.push(
      `${listed(
        unread.map(({ month }) => monthName(month)),
        NAMED_MOST,
      )} still to be read.`,
    );
  }
  if (months.failed > 0) {
    const names = planned.filter(({ state }) => state === "failed").map(({ month }) => monthName(month));
    sentences.push(`${listed(names, NAMED_MOST)} could not be read.`);
  }
  if (months.deferred > 0) {
    sentences.push(`${count(months.deferred, monthsPlanned)} waiting for room in the storage budget.`);
  }
  if (unread.length === 0 && months.done > 0) {
    sentences.push(`${count(months.done, monthsPlanned)} still to be verified.`);
  }
  if (months.exact === monthsPlanned) sentences.push(verifiedSentence(planned));
  return sentences.join(" ");
}

/** By what, and when: no proof says more. */
function verifiedSentence(exact: WindowSummary[]): string {
  const all = exact.length === 1 ? "The only month" : `All ${counted(exact.length, "month")}`;
  const ways = PROOF_BY.flatMap((by) => {
    const many = exact.filter(({ proofBy }) => proofBy === by).length;
    if (many === 0) return [];
    return [many === exact.length ? `by ${PROOF_WORDS[by]}` : `${many} by ${PROOF_WORDS[by]}`];
  });
  const times = exact.flatMap(({ verifiedAt }) => (verifiedAt ? [verifiedAt.getTime()] : []));
  const first = ways.length > 1 ? ": " : " ";
  const how = ways.length > 0 ? `${first}${listed(ways, ways.length)}` : "";
  const last = times.length > 0 ? `, last on ${day(new Date(Math.max(...times)))}` : "";
  return `${all} verified${how}${last}; looked at again on a schedule.`;
}

const count = (some: number, all: number) => `${some} of ${counted(all, "month")}`;

/** `January 2021`, or the day where it begins in the middle of a month. */
function monthOrDay(at: Date): string {
  const local = toLondon(at);
  return local.endsWith("-01T00:00:00") ? monthName(local.slice(0, 7)) : day(at);
}
