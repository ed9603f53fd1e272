import { minMedianMax } from "./table.ts";

/** One fleet in one round: a line of the CSV. */
export interface Point {
  round: number;
  devices: number;
  threads: number;
  cpu_us_per_device: number;
  rss_kb_per_device: number;
  storm_cpu_us_per_device: number | null;
  storm_drop_spread_ms: number | null;
  storm_loop_delay_p99_ms: number | null;
  generator_saturated: boolean | null;
  /** With one device on every thread. */
  idle_rss_mb: number;
}

export type Fleet = Pick<Point, "devices" | "threads">;

/** Titles, and whether the ratio to the first fleet says anything. */
const COLUMNS = [
  ["cpu_us_per_device", "CPU µs/device", true],
  ["rss_kb_per_device", "RSS KB/device", true],
  ["storm_cpu_us_per_device", "storm: CPU µs/device", true],
  ["storm_drop_spread_ms", "drops within ms", false],
  ["storm_loop_delay_p99_ms", "loop delay p99 ms", false],
] as const;

const WIDE = 29;
const NARROW = 19;

/** Each fleet has the median over rounds, and in brackets the ratio to the first one in the same round: min, median, max. */
export function growthTable(points: readonly Point[], fleets: readonly Fleet[]): string {
  const [first] = fleets;
  const base = first === undefined ? [] : pointsOf(points, first);
  const lines = fleets.map((fleet) => {
    const own = pointsOf(points, fleet);
    const cells = COLUMNS.map(([name, , hasRatio]) => {
      const median = minMedianMax(own.flatMap((point) => point[name] ?? []))?.median;
      if (median === undefined) return "-";
      const ratio = hasRatio && fleet !== first ? minMedianMax(ratiosOf(own, base, name)) : null;
      if (ratio === null) return median.toFixed(1);
      return `${median.toFixed(1)} (${ratio.min.toFixed(2)} / ${ratio.median.toFixed(2)} / ${ratio.max.toFixed(2)})`;
    });
    const threadMb = minMedianMax(threadMbOf(own, points))?.median;
    const watched = own.flatMap((point) => point.generator_saturated ?? []);
    const saturated = `${watched.filter((was) => was).length} of ${watched.length}`;
    return [String(fleet.devices), String(fleet.threads), ...cells, threadMb?.toFixed(0) ?? "-", saturated];
  });
  const head = ["devices", "threads", ...COLUMNS.map(([, title]) => title), "MB per thread", "saturated"];
  const widths = [8, 8, ...COLUMNS.map(([, , hasRatio]) => (hasRatio ? WIDE : NARROW)), NARROW, NARROW];
  return [head, ...lines]
    .map((cells) => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(""))
    .join("\n");
}

function pointsOf(points: readonly Point[], { devices, threads }: Fleet): Point[] {
  return points.filter((point) => point.devices === devices && point.threads === threads);
}

function ratiosOf(
  own: readonly Point[],
  base: readonly Point[],
  name: (typeof COLUMNS)[number][0],
): number[] {
  return own.flatMap((point) => {
    const [value, baseValue] = [point[name], base.find(({ round }) => round === point.round)?.[name] ?? null];
    return value === null || baseValue === null || baseValue <= 0 ? [] : [value / baseValue];
  });
}

/** What each further thread adds to the idle process, against the fewest threads of the same fleet in the same round. */
function threadMbOf(own: readonly Point[], points: readonly Point[]): number[] {
  return own.flatMap(({ round, devices, threads, idle_rss_mb }) => {
    const base = points
      .filter((point) => point.round === round && point.devices === devices && point.threads < threads)
      .sort((a, b) => a.threads - b.threads)[0];
    return base === undefined ? [] : [(idle_rss_mb - base.idle_rss_mb) / (threads - base.threads)];
  });
}
