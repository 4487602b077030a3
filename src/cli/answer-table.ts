// An answer as a table that fits the terminal: the widest columns give way first, and what is cut ends in an ellipsis.
import Table from "cli-table3";
import type { Document } from "mongodb";
import { cellText } from "../questions/cell.ts";
import type { Question } from "../questions/question.ts";
import { visible } from "./print.ts";

const NARROWEST = 8; // of a column that has to give way
const BORDER = 3; // of each cell, with the line beside it

/** Column widths that fit into `width` characters: the widest columns give way first. */
export function widthsThatFit(widest: readonly number[], width: number): number[] {
  const widths = [...widest];
  const total = () => widths.reduce((sum, one) => sum + one + BORDER, 1);
  while (total() > width) {
    const most = Math.max(...widths);
    if (most <= NARROWEST) break;
    widths[widths.indexOf(most)] = most - 1;
  }
  return widths;
}

export function tableOf(
  { columns }: Pick<Question, "columns">,
  rows: readonly Document[],
  width: number,
): string {
  const cells = rows.map((row) => columns.map((column) => visible(cellText(row[column.field], column))));
  const widest = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const table = new Table({
    head: columns.map(({ title }) => title),
    colWidths: widthsThatFit(widest, width).map((one) => one + 2),
    colAligns: columns.map(({ kind }) => (kind === "number" || kind === "money" ? "right" : "left")),
    style: { head: [], border: [] },
  });
  table.push(...cells);
  return table.toString();
}
