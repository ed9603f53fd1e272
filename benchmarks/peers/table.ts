import { stringify } from "csv-stringify/sync";
import type { Measurement, Workload } from "./client.ts";

/** One client in one round. */
export interface Result {
  round: number;
  workload: Workload;
  client: string;
  version: string;
  devices: number;
  measurement: Measurement | null;
  /** What listen-queue.ts counts, over the whole measurement, storm included. */
  listenOverflows: number | null;
  /** Why there is no measurement. */
  failure: string | null;
}

export const VALUES = [
  ["ready_per_s", "ready /s", (m: Measurement) => m.readyPerS],
  ["cpu_us_per_device", "CPU µs/device", (m: Measurement) => m.cpuUsPerDevice],
  ["rss_kb_per_device", "RSS KB/device", (m: Measurement) => m.rssKbPerDevice],
  ["broker_cpu_us_per_device", "broker CPU µs/device", (m: Measurement) => m.brokerCpuUsPerDevice],
  ["storm_ready_per_s", "storm: ready /s", (m: Measurement) => m.storm?.readyPerS ?? null],
  ["storm_cpu_us_per_device", "storm: CPU µs/device", (m: Measurement) => m.storm?.cpuUsPerDevice ?? null],
  [
    "mean_cpu_us_per_device",
    "both: mean CPU µs/device",
    (m: Measurement) => (m.storm === null ? null : (m.cpuUsPerDevice + m.storm.cpuUsPerDevice) / 2),
  ],
  [
    "storm_broker_cpu_us_per_device",
    "storm: broker CPU µs/dev.",
    (m: Measurement) => m.storm?.brokerCpuUsPerDevice ?? null,
  ],
  ["storm_all_ready_ms", "storm: all ready, ms", (m: Measurement) => m.storm?.allReadyMs ?? null],
  [
    "storm_loop_delay_p99_ms",
    "storm: loop delay p99, ms",
    (m: Measurement) => m.storm?.loopDelayP99Ms ?? null,
  ],
  ["storm_drop_spread_ms", "storm: drops within ms", (m: Measurement) => m.storm?.dropSpreadMs ?? null],
] as const;

const TITLE = 27;
const VALUE = 21;

export function resultsCsv(results: readonly Result[]): string {
  const rows = results.map((result) => ({
    ...result,
    measurement: undefined,
    ...Object.fromEntries(
      VALUES.map(([column, , read]) => [
        column,
        result.measurement === null ? null : read(result.measurement),
      ]),
    ),
    listen_overflows: result.listenOverflows,
    generator_saturated: result.measurement?.storm?.generatorSaturated ?? null,
    note: result.failure ?? result.measurement?.note ?? null,
  }));
  const columns = [
    "round",
    "workload",
    "client",
    "version",
    "devices",
    ...VALUES.map(([column]) => column),
    "generator_saturated",
    "listen_overflows",
    "note",
  ];
  return stringify(rows, { header: true, columns, cast: { boolean: String } });
}

export interface MinMedianMax {
  min: number;
  median: number;
  max: number;
}

export function minMedianMax(values: readonly number[]): MinMedianMax | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
  return { min: sorted[0] as number, median, max: sorted.at(-1) as number };
}

/** Nothing here is measured that finely, whatever its unit: the limit's memory per device is the size of a page over all. */
const LEAST_BASE = 1;

/** A client's value over the reference's in the same round, where that is more than noise. */
export function ratios(
  results: readonly Result[],
  reference: readonly Result[],
  read: (measurement: Measurement) => number | null,
): number[] {
  return results.flatMap(({ round, measurement }) => {
    const base = reference.find((other) => other.round === round)?.measurement;
    const [value, baseValue] = [measurement && read(measurement), base && read(base)];
    return value === null || baseValue === null || baseValue === undefined || baseValue < LEAST_BASE
      ? []
      : [value / baseValue];
  });
}

/** What the terminal shows: per workload and client min/median/max, and the ratio to each of the reference clients. */
export function resultsTable(results: readonly Result[], references: readonly string[]): string {
  const lines: string[] = [];
  for (const workload of new Set(results.map((result) => result.workload))) {
    const same = results.filter((result) => result.workload === workload);
    const bases = references.map((name) => ({ name, own: same.filter(({ client }) => client === name) }));
    lines.push("", `${workload}: min / median / max over rounds; x: ratio in the same round, to …`);
    for (const client of new Set(same.map((result) => result.client))) {
      const own = same.filter((result) => result.client === client);
      lines.push(`  ${client} ${own[0]?.version ?? ""}`);
      for (const { failure, measurement, round } of own) {
        const note = failure ?? measurement?.note ?? null;
        if (note !== null) lines.push(`    round ${round}: ${note}`);
      }
      for (const [, title, read] of VALUES) {
        const values = minMedianMax(
          own.flatMap(({ measurement }) => (measurement && read(measurement)) ?? []),
        );
        if (values === null) continue;
        const compared = bases.map((base) => {
          const ratio = base.name === client ? null : minMedianMax(ratios(own, base.own, read));
          return ratio === null ? "" : `   x ${base.name} ${triple(ratio, 2)}`;
        });
        lines.push(
          `    ${title.padEnd(TITLE)}${triple(values, 0).padEnd(VALUE)}${compared.join("")}`.trimEnd(),
        );
      }
      const overflows = minMedianMax(own.flatMap(({ listenOverflows }) => listenOverflows ?? []));
      if (overflows !== null)
        lines.push(`    ${"accept queue overflows".padEnd(TITLE)}${triple(overflows, 0)}`);
      const watched = own.flatMap(({ measurement }) => measurement?.storm?.generatorSaturated ?? []);
      if (watched.length > 0) {
        const saturated = watched.filter((was) => was).length;
        lines.push(`    ${"generator saturated".padEnd(TITLE)}in ${saturated} of ${watched.length} storms`);
      }
    }
  }
  return lines.join("\n");
}

/** What a run has just shown, in one line. */
export function resultLine({ measurement, failure, listenOverflows }: Result): string {
  if (measurement === null) return `failed: ${failure}`;
  const { readyPerS, cpuUsPerDevice, rssKbPerDevice, storm, note } = measurement;
  const parts = [
    readyPerS === null ? null : `${readyPerS.toFixed(0)} ready/s`,
    `${cpuUsPerDevice.toFixed(0)} µs`,
    `${rssKbPerDevice.toFixed(1)} KB`,
    storm === null
      ? null
      : `storm ${storm.readyPerS.toFixed(0)} ready/s, ${storm.cpuUsPerDevice.toFixed(0)} µs`,
    storm === null || storm.loopDelayP99Ms === null
      ? null
      : `loop delay p99 ${storm.loopDelayP99Ms.toFixed(0)} ms`,
    listenOverflows === null || listenOverflows === 0 ? null : `${listenOverflows} accept queue overflows`,
    note,
  ];
  return parts.filter((part) => part !== null).join(", ");
}

function triple({ min, median, max }: MinMedianMax, digits: number): string {
  const show = (value: number): string => value.toFixed(value < 10 && digits === 0 ? 1 : digits);
  return `${show(min)} / ${show(median)} / ${show(max)}`;
}
