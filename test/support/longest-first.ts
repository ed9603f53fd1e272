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
  "test/truth/peers.test.ts",
  "test/e2e/control-topic.test.ts",
  "test/truth/compare.test.ts",
  "test/e2e/unwritable-results.test.ts",
  "test/e2e/bad-scripts.test.ts",
  "test/truth/main-job.test.ts",
  "test/truth/spiral.test.ts",
  "test/truth/broker-truth.test.ts",
  "test/integration/rendezvous.test.ts",
  "test/e2e/interrupt.test.ts",
  "test/truth/regions.test.ts",
  "test/e2e/shared-folder.test.ts",
  "test/e2e/artillery-contract.test.ts",
  "test/integration/benchmarks/brokers/adapters.test.ts",
  "test/e2e/results.test.ts",
  "test/truth/forecast.test.ts",
  "test/e2e/storm-causes.test.ts",
  "test/e2e/processor-faults.test.ts",
  "test/e2e/generator-health.test.ts",
  "test/e2e/many-containers.test.ts",
  "test/e2e/cohorts.test.ts",
  "test/e2e/storm-scenarios.test.ts",
  "test/e2e/lab-ended.test.ts",
  "test/e2e/forecast.test.ts",
  "test/e2e/messages.test.ts",
  "test/integration/lab.test.ts",
  "test/integration/faults.test.ts",
  "test/integration/mqtt5.test.ts",
  "test/e2e/several-machines.test.ts",
  "test/e2e/tls-resumption.test.ts",
  "test/e2e/prometheus.test.ts",
  "test/e2e/live-browser.test.ts",
  "test/e2e/flow-steps.test.ts",
  "test/e2e/auth-outage.test.ts",
  "test/integration/fuzz.test.ts",
  "test/e2e/values.test.ts",
  "test/e2e/device-identity.test.ts",
  "test/unit/forecast/workers.property.test.ts",
  "test/integration/config-service-duty.test.ts",
  "test/integration/mosquitto.test.ts",
  "test/simulation/simulation.test.ts",
  "test/unit/forecast/sample-coverage.test.ts",
  "test/integration/fuzz-sockets.test.ts",
  "test/unit/verdicts/verdict-cases.test.ts",
  "test/e2e/no-baseline.test.ts",
  "test/unit/results/guides.test.ts",
  "test/unit/forecast/calibration.test.ts",
  "test/unit/results/judge/knee.property.test.ts",
  "test/unit/results/plugin.test.ts",
  "test/unit/results/run/hostile-directory.test.ts",
  "test/unit/results/commands/find.test.ts",
  "test/unit/results/commands/calibrate.test.ts",
  "test/unit/forecast/forecast.property.test.ts",
  "test/unit/rendezvous/broker.test.ts",
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
