// "What can I bid for?" on the recorded releases, row by row, for the evening of 11 August 2026. The list was made by hand: of
// every process with a tender notice or a dynamic market whose deadline was ahead, or that has a correction, all its releases
// were read in the order of publication (tags, notice type, `tender.status`, deadline, moved time limits, lots; for the three
// dynamic markets their text, which invites applications), and the notice was noted on which one could still bid at 21:00.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { PROCESS_STATES } from "../../../../src/terms/documents.ts";
import { hasCorpus, recordedReleases } from "../../../kit/corpus.ts";
import { type FoldedReleases, foldReleases } from "../../../kit/told.ts";

const list = new URL("../../../../fixtures/open-on-2026-08-11.json", import.meta.url);
const byHand = z.array(z.string()).parse(JSON.parse(readFileSync(list, "utf8")));
const processes = readFileSync(new URL("../../../../docs/processes.md", import.meta.url), "utf8");
const evening = new Date("2026-08-11T20:00:00Z");
const SOURCES = ["FIND_A_TENDER", "CONTRACTS_FINDER"] as const;

describe.skipIf(!hasCorpus)("recorded releases", () => {
  let folded: FoldedReleases = { contracts: new Map(), procurements: new Map() };

  beforeAll(async () => {
    const releases = await Promise.all(
      SOURCES.map(async (source) => (await recordedReleases(source)).map((release) => ({ source, release }))),
    );
    folded = foldReleases(releases.flat(), evening);
  });

  it("answer what one can bid for as the list that was made by hand", () => {
    const open = [...folded.contracts.values()].filter(
      ({ stage, status }) => stage === "TENDER" && status === "OPEN",
    );
    expect(open.map(({ ocid, noticeId }) => `${ocid}/${noticeId}`).sort()).toEqual(byHand);
    const states = [...folded.procurements.values()].flat().filter(({ process }) => process.state === "open");
    expect(states.map(({ process }) => `${process.ocid}/${process.noticeId}`).sort()).toEqual(byHand);
  });

  it("are in the states that docs/processes.md counts", () => {
    const all = [...folded.procurements.values()].flat().map(({ process }) => process);
    const rows = PROCESS_STATES.map((state) => [
      `\`${state}\``,
      ...SOURCES.map((source) => all.filter((one) => one.source === source && one.state === state).length),
    ]);
    const counted = /<!-- counted[^>]*-->\n+([\s\S]*?)\n+<!-- \/counted -->/.exec(processes)?.[1] ?? "";
    const cells = counted.split("\n").map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells.slice(2)).toEqual(rows.map((row) => row.map(String)));
  });

  it("count each award once", () => {
    const told = [...folded.contracts.values()].filter(({ awardValue }) => awardValue !== undefined);
    const procurements = [...folded.procurements.values()].flat();
    const awarded = procurements.filter(({ process }) => process.awardValue !== undefined);
    const millions = (values: (number | undefined)[]) =>
      Math.round(values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / 1e6);
    const standing = told.filter(({ status }) => status === "AWARDED").map(({ awardValue }) => awardValue);
    // Each teller that stands tells what no other does, so both ways of adding agree; what was told again would add more.
    expect(millions(awarded.map(({ process }) => process.awardValue))).toBe(millions(standing));
    expect(millions(told.map(({ awardValue }) => awardValue))).toBeGreaterThan(millions(standing));
  });
});
