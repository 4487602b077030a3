// Both APIs as they really are: a function from a request and an instant to an answer. No clock, no network.
import { type Answer, brokenAnswer, json, onTheWay, refusal } from "./broken-answers.ts";
import { CF_CURSOR_CHANGED, CF_NOT_FOUND, fatBadRequest, fatNotFound } from "./envelope.ts";
import type { Fault } from "./faults.ts";
import { list, lookUp, page } from "./pages.ts";
import type { Published } from "./published.ts";
import { cfQuestion, fatQuestion, isOwnCursor, secondsFloor, uriOf } from "./query.ts";
import type { Source } from "./sources.ts";
import { type Asked, count, type ReplicaOptions, type SourceStats, type State, stateOf } from "./state.ts";
import { dailyCsv, WITNESS_PATH } from "./witness.ts";

export type { Answer } from "./broken-answers.ts";
export type { ReplicaOptions } from "./state.ts";

export interface Replica {
  handle(request: { url: string; now: number }): Answer;
  stats(): Record<Source, SourceStats>;
  /** The daily CSV: how many files were asked for, and how many there were. */
  witnessStats(): { asked: number; files: number };
  /** Every distinct release that is listed at `now`. */
  published(source: Source, now: number): Published[];
}

export const PATHS: Record<Source, string> = {
  FIND_A_TENDER: "/api/1.0/ocdsReleasePackages",
  CONTRACTS_FINDER: "/Published/Notices/OCDS/Search",
};
const LOGGED_MAX = 1000;

export function createReplica(options: ReplicaOptions): Replica {
  const state = stateOf(options);
  const { FIND_A_TENDER, CONTRACTS_FINDER } = state.apis;
  return {
    handle: (request) => handle(state, request),
    stats: () => ({ FIND_A_TENDER: FIND_A_TENDER.stats, CONTRACTS_FINDER: CONTRACTS_FINDER.stats }),
    witnessStats: () => state.witness,
    published: (source, now) =>
      state.apis[source].listing.rows.filter(
        (row, index, rows) => row.listedAt <= now && row !== rows[index - 1],
      ),
  };
}

/** One request: refused, broken or answered; then what befalls the answer on its way. */
function handle(state: State, { url: text, now }: { url: string; now: number }): Answer {
  const url = new URL(text);
  if (url.pathname.startsWith(WITNESS_PATH)) return witness(state, url, now);
  const source: Source = url.pathname.startsWith("/Published/") ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
  const { stats } = state.apis[source];
  const rowsBefore = stats.rows;
  stats.asked++;
  const refused = refuse(state, source, now);
  const struck = refused ? null : strike(state, source);
  // A plus sign in a date stands for itself.
  const query = new URLSearchParams(url.search.replaceAll("+", "%2B"));
  const answer = refused ?? early(state, source, struck) ?? route(state, { source, url, query, now, struck });
  const rows = stats.rows - rowsBefore;
  stats.log.push({ at: now, asked: url.pathname + url.search, status: answer.status, rows, fault: struck });
  if (stats.log.length > LOGGED_MAX) stats.log.splice(0, LOGGED_MAX / 2);
  return struck ? onTheWay(answer, struck, state.options.slowMs ?? 1500) : answer;
}

/** The daily CSV: no rate limit, but what befalls any answer on its way. */
function witness(state: State, url: URL, now: number): Answer {
  const struck = strike(state, "CONTRACTS_FINDER");
  const fault = struck !== null && WITNESS_STRIKES.includes(struck) ? struck : null;
  const answer = early(state, "CONTRACTS_FINDER", fault) ?? dailyCsv(state, url, now);
  return fault === null ? answer : onTheWay(answer, fault, state.options.slowMs ?? 1500);
}

function refuse(state: State, source: Source, now: number): Answer | null {
  const { limiter, stats } = state.apis[source];
  if (!limiter || limiter.admits(now)) return null;
  // Documented is the 403, seen in 2026 the 429.
  const html = source === "CONTRACTS_FINDER" && state.on.has("403-html") && stats.refused % 2 === 0;
  stats.refused++;
  return refusal(html ? "403-html" : "429", state.options.limit);
}

function strike({ strikes, random, options }: State, source: Source): Fault | null {
  if (strikes.length === 0 || random() >= (options.faultShare ?? 0.02)) return null;
  const fault = strikes[Math.floor(random() * strikes.length)] ?? null;
  const onlyCf = fault === "403-html" || fault === "windows-1252";
  return onlyCf && source === "FIND_A_TENDER" ? null : fault;
}

const WITNESS_STRIKES: readonly Fault[] = ["500", "503", "504", "reset", "truncated", "slow"];

const EARLY: readonly Fault[] = [
  ...(["429", "429-without-header", "403-html", "500", "503", "504"] as const),
  ...(["empty-body", "reset", "truncated", "slow"] as const),
];

/** Faults that need no page; the others are counted where they are done. */
function early(state: State, source: Source, fault: Fault | null): Answer | null {
  if (fault === null || !EARLY.includes(fault)) return null;
  const api = state.apis[source];
  count(api, fault);
  if (fault !== "429" && fault !== "429-without-header" && fault !== "403-html") return brokenAnswer(fault);
  api.stats.refused++;
  return refusal(fault, state.options.limit);
}

function route(state: State, asked: Asked): Answer {
  const { source, url, now } = asked;
  if (source === "CONTRACTS_FINDER") {
    return url.pathname === PATHS[source] ? contractsFinder(state, asked) : json(404, CF_NOT_FOUND);
  }
  if (url.pathname === PATHS[source]) return findATender(state, asked);
  if (url.pathname.startsWith(`${PATHS[source]}/`)) return lookUp(state, asked);
  return json(404, fatNotFound(url.pathname, now));
}

function findATender(state: State, asked: Asked): Answer {
  const { url, query, now } = asked;
  const { on, options } = state;
  const question = fatQuestion(query, state.on.has("unknown-parameters-ignored"));
  if ("bad" in question) return json(400, fatBadRequest(url.pathname, now, question.bad));
  const { from, to, size, stages } = question;
  const api = state.apis.FIND_A_TENDER;
  if (stages !== null && stages.length > 1 && on.has("comma-list-empty")) {
    count(api, "comma-list-empty");
    const leftOut = to === null ? secondsFloor(now) : null;
    const uri = uriOf(asked, { origin: options.publicOrigin, leftOut });
    return page(state, asked, { rows: [], next: null, uri });
  }
  if (stages !== null && on.has("stages-hide")) count(api, "stages-hide");
  const wanted = (row: Published) =>
    stages === null || (stages.includes(row.stage) && (!on.has("stages-hide") || isShownByStages(row)));
  return list(state, asked, { from, to: to ?? secondsFloor(now), wanted, size });
}

/** `stages` shows what the old regime published first: no update, no cancellation, nothing of the Procurement Act. */
function isShownByStages({ noticeType, tags }: Published): boolean {
  return noticeType === null && tags.every((tag) => /^(planning|tender|award|contract)$/.test(tag));
}

function contractsFinder(state: State, asked: Asked): Answer {
  const { query, now } = asked;
  if (!isOwnCursor("CONTRACTS_FINDER", query)) return json(400, CF_CURSOR_CHANGED);
  const { from, to, size, stages } = cfQuestion(query, now);
  const wanted = (row: Published) => stages === null || stages.includes(row.stage);
  return list(state, asked, { from, to: to ?? secondsFloor(now), wanted, size });
}
