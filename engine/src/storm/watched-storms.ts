import type { Recorder } from "../capture/recorder.ts";
import { STORM_METRIC } from "../capture/storm-cells.ts";
import type { Device } from "../device/device.ts";
import type { WatchCause } from "./causes/cause.ts";
import { type Loss, type Losses, Onset, OpenStorm } from "./loss-watch.ts";
import type { StormProgress } from "./progress.ts";
import { type StormPlan, storyOnceExpired, storyOnceOpen, titleOf } from "./schedule.ts";
import type { StoryClock } from "./story-clock.ts";

export interface WatchOptions {
  members: Iterable<Device>;
  recorder: Recorder;
  losses: Losses;
  /** No container in which a worker is alive comes before this one. */
  isFirst(): boolean;
  /** True for the first worker of this process that asks, for each storm. */
  claim(storm: number): boolean;
  log(line: string): void;
}

/** The storms that somebody else makes: watches for their losses. */
export class WatchedStorms {
  readonly #options: WatchOptions;
  readonly #clock: StoryClock;
  #stopActing: (() => void) | null = null;

  constructor(options: WatchOptions, clock: StoryClock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** From now on losses belong to the storm, or may open it. */
  watch(progress: StormProgress, cause: WatchCause): void {
    const { losses, recorder, log } = this.#options;
    const { plan } = progress;
    if (cause.opens === "at-once") {
      const startedAtMs = this.#clock.epochAt(plan.atMs);
      const beganMs = this.#clock.monotonicAt(startedAtMs);
      this.#open(progress, startedAtMs, beganMs);
      losses.watch = new OpenStorm(plan.index, beganMs, recorder.storms);
    } else {
      const open = (first: readonly Loss[], nowMs: number): OpenStorm => this.#onset(progress, first, nowMs);
      losses.watch = new Onset(plan.fraction ?? 1, () => recorder.online, open);
      log(`mqtt ${titleOf(plan)}, watching`);
    }
    if (cause.act === null || !this.#options.isFirst()) return;
    if (!this.#options.claim(plan.index)) return;
    this.#stopActing?.();
    this.#stopActing = cause.act(plan, log);
  }

  /** A storm takes no device by itself: those that are lost become its own when they are. */
  #open(progress: StormProgress, startedAtMs: number, beganMs: number): void {
    progress.open(startedAtMs);
    this.#options.losses.stormBegan(progress.plan.index, beganMs);
    for (const device of this.#options.members) device.part.witness(progress.plan.index);
    progress.watchGenerator();
  }

  /** A storm that was watched for is there. `first` are the losses that it began with. */
  #onset(progress: StormProgress, first: readonly Loss[], nowMs: number): OpenStorm {
    const { losses, recorder, log } = this.#options;
    const { plan } = progress;
    const beganMs = first[0]?.lostAtMs ?? nowMs;
    const startedAtMs = this.#clock.epochOf(beganMs);
    this.#open(progress, startedAtMs, beganMs);
    const storm = new OpenStorm(plan.index, beganMs, recorder.storms);
    for (const { device, lostAtMs, readyAtMs, attempts } of first) {
      // It has left the run since: nobody will ask what became of it.
      if (device.state === "ended") continue;
      storm.lost(device, lostAtMs);
      const { cohort } = device;
      const accepted = device.onlineSinceMs > lostAtMs ? 1 : 0;
      recorder.storms.caughtUp(cohort, plan.index, device.attempt.count - attempts, accepted);
      device.part.join(plan.index, lostAtMs, readyAtMs);
      if (readyAtMs !== null)
        recorder.storms.timed(cohort, plan.index, STORM_METRIC.ready_time, readyAtMs - lostAtMs);
    }
    losses.watch = storm;
    const endMs = startedAtMs - this.#clock.timeZeroMs + plan.windowMs;
    this.#clock.goOnWith(storyOnceOpen(this.#clock.left, plan, endMs));
    log(`mqtt ${titleOf(plan)}, has begun`);
    return storm;
  }

  /** A storm that was watched for has not come in time. */
  expire(plan: StormPlan): void {
    this.end();
    this.#clock.goOnWith(storyOnceExpired(this.#clock.left, plan, this.#clock.sinceMs(0)));
    const share = `${Number(((plan.fraction ?? 1) * 100).toPrecision(3))} %`;
    const waited = `${(plan.waitForMs ?? 0) / 1000} s`;
    this.#options.log(
      `mqtt storm ${plan.index}: did not happen: in ${waited} this worker never lost ${share} of its online devices within a second`,
    );
  }

  /** Losses are no storm's any more. */
  end(): void {
    this.#options.losses.watch = null;
  }

  stop(): void {
    this.end();
    this.#stopActing?.();
  }
}
