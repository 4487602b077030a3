// Every clock of the tests but MongoDB's can be set: TEST_CLOCK_SHIFT_MS moves that of this process (each vitest worker and
// each command that a test starts load this file) and of the built Worker. `npm run test:dates` runs under five dates.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SHIFT_MS = Number(process.env["TEST_CLOCK_SHIFT_MS"] ?? 0);

/** What a command that a test starts needs of the environment to have the same clock. */
export const clockEnvironment: Record<string, string> =
  SHIFT_MS === 0
    ? {}
    : { TEST_CLOCK_SHIFT_MS: String(SHIFT_MS), NODE_OPTIONS: `--import ${fileURLToPath(import.meta.url)}` };

/** MongoDB's clock stays real: what compares the two then finds them apart. */
export const clockIsShifted = SHIFT_MS !== 0;

const shifting = (shiftMs: number | string) => `
  const Real = globalThis.Date;
  if (Real.name !== "ShiftedDate") globalThis.Date = class ShiftedDate extends Real {
    constructor(...given) { if (given.length === 0) super(Real.now() + ${shiftMs}); else super(...given); }
    static now() { return Real.now() + ${shiftMs}; }
  };
`;

if (clockIsShifted) new Function(shifting(SHIFT_MS))();

/**
 * The configuration of the built Worker with the same clock, or with one that is at `at` now; the project's own where
 * nothing is shifted.
 */
export function workerConfig(at?: Date): string {
  const shiftMs = at === undefined ? SHIFT_MS : at.getTime() - (Date.now() - SHIFT_MS);
  if (shiftMs === 0) return "wrangler.toml";
  const folder = join(ROOT, ".wrangler", `clock-${process.pid}-${shiftMs}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "clock.js"), shifting(shiftMs));
  const worker = JSON.stringify(join(ROOT, "src/worker.ts"));
  writeFileSync(join(folder, "worker.ts"), `import "./clock.js";\nexport { default } from ${worker};\n`);
  const own = readFileSync(join(ROOT, "wrangler.toml"), "utf8")
    .replace("src/worker.ts", join(folder, "worker.ts"))
    .replace("./node_modules", join(ROOT, "node_modules"));
  writeFileSync(join(folder, "wrangler.toml"), own);
  return join(folder, "wrangler.toml");
}
