import type { Histogram } from "hdr-histogram-js";
import {
  histogramTag,
  MESSAGE_METRICS,
  STORM_COUNTERS,
  STORM_METRICS,
  type StormCounter,
  type StormFate,
  type StormMetric,
  stormMetricName,
  type WorkerStormCohort,
} from "../contract.ts";
import { type Histograms, toMicroseconds } from "./histograms.ts";

/** What events add up to for one cohort in one storm; what becomes of its devices is counted by storm/fates.ts. */
export type StormCounts = Omit<WorkerStormCohort, StormFate>;

/** A histogram of one storm and cohort, and the name under which Artillery hears of its values; null where it does not. */
interface Timing {
  histogram: Histogram;
  toArtillery: string | null;
}

/** One storm and cohort. */
interface StormCell {
  readonly counts: StormCounts;
  /** Timings by the place of the metric in STORM_METRICS; null before they are first needed. */
  readonly timings: (Timing | null)[];
}

/** Places of metrics in STORM_METRICS: what is looked up once is not looked up per event. */
export const STORM_METRIC: Readonly<Record<StormMetric, number>> = Object.fromEntries(
  STORM_METRICS.map((metric, place) => [metric, place]),
) as Record<StormMetric, number>;

const READY = STORM_METRIC.ready_time;
const SPREAD = STORM_METRIC.drop_spread;

/** Few storms have these: each is made when it is first needed. */
const RARE: ReadonlySet<StormMetric> = new Set(["detection_time", ...MESSAGE_METRICS]);

/** What storms add up to: by storm and cohort, while the storm's window is open. */
export class StormCells {
  readonly #cohorts: readonly string[];
  readonly #histograms: Histograms;
  readonly #toArtillery: (metric: string, ms: number) => void;
  /** Cells by storm, counted from 1, then by cohort. */
  readonly #storms: (readonly StormCell[])[] = [];
  /** The storm whose window is open, counted from 1; null for none. */
  #open: number | null = null;
  #openCells: readonly StormCell[] = [];
  #latest = 0;

  constructor(
    cohorts: readonly string[],
    histograms: Histograms,
    toArtillery: (metric: string, ms: number) => void,
  ) {
    this.#cohorts = cohorts;
    this.#histograms = histograms;
    this.#toArtillery = toArtillery;
  }

  get open(): number | null {
    return this.#open;
  }

  /** Segment of the run that it is now: 2k - 1 in the window of the k-th storm, 2k after it, 0 before the first. */
  get segment(): number {
    return this.#open === null ? 2 * this.#latest : 2 * this.#open - 1;
  }

  begin(storm: number): void {
    this.#open = storm;
    this.#openCells = this.#cohorts.map((_, cohort) => ({
      counts: {
        selected: 0,
        affected: 0,
        recovered: 0,
        refusedHere: 0,
        ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, 0])) as Record<StormCounter, number>),
      },
      timings: STORM_METRICS.map((metric, place) =>
        RARE.has(metric) ? null : this.#timing(cohort, storm, place),
      ),
    }));
    this.#storms[storm] = this.#openCells;
    this.#latest = storm;
  }

  #timing(cohort: number, storm: number, place: number): Timing {
    const name = stormMetricName(storm, STORM_METRICS[place] as StormMetric);
    const tag = histogramTag(name, this.#cohorts[cohort] as string);
    // The spread of the drops is ours alone.
    return { histogram: this.#histograms.get(tag), toArtillery: place === SPREAD ? null : name };
  }

  end(): void {
    this.#open = null;
    this.#openCells = [];
  }

  selected(cohort: number, storm: number): void {
    const cell = this.#storms[storm]?.[cohort];
    if (cell !== undefined) cell.counts.selected++;
  }

  /** @param spreadMs the time from the storm's planned instant to the loss of this device's connection */
  dropped(cohort: number, storm: number, spreadMs: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.counts.affected++;
    this.#record(cell.timings[SPREAD] as Timing, spreadMs);
  }

  /**
   * An affected device is connected again, is ready again, or has found out that its connection is gone.
   *
   * @param place the metric's place, in STORM_METRIC
   * @param afterwards it counts when the storm's window is over, too
   */
  timed(cohort: number, storm: number, place: number, ms: number, afterwards: boolean = false): void {
    const cell = afterwards ? this.#storms[storm]?.[cohort] : this.#cell(cohort, storm);
    if (cell === undefined) return;
    if (place === READY) cell.counts.recovered++;
    cell.timings[place] ??= this.#timing(cohort, storm, place);
    this.#record(cell.timings[place], ms);
  }

  /** What an affected device did before it was known to be one. */
  caughtUp(cohort: number, storm: number, attempts: number, accepted: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.counts.connectAttempts += attempts;
    cell.counts.connectsAccepted += accepted;
  }

  count(cohort: number, storm: number, counter: StormCounter): void {
    const cell = this.#cell(cohort, storm);
    if (cell !== undefined) cell.counts[counter]++;
  }

  /** An attempt of whichever device that this machine itself refused, while a window is open. */
  refusedHere(cohort: number): void {
    const cell = this.#openCells[cohort];
    if (cell !== undefined) cell.counts.refusedHere++;
  }

  #record({ histogram, toArtillery }: Timing, ms: number): void {
    histogram.recordValue(toMicroseconds(ms));
    if (toArtillery !== null) this.#toArtillery(toArtillery, ms);
  }

  /** The cell of a device that was last hit by `storm`, while that storm's window is open. */
  #cell(cohort: number, storm: number): StormCell | undefined {
    return storm === this.#open ? this.#openCells[cohort] : undefined;
  }

  /** Counts by the name of the cohort; empty where the storm has not come. */
  counts(storm: number): Record<string, StormCounts> {
    const cells = this.#storms[storm] ?? [];
    return Object.fromEntries(
      cells.map(({ counts }, cohort) => [this.#cohorts[cohort] as string, { ...counts }]),
    );
  }

  /** Devices that the storm disconnected. */
  affectedBy(storm: number): number {
    let affected = 0;
    for (const { counts } of this.#storms[storm] ?? []) affected += counts.affected;
    return affected;
  }

  /** Devices that the storm disconnected and that have been ready again. */
  recoveredFrom(storm: number): number {
    let recovered = 0;
    for (const { counts } of this.#storms[storm] ?? []) recovered += counts.recovered;
    return recovered;
  }
}
