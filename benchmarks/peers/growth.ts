/** `npm run bench:growth`: does a device cost the same in a small fleet and in a large one, and on several worker threads? */
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "artillery-engine-mqtt/contract";
import { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import { interleave } from "../../results/src/comparison/order.ts";
import { type EngineMeasurement, measureEngine } from "./clients/engine.ts";
import { parseCommandLine, wholeNumber, wholeNumbers } from "./command-line.ts";
import { type Fleet, growthTable, type Point } from "./growth-table.ts";
import { startMosquitto } from "./mosquitto.ts";
import { abortOnSignals } from "./run.ts";
import { PortRest, sourceAddresses } from "./source-addresses.ts";

interface Options {
  sizes: number[];
  threads: number[];
  rounds: number;
  devicesPerAddress: number;
  output: string;
}

/** Exit codes: 0, 1 for a bad command line or a fleet that failed, 130 after Ctrl-C. */
export async function runGrowth(
  args: readonly string[],
  out: (text: string) => void,
  err: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const program = new Command("bench:growth")
    .description("The engine at several fleet sizes, round by round")
    .option("--sizes <list>", "fleet sizes", wholeNumbers(1, 19_000), [1000, 4000, 16_000])
    .option("--threads <list>", "worker threads of Artillery", wholeNumbers(1, 64), [1])
    .option("--rounds <n>", "rounds of all sizes", wholeNumber(1, 100), 3)
    .option("--devices-per-address <n>", "one source address for so many", wholeNumber(100, 19_000), 19_000)
    .option("--output <file>", "CSV to write", "benchmarks/results/growth.csv");
  const parsed = parseCommandLine<Options>(program, args, out, err);
  if ("exitCode" in parsed) return parsed.exitCode;
  const { rounds, devicesPerAddress, output } = parsed.options;
  const fleets = ascending(parsed.options.sizes).flatMap((devices) =>
    ascending(parsed.options.threads).map((threads) => ({ devices, threads })),
  );
  const points: Point[] = [];
  const rest = new PortRest();
  let failures = 0;
  makeDirectory(dirname(output));
  for (const { round, contestant } of interleave(fleets, rounds)) {
    const { devices, threads } = contestant;
    const localAddresses = sourceAddresses(devices, devicesPerAddress);
    await rest.wait(localAddresses, out, signal);
    if (signal.aborted) break;
    out(
      `round ${round} of ${rounds}: ${devices} devices, ${threads} ${threads === 1 ? "thread" : "threads"} …\n`,
    );
    const broker = await startMosquitto();
    try {
      const measured = await measureEngine(
        {
          port: broker.port,
          brokerPid: broker.pid,
          devices,
          workload: "subscribe",
          localAddresses,
          core: null,
          signal,
        },
        threads,
      );
      if (measured.note !== null) out(`  ${measured.note}\n`);
      points.push(pointOf(round, contestant, measured));
      writeFileSync(output, stringify(points, { header: true, cast: { boolean: String } }));
    } catch (error) {
      if (signal.aborted) break;
      failures++;
      out(`  failed: ${(error as Error).message}\n`);
    } finally {
      await broker.stop();
      rest.ended(performance.now());
    }
  }
  out(points.length === 0 ? "nothing was measured\n" : `${growthTable(points, fleets)}\n${output}\n`);
  if (signal.aborted) return 130;
  return failures === 0 ? 0 : 1;
}

function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function pointOf(round: number, { devices, threads }: Fleet, measured: EngineMeasurement): Point {
  const { storm } = measured;
  return {
    round,
    devices,
    threads,
    cpu_us_per_device: measured.cpuUsPerDevice,
    rss_kb_per_device: measured.rssKbPerDevice,
    storm_cpu_us_per_device: storm?.cpuUsPerDevice ?? null,
    storm_drop_spread_ms: storm?.dropSpreadMs ?? null,
    storm_loop_delay_p99_ms: storm?.loopDelayP99Ms ?? null,
    generator_saturated: storm?.generatorSaturated ?? null,
    idle_rss_mb: measured.idleRssBytes / 1e6,
  };
}

if (import.meta.main) {
  process.exitCode = await runGrowth(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(text),
    abortOnSignals(),
  );
}
