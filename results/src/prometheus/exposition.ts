import { type Family, type Labels, RUN_LABEL } from "./family.ts";
import type { RunFigures } from "./run-figures.ts";

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Everything that is known now, in the text format of Prometheus. A metric without values is told by its name alone. */
export function exposition(families: readonly Family[], figures: RunFigures, testRunId: string): string {
  const run: Labels = { [RUN_LABEL]: testRunId };
  const lines = families.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
    `# TYPE ${name} ${type}`,
    ...samples(figures).map(
      ({ suffix, labels, value }) => `${name}${suffix}{${pairs({ ...run, ...labels })}} ${value}`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

function pairs(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
