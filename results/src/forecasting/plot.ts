import { count, duration, percentReached } from "../judge/number-words.ts";
import type { ChartSpec } from "../report/chart-spec.ts";
import { type Figure, figure } from "../report/figure.ts";
import { visible } from "../report/html.ts";
import type { CapacityFinding, Finding, FleetFinding, PolicyFinding } from "./finding.ts";
import { type Row, rowsOf } from "./rows.ts";
import { outcomeWords, serverName } from "./words.ts";

/** The time to recover against what was searched, or against the load; null where nothing recovered. */
export function plotOf(finding: Finding): Figure | null {
  const points = finding.find === "policy" ? policyPoints(finding) : searchPoints(finding);
  if (points.every(({ timeMs }) => timeMs === null)) return null;
  return finding.find === "policy" ? policyPlot(finding, points) : searchPlot(finding, points);
}

interface Point {
  series: string;
  x: number;
  timeMs: number | null;
  row: Row;
}

function policyPoints(finding: PolicyFinding): Point[] {
  return rowsOf(finding).map((row) => ({
    series: row.mark === "frontier" ? FRONTIER : OTHERS,
    x: Math.max(1, row.outcome.peak.connectsPerS),
    timeMs: row.holds ? row.outcome.readyMs.target : null,
    row,
  }));
}

function searchPoints(finding: FleetFinding | CapacityFinding): Point[] {
  return rowsOf(finding).map((row) => ({
    series: row.policy,
    x: Math.max(1, finding.find === "fleet" ? row.outcome.affected : (row.value ?? 0)),
    timeMs: row.holds ? row.outcome.readyMs.target : null,
    row,
  }));
}

const FRONTIER = "frontier";
const OTHERS = "other policies";

function policyPlot(finding: PolicyFinding, points: readonly Point[]): Figure {
  const shown = points.filter(({ timeMs }) => timeMs !== null);
  const hidden = points.length - shown.length;
  return figure(
    "Time to recover against peak load",
    `Each point is a policy that recovers: the further to the left, the lighter for the broker; the lower, the faster. No other is as fast and as light as those of the frontier, which are named.${hidden === 0 ? "" : ` ${count(hidden)} that do not recover have no point.`}`,
    {
      ...axes(finding, shown),
      xLabel: "peak connects per second",
      ...alignedSeries(shown, [FRONTIER, OTHERS]),
      marks: [],
      notes: frontierNotes(shown),
    },
    null,
  );
}

/** Where several stand on the same point, the first is named. */
function frontierNotes(points: readonly Point[]): NonNullable<ChartSpec["notes"]> {
  const named = points.filter(({ row }) => row.mark === "frontier");
  return [...Map.groupBy(named, ({ x, timeMs }) => `${x} ${timeMs}`).values()].flatMap(
    ([first, ...others]) => {
      if (first === undefined) return [];
      const more = others.length === 0 ? "" : ` and ${others.length} more`;
      return [{ x: first.x, y: first.timeMs ?? 0, text: `${visible(first.row.policy)}${more}` }];
    },
  );
}

function searchPlot(finding: FleetFinding | CapacityFinding, points: readonly Point[]): Figure {
  const of = finding.find === "fleet" ? "loss" : "capacity";
  const names = finding.searches.map(({ policy }) => policy);
  const plotAxes = axes(finding, points);
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
  points: readonly Point[],
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
  { question }: Finding,
  points: readonly Point[],
): Pick<ChartSpec, "id" | "xAxis" | "yAxis" | "yLabel" | "xRange" | "yMax" | "target"> {
  const xs = points.map(({ x }) => x);
  const slowestMs = Math.max(0, ...points.map(({ timeMs }) => timeMs ?? 0));
  return {
    id: "plot-find",
    xAxis: "count",
    yAxis: "milliseconds",
    yLabel: `until ${percentReached(question.target)} are ready`,
    xRange: [Math.max(0.5, Math.min(...xs) / 1.3), Math.max(...xs) * 1.3],
    yMax: Math.max(slowestMs, question.withinMs ?? 0) * 1.15 || 1,
    target:
      question.withinMs === null
        ? null
        : { y: question.withinMs, label: `allowed ${duration(question.withinMs)}` },
  };
}

/** One array of values for each series, over the same x values. */
function alignedSeries(
  points: readonly Point[],
  names: readonly string[],
): Pick<ChartSpec, "data" | "series"> {
  const ordered = [...points].sort((a, b) => a.x - b.x);
  return {
    data: [
      ordered.map(({ x }) => x),
      ...names.map((name) => ordered.map(({ series, timeMs }) => (series === name ? timeMs : null))),
    ],
    series: names.map((name, i) => ({
      label: visible(name),
      colour: i + 1,
      shape: name === OTHERS ? ("points" as const) : ("linked" as const),
      dash: [],
    })),
  };
}
