/** `npm run bench:steady`: does memory stay flat over half an hour of storms? */
import { createWriteStream } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "artillery-engine-mqtt/contract";
import { Command } from "commander";
import { stringify } from "csv-stringify";
import type { ProcessUsage } from "../processes/usage.ts";
import { artilleryRun, type EngineRun, rssAt } from "./clients/engine.ts";
import { duration, parseCommandLine, positiveNumber, wholeNumber } from "./command-line.ts";
import { startMosquitto } from "./mosquitto.ts";
import { abortOnSignals } from "./run.ts";

interface Options {
  minutes: number;
  devices: number;
  /** Milliseconds. */
  stormEvery: number;
  sampleEvery: number;
  output: string;
}

const MAX_WINDOW_MS = 30_000;
const PROGRESS_MS = 60_000;

/** Least squares over the samples, in bytes per millisecond; null where they are of less than two instants. */
export function slopeOf(samples: readonly { atMs: number; rssBytes: number }[]): number | null {
  const n = samples.length;
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanY = samples.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / n;
  const above = samples.reduce((sum, { atMs, rssBytes }) => sum + (atMs - meanX) * (rssBytes - meanY), 0);
  const below = samples.reduce((sum, { atMs }) => sum + (atMs - meanX) ** 2, 0);
  return below > 0 ? above / below : null;
}

/** Times in milliseconds: as many storms as fit, each with a window that is over long before the next one. */
export function stormTimes(totalMs: number, everyMs: number): { atMs: number; windowMs: number }[] {
  const windowMs = Math.min(MAX_WINDOW_MS, everyMs / 2);
  return Array.from({ length: Math.max(1, Math.floor(totalMs / everyMs)) }, (_, i) => ({
    atMs: (i + 1) * everyMs,
    windowMs,
  }));
}

/** Exit codes: 0, 1 for a bad command line or a run that failed, 130 after Ctrl-C. */
export async function runSteady(
  args: readonly string[],
  out: (text: string) => void,
  err: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const program = new Command("bench:steady")
    .description("A fleet online for a long time, with a storm over all of it again and again")
    .option("--minutes <n>", "how long", positiveNumber, 30)
    .option("--devices <n>", "devices", wholeNumber(1, 19_000), 5000)
    .option("--storm-every <duration>", "2m, 90s, …", duration, 120_000)
    .option("--sample-every <duration>", "how often memory is read", duration, 5000)
    .option("--output <file>", "CSV of memory over time", "benchmarks/results/steady.csv");
  const parsed = parseCommandLine<Options>(program, args, out, err);
  if ("exitCode" in parsed) return parsed.exitCode;
  const { minutes, devices, stormEvery, sampleEvery, output } = parsed.options;
  const storms = stormTimes(minutes * 60_000, stormEvery);
  const broker = await startMosquitto();
  makeDirectory(dirname(output));
  // Rows are written as they come, so that a run that is interrupted leaves what it had.
  const csv = stringify({ header: true, columns: ["at_ms", "rss_bytes", "cpu_us"] });
  const file = csv.pipe(createWriteStream(output));
  const seen: ProcessUsage[] = [];
  let saidMs = 0;
  const onSample = (usage: ProcessUsage): void => {
    seen.push(usage);
    csv.write([usage.atMs, usage.rssBytes, usage.cpuUs]);
    if (usage.atMs - saidMs < PROGRESS_MS) return;
    saidMs = usage.atMs;
    out(`${new Date(usage.atMs).toISOString().slice(11, 19)}  ${(usage.rssBytes / 1e6).toFixed(0)} MB\n`);
  };
  try {
    const run = await artilleryRun(
      {
        port: broker.port,
        brokerPid: broker.pid,
        devices,
        workload: "subscribe",
        localAddresses: null,
        core: null,
        signal,
      },
      {
        arriveInS: 2,
        storms: storms.map(({ atMs, windowMs }) => ({
          at: `${atMs / 1000}s`,
          window: `${windowMs / 1000}s`,
        })),
      },
      onSample,
      sampleEvery,
    );
    for (const line of stormLines(run)) out(`${line}\n`);
    out(`${trendLine(seen, Date.parse(run.summary.timeZeroAt), storms)}\n${output}\n`);
    return 0;
  } catch (error) {
    err(`${(error as Error).message}\n`);
    // Time zero is not known without a summary: the first sample is a second or two before it.
    const [first] = seen;
    if (first !== undefined) out(`${trendLine(seen, first.atMs, storms)}\n${output}\n`);
    return signal.aborted ? 130 : 1;
  } finally {
    const written = new Promise<void>((resolve) => file.once("close", () => resolve()));
    csv.end();
    await written;
    await broker.stop();
  }
}

/** Memory after each storm: when its window has closed. */
export function stormLines(run: Pick<EngineRun, "samples" | "summary">): string[] {
  return run.summary.storms.map((storm, i) => {
    const afterMb = rssAt(run, storm.at + storm.windowMs) / 1e6;
    const spread = `${storm.dropSpreadMs.max ?? "-"} ms`;
    const ready = storm.readyMs.max === null ? "not all ready" : `all ready after ${storm.readyMs.max} ms`;
    const saturated = storm.generatorSaturated ? ", generator saturated" : "";
    return `storm ${i + 1}: ${storm.recovered} of ${storm.affected} recovered, ${storm.verdict}; drops within ${spread}, ${ready}${saturated}; after it ${afterMb.toFixed(0)} MB`;
  });
}

/** The trend is from the second storm on: before it, buffers and the heap still grow to the size that a storm needs. */
export function trendLine(
  samples: readonly ProcessUsage[],
  zeroMs: number,
  storms: readonly { atMs: number; windowMs: number }[],
): string {
  const [from, to] = [storms[1], storms.at(-1)];
  if (from === undefined || to === undefined) return "memory: no trend without a second storm";
  const settled = samples.filter(
    ({ atMs }) => atMs >= zeroMs + from.atMs && atMs <= zeroMs + to.atMs + to.windowMs,
  );
  const slope = slopeOf(settled);
  if (settled.length < 3 || slope === null) {
    return `memory: no trend, ${settled.length} samples since the second storm`;
  }
  const mean = settled.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / settled.length;
  const perMinute = slope * 60_000;
  return `memory since the second storm: ${(perMinute / 1024).toFixed(1)} KB/min, ${((100 * perMinute * 60) / mean).toFixed(1)} % of its mean of ${(mean / 1e6).toFixed(0)} MB per hour (least squares over ${settled.length} samples)`;
}

if (import.meta.main) {
  process.exitCode = await runSteady(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(text),
    abortOnSignals(),
  );
}
