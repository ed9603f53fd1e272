import type { GeneratorWatch, RecoveryStretch } from "../capture/generator-health.ts";
import type { Recorder } from "../capture/recorder.ts";
import {
  type RegionLoad,
  STORM_FATES,
  type WorkerRegion,
  type WorkerStorm,
  type WorkerStormCohort,
} from "../contract.ts";
import type { Device } from "../device/device.ts";
import type { Time } from "../device/port.ts";
import { lastStretchMs } from "../last-stretch.ts";
import type { RegionLoads } from "../region/load.ts";
import type { Regions } from "../region/regions.ts";
import { addFate, type Fates, noFates, type Whereabouts } from "./fates.ts";
import { awayMs, type StormPlan } from "./schedule.ts";

export interface ProgressOptions {
  members: Iterable<Device>;
  recorder: Recorder;
  /** Null where nothing generates load, and so nothing can be late. */
  watch: Pick<GeneratorWatch, "beginRecovery" | "end"> | null;
  /** Null where the script has one target. */
  regions: Regions | null;
  /** The longest that a device waits between two attempts to connect. */
  longestBackoffMs: number;
  /** The devices' clock. */
  time: Time;
}

/** What this worker knows of one storm, and reports of it. */
export class StormProgress {
  readonly plan: StormPlan;
  readonly #options: ProgressOptions;
  #startedAtMs: number | null = null;
  /** On the devices' clock. */
  #openedMs = 0;
  #missedByMs: number | null = null;
  /** Its window was over so long before this worker noticed. */
  #endMissedByMs: number | null = null;
  #isClosed = false;
  #hasFailures = false;
  /** The window ended so long before its time. */
  #endedEarlyMs = 0;
  /** Counts devices that have left the run since the storm came, by cohort. */
  readonly #gone: readonly Fates[];
  /** Counts all devices, by cohort, once the window is over. */
  #fates: Fates[] | null = null;
  #stretch: RecoveryStretch | null = null;
  #health: ReturnType<RecoveryStretch["read"]> | null = null;
  /** What each region had counted when the storm began, and what it gained by the end. */
  #regionsBefore: WorkerRegion[] | null = null;
  #regionsGained: Record<string, WorkerRegion> | null = null;
  /** What each region sustained before it, and what it was offered at the end. */
  #regionsSustained: ReturnType<RegionLoads["sustained"]> = [];
  #regionLoads: Record<string, RegionLoad> | null = null;

  constructor(plan: StormPlan, options: ProgressOptions) {
    this.plan = plan;
    this.#options = options;
    this.#gone = options.recorder.cohorts.map(noFates);
  }

  /** Its window is open. */
  get isOpen(): boolean {
    return this.#startedAtMs !== null && !this.#isClosed;
  }

  /** A flow failed inside the window. */
  get hasFailures(): boolean {
    return this.#hasFailures;
  }

  /** The window ends so long before its time, since all storms have recovered. */
  endEarly(byMs: number): void {
    this.#endedEarlyMs = byMs;
  }

  /** It has devices that were to come back. */
  get hasDue(): boolean {
    return this.#startedAtMs !== null && this.#dueOf(this.#fates ?? this.#fatesNow()) > 0;
  }

  /**
   * What the judge calls recovered at any target: every affected device that is due was back, and every device of the fleet that is due
   * is ready, now or when the window ended. Also where none of this worker's devices was hit. False where the judge could not say.
   */
  get isRecovered(): boolean {
    if (this.#startedAtMs === null || this.#missedByMs !== null || this.#endMissedByMs !== null) return false;
    const { recorder } = this.#options;
    const fates = this.#fates ?? this.#fatesNow();
    const { fleet, fleetReadyAtEnd, fleetLeftByScript, neverReady } = sumOf(fates);
    const isReady = fleetReadyAtEnd === fleet - fleetLeftByScript && neverReady === 0;
    return (
      isReady && recorder.storms.recoveredFrom(this.plan.index) >= this.#dueOf(fates) && !this.#wasBlind()
    );
  }

  #dueOf(fates: readonly Fates[]): number {
    return this.#options.recorder.storms.affectedBy(this.plan.index) - sumOf(fates).leftByScript;
  }

  /** The generator stood still for so long that a window which ended now could not be judged: verdicts want a quarter at most. */
  #wasBlind(): boolean {
    const stall = (this.#health ?? this.#stretch?.read())?.window.eventLoopDelayMs.max ?? 0;
    const windowMs = this.#isClosed ? this.plan.windowMs : this.#options.time.now() - this.#openedMs;
    return stall > windowMs / 4;
  }

  open(startedAtMs: number): void {
    const { recorder, regions } = this.#options;
    this.#startedAtMs = startedAtMs;
    this.#openedMs = this.#options.time.now();
    this.#regionsBefore = regions?.counts.read() ?? null;
    this.#regionsSustained = regions?.loads.sustained() ?? [];
    recorder.storms.begin(this.plan.index);
  }

  /** Called at the end of the pass that cuts the devices: how long that took is the spread of the drops. */
  watchGenerator(): void {
    const { watch, recorder } = this.#options;
    this.#stretch = watch?.beginRecovery(() => recorder.storms.recoveredFrom(this.plan.index)) ?? null;
  }

  /** This worker's turn came so late that it left its devices alone. */
  miss(lateMs: number): void {
    this.#missedByMs = lateMs;
  }

  /** A device leaves the run while the window is open. `failed`: its flow did; else the script wants it to. */
  left(device: Device, failed: boolean): void {
    const { standing } = device.part;
    if (standing.storm !== this.plan.index) return;
    addFate(this.#gone[device.cohort] as Fates, standing, failed ? "failed" : "left");
    if (failed) this.#hasFailures = true;
  }

  /**
   * The window is over. What the devices have not heard yet, they do not know: who stood still sees them as they were before.
   *
   * @param missedByMs this worker noticed it so late that it has not seen its end; null where it was in time
   */
  close(missedByMs: number | null): void {
    const { regions, longestBackoffMs, recorder, time, watch } = this.#options;
    this.#endMissedByMs = missedByMs;
    this.#fates = this.#fatesNow();
    this.#isClosed = true;
    if (regions !== null && this.#regionsBefore !== null) {
      this.#regionsGained = regions.counts.since(this.#regionsBefore);
      const nowMs = time.now();
      const stretchMs = lastStretchMs(
        this.plan.windowMs - this.#endedEarlyMs - awayMs(this.plan),
        longestBackoffMs,
      );
      this.#regionLoads = regions.loads.since(nowMs - stretchMs, nowMs, this.#regionsSustained);
    }
    recorder.storms.end();
    if (this.#stretch !== null) {
      watch?.end(this.#stretch);
      this.#health = this.#stretch.read();
      this.#stretch = null;
    }
  }

  /** What has become of the devices of each cohort by now. */
  #fatesNow(): Fates[] {
    const fates = this.#gone.map((counts) => ({ ...counts }));
    for (const device of this.#options.members) {
      const { standing } = device.part;
      if (standing.storm === this.plan.index)
        addFate(fates[device.cohort] as Fates, standing, whereabouts(device));
    }
    return fates;
  }

  #cohorts(): Record<string, WorkerStormCohort> {
    if (this.#startedAtMs === null) return {};
    const fates = this.#fates ?? this.#fatesNow();
    const counts = Object.entries(this.#options.recorder.storms.counts(this.plan.index));
    return Object.fromEntries(
      counts.map(([name, own], cohort) => [name, { ...own, ...(fates[cohort] as Fates) }]),
    );
  }

  #gainedByRegions(): Record<string, WorkerRegion> | null {
    if (this.#regionsGained !== null || this.#regionsBefore === null) return this.#regionsGained;
    return this.#options.regions?.counts.since(this.#regionsBefore) ?? null;
  }

  /** What the storm did to this worker's devices so far. */
  report(): WorkerStorm {
    const { plan } = this;
    const { messages } = this.#options.recorder;
    const health = this.#health ?? this.#stretch?.read() ?? null;
    const gained = this.#gainedByRegions();
    return {
      index: plan.index,
      ...(plan.name === undefined ? {} : { name: plan.name }),
      cause: plan.cause,
      fraction: plan.fraction,
      atMs: plan.atMs,
      windowMs: plan.windowMs,
      ...(this.#endedEarlyMs === 0 ? {} : { endedEarlyMs: this.#endedEarlyMs }),
      ...(plan.region === undefined ? {} : { region: plan.region.name }),
      ...(plan.cohorts === undefined
        ? {}
        : { onlyCohorts: plan.cohorts.map((cohort) => this.#options.recorder.cohorts[cohort] as string) }),
      ...(plan.overMs === undefined ? {} : { overMs: plan.overMs }),
      ...(plan.outage === undefined ? {} : { outage: plan.outage }),
      ...(gained === null ? {} : { regions: gained }),
      ...(this.#regionLoads === null ? {} : { regionLoads: this.#regionLoads }),
      ...(messages === null ? {} : { messages: messages.read(plan.index) }),
      startedAtMs: this.#startedAtMs,
      missedByMs: this.#missedByMs,
      endMissedByMs: this.#endMissedByMs,
      closed: this.#isClosed,
      cohorts: this.#cohorts(),
      generator: health?.recovery ?? null,
      generatorInWindow: health?.window ?? null,
    };
  }
}

function sumOf(fates: readonly Fates[]): Fates {
  const sum = noFates();
  for (const one of fates) for (const fate of STORM_FATES) sum[fate] += one[fate];
  return sum;
}

function whereabouts(device: Device): Whereabouts {
  if (device.isReady) return "ready";
  if (device.part.outage.isUnaware) return "unaware";
  if (device.state === "stopped") return "stopped";
  return device.wantsToBeOnline ? "out" : "left";
}
