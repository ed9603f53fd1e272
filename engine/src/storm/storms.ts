import type { GeneratorWatch, RecoveryStretch } from "../capture/generator-health.ts";
import type { Recorder } from "../capture/recorder.ts";
import { STORM_METRIC } from "../capture/storm-cells.ts";
import type { RegionLoad, WorkerRegion, WorkerStorm, WorkerStormCohort } from "../contract.ts";
import type { Device } from "../device/device.ts";
import type { FleetMember } from "../device/fleet-member.ts";
import { containerKey } from "../device/identity.ts";
import type { Time } from "../device/port.ts";
import { lastStretchMs } from "../last-stretch.ts";
import type { RegionLoads } from "../region/load.ts";
import type { Regions } from "../region/regions.ts";
import type { CutCause, WatchCause } from "./causes/cause.ts";
import { CAUSES } from "./causes/index.ts";
import { addFate, type Fates, noFates, type Whereabouts } from "./fates.ts";
import { type Loss, type Losses, Onset, OpenStorm } from "./loss-watch.ts";
import { type StormEvent, type StormPlan, storyOf, storyOnceExpired, storyOnceOpen } from "./schedule.ts";
import { isFirstContainer, type Population, selectionLimit, stormKey } from "./selection.ts";

export interface StormsOptions {
  plans: readonly StormPlan[];
  seed: number;
  container: string;
  members: Iterable<FleetMember>;
  recorder: Recorder;
  losses: Losses;
  watch: GeneratorWatch;
  /** Null where the script has one target. */
  regions: Regions | null;
  /** The longest that a device waits between two attempts to connect. */
  longestBackoffMs: number;
  /**
   * The devices of all containers that are known, this one first: as they are now, or as they were when the first worker of this
   * process asked for a storm.
   */
  populations(storm: number | null): readonly Population[];
  /** Containers in which another worker is alive; this one may be among them. */
  containers(): readonly string[];
  /** True for the first worker of this process that asks, for each storm. */
  claim(storm: number): boolean;
  /** Epoch milliseconds. */
  wallClock(): number;
  /** The devices' clock. */
  time: Time;
  log(line: string): void;
  onOver(): void;
}

interface Progress {
  startedAtMs: number | null;
  missedByMs: number | null;
  closed: boolean;
  /** Of devices that have left the run since the storm came, by cohort. */
  gone: Fates[];
  /** Of all devices, by cohort, once the window is over. */
  fates: Fates[] | null;
  /** Its window was over so long before this worker noticed. */
  endMissedByMs: number | null;
  /** A flow failed inside the window. */
  hasFailures: boolean;
  stretch: RecoveryStretch | null;
  health: ReturnType<RecoveryStretch["read"]> | null;
  /** Which devices it hits; null until they are chosen. */
  choice: Choice | null;
  /** What each region had counted when the storm began, and what it gained by the end. */
  regionsBefore: WorkerRegion[] | null;
  regionsGained: Record<string, WorkerRegion> | null;
  /** What each region sustained before it, and what it was offered at the end. */
  regionsSustained: ReturnType<RegionLoads["sustained"]>;
  regionLoads: Record<string, RegionLoad> | null;
}

/** The devices that a storm hits: numbers below `devices` whose key is not above `limit`. */
interface Choice {
  limit: number;
  devices: number;
  /** What it was made from. */
  populations: string;
}

/** The loss of a region chooses by region. */
const NOBODY = { limit: -1, devices: 0 };

/** Runs the storms of a script on this worker's devices, from time zero on. */
export class Storms {
  readonly #options: StormsOptions;
  readonly #progress: Progress[];
  /** What is left to happen. */
  #story: StormEvent[];
  #stopActing: (() => void) | null = null;
  #timeZeroMs = 0;
  #timer: object | null = null;
  #over = false;

  constructor(options: StormsOptions) {
    this.#options = options;
    this.#story = storyOf(options.plans);
    this.#progress = options.plans.map(() => ({
      startedAtMs: null,
      missedByMs: null,
      endMissedByMs: null,
      hasFailures: false,
      closed: false,
      gone: options.recorder.cohorts.map(noFates),
      fates: null,
      stretch: null,
      health: null,
      choice: null,
      regionsBefore: null,
      regionsGained: null,
      regionsSustained: [],
      regionLoads: null,
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

  /** A device leaves the run. `failed`: its flow did; else the script wants it to. */
  left({ device, cohort }: FleetMember, failed: boolean): void {
    const plan = this.#openPlan();
    if (plan === null || device.part.standing.storm !== plan.index) return;
    const progress = this.#progress[plan.index - 1] as Progress;
    addFate(progress.gone[cohort] as Fates, device.part.standing, failed ? "failed" : "left");
    if (failed) progress.hasFailures = true;
  }

  /** @param allLeft every device has left: where the script said so, there is nothing more to watch */
  stop(allLeft: boolean): void {
    const open = this.#openPlan();
    if (allLeft && open !== null && !this.#progress[open.index - 1]?.hasFailures) this.#end(open, 0);
    this.#disarm();
    this.#story = [];
    this.#options.losses.watch = null;
    this.#stopActing?.();
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.time.cancel(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    this.#disarm();
    const [event] = this.#story;
    if (event === undefined) return;
    const delayMs = Math.max(0, this.#timeZeroMs + event.atMs - this.#options.wallClock());
    this.#timer = this.#options.time.wake(Math.min(delayMs, LONGEST_WAIT_MS), onDue, this, event);
  }

  /** The time of an event may have come. */
  due(event: StormEvent): void {
    this.#timer = null;
    // Node's timers may fire up to a millisecond early, and the longest wait may not be long enough.
    if (this.#options.wallClock() < this.#timeZeroMs + event.atMs) {
      this.#arm();
      return;
    }
    this.#story.shift();
    switch (event.kind) {
      case "prepare":
        this.#prepare(event.storm);
        break;
      case "begin":
        this.#begin(event.storm);
        break;
      case "expire":
        this.#expire(event.storm);
        break;
      case "restore":
        if (event.storm.region !== undefined) this.#options.regions?.restore(event.storm.region.index);
        break;
      case "end":
        this.#end(event.storm, this.#options.wallClock() - (this.#timeZeroMs + event.atMs));
        break;
      case "over":
        this.#over = true;
        this.#options.onOver();
    }
    this.#arm();
  }

  /** The storm whose window is open; null for none. */
  #openPlan(): StormPlan | null {
    const isOpen = ({ startedAtMs, closed }: Progress): boolean => startedAtMs !== null && !closed;
    return this.#options.plans[this.#progress.findIndex(isOpen)] ?? null;
  }

  /** What has become of the devices of each cohort by now. */
  #fatesOf({ index }: StormPlan, { gone }: Progress): Fates[] {
    const fates = gone.map((counts) => ({ ...counts }));
    for (const { device, cohort } of this.#options.members) {
      if (device.part.standing.storm === index)
        addFate(fates[cohort] as Fates, device.part.standing, whereabouts(device));
    }
    return fates;
  }

  /** Half a second before the storm: of a large fleet the choice takes a while. */
  #prepare(plan: StormPlan): void {
    if (plan.fraction === null || CAUSES[plan.cause].kind !== "cut") return;
    // Kept per storm: the devices of the next may be chosen before this one begins.
    const progress = this.#progress[plan.index - 1] as Progress;
    progress.choice = this.#choose(plan, this.#options.populations(null));
  }

  #choose({ index, fraction }: StormPlan, populations: readonly Population[]): Choice {
    return {
      limit: selectionLimit(this.#options.seed, index, fraction ?? 0, populations),
      devices: populations[0]?.devices ?? 0,
      populations: JSON.stringify(populations),
    };
  }

  /** At the storm's instant. Devices may have arrived since it was prepared. */
  #choiceNow(plan: StormPlan): Choice {
    const { choice } = this.#progress[plan.index - 1] as Progress;
    const populations = this.#options.populations(plan.index);
    return choice?.populations === JSON.stringify(populations) ? choice : this.#choose(plan, populations);
  }

  #begin(plan: StormPlan): void {
    const cause = CAUSES[plan.cause];
    const lateMs = this.#options.wallClock() - (this.#timeZeroMs + plan.atMs);
    const isBound = cause.kind === "cut" || cause.opens === "at-once";
    if (isBound && lateMs > LATEST_MS) this.#miss(plan, lateMs);
    else if (cause.kind === "cut") this.#cut(plan, cause);
    else this.#watch(plan, cause);
  }

  /** Devices that are cut long after all others, or when their window is over, would be a storm of their own. */
  #miss(plan: StormPlan, lateMs: number): void {
    (this.#progress[plan.index - 1] as Progress).missedByMs = lateMs;
    this.#story = this.#story.filter((event) => event.kind === "over" || event.storm.index !== plan.index);
    this.#options.log(
      `mqtt storm ${plan.index}: ${plan.cause}, missed: this worker's turn came ${Math.round(lateMs)} ms after its instant; none of its devices was touched`,
    );
  }

  #open(plan: StormPlan, startedAtMs: number): void {
    const progress = this.#progress[plan.index - 1] as Progress;
    progress.startedAtMs = startedAtMs;
    progress.regionsBefore = this.#options.regions?.counts.read() ?? null;
    progress.regionsSustained = this.#options.regions?.loads.sustained() ?? [];
    this.#options.recorder.storms.begin(plan.index);
  }

  /** Epoch milliseconds on the devices' clock. */
  #monotonicAt(epochMs: number): number {
    return this.#options.time.now() - (this.#options.wallClock() - epochMs);
  }

  /** Cuts all chosen devices of this worker in one synchronous pass. */
  #cut(plan: StormPlan, cause: CutCause): void {
    const { recorder, members, seed, regions, time, log } = this.#options;
    const { region } = plan;
    const { limit, devices } = region === undefined ? this.#choiceNow(plan) : NOBODY;
    const startedAtMs = this.#timeZeroMs + plan.atMs;
    this.#open(plan, startedAtMs);
    if (region !== undefined) regions?.lose(region.index);
    const container = containerKey(this.#options.container);
    const plannedMs = this.#monotonicAt(startedAtMs);
    let dropped = 0;
    for (const { device, cohort } of members) {
      const isHit =
        region === undefined
          ? device.number < devices && stormKey(seed, plan.index, container, device.number) <= limit
          : device.region === region.index;
      if (isHit) recorder.storms.selected(cohort, plan.index);
      const { isArriving } = device;
      const lostAtMs = isHit ? cause.cut(device, plan.index) : null;
      if (lostAtMs === null) {
        // The cause may have ended a device's first attempt: that one has no part in the storm all the same.
        if (!isArriving) device.part.witness(plan.index);
        continue;
      }
      recorder.storms.dropped(cohort, plan.index, Math.max(0, lostAtMs - plannedMs));
      dropped++;
    }
    const tookMs = Math.round(time.now() - plannedMs);
    this.#watchGenerator(plan);
    log(
      `mqtt storm ${plan.index}: ${plan.cause}, ${dropped} devices of this worker dropped within ${tookMs} ms`,
    );
  }

  /** From now on losses belong to the storm, or may open it. */
  #watch(plan: StormPlan, cause: WatchCause): void {
    const { losses, recorder, container, log } = this.#options;
    if (cause.opens === "at-once") {
      const startedAtMs = this.#timeZeroMs + plan.atMs;
      this.#open(plan, startedAtMs);
      this.#witnessed(plan);
      this.#watchGenerator(plan);
      losses.watch = new OpenStorm(plan.index, this.#monotonicAt(startedAtMs), recorder.storms);
    } else {
      const open = (first: readonly Loss[], nowMs: number): OpenStorm => this.#onset(plan, first, nowMs);
      losses.watch = new Onset(plan.fraction ?? 1, () => recorder.online, open);
      log(`mqtt storm ${plan.index}: ${plan.cause}, watching`);
    }
    if (cause.act === null || !isFirstContainer(container, this.#options.containers())) return;
    if (!this.#options.claim(plan.index)) return;
    this.#stopActing?.();
    this.#stopActing = cause.act(plan, log);
  }

  /** From the end of the pass that cuts the devices: how long that took is the spread of the drops. */
  #watchGenerator({ index }: StormPlan): void {
    const { watch, recorder } = this.#options;
    const progress = this.#progress[index - 1] as Progress;
    progress.stretch = watch.beginRecovery(() => recorder.storms.recoveredFrom(index));
  }

  /** A storm takes no device by itself: those that are lost become its own when they are. */
  #witnessed({ index }: StormPlan): void {
    for (const { device } of this.#options.members) device.part.witness(index);
  }

  /** A storm that was watched for is there. `first` are the losses that it began with. */
  #onset(plan: StormPlan, first: readonly Loss[], nowMs: number): OpenStorm {
    const { losses, recorder, wallClock, time, log } = this.#options;
    const beganMs = first[0]?.lostAtMs ?? nowMs;
    const startedAtMs = wallClock() - (time.now() - beganMs);
    this.#open(plan, startedAtMs);
    this.#witnessed(plan);
    this.#watchGenerator(plan);
    const storm = new OpenStorm(plan.index, beganMs, recorder.storms);
    for (const { device, cohort, lostAtMs, readyAtMs, attempts } of first) {
      // It has left the run since: nobody will ask what became of it.
      if (device.state === "ended") continue;
      storm.lost(device, cohort, lostAtMs);
      const accepted = device.onlineSinceMs > lostAtMs ? 1 : 0;
      recorder.storms.caughtUp(cohort, plan.index, device.attempt.count - attempts, accepted);
      device.part.join(plan.index, lostAtMs, readyAtMs);
      if (readyAtMs !== null)
        recorder.storms.timed(cohort, plan.index, STORM_METRIC.ready_time, readyAtMs - lostAtMs);
    }
    losses.watch = storm;
    this.#story = storyOnceOpen(this.#story, plan, startedAtMs - this.#timeZeroMs + plan.windowMs);
    this.#arm();
    log(`mqtt storm ${plan.index}: ${plan.cause}, has begun`);
    return storm;
  }

  #expire(plan: StormPlan): void {
    const { losses, wallClock, log } = this.#options;
    losses.watch = null;
    this.#story = storyOnceExpired(this.#story, plan, wallClock() - this.#timeZeroMs);
    const share = `${Number(((plan.fraction ?? 1) * 100).toPrecision(3))} %`;
    const waited = `${(plan.waitForMs ?? 0) / 1000} s`;
    log(
      `mqtt storm ${plan.index}: did not happen: in ${waited} this worker never lost ${share} of its online devices within a second`,
    );
  }

  #end(plan: StormPlan, lateMs: number): void {
    const progress = this.#progress[plan.index - 1] as Progress;
    // What the devices have not heard yet, they do not know: who stood still sees them as they were before.
    if (lateMs > LATEST_MS) progress.endMissedByMs = lateMs;
    progress.fates = this.#fatesOf(plan, progress);
    progress.closed = true;
    this.#options.losses.watch = null;
    const { regions, longestBackoffMs, time } = this.#options;
    if (regions !== null && progress.regionsBefore !== null) {
      progress.regionsGained = regions.counts.since(progress.regionsBefore);
      const nowMs = time.now();
      const stretchMs = lastStretchMs(plan.windowMs, longestBackoffMs);
      progress.regionLoads = regions.loads.since(nowMs - stretchMs, nowMs, progress.regionsSustained);
    }
    this.#options.recorder.storms.end();
    if (progress.stretch !== null) {
      this.#options.watch.end(progress.stretch);
      progress.health = progress.stretch.read();
      progress.stretch = null;
    }
  }

  #cohorts(plan: StormPlan, progress: Progress): Record<string, WorkerStormCohort> {
    if (progress.startedAtMs === null) return {};
    const fates = progress.fates ?? this.#fatesOf(plan, progress);
    const counts = Object.entries(this.#options.recorder.storms.counts(plan.index));
    return Object.fromEntries(
      counts.map(([name, own], cohort) => [name, { ...own, ...(fates[cohort] as Fates) }]),
    );
  }

  /** What each storm did to this worker's devices so far. */
  report(): WorkerStorm[] {
    return this.#options.plans.map((plan, i) => {
      const progress = this.#progress[i] as Progress;
      const { startedAtMs, missedByMs, closed, stretch, regionsBefore, regionLoads } = progress;
      const health = progress.health ?? stretch?.read() ?? null;
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
        ...(regionLoads === null ? {} : { regionLoads }),
        startedAtMs,
        missedByMs,
        endMissedByMs: progress.endMissedByMs,
        closed,
        cohorts: this.#cohorts(plan, progress),
        generator: health?.recovery ?? null,
        generatorInWindow: health?.window ?? null,
      };
    });
  }
}

/** Node's timers hold no more: 24.8 days. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

function onDue(storms: Storms, event: StormEvent): void {
  storms.due(event);
}

/** A worker whose turn comes later than this after a storm's instant leaves its devices alone, and after its end has not seen it. */
const LATEST_MS = 1000;

function whereabouts(device: Device): Whereabouts {
  if (device.isReady) return "ready";
  if (device.part.outage.isUnaware) return "unaware";
  return device.wantsToBeOnline ? "out" : "left";
}
