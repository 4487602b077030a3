// Where a mongod that was got once is kept. What is run from there must be what was put there: its folder belongs to who runs
// it and nobody else may write it, and its SHA-256 is looked at before each start.
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "tendhunt-data-sync");
}

const cachedBinary = () => join(cacheFolder(), "mongod");
const notedHash = () => join(cacheFolder(), "mongod.sha256");

/** The mongod of the cache, or null where there is none. @throws Error when it is not the one that was put there */
export async function fromCache(known: string): Promise<string | null> {
  if (!existsSync(cachedBinary())) return null;
  await ensureOwn(cacheFolder());
  await ensureOwn(cachedBinary());
  const sha256 = await sha256Of(cachedBinary());
  const noted = await readFile(notedHash(), "utf8").catch(() => "");
  if (sha256 === known || sha256 === noted.trim()) return cachedBinary();
  throw new Error(`its SHA-256 is ${sha256}, which is not the one that it was got with; it is got once more`);
}

/** Two processes at once each fill a folder of their own; a rename puts the whole file there, the last one wins. */
export async function fillCache(get: (folder: string) => Promise<string>): Promise<string> {
  await mkdir(cacheFolder(), { recursive: true, mode: 0o700 });
  await ensureOwn(cacheFolder());
  const folder = await mkdtemp(join(cacheFolder(), "get-"));
  try {
    const fresh = await get(folder);
    await chmod(fresh, 0o755);
    await writeFile(join(folder, "sha256"), await sha256Of(fresh));
    await rename(fresh, cachedBinary());
    await rename(join(folder, "sha256"), notedHash());
    return cachedBinary();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ours, and from now on only ours to write. @throws Error when it belongs to somebody else */
async function ensureOwn(path: string): Promise<void> {
  const { uid, mode } = await lstat(path);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own)
    throw new Error(
      `${path} belongs to another user: remove it, or set XDG_CACHE_HOME to a folder of your own`,
    );
  if ((mode & 0o022) !== 0) await chmod(path, mode & 0o755);
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
