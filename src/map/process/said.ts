// What is said of a procurement: of each field what its notices said last. Fields that belong together are taken together.
import type { FoldedProcess } from "../../terms/documents.ts";
import { filled } from "../read.ts";
import type { Role } from "./notice.ts";
import type { ToldNotice } from "./told.ts";

const ALONE = [
  "title",
  "regions",
  "contractType",
  "contractMechanism",
  "callOffOf",
  "deadlineDate",
  "engagementDeadline",
] as const satisfies readonly (keyof FoldedProcess & keyof ToldNotice)[];

/** The first of a group is there when any of it is said. */
const TOGETHER = [
  ["buyerName", "buyerRegion"],
  ["cpvCodes", "sector"],
  ["valueMax", "valueMin", "currency", "valueIncludesVat"],
  ["contractEndDate", "contractStartDate", "contractMaxEndDate"],
] as const satisfies readonly (readonly (keyof FoldedProcess & keyof ToldNotice)[])[];

/** "Suitable for small firms" is true or not said, so only a notice that says all of a call can take it back. */
const SUITABILITY = ["suitableForSme", "suitableForVco"] as const;

type SaidField = (typeof ALONE)[number] | (typeof TOGETHER)[number][number] | (typeof SUITABILITY)[number];
export type Said = Partial<Pick<ToldNotice, SaidField>>;

export function saidAfter(before: Said, notice: ToldNotice, role: Role): Said {
  const said: Said = {};
  for (const field of ALONE) copy(notice, said, field);
  for (const [first, ...others] of TOGETHER) {
    if (notice[first] !== undefined) for (const field of [first, ...others]) copy(notice, said, field, true);
  }
  if (role === "call" || role === "plan") for (const field of SUITABILITY) copy(notice, said, field, true);
  return { ...before, ...said };
}

/** `blank`: what this notice leaves out is no longer said. */
function copy<F extends SaidField>(from: ToldNotice, to: Said, field: F, blank = false): void {
  const value = from[field];
  if (value !== undefined || blank) to[field] = value as Said[F];
}

/** Without what was said and is no longer. */
export function stillSaid(said: Said) {
  return filled(said);
}
