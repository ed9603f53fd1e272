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
import { emitGains, emitMessageGains } from "./artillery-metrics.ts";
import { Histograms, toMicroseconds } from "./histograms.ts";
import { MESSAGE_PLACE, MessageCells } from "./message-cells.ts";
import { STORM_METRIC, StormCells } from "./storm-cells.ts";
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
  latency: LatencyMetric | null;
  /** Histograms by cohort. */
  latencies: readonly Histogram[] | null;
  toArtillery: boolean;
  /** The place of the storm's metric. */
  stormMetric: number | null;
  afterwards: boolean;
  /** Everything else that it does; most events do nothing else. */
  more: MoreEffects | null;
}

interface MoreEffects {
  column: number | null;
  /** Names and errors by cohort. */
  named: readonly Record<string, number>[] | null;
  errors: readonly Record<string, number>[] | null;
  /** The place of a count of tracked messages. */
  message: number | null;
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
  /** Null where no messages are tracked. */
  readonly messages: MessageCells | null;
  /** Values by cohort, then by the counter's place. */
  readonly #counterValues: readonly Float64Array[];
  readonly #named: readonly Record<Named, Record<string, number>>[];
  readonly #everOnline: number[];
  /** Effects by the event's place in its table. */
  readonly #effects: readonly Effect[];
  readonly #runEvents: RunEvents;
  readonly #emitted = new Map<string, number>();
  readonly #expected: readonly string[];
  /** Operations that were timed so far. */
  timed = 0;

  /**
   * @param clock epoch milliseconds
   * @param expected names of counters by reason that Artillery is to know from the start
   * @param tracksMessages tracked messages are counted
   */
  constructor(
    cohorts: readonly string[],
    runEvents: RunEvents,
    clock: () => number,
    expected: readonly string[] = [],
    tracksMessages: boolean = false,
  ) {
    this.cohorts = cohorts;
    this.#expected = expected;
    this.#runEvents = runEvents;
    this.timeline = new Timeline(cohorts, clock);
    this.storms = new StormCells(cohorts, this.histograms, (metric, ms) => {
      runEvents.emit("histogram", metric, ms);
    });
    this.messages = tracksMessages ? new MessageCells(cohorts) : null;
    this.#counterValues = cohorts.map(() => new Float64Array(COUNTER_NAMES.length));
    this.#named = cohorts.map(
      () => Object.fromEntries(NAMED.map((table) => [table, {}])) as Record<Named, Record<string, number>>,
    );
    this.#everOnline = cohorts.map(() => 0);
    this.#effects = Object.values(EVENTS).map((event) => this.#effectOf(event));
  }

  #effectOf(event: DeviceEvent): Effect {
    const { counter, addsValue, column, latency, toArtillery, named, error, message } = event;
    const tables = (table: Named): Record<string, number>[] => this.#named.map((one) => one[table]);
    const hasMore =
      column !== null ||
      event.online !== 0 ||
      event.ready !== 0 ||
      event.storm !== null ||
      named !== null ||
      error !== null ||
      message !== null ||
      event.everOnline;
    return {
      counter: counter === null ? null : (COUNTER_PLACES.get(counter) as number),
      addsValue,
      latency,
      latencies:
        latency === null
          ? null
          : this.cohorts.map((cohort) => this.histograms.get(histogramTag(latency, cohort))),
      toArtillery,
      stormMetric: event.stormLatency === null ? null : STORM_METRIC[event.stormLatency],
      afterwards: event.afterwards,
      more: !hasMore
        ? null
        : {
            column: column === null ? null : COLUMN[column],
            named: named === null ? null : tables(named),
            errors: error === null && named !== "errors" ? null : tables("errors"),
            message: message === null ? null : MESSAGE_PLACE[message],
          },
    };
  }

  /** Hears of every event of every device; see device/events.ts. */
  tell(event: DeviceEvent, { cohort }: Subject, storm: number, value: number | null, name: string): void {
    const effect = this.#effects[event.id] as Effect;
    const { counter, latencies, stormMetric, more } = effect;
    if (counter !== null) {
      const counters = this.#counterValues[cohort] as Float64Array;
      counters[counter] = (counters[counter] as number) + (effect.addsValue ? (value ?? 0) : 1);
    }
    if (latencies !== null) {
      const ms = value ?? 0;
      this.timed++;
      (latencies[cohort] as Histogram).recordValue(toMicroseconds(ms));
      if (effect.toArtillery) this.#runEvents.emit("histogram", effect.latency as LatencyMetric, ms);
    }
    if (stormMetric !== null && storm !== 0 && value !== null)
      this.storms.timed(cohort, storm, stormMetric, value, effect.afterwards);
    if (more !== null) this.#tellMore(event, more, cohort, storm, value, name);
  }

  #tellMore(
    event: DeviceEvent,
    { column, named, errors, message }: MoreEffects,
    cohort: number,
    storm: number,
    value: number | null,
    name: string,
  ): void {
    const { online, ready } = event;
    if (online !== 0 || ready !== 0) {
      const isReadyToo = ready === 1 || (ready === -1 && value === 1);
      const counted = event.unlessNamed === name ? null : column;
      this.timeline.change(cohort, counted, online, isReadyToo ? ready : 0);
    } else if (column !== null && (!event.whileOpen || storm === this.storms.open)) {
      this.timeline.count(cohort, column, event.addsValue ? (value ?? 0) : 1);
    }
    if (message !== null) this.messages?.count(cohort, storm, message, event.addsValue ? (value ?? 0) : 1);
    if (storm !== 0 && event.storm !== null) this.storms.count(cohort, storm, event.storm);
    if (named !== null) {
      const names = named[cohort] as Record<string, number>;
      names[name] = (names[name] ?? 0) + 1;
    }
    if (errors !== null)
      this.#countError(event.error, errors[cohort] as Record<string, number>, cohort, name);
    if (event.everOnline) this.#everOnline[cohort] = (this.#everOnline[cohort] as number) + 1;
  }

  /** `error` is null where the event is an error by its own name, which is counted already. */
  #countError(error: string | null, errors: Record<string, number>, cohort: number, name: string): void {
    const told = error === null || error === "{}" ? name : error.replace("{}", name);
    if (error !== null) errors[told] = (errors[told] ?? 0) + 1;
    if (this.storms.open !== null && IS_REFUSED_HERE.has(told)) this.storms.refusedHere(cohort);
  }

  // ---- readers ----------------------------------------------------------------------------------------------------

  /** Devices that are online now. */
  get online(): number {
    return this.cohorts.reduce((sum, _, cohort) => sum + this.timeline.onlineOf(cohort), 0);
  }

  /** What was counted so far. */
  counters(cohort: number): CohortCounts {
    const counters = this.#counterValues[cohort] as Float64Array;
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
    emitGains(all, this.#emitted, this.#runEvents, this.#expected);
    if (this.messages !== null) emitMessageGains(this.messages.read(0), this.#emitted, this.#runEvents);
  }
}
