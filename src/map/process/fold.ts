// The notices of one ocid → its procurements, with what each notice is as things stand. Pure, and the same in whatever order
// the notices are handed in.
import type { Procurement, ToldNotice } from "./told.ts";

export function foldOcid(_notices: readonly ToldNotice[], _now: Date): Procurement[] {
  return [];
}
