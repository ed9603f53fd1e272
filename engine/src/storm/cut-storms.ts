import type { Recorder } from "../capture/recorder.ts";
import type { Device } from "../device/device.ts";
import { type Container, indexOf } from "../device/identity.ts";
import type { Time } from "../device/port.ts";
import type { Regions } from "../region/regions.ts";
import type { CutCause } from "./causes/cause.ts";
import { CAUSES } from "./causes/index.ts";
import { Drain, type DrainEntry } from "./drain.ts";
import type { Losses } from "./loss-watch.ts";
import type { StormProgress } from "./progress.ts";
import { type StormPlan, titleOf } from "./schedule.ts";
import { chosenKeys, type Population, populationKey, selectionLimit, stormKey } from "./selection.ts";
import type { StoryClock } from "./story-clock.ts";

export interface CutOptions {
  seed: number;
  container: Container;
  members: Iterable<Device>;
  /** Goes through the devices that a storm may hit; through `members`, at once, unless given. */
  walk?: Walk | undefined;
  recorder: Recorder;
  losses: Losses;
  /** Null where the script has one target. */
  regions: Regions | null;
  /**
   * The devices of all containers that are known, this one first: as they are now, or as they were when the first worker of this
   * process asked for a storm. Where `cohorts` are given, those of each of them by themselves.
   */
  populations(storm: number | null, cohorts: readonly number[] | null): readonly Population[];
  /** The devices' clock. */
  time: Time;
  /** The same clock, for timers that other workers do not set at the same instant. */
  ownTime: Time;
  log(line: string): void;
}

/**
 * One pass over a worker's devices, in the order of their arrival: `visit` hears of each, then `over` is called. Workers that live in
 * one clock go together, for their devices are to act in the order in which those of a single worker would.
 */
export type Walk = (visit: (device: Device) => void, over: () => void) => void;

/** What a storm hits of this container's devices: those whose key is not above `limit`; none where that is null. */
interface Choice {
  limit: number | null;
  /** By cohort where it is for some of them; of the whole fleet the first alone. */
  own: readonly (OwnPopulation | undefined)[];
  /** The keys of all devices of the fleet that it hits, in order; null where the order does not matter. */
  order: Float64Array | null;
  /** What it was made from. */
  populations: string;
}

/** The first `devices` devices. */
interface OwnPopulation {
  key: number;
  devices: number;
}

/** The storms that the engine itself makes: chooses their devices, and cuts them. */
export class CutStorms {
  readonly #options: CutOptions;
  readonly #clock: StoryClock;
  /** Kept per storm: the devices of the next may be chosen before this one begins. */
  readonly #prepared = new Map<StormPlan, Choice>();
  /** The last one. */
  #drain: Drain | null = null;

  constructor(options: CutOptions, clock: StoryClock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Called half a second before the storm: in a large fleet the choice takes a while. */
  prepare(plan: StormPlan): void {
    if (plan.fraction === null || CAUSES[plan.cause].kind !== "cut") return;
    this.#prepared.set(plan, this.#choose(plan, this.#options.populations(null, plan.cohorts ?? null)));
  }

  #choose({ index, fraction, cohorts, overMs }: StormPlan, populations: readonly Population[]): Choice {
    const { seed } = this.#options;
    const own: OwnPopulation[] = [];
    for (const { container, devices, cohort } of populations.slice(0, cohorts?.length ?? 1))
      own[cohort ?? 0] = { key: populationKey(container, cohort), devices };
    const limit = selectionLimit(seed, index, fraction ?? 0, populations);
    return {
      limit,
      own,
      order: overMs === undefined ? null : chosenKeys(seed, index, limit, populations),
      populations: JSON.stringify(populations),
    };
  }

  /** Called at the storm's instant: devices may have arrived since it was prepared. */
  #choiceNow(plan: StormPlan): Choice {
    const prepared = this.#prepared.get(plan);
    const populations = this.#options.populations(plan.index, plan.cohorts ?? null);
    return prepared?.populations === JSON.stringify(populations) ? prepared : this.#choose(plan, populations);
  }

  /** Nobody is cut any more. */
  stop(): void {
    this.#drain?.stop();
  }

  /** Cuts all chosen devices of this worker in one synchronous pass, or lays down when each of them is cut. */
  cut(progress: StormProgress, cause: CutCause): void {
    const { regions, time, log, losses } = this.#options;
    const { plan } = progress;
    // The loss of a region chooses by region.
    const choice = plan.region === undefined ? this.#choiceNow(plan) : null;
    const startedAtMs = this.#clock.epochAt(plan.atMs);
    progress.open(startedAtMs);
    if (plan.region !== undefined) regions?.lose(plan.region.index);
    const plannedMs = this.#clock.monotonicAt(startedAtMs);
    losses.stormBegan(plan.index, plannedMs);
    const said = `mqtt ${titleOf(plan)}`;
    if (plan.overMs !== undefined && choice?.order) {
      this.#beginDrain(plan, cause, { ...choice, order: choice.order }, plannedMs, (due) => {
        progress.watchGenerator();
        log(`${said}, ${due} devices of this worker to be dropped over ${(plan.overMs ?? 0) / 1000} s`);
      });
      return;
    }
    this.#pass(plan, cause, choice, plannedMs, (dropped) => {
      const tookMs = Math.round(time.now() - plannedMs);
      progress.watchGenerator();
      log(`${said}, ${dropped} devices of this worker dropped within ${tookMs} ms`);
    });
  }

  /** @param over hears how many devices lost their connection */
  #pass(
    plan: StormPlan,
    cause: CutCause,
    choice: Choice | null,
    plannedMs: number,
    over: (dropped: number) => void,
  ): void {
    const { recorder, walk = this.#walk } = this.#options;
    const { index, region } = plan;
    let dropped = 0;
    const visit = (device: Device): void => {
      const isHit =
        choice === null ? device.region === region?.index : this.#keyOf(choice, plan, device) !== null;
      if (isHit) recorder.storms.selected(device.cohort, index);
      const { isArriving } = device;
      if (isHit && this.#take(plan, cause, device, plannedMs)) dropped++;
      // The cause may have ended a device's first attempt: that one has no part in the storm all the same.
      else if (!isArriving) device.part.witness(index);
    };
    walk(visit, () => over(dropped));
  }

  /** Until its time has come a device is a witness as all others are. A timer for each: it stands in for that of its back-off. */
  #beginDrain(
    plan: StormPlan,
    cause: CutCause,
    choice: Choice & { order: Float64Array },
    plannedMs: number,
    over: (due: number) => void,
  ): void {
    const { recorder, ownTime, walk = this.#walk } = this.#options;
    const drain = new Drain(choice.order, plannedMs, plan.overMs ?? 0, (device, dueMs) => {
      this.#take(plan, cause, device, dueMs);
    });
    this.#drain = drain;
    const nowMs = ownTime.now();
    let due = 0;
    const visit = (device: Device): void => {
      if (!device.isArriving) device.part.witness(plan.index);
      const key = this.#keyOf(choice, plan, device);
      if (key === null) return;
      recorder.storms.selected(device.cohort, plan.index);
      due++;
      const one = drain.add(device, key);
      ownTime.wakeIdle(Math.max(0, one.dueMs - nowMs), takeOne, drain, one);
    };
    walk(visit, () => over(due));
  }

  /** Its time, monotonic milliseconds, has come. True where it had a connection to lose. */
  #take(plan: StormPlan, cause: CutCause, device: Device, dueMs: number): boolean {
    const { index, outage } = plan;
    if (outage !== undefined) device.part.deprive(outage.of, dueMs + outage.forMs);
    const lostAtMs = cause.cut(device, plan);
    if (lostAtMs === null) {
      if (outage !== undefined) device.part.interrupt(outage.of);
      return false;
    }
    this.#options.recorder.storms.dropped(device.cohort, index, Math.max(0, lostAtMs - dueMs));
    return true;
  }

  readonly #walk: Walk = (visit, over) => {
    for (const device of this.#options.members) visit(device);
    over();
  };

  /** Null where the storm does not hit it. */
  #keyOf({ limit, own }: Choice, { index, cohorts }: StormPlan, device: Device): number | null {
    const { seed, container } = this.#options;
    const population = own[cohorts === undefined ? 0 : device.cohort];
    if (limit === null || population === undefined) return null;
    const number = cohorts === undefined ? device.number : device.numberInCohort;
    if (indexOf(container, number) >= population.devices) return null;
    const key = stormKey(seed, index, population.key, number);
    return key <= limit ? key : null;
  }
}

function takeOne(drain: Drain, one: DrainEntry): void {
  drain.take(one);
}
