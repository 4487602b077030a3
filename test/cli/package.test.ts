// The package as an application has it: packed, installed, imported by its own name.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const name = "tendhunt-data-sync";

const SCRIPT = `
import { gzipSync } from "node:zlib";
import { Binary } from "mongodb";
import { buyerSchema, contractSchema, PROCESS_STATES, processSchema, regionName, releaseOf } from "${name}";
const release = { ocid: "o", text: "£" };
const rawData = new Binary(gzipSync(JSON.stringify(release)));
console.log(JSON.stringify({
  states: PROCESS_STATES,
  missing: contractSchema.safeParse({}).error.issues.length > 0,
  fields: Object.keys(buyerSchema.shape),
  region: regionName("UKE42"),
  releases: [{ rawData }, { rawData: rawData.buffer }, { rawData: release }, {}].map((one) => releaseOf(one) ?? null),
}));
`;
const TYPED = `
import { type Buyer, type Contract, contractSchema, releaseOf } from "${name}";
export const title = (contract: Contract): string | undefined => contract.title;
export const count = (buyer: Buyer): number => buyer.contractCount;
export const parsed: Contract = contractSchema.parse({});
export const release: unknown = releaseOf(parsed);
// @ts-expect-error: no such status
export const wrong: Contract["status"] = "WON";
`;

describe("the package", () => {
  let app = "";
  beforeAll(async () => {
    app = await mkdtemp(join(tmpdir(), "app-"));
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", app], { cwd: root });
    const installed = join(app, "node_modules", name);
    await mkdir(installed, { recursive: true });
    const archive = stdout.trim().split("\n").at(-1) ?? "";
    await run("tar", ["-xzf", join(app, archive), "-C", installed, "--strip-components=1"]);
    for (const dependency of ["mongodb", "zod", "entities", "date-fns", "@date-fns", "bson"])
      await symlink(join(root, "node_modules", dependency), join(app, "node_modules", dependency));
    await writeFile(join(app, "package.json"), '{"type":"module"}');
    await writeFile(join(app, "script.mjs"), SCRIPT);
    await writeFile(join(app, "typed.ts"), TYPED);
  }, 300_000);
  afterAll(() => rm(app, { recursive: true, force: true }));

  it("gives schemas, and a release back from `rawData` whichever way it is kept", async () => {
    const { stdout } = await run(process.execPath, ["script.mjs"], { cwd: app });
    const release = { ocid: "o", text: "£" };
    expect(JSON.parse(stdout)).toMatchObject({
      states: expect.arrayContaining(["open", "awarded"]),
      missing: true,
      fields: expect.arrayContaining(["orgId", "contractCount"]),
      region: "Leeds",
      releases: [release, release, release, null],
    });
  });

  it.each(["nodenext", "bundler"])("gives types under moduleResolution %s", async (moduleResolution) => {
    const module = moduleResolution === "bundler" ? "preserve" : "nodenext";
    const options = ["--noEmit", "--strict", "--target", "es2024", "--module", module, "--skipLibCheck"];
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const check = run(
      process.execPath,
      [tsc, ...options, "--moduleResolution", moduleResolution, "typed.ts"],
      {
        cwd: app,
      },
    );
    await expect(
      check.then(
        () => "fits",
        ({ stdout }) => stdout,
      ),
    ).resolves.toBe("fits");
  });
});
