// Find a Tender's releases in the shapes of recorded ones: two regimes, each in its own file.
import { celex } from "./celex.ts";
import { procurementAct } from "./procurement-act.ts";
import type { Published } from "./published.ts";
import type { Random } from "./random.ts";

export function findATender(record: Published, random: Random): object {
  return record.noticeType === null ? celex(record, random) : procurementAct(record, random);
}
