// `npm run test:dates`: what depends on the date, under five dates that have broken such things before. MongoDB's clock
// stays real, so they lie ahead of it. `npm run test:dates -- FILE…` runs other files.
import { spawnSync } from "node:child_process";

const DATES = {
  "the last day of a month": "2027-01-31T23:30:00Z",
  "1 January": "2027-01-01T00:30:00Z",
  "29 February": "2028-02-29T09:00:00Z",
  "the clock change of spring": "2027-03-28T01:30:00Z",
  "the clock change of autumn": "2027-10-31T01:30:00Z",
};

/** What takes seconds of all whose documents, months or sentences come from the clock; the rest has clocks of its own. */
const FILES = [
  "test/unit",
  "test/cli/plan.test.ts",
  "test/worker/status.test.ts",
  "test/mongo/claim.test.ts",
  "test/mongo/plan.test.ts",
];

/** Long, and the same on every day. */
const TIMELESS = [
  "test/unit/map/fuzz.test.ts",
  "test/unit/map/corpus.test.ts",
  "test/unit/fetch/linear.test.ts",
  "test/unit/store/identity.test.ts",
];

const files = process.argv.slice(2);
const asked = files.length > 0 ? files : [...FILES, ...TIMELESS.flatMap((file) => ["--exclude", file])];
let failed = 0;
for (const [name, date] of Object.entries(DATES)) {
  console.log(`\n${name}: ${date}`);
  const shift = String(Date.parse(date) - Date.now());
  const { status } = spawnSync("npx", ["vitest", "run", ...asked], {
    stdio: "inherit",
    env: { ...process.env, TEST_CLOCK_SHIFT_MS: shift, SIGN_INS: "200" },
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
