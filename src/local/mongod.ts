// A real MongoDB for the commands and the tests: started here, or the one that MONGODB_URI names. It ends with its parent, also
// when that is killed: a watchdog holds a pipe to the parent and stops mongod when the pipe closes.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { findMongod } from "./find-mongod.ts";

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
  /** Where another command's MongoDB works on the folder, take that one. */
  shared?: boolean;
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
      const owner = exitCode === FOLDER_IN_USE ? await ownerOf(dataDir) : null;
      if (owner !== null && options.shared)
        return { uri: uriOf(owner.port), how: owner.how, pid: null, stop: async () => undefined };
      if (owner !== null)
        throw new Error(
          `Another command works on ${dataDir} (process ${owner.pid}). Stop it first: Ctrl-C where it runs, or kill ${owner.pid}.`,
        );
      const passing = exitCode === FOLDER_IN_USE || (exitCode === PORT_IN_USE && options.port === undefined);
      if (!passing || Date.now() > until)
        throw await startError({ error, exitCode, dataDir, how: options.how });
      await sleep(250);
    }
  }
}

const OWNER = "owner.pid";
const uriOf = (port: number) => `mongodb://127.0.0.1:${port}/?directConnection=true`;

/** The command whose MongoDB works on a folder, where it still runs; null where its MongoDB is about to end. */
async function ownerOf(dataDir: string): Promise<{ pid: number; port: number; how: string } | null> {
  const text = await readFile(join(dataDir, OWNER), "utf8").catch(() => "");
  const [pid = 0, port = 0] = text.split(" ").map(Number);
  if (!Number.isInteger(pid) || pid < 1 || pid === process.pid) return null;
  try {
    process.kill(pid, 0);
    return { pid, port, how: `that of process ${pid}` };
  } catch {
    return null;
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
  const uri = uriOf(port);
  try {
    await untilReady({ uri, replicaSet, ended, port });
  } catch (error) {
    watchdog.stdin.end();
    await ended;
    throw error;
  }
  await writeFile(join(dataDir, OWNER), `${process.pid} ${port}`);
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
