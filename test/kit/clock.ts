// Every clock of the tests but MongoDB's can be set: TEST_CLOCK_SHIFT_MS moves that of this process (each vitest worker and
// each command that a test starts load this file) and of the built Worker. `npm run test:dates` runs under five dates.
import { fileURLToPath } from "node:url";

export const SHIFT_MS = Number(process.env["TEST_CLOCK_SHIFT_MS"] ?? 0);

/** What a command that a test starts needs of the environment to have the same clock. */
export const clockEnvironment: Record<string, string> =
  SHIFT_MS === 0
    ? {}
    : { TEST_CLOCK_SHIFT_MS: String(SHIFT_MS), NODE_OPTIONS: `--import ${fileURLToPath(import.meta.url)}` };

/** MongoDB's clock stays real: what compares the two then finds them apart. */
export const clockIsShifted = SHIFT_MS !== 0;

/** The code that moves the clock of whatever runs it first. */
export const shifting = (shiftMs: number | string) => `
  const Real = globalThis.Date;
  if (Real.name !== "ShiftedDate") globalThis.Date = class ShiftedDate extends Real {
    constructor(...given) { if (given.length === 0) super(Real.now() + ${shiftMs}); else super(...given); }
    static now() { return Real.now() + ${shiftMs}; }
  };
`;

if (clockIsShifted) new Function(shifting(SHIFT_MS))();
