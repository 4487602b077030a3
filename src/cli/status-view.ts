// The status in a terminal: the page's sentences, its map of months, and what needs a look.
import { styleText } from "node:util";
import type { Status } from "../report/schema.ts";
import {
  ago,
  bytes,
  count,
  moment,
  percent,
  STATE_MEANINGS,
  sizeWords,
  spacingText,
  span,
  spanRange,
  WINDOW_STATES,
  type WindowState,
} from "../report/words.ts";
import { print, printStyled } from "./print.ts";

type Style = Parameters<typeof styleText>[0];

/** A sign besides the colour: colours are not seen by everybody, nor kept in a file. */
const CELLS: Record<WindowState, { sign: string; style: Style }> = {
  exact: { sign: "█", style: "green" },
  done: { sign: "▒", style: "green" },
  running: { sign: "▶", style: "cyan" },
  pending: { sign: "·", style: "gray" },
  deferred: { sign: "z", style: "yellow" },
  failed: { sign: "✖", style: "red" },
  cancelled: { sign: "-", style: "gray" },
};

/** styleText leaves colours out where the output is no terminal, or NO_COLOR is set. */
const cell = (state: WindowState) =>
  styleText(CELLS[state].style, CELLS[state].sign, { stream: process.stdout, validateStream: true });

export function printStatus(status: Status): void {
  const { at, verdict, sources, storage, alarms, troubles, quarantine, lastGoodRunAt } = status;
  print(`${moment(at)} (London). ${verdict}`);
  for (const source of sources) {
    print(`\n${source.name}: ${source.sentence}`);
    for (const line of yearLines(status, source.source)) printStyled(line);
    const { pace, backfillEnds } = source;
    if (pace)
      print(`  ${count(pace.requestsPerHour)} requests and ${count(pace.releasesPerHour)} notices an hour.`);
    if (source.spacing) print(`  ${spacingText(source.spacing)}`);
    if (backfillEnds && backfillEnds.likely > at)
      print(
        `  Read to its start in about ${span(backfillEnds.likely.getTime() - at.getTime())}, ${moment(backfillEnds.likely)} (${spanRange(backfillEnds.early.getTime() - at.getTime(), backfillEnds.late.getTime() - at.getTime())}).`,
      );
  }
  const used = WINDOW_STATES.filter((state) => status.windows.some((window) => window.state === state));
  if (used.length > 0) print("");
  for (const state of used) printStyled(`${cell(state)} ${state}: ${STATE_MEANINGS[state]}`);
  const { usedBytes, budgetBytes, whenDone, withDeferred } = storage;
  const of = budgetBytes ? `, ${percent(usedBytes / budgetBytes)} of ${bytes(budgetBytes)}` : "";
  const left = whenDone ? ` With the months that are left: about ${sizeWords(whenDone)}.` : "";
  const waiting = withDeferred ? ` With those that wait for room: about ${sizeWords(withDeferred)}.` : "";
  print(`\nStorage: ${bytes(usedBytes)}${of}.${left}${waiting}`);
  print(`Last good run: ${lastGoodRunAt ? ago(lastGoodRunAt, at) : "none"}.`);
  if (quarantine.count > 0)
    print(
      `Quarantine: ${quarantine.more ? "more than " : ""}${count(quarantine.count)}; see \`quarantine list\`.`,
    );
  for (const { source, kind, lastAt, times } of troubles)
    print(`Noted: ${source} ${kind}, ${times} times, last ${ago(lastAt, at)}.`);
  for (const { severity, text, advice } of alarms)
    print(`\n${severity === "trouble" ? "!" : "i"} ${text}\n  ${advice}`);
}

/** `2024 ████▒▒▶·····`, a line per year, newest first; a space is a month outside the plan. */
function yearLines({ windows }: Status, source: Status["sources"][number]["source"]): string[] {
  const years = new Map<string, string[]>();
  for (const window of windows) {
    if (window.source !== source) continue;
    const [year = "", month = ""] = window.month.split("-");
    const row = window.site === undefined ? year : `${year} ${window.site}`;
    const cells = years.get(row) ?? Array<string>(12).fill(" ");
    cells[Number(month) - 1] = cell(window.state);
    years.set(row, cells);
  }
  const newestFirst = [...years].sort(([a], [b]) => b.localeCompare(a));
  return newestFirst.map(([year, cells]) => `  ${year} ${cells.join("")}`);
}
