/** `npm run bench:steady`: does memory stay flat over half an hour of storms? */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import { artilleryRun, rssAt } from "./clients/engine.ts";
import { startMosquitto } from "./mosquitto.ts";
import { abortOnSignals, wholeNumber } from "./run.ts";

interface Options {
  minutes: string;
  devices: number;
  stormEvery: string;
  output: string;
}

/** Least squares: bytes per millisecond over the samples. */
export function slopeOf(samples: readonly { atMs: number; rssBytes: number }[]): number {
  const n = samples.length;
  if (n < 2) return 0;
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanY = samples.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / n;
  const above = samples.reduce((sum, { atMs, rssBytes }) => sum + (atMs - meanX) * (rssBytes - meanY), 0);
  const below = samples.reduce((sum, { atMs }) => sum + (atMs - meanX) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

/** Exit codes: 0, 130 after Ctrl-C. */
export async function runSteady(
  args: readonly string[],
  out: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const program = new Command("bench:steady")
    .description("A fleet online for a long time, with a storm over all of it again and again")
    .option("--minutes <n>", "how long", "30")
    .option("--devices <n>", "devices", wholeNumber(1, 19_000), 5000)
    .option("--storm-every <seconds>", "seconds between storms", "120")
    .option("--output <file>", "CSV of memory over time", "benchmarks/results/steady.csv");
  program.parse([...args], { from: "user" });
  const { minutes, devices, stormEvery, output } = program.opts<Options>();
  const everyS = Number(stormEvery);
  const times = Math.max(1, Math.floor((Number(minutes) * 60) / everyS));
  const storms = Array.from({ length: times }, (_, i) => ({
    at: `${(i + 1) * everyS}s`,
    window: `${Math.max(1, everyS / 2)}s`,
  }));
  const broker = await startMosquitto();
  let heardMs = 0;
  try {
    const run = await artilleryRun(
      { port: broker.port, devices, workload: "subscribe", signal },
      { arriveInS: 2, storms },
      ({ atMs, rssBytes }) => {
        if (atMs - heardMs < 60_000) return;
        heardMs = atMs;
        out(`${new Date(atMs).toISOString().slice(11, 19)}  ${Math.round(rssBytes / 1e6)} MB\n`);
      },
      1000,
    );
    const zero = Date.parse(run.summary.timeZeroAt);
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(
      output,
      stringify(
        run.samples.map((sample) => ({
          t_ms: sample.atMs - zero,
          rss_bytes: sample.rssBytes,
          cpu_us: sample.cpuUs,
        })),
        { header: true },
      ),
    );
    for (const [i, storm] of run.summary.storms.entries()) {
      const beforeMB = rssAt(run, storm.at - 1000) / 1e6;
      out(
        `storm ${i + 1}: ${storm.recovered} of ${storm.affected} recovered, ${storm.verdict}; all ready after ${storm.readyMs.max} ms; before it ${beforeMB.toFixed(0)} MB\n`,
      );
    }
    const settled = run.samples.filter(
      ({ atMs }) => atMs >= zero + everyS * 2000 && atMs <= zero + times * everyS * 1000,
    );
    out(
      `memory from the second storm to the last: ${((slopeOf(settled) * 60_000) / 1024).toFixed(1)} KB/min (least squares over ${settled.length} samples)\n${output}\n`,
    );
    return signal.aborted ? 130 : 0;
  } finally {
    await broker.stop();
  }
}

if (import.meta.main) {
  process.exitCode = await runSteady(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    abortOnSignals(),
  );
}
