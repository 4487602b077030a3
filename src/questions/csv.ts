// An answer as CSV that a spreadsheet opens: a cell that would be taken for a formula begins with an apostrophe, and a byte
// order mark says that the text is UTF-8. Instants stay instants (ISO 8601, UTC), numbers stay numbers.
import { stringify } from "csv-stringify/sync";
import type { Document } from "mongodb";
import { cellText } from "./cell.ts";
import type { Question } from "./question.ts";

export function csvOf(
  { columns }: Pick<Question, "columns">,
  rows: readonly Document[],
  noticePage: (source: string, noticeId: string) => string | undefined,
): string {
  const records = rows.map((row) =>
    columns.map(({ field, kind }) => {
      const value: unknown = row[field];
      if (kind === "link" && field === "noticeId")
        return noticePage(String(row["source"]), String(value)) ?? String(value ?? "");
      if (value instanceof Date) return value.toISOString();
      if (typeof value === "number") return value;
      return cellText(value, { kind: "text" });
    }),
  );
  return stringify([columns.map(({ title }) => title), ...records], {
    bom: true,
    escape_formulas: true,
    record_delimiter: "windows",
    cast: { number: (value) => String(value) },
  });
}
