// A bundled Worker in a workerd of our own, so that what its process takes can be read from outside.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { parse } from "smol-toml";
import { z } from "zod";

const run = promisify(execFile);
const require = createRequire(import.meta.resolve("wrangler"));
const { default: WORKERD }: { default: string } = require("workerd");
const WRANGLER = join(createRequire(import.meta.url).resolve("wrangler/package.json"), "../bin/wrangler.js");
const GUARDED = join(import.meta.dirname, "../src/local/workerd.sh");
const ROOT = join(import.meta.dirname, "..");

export interface Bundle {
  script: string;
  bytes: number;
  gzippedBytes: number;
}

/** Bundles as a deployment would. @param entry another one than that of wrangler.toml */
export async function bundle(entry?: string): Promise<Bundle> {
  const dir = await mkdtemp(join(tmpdir(), "tendhunt-bench-"));
  try {
    const args = ["deploy", ...(entry === undefined ? [] : [entry]), "--dry-run", "--outdir", dir];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
    await run(process.execPath, [WRANGLER, ...args], { cwd: ROOT, env });
    const file = (await readdir(dir)).find((name) => name.endsWith(".js"));
    if (file === undefined) throw new Error("wrangler made no bundle");
    const script = await readFile(join(dir, file));
    return { script: script.toString(), bytes: script.length, gzippedBytes: gzipSync(script).length };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export interface Workerd {
  url: string;
  /** What all its threads have used since it was started: garbage collection and compilation count too. */
  cpuMs(): Promise<number>;
  /** What its isolate holds now, buffers outside of the heap included; with `collected` after a garbage collection. */
  heapBytes(options?: { collected: boolean }): Promise<number>;
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

export async function startWorkerd(script: string, variables: Record<string, string>): Promise<Workerd> {
  const dir = await mkdtemp(join(tmpdir(), "tendhunt-workerd-"));
  const bindings = Object.entries(variables).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  await writeFile(join(dir, "main.js"), script);
  await writeFile(
    join(dir, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "main.js", esModule = embed "main.js")],
      compatibilityDate = "${await compatibilityDate()}",
      bindings = [${bindings.join(", ")}],
      globalOutbound = "network")),
    (name = "network", network = (allow = ["public", "private"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`,
  );
  // The guard ends it when this process is killed.
  const child = spawn(GUARDED, ["serve", "config.capnp", "--control-fd=3", "--inspector-addr=127.0.0.1:0"], {
    cwd: dir,
    env: { ...process.env, WORKERD },
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ports = await portsOf(child.stdio[3], ended);
  const { pid } = child;
  let inspector: Inspector | null = null;
  if (pid === undefined) throw new Error("workerd did not start");
  return {
    url: `http://127.0.0.1:${ports.http}`,
    cpuMs: () => cpuMsOf(pid),
    residentBytes: () => residentBytesOf(pid),
    heapBytes: async ({ collected } = { collected: false }) => {
      inspector ??= await openInspector(ports);
      if (collected) await inspector("HeapProfiler.collectGarbage");
      const { usedSize, embedderHeapUsedSize, backingStorageSize } = heapUsageSchema.parse(
        await inspector("Runtime.getHeapUsage"),
      );
      return usedSize + embedderHeapUsedSize + backingStorageSize;
    },
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const settingsSchema = z.object({ compatibility_date: z.string() });

async function compatibilityDate(): Promise<string> {
  return settingsSchema.parse(parse(await readFile(join(ROOT, "wrangler.toml"), "utf8"))).compatibility_date;
}

const listeningSchema = z.object({ event: z.string(), port: z.number() });

/** The ports that workerd chose, as it says on its control pipe. */
async function portsOf(control: unknown, ended: Promise<void>): Promise<{ http: number; inspector: number }> {
  if (!(control instanceof Readable)) throw new Error("workerd has no control pipe");
  const ports = new Map<string, number>();
  const listening = async () => {
    for await (const line of createInterface({ input: control })) {
      const { event, port } = listeningSchema.parse(JSON.parse(line));
      ports.set(event, port);
      const [http, inspector] = [ports.get("listen"), ports.get("listen-inspector")];
      if (http !== undefined && inspector !== undefined) return { http, inspector };
    }
    throw new Error("workerd did not listen");
  };
  const gone = ended.then(() => {
    throw new Error("workerd ended at once");
  });
  return Promise.race([listening(), gone]);
}

async function cpuMsOf(pid: number): Promise<number> {
  let nanoseconds = 0;
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const used = await readFile(`/proc/${pid}/task/${task}/schedstat`, "utf8").catch(() => "0"); // it has ended
    nanoseconds += Number(used.split(" ")[0]);
  }
  return nanoseconds / 1e6;
}

async function residentBytesOf(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

type Inspector = (method: string) => Promise<unknown>;

const targetsSchema = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const heapUsageSchema = z.object({
  usedSize: z.number(),
  embedderHeapUsedSize: z.number().default(0),
  backingStorageSize: z.number().default(0),
});
const replySchema = z.object({ id: z.number().optional(), result: z.unknown().optional() });

async function openInspector(ports: { http: number; inspector: number }): Promise<Inspector> {
  const list = await fetch(`http://127.0.0.1:${ports.inspector}/json`);
  const targets = targetsSchema.parse(await list.json());
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? "");
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = replySchema.parse(JSON.parse(String(data)));
    if (id !== undefined) waiting.get(id)?.(result);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("the inspector does not answer")));
  });
  let ids = 0;
  return async (method) => {
    const id = ++ids;
    const reply = new Promise((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method }));
    // An isolate at rest keeps its answer until it is woken.
    const waking = setInterval(() => fetch(`http://127.0.0.1:${ports.http}/`).catch(() => undefined), 50);
    try {
      return await reply;
    } finally {
      clearInterval(waking);
      waiting.delete(id);
    }
  };
}
