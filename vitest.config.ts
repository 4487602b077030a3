import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: ["test/kit/clock.ts"], // see test/dates.ts
    globalSetup: ["test/kit/global-setup.ts"],
    testTimeout: 180_000, // for a machine that is busy; nothing is asserted by it
    hookTimeout: 300_000,
    // Saves a third of the CPU: each worker loads a module once, not once a file; V8 compiles at once and collects without
    // helpers.
    isolate: false,
    execArgv: ["--always-sparkplug", "--single-threaded-gc", "--max-semi-space-size=64"],
    maxWorkers: 3, // some tests mostly wait; the machine that this is meant for has two cores
  },
});
