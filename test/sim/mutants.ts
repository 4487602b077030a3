// `npm run mutants`: deliberate errors, each put into a copy of the source. The simulation, then the unit tests, then
// those on a real mongod must notice. One that nothing notices, or whose place is gone, fails the command.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { MUTANTS, type Mutant } from "./mutant-list.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECONDS_MAX = 300;

interface Judge {
  name: string;
  command: string;
  args: string[];
}

const JUDGES: Judge[] = [
  { name: "simulation", command: process.execPath, args: ["test/sim/main.ts", "--seeds", "120", "--bail"] },
  {
    name: "unit tests",
    command: "node_modules/.bin/vitest",
    args: [
      ...["run", "test/unit", "test/api"],
      ...["pace", "witness", "assumptions", "numbers", "looks", "bad-hours"].map(
        (name) => `test/sim/${name}.test.ts`,
      ),
      ...["--bail", "1"],
    ],
  },
  {
    name: "tests on mongod",
    command: "node_modules/.bin/vitest",
    args: [
      "run",
      ...[
        "claim",
        "store",
        "kept",
        "twins",
        "pacer",
        "delta",
        "faults",
        "backfill",
        "counted",
        "hostile.test",
      ].map((name) => `test/mongo/${name}`),
      "--bail",
      "1",
    ],
  },
];

/** Who noticed, and how long that took; null when nobody did. */
function judge(mutant: Mutant | null): { by: string; seconds: number } | null {
  const folder = mkdtempSync(join(tmpdir(), "mutant-"));
  try {
    for (const part of [
      "docs",
      "README.md",
      "src",
      "test",
      "fixtures",
      "package.json",
      "tsconfig.json",
      "vitest.config.ts",
      "wrangler.toml",
    ]) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    if (mutant) mutate(folder, mutant);
    const begun = Date.now();
    const path = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
    let endless: string | null = null;
    const seconds = () => (Date.now() - begun) / 1000;
    for (const { name, command, args } of JUDGES) {
      const { status, signal } = spawnSync(command, args, {
        cwd: folder,
        env: { ...process.env, PATH: path },
        stdio: "ignore",
        timeout: SECONDS_MAX * 1000,
      });
      // Who does not come to an end has not said anything yet: the next one may.
      if (signal !== null) endless ??= `${name}: no end in ${SECONDS_MAX} s`;
      else if (status !== 0) return { by: name, seconds: seconds() };
    }
    return endless === null ? null : { by: endless, seconds: seconds() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function mutate(folder: string, { name, file, find, put }: Mutant): void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  if (text.split(find).length !== 2)
    throw new Error(`mutant "${name}": its place in ${file} is not there, or not once`);
  writeFileSync(
    path,
    text.replace(find, () => put),
  );
}

const wanted = process.argv.slice(2); // parts of names; none: all
const table = new Table({ head: ["mutant", "noticed by", "s"], style: { head: [], border: [] } });
let survivors = 0;
const healthy = judge(null);
if (healthy) {
  console.error(`The source itself does not pass: ${healthy.by}.`);
  process.exit(1);
}
for (const mutant of MUTANTS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
)) {
  const noticed = judge(mutant);
  if (!noticed) survivors++;
  table.push([mutant.name, noticed?.by ?? "NOBODY", noticed?.seconds.toFixed(0) ?? ""]);
  console.log(`${noticed ? "ok      " : "SURVIVED"} ${mutant.name}${noticed ? `: ${noticed.by}` : ""}`);
}
console.log(`${table.toString()}\n${survivors === 0 ? "All were noticed." : `${survivors} survived.`}`);
process.exit(survivors === 0 ? 0 : 1);
