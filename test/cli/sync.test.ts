// Each command on a database in each state: those that look in one state through a process of its own, as people call it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { MongoClient, ObjectId } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sync as syncCommand } from "../../src/cli/sync.ts";
import { freePort, type LocalMongo, startMongod } from "../../src/local/mongod.ts";
import { collectionsOf } from "../../src/platform/database.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { ensureCollections, ensureIndexes, INDEXES } from "../../src/platform/schema.ts";
import { createHistory } from "../../src/replica/history.ts";
import { type RunningReplica, startReplica } from "../../src/replica/server.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { STATUS_VERSION, statusSchema } from "../../src/report/schema.ts";
import type { Quarantined } from "../../src/terms/documents.ts";
import type { Finding } from "../../src/upkeep/finding.ts";
import { clockEnvironment, clockIsShifted } from "../kit/clock.ts";
import { freshDatabase } from "../kit/database.ts";
import { here, inProcess, type Variables } from "../kit/programs.ts";
import { monthsOf, setScene } from "../worker/status-data.ts";

const SYNC = fileURLToPath(new URL("../../src/cli/sync.ts", import.meta.url));
const DAY_MS = 86_400_000;
const { db, uri, name, clear } = await freshDatabase();
const from = new Date(Date.now() - 40 * DAY_MS);
let replica: RunningReplica;

beforeAll(async () => {
  const made = (source: Source) =>
    createHistory({ source, seed: 5, faults: [], from, to: new Date(), notices: 300 });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  const limit = { requests: 100_000, perSeconds: 1, retryAfterSeconds: 1 };
  replica = await startReplica({ seed: 5, faults: [], histories, limit, bodies: "light" });
});
afterAll(() => replica.close());
beforeEach(() => clear());

const settings = (vars: Variables): Variables => ({
  ...{ MONGODB_URI: uri, MONGODB_DB: name, FAT_API_URL: replica.url, CF_API_URL: replica.url },
  ...{ BACKFILL_START_DATE: from.toISOString().slice(0, 10), REQUESTS_PER_MINUTE: "60000" },
  ...vars,
});
const sync = (args: string[], vars: Variables = {}) => here(syncCommand, args, settings(vars));
const syncProcess = (args: string[], vars: Variables = {}) => inProcess(SYNC, args, settings(vars));

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

const json = async (args: string[], vars?: Variables, call = sync) => {
  const ended = await call([...args, "--json"], vars);
  return { ...ended, answer: JSON.parse(ended.out) };
};

const COMMANDS = [
  ...["status", "plan", "run", "verify", "retry", "pause", "resume", "prune", "doctor"],
  ...["quarantine list", "quarantine show", "quarantine retry", "proof", "assumptions"],
  ...["sites list", "sites add", "sites probe", "sites off", "sites on"],
];

/** With its clock set, this machine and the database disagree about the time, and nothing else. */
const WELL = clockIsShifted ? "1 check failed." : "All well.";
const IN_PROCESSES = "middle";
const STATES = ["empty", "middle", "done", "trouble"] as const;
type Expected = Record<(typeof STATES)[number], [code: number, words: RegExp]>;
const same = (code: number, words: RegExp): Expected => ({
  ...{ empty: [code, words], middle: [code, words], done: [code, words], trouble: [code, words] },
});
const ID = "FIND_A_TENDER/ocds-h6vhtk-01/000001-2026"; // of the quarantine in trouble
const SHORT = { RUN_BUDGET_SECONDS: "1", BACKFILL_START_DATE: "2016-11-01" };

/** What each command answers on a database in each state; those that only look come first. */
const LOOKING: [args: string[], Expected][] = [
  [["plan"], same(0, /Find a Tender/)],
  [["quarantine", "list"], { ...same(0, /Nothing is in quarantine/), trouble: [0, /000001-2026/] }],
  [["quarantine", "show", ID], { ...same(2, /is not in quarantine/), trouble: [0, /tender\.value\.amount/] }],
  [["prune", "--dry-run"], same(0, /Contracts Finder before 1 November 2016.*0 contracts .*would go/)],
  [
    ["doctor"],
    {
      empty: [1, /✔ indexes and validators: all there[\s\S]*✖ cron: no run yet[\s\S]*checks? failed/],
      middle: [0, /✔ months: PLANNED months, none failed[\s\S]*WELL/],
      done: [0, /✔ runs: the last one ended with "done"[\s\S]*WELL/],
      trouble: [
        1,
        /✖ runs: .*"error"[\s\S]*✖ months: could not be read[\s\S]*✖ new notices: Find a Tender 7 hours/,
      ],
    },
  ],
];
const CHANGING: typeof LOOKING = [
  [
    ["retry"],
    { ...same(0, /No month waits for another attempt/), trouble: [0, /2 months due at the next run/] },
  ],
  [["pause", "cf"], { ...same(0, /Contracts Finder: paused/), empty: [1, /not planned yet/] }],
  [["resume", "cf"], { ...same(0, /Contracts Finder: resumed/), empty: [1, /not planned yet/] }],
  [["quarantine", "retry"], { ...same(0, /0 releases stored/), trouble: [1, /2 still in quarantine/] }],
  [["run"], same(0, /Find a Tender: .*; ended by (deadline|nothing left)\./)],
  [["verify"], same(0, /Contracts Finder: .*; ended by (deadline|nothing left)\./)],
  [["prune", "--yes"], same(0, /gone\./)],
];

describe("each command on a database in each state", () => {
  it.each(STATES)(
    "%s",
    async (state) => {
      if (state !== "empty") await setScene(db, state, new Date());
      const planned = SOURCES.flatMap((source) => monthsOf(source, new Date())).length;
      const check = async ([args, expected]: (typeof LOOKING)[number], call = sync) => {
        const { code, out, err } = await call(args, SHORT);
        const [expectedCode, pattern] = expected[state];
        const words = new RegExp(
          pattern.source.replace("PLANNED", String(planned)).replace("WELL", WELL),
          pattern.flags,
        );
        expect(`${out}${err}`, args.join(" ")).toMatch(words);
        const clockFailed = clockIsShifted && args[0] === "doctor";
        expect([args, code]).toEqual([args, clockFailed ? 1 : expectedCode]);
      };
      const call = state === IN_PROCESSES ? syncProcess : sync;
      await Promise.all(LOOKING.map((each) => check(each, call)));
      for (const each of CHANGING) await check(each);
    },
    300_000,
  );
});

describe.concurrent("npm run sync", () => {
  it("has a help for each command, with its options and exit codes", async () => {
    for (const command of COMMANDS) {
      const { code, out } = await sync([...command.split(" "), "--help"]);
      expect(out).toContain(`Usage: sync ${command}`);
      expect(out).toContain("--json");
      expect(out).toContain("Exit codes:\n  0  all well");
      expect(code).toBe(0);
    }
  }, 300_000);

  it.each([
    [["pause", "etenders"], {}, "There is no such source."],
    [["pause", "fta"], {}, "Did you mean fat?"],
    [["retry", "2024-03"], {}, "FIND_A_TENDER/2024-03"],
    [["nonsense"], {}, "unknown command"],
    [["status"], { PAGE_LIMIT: "0" }, 'PAGE_LIMIT is "0": allowed are whole numbers from 2 to 100:'],
    [["status"], { MONGODB_URI: "" }, "MONGODB_URI is missing"],
  ])("%j with %j is refused with what is expected, exit code 2", async (args, vars, expected) => {
    const { code, err } = await sync(args, vars);
    expect(err).toContain(expected);
    expect(code).toBe(2);
  });

  it("as a process ends with the same exit codes and streams", async () => {
    const refused = await syncProcess(["nonsense"]);
    expect(refused).toEqual(await sync(["nonsense"]));
    expect([refused.code, refused.out]).toEqual([2, ""]);
    const absent = await syncProcess(["quarantine", "show", "absent"]);
    expect(absent).toEqual(await sync(["quarantine", "show", "absent"]));
    expect([absent.code, absent.out]).toEqual([2, ""]);
    expect(await syncProcess(["--help"])).toEqual(await sync(["--help"]));
  });

  it("whose MongoDB does not answer says so, exit code 2", async () => {
    const { code, err } = await sync(["status"], {
      MONGODB_URI: `mongodb://me:hunter2@127.0.0.1:${await freePort()}/`,
    });
    expect(err).toMatch(/MongoDB cannot be reached with MONGODB_URI.*access list/);
    expect(err).not.toContain("hunter2");
    expect(code).toBe(2);
  });
});

describe("status", () => {
  it.each([
    ["begun", 0, /still to be read/],
    ["middle", 0, /20\d\d .*▒/],
    ["done", 0, /Nothing needs you\.[\s\S]*█ exact: read and verified/],
    ["trouble", 1, /✖ failed[\s\S]*npm run sync -- retry/],
  ] as const)("of a database %s: exit code %i, the page's words", async (scene, expectedCode, words) => {
    await setScene(db, scene, new Date());
    const { code, out } = await syncProcess(["status"], { NO_COLOR: "1" });
    expect(out).toMatch(words);
    expect(code).toBe(expectedCode);
    expect(out).not.toContain("\u001b"); // no colours in a file
  });

  it("of an empty database says what will happen", async () => {
    expect((await sync(["status"])).out).toContain("Not started yet: the first run plans it.");
  });

  it("--watch says it again, until Ctrl-C", async () => {
    const env = { PATH: process.env["PATH"], ...clockEnvironment, MONGODB_URI: uri, MONGODB_DB: name };
    const watching = spawn(process.execPath, [SYNC, "status", "--watch"], { env });
    const closed = once(watching, "close");
    let said = "";
    for await (const chunk of watching.stdout) {
      said += chunk;
      if (said.split("Last good run").length > 2) watching.kill("SIGINT");
    }
    expect(said.match(/Not started yet: the cron begins/g)).toHaveLength(2);
    expect(await closed).toEqual([null, "SIGINT"]);
  });

  it("as JSON is what /status.json says", async () => {
    await setScene(db, "middle", new Date());
    const { answer } = await json(["status"]);
    expect(statusSchema.parse(answer).version).toBe(STATUS_VERSION);
  });
});

describe("run and verify", () => {
  it("read all, verify all, and a month once more", async () => {
    const atOnce = { VERIFY_AFTER_HOURS: "0" };
    const first = await json(["run"], { VERIFY_REQUESTS_PER_RUN: "0", ...atOnce });
    expect(first.answer.outcome).toBe("done");
    expect(first.code).toBe(0);
    const windows = await db.syncWindows.find().toArray();
    expect(windows.length).toBeGreaterThan(3);
    expect(windows.every(({ status, proof }) => status === "done" && proof === "ordered")).toBe(true);

    const { asked: askedBefore } = replica.replica.stats().FIND_A_TENDER;
    const foretold = await json(["verify", "--dry-run"], atOnce);
    const looks: { windowId: string; by: string; requests: number }[] = foretold.answer;
    expect(await db.syncWindows.find().toArray()).toEqual(windows);
    expect(replica.replica.stats().FIND_A_TENDER.asked).toBe(askedBefore);
    expect(looks.map(({ windowId }) => windowId).sort()).toEqual(windows.map(({ _id }) => _id).sort());
    expect(new Set(looks.map(({ by }) => by))).toEqual(new Set(["numbers", "slices"]));

    const verified = await sync(["verify"], atOnce);
    expect(verified.out).toMatch(/Find a Tender: .* verified; ended by nothing left\./);
    const proved = await db.syncWindows.find({ proof: "exact" }).toArray();
    expect(proved).toHaveLength(windows.length);
    // What was foretold, and a few more where something was missing.
    for (const { _id, verify } of proved) {
      const { requests = 0 } = looks.find(({ windowId }) => windowId === _id) ?? {};
      expect(verify?.requests).toBeGreaterThanOrEqual(requests);
      expect(verify?.requests).toBeLessThanOrEqual(requests + 2);
    }

    const one = windows.find(({ source }) => source === "CONTRACTS_FINDER");
    const id = one?._id ?? "";
    const before = replica.replica.stats().CONTRACTS_FINDER.asked;
    const again = await json(["verify", id], atOnce);
    const shares: { windowsVerified: string[] }[] = again.answer.sources;
    expect(shares.flatMap(({ windowsVerified }) => windowsVerified)).toEqual([id]);
    const asked = replica.replica.stats().CONTRACTS_FINDER.asked - before;
    // Cut from the stored dates: no more than a slice or two above its rows.
    expect(asked).toBeLessThanOrEqual(Math.ceil((one?.counts.releases ?? 0) / 97) + 3);

    for (const command of ["verify", "retry"]) {
      const absent = await sync([command, id.replace("FINDER", "FINDR")]);
      expect([absent.code, absent.out]).toEqual([2, ""]);
      expect(absent.err).toContain(`is not a month of this database. Did you mean ${id}?`);
    }
  });

  it("verify of months that are not due says when they are", async () => {
    await json(["run"], { VERIFY_REQUESTS_PER_RUN: "0" });
    const { code, out } = await sync(["verify"]);
    const waiting = await db.syncWindows.countDocuments({ proof: "ordered" });
    expect(waiting).toBeGreaterThan(3);
    expect(out).toMatch(/0 verified; ended by nothing left\./);
    expect(out).toContain(`${waiting} months are not due yet, the first at `);
    expect(code).toBe(0);
  });

  it("that fails says why, exit code 1", async () => {
    const server = createHttpServer((_, response) => response.writeHead(401).end("no"));
    const port = await portOf(server);
    const { code, out } = await sync(["run"], { FAT_API_URL: `http://127.0.0.1:${port}` });
    server.close();
    expect(out).toMatch(/Find a Tender: 0 notices .*ended by trouble\.\n .*401/);
    expect(out).toMatch(/Contracts Finder: \d+ notices/);
    expect(code).toBe(1);
  });
});

describe("retry, pause and resume", () => {
  it("retry makes what failed due now, one month or all", async () => {
    await setScene(db, "trouble", new Date());
    const failed = await db.syncWindows.find({ status: "failed" }).toArray();
    expect(failed.length).toBeGreaterThan(0);
    const id = failed[0]?._id ?? "";
    const foretold = await json(["retry", "--dry-run"]);
    expect(foretold.answer.map(({ windowId }: { windowId: string }) => windowId).sort()).toEqual(
      failed.map(({ _id }) => _id).sort(),
    );
    for (const { requests } of foretold.answer) expect(requests).toBeGreaterThan(10);
    expect(await db.syncWindows.countDocuments({ status: "failed" })).toBe(failed.length);
    expect((await json(["retry", id])).answer).toEqual({ retried: 1 });
    expect(await db.syncWindows.findOne({ _id: id })).toMatchObject({
      ...{ status: "pending", attempts: 0, retryAt: null },
    });
    expect((await sync(["retry", id])).code).toBe(1); // nothing to retry any more
    expect((await sync(["retry"])).code).toBe(0);
    expect(await db.syncWindows.countDocuments({ status: "failed" })).toBe(0);
  });

  it("a paused source is left alone until it is resumed", async () => {
    expect((await json(["pause", "fat"])).code).toBe(1); // not planned yet
    await json(["run"], { VERIFY_REQUESTS_PER_RUN: "0" });
    expect((await sync(["pause", "cf"])).out).toContain("Contracts Finder: paused.");
    const paused = await json(["run"]);
    expect(paused.answer.sources.map(({ endedBy }: { endedBy: string }) => endedBy)).toEqual([
      "nothing left",
      "paused",
    ]);
    await sync(["resume"]);
    const resumed = await json(["run"]);
    expect(resumed.answer.sources[1].endedBy).toBe("nothing left");
  });
});

describe("quarantine", () => {
  const fine = (id: string, title: unknown) =>
    JSON.stringify({
      ...{ ocid: `ocds-h6vhtk-${id}`, id: "012345-2024", date: "2024-03-05T10:00:00Z", tag: ["tender"] },
      ...{ tender: { id: "1", title, status: "active" }, parties: [] },
    });
  const caseOf = (id: string, rawText: string): Quarantined => ({
    ...{ _id: id, source: "FIND_A_TENDER", windowId: null, ocid: null, releaseId: null },
    ...{ place: "test", reason: "could not be mapped", rawText },
    ...{ firstSeenAt: new Date(), lastSeenAt: new Date() },
  });

  it("is listed, shown, and retried: what can be stored now leaves it, the rest says why", async () => {
    expect((await sync(["quarantine", "list"])).out).toContain("Nothing is in quarantine.");
    await db.quarantine.insertMany([
      caseOf("a", fine("a", "Bridge")),
      caseOf("b", '{"ocid": "broken'),
      caseOf("c", "{}"),
    ]);
    expect((await json(["quarantine", "list"])).answer).toHaveLength(3);
    expect((await sync(["quarantine", "show", "b"])).out).toContain('{"ocid": "broken');
    expect((await sync(["quarantine", "show", "z"])).code).toBe(2);
    const retried = await json(["quarantine", "retry"]);
    expect(retried.answer.stored).toEqual(["a"]);
    expect(retried.answer.left.map(({ id }: { id: string }) => id)).toEqual(["b", "c"]);
    expect(retried.code).toBe(1);
    expect(await db.contracts.countDocuments({ title: "Bridge" })).toBe(1);
    expect(await db.quarantine.countDocuments()).toBe(2);
  });
});

describe("what comes from outside", () => {
  it.each([["list"], ["show"], ["retry"]])(
    "is shown with its control characters made visible: quarantine %s",
    async (what) => {
      const escapes = "\u001b]0;TITLE\u0007\u001b[2J\u009b31m\u202eabc\r";
      const seen = { firstSeenAt: new Date(), lastSeenAt: new Date() };
      const _id = `FIND_A_TENDER/o${escapes}/1`;
      await db.quarantine.insertOne({
        ...{
          _id,
          source: "FIND_A_TENDER",
          windowId: null,
          ocid: `o${escapes}`,
          releaseId: "1",
          place: escapes,
        },
        ...{ reason: `bad ${escapes}`, rawText: `{"ocid":"${escapes}"}`, ...seen },
      });
      for (const options of [[], ["--json"]]) {
        const { out, err } = await sync(["quarantine", what, ...(what === "show" ? [_id] : []), ...options]);
        expect(`${out}${err}`).not.toMatch(/(?![\n\t])[\p{Cc}\u202a-\u202e]/u);
        expect(out).toContain("\\u001b");
        if (options.length > 0) expect(JSON.stringify(JSON.parse(out))).toContain("TITLE");
      }
    },
  );
});

describe("prune", () => {
  it("says what would go, then deletes just that", async () => {
    await json(["run"], { VERIFY_REQUESTS_PER_RUN: "0" });
    const all = await db.contracts.countDocuments();
    const start = new Date(Date.now() - 10 * DAY_MS).toISOString().slice(0, 10);
    const dry = await json(["prune", "--dry-run"], { BACKFILL_START_DATE: start });
    const would = dry.answer.reduce((sum: number, one: { contracts: number }) => sum + one.contracts, 0);
    expect(would).toBeGreaterThan(50);
    expect(await db.contracts.countDocuments()).toBe(all);
    // Nobody is there to be asked, and a program that wants JSON is nobody.
    for (const args of [["prune"], ["prune", "--json"]]) {
      const refused = await sync(args, { BACKFILL_START_DATE: start });
      expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("Nothing was deleted")]);
      expect(`${refused.out}${refused.err}`).toMatch(
        new RegExp(`${name} on 127.0.0.1:\\d+:[^]* contracts .* would go`),
      );
    }
    expect(await db.contracts.countDocuments()).toBe(all);
    const { code, out } = await sync(["prune", "--yes"], { BACKFILL_START_DATE: start });
    expect(out).toMatch(new RegExp(`${name} on 127.0.0.1[^]*would go[^]*gone`));
    expect(code).toBe(0);
    expect(await db.contracts.countDocuments()).toBe(all - would);
  });

  it("leaves a database alone in which this system has never worked", async () => {
    await db.db
      .collection("contracts")
      .insertOne({ source: "FIND_A_TENDER", publishedDate: new Date(0) }, { bypassDocumentValidation: true });
    const { code, err } = await sync(["prune", "--yes"]);
    expect([code, err]).toEqual([2, expect.stringContaining(`never worked in ${name} on 127.0.0.1`)]);
    expect(await db.contracts.countDocuments()).toBe(1);
  });
});

describe("doctor", () => {
  const findings = async (vars: Variables = {}, call = sync) => {
    const { answer, code } = await json(["doctor"], vars, call);
    const list: Finding[] = answer;
    const clock = (check: string) => clockIsShifted && check === "clock"; // it is, and is found
    const failed = list.flatMap(({ state, check }) => (state === "failed" && !clock(check) ? [check] : []));
    return { list, failed, code, of: (check: string) => list.find((one) => one.check === check) };
  };
  const healthy = async () => {
    await setScene(db, "done", new Date());
    await ensureIndexes(db);
  };

  it("finds nothing on a healthy database", async () => {
    await healthy();
    const { failed, code, list } = await findings();
    expect(failed).toEqual([]);
    expect(code).toBe(0);
    expect(list.length).toBeGreaterThan(12);
    const operations = await readFile(new URL("../../docs/operations.md", import.meta.url), "utf8");
    const unexplained = list.filter(({ check }) => !operations.includes(`\`${check}\``));
    expect(unexplained).toEqual([]);
    expect((await sync(["doctor"])).out).toContain(WELL);
  });

  it("names a wrong setting", async () => {
    const { failed, of, code } = await findings({ CF_STAGES: "tender,tender" });
    expect(failed).toEqual(["configuration"]);
    expect(of("configuration")?.found).toContain("CF_STAGES");
    expect(code).toBe(1);
  });

  it("tells of a host that does not exist, and does not quote it: it may be a password, cut off", async () => {
    const { failed, list, of } = await findings({ MONGODB_URI: "mongodb://nowhere.invalid/" });
    expect(failed).toEqual(["MongoDB's name"]);
    expect(of("MongoDB's name")?.found).toContain("the host of MONGODB_URI has no address");
    expect(JSON.stringify(list)).not.toContain("nowhere");
  });

  it("names a closed port: nobody there, or a TLS that is refused as Atlas refuses unknown addresses", async () => {
    const { failed } = await findings({ MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/` });
    expect(failed).toEqual(["MongoDB's port"]);
    const refusing = createServer((socket) => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 80]))); // TLS alert: internal error
    const port = await portOf(refusing);
    const tls = await findings({ MONGODB_URI: `mongodb://127.0.0.1:${port}/?tls=true` });
    refusing.close();
    expect(tls.failed).toEqual(["MongoDB's port"]);
    expect(tls.of("MongoDB's port")?.found).toContain("alert");
    expect(tls.of("MongoDB's port")?.advice).toContain("IP access list");
  });

  it("names an API that is away, one that refuses, and one that is something else", async () => {
    await healthy();
    const away = await findings({ FAT_API_URL: `http://127.0.0.1:${await freePort()}` });
    expect(away.failed).toEqual(["Find a Tender"]);
    expect(away.of("Find a Tender")?.advice).toContain("FAT_API_URL");
    const limit = { requests: 0, perSeconds: 60, retryAfterSeconds: 60 };
    const histories = { FIND_A_TENDER: [], CONTRACTS_FINDER: [] };
    const strict = await startReplica({ seed: 1, faults: [], histories, limit });
    const refusing = await findings({ CF_API_URL: strict.url });
    await strict.close();
    expect(refusing.failed).toEqual(["Contracts Finder"]);
    expect(refusing.of("Contracts Finder")?.found).toMatch(/refuses \(status (403|429)/);
    const other = createHttpServer((_, response) => response.writeHead(200).end('{"hello":"world"}'));
    const port = await portOf(other);
    const wrong = await findings({ FAT_API_URL: `http://127.0.0.1:${port}` });
    other.close();
    expect(wrong.failed).toEqual(["Find a Tender"]);
    expect(wrong.of("Find a Tender")?.found).toContain("not with releases");
  });

  it("names a cron that does not fire, runs that fail, months that failed, a delta that lags", async () => {
    await setScene(db, "done", new Date(Date.now() - 8 * 3_600_000));
    expect((await findings()).failed).toEqual(["cron", "new notices"]);
    await clear();
    await healthy();
    await db.syncWindows.updateOne({ _id: "FIND_A_TENDER/2023-05" }, { $set: { status: "failed" } });
    const failed = await findings();
    expect(failed.failed).toEqual(["months"]);
    expect(failed.of("months")?.advice).toContain("retry FIND_A_TENDER/2023-05");
    await db.syncWindows.updateOne({ _id: "FIND_A_TENDER/2023-05" }, { $set: { status: "done" } });
    const startedAt = new Date(Date.now() - 20 * 60_000);
    await db.syncRuns.insertOne({
      ...{ _id: new ObjectId(), startedAt, endedAt: null, outcome: "running", sources: [] },
    });
    const dropped = await findings();
    expect(dropped.failed).toEqual(["runs"]);
    expect(dropped.of("runs")?.advice).toContain("RUN_BUDGET_SECONDS");
  });

  it("names a site that does not want this User-Agent", async () => {
    await healthy();
    const choosy = createHttpServer((request, response) => {
      const refused = request.headers["user-agent"]?.includes("tendhunt");
      response.writeHead(refused ? 403 : 200).end(refused ? "no" : '{"releases":[]}');
    });
    const port = await portOf(choosy);
    const { failed, of } = await findings({ FAT_API_URL: `http://127.0.0.1:${port}` });
    choosy.close();
    expect(failed).toEqual(["Find a Tender", "User-Agent"]);
    expect(of("User-Agent")?.found).toMatch(/forbids "tendhunt-data-sync\/.*answers another name/);
  });

  it.skipIf(clockIsShifted)("names a clock that is wrong", async () => {
    await healthy();
    // This process's clock: a minute ahead of the database's.
    const ahead = "const now = Date.now; Date.now = () => now() + 60_000;";
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(ahead)}`;
    const { failed, of } = await findings({ NODE_OPTIONS }, syncProcess);
    expect(failed).toEqual(["clock"]);
    expect(of("clock")?.found).toMatch(/^(59|6\d)\.\d s between/);
  });

  it("names an index that is missing, and a budget that is nearly used", async () => {
    await healthy();
    const [{ name: index }] = INDEXES.contracts;
    await db.contracts.dropIndex(index);
    const without = await findings();
    expect(without.failed).toEqual(["indexes and validators"]);
    expect(without.of("indexes and validators")?.found).toContain(`contracts.${index}`);
    await ensureIndexes(db);
    await db.db.command({ collMod: "buyers", validator: {} });
    const loose = await findings();
    await ensureCollections(db, createLogger({ level: "silent", secrets: [] }));
    expect(loose.failed).toEqual(["indexes and validators"]);
    expect(loose.of("indexes and validators")?.found).toContain("buyers: validator");
    await ensureIndexes(db);
    const budget = await findings({ STORAGE_BUDGET_MB: "0.5" });
    expect(budget.failed).toEqual(["storage"]);
    expect(budget.of("storage")?.advice).toContain("prune");
  });

  describe("where MongoDB asks for a sign-in", () => {
    let mongo: LocalMongo;
    const as = (user: string, password: string) => mongo.uri.replace("//", `//${user}:${password}@`);
    beforeAll(async () => {
      mongo = await startMongod({ ownServer: true, auth: true });
      const client = new MongoClient(mongo.uri);
      await client.db("admin").command({ createUser: "root", pwd: "root-pw", roles: ["root"] });
      await client.close();
      const admin = new MongoClient(as("root", "root-pw"));
      const addUser = (user: string, ...roles: string[]) =>
        admin
          .db("admin")
          .command({ createUser: user, pwd: "pw-of-it", roles: roles.map((role) => ({ role, db: name })) });
      await addUser("reader", "read");
      await addUser("writer", "readWrite");
      await addUser("keeper", "readWrite", "dbAdmin");
      await ensureCollections(collectionsOf(admin.db(name)), createLogger({ level: "silent", secrets: [] }));
      await setScene(collectionsOf(admin.db(name)), "done", new Date());
      await ensureIndexes(collectionsOf(admin.db(name)));
      await admin.close();
    });
    afterAll(() => mongo.stop());

    it("names a wrong password, and never shows it", async () => {
      const { failed, list } = await findings({ MONGODB_URI: as("writer", "wr0ng-pw") });
      expect(failed).toEqual(["sign-in"]);
      expect(JSON.stringify(list)).not.toContain("wr0ng-pw");
    });

    it("names rights that are missing; readWrite and dbAdmin on the one database have all", async () => {
      const reader = await findings({ MONGODB_URI: as("reader", "pw-of-it") });
      expect(reader.failed).toEqual(["rights"]);
      expect(reader.of("rights")?.found).toMatch(/may not .*insert/);
      const writer = await findings({ MONGODB_URI: as("writer", "pw-of-it") });
      expect(writer.failed).toEqual([]);
      expect(writer.of("sign-in")?.found).toBe("as writer");
      expect(writer.of("rights")).toMatchObject({
        state: "warning",
        found: expect.stringMatching(/not collMod$/),
      });
      const keeper = await findings({ MONGODB_URI: as("keeper", "pw-of-it") });
      expect(keeper.of("rights")?.state).toBe("well");
    });
  });
});
