import { describe, expect, it } from "vitest";
import { pageUrl, type Question } from "../../../src/fetch/api.ts";
import type { Answer } from "../../../src/fetch/ask.ts";
import { afterOverflow, decide, type LaneState, nextQuestion, openLane } from "../../../src/fetch/lane.ts";
import type { Page } from "../../../src/fetch/page.ts";
import { londonTime } from "../../../src/terms/london-time.ts";
import type { LaneProgress } from "../../../src/terms/window.ts";
import { APIS } from "../../kit/apis.ts";
import { pageOf, question, row, rowsBelow } from "../../kit/pages.ts";

const source = "FIND_A_TENDER";
const api = APIS[source];
const start = londonTime("2026-06-01T00:00:00");
const rules = { api, start, limit: 100 };
const time: LaneProgress = { stage: "all", frontier: londonTime("2026-06-30T23:59:59"), done: false };
const slices: LaneProgress = { ...time, mode: "slices" };
const asked = nextQuestion(openLane(time), rules);
const smallest = question("2026-06-30T23:59:58", "2026-06-30T23:59:59");

const full = rowsBelow({ newest: "2026-06-30T17:00:00", count: 100, everySeconds: 60 });
const inOneSecond = (at: string) => full.map(({ releaseId }) => row({ id: releaseId, at }));
const bytes = (text: string) => new TextEncoder().encode(text);

const url = pageUrl(api, "https://api.example", asked);
const answered = (page: Page): Answer => ({ kind: "page", page, url, requests: 1 });
const listed = (rows: Page["rows"], to: Question, next: string | null = null): Answer =>
  answered(pageOf(source, to, rows, next));
const unreadable: Answer = {
  kind: "unreadable",
  reason: "Unexpected token",
  body: bytes(
    `{"releases":[{"ocid":"o1","id":"000001-2026","tag":["tender"]},{"ocid":"o2","id":"000002-2026",}]}`,
  ),
  url,
  requests: 2,
};
const tooSlow: Answer = { kind: "too slow", url, requests: 3 };
const notFound: Answer = { kind: "not found", byApi: true, url, requests: 1 };
const otherQuestion = answered(pageOf(source, question("2026-05-01T00:00:00", asked.hi), full));

interface Case {
  name: string;
  lane?: LaneProgress;
  state?: Partial<LaneState>;
  to?: Question;
  answer: Answer;
  act: object;
  /** What differs from the state before; `stuck: 0` where the frontier moved. */
  next: {
    frontier?: string;
    done?: boolean;
    mode?: string;
    spanSeconds?: number | null;
    narrowedLo?: string;
    stuck: number;
  };
}

const half = "2026-06-15T23:59:59";
const halfSeconds = 15 * 86_400;
const cases: Case[] = [
  {
    name: "a page that is not full: the lane is at the start",
    answer: listed(full.slice(1), asked),
    act: { kind: "advance", fault: null },
    next: { frontier: start, done: true, stuck: 0 },
  },
  {
    name: "a page that is not full of a short question: the next one is four times as long",
    lane: { ...time, spanSeconds: 3600 },
    to: question("2026-06-30T22:59:59", "2026-06-30T23:59:59"),
    answer: listed([], question("2026-06-30T22:59:59", "2026-06-30T23:59:59")),
    act: { kind: "advance", counted: [] },
    next: { frontier: "2026-06-30T22:59:59", spanSeconds: 14_400, stuck: 0 },
  },
  {
    name: "a full page in order: down to a few rows before its end",
    answer: listed(full, asked, "https://next"),
    act: { kind: "advance", counted: full },
    next: { frontier: "2026-06-30T15:25:00", stuck: 0 },
  },
  {
    name: "a page within one second: the newest second is asked next",
    answer: listed(inOneSecond(asked.hi), asked),
    act: { kind: "store only" },
    next: { narrowedLo: smallest.lo, stuck: 1 },
  },
  {
    name: "a page within one second, of the smallest range: overflow",
    to: smallest,
    answer: listed(inOneSecond(smallest.hi), smallest),
    act: { kind: "overflow" },
    next: { stuck: 1 },
  },
  {
    name: "a page that ends where the range does: the newer half is asked next",
    answer: listed(inOneSecond(asked.lo), asked),
    act: { kind: "store only" },
    next: { narrowedLo: half, spanSeconds: halfSeconds, stuck: 1 },
  },
  {
    name: "a page out of order: slices from here on",
    lane: { ...time, spanSeconds: 3600 },
    answer: listed(full.toReversed(), asked),
    act: { kind: "distrust", why: "order" },
    next: { mode: "slices", spanSeconds: null, stuck: 1 },
  },
  {
    name: "a page that answers another question: slices from here on",
    answer: otherQuestion,
    act: { kind: "distrust", why: "echo" },
    next: { mode: "slices", stuck: 1 },
  },
  {
    name: "the page before again: slices from here on",
    state: { before: new Set(full.map(({ key }) => key)) },
    answer: listed(full, asked),
    act: { kind: "distrust", why: "duplicate page" },
    next: { mode: "slices", stuck: 1 },
  },
  {
    name: "no answer in time: narrower",
    answer: tooSlow,
    act: { kind: "narrow" },
    next: { narrowedLo: half, spanSeconds: halfSeconds, stuck: 1 },
  },
  {
    name: "no answer in time for the smallest range: the window's trouble",
    to: smallest,
    answer: tooSlow,
    act: { kind: "give up", why: "no answer in time, even for the smallest range" },
    next: { stuck: 1 },
  },
  {
    name: "an unreadable answer: narrower",
    answer: unreadable,
    act: { kind: "narrow" },
    next: { narrowedLo: half, spanSeconds: halfSeconds, stuck: 1 },
  },
  {
    name: "an unreadable answer to the smallest range: what can be read of it, and a fault",
    to: smallest,
    answer: unreadable,
    act: { kind: "advance", fault: "Unexpected token" },
    next: { frontier: smallest.lo, stuck: 0 },
  },
  {
    name: "no such page: the window's trouble",
    answer: notFound,
    act: { kind: "give up", status: 404 },
    next: { stuck: 1 },
  },
  {
    name: "sixty questions that moved nothing: the window's trouble, whatever comes",
    state: { stuck: 60 },
    answer: listed(full.slice(1), asked),
    act: { kind: "give up", why: `no progress below ${time.frontier}` },
    next: { stuck: 61 },
  },
  {
    name: "slices, a page that is not full: the next one is as long as fits into a page",
    lane: slices,
    to: question("2026-06-30T21:59:59", "2026-06-30T23:59:59"),
    answer: listed(full.slice(50), question("2026-06-30T21:59:59", "2026-06-30T23:59:59")),
    act: { kind: "advance", fault: null },
    next: { frontier: "2026-06-30T21:59:59", spanSeconds: 12_240, stuck: 0 },
  },
  {
    name: "slices, a full page: the newer half is asked next",
    lane: slices,
    answer: listed(full, asked),
    act: { kind: "store only" },
    next: { narrowedLo: half, spanSeconds: halfSeconds, stuck: 1 },
  },
  {
    name: "slices, a short page with a next one: the newer half is asked next",
    lane: slices,
    answer: listed(full.slice(50), asked, "https://next"),
    act: { kind: "store only" },
    next: { narrowedLo: half, spanSeconds: halfSeconds, stuck: 1 },
  },
  {
    name: "slices, a full page of the smallest range: overflow",
    lane: slices,
    to: smallest,
    answer: listed(inOneSecond(smallest.hi), smallest),
    act: { kind: "overflow" },
    next: { stuck: 1 },
  },
  {
    name: "slices, a page that answers another question: the window's trouble",
    lane: slices,
    answer: otherQuestion,
    act: { kind: "give up" },
    next: { stuck: 1 },
  },
];

describe("decide", () => {
  it.each(cases)("$name", ({ lane = time, state, to = asked, answer, act, next }) => {
    const before: LaneState = { ...openLane(lane), ...state };
    const decision = decide({ state: before, asked: to, answer, rules });
    expect(decision.act).toMatchObject(act);
    const { frontier = lane.frontier, done = false, mode = lane.mode } = next;
    const { spanSeconds = lane.spanSeconds ?? null } = next;
    expect(decision.state.lane).toMatchObject({ frontier, done });
    expect(decision.state.lane.mode).toBe(mode);
    expect(decision.state.lane.spanSeconds ?? null).toBe(spanSeconds);
    expect(decision.state.narrowed?.lo).toBe(next.narrowedLo);
    expect(decision.state.stuck).toBe(next.stuck);
  });

  it("changes nothing of the state that it is handed", () => {
    const state = openLane(time);
    const copy = structuredClone(state);
    for (const { answer } of cases) decide({ state, asked, answer, rules });
    expect(state).toEqual(copy);
  });

  it("forgets the short questions once the lane is at the start", () => {
    const state = openLane({ ...time, spanSeconds: 40 * 86_400 });
    const { lane } = decide({ state, asked, answer: listed([], asked), rules }).state;
    expect(lane).toEqual({ stage: "all", frontier: start, done: true });
  });
});

describe("afterOverflow", () => {
  const rows = inOneSecond(smallest.hi);

  it("moves the frontier to the slice's oldest second, and the next question begins below it", () => {
    const { state, counted } = afterOverflow({ state: openLane(time), asked: smallest, rows, rules });
    expect(counted).toHaveLength(100);
    expect(state.lane.frontier).toBe(smallest.lo);
    expect(nextQuestion(state, rules)).toEqual(question(start, "2026-06-30T23:59:57"));
  });

  it("asks again from the edge where the second below stands in the hour of a clock change", () => {
    const hour = question("2026-10-25T02:00:00", "2026-10-25T02:00:01");
    const { state } = afterOverflow({ state: openLane(time), asked: hour, rows, rules });
    expect(nextQuestion(state, rules).hi).toBe(hour.lo);
  });
});
