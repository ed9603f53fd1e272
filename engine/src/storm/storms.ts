import type { GeneratorWatch, HealthStretch } from "../capture/generator-health.ts";
import type { Recorder } from "../capture/recorder.ts";
import type { GeneratorHealth, WorkerRegion, WorkerStorm } from "../contract.ts";
import type { FleetMember } from "../device/fleet.ts";
import { containerKey, type WorkerShare } from "../device/identity.ts";
import type { Regions } from "../region/regions.ts";
import { CAUSES } from "./causes/index.ts";
import { type StormEvent, type StormPlan, storyOf } from "./schedule.ts";
import { type RosterEntry, selectionLimit, stormKey } from "./selection.ts";

export interface StormsOptions {
  plans: readonly StormPlan[];
  seed: number;
  share: WorkerShare;
  members: Iterable<FleetMember>;
  recorder: Recorder;
  watch: GeneratorWatch;
  /** Null where the script has one target. */
  regions: Regions | null;
  /** All workers of the run that are known by now, this one included. */
  roster(): readonly RosterEntry[];
  /** Epoch milliseconds. */
  wallClock(): number;
  /** Monotonic milliseconds; the devices' clock. */
  monotonic(): number;
  log(line: string): void;
  onOver(): void;
}

interface Progress {
  startedAtMs: number | null;
  closed: boolean;
  stretch: HealthStretch | null;
  health: GeneratorHealth | null;
  /** The largest key that the storm hits; -1 until its devices are chosen. */
  limit: number;
  /** What each region had counted when the storm began, and what it gained by the end. */
  regionsBefore: WorkerRegion[] | null;
  regionsGained: Record<string, WorkerRegion> | null;
}

/** Runs the storms of a script on this worker's devices, from time zero on. */
export class Storms {
  readonly #options: StormsOptions;
  readonly #story: StormEvent[];
  readonly #progress: Progress[];
  #nextEvent = 0;
  #timeZeroMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #over = false;

  constructor(options: StormsOptions) {
    this.#options = options;
    this.#story = storyOf(options.plans);
    this.#progress = options.plans.map(() => ({
      startedAtMs: null,
      closed: false,
      stretch: null,
      health: null,
      limit: -1,
      regionsBefore: null,
      regionsGained: null,
    }));
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Starts, or moves what has not happened yet: workers may still agree on an earlier time zero. */
  setTimeZero(epochMs: number): void {
    this.#timeZeroMs = epochMs;
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#nextEvent = this.#story.length;
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const event = this.#story[this.#nextEvent];
    if (event === undefined) return;
    const delayMs = Math.max(0, this.#timeZeroMs + event.atMs - this.#options.wallClock());
    this.#timer = setTimeout(() => this.#happen(event), Math.min(delayMs, MAX_TIMEOUT_MS));
  }

  #happen(event: StormEvent): void {
    // Node's timers may fire up to a millisecond early, and the longest delay is 24.8 days.
    if (this.#options.wallClock() < this.#timeZeroMs + event.atMs) {
      this.#arm();
      return;
    }
    this.#nextEvent++;
    switch (event.kind) {
      case "prepare":
        this.#choose(event.storm);
        break;
      case "begin":
        this.#begin(event.storm);
        break;
      case "restore":
        if (event.storm.region !== undefined) this.#options.regions?.restore(event.storm.region.index);
        break;
      case "end":
        this.#end(event.storm);
        break;
      case "over":
        this.#over = true;
        this.#options.onOver();
    }
    this.#arm();
  }

  #choose(plan: StormPlan): void {
    const { seed } = this.#options;
    // Kept per storm: the devices of the next may be chosen before this one begins.
    const progress = this.#progress[plan.index - 1] as Progress;
    progress.limit = selectionLimit(seed, plan.index, plan.fraction, this.#options.roster());
  }

  /** Drops all chosen devices of this worker in one synchronous pass. */
  #begin(plan: StormPlan): void {
    const { recorder, members, share, seed, watch, regions, monotonic, wallClock, log } = this.#options;
    const progress = this.#progress[plan.index - 1] as Progress;
    // Devices may have arrived since they were chosen from.
    if (progress.limit < 0) this.#choose(plan);
    progress.startedAtMs = this.#timeZeroMs + plan.atMs;
    progress.stretch = watch.begin();
    recorder.openStorm(plan.index);
    progress.regionsBefore = regions?.counts.read() ?? null;
    const { region } = plan;
    if (region !== undefined) regions?.lose(region.index);
    const container = containerKey(share.container);
    const { limit } = progress;
    const plannedMs = monotonic() - (wallClock() - progress.startedAtMs);
    const cause = CAUSES[plan.cause];
    let dropped = 0;
    for (const { device, cohort } of members) {
      const isHit =
        region === undefined
          ? stormKey(seed, plan.index, container, device.number) <= limit
          : device.region === region.index;
      if (!isHit) continue;
      recorder.stormSelected(cohort, plan.index);
      const lostAtMs = cause.cut(device, plan.index);
      if (Number.isNaN(lostAtMs)) continue;
      recorder.stormDropped(cohort, plan.index, Math.max(0, lostAtMs - plannedMs));
      dropped++;
    }
    const tookMs = Math.round(monotonic() - plannedMs);
    log(
      `mqtt storm ${plan.index}: ${plan.cause}, ${dropped} devices of this worker dropped within ${tookMs} ms`,
    );
  }

  #end(plan: StormPlan): void {
    const progress = this.#progress[plan.index - 1] as Progress;
    progress.closed = true;
    const { regions } = this.#options;
    if (regions !== null && progress.regionsBefore !== null) {
      progress.regionsGained = regions.counts.since(progress.regionsBefore);
    }
    this.#options.recorder.closeStorm();
    if (progress.stretch !== null) {
      this.#options.watch.end(progress.stretch);
      progress.health = progress.stretch.read();
      progress.stretch = null;
    }
  }

  /** What each storm did to this worker's devices so far. */
  report(): WorkerStorm[] {
    return this.#options.plans.map((plan, i) => {
      const progress = this.#progress[i] as Progress;
      const { startedAtMs, closed, stretch, health, regionsBefore } = progress;
      const gained =
        progress.regionsGained ??
        (regionsBefore === null ? null : (this.#options.regions?.counts.since(regionsBefore) ?? null));
      return {
        index: plan.index,
        cause: plan.cause,
        fraction: plan.fraction,
        atMs: plan.atMs,
        windowMs: plan.windowMs,
        ...(plan.region === undefined ? {} : { region: plan.region.name }),
        ...(gained === null ? {} : { regions: gained }),
        startedAtMs,
        closed,
        cohorts: this.#options.recorder.stormCounts(plan.index),
        generator: health ?? stretch?.read() ?? null,
      };
    });
  }
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;
