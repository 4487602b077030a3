import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: ["test/kit/clock.ts"], // see test/dates.ts
    globalSetup: ["test/kit/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: 3, // some tests mostly wait; the machine that this is meant for has two cores
  },
});
