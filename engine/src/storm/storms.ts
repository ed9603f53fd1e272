import type { WorkerStorm } from "../contract.ts";
import type { Device } from "../device/device.ts";
import { CAUSES } from "./causes/index.ts";
import { type CutOptions, CutStorms } from "./cut-storms.ts";
import { type ProgressOptions, StormProgress } from "./progress.ts";
import type { RecoveryBoard } from "./recovery-board.ts";
import {
  LOOK_MS,
  lookAfter,
  restMs,
  type StormEvent,
  type StormPlan,
  storyEndingAt,
  storyOf,
  storyWith,
  titleOf,
} from "./schedule.ts";
import { StoryClock, type StoryTime } from "./story-clock.ts";
import { WatchedStorms, type WatchOptions } from "./watched-storms.ts";

export interface StormsOptions extends StoryTime, CutOptions, WatchOptions, ProgressOptions {
  plans: readonly StormPlan[];
  /** Where the run ends when all storms have recovered; null where it goes on to its planned end. */
  earlyEnd: EarlyEnd | null;
  onOver(): void;
}

export interface EarlyEnd {
  /** What the workers of this process tell one another. */
  board: RecoveryBoard;
  /** All devices must have been ready for so long. */
  settleMs: number;
}

/** Runs the storms of a script on this worker's devices, from time zero on. */
export class Storms {
  readonly #options: StormsOptions;
  readonly #progress: readonly StormProgress[];
  readonly #clock: StoryClock;
  readonly #cut: CutStorms;
  readonly #watched: WatchedStorms;
  /** This worker's place among those that look. */
  readonly #place: number;
  #isOver = false;

  constructor(options: StormsOptions) {
    this.#options = options;
    this.#progress = options.plans.map((plan) => new StormProgress(plan, options));
    this.#clock = new StoryClock(options, storyOf(options.plans, options.earlyEnd !== null), (event) =>
      this.#happen(event),
    );
    this.#cut = new CutStorms(options, this.#clock);
    this.#watched = new WatchedStorms(options, this.#clock);
    this.#place = options.earlyEnd?.board.join() ?? 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Starts, or moves what has not happened yet: workers may still agree on an earlier time zero. */
  setTimeZero(epochMs: number): void {
    this.#clock.setTimeZero(epochMs);
  }

  /** There will be no time zero: nothing happens to these devices any more. */
  abandon(): void {
    this.#cut.stop();
    this.#clock.stop();
    this.#isOver = true;
    this.#options.onOver();
  }

  /** A device leaves the run. `failed`: its flow did; else the script wants it to. */
  left(device: Device, failed: boolean): void {
    this.#openOne()?.left(device, failed);
  }

  /** @param allLeft every device has left: where the script said so, there is nothing more to watch */
  stop(allLeft: boolean): void {
    const open = this.#openOne();
    if (allLeft && open !== null && !open.hasFailures) this.#end(open, 0);
    this.#clock.stop();
    this.#watched.stop();
    this.#cut.stop();
    this.#options.earlyEnd?.board.leave(this.#place);
  }

  /** The storm whose window is open; null for none. */
  #openOne(): StormProgress | null {
    return this.#progress.find(({ isOpen }) => isOpen) ?? null;
  }

  #progressOf({ index }: StormPlan): StormProgress {
    return this.#progress[index - 1] as StormProgress;
  }

  #happen(event: StormEvent): void {
    switch (event.kind) {
      case "prepare":
        this.#cut.prepare(event.storm);
        break;
      case "begin":
        this.#begin(this.#progressOf(event.storm));
        break;
      case "expire":
        this.#watched.expire(event.storm);
        break;
      case "restore":
        if (event.storm.region !== undefined) this.#options.regions?.restore(event.storm.region.index);
        break;
      case "look":
        if (this.#options.earlyEnd !== null) this.#look(event.storm, event.atMs, this.#options.earlyEnd);
        break;
      case "end":
        this.#end(this.#progressOf(event.storm), this.#clock.sinceMs(event.atMs));
        break;
      case "over":
        this.#isOver = true;
        this.#options.onOver();
    }
  }

  /** A worker that comes late skips what it has missed: all look at the same instants. */
  #look(last: StormPlan, atMs: number, { board, settleMs }: EarlyEnd): void {
    const lateMs = this.#clock.sinceMs(atMs);
    const lookAtMs = atMs + Math.floor(lateMs / LOOK_MS) * LOOK_MS;
    const storms = this.#progress.filter(({ hasDue }) => hasDue).map(({ plan }) => plan.index);
    const isAtRest = lookAtMs >= last.atMs + restMs(last);
    const isWell = isAtRest && this.#progress.every(({ isRecovered }) => isRecovered);
    const settle = Math.ceil(settleMs / LOOK_MS);
    const found = board.put(
      this.#place,
      lookAtMs / LOOK_MS,
      { isWell, storms },
      this.#progress.length,
      settle,
    );
    if (found === null) {
      this.#clock.thenGoOnWith(storyWith(this.#clock.left, lookAfter(last, lookAtMs)));
      return;
    }
    const endMs = found.end * LOOK_MS;
    const plannedMs = this.#clock.left.find(({ kind }) => kind === "end")?.atMs ?? endMs;
    if (plannedMs <= endMs) return;
    this.#progressOf(last).endEarly(plannedMs - endMs);
    this.#clock.thenGoOnWith(storyEndingAt(this.#clock.left, endMs));
    if (found.isFirst) this.#options.log(endedEarlyLine(this.#progress.length, plannedMs - endMs, settleMs));
  }

  #begin(progress: StormProgress): void {
    const cause = CAUSES[progress.plan.cause];
    const lateMs = this.#clock.sinceMs(progress.plan.atMs);
    const isBound = cause.kind === "cut" || cause.opens === "at-once";
    if (isBound && lateMs > LATEST_MS) this.#miss(progress, lateMs);
    else if (cause.kind === "cut") this.#cut.cut(progress, cause);
    else this.#watched.watch(progress, cause);
  }

  /** Devices that are cut long after all others, or when their window is over, would be a storm of their own. */
  #miss(progress: StormProgress, lateMs: number): void {
    const { index } = progress.plan;
    progress.miss(lateMs);
    this.#clock.goOnWith(
      this.#clock.left.filter((event) => event.kind === "over" || event.storm.index !== index),
    );
    this.#options.log(
      `mqtt ${titleOf(progress.plan)}, missed: this worker's turn came ${Math.round(lateMs)} ms after its instant; none of its devices was touched`,
    );
  }

  #end(progress: StormProgress, lateMs: number): void {
    progress.close(lateMs > LATEST_MS ? lateMs : null);
    this.#watched.end();
  }

  /** What each storm did to this worker's devices so far. */
  report(): WorkerStorm[] {
    return this.#progress.map((progress) => progress.report());
  }
}

function endedEarlyLine(storms: number, earlyMs: number, settleMs: number): string {
  const which = storms === 1 ? "the storm has" : `all ${storms} storms have`;
  return `mqtt: ${which} recovered, and every device was ready for ${settleMs / 1000} s: the run ends ${Math.round(earlyMs / 1000)} s early`;
}

/** A worker whose turn comes later than this after a storm's instant leaves its devices alone, and after its end has not seen it. */
const LATEST_MS = 1000;
