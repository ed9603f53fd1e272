/** One plot, as the page hands it to the browser code (charts.ts): data and labels, no decisions left but pixels. */
export interface ChartSpec {
  /** Of the element that holds the plot. */
  id: string;
  /** Spoken instead of the picture. */
  description: string;
  xAxis: "seconds" | "percentile";
  yAxis: "share" | "perSecond" | "milliseconds";
  xLabel: string;
  yLabel: string;
  xRange: [number, number];
  yMax: number;
  /** First the x values, then one array per series. */
  data: (number | null)[][];
  series: ChartSeries[];
  /** A dashed line to reach. */
  target: { y: number; label: string } | null;
  /** Storm windows. */
  marks: { from: number; to: number; label: string }[];
}

export interface ChartSeries {
  label: string;
  /** Which of the style sheet's series colours, from 1; 0 is the text's own. */
  colour: number;
  shape: "line" | "step" | "area";
  /** Lengths of dash and gap: told apart without colour. */
  dash: number[];
}
