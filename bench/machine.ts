// The machine's side: what a page takes in workerd and on the wire, what an invocation holds in memory, how the Worker
// starts. Times differ from machine to machine, so each stands beside its baseline: JSON.parse of the same bytes.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BSON, MongoClient } from "mongodb";
import { z } from "zod";
import { collectionsOf } from "../src/platform/database.ts";
import { ensureIndexes } from "../src/platform/schema.ts";
import { createReplica } from "../src/replica/answer.ts";
import { createHistory } from "../src/replica/history.ts";
import { startReplica } from "../src/replica/server.ts";
import { SOURCES, type Source } from "../src/replica/sources.ts";
import { createWorld } from "../src/sim/world.ts";
import { ORIGIN, SEED } from "./histories.ts";
import { contextOf, keepPage } from "./page.ts";
import { bundle, startWorkerd, type Workerd } from "./workerd.ts";

const CORPUS = join(import.meta.dirname, "../../shared/corpus");
const FOLDERS: Record<Source, string> = { FIND_A_TENDER: "fat", CONTRACTS_FINDER: "cf" };
const ROWS_MIN = 90;
const MB = 1_000_000;

export interface PageBytes {
  source: Source;
  name: string;
  body: Uint8Array;
}

/** Full pages as recorded, where they are; else the replica's, which are as large. */
async function pagesOf(source: Source): Promise<PageBytes[]> {
  const folder = join(CORPUS, FOLDERS[source]);
  const files = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".json")) : [];
  const recorded = await Promise.all(
    files.map(async (name) => ({ source, name, body: await readFile(join(folder, name)) })),
  );
  const full = recorded.filter(({ body }) => rowsIn(body) >= ROWS_MIN);
  return full.length > 0 ? full : replicaPages(source);
}

const pageSchema = z.object({ releases: z.array(z.unknown()) });
const rowsIn = (body: Uint8Array) =>
  pageSchema.safeParse(JSON.parse(new TextDecoder().decode(body))).data?.releases.length ?? 0;

const FROM = new Date("2026-06-01T00:00:00Z");
const TO = new Date("2026-09-01T00:00:00Z");

function historiesOf(notices: number) {
  const made = (source: Source) => createHistory({ source, seed: SEED, from: FROM, to: TO, notices });
  return { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
}

function replicaPages(source: Source): PageBytes[] {
  const replica = createReplica({ seed: SEED, histories: historiesOf(20_000), faults: [] });
  const path =
    source === "FIND_A_TENDER"
      ? "/api/1.0/ocdsReleasePackages?updatedFrom=2026-06-01T00:00:00&updatedTo="
      : "/Published/Notices/OCDS/Search?publishedFrom=2026-06-01T00:00:00&publishedTo=";
  return ["08-28", "08-03", "07-20", "07-01", "06-10"].map((day) => {
    const url = `${ORIGIN}${path}2026-${day}T12:00:00`;
    return { source, name: `replica ${day}`, body: replica.handle({ url, now: TO.getTime() }).body };
  });
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

const round = (value: number, digits = 1) => Number(value.toFixed(digits));

export interface PageCpu {
  source: Source;
  pages: number;
  kilobytes: number;
  /** CPU of all threads of workerd, medians over the pages. */
  parseMs: number;
  /** Judged, mapped, made into statements: what is handed to the driver. */
  handedOverMs: number;
  /** The same and stored in a real MongoDB, with all that the driver does for it. */
  storedMs: number;
  handedOverTimesParse: number;
  storedTimesParse: number;
}

const WARM_UP = 10;

/** What the process uses for a page, less what the request and connecting take. */
async function pageCpu(
  workerd: Workerd,
  source: Source,
  { repeats, pages }: { repeats: number; pages: PageBytes[] },
): Promise<PageCpu> {
  const cpuOf = async (path: string, body: Uint8Array) => {
    const before = await workerd.cpuMs();
    const response = await fetch(`${workerd.url}${path}`, { method: "POST", body: new Uint8Array(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await response.arrayBuffer();
    return (await workerd.cpuMs()) - before;
  };
  const each = async (path: string, body: Uint8Array) => {
    await cpuOf(`${path}&times=${WARM_UP}`, body);
    const without = await cpuOf(`${path}&times=0`, body);
    return ((await cpuOf(`${path}&times=${repeats}`, body)) - without) / repeats;
  };
  const measured: { parse: number; handedOver: number; stored: number }[] = [];
  for (const { body } of pages) {
    const parse = await each("/bench/parse?", body);
    const handedOver = await each(`/bench/hand-over?source=${source}`, body);
    measured.push({ parse, handedOver, stored: await each(`/bench/page?source=${source}`, body) });
  }
  const of = (value: (one: (typeof measured)[number]) => number) => round(median(measured.map(value)), 2);
  return {
    source,
    pages: pages.length,
    kilobytes: Math.round(median(pages.map(({ body }) => body.length)) / 1000),
    parseMs: of(({ parse }) => parse),
    handedOverMs: of(({ handedOver }) => handedOver),
    storedMs: of(({ stored }) => stored),
    handedOverTimesParse: of(({ parse, handedOver }) => handedOver / parse),
    storedTimesParse: of(({ parse, stored }) => stored / parse),
  };
}

export interface Wire {
  source: Source;
  /** Commands that store a page, and their bytes both ways, medians over the pages. */
  commands: number;
  kilobytesOut: number;
  kilobytesIn: number;
  /** Bytes out against one unordered bulkWrite of the same contracts. */
  timesBulkWrite: number;
}

async function wire(client: MongoClient, source: Source, pages: PageBytes[]): Promise<Wire> {
  const database = client.db("bench_wire");
  await database.dropDatabase();
  const db = collectionsOf(database);
  await ensureIndexes(db);
  const environment = { MONGODB_URI: "mongodb://in.this.process" };
  const context = await contextOf(db, source, environment);
  const counted: { commands: number; out: number; in: number; plain: number }[] = [];
  for (const { body } of pages) {
    const stored = await counting(client, () => keepPage(context, body));
    const contracts = await db.contracts.find({}, { sort: { _id: 1 } }).toArray();
    const plain = await counting(client, () =>
      database.collection("plain").bulkWrite(
        contracts.map((document) => ({ insertOne: { document } })),
        { ordered: false },
      ),
    );
    await Promise.all([db.contracts.deleteMany({}), database.collection("plain").deleteMany({})]);
    counted.push({ ...stored, plain: plain.out });
  }
  return {
    source,
    commands: median(counted.map(({ commands }) => commands)),
    kilobytesOut: round(median(counted.map(({ out }) => out)) / 1000),
    kilobytesIn: round(median(counted.map((one) => one.in)) / 1000),
    timesBulkWrite: round(median(counted.map(({ out, plain }) => out / plain)), 2),
  };
}

interface Commands {
  commands: number;
  out: number;
  in: number;
}

async function counting(client: MongoClient, work: () => Promise<unknown>): Promise<Commands> {
  const counted: Commands = { commands: 0, out: 0, in: 0 };
  const started = ({ command }: { command: BSON.Document }) => {
    counted.commands++;
    counted.out += BSON.calculateObjectSize(command, { ignoreUndefined: true });
  };
  const succeeded = ({ reply }: { reply: unknown }) => {
    if (typeof reply === "object" && reply !== null) counted.in += BSON.calculateObjectSize(reply);
  };
  client.on("commandStarted", started).on("commandSucceeded", succeeded);
  try {
    await work();
  } finally {
    client.off("commandStarted", started).off("commandSucceeded", succeeded);
  }
  return counted;
}

/** Every command of a backfill for each request to an API: with the pacer's slot, the checkpoint and all that comes once. */
async function commandsPerRequest(client: MongoClient, notices: number): Promise<number> {
  const database = client.db("bench_invocation");
  await database.dropDatabase();
  const world = createWorld({
    db: collectionsOf(database),
    ...{ from: FROM, now: TO, notices: { FIND_A_TENDER: notices, CONTRACTS_FINDER: notices } },
  });
  const { commands } = await counting(client, () => world.run({ VERIFY_REQUESTS_PER_RUN: "0" }));
  const asked = SOURCES.reduce((sum, source) => sum + world.replica.stats()[source].asked, 0);
  return round(commands / asked, 2);
}

export interface Memory {
  requests: number;
  /** What the isolate holds when garbage has been collected, at most; before the invocation and during it. */
  heldBeforeMb: number;
  heldMostMb: number;
  /** With garbage that V8 has not come to yet. */
  heapMostMb: number;
  residentGrowthMb: number;
}

/** As many requests as an invocation of 900 s has, in seconds: the answers are as large, and come one after another. */
async function memory(script: string, mongoUri: string, seconds: number): Promise<Memory> {
  const perSource = seconds / 10;
  const histories = historiesOf(Math.floor(perSource * 91)); // a page brings 91 new ones or more
  const replica = await startReplica({ seed: SEED, histories, faults: [] });
  const workerd = await startWorkerd(script, {
    ...{ MONGODB_URI: mongoUri, MONGODB_DB: "bench_memory", BACKFILL_START_DATE: "2026-06-01" },
    ...{ FAT_API_URL: replica.url, CF_API_URL: replica.url, LOG_LEVEL: "error" },
    ...{ REQUESTS_PER_MINUTE: "240", RUN_BUDGET_SECONDS: "300", VERIFY_REQUESTS_PER_RUN: "0" },
  });
  try {
    const heldBefore = await workerd.heapBytes({ collected: true });
    const residentBefore = await workerd.residentBytes();
    let [held, heap, resident] = [heldBefore, heldBefore, residentBefore];
    let over = false;
    const cron = fetch(`${workerd.url}/bench/cron`).finally(() => {
      over = true;
    });
    for (let look = 1; !over; look++) {
      const collected = look % 10 === 0;
      const bytes = await workerd.heapBytes({ collected });
      if (collected) held = Math.max(held, bytes);
      heap = Math.max(heap, bytes);
      resident = Math.max(resident, await workerd.residentBytes());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { ok, status } = await cron;
    if (!ok) throw new Error(`the invocation failed: ${status}`);
    return {
      requests: SOURCES.reduce((sum, source) => sum + replica.replica.stats()[source].asked, 0),
      heldBeforeMb: round(heldBefore / MB),
      heldMostMb: round(held / MB),
      heapMostMb: round(heap / MB),
      residentGrowthMb: round((resident - residentBefore) / MB),
    };
  } finally {
    await workerd.stop();
    await replica.close();
  }
}

export interface StartUp {
  bundleKilobytes: number;
  gzippedKilobytes: number;
  /** CPU to the first answer, less that of an empty Worker. */
  startMs: number;
}

const EMPTY = "export default { fetch: () => new Response() };";

async function startUp(starts: number): Promise<StartUp> {
  const { script, bytes, gzippedBytes } = await bundle();
  const once = async (code: string) => {
    const workerd = await startWorkerd(code, { MONGODB_URI: "mongodb://127.0.0.1:1" });
    try {
      await fetch(workerd.url); // closed: no token is set, and MongoDB is not asked
      return await workerd.cpuMs();
    } finally {
      await workerd.stop();
    }
  };
  const times: number[] = [];
  for (let time = 0; time < starts; time++) times.push((await once(script)) - (await once(EMPTY)));
  return {
    bundleKilobytes: Math.round(bytes / 1000),
    gzippedKilobytes: Math.round(gzippedBytes / 1000),
    startMs: round(median(times)),
  };
}

export interface Machine {
  cpu: PageCpu[];
  wire: Wire[];
  commandsPerRequest: number;
  memory: Memory;
  startUp: StartUp;
}

/** How much of it: often enough for a figure, or to show that it runs. */
const FULL = { pagesMost: 20, repeats: 40, notices: 4000, seconds: 900, starts: 5 };
const SHORT = { pagesMost: 2, repeats: 8, notices: 1000, seconds: 120, starts: 3 };

export async function machine(options: {
  mongoUri: string;
  short: boolean;
  say: (line: string) => void;
}): Promise<Machine> {
  const { mongoUri, short, say } = options;
  const size = short ? SHORT : FULL;
  const client = await new MongoClient(mongoUri, { ignoreUndefined: true, monitorCommands: true }).connect();
  try {
    say("CPU of a page in workerd …");
    const { script } = await bundle("bench/worker.ts");
    const workerd = await startWorkerd(script, { MONGODB_URI: mongoUri, MONGODB_DB: "bench_cpu" });
    const cpu: PageCpu[] = [];
    const onTheWire: Wire[] = [];
    try {
      for (const source of SOURCES) {
        const pages = (await pagesOf(source)).slice(0, size.pagesMost);
        cpu.push(await pageCpu(workerd, source, { pages, repeats: size.repeats }));
        onTheWire.push(await wire(client, source, pages));
      }
    } finally {
      await workerd.stop();
    }
    const perRequest = await commandsPerRequest(client, size.notices);
    say("memory over an invocation …");
    const held = await memory(script, mongoUri, size.seconds);
    say("start-up …");
    const started = await startUp(size.starts);
    return { cpu, wire: onTheWire, commandsPerRequest: perRequest, memory: held, startUp: started };
  } finally {
    await client.close();
  }
}
