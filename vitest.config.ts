import { defineConfig } from "vitest/config";

/** They judge the generator: no other test beside them. */
const ALONE = ["test/e2e/generator-health.test.ts"];

/** Picocolors takes CI for a terminal that shows colours; what is looked for in the output has none. */
const env = { NO_COLOR: "1" };

/** Most of a run is waiting for its next storm. */
const FILES_AT_A_TIME = 4;

export default defineConfig({
  test: {
    globalSetup: ["test/support/temporary-folder.ts"],
    projects: [
      {
        test: {
          name: "unit",
          env,
          include: ["test/unit/**/*.test.ts", "test/simulation/**/*.test.ts"],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "integration",
          env,
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: FILES_AT_A_TIME,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "e2e",
          env,
          include: ["test/e2e/**/*.test.ts"],
          exclude: ALONE,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: FILES_AT_A_TIME,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "e2e-alone",
          env,
          include: ALONE,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
