// The cached mongod runs only as it was put there.
import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fillCache, fromCache, sha256Of } from "../../src/local/cache.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tendhunt-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

const got = async (folder: string) => {
  const path = join(folder, "fresh");
  await writeFile(path, "#!/bin/sh\necho db version v6.0.5\n");
  return path;
};

it("is taken as it was got, or as its hash is known", async () => {
  expect(await fromCache("unknown")).toBeNull();
  const path = await fillCache(got);
  expect(await fromCache("unknown")).toBe(path);
  await rm(`${path}.sha256`);
  await expect(fromCache("unknown")).rejects.toThrow(/SHA-256/);
  expect(await fromCache(await sha256Of(path))).toBe(path);
});

it("is not run once it has been replaced", async () => {
  const path = await fillCache(got);
  await writeFile(path, "#!/bin/sh\ntouch /tmp/replaced\n");
  await expect(fromCache("unknown")).rejects.toThrow(/is not the one that it was got with/);
});

it("lies where nobody else may write", async () => {
  const path = await fillCache(got);
  await chmod(path, 0o777);
  expect(await fromCache("unknown")).toBe(path);
  expect((await stat(path)).mode & 0o022).toBe(0);
});
