// The aggregation that docs/records.md gives for the state of a process, as it stands there.
import { readFileSync } from "node:fs";
import type { Document } from "mongodb";
import { describe, expect, it } from "vitest";
import { freshDatabase } from "../../kit/database.ts";
import { mapRelease } from "../../kit/map.ts";

const records = readFileSync(new URL("../../../docs/records.md", import.meta.url), "utf8");
const block = /<!-- process state[^>]*-->\s+```json\n([\s\S]*?)```/.exec(records)?.[1] ?? "[]";
const [match, ...rest]: Document[] = JSON.parse(block);

const now = new Date();
const past = "2020-01-01T12:00:00Z";
const ahead = "2099-01-01T12:00:00Z";

/** A notice of a process: its tag and what else it says. */
type Notice = [tag: string, fields?: { deadline?: string }];

const PROCESSES: [state: string, notices: Notice[]][] = [
  ["planned", [["planning"]]],
  ["open", [["planning"], ["tender", { deadline: ahead }]]],
  [
    "open",
    [
      ["tender", { deadline: past }],
      ["tenderUpdate", { deadline: ahead }],
    ],
  ],
  ["open", [["tender"]]],
  ["closed", [["tender", { deadline: past }], ["tenderUpdate"]]],
  [
    "closed",
    [
      ["tender", { deadline: ahead }],
      ["tenderUpdate", { deadline: past }],
    ],
  ],
  ["cancelled", [["tender", { deadline: ahead }], ["tenderCancellation"]]],
  ["awarded", [["tender", { deadline: past }], ["award"]]],
  ["awarded", [["award"], ["contractAmendment"]]],
  ["terminated", [["award"], ["contractTermination"]]],
];

describe("the state of a process", async () => {
  const { db } = await freshDatabase();

  it("is that of its newest notice with the deadline said last", async () => {
    for (const [process, [, notices]] of PROCESSES.entries()) {
      for (const [notice, [tag, fields]] of notices.entries()) {
        const release = {
          ocid: `ocds-${process}`,
          id: `${notice}-${process}`,
          date: `2026-01-0${notice + 1}`,
          tag: [tag],
          tender: { title: `${process}`, tenderPeriod: { endDate: fields?.deadline } },
          awards: tag === "award" ? [{ status: "active" }] : [],
        };
        const mapped = mapRelease({ source: "FIND_A_TENDER", release, now });
        if (mapped.kind === "rejected") throw new Error(mapped.reason);
        await db.contracts.insertOne({
          _id: `FIND_A_TENDER/ocds-${process}/${notice}-${process}`,
          ...mapped.contract,
          createdAt: now,
          updatedAt: now,
        });
      }
    }
    const states = await db.contracts.aggregate([...rest, { $sort: { "_id.ocid": 1 } }]).toArray();
    expect(states.map(({ state }) => state)).toEqual(PROCESSES.map(([state]) => state));

    const range = match?.["$match"]?._id;
    const one = (bound: string) => bound.replace("ocds-h6vhtk-06e0a7", "ocds-6");
    const ofOne = { $match: { _id: { $gte: one(range.$gte), $lt: one(range.$lt) } } };
    expect(await db.contracts.aggregate([ofOne, ...rest]).toArray()).toMatchObject([
      { state: "cancelled", notices: ["0-6", "1-6"], title: "6" },
    ]);
    const plan = await db.contracts.aggregate([ofOne, ...rest]).explain("queryPlanner");
    expect(JSON.stringify(plan)).toContain("IXSCAN");
    expect(JSON.stringify(plan)).not.toContain("COLLSCAN");
  });
});
