// A page: which rows it holds, what it says of itself, and the cursor to the next.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { toLondon } from "../terms/london-time.ts";
import { type Answer, json } from "./broken-answers.ts";
import { encodeWindows1252, envelopeText, fatNotFound, PAGE_HEADERS } from "./envelope.ts";
import { keyOf, type Order, placesOf, rowsUnder } from "./listing.ts";
import type { Published } from "./published.ts";
import { cursorOf, cursorText, PAGE_MAX, type Range, toName, uriOf } from "./query.ts";
import { hash } from "./random.ts";
import { type Bodies, releaseText } from "./release.ts";
import type { Source } from "./sources.ts";
import { type Api, type Asked, count, type ReplicaOptions, type State } from "./state.ts";

const WRONG_ECHO_MS = 7 * DAY_MS;
const MISSING_LINKS_ONE_IN = 5;
const TEXTS_MAX: Record<Bodies, number> = { full: 3000, light: 30_000 };

export function list(state: State, asked: Asked, range: Range): Answer {
  const { source, query, now, struck } = asked;
  const { on, options } = state;
  const api = state.apis[source];
  const month = toLondon(new Date(range.from ?? range.to)).slice(0, 7);
  api.stats.byMonth[month] = (api.stats.byMonth[month] ?? 0) + 1;
  const shift = struck === "wrong-echo" ? WRONG_ECHO_MS : 0;
  const read = habitual(on, range);
  const from = read.from === null ? null : read.from - shift;
  const to = read.to - shift;
  const cursor = cursorOf(query);
  const order: Order = {
    chaos: on.has("out-of-order") && outOfOrder(options, toLondon(new Date(range.to)).slice(0, 7)),
    hidden: on.has("cursor-drops") ? options.seed : null,
  };
  const more = struck === "dropped-rows" ? 2 : 1;
  const enough = range.size + more + (on.has("full-page-drops") ? 1 : 0);
  const places = placesOf(api.listing, { ...range, ...order, from, to, cursor, now, enough });
  if (more === 2 && places.length > 2) {
    count(api, "dropped-rows");
    places.splice(Math.floor(Math.min(places.length, range.size) / 2), 1);
  }
  if (on.has("full-page-drops") && places.length > range.size) places.splice(Math.floor(range.size / 3), 1);
  if (on.has("unstable-pages") && places.length > 2) places.splice(api.stats.asked % (places.length - 1), 1);
  const shown = places.slice(0, range.size);
  if (order.chaos && shown.length > 1) count(api, "out-of-order");
  if (cursor !== null && on.has("cursor-drops")) count(api, "cursor-drops");
  const last = shown.at(-1);
  const key = places.length > range.size && last ? keyOf(api.listing, last, order) : null;
  const next = nextKey(state, asked, { key, cursor, about: `${from}|${to}|${cursor}` });
  const leftOut = query.has(toName(source)) ? null : to;
  const instead = shift === 0 ? null : { from, to };
  const uri = uriOf(asked, { origin: options.publicOrigin, leftOut, instead });
  const link = next === null ? null : `${uri}&cursor=${cursorText(source, uri, next)}`;
  return page(state, asked, { rows: shown.map(({ row }) => row), next: link, uri });
}

/** The ends of a range as this server reads them. */
function habitual(on: State["on"], { from, to }: Range): { from: number | null; to: number } {
  const wall = (ms: number) => (on.has("utc-clock") ? Date.parse(`${toLondon(new Date(ms))}Z`) : ms);
  const lower = on.has("lower-end-exclusive") ? 1000 : 0;
  const upper = on.has("upper-end-exclusive") ? 1000 : 0;
  return { from: from === null ? null : wall(from) + lower, to: wall(to) - upper };
}

/** The cursor that the page hands out, with what is wrong with it. */
function nextKey(
  { on, apis }: State,
  { source, query, struck }: Asked,
  { key, cursor, about }: { key: number | null; cursor: number | null; about: string },
): number | null {
  const api = apis[source];
  // Contracts Finder pages only a window whose end was named: without one a full page looks like the last.
  if (key === null || (source === "CONTRACTS_FINDER" && !query.has("publishedTo"))) return null;
  if (on.has("missing-links") && hash(about) % MISSING_LINKS_ONE_IN === 0) {
    count(api, "missing-links");
    return null;
  }
  if (struck !== "self-cursor" || cursor === null) return key;
  count(api, "self-cursor");
  return cursor;
}

function outOfOrder({ seed, outOfOrderMonths }: ReplicaOptions, month: string): boolean {
  return outOfOrderMonths ? outOfOrderMonths.includes(month) : hash(`${seed} ${month}`) % 6 === 0;
}

/** One notice or one process; more than a page of them in pages of their own, by their places. */
export function lookUp(state: State, asked: Asked): Answer {
  const { url, query, now } = asked;
  const id = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf("/") + 1));
  const { listing } = state.apis.FIND_A_TENDER;
  const found = rowsUnder(listing, id).filter(({ listedAt }) => listedAt <= now);
  const other = state.on.has("absent-ids-found") && found.length === 0 ? listing.rows.slice(0, 1) : found;
  const all = state.on.has("ids-lost") ? [] : other;
  // Which of the two an unknown number gets is not known: both have been seen.
  if (all.length === 0 && hash(id) % 2 === 0) return json(404, fatNotFound(url.pathname, now));
  const begin = cursorOf(query) ?? 0;
  const uri = uriOf(asked, { origin: state.options.publicOrigin, leftOut: null });
  const end = begin + PAGE_MAX;
  const cursor = all.length > end ? cursorText("FIND_A_TENDER", uri, end) : null;
  const next = cursor === null ? null : `${uri}${uri.includes("?") ? "&" : "?"}cursor=${cursor}`;
  return page(state, asked, { rows: all.slice(begin, end), next, uri });
}

export function page(
  state: State,
  { source, struck }: Asked,
  { rows, next, uri }: { rows: Published[]; next: string | null; uri: string },
): Answer {
  const api = state.apis[source];
  api.stats.rows += rows.length;
  if (struck === "wrong-echo") count(api, struck);
  rows.forEach((row, index) => {
    countPlanted(api, row, rows[index - 1]);
  });
  const releases = rows.map((row) => textOf(state, source, row));
  const text = envelopeText(source, { uri, dateMs: rows[0]?.date ?? null, releases, next });
  if (struck !== "windows-1252") return json(200, text);
  count(api, struck);
  return { status: 200, headers: PAGE_HEADERS, body: encodeWindows1252(text) };
}

function textOf({ texts, bodies }: State, source: Source, row: Published): string {
  let text = texts.get(row);
  if (text === undefined) {
    text = releaseText(source, row, bodies);
    if (texts.size > TEXTS_MAX[bodies]) texts.clear();
    texts.set(row, text);
  }
  return text;
}

function countPlanted(api: Api, row: Published, above: Published | undefined): void {
  if (row.plant !== null && row.plant !== "duplicate-ids") count(api, row.plant);
  if (row === above) count(api, "duplicate-ids");
  if (row.listedAt > row.at) count(api, row.listedAt - row.at > 90_000 ? "very-late-rows" : "late-rows");
  if (row.date !== row.at) count(api, "wrong-dates");
}
