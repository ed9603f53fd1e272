import { type Outcome, PERCENTILES, type Percentile, type StormOutcome } from "./outcome.ts";

/** A forecast may be so far from what was measured, as a share of it. */
export const TOLERANCE = 0.15;

/** One storm of one pair. Times are milliseconds. */
export interface StormAccuracy {
  index: number;
  affected: number;
  times: Record<Percentile, TimeAccuracy>;
  measuredVerdict: string;
  forecastVerdict: string;
  /** Both say the same. */
  verdictsAgree: boolean;
  /** All three times are within `TOLERANCE`, or both were not reached. */
  isWithin: boolean;
}

export interface TimeAccuracy {
  measuredMs: number | null;
  forecastMs: number | null;
  /** (forecast - measured) / measured; 0 where neither was reached, null where one was not. */
  error: number | null;
}

export interface PairAccuracy {
  storms: StormAccuracy[];
  isWithin: boolean;
  verdictsAgree: boolean;
}

/** Holds what was forecast against what was measured. A storm that one of them does not have is in neither. */
export function accuracyOf(measured: Outcome, forecast: Outcome): PairAccuracy {
  const storms = measured.storms.flatMap((one) => {
    const other = forecast.storms.find(({ index }) => index === one.index);
    return other === undefined ? [] : [stormAccuracy(one, other)];
  });
  return {
    storms,
    isWithin: storms.length > 0 && storms.every(({ isWithin }) => isWithin),
    verdictsAgree: storms.length > 0 && storms.every(({ verdictsAgree }) => verdictsAgree),
  };
}

function stormAccuracy(measured: StormOutcome, forecast: StormOutcome): StormAccuracy {
  const times = Object.fromEntries(
    PERCENTILES.map((name) => [name, timeAccuracy(measured.readyMs[name], forecast.readyMs[name])]),
  ) as Record<Percentile, TimeAccuracy>;
  return {
    index: measured.index,
    affected: measured.affected,
    times,
    measuredVerdict: measured.verdict,
    forecastVerdict: forecast.verdict,
    verdictsAgree: measured.verdict === forecast.verdict,
    isWithin: PERCENTILES.every((name) => isWithin(times[name])),
  };
}

function timeAccuracy(measuredMs: number | null, forecastMs: number | null): TimeAccuracy {
  if (measuredMs === null && forecastMs === null) return { measuredMs, forecastMs, error: 0 };
  const error = measuredMs === null || forecastMs === null ? null : (forecastMs - measuredMs) / measuredMs;
  return { measuredMs, forecastMs, error };
}

export function isWithin({ error }: Pick<TimeAccuracy, "error">, tolerance: number = TOLERANCE): boolean {
  return error !== null && Math.abs(error) <= tolerance;
}
