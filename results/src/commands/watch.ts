import { statSync } from "node:fs";
import { relative } from "node:path";
import { DEFAULT_OUTPUT, printable } from "artillery-engine-mqtt/contract";
import type { Command } from "commander";
import { DEFAULT_TARGET } from "../config/config.ts";
import { PORT_NOTATION, parsePort } from "../config/port.ts";
import { configOfScript } from "../config/script-config.ts";
import { heldAgainst } from "../directory/held-against.ts";
import { mergeDirectories } from "../directory/judged-runs.ts";
import { NewestRun } from "../directory/newest-run.ts";
import { reportPage } from "../directory/report-page.ts";
import { listenProblem } from "../live/listen-problem.ts";
import { LiveSession } from "../live/live-session.ts";
import { readScript } from "../run/script-file.ts";
import { interruptible } from "./interruptible.ts";
import { CommandError, type Io, invalid } from "./io.ts";

const HELP = `
Opens a page on this machine alone, which follows the files that the workers write every 2 s: devices, recovery, load and goodput,
errors, generator, workers. A run that has ended opens in the same page. Ctrl-C ends it. Writes nothing.

Examples:
  mqtt-results watch                            the newest run below ./${DEFAULT_OUTPUT}, or the next one that begins there
  mqtt-results watch ${DEFAULT_OUTPUT}/t6kjg_9aaaz
  mqtt-results watch --port 8910`;

export function addWatch(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("watch")
    .description("show a run in the browser while it goes on, or after it")
    .argument(
      "[dir]",
      "directory of the run, or the folder of all runs, of which the newest is shown",
      DEFAULT_OUTPUT,
    )
    .option("-p, --port <port>", "port of the page (default: any that is free)")
    .addHelpText("after", HELP)
    .action(async (place: string, options: { port?: string }) => end(await watch(place, options, io)));
}

async function watch(place: string, options: { port?: string }, io: Io): Promise<number> {
  const port = options.port === undefined ? 0 : parsePort(options.port);
  if (port === null)
    throw invalid(`--port: ${JSON.stringify(options.port)} is not allowed; allowed: ${PORT_NOTATION}`);
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new CommandError(`${place} is a file; give the directory of a run, or of all runs`);
  const newest = new NewestRun(place);
  const say = (line: string): void => io.out(`${printable(line)}\n`);
  const { signalCode } = await interruptible(async (signal) => {
    const session = await started(port, place, newest, say);
    say(
      `${newest.find() === null ? `Waiting for a run to begin in ${place}: ` : ""}${session.url} (Ctrl-C ends it)`,
    );
    await aborted(signal);
    await session.close({ isOver: false });
  });
  // There is no other way to end it.
  return signalCode === 130 ? 0 : (signalCode ?? 0);
}

async function started(
  port: number,
  place: string,
  newest: NewestRun,
  say: (line: string) => void,
): Promise<LiveSession> {
  try {
    return await LiveSession.start({
      port,
      directory: () => newest.find(),
      words: (directory) => directory ?? place,
      target: targetOf,
      report: reportOf,
      isBackground: false,
      onDirectory: (directory) => say(`Showing ${relative(process.cwd(), directory) || directory}`),
    });
  } catch (error) {
    throw invalid(`--port: ${listenProblem(error, port)}`);
  }
}

function targetOf(directory: string): number {
  const asked = configOfScript(readScript(directory));
  return asked?.ok ? asked.config.target : DEFAULT_TARGET;
}

/** The report is made of the run's files, as `mqtt-results report` makes it: one that lies in the directory may be anybody's. */
async function reportOf(directory: string): Promise<string> {
  const merged = mergeDirectories([directory], {});
  return reportPage(merged, heldAgainst(directory, merged, {}));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
