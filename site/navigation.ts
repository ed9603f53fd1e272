/** What the site shows, by task: paths of this repository. Titles are the pages' own. */
export interface Chapter {
  title: string;
  pages: readonly string[];
}

export const CHAPTERS: readonly Chapter[] = [
  {
    title: "Start",
    pages: ["README.md", "results/docs/rehearse-your-own-fleet.md", "results/docs/read-the-report.md"],
  },
  {
    title: "Answer a question",
    pages: [
      "results/docs/it-spirals.md",
      "results/docs/which-back-off-to-ship.md",
      "results/docs/how-to-cache-configuration.md",
      "results/docs/how-large-a-loss.md",
      "results/docs/find.md",
    ],
  },
  {
    title: "On real systems",
    pages: [
      "engine/docs/cloud-brokers.md",
      "engine/docs/load-only-what-is-yours.md",
      "engine/docs/many-machines.md",
      "scenarios/kubernetes/README.md",
      "results/docs/fargate.md",
      "results/docs/ci.md",
      "results/docs/container.md",
      "results/docs/prometheus.md",
      "results/docs/troubleshooting.md",
    ],
  },
  {
    title: "Reference",
    pages: [
      "engine/README.md",
      "results/README.md",
      "scenarios/README.md",
      "engine/docs/storms.md",
      "engine/docs/backoff.md",
      "engine/docs/messages.md",
      "engine/docs/tracking.md",
      "engine/docs/http.md",
      "engine/docs/mqtt5.md",
      "engine/docs/transports.md",
      "engine/docs/regions.md",
      "engine/docs/values.md",
      "engine/docs/forecast.md",
      "engine/docs/calibration.md",
    ],
  },
  {
    title: "The project",
    pages: [
      "benchmarks/README.md",
      "benchmarks/brokers/README.md",
      "benchmarks/peers/README.md",
      "ARCHITECTURE.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
      "CHANGELOG.md",
    ],
  },
];

/** Markdown that is no page: forms of the repository. */
export const NO_PAGES: readonly RegExp[] = [/^\.github\//];
