// An answer as a table that fits the terminal: texts give way first and end in an ellipsis; columns for which no room is left
// are named below the table.
import Table from "cli-table3";
import type { Document } from "mongodb";
import { cellText } from "../questions/cell.ts";
import { OCID } from "../questions/columns.ts";
import type { Column, Question } from "../questions/question.ts";
import { visible } from "./print.ts";

const BORDER = 3; // of each cell, with the line beside it
/** What may be cut to so many characters; figures and days are shown whole, and so is an id, which is of no use cut. */
const NARROWEST: Partial<Record<Column["kind"], number>> = { text: 14, list: 14, link: 11 };
const NARROWEST_FIRST = 20; // what the row is about

interface Shown {
  column: Column;
  cells: string[];
  widest: number;
  narrowest: number;
}

export function tableOf(
  { columns }: Pick<Question, "columns">,
  rows: readonly Document[],
  width: number,
): string {
  const all = columns.map((column, at): Shown => {
    const cells = rows.map((row) => visible(cellText(row[column.field], column)));
    const widest = Math.max(column.title.length, ...cells.map(({ length }) => length));
    const cut = column.field === OCID.field ? undefined : NARROWEST[column.kind];
    const least = at === 0 && cut !== undefined ? NARROWEST_FIRST : (cut ?? widest);
    return { column, cells, widest, narrowest: Math.min(widest, least) };
  });
  const shown = all.slice(0, howManyFit(all, width));
  const table = new Table({
    head: shown.map(({ column }) => column.title),
    colWidths: widthsThatFit(shown, width).map((one) => one + 2),
    colAligns: shown.map(({ column: { kind } }) =>
      kind === "number" || kind === "money" ? "right" : "left",
    ),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((_, index) => shown.map(({ cells }) => cells[index] ?? "")));
  const left = all.slice(shown.length).map(({ column }) => column.title);
  return left.length === 0
    ? table.toString()
    : `${table.toString()}\nNot shown for want of room: ${left.join(", ")}.`;
}

const total = (widths: readonly number[]) => widths.reduce((sum, one) => sum + one + BORDER, 1);

/** From the left, and one at least. */
function howManyFit(all: readonly Shown[], width: number): number {
  for (let many = all.length; many > 1; many--)
    if (total(all.slice(0, many).map(({ narrowest }) => narrowest)) <= width) return many;
  return 1;
}

function widthsThatFit(shown: readonly Shown[], width: number): number[] {
  const widths = shown.map(({ widest }) => widest);
  while (total(widths) > width) {
    const spare = widths.map((one, index) => (one > (shown[index]?.narrowest ?? 0) ? one : 0));
    const most = Math.max(...spare);
    if (most === 0) break;
    widths[spare.indexOf(most)] = most - 1;
  }
  return widths;
}
