import { appendFileSync } from "node:fs";
import { annotations, stepSummary } from "./ci/github.ts";
import type { Summary } from "./judge/summary-schema.ts";

/** Where GitHub Actions runs it: annotations, and a table in the job's summary. */
export function tellGithub(summary: Summary, env: NodeJS.ProcessEnv, log: (line: string) => void): void {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY: path } = env;
  if (GITHUB_ACTIONS !== "true") return;
  for (const line of annotations(summary)) log(line);
  if (path === undefined || path === "") return;
  try {
    appendFileSync(path, stepSummary(summary));
  } catch (error) {
    log(`mqtt-results: ${path} could not be written: ${error instanceof Error ? error.message : error}`);
  }
}
