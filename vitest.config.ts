import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: ["test/kit/clock.ts"], // see test/dates.ts
    globalSetup: ["test/kit/global-setup.ts"],
    testTimeout: 180_000, // for a machine that is busy; nothing is asserted by it
    hookTimeout: 300_000,
    isolate: false, // a file's modules are read once a worker, not once a file: a sixth of all CPU
    maxWorkers: 3, // some tests mostly wait; the machine that this is meant for has two cores
  },
});
