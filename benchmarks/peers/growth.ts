/** `npm run bench:growth`: does a device cost the same in a small fleet and in a large one? */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import { interleave } from "../../results/src/comparison/order.ts";
import { engine } from "./clients/engine.ts";
import { startMosquitto } from "./mosquitto.ts";
import { abortOnSignals, wholeNumber } from "./run.ts";
import { minMedianMax } from "./table.ts";

interface Point {
  round: number;
  devices: number;
  cpu_us_per_device: number;
  rss_kb_per_device: number;
  storm_cpu_us_per_device: number | null;
}

const VALUES = ["cpu_us_per_device", "rss_kb_per_device", "storm_cpu_us_per_device"] as const;

/** Exit codes: 0, 130 after Ctrl-C. */
export async function runGrowth(
  args: readonly string[],
  out: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const program = new Command("bench:growth")
    .description("The engine at several fleet sizes, round by round")
    .option("--sizes <list>", "fleet sizes", "1000,4000,16000")
    .option("--rounds <n>", "rounds of all sizes", wholeNumber(1, 100), 3)
    .option("--output <file>", "CSV to write", "benchmarks/results/growth.csv");
  program.parse([...args], { from: "user" });
  const { sizes, rounds, output } = program.opts<{ sizes: string; rounds: number; output: string }>();
  const fleets = sizes.split(",").map(wholeNumber(1, 19_000));
  const points: Point[] = [];
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
      const { cpuUsPerDevice, rssKbPerDevice, storm } = await engine.measure(job);
      points.push({
        round,
        devices,
        cpu_us_per_device: cpuUsPerDevice,
        rss_kb_per_device: rssKbPerDevice,
        storm_cpu_us_per_device: storm?.cpuUsPerDevice ?? null,
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await broker.stop();
    }
  }
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, stringify(points, { header: true }));
  out(`${growthTable(points, fleets)}\n${output}\n`);
  return signal.aborted ? 130 : 0;
}

/** Medians per size, and their ratio to the smallest fleet's. */
export function growthTable(points: readonly Point[], sizes: readonly number[]): string {
  const median = (devices: number, name: (typeof VALUES)[number]): number | null =>
    minMedianMax(points.filter((point) => point.devices === devices).flatMap((point) => point[name] ?? []))
      ?.median ?? null;
  const lines = sizes.map((devices) => {
    const cells = VALUES.map((name) => {
      const [value, base] = [median(devices, name), median(sizes[0] as number, name)];
      if (value === null) return "-";
      return `${value.toFixed(1)} (${base === null || base === 0 ? "-" : `${(value / base).toFixed(2)}x`})`;
    });
    return `${String(devices).padStart(8)}  ${cells.map((cell) => cell.padStart(24)).join("")}`;
  });
  return [`${"devices".padStart(8)}  ${VALUES.map((name) => name.padStart(24)).join("")}`, ...lines].join(
    "\n",
  );
}

if (import.meta.main) {
  process.exitCode = await runGrowth(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    abortOnSignals(),
  );
}
