import type { StormFields, StormSummary, Summary } from "./summary-schema.ts";
import type { Verdict } from "./verdict.ts";

/** A figure of a storm, measured and forecast, in milliseconds; null: not reached. */
export interface AccuracyFigure {
  name: string;
  measuredMs: number | null;
  forecastMs: number | null;
  /** Forecast over measured, less 1; null where one of them was not reached. */
  error: number | null;
}

/** How far the forecast of one storm is from what was measured. */
export interface StormAccuracy {
  storm: number;
  figures: AccuracyFigure[];
  verdict: { measured: Verdict | null; forecast: Verdict | null };
  /** In the measured run the generator was the bottleneck inside the window. */
  generatorSaturated: boolean;
}

const FIGURES = [
  ["50 % ready", "p50"],
  ["90 % ready", "p90"],
  ["99 % ready", "p99"],
  ["100 % ready", "max"],
] as const satisfies (readonly [string, keyof StormFields["readyMs"]])[];

/** Storms are matched by their number; one that only one of the runs has is left out. */
export function accuracyOf(measured: Summary, forecast: Summary): StormAccuracy[] {
  return forecast.storms.flatMap((one) => {
    const other = measured.storms.find(({ index }) => index === one.index);
    return other === undefined ? [] : stormAccuracy(other, one);
  });
}

function stormAccuracy(measured: StormSummary, forecast: StormSummary): StormAccuracy {
  return {
    storm: forecast.index,
    figures: FIGURES.map(([name, percentile]) => {
      const [measuredMs, forecastMs] = [measured.readyMs[percentile], forecast.readyMs[percentile]];
      const isKnown = measuredMs !== null && forecastMs !== null && measuredMs > 0;
      return { name, measuredMs, forecastMs, error: isKnown ? forecastMs / measuredMs - 1 : null };
    }),
    verdict: { measured: measured.verdict, forecast: forecast.verdict },
    generatorSaturated: measured.generatorSaturated,
  };
}

/** `+3.4 %`; a dash where one of both was not reached, `as measured` where neither was. */
export function errorWords({ measuredMs, forecastMs, error }: AccuracyFigure): string {
  if (error !== null) return `${error < 0 ? "" : "+"}${(error * 100).toFixed(1)} %`;
  return measuredMs === null && forecastMs === null ? "as measured" : "-";
}
