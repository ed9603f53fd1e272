/** One plot, as the page hands it to the browser code (charts.ts): data and labels, no decisions left but pixels. */
export interface ChartSpec {
  /** Names the element that holds the plot. */
  id: string;
  /** Is spoken instead of the picture. */
  description: string;
  /** The last two are logarithmic. */
  xAxis: "seconds" | "percentile" | "count";
  yAxis: "share" | "perSecond" | "count" | "milliseconds";
  xLabel: string;
  yLabel: string;
  xRange: [number, number];
  yMax: number;
  /** The x values come first, then one array per series. */
  data: (number | null)[][];
  series: ChartSeries[];
  /** A dashed line to reach. */
  target: { y: number; label: string } | null;
  /** Storm windows. */
  marks: { from: number; to: number; label: string }[];
  /** Words beside points. */
  notes?: { x: number; y: number; text: string }[];
  /** Series are rows of cells, the first at the bottom, and values are colours. Absent where they are curves. */
  cells?: CellScale;
  /** Absent where x is no time that other charts share. */
  time?: TimeAxis;
  /** What the legend's values are of while nobody points at the chart, such as "whole run". */
  rest?: string;
}

/** How values become colours. */
export interface CellScale {
  /** A value stands for so much of the x axis, half of it before its x. */
  width: number;
  /** Ascending ends of the steps that have a colour each: from the first to the second, and so on. */
  bounds: number[];
}

/** An axis of time that charts of a page have in common: they are zoomed, and pointed at, as one. Seconds. */
export interface TimeAxis {
  name: string;
  /** Where this chart's x = 0 lies in the run; null where it lies in several places. */
  zeroS: number | null;
  /** Stretches in which nothing happens, ascending: narrow, unless a view shows them to scale. */
  folds: [number, number][];
  /** The first is shown at first. */
  views: TimeView[];
}

export interface TimeView {
  label: string;
  /** Null shows all there is. */
  range: [number, number] | null;
  isFolded: boolean;
}

export interface ChartSeries {
  label: string;
  /** What tells most of it, in few words: stands in the legend while nobody points at the chart. */
  rest?: string;
  /** Says which of the style sheet's series colours it has, from 1; 0 is the text's own. */
  colour: number;
  /** `points`: one mark for each value; `linked`: the same, with a line from one to the next. */
  shape: "line" | "step" | "area" | "points" | "linked";
  /** Lengths of dash and gap, so that series are told apart without colour. */
  dash: number[];
}
