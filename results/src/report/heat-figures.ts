import { count, duration } from "../judge/number-words.ts";
import { type MetricOverTime, QUANTILES_OVER_TIME } from "../judge/percentiles-over-time.ts";
import type { ChartSpec } from "./chart-spec.ts";
import { type Figure, figure } from "./figure.ts";
import { cell, table } from "./table.ts";
import { METRIC_WORDS } from "./words.ts";

const ROWS = QUANTILES_OVER_TIME.map((quantile) => `${Number((quantile * 100).toFixed(3))} %`);
/** So many steps of colour can be told apart. */
const MOST_STEPS = 9;
/** For the names of storms, above the cells; rows are 1 high. */
const HEADROOM = 0.7;

/** One for each metric, all with the same colours for the same times. */
export function heatFigures(
  overTime: readonly MetricOverTime[],
  frame: Pick<ChartSpec, "xRange" | "marks"> & Required<Pick<ChartSpec, "time">>,
): Figure[] {
  const values = overTime.flatMap(({ columns }) => columns.flatMap(({ valuesMs }) => valuesMs));
  const bounds = stepsOver(values.filter((value) => value !== null));
  return overTime.map((one) => heatFigure(one, bounds, frame));
}

function heatFigure(
  { metric, columnMs, columns }: MetricOverTime,
  bounds: number[],
  frame: Pick<ChartSpec, "xRange" | "marks"> & Required<Pick<ChartSpec, "time">>,
): Figure {
  const title = `${METRIC_WORDS[metric]}: percentiles over time`;
  const [first, last] = [columns[0]?.fromMs ?? 0, columns.at(-1)?.fromMs ?? 0];
  const byTime = new Map(columns.map((column) => [column.fromMs, column]));
  const times = Array.from(
    { length: Math.round((last - first) / columnMs) + 1 },
    (_, i) => first + i * columnMs,
  );
  return figure(
    title,
    `Service time of successful operations of the whole fleet, a column for ${duration(columnMs)}.`,
    {
      id: `plot-heat-${metric}`,
      xAxis: "seconds",
      yAxis: "milliseconds",
      xLabel: "time since the fleet's time zero",
      yLabel: "percentile",
      yMax: ROWS.length + HEADROOM,
      data: [
        times.map((ms) => (ms + columnMs / 2) / 1000),
        ...ROWS.map((_, row) => times.map((ms) => byTime.get(ms)?.valuesMs[row] ?? null)),
      ],
      series: ROWS.map((label, row) => ({
        label,
        rest: restOf(columns.flatMap(({ valuesMs }) => valuesMs[row] ?? [])),
        colour: 0,
        shape: "line",
        dash: [],
      })),
      target: null,
      rest: "highest of the run",
      cells: { width: columnMs / 1000, bounds },
      ...frame,
    },
    table({
      caption: `${title}: what was recorded in each column`,
      header: ["Time since time zero", ...ROWS, "Operations"],
      rows: columns.map((column) => ({
        head: `${seconds(column.fromMs)} to ${seconds(column.fromMs + columnMs)} s`,
        cells: [
          ...column.valuesMs.map((value) => cell(value === null ? "–" : duration(value))),
          cell(count(column.count)),
        ],
      })),
    }),
  );
}

function restOf(values: readonly number[]): string {
  return values.length === 0 ? "none" : duration(Math.max(...values));
}

function seconds(ms: number): number {
  return Number((ms / 1000).toFixed(1));
}

/** Ends of steps that hold all values: 1, 3, 10, 30 …, or powers of ten where these would be too many. */
function stepsOver(values: readonly number[]): number[] {
  if (values.length === 0) return [1, 10];
  const [least, most] = [Math.max(0.001, Math.min(...values)), Math.max(0.001, ...values)];
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most) + 1e-9)];
  const powers = Array.from({ length: to - from + 1 }, (_, i) => Number((10 ** (from + i)).toPrecision(1)));
  const halves = powers.flatMap((power) => [power, 3 * power]);
  const fine = halves.filter(
    (_, i) => (halves[i + 1] ?? Number.POSITIVE_INFINITY) > least && (halves[i - 1] ?? 0) <= most,
  );
  return fine.length - 1 <= MOST_STEPS ? fine : powers;
}
