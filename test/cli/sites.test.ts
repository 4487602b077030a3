// `sync sites …`: what an operator sees of sites, and does about them.
import { afterAll, beforeAll, expect, it } from "vitest";
import { sync } from "../../src/cli/sync.ts";
import { workerEffects } from "../../src/platform/worker-effects.ts";
import { type RunningBoardReplica, startBoardReplica } from "../../src/replica/moderngov/server.ts";
import { addSite, boardSites } from "../../src/sources/board-minutes/sites.ts";
import { boardMinutes } from "../../src/sources/board-minutes/source.ts";
import { freshDatabase } from "../kit/database.ts";
import { here } from "../kit/programs.ts";

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

const sites = (...args: string[]) => here(sync, ["sites", ...args], { MONGODB_URI: uri, MONGODB_DB: name });

it("lists, adds, probes and switches off, each with the answer that its state deserves", async () => {
  const known = await sites("list", "--json");
  expect(known.code).toBe(0);
  expect(JSON.parse(known.out)).toHaveLength(21);
  expect(known.out).toContain("democracy.manchester.gov.uk");

  const open = boards.url.replace("http://", "");
  const councils = ["--council", "East=East", "West=West"];
  const added = await sites("add", `${boards.url}/s00/mgWebService.asmx`, "--name", "Both", ...councils);
  expect([added.code, added.out]).toEqual([0, expect.stringContaining(`${open}/s00 is new`)]);
  expect(await boardSites(db.db).findOne({ _id: `${open}/s00` })).toMatchObject({
    councils: [
      { name: "East", committees: "East" },
      { name: "West", committees: "West" },
    ],
  });

  const good = await sites("probe", `${open}/s00`);
  expect([good.code, good.out]).toEqual([
    0,
    expect.stringMatching(/ok +GetAllMeetingsByDate of committee 0, by GET, fast, \d+ meetings in a year/),
  ]);
  expect((await sites("off", `${open}/s00`)).out).toContain("is off");
  expect((await boardSites(db.db).findOne({ _id: `${open}/s00` }))?.state).toBe("off");
}, 300_000);

it("says of a site that lets nobody in that it is blocked", async () => {
  const office = boardMinutes.office?.({}) ?? expect.fail("there is no office");
  const baseUrl = `${boards.url}/s01`;
  await addSite(db.db, { baseUrl, name: "Closed" }, new Date());
  const site = baseUrl.replace("http://", "");
  const found = await office.probe(db, { site, effects: workerEffects, wait: workerEffects.sleep });
  expect(found).toMatchObject({ state: "blocked", trouble: expect.stringContaining("a firewall's page") });
});
