/** How far figures of a sample may be from those of the fleet that it stands for. Pure. */
import {
  HISTOGRAM,
  histogramTag,
  SAMPLE_PERCENTILES,
  type SampleRecord,
  stormMetricName,
} from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { addHistograms } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import { count, duration } from "./number-words.ts";
import { rankOf, valueAtRankMs } from "./ranks.ts";
import { devicesDue, recoveryPercentileMs } from "./recovery.ts";
import type { StormSummary, Summary } from "./summary-schema.ts";

type SampleSummary = NonNullable<NonNullable<Summary["forecast"]>["sample"]>;

/** A forecast, and the errors of its sample where it is one. */
export function forecastSummary(
  { assumptions, sample }: NonNullable<MergedRun["forecast"]>,
  storms: readonly StormSummary[],
  run: MergedRun,
): NonNullable<Summary["forecast"]> {
  if (sample === undefined) return { assumptions, sample: null };
  const { devices, of, pilots } = sample;
  const errors = storms.flatMap((storm) => errorsOf(storm, sample, run));
  return { assumptions, sample: { devices, of, errors, pilots: pilots?.figures[0]?.readyMs.length ?? null } };
}

function errorsOf(storm: StormSummary, sample: SampleRecord, run: MergedRun): SampleSummary["errors"] {
  const due = devicesDue(storm);
  if (due === 0) return [];
  const metric = stormMetricName(storm.index, "ready_time");
  const ready = addHistograms(
    Object.keys(storm.cohorts).flatMap((name) => run.histograms.get(histogramTag(metric, name)) ?? []),
  );
  return SAMPLE_PERCENTILES.map((percentile) => ({
    storm: storm.index,
    figure: `${percentile} % ready`,
    ...(boundsByPilots(recoveryPercentileMs(ready, due, percentile), percentile, storm.index, sample) ??
      boundsByRanks(ready, percentile, due)),
  }));
}

/** Milliseconds; null: not reached, or unknown where the bounds are not known. */
interface Bounds {
  fromMs: number | null;
  toMs: number | null;
  known: boolean;
}

const NOT_REACHED: Bounds = { fromMs: null, toMs: null, known: true };
const NOT_KNOWN: Bounds = { ...NOT_REACHED, known: false };

/** Null where there are no pilots. */
export function boundsByPilots(
  ownMs: number | null,
  percentile: number,
  storm: number,
  { devices, of, resolutionMs = 0, pilots }: SampleRecord,
): Bounds | null {
  const figure = pilots?.figures.find((one) => one.storm === storm && one.percentile === percentile);
  if (pilots === undefined || figure === undefined) return null;
  const known = figure.readyMs.filter((ms) => ms !== null);
  if (ownMs === null && known.length === 0) return NOT_REACHED;
  // What the sample reached and its pilots did not, or they and not it, says nothing about how far either is off.
  if (ownMs === null || known.length < 2) return NOT_KNOWN;
  const sizes = { devices, of, pilotDevices: pilots.devices };
  const { fromMs, toMs } = pilotBounds(ownMs, known, sizes, resolutionMs);
  // One that did not get there is later than all that did.
  return { fromMs, toMs: known.length < figure.readyMs.length ? null : toMs, known: true };
}

/** A value in a histogram may be off by one in its last digit. */
const ROUNDING = 10 ** -HISTOGRAM.significantDigits;

/** Student's t for 95 % and so many pilots, less one; https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm */
const STUDENT_T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365] as const;
const STUDENT_T_OF_MORE = 2.365;

/**
 * Where the fleet's figure is, from a sample's and from those of smaller samples of it. Whether devices wait for one another or not,
 * figures of samples of n devices scatter by c / sqrt(n), so those of the pilots tell c; the whole fleet, one draw itself, scatters too.
 * Where devices wait, a small sample is also late (or early) on the whole, by what falls no faster than 1 / sqrt(n): the difference
 * between the sample and its pilots tells how much of that is left. The resolution comes on top, and what the histogram rounds.
 *
 * @param pilotsMs at least two
 */
export function pilotBounds(
  ownMs: number,
  pilotsMs: readonly number[],
  { devices, of, pilotDevices }: { devices: number; of: number; pilotDevices: number },
  resolutionMs: number,
): { fromMs: number; toMs: number } {
  const mean = pilotsMs.reduce((sum, ms) => sum + ms, 0) / pilotsMs.length;
  const squares = pilotsMs.reduce((sum, ms) => sum + (ms - mean) ** 2, 0);
  const scatterMs =
    Math.sqrt(squares / (pilotsMs.length - 1)) *
    Math.sqrt(pilotDevices / devices) *
    Math.sqrt(1 + devices / of);
  const lateMs = (mean - ownMs) / Math.max(1, Math.sqrt(devices / pilotDevices) - 1);
  const marginMs =
    (STUDENT_T[pilotsMs.length - 2] ?? STUDENT_T_OF_MORE) * scatterMs + resolutionMs + ownMs * ROUNDING;
  return {
    fromMs: Math.max(0, ownMs - Math.max(0, lateMs) - marginMs),
    toMs: ownMs - Math.min(0, lateMs) + marginMs,
  };
}

/** Of the normal distribution: 95 of 100 are within so many standard deviations. */
const DEVIATIONS = 1.96;

/**
 * Without pilots: a percentile of n devices that are independent is one of their order statistics, whose rank scatters by
 * sqrt(n p (1 - p)) about n p (Hahn and Meeker, "Statistical Intervals", section 5.2).
 */
function boundsByRanks(ready: Histogram, percentile: number, due: number): Bounds {
  const { from, to } = rankBounds(percentile, due);
  return { fromMs: valueAtRankMs(ready, from), toMs: valueAtRankMs(ready, to), known: true };
}

/** Ranks, from 1, between which the percentile of the whole is with 95 % confidence. */
export function rankBounds(percentile: number, devices: number): { from: number; to: number } {
  const share = percentile / 100;
  const scatter = DEVIATIONS * Math.sqrt(devices * share * (1 - share));
  const rank = rankOf(percentile, devices);
  return { from: Math.max(1, Math.floor(rank - scatter)), to: Math.min(devices, Math.ceil(rank + scatter)) };
}

/** Both bounds, as people read them. */
export function boundWords({ fromMs, toMs, known }: Bounds): [string, string] {
  return known ? [duration(fromMs), duration(toMs)] : ["not known", "not known"];
}

/** What the bounds are, and what they rest on. */
export function boundsSentence({ pilots }: Pick<SampleSummary, "pilots">): string {
  return pilots === null
    ? "with 95 % confidence, were devices independent, the fleet's figure is between"
    : `the fleet's figure is between, with 95 % confidence as far as ${pilots} smaller samples tell`;
}

/** `100,000 of 10,000,000 devices` and what that means. */
export function sampleSentence({ devices, of }: Pick<SampleSummary, "devices" | "of">): string {
  return `A sample: ${count(devices)} devices stand for ${count(of)}. Counts and rates are those of the sample, times are those of the fleet, within the error below.`;
}
