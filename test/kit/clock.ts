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

/** The code that gives another clock to whatever runs it first. @param now an expression for it, by that of `Real` */
const withClock = (now: string) => `
  const Real = globalThis.Date;
  let begun = 0;
  if (Real.name !== "ShiftedDate") globalThis.Date = class ShiftedDate extends Real {
    constructor(...given) { if (given.length === 0) super(ShiftedDate.now()); else super(...given); }
    static now() { return ${now}; }
  };
`;

export const shifting = (shiftMs: number) => withClock(`Real.now() + ${shiftMs}`);

/** A clock that is at `at` when it is first looked at. workerd's own stands at 0 before the first request. */
export const beginningAt = (at: Date) => withClock(`${at.getTime()} + Real.now() - (begun ||= Real.now())`);

if (clockIsShifted) new Function(shifting(SHIFT_MS))();
