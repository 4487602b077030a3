// A source that is added is planned, read, verified, shown on the page and on the command line: nothing else is changed.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { sourceArgument } from "../../src/cli/command.ts";
import { readProgress } from "../../src/cli/progress.ts";
import { printStatus } from "../../src/cli/status-view.ts";
import { createApp } from "../../src/pages/app.tsx";
import type { Database } from "../../src/platform/database.ts";
import { setPaused } from "../../src/run/jobs.ts";
import { namesOf, statusOf } from "../../src/run/status.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { freshDatabase } from "../kit/database.ts";
import { gazette, papers } from "../kit/made-up-sources.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const sources = [...SOURCES, gazette, papers];
const TOKEN = "a-token-of-sixteen-characters";
const vars = { PAPERS: "on", VERIFY_REQUESTS_PER_RUN: "100" };

function world(): World {
  return createWorld({
    db,
    from: new Date("2026-03-20T00:00:00Z"),
    now: new Date("2026-05-10T12:00:00Z"),
    notices: { FIND_A_TENDER: 150, CONTRACTS_FINDER: 40 },
    sources,
    vars,
  });
}

async function windowsOf(source: string) {
  const windows = await db.syncWindows.find({ source }, { sort: { _id: 1 } }).toArray();
  return windows.map(({ _id, status, proof }) => `${_id} ${status} ${proof}`);
}

function page(here: World, path: string): Promise<string> {
  const config = here.configFor();
  const app = createApp({
    token: TOKEN,
    now: here.now,
    sleep: async () => undefined,
    countFailure: async () => true,
    mayLook: async () => true,
    secret: "another",
    noticePage: () => undefined,
    sources: namesOf(config.sources),
    readStatus: (database: Database) => statusOf(database, config, here.now()),
    withData: (use) => use(db),
    noteError: (error) => {
      throw error;
    },
  });
  const answer = app.request(path, { headers: { Authorization: `Bearer ${TOKEN}` } });
  return Promise.resolve(answer).then((response) => response.text());
}

describe("a source that is added", () => {
  it("is planned, read and verified, whether it lists releases or brings a reader with sites", async () => {
    const here = world();
    const { sources: reports } = await here.run();
    expect(reports.map(({ source, errors, endedBy }) => [source, errors, endedBy])).toEqual(
      here.configFor().sources.map(({ source }) => [source, [], "nothing left"]),
    );
    expect(await windowsOf("GAZETTE")).toEqual(
      ["2026-03", "2026-04", "2026-05"].map((month) => `GAZETTE/${month} done exact`),
    );
    expect(await windowsOf("PAPERS")).toEqual(
      ["north", "south"].flatMap((site) =>
        ["2026-03", "2026-04", "2026-05"].map((month) => `PAPERS/${site}.example/${month} done exact`),
      ),
    );
    const published = here.replica.published("FIND_A_TENDER", here.now().getTime());
    const distinct = new Set(published.map(({ ocid, releaseId }) => `${ocid}/${releaseId}`));
    expect(await db.contracts.countDocuments({ source: "GAZETTE" })).toBe(distinct.size);
    expect(await db.db.collection("papers").countDocuments()).toBe(2 * 3 * 3);
  });

  it("has its drift noted where verification finds something missing", async () => {
    const here = world();
    await here.run({ VERIFY_REQUESTS_PER_RUN: "0" });
    await db.db.collection<{ _id: string }>("papers").deleteOne({ _id: "PAPERS/north.example/2026-04/1" });
    await here.run();
    const window = await db.syncWindows.findOne({ _id: "PAPERS/north.example/2026-04" });
    expect(window?.drift.map(({ missing }) => missing)).toEqual([1]);
    expect(await db.db.collection("papers").countDocuments()).toBe(2 * 3 * 3);
  });

  it("is shown on the page, with a map of months for each site, and its window has a page", async () => {
    const here = world();
    await here.run();
    const overview = await page(here, "/");
    for (const text of ["The Gazette", "Council papers", "2026 north.example", "2026 south.example"])
      expect(overview).toContain(text);
    expect(await page(here, "/windows/PAPERS/north.example/2026-04")).toContain(
      "Council papers, north.example, April 2026",
    );
    expect(await page(here, "/metrics")).toContain('source="PAPERS"');
  });

  it("is shown and named on the command line", async () => {
    const here = world();
    await here.run();
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    printStatus(await statusOf(db, here.configFor(), here.now()));
    const text = said.mock.calls.flat().join("\n");
    said.mockRestore();
    expect(text).toMatch(/The Gazette: (Complete|Read) from .*\n +2026 {3}█{3}/);
    expect(text).toMatch(/2026 north\.example {3}█{3}/);
    expect((await readProgress(db, sources)).map(({ name }) => name)).toContain("Council papers");
    const argument = sourceArgument(sources);
    expect(argument.parseArg?.("papers", undefined)).toBe("PAPERS");
    await setPaused(db, { source: "PAPERS", paused: true, now: here.now() });
    const { sources: reports } = await here.run();
    expect(reports.at(-1)?.endedBy).toBe("paused");
  });

  it("is left out where it is switched off", async () => {
    const here = world();
    await here.run({ PAPERS: "off" });
    expect(await windowsOf("PAPERS")).toEqual([]);
  });
});
