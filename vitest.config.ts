import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

/** It judges the generator to be in good health: no other test beside it. */
const ALONE = ["test/e2e/healthy-generator.test.ts"];

/** Picocolors takes CI for a terminal that shows colours; what is looked for in the output has none. */
const env = { NO_COLOR: "1" };

/** Most of a run is waiting for its next storm. Five take as long on two cores (708 s), and leave what is timed too little of them. */
const FILES_AT_A_TIME = 4;

/** They wait for processes, brokers and storms: files of all of them side by side. */
function waiting(name: string, timeoutMs: number): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      env,
      include: [`test/${name}/**/*.test.ts`],
      exclude: ALONE,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      maxWorkers: FILES_AT_A_TIME,
      sequence: { groupOrder: 2 },
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: ["test/support/temporary-folder.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          env,
          include: ["test/unit/**/*.test.ts", "test/simulation/**/*.test.ts"],
          testTimeout: 30_000,
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
      waiting("integration", 60_000),
      waiting("e2e", 180_000),
      waiting("truth", 180_000),
      waiting("fargate", 300_000),
      waiting("install", 300_000),
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
