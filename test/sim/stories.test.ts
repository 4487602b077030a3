// The fold against the truth: procurements told by the replica, in whatever order their notices come, at ten instants.
// STORIES=10000 is the long form.
import { describe, expect, it } from "vitest";
import type { Procurement } from "../../src/map/process/told.ts";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { createRandom } from "../../src/replica/random.ts";
import { releaseObject } from "../../src/replica/release.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { type Truth, truthAt } from "../../src/replica/truth/procurements.ts";
import { foldReleases } from "../kit/told.ts";

const STORIES = Number(process.env["STORIES"] ?? 400);
const FROM = new Date("2026-01-05T00:00:00Z");
const TO = new Date("2026-11-20T00:00:00Z");
const INSTANTS = Array.from(
  { length: 10 },
  (_, index) => new Date(FROM.getTime() + ((index + 1) / 10) * (TO.getTime() - FROM.getTime())),
);

function shuffled<T>(values: T[], seed: number): T[] {
  const random = createRandom(seed);
  return values
    .map((value) => ({ value, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

interface Seen {
  state: string;
  deadline: number | null;
  awards: number;
  value: number | null;
  open: string[];
}

const rightOf = ({ state, deadline, awards, awardValue, open }: Truth): Seen => ({
  state,
  deadline,
  awards: awards.length,
  value: awardValue,
  open: open.toSorted(),
});

function seenIn({ process, notices }: Procurement): Seen {
  return {
    state: process.state,
    deadline: process.deadlineDate?.getTime() ?? null,
    awards: process.awards?.length ?? 0,
    value: process.awardValue ?? null,
    open: [...notices].flatMap(([id, { status }]) => (status === "OPEN" ? [id] : [])).sort(),
  };
}

/** What the fold says otherwise than the truth, each with what was told. */
function differences(folded: Map<string, Procurement[]>, rows: Published[], now: Date): string[] {
  const byOcid = Map.groupBy(truthAt(rows, now.getTime()), ({ source, ocid }) => `${source}/${ocid}`);
  return [...byOcid].flatMap(([ocid, truths]) => {
    const found = folded.get(ocid) ?? [];
    const of = ({ notices: [first = ""] }: Truth) => found.find(({ notices }) => notices.has(first));
    const wrong = truths.flatMap((truth) => {
      const procurement = of(truth);
      const [seen, right] = [procurement && seenIn(procurement), rightOf(truth)];
      return JSON.stringify(seen) === JSON.stringify(right)
        ? []
        : [`${JSON.stringify(seen)} for ${JSON.stringify(right)}`];
    });
    if (found.length !== truths.length) wrong.push(`${found.length} procurements of ${truths.length}`);
    const told = rows.flatMap(({ ocid: own, telling }) => (ocid.endsWith(own) ? (telling?.kind ?? []) : []));
    return wrong.map((what) => `${ocid} (${told.join(", ")}): ${what}`);
  });
}

describe.each(SOURCES)("stories of %s", (source: Source) => {
  const rows = createHistory({ source, seed: 9, from: FROM, to: TO, notices: 0, stories: STORIES });

  it("are told in every kind", () => {
    const kinds = new Set(rows.flatMap(({ telling }) => telling?.kind ?? []));
    expect(kinds.size).toBe(source === "FIND_A_TENDER" ? 14 : 3);
  });

  it.each(INSTANTS.map((now) => [now.toISOString().slice(0, 10), now] as const))(
    "fold to what is true on %s, in whatever order and however often they come",
    (_, now) => {
      const listed = rows.filter(({ listedAt }) => listedAt <= now.getTime());
      const releases = shuffled([...listed, ...listed.slice(0, 50)], now.getTime()).map((row) => ({
        source,
        release: releaseObject(source, row, "full"),
      }));
      const { procurements, contracts } = foldReleases(releases, now);
      expect(contracts.size).toBeGreaterThan(listed.length / 2);
      expect(differences(procurements, rows, now).slice(0, 5)).toEqual([]);
    },
    120_000,
  );
});
