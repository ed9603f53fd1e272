import { count, duration, percentReached } from "../judge/number-words.ts";
import type { ChartSpec } from "../report/chart-spec.ts";
import { type Figure, figure } from "../report/figure.ts";
import { visible } from "../report/html.ts";
import type { CapacityFinding, Finding, FleetFinding } from "./finding.ts";
import { type Row, rowsOf } from "./rows.ts";
import { outcomeWords, serverName } from "./words.ts";

/** The time to recover against what was searched, or against the load; null where nothing recovered. */
export function plotOf(finding: Finding): Figure | null {
  const { target, withinMs } = finding.question;
  const frame = { id: "plot-find", title: "", target, withinMs };
  if (finding.find === "policy") return loadPlot(frame, policyPoints(rowsOf(finding)));
  const points = searchPoints(finding);
  return points.every(({ timeMs }) => timeMs === null) ? null : searchPlot(frame, finding, points);
}

export interface PlotPoint {
  series: string;
  x: number;
  /** Null where it did not recover. */
  timeMs: number | null;
  /** What stands beside the point; null for nothing. */
  name: string | null;
}

/** What a plot is drawn in. */
export interface PlotFrame {
  id: string;
  /** Follows the title; empty for nothing. */
  title: string;
  target: number;
  withinMs: number | null;
}

interface SearchPoint extends PlotPoint {
  row: Row;
}

export const FRONTIER = "frontier";
export const OTHERS = "other policies";

export function policyPoints(rows: readonly Omit<Row, "value">[]): PlotPoint[] {
  return rows.map(({ policy, holds, mark, outcome }) => ({
    series: mark === "frontier" ? FRONTIER : OTHERS,
    x: Math.max(1, outcome.peak.connectsPerS),
    timeMs: holds ? outcome.readyMs.target : null,
    name: mark === "frontier" ? policy : null,
  }));
}

function searchPoints(finding: FleetFinding | CapacityFinding): SearchPoint[] {
  return rowsOf(finding).map((row) => ({
    series: row.policy,
    x: Math.max(1, finding.find === "fleet" ? row.outcome.affected : (row.value ?? 0)),
    timeMs: row.holds ? row.outcome.readyMs.target : null,
    name: null,
    row,
  }));
}

/** Policies by the time that they take and the load that they bring; null where none recovers. */
export function loadPlot(frame: PlotFrame, points: readonly PlotPoint[]): Figure | null {
  const shown = points.filter(({ timeMs }) => timeMs !== null);
  if (shown.length === 0) return null;
  const hidden = points.length - shown.length;
  return figure(
    `Time to recover against peak load${frame.title}`,
    `Each point is a policy that recovers: the further to the left, the lighter for the broker; the lower, the faster. No other is as fast and as light as those of the frontier, which are named.${hidden === 0 ? "" : ` ${count(hidden)} that do not recover have no point.`}`,
    {
      ...axes(frame, shown),
      xLabel: "peak connects per second",
      ...alignedSeries(shown, [FRONTIER, OTHERS]),
      marks: [],
      notes: notesOf(shown),
    },
    null,
  );
}

/** Times by the number of devices that are lost at once; null where nothing recovers. */
export function lossPlot(frame: PlotFrame, points: readonly PlotPoint[]): Figure | null {
  if (points.every(({ timeMs }) => timeMs === null)) return null;
  const names = [...new Set(points.map(({ series }) => series))];
  return figure(
    `Time to recover against the size of the loss${frame.title}`,
    "Each point is a loss that recovers.",
    {
      ...axes(frame, points),
      xLabel: "devices lost at once",
      ...alignedSeries(points, names),
      marks: [],
      notes: [],
    },
    null,
  );
}

/** Where several stand on the same point, the first is named. */
function notesOf(points: readonly PlotPoint[]): NonNullable<ChartSpec["notes"]> {
  const named = points.filter(({ name }) => name !== null);
  return [...Map.groupBy(named, ({ x, timeMs }) => `${x} ${timeMs}`).values()].flatMap(
    ([first, ...others]) => {
      if (first === undefined) return [];
      const more = others.length === 0 ? "" : ` and ${others.length} more`;
      return [{ x: first.x, y: first.timeMs ?? 0, text: `${visible(first.name ?? "")}${more}` }];
    },
  );
}

function searchPlot(
  frame: PlotFrame,
  finding: FleetFinding | CapacityFinding,
  points: readonly SearchPoint[],
): Figure {
  const of = finding.find === "fleet" ? "loss" : "capacity";
  const names = finding.searches.map(({ policy }) => policy);
  const plotAxes = axes(frame, points);
  return figure(
    finding.find === "fleet"
      ? "Time to recover against the size of the loss"
      : `Time to recover against what the ${serverName(finding.of)} sustains`,
    `Each point is a ${of} that recovers.${names.length === 1 ? " Where the outcome of the next that was tried is another, the plot is shaded." : ""}`,
    {
      ...plotAxes,
      xLabel:
        finding.find === "fleet" ? "devices lost at once" : `${serverName(finding.of)}: capacity per second`,
      ...alignedSeries(points, names),
      marks: names.length === 1 ? failing(finding, points, plotAxes.xRange) : [],
      notes: [],
    },
    null,
  );
}

/** The side of the bracket on which it does not recover. */
function failing(
  finding: FleetFinding | CapacityFinding,
  points: readonly SearchPoint[],
  [lowest, highest]: [number, number],
): ChartSpec["marks"] {
  const edge = points.find(({ row }) => row.mark === "does not");
  if (edge === undefined) return [];
  const label = outcomeWords(edge.row.outcome, false);
  return finding.find === "fleet"
    ? [{ from: edge.x, to: highest, label }]
    : [{ from: lowest, to: edge.x, label }];
}

function axes(
  { id, target, withinMs }: PlotFrame,
  points: readonly PlotPoint[],
): Pick<ChartSpec, "id" | "xAxis" | "yAxis" | "yLabel" | "xRange" | "yMax" | "target"> {
  const xs = points.map(({ x }) => x);
  const slowestMs = Math.max(0, ...points.map(({ timeMs }) => timeMs ?? 0));
  return {
    id,
    xAxis: "count",
    yAxis: "milliseconds",
    yLabel: `until ${percentReached(target)} are ready`,
    xRange: [Math.max(0.5, Math.min(...xs) / 1.3), Math.max(...xs) * 1.3],
    yMax: Math.max(slowestMs, withinMs ?? 0) * 1.15 || 1,
    target: withinMs === null ? null : { y: withinMs, label: `allowed ${duration(withinMs)}` },
  };
}

/** One array of values for each series, over the same x values. */
function alignedSeries(
  points: readonly PlotPoint[],
  names: readonly string[],
): Pick<ChartSpec, "data" | "series" | "rest"> {
  const ordered = [...points].sort((a, b) => a.x - b.x);
  return {
    data: [
      ordered.map(({ x }) => x),
      ...names.map((name) => ordered.map(({ series, timeMs }) => (series === name ? timeMs : null))),
    ],
    rest: "all points",
    series: names.map((name, i) => ({
      label: visible(name),
      rest: spanOf(ordered.flatMap(({ series, timeMs }) => (series === name ? (timeMs ?? []) : []))),
      colour: i + 1,
      shape: name === OTHERS ? ("points" as const) : ("linked" as const),
      dash: [],
    })),
  };
}

function spanOf(timesMs: readonly number[]): string {
  if (timesMs.length === 0) return "–";
  const [least, most] = [duration(Math.min(...timesMs)), duration(Math.max(...timesMs))];
  return least === most ? least : `${least} to ${most}`;
}
