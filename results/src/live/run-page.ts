import { existsSync } from "node:fs";
import { relative } from "node:path";
import { printable } from "artillery-engine-mqtt/contract";
import type { ResultsConfig } from "../config/config.ts";
import { listenProblem } from "./listen-problem.ts";
import { LiveSession } from "./live-session.ts";

/**
 * `live` of the plugin: the page of a run, served by the process that leads it. Never throws, never keeps the process alive; a page
 * that is not to be had is a warning.
 *
 * @param directory is asked at every look: Artillery sets the test run id after it has loaded its plugins
 * @param log null where nothing is to be said
 */
export async function startRunPage(
  { live, target }: Pick<ResultsConfig, "live" | "target">,
  directory: () => string,
  log: ((line: string) => void) | null,
): Promise<LiveSession | null> {
  if (live === false) return null;
  const port = live === true ? 0 : (live.port ?? 0);
  try {
    const session = await LiveSession.start({
      port,
      directory: () => (existsSync(directory()) ? directory() : null),
      words: (found) => relative(process.cwd(), found ?? directory()),
      target: () => target,
      report: null,
      isBackground: true,
    });
    log?.(`mqtt-results: live at ${session.url}`);
    return session;
  } catch (error) {
    log?.(printable(`mqtt-results: no live page: ${listenProblem(error, port)}; the run goes on without it`));
    return null;
  }
}
