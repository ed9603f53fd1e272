import type { Histogram } from "hdr-histogram-js";
import type { RunEvents } from "../artillery.ts";
import {
  COUNTER_NAMES,
  type CounterName,
  histogramTag,
  type LatencyMetric,
  REFUSED_HERE,
} from "../contract.ts";
import { type DeviceEvent, EVENTS, NAMED, type Named, type Subject } from "../device/events.ts";
import { emitGains } from "./artillery-metrics.ts";
import { Histograms, toMicroseconds } from "./histograms.ts";
import { StormCells } from "./storm-cells.ts";
import { COLUMN, Timeline } from "./timeline.ts";

/** What is counted for one cohort. */
export interface CohortCounts extends Record<Named, Record<string, number>> {
  counters: Record<CounterName, number>;
  everOnline: number;
}

/** One row of the table of events, with places instead of names: what is looked up once is not looked up per event. */
interface Effect {
  counter: number | null;
  addsValue: boolean;
  column: number | null;
  whileOpen: boolean;
  latencies: readonly Histogram[] | null;
}

const COUNTER_PLACES = new Map(COUNTER_NAMES.map((name, place) => [name, place]));

const IS_REFUSED_HERE: ReadonlySet<string> = new Set(REFUSED_HERE);

/**
 * The one place where events become numbers: counters, HDR histograms, the 100 ms timeline, the counts of the open
 * storm, and Artillery's metrics. Counters reach Artillery as differences, once a second, not once per event.
 */
export class Recorder {
  readonly cohorts: readonly string[];
  readonly histograms: Histograms = new Histograms();
  readonly timeline: Timeline;
  readonly storms: StormCells;
  /** By cohort, then by the counter's place. */
  readonly #counters: readonly Float64Array[];
  readonly #named: readonly Record<Named, Record<string, number>>[];
  readonly #everOnline: number[];
  /** By the event's place in its table. */
  readonly #effects: readonly Effect[];
  readonly #runEvents: RunEvents;
  readonly #emitted = new Map<string, number>();
  /** Operations that were timed so far. */
  timed = 0;

  /** @param clock epoch milliseconds */
  constructor(cohorts: readonly string[], runEvents: RunEvents, clock: () => number) {
    this.cohorts = cohorts;
    this.#runEvents = runEvents;
    this.timeline = new Timeline(cohorts, clock);
    this.storms = new StormCells(cohorts, this.histograms, (metric, ms) => {
      runEvents.emit("histogram", metric, ms);
    });
    this.#counters = cohorts.map(() => new Float64Array(COUNTER_NAMES.length));
    this.#named = cohorts.map(
      () => Object.fromEntries(NAMED.map((table) => [table, {}])) as Record<Named, Record<string, number>>,
    );
    this.#everOnline = cohorts.map(() => 0);
    this.#effects = Object.values(EVENTS).map((event) => this.#effectOf(event));
  }

  #effectOf({ counter, addsValue, column, whileOpen, latency }: DeviceEvent): Effect {
    return {
      counter: counter === null ? null : (COUNTER_PLACES.get(counter) as number),
      addsValue,
      column: column === null ? null : COLUMN[column],
      whileOpen,
      latencies:
        latency === null
          ? null
          : this.cohorts.map((cohort) => this.histograms.get(histogramTag(latency, cohort))),
    };
  }

  /** Hears of every event of every device; see device/events.ts. */
  tell(event: DeviceEvent, { cohort }: Subject, storm: number, value: number | null, name: string): void {
    const { counter, addsValue, column, whileOpen, latencies } = this.#effects[event.id] as Effect;
    if (counter !== null) {
      const counters = this.#counters[cohort] as Float64Array;
      counters[counter] = (counters[counter] as number) + (addsValue ? (value ?? 0) : 1);
    }
    const { online, ready } = event;
    if (online !== 0 || ready !== 0) {
      const isReadyToo = ready === 1 || (ready === -1 && value === 1);
      const counted = column === null || event.unlessNamed === name ? null : column;
      this.timeline.change(cohort, counted, online, isReadyToo ? ready : 0);
    } else if (column !== null && (!whileOpen || storm === this.storms.open)) {
      this.timeline.count(cohort, column);
    }
    if (event.storm !== null && storm !== 0) this.storms.count(cohort, storm, event.storm);
    if (latencies !== null) this.#time(event.latency as LatencyMetric, latencies[cohort], value ?? 0, event);
    if (event.stormLatency !== null && value !== null && storm !== 0) {
      if (event.stormLatency === "ready_time") this.storms.recovered(cohort, storm, value);
      else this.storms.record(cohort, storm, event.stormLatency, value);
    }
    if (event.named !== null) this.#name(cohort, event.named, name);
    if (event.error !== null)
      this.#name(cohort, "errors", event.error === "{}" ? name : event.error.replace("{}", name));
    if (event.everOnline) this.#everOnline[cohort] = (this.#everOnline[cohort] as number) + 1;
  }

  #time(metric: LatencyMetric, histogram: Histogram | undefined, ms: number, event: DeviceEvent): void {
    this.timed++;
    histogram?.recordValue(toMicroseconds(ms));
    if (event.toArtillery) this.#runEvents.emit("histogram", metric, ms);
  }

  #name(cohort: number, table: Named, name: string): void {
    const counts = (this.#named[cohort] as Record<Named, Record<string, number>>)[table];
    counts[name] = (counts[name] ?? 0) + 1;
    if (table === "errors" && this.storms.open !== 0 && IS_REFUSED_HERE.has(name)) {
      this.storms.refusedHere(cohort);
    }
  }

  // ---- readers ----------------------------------------------------------------------------------------------------

  /** Devices that are online now. */
  get online(): number {
    return this.cohorts.reduce((sum, _, cohort) => sum + this.timeline.onlineOf(cohort), 0);
  }

  /** What was counted so far. */
  counters(cohort: number): CohortCounts {
    const counters = this.#counters[cohort] as Float64Array;
    return {
      counters: Object.fromEntries(
        COUNTER_NAMES.map((name, place) => [name, counters[place] as number]),
      ) as Record<CounterName, number>,
      ...(this.#named[cohort] as Record<Named, Record<string, number>>),
      everOnline: this.#everOnline[cohort] as number,
    };
  }

  /** Tells Artillery what the counters gained since the last time. */
  emitCounters(): void {
    const all = this.cohorts.map((_, cohort) => this.counters(cohort));
    emitGains(all, this.#emitted, this.#runEvents);
  }
}
