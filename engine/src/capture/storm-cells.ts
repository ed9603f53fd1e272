import type { Histogram } from "hdr-histogram-js";
import {
  histogramTag,
  STORM_COUNTERS,
  type StormCounter,
  type StormFate,
  type StormMetric,
  stormMetricName,
  type WorkerStormCohort,
} from "../contract.ts";
import { type Histograms, toMicroseconds } from "./histograms.ts";

/** What events add up to for one cohort in one storm; what becomes of its devices is counted by storm/fates.ts. */
export type StormCounts = Omit<WorkerStormCohort, StormFate>;

/** One storm and cohort. Histograms are made when they are first recorded to. */
class StormCell {
  readonly counts: StormCounts = {
    selected: 0,
    affected: 0,
    recovered: 0,
    refusedHere: 0,
    ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, 0])) as Record<StormCounter, number>),
  };
  readonly histograms: Partial<Record<StormMetric, Histogram>> = {};
}

/** Artillery hears of these; the spread of the drops is ours alone. */
const ARTILLERY_METRICS: ReadonlySet<StormMetric> = new Set([
  "reconnect_time",
  "ready_time",
  "detection_time",
]);

/** What storms add up to: by storm and cohort, while the storm's window is open. */
export class StormCells {
  readonly #cohorts: readonly string[];
  readonly #histograms: Histograms;
  readonly #toArtillery: (metric: string, ms: number) => void;
  /** By storm, from 1, then by cohort. */
  readonly #storms: StormCell[][] = [];
  /** The storm whose window is open, from 1; 0 for none. */
  #open = 0;
  #openCells: readonly StormCell[] = [];

  constructor(
    cohorts: readonly string[],
    histograms: Histograms,
    toArtillery: (metric: string, ms: number) => void,
  ) {
    this.#cohorts = cohorts;
    this.#histograms = histograms;
    this.#toArtillery = toArtillery;
  }

  /** 0 for none. */
  get open(): number {
    return this.#open;
  }

  begin(storm: number): void {
    this.#open = storm;
    this.#openCells = this.#cohorts.map(() => new StormCell());
    this.#storms[storm] = this.#openCells as StormCell[];
    // Those of every storm are there from its begin on, whether or not anything is recorded to them.
    for (const metric of ["reconnect_time", "ready_time", "drop_spread"] as const) {
      this.#openCells.forEach((cell, cohort) => void this.#histogram(cell, cohort, storm, metric));
    }
  }

  end(): void {
    this.#open = 0;
    this.#openCells = [];
  }

  selected(cohort: number, storm: number): void {
    const cell = this.#storms[storm]?.[cohort];
    if (cell !== undefined) cell.counts.selected++;
  }

  /** @param spreadMs from the storm's planned instant to the loss of this device's connection */
  dropped(cohort: number, storm: number, spreadMs: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.counts.affected++;
    this.record(cohort, storm, "drop_spread", spreadMs);
  }

  /** An affected device is ready again. */
  recovered(cohort: number, storm: number, ms: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.counts.recovered++;
    this.record(cohort, storm, "ready_time", ms);
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

  record(cohort: number, storm: number, metric: StormMetric, ms: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    this.#histogram(cell, cohort, storm, metric).recordValue(toMicroseconds(ms));
    if (ARTILLERY_METRICS.has(metric)) this.#toArtillery(stormMetricName(storm, metric), ms);
  }

  #histogram(cell: StormCell, cohort: number, storm: number, metric: StormMetric): Histogram {
    cell.histograms[metric] ??= this.#histograms.get(
      histogramTag(stormMetricName(storm, metric), this.#cohorts[cohort] as string),
    );
    return cell.histograms[metric];
  }

  /** Those of a device that was last hit by `storm`, while that storm's window is open. */
  #cell(cohort: number, storm: number): StormCell | undefined {
    return storm !== 0 && storm === this.#open ? this.#openCells[cohort] : undefined;
  }

  /** By the name of the cohort; empty where the storm has not come. */
  counts(storm: number): Record<string, StormCounts> {
    const cells = this.#storms[storm] ?? [];
    return Object.fromEntries(
      cells.map(({ counts }, cohort) => [this.#cohorts[cohort] as string, { ...counts }]),
    );
  }

  /** Devices that the storm disconnected and that have been ready again. */
  recoveredFrom(storm: number): number {
    let recovered = 0;
    for (const { counts } of this.#storms[storm] ?? []) recovered += counts.recovered;
    return recovered;
  }
}
