/** How far figures of a sample may be from those of the fleet that it stands for. Pure. */
import { histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import { addHistograms } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import { count } from "./number-words.ts";
import { rankOf, valueAtRankMs } from "./ranks.ts";
import { devicesDue } from "./recovery.ts";
import type { StormSummary, Summary } from "./summary-schema.ts";

type SampleSummary = NonNullable<NonNullable<Summary["forecast"]>["sample"]>;

/** Of the normal distribution: 95 of 100 are within so many standard deviations. */
const DEVIATIONS = 1.96;

const FIGURES = [50, 90, 99] as const;

/** A forecast, and the errors of its sample where it is one. */
export function forecastSummary(
  { assumptions, sample }: NonNullable<MergedRun["forecast"]>,
  storms: readonly StormSummary[],
  run: MergedRun,
): NonNullable<Summary["forecast"]> {
  if (sample === undefined) return { assumptions, sample: null };
  const errors = storms.flatMap((storm) => errorsOf(storm, run));
  return { assumptions, sample: { ...sample, errors } };
}

/**
 * A percentile of a sample of n devices is one of its order statistics, whose rank scatters by sqrt(n p (1 - p)) about n p
 * (Hahn and Meeker, "Statistical Intervals", section 5.2): the times at both ends of that are the bounds of the fleet's percentile.
 * The last device of a sample says nothing about the last of all.
 */
function errorsOf(storm: StormSummary, run: MergedRun): SampleSummary["errors"] {
  const due = devicesDue(storm);
  if (due === 0) return [];
  const metric = stormMetricName(storm.index, "ready_time");
  const ready = addHistograms(
    Object.keys(storm.cohorts).flatMap((name) => run.histograms.get(histogramTag(metric, name)) ?? []),
  );
  return FIGURES.map((percentile) => {
    const { from, to } = rankBounds(percentile, due);
    return {
      storm: storm.index,
      figure: `${percentile} % ready`,
      fromMs: valueAtRankMs(ready, from),
      toMs: valueAtRankMs(ready, to),
    };
  });
}

/** Ranks, from 1, between which the percentile of the whole is with 95 % confidence. */
export function rankBounds(percentile: number, devices: number): { from: number; to: number } {
  const share = percentile / 100;
  const scatter = DEVIATIONS * Math.sqrt(devices * share * (1 - share));
  const rank = rankOf(percentile, devices);
  return { from: Math.max(1, Math.floor(rank - scatter)), to: Math.min(devices, Math.ceil(rank + scatter)) };
}

/** `100,000 of 10,000,000 devices` and what that means. */
export function sampleSentence({ devices, of }: Pick<SampleSummary, "devices" | "of">): string {
  return `A sample: ${count(devices)} devices stand for ${count(of)}. Counts and rates are those of the sample, times are those of the fleet, as far as its devices do not wait for one another, within the error below.`;
}
