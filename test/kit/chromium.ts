// A Chromium for the tests: the one that CHROMIUM names, the one that comes with `npm ci` as a package, or the system's.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
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

/** Linux on x64 only. It unpacks itself into TMPDIR and takes whatever version lies there: each version has a folder. */
async function packaged(): Promise<Found | null> {
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  const version = manifest.devDependencies["@sparticuz/chromium"];
  const folder = join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "tendhunt-data-sync",
    `chromium-${version}`,
  );
  await mkdir(folder, { recursive: true });
  const before = { TMPDIR: process.env["TMPDIR"], AWS_EXECUTION_ENV: process.env["AWS_EXECUTION_ENV"] };
  // As on Lambda it also unpacks the libraries that a bare machine lacks (nss, nspr, expat).
  Object.assign(process.env, { TMPDIR: folder, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" });
  try {
    const { default: sparticuz } = await import("@sparticuz/chromium");
    const executablePath = await sparticuz.executablePath();
    // Its list of fonts names /tmp, and a page of which no font is found ends the browser.
    const FONTCONFIG_FILE = join(folder, "fonts.conf");
    await writeFile(
      FONTCONFIG_FILE,
      `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`,
    );
    // Its own flags are for Lambda: in a single process the whole browser dies with the first context that is closed.
    return {
      executablePath,
      args: ["--disable-gpu", "--font-render-hinting=none"],
      env: { ...process.env, FONTCONFIG_FILE },
    };
  } finally {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}
