import { relative } from "node:path";
import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/**
 * Files that take longest, as `npm test` measured them: a long one that begins last is one that all others have ended before.
 * A fresh clone has no measurements of its own, and Vitest would go by the size of the files, project by project.
 */
export const LONGEST: readonly string[] = [
  "test/fargate/fargate.test.ts",
  "test/truth/cloud-requests.test.ts",
  "test/e2e/repeated-storms.test.ts",
  "test/e2e/control-topic.test.ts",
  "test/truth/compare.test.ts",
  "test/e2e/unwritable-results.test.ts",
  "test/truth/main-job.test.ts",
  "test/e2e/interrupt.test.ts",
  "test/truth/broker-truth.test.ts",
  "test/e2e/bad-scripts.test.ts",
  "test/truth/peers.test.ts",
  "test/truth/spiral.test.ts",
  "test/truth/forecast.test.ts",
  "test/e2e/results.test.ts",
  "test/truth/regions.test.ts",
  "test/e2e/storm-causes.test.ts",
  "test/integration/benchmarks/brokers/adapters.test.ts",
  "test/e2e/processor-faults.test.ts",
  "test/e2e/generator-health.test.ts",
  "test/e2e/lab-ended.test.ts",
  "test/integration/lab.test.ts",
  "test/integration/fuzz.test.ts",
  "test/integration/mqtt5.test.ts",
  "test/e2e/tls-resumption.test.ts",
];

/** Project by project where they may not run side by side; among those that may, what takes longest begins first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification): number => {
      const place = LONGEST.indexOf(relative(project.vitest.config.root, moduleId));
      return place === -1 ? LONGEST.length : place;
    };
    const order = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    return (await super.sort(files)).sort((a, b) => order(a) - order(b) || rank(a) - rank(b));
  }
}
