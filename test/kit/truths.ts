// Procurements as they were found against the replica's truth: state, deadline, awards and what one can act on, of each.
import type { Published } from "../../src/replica/history.ts";
import { type Truth, truthAt } from "../../src/replica/truth/procurements.ts";

export interface Seen {
  state: string;
  deadline: number | null;
  awards: number;
  value: number | null;
  /** Notices with status OPEN. */
  open: string[];
}

export interface Found {
  notices: ReadonlySet<string>;
  seen: Seen;
}

const rightOf = ({ state, deadline, awards, awardValue, open }: Truth): Seen => ({
  state,
  deadline,
  awards: awards.length,
  value: awardValue,
  open: open.toSorted(),
});

/** What was found otherwise than it is, each with what was told. @param found by `source/ocid` */
export function differences(
  found: ReadonlyMap<string, readonly Found[]>,
  rows: readonly Published[],
  now: Date,
): string[] {
  const byOcid = Map.groupBy(truthAt(rows, now.getTime()), ({ source, ocid }) => `${source}/${ocid}`);
  const told = Map.groupBy(rows, ({ ocid }) => ocid);
  return [...byOcid].flatMap(([key, truths]) => {
    const own = found.get(key) ?? [];
    const of = ({ notices: [first = ""] }: Truth) => own.find(({ notices }) => notices.has(first));
    const wrong = truths.flatMap((truth) => {
      const [seen, right] = [of(truth)?.seen, rightOf(truth)].map((one) => JSON.stringify(one));
      return seen === right ? [] : [`${seen} for ${right}`];
    });
    if (own.length !== truths.length) wrong.push(`${own.length} procurements of ${truths.length}`);
    const ocid = key.slice(key.indexOf("/") + 1);
    const kinds = (told.get(ocid) ?? []).map(({ telling }) => telling?.kind);
    return wrong.map((what) => `${key} (${kinds.join(", ")}): ${what}`);
  });
}

export const shuffled = <T>(values: readonly T[], random: () => number): T[] =>
  values
    .map((value) => ({ value, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
