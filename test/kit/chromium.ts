// A Chromium for the tests: the one that CHROMIUM names, the one that comes with `npm ci` as a package, or the system's.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import manifest from "../../package.json" with { type: "json" };

const SYSTEM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** @throws Error that says why each way failed, where there is none */
export async function launchChromium(): Promise<Browser> {
  const failures: string[] = [];
  for (const [name, way] of Object.entries({ CHROMIUM: named, "the npm package": packaged, system })) {
    try {
      const found = await way();
      if (found) return await chromium.launch({ ...found, args: [...found.args, "--no-sandbox"] });
      failures.push(`${name}: there is none`);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    }
  }
  throw new Error(
    `No Chromium could be started. Tried: ${failures.join("; ")}. Install one (apt-get install chromium), or set ` +
      "CHROMIUM to its path.",
  );
}

interface Found {
  executablePath: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

const named = async (): Promise<Found | null> =>
  process.env["CHROMIUM"] ? { executablePath: process.env["CHROMIUM"], args: [] } : null;

const system = async (): Promise<Found | null> => {
  const executablePath = SYSTEM.find((path) => existsSync(path));
  return executablePath ? { executablePath, args: [] } : null;
};

/** Linux on x64 only. */
async function packaged(): Promise<Found | null> {
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  const version = manifest.devDependencies["@sparticuz/chromium"];
  const folder = join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "tendhunt-data-sync",
    `chromium-${version}`,
  );
  if (!isWhole(folder)) await unpack(folder);
  // Its own flags are for Lambda: in a single process the whole browser dies with the first context that is closed.
  return {
    executablePath: join(folder, "chromium"),
    args: ["--disable-gpu", "--font-render-hinting=none"],
    env: {
      ...process.env,
      FONTCONFIG_FILE: join(folder, FONTS),
      LD_LIBRARY_PATH: [join(folder, "al2023", "lib"), process.env["LD_LIBRARY_PATH"]]
        .filter(Boolean)
        .join(":"),
    },
  };
}

const FONTS = "fonts.conf"; // written last
const isWhole = (folder: string) => existsSync(join(folder, FONTS)) && existsSync(join(folder, "chromium"));

/** Beside its place, and put there at once: two files of tests begin at the same time, and one would run what the other still writes. */
async function unpack(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const own = await mkdtemp(`${folder}-`);
  const before = { ...process.env };
  // As on Lambda it also unpacks the libraries that a bare machine lacks (nss, nspr, expat); all goes into TMPDIR.
  Object.assign(process.env, { TMPDIR: own, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" });
  try {
    const { default: sparticuz } = await import("@sparticuz/chromium");
    await sparticuz.executablePath();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
  // Its own list of fonts names /tmp, and a page of which no font is found ends the browser.
  await writeFile(
    join(own, FONTS),
    `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`,
  );
  if (existsSync(folder) && !isWhole(folder)) await rm(folder, { recursive: true, force: true });
  await rename(own, folder).catch(async (error: unknown) => {
    await rm(own, { recursive: true, force: true });
    if (!isWhole(folder)) throw error; // else another one was faster
  });
}
