// `sync sites …` through processes of their own: what an operator sees of sites, and does about them.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningBoardReplica, startBoardReplica } from "../../src/replica/moderngov/server.ts";
import { boardSites } from "../../src/sources/board-minutes/sites.ts";
import { freshDatabase } from "../kit/database.ts";

const SYNC = fileURLToPath(new URL("../../src/cli/sync.ts", import.meta.url));
const DAY_MS = 86_400_000;
const { db, uri, name } = await freshDatabase();
let boards: RunningBoardReplica;

beforeAll(async () => {
  const now = Date.now();
  boards = await startBoardReplica({
    ...{ seed: 4, sites: 2, traps: ["plain", "firewall"] },
    ...{ from: new Date(now - 60 * DAY_MS), to: new Date(now + 30 * DAY_MS) },
  });
});
afterAll(() => boards.close());

function sites(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], MONGODB_URI: uri, MONGODB_DB: name };
  return new Promise((resolve) => {
    execFile(process.execPath, [SYNC, "sites", ...args], { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

it("lists, adds, probes and switches off, each with the answer that its state deserves", async () => {
  const known = await sites("list", "--json");
  expect(known.code).toBe(0);
  expect(JSON.parse(known.out)).toHaveLength(21);
  expect(known.out).toContain("democracy.manchester.gov.uk");

  const open = boards.url.replace("http://", "");
  const [added] = await Promise.all([
    sites("add", `${boards.url}/s00/mgWebService.asmx`, "--name", "Example Council"),
    sites("add", `${boards.url}/s01`, "--name", "Closed", "--council", "East=East", "West=West"),
  ]);
  expect([added.code, added.out]).toEqual([0, expect.stringContaining(`${open}/s00 is new`)]);
  expect(await boardSites(db.db).findOne({ _id: `${open}/s01` })).toMatchObject({
    councils: [
      { name: "East", committees: "East" },
      { name: "West", committees: "West" },
    ],
  });

  const [good, bad] = await Promise.all([sites("probe", `${open}/s00`), sites("probe", `${open}/s01`)]);
  expect([good.code, good.out]).toEqual([
    0,
    expect.stringMatching(/ok +GetAllMeetingsByDate of committee 0, by GET, fast, \d+ meetings in a year/),
  ]);
  expect(bad.code).not.toBe(0);
  expect(bad.out).toMatch(/blocked +.*firewall's page/);

  expect((await sites("off", `${open}/s00`)).out).toContain("is off");
  expect((await boardSites(db.db).findOne({ _id: `${open}/s00` }))?.state).toBe("off");
}, 60_000);
