// The fold against the truth: procurements told by the replica, in whatever order their notices come, at ten instants.
// STORIES=10000 is the long form.
import { describe, expect, it } from "vitest";
import type { Procurement } from "../../src/map/process/told.ts";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { createRandom } from "../../src/replica/random.ts";
import { releaseObject } from "../../src/replica/release.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { foldReleases } from "../kit/told.ts";
import { differences, type Found, shuffled } from "../kit/truths.ts";

const STORIES = Number(process.env["STORIES"] ?? 400);
const FROM = new Date("2026-01-05T00:00:00Z");
const TO = new Date("2026-11-20T00:00:00Z");
const INSTANTS = Array.from(
  { length: 10 },
  (_, index) => new Date(FROM.getTime() + ((index + 1) / 10) * (TO.getTime() - FROM.getTime())),
);

const seenIn = ({ process, notices }: Procurement): Found => ({
  notices: new Set(notices.keys()),
  seen: {
    state: process.state,
    deadline: process.deadlineDate?.getTime() ?? null,
    awards: process.awards?.length ?? 0,
    value: process.awardValue ?? null,
    open: [...notices].flatMap(([id, { status }]) => (status === "OPEN" ? [id] : [])).sort(),
  },
});

function foundIn(rows: readonly Published[], now: Date): Map<string, Found[]> {
  const releases = rows.map((row) => {
    const source: Source = row.ocid.startsWith("ocds-h6vhtk") ? "FIND_A_TENDER" : "CONTRACTS_FINDER";
    return { source, release: releaseObject(source, row, "full") };
  });
  const { procurements } = foldReleases(releases, now);
  return new Map([...procurements].map(([ocid, own]) => [ocid, own.map(seenIn)]));
}

describe.each(SOURCES)("stories of %s", (source: Source) => {
  const rows = createHistory({ source, seed: 9, from: FROM, to: TO, notices: 0, stories: STORIES });

  it("are told in every kind", () => {
    const kinds = new Set(rows.flatMap(({ telling }) => telling?.kind ?? []));
    expect(kinds.size).toBe(source === "FIND_A_TENDER" ? 14 : 3);
  });

  it("of the time when both sites told them fold to what is true", () => {
    const now = new Date("2024-09-01T00:00:00Z");
    const both = createHistory({
      ...{ source, seed: 9, from: new Date("2024-03-05T00:00:00Z"), to: now },
      ...{ notices: 0, stories: 100 },
    });
    expect(both.filter(({ telling }) => telling?.story.twin !== undefined).length).toBeGreaterThan(10);
    expect(differences(foundIn(both, now), both, now)).toEqual([]);
  });

  it.each(INSTANTS.map((now) => [now.toISOString().slice(0, 10), now] as const))(
    "fold to what is true on %s, in whatever order and however often they come",
    (_, now) => {
      const listed = rows.filter(({ listedAt }) => listedAt <= now.getTime());
      const told = shuffled([...listed, ...listed.slice(0, 50)], createRandom(now.getTime()));
      const found = foundIn(told, now);
      expect(found.size).toBeGreaterThan(listed.length / 10);
      expect(differences(found, rows, now).slice(0, 5)).toEqual([]);
    },
    120_000,
  );
});
