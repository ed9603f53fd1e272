/** `npm run bench:growth`: does a device cost the same in a small fleet and in a large one? */
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "artillery-engine-mqtt/contract";
import { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import { interleave } from "../../results/src/comparison/order.ts";
import { measureEngine } from "./clients/engine.ts";
import { parseCommandLine, wholeNumber, wholeNumbers } from "./command-line.ts";
import { startMosquitto } from "./mosquitto.ts";
import { abortOnSignals } from "./run.ts";
import { minMedianMax } from "./table.ts";

interface Point {
  round: number;
  devices: number;
  cpu_us_per_device: number;
  rss_kb_per_device: number;
  storm_cpu_us_per_device: number | null;
}

interface Options {
  sizes: number[];
  rounds: number;
  devicesPerAddress: number;
  output: string;
}

/** Artillery's arrival timer spins for a second, however few arrive: what a small fleet cost would be its time. */
const CONNECT_AFTER_S = 3;

/**
 * Addresses of the loopback network. Where more than half of the local ports to one broker are taken, connect() looks for a free one
 * for longer and longer (the even ones are tried first: inet_hash_connect() in Linux's net/ipv4/inet_hashtables.c). Undefined
 * where one does: a socket that is bound to it must find a port that no earlier run still holds in TIME_WAIT.
 */
export function sourceAddresses(devices: number, perAddress: number): string[] | undefined {
  if (devices <= perAddress) return undefined;
  return Array.from({ length: Math.ceil(devices / perAddress) }, (_, i) => `127.0.0.${i + 1}`);
}

const VALUES = ["cpu_us_per_device", "rss_kb_per_device", "storm_cpu_us_per_device"] as const;

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
    .option("--rounds <n>", "rounds of all sizes", wholeNumber(1, 100), 3)
    .option("--devices-per-address <n>", "one source address for so many", wholeNumber(100, 19_000), 4000)
    .option("--output <file>", "CSV to write", "benchmarks/results/growth.csv");
  const parsed = parseCommandLine<Options>(program, args, out, err);
  if ("exitCode" in parsed) return parsed.exitCode;
  const { rounds, devicesPerAddress, output } = parsed.options;
  const fleets = [...new Set(parsed.options.sizes)].sort((a, b) => a - b);
  const points: Point[] = [];
  let failures = 0;
  makeDirectory(dirname(output));
  for (const { round, contestant: devices } of interleave(fleets, rounds)) {
    if (signal.aborted) break;
    out(`round ${round} of ${rounds}: ${devices} devices …\n`);
    const broker = await startMosquitto();
    try {
      const job = {
        port: broker.port,
        brokerPid: broker.pid,
        devices,
        workload: "subscribe",
        signal,
      } as const;
      const localAddresses = sourceAddresses(devices, devicesPerAddress);
      const { cpuUsPerDevice, rssKbPerDevice, storm, note } = await measureEngine(job, {
        connectAfterS: CONNECT_AFTER_S,
        ...(localAddresses === undefined ? {} : { localAddresses }),
      });
      if (note !== null) out(`  ${note}\n`);
      points.push({
        round,
        devices,
        cpu_us_per_device: cpuUsPerDevice,
        rss_kb_per_device: rssKbPerDevice,
        storm_cpu_us_per_device: storm?.cpuUsPerDevice ?? null,
      });
      writeFileSync(output, stringify(points, { header: true }));
    } catch (error) {
      if (signal.aborted) break;
      failures++;
      out(`  failed: ${(error as Error).message}\n`);
    } finally {
      await broker.stop();
    }
  }
  out(points.length === 0 ? "nothing was measured\n" : `${growthTable(points, fleets)}\n${output}\n`);
  if (signal.aborted) return 130;
  return failures === 0 ? 0 : 1;
}

/** Each size has the median over rounds, and in brackets the ratio to the smallest fleet in the same round: min, median, max. */
export function growthTable(points: readonly Point[], sizes: readonly number[]): string {
  const [smallest] = sizes;
  const lines = sizes.map((devices) => {
    const own = points.filter((point) => point.devices === devices);
    const cells = VALUES.map((name) => {
      const median = minMedianMax(own.flatMap((point) => point[name] ?? []))?.median;
      if (median === undefined) return "-";
      const ratio = minMedianMax(
        own.flatMap((point) => {
          const base = points.find(({ round, devices }) => round === point.round && devices === smallest);
          const [value, baseValue] = [point[name], base?.[name] ?? null];
          return value === null || baseValue === null || baseValue <= 0 ? [] : [value / baseValue];
        }),
      );
      if (ratio === null || devices === smallest) return median.toFixed(1);
      return `${median.toFixed(1)} (${ratio.min.toFixed(2)} / ${ratio.median.toFixed(2)} / ${ratio.max.toFixed(2)})`;
    });
    return `${String(devices).padStart(8)}  ${cells.map((cell) => cell.padStart(30)).join("")}`;
  });
  const head = `${"devices".padStart(8)}  ${VALUES.map((name) => name.padStart(30)).join("")}`;
  return [head, ...lines].join("\n");
}

if (import.meta.main) {
  process.exitCode = await runGrowth(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(text),
    abortOnSignals(),
  );
}
