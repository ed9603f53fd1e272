import type { Histogram } from "hdr-histogram-js";
import type { RunEvents } from "../artillery.ts";
import {
  COUNTER_NAMES,
  COUNTERS,
  type CounterName,
  histogramTag,
  LATENCY_METRICS,
  type LatencyMetric,
  REFUSED_HERE,
  STORM_COUNTERS,
  type StormCounter,
  type StormFate,
  type StormMetric,
  stormMetricName,
  type WorkerStormCohort,
} from "../contract.ts";
import type { DeviceEvents, DisconnectCause } from "../device/port.ts";
import { Histograms, toMicroseconds } from "./histograms.ts";
import { EVENT, Timeline } from "./timeline.ts";

/** What is counted for one cohort. */
interface CohortCounts {
  counters: Record<CounterName, number>;
  disconnects: Record<string, number>;
  refused: Record<string, number>;
  serverDisconnects: Record<string, number>;
  errors: Record<string, number>;
  everOnline: number;
}

/** `detection_time` is only made when it is needed: few storms are silent. */
const CELL_METRICS = ["reconnect_time", "ready_time", "drop_spread"] as const satisfies StormMetric[];
type CellMetric = (typeof CELL_METRICS)[number];

/** What events add up to for one cohort in one storm; what becomes of its devices is counted by storm/fates.ts. */
export type StormCounts = Omit<WorkerStormCohort, StormFate>;

interface StormCell {
  counts: StormCounts;
  histograms: Record<CellMetric, Histogram>;
}

/** Counters whose Artillery name takes a reason or cause. */
const SPLIT: ReadonlySet<CounterName> = new Set(["connectsRefused", "disconnects", "serverDisconnects"]);

const IS_REFUSED_HERE: ReadonlySet<string> = new Set(REFUSED_HERE);

/** Artillery histograms of a storm; the spread of the drops is ours alone. */
const ARTILLERY_STORM_METRICS: ReadonlySet<StormMetric> = new Set(["reconnect_time", "ready_time"]);

/**
 * The one place where events become numbers: counters, HDR histograms, the 100 ms timeline, the counts of the open
 * storm, and Artillery's metrics. Counters reach Artillery as differences, once a second, not once per event.
 */
export class Recorder implements DeviceEvents {
  readonly cohorts: readonly string[];
  readonly histograms: Histograms = new Histograms();
  readonly timeline: Timeline;
  readonly #counts: CohortCounts[];
  readonly #latency: Map<LatencyMetric, Histogram[]> = new Map();
  readonly #storms: StormCell[][] = [];
  readonly #runEvents: RunEvents;
  readonly #emitted = new Map<string, number>();
  /** The storm whose window is open, from 1; 0 for none. */
  #openStorm = 0;
  /** Operations that were timed so far. */
  timed = 0;

  constructor(cohorts: readonly string[], runEvents: RunEvents, clock: () => number) {
    this.cohorts = cohorts;
    this.#runEvents = runEvents;
    this.timeline = new Timeline(cohorts, clock);
    this.#counts = cohorts.map(() => ({
      counters: Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Record<CounterName, number>,
      disconnects: {},
      refused: {},
      serverDisconnects: {},
      errors: {},
      everOnline: 0,
    }));
    for (const metric of Object.values(LATENCY_METRICS)) {
      this.#latency.set(
        metric,
        cohorts.map((cohort) => this.histograms.get(histogramTag(metric, cohort))),
      );
    }
  }

  // ---- storms -----------------------------------------------------------------------------------------------------

  openStorm(index: number): void {
    this.#openStorm = index;
    this.#storms[index] = this.cohorts.map((cohort) => ({
      counts: {
        selected: 0,
        affected: 0,
        recovered: 0,
        refusedHere: 0,
        ...(Object.fromEntries(STORM_COUNTERS.map((name) => [name, 0])) as Record<StormCounter, number>),
      },
      histograms: Object.fromEntries(
        CELL_METRICS.map((metric) => [
          metric,
          this.histograms.get(histogramTag(stormMetricName(index, metric), cohort)),
        ]),
      ) as Record<CellMetric, Histogram>,
    }));
  }

  closeStorm(): void {
    this.#openStorm = 0;
  }

  stormSelected(cohort: number, storm: number): void {
    const cell = this.#storms[storm]?.[cohort];
    if (cell) cell.counts.selected++;
  }

  /** `spreadMs` from the storm's planned instant to the loss of this device's connection. */
  stormDropped(cohort: number, storm: number, spreadMs: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.counts.affected++;
    cell.histograms.drop_spread.recordValue(toMicroseconds(spreadMs));
  }

  /** An affected device is ready again. */
  stormReady(cohort: number, storm: number, ms: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.counts.recovered++;
    this.#stormLatency(cohort, storm, "ready_time", ms);
  }

  /** What an affected device did before it was known to be one. */
  stormCaughtUp(cohort: number, storm: number, attempts: number, accepted: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.counts.connectAttempts += attempts;
    cell.counts.connectsAccepted += accepted;
  }

  /** By the name of the cohort; empty where the storm has not come. */
  stormCounts(storm: number): Record<string, StormCounts> {
    const cells = this.#storms[storm] ?? [];
    return Object.fromEntries(
      cells.map((cell, cohort) => [this.cohorts[cohort] as string, { ...cell.counts }]),
    );
  }

  /** Devices that the storm disconnected and that have been ready again. */
  recoveredFrom(storm: number): number {
    let recovered = 0;
    for (const { counts } of this.#storms[storm] ?? []) recovered += counts.recovered;
    return recovered;
  }

  /** The cell of a device that was last hit by `storm`, while that storm's window is open. */
  #cell(cohort: number, storm: number): StormCell | undefined {
    return storm !== 0 && storm === this.#openStorm ? this.#storms[storm]?.[cohort] : undefined;
  }

  // ---- events of devices ------------------------------------------------------------------------------------------

  connectAttempt(cohort: number, storm: number): void {
    this.#count(cohort, "connectAttempts");
    this.timeline.count(cohort, EVENT.connect_attempts);
    this.#stormCount(cohort, storm, "connectAttempts");
  }

  tcpOpened(cohort: number, ms: number): void {
    this.#record(cohort, LATENCY_METRICS.tcp, ms);
  }

  tlsOpened(cohort: number, ms: number, resumed: boolean): void {
    this.#count(cohort, resumed ? "tlsResumed" : "tlsFull");
    this.#latencyOf(cohort, resumed ? LATENCY_METRICS.tlsResumed : LATENCY_METRICS.tlsFull, ms);
  }

  websocketOpened(cohort: number, ms: number): void {
    this.#record(cohort, LATENCY_METRICS.websocket, ms);
  }

  connectAccepted(cohort: number, storm: number, connectMs: number, connackMs: number, first: boolean): void {
    this.#count(cohort, "connectsAccepted");
    this.timeline.connected(cohort);
    this.#stormCount(cohort, storm, "connectsAccepted");
    this.#record(cohort, LATENCY_METRICS.connack, connackMs);
    this.#latencyOf(cohort, LATENCY_METRICS.connect, connectMs);
    if (first) (this.#counts[cohort] as CohortCounts).everOnline++;
  }

  connectRefused(cohort: number, reason: string): void {
    this.#count(cohort, "connectsRefused");
    this.timeline.count(cohort, EVENT.connects_refused);
    const counts = this.#counts[cohort] as CohortCounts;
    counts.refused[reason] = (counts.refused[reason] ?? 0) + 1;
    this.error(cohort, reason);
  }

  connectOverload(cohort: number): void {
    this.#count(cohort, "connectsOverload");
  }

  redirected(cohort: number): void {
    this.#count(cohort, "connectsRedirected");
  }

  serverDisconnected(cohort: number, reason: string): void {
    this.#count(cohort, "serverDisconnects");
    const { serverDisconnects } = this.#counts[cohort] as CohortCounts;
    serverDisconnects[reason] = (serverDisconnects[reason] ?? 0) + 1;
    this.error(cohort, `disconnect.${reason}`);
  }

  reconnected(cohort: number, storm: number, ms: number): void {
    this.#stormLatency(cohort, storm, "reconnect_time", ms);
  }

  becameReady(cohort: number, storm: number, ms: number | null): void {
    this.timeline.becameReady(cohort);
    if (ms !== null) this.stormReady(cohort, storm, ms);
  }

  disconnected(cohort: number, cause: DisconnectCause, wasReady: boolean): void {
    this.timeline.disconnected(cohort, cause !== "finished", wasReady);
    this.#countDisconnect(cohort, cause);
  }

  silenced(cohort: number, wasReady: boolean): void {
    this.timeline.disconnected(cohort, true, wasReady);
  }

  silenceOver(cohort: number, storm: number, cause: DisconnectCause, ms: number | null): void {
    this.#countDisconnect(cohort, cause);
    if (ms === null || this.#cell(cohort, storm) === undefined) return;
    const metric = stormMetricName(storm, "detection_time");
    this.histograms.get(histogramTag(metric, this.cohorts[cohort] as string)).recordValue(toMicroseconds(ms));
    this.#runEvents.emit("histogram", metric, ms);
  }

  #countDisconnect(cohort: number, cause: DisconnectCause): void {
    this.#count(cohort, "disconnects");
    const counts = this.#counts[cohort] as CohortCounts;
    counts.disconnects[cause] = (counts.disconnects[cause] ?? 0) + 1;
  }

  subscribeSent(cohort: number): void {
    this.#count(cohort, "subscribes");
  }

  subscribeSkipped(cohort: number): void {
    this.#count(cohort, "subscribesSkipped");
  }

  subscribed(cohort: number, ms: number): void {
    this.#latencyOf(cohort, LATENCY_METRICS.subscribe, ms);
  }

  publishSent(cohort: number): void {
    this.#count(cohort, "publishesSent");
  }

  publishAcknowledged(cohort: number, ms: number): void {
    this.#latencyOf(cohort, LATENCY_METRICS.publish, ms);
  }

  publishReceived(cohort: number): void {
    this.#count(cohort, "publishesReceived");
  }

  configRequest(cohort: number, storm: number): void {
    this.#count(cohort, "configRequests");
    this.timeline.count(cohort, EVENT.config_requests);
    this.#stormCount(cohort, storm, "configRequests");
  }

  configResponse(cohort: number, storm: number, ms: number): void {
    this.#count(cohort, "configResponses");
    this.timeline.count(cohort, EVENT.config_responses);
    this.#stormCount(cohort, storm, "configResponses");
    this.#latencyOf(cohort, LATENCY_METRICS.config, ms);
  }

  configTimeout(cohort: number, storm: number): void {
    this.#count(cohort, "configTimeouts");
    this.timeline.count(cohort, EVENT.config_timeouts);
    this.#stormCount(cohort, storm, "configTimeouts");
  }

  configRejected(cohort: number): void {
    this.#count(cohort, "configRejected");
    this.error(cohort, "config_rejected");
  }

  lateResponse(cohort: number, storm: number): void {
    this.#count(cohort, "lateResponses");
    this.timeline.count(cohort, EVENT.late_responses);
    this.#stormCount(cohort, storm, "lateResponses");
  }

  stormConnect(cohort: number, storm: number): void {
    this.#stormEvent(cohort, storm, EVENT.storm_connects);
  }

  stormRequest(cohort: number, storm: number): void {
    this.#stormEvent(cohort, storm, EVENT.storm_requests);
  }

  stormBack(cohort: number, storm: number): void {
    this.#stormEvent(cohort, storm, EVENT.storm_ready);
  }

  #stormEvent(cohort: number, storm: number, event: number): void {
    if (storm === this.#openStorm) this.timeline.count(cohort, event);
  }

  error(cohort: number, name: string): void {
    const { errors } = this.#counts[cohort] as CohortCounts;
    errors[name] = (errors[name] ?? 0) + 1;
    if (this.#openStorm !== 0 && IS_REFUSED_HERE.has(name)) {
      const cell = this.#storms[this.#openStorm]?.[cohort];
      if (cell !== undefined) cell.counts.refusedHere++;
    }
  }

  bytesSent(cohort: number, bytes: number): void {
    (this.#counts[cohort] as CohortCounts).counters.bytesSent += bytes;
  }

  bytesReceived(cohort: number, bytes: number): void {
    (this.#counts[cohort] as CohortCounts).counters.bytesReceived += bytes;
  }

  #count(cohort: number, name: CounterName): void {
    (this.#counts[cohort] as CohortCounts).counters[name]++;
  }

  #stormCount(cohort: number, storm: number, name: StormCounter): void {
    const cell = this.#cell(cohort, storm);
    if (cell !== undefined) cell.counts[name]++;
  }

  #stormLatency(cohort: number, storm: number, metric: CellMetric, ms: number): void {
    const cell = this.#cell(cohort, storm);
    if (cell === undefined) return;
    cell.histograms[metric].recordValue(toMicroseconds(ms));
    if (ARTILLERY_STORM_METRICS.has(metric)) {
      this.#runEvents.emit("histogram", stormMetricName(storm, metric), ms);
    }
  }

  #record(cohort: number, metric: LatencyMetric, ms: number): void {
    this.timed++;
    (this.#latency.get(metric) as Histogram[])[cohort]?.recordValue(toMicroseconds(ms));
  }

  /** A latency that Artillery hears of as well. */
  #latencyOf(cohort: number, metric: LatencyMetric, ms: number): void {
    this.#record(cohort, metric, ms);
    this.#runEvents.emit("histogram", metric, ms);
  }

  // ---- readers ----------------------------------------------------------------------------------------------------

  /** Devices that are online now. */
  get online(): number {
    return this.cohorts.reduce((sum, _, cohort) => sum + this.timeline.onlineOf(cohort), 0);
  }

  counters(cohort: number): CohortCounts {
    return this.#counts[cohort] as CohortCounts;
  }

  /** Tells Artillery what the counters gained since the last time. */
  emitCounters(): void {
    const totals = new Map<string, number>();
    const add = (name: string, value: number): void => {
      totals.set(name, (totals.get(name) ?? 0) + value);
    };
    for (const { counters, refused, disconnects, serverDisconnects } of this.#counts) {
      for (const name of COUNTER_NAMES) {
        if (!SPLIT.has(name)) add(COUNTERS[name], counters[name]);
      }
      for (const [reason, value] of Object.entries(refused))
        add(`${COUNTERS.connectsRefused}.${reason}`, value);
      for (const [cause, value] of Object.entries(disconnects))
        add(`${COUNTERS.disconnects}.${cause}`, value);
      for (const [reason, value] of Object.entries(serverDisconnects))
        add(`${COUNTERS.serverDisconnects}.${reason}`, value);
    }
    for (const [name, total] of totals) {
      const gained = total - (this.#emitted.get(name) ?? 0);
      if (gained === 0) continue;
      this.#emitted.set(name, total);
      this.#runEvents.emit("counter", name, gained);
    }
  }
}
