// `npm run mutants`: deliberate errors, each put into a copy of the source. The simulation, then the unit tests, then
// those on a real mongod must notice. One that nothing notices, or whose place is gone, fails the command.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";

interface Mutant {
  name: string;
  file: string;
  find: string;
  put: string;
}

const MUTANTS: Mutant[] = [
  {
    name: "no margin: the frontier is the page's last row",
    file: "src/fetch/walk.ts",
    find: "Math.min(api.marginRows, Math.floor(limit / 4))",
    put: "1",
  },
  {
    name: "a full page is taken for the last one",
    file: "src/fetch/walk.ts",
    find: 'if (count < asked.limit && page.next === null) return { kind: "whole" };',
    put: 'if (page.next === null) return { kind: "whole" };',
  },
  {
    name: "a short page with a next one is taken for whole",
    file: "src/fetch/walk.ts",
    find: 'return count < asked.limit && page.next === null ? { kind: "whole" } : { kind: "over" };',
    put: 'return { kind: "whole" };',
  },
  {
    name: "the order of a page is not looked at",
    file: "src/fetch/walk.ts",
    find: "if (!inOrder(api, rows)) return",
    put: "if (false) return",
  },
  {
    name: "the echo is not looked at",
    file: "src/fetch/walk.ts",
    find: "if (echoes(api, asked, page.uri) !== true) return",
    put: "if (false) return",
  },
  {
    name: "exclusive ends: the next question begins a second below",
    file: "src/fetch/walk.ts",
    find: "return boundaryAtOrAfter(toLondon(new Date(median)));",
    put: "return plusSeconds(boundaryAtOrAfter(toLondon(new Date(median))), -1);",
  },
  {
    name: "UTC for London",
    file: "src/terms/london-time.ts",
    find: "return asIfUtc(new Date(instant.getTime() + offsetMs(instant.getTime())));",
    put: "return asIfUtc(instant);",
  },
  {
    name: "a boundary in the hour that the clocks change",
    file: "src/terms/london-time.ts",
    find: "return offsetMs(midnight) !== offsetMs(midnight + 4 * HOUR);",
    put: "return false;",
  },
  { name: "the fence is dropped", file: "src/claim/statements.ts", find: '"claim.id": claim.id,', put: "" },
  {
    name: "the lease is not renewed",
    file: "src/run/context.ts",
    find: "await keepAlive.renew?.();",
    put: "",
  },
  {
    name: "an expired lease is never taken over",
    file: "src/claim/statements.ts",
    find: '{ status: "running", $expr: { $lt: ["$claim.until", "$$NOW"] } },',
    put: "",
  },
  {
    name: "a claim is taken though it is held",
    file: "src/claim/statements.ts",
    find: '{ status: "running", $expr: { $lt: ["$claim.until", "$$NOW"] } },',
    put: '{ status: "running" },',
  },
  {
    name: "checkpoint before store",
    file: "src/run/drain.ts",
    find: "const step = await stepLane(context, { lane, memory, start, windowId: window._id });",
    put: "await advance(db, claim, { ...progress, lanes: progress.lanes.map((one) => (one.stage === lane?.stage ? { ...one, frontier: start } : one)) });\n      const step = await stepLane(context, { lane, memory, start, windowId: window._id });",
  },
  {
    name: "done with a lane left",
    file: "src/fetch/walk.ts",
    find: "const open = lanes.filter((lane) => !lane.done);\n  return open.reduce",
    put: "const open = lanes.slice(0, 1).filter((lane) => !lane.done);\n  return open.reduce",
  },
  {
    name: "the delta starts when the backfill has ended",
    file: "src/run/jobs.ts",
    find: "return job;\n}",
    put: 'if (job.status === "backfilling") await db.syncJobs.updateOne({ _id: source }, { $set: { lastSyncedDate: now } });\n  return job;\n}',
  },
  {
    name: "the delta's end moves before its walk has reached it",
    file: "src/run/delta.ts",
    find: "const memory = freshMemory();",
    put: "const memory = freshMemory();\n  await db.syncJobs.updateOne({ _id: source }, { $max: { lastSyncedDate: fromLondon(walk.to) } });",
  },
  {
    name: "no settling margin",
    file: "src/run/delta.ts",
    find: "const SETTLING_MS = 120_000;",
    put: "const SETTLING_MS = -60_000;",
  },
  {
    name: "the month of T0 is never read whole",
    file: "src/plan/difference.ts",
    find: "if (wanted.to > window.to) {",
    put: "if (false) {",
  },
  {
    name: "a month that ends gets no window",
    file: "src/plan/difference.ts",
    find: "const to = over || end <= horizon ? end : horizon;",
    put: "const to = end <= horizon ? end : horizon;",
  },
  {
    name: "a start that moved back reads nothing more",
    file: "src/plan/difference.ts",
    find: "if (wanted.from < window.from) {",
    put: "if (false) {",
  },
  {
    name: "an older revision wins",
    file: "src/store/statements.ts",
    find: '{ $gte: [revision, { $ifNull: [{ $max: "$revisions" }, revision] }] }',
    put: "true",
  },
  {
    name: "revisions that were read are forgotten",
    file: "src/store/statements.ts",
    find: '{ $setUnion: [{ $ifNull: ["$revisions", []] }, [revision]] }',
    put: "[revision]",
  },
  {
    name: "buyers are not counted again",
    file: "src/store/statements.ts",
    find: '{ $max: ["$contractCount", "$$new.contractCount"] }',
    put: '{ $ifNull: ["$contractCount", 1] }',
  },
  {
    name: "a bad release takes its page with it",
    file: "src/fetch/page.ts",
    find: "else unidentified.push({",
    put: "else if (Math.abs(0) > 1) unidentified.push({",
  },
  {
    name: "a page that cannot be read is skipped",
    file: "src/fetch/page.ts",
    find: "if (!ocid || !id) return { rows: [], unidentified: [broken] };",
    put: "if (Math.abs(0) < 1) return { rows: [], unidentified: [] };",
  },
  {
    name: "releases that cannot be told apart are taken for a page",
    file: "src/fetch/page.ts",
    find: "if (!parts?.clean) return null;",
    put: "if (!parts) return null;",
  },
  {
    name: "the pace is each invocation's own",
    file: "src/fetch/pacer.ts",
    find: "await wait(waitMs);\n      if",
    put: "await wait(0);\n      if",
  },
  {
    name: "a refusal changes nothing",
    file: "src/fetch/pacer.ts",
    find: "await db.rateLimits.updateOne({ _id: source }, slotsRefused(baseMs, waitMs));",
    put: "await Promise.resolve(slotsRefused(baseMs, waitMs));",
  },
  {
    name: "a wait may outlive the deadline",
    file: "src/fetch/pacer.ts",
    find: "if (!taken || waitMs > remainingMs()) {",
    put: "if (!taken) {",
  },
  {
    name: "windows never come back after they failed",
    file: "src/claim/claim.ts",
    find: "return (await db.syncWindows.updateMany(filter, update)).modifiedCount;",
    put: "return Object.keys({ ...filter, ...update }).length;",
  },
  {
    name: "verification believes every page",
    file: "src/run/verify.ts",
    find: 'if (verdict.kind === "whole") return { kind: "exact", page };',
    put: 'if (verdict.kind !== "untrusted") return { kind: "exact", page };',
  },
];

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECONDS_MAX = 150;

interface Judge {
  name: string;
  command: string;
  args: string[];
}

const JUDGES: Judge[] = [
  { name: "simulation", command: process.execPath, args: ["test/sim/main.ts", "--seeds", "240", "--bail"] },
  {
    name: "unit tests",
    command: "node_modules/.bin/vitest",
    args: ["run", "test/unit", "test/api", "--bail", "1"],
  },
  {
    name: "tests on mongod",
    command: "node_modules/.bin/vitest",
    args: ["run", "test/mongo/claim", "test/mongo/store", "test/mongo/backfill", "--bail", "1"],
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
    for (const { name, command, args } of JUDGES) {
      const { status, signal } = spawnSync(command, args, {
        cwd: folder,
        env: { ...process.env, PATH: path },
        stdio: "ignore",
        timeout: SECONDS_MAX * 1000,
      });
      const by = signal === null ? name : `${name}: no end in ${SECONDS_MAX} s`;
      if (status !== 0) return { by, seconds: (Date.now() - begun) / 1000 };
    }
    return null;
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

const only = process.argv[2];
const table = new Table({ head: ["mutant", "noticed by", "s"], style: { head: [], border: [] } });
let survivors = 0;
const healthy = judge(null);
if (healthy) {
  console.error(`The source itself does not pass: ${healthy.by}.`);
  process.exit(1);
}
for (const mutant of MUTANTS.filter(({ name }) => only === undefined || name.includes(only))) {
  const noticed = judge(mutant);
  if (!noticed) survivors++;
  table.push([mutant.name, noticed?.by ?? "NOBODY", noticed?.seconds.toFixed(0) ?? ""]);
  console.log(`${noticed ? "ok      " : "SURVIVED"} ${mutant.name}${noticed ? `: ${noticed.by}` : ""}`);
}
console.log(`${table.toString()}\n${survivors === 0 ? "All were noticed." : `${survivors} survived.`}`);
process.exit(survivors === 0 ? 0 : 1);
