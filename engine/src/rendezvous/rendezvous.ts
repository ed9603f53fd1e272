import type { ClockOffset } from "../contract.ts";
import { type Container, containerLabel } from "../device/identity.ts";
import type { Time } from "../device/port.ts";
import { ClockTalk } from "../storm/clock-talk.ts";
import type { Population } from "../storm/selection.ts";
import { HEADWAY_MS, isProvisioned, missingAtBarrier } from "./barrier.ts";
import { type RosterEntry, readRosterEntry } from "./entry.ts";
import { MOST_MEMBERS, type OpenPlace, type Place, type Sighting } from "./place.ts";
import type { BarrierPlan } from "./plan.ts";
import { compareTimeZero, Roster } from "./roster.ts";

/** What a worker tells the others of itself and its process. */
export type OwnEntry = Omit<RosterEntry, "timeZeroMs" | "instance">;

/** What changes of it while devices arrive. */
export type Progress = Pick<OwnEntry, "devices" | "cohorts" | "fleet" | "ready" | "arrivalsOver">;

export interface RendezvousOptions {
  /** The place where they meet. */
  open: OpenPlace;
  testRunId: string;
  workerId: string;
  /** Tells this worker's entries from those of another that has the same names. */
  instance: string;
  /** When this process began, epoch milliseconds: a time zero before that is another run's, unless somebody alive says so. */
  startedAtMs: number;
  timeZero: TimeZeroRule;
  /** Time zero stands on a multiple of this, milliseconds. */
  stepMs: number;
  /** Epoch milliseconds. */
  wallClock(): number;
  time: Pick<Time, "wakeIdle" | "cancel">;
  /** How far this worker is. Asked twice a second. */
  progress(): Progress;
  /** Epoch milliseconds of this worker's own clock. */
  onTimeZero(epochMs: number): void;
  /** The barrier's time is over, and of several containers no other was heard of: there will be no time zero. */
  onNoTimeZero(): void;
  /** Another run, or another process of this one, has devices of the same ids at this broker. Told once for each. */
  onSameIds(testRunId: string): void;
  /** It says for all workers of its process what is waited for. */
  isSpeaker: boolean;
  /** Something that a user should hear, a line each. */
  say(line: string): void;
}

/** How a worker comes to the time zero of all. */
export type TimeZeroRule =
  /** It proposes one, epoch milliseconds; all go by the earliest. */
  | { kind: "proposed"; epochMs: number }
  /** It is given, epoch milliseconds, and no other is listened to. */
  | { kind: "fixed"; epochMs: number }
  /** Whoever sees first that the fleet is ready sets it, on the clock of the place where that has one. */
  | { kind: "ready"; barrier: BarrierPlan };

/** An entry is published at most so often, milliseconds, and the barrier looked at. */
const TICK_MS = 500;
/** What a fleet waits for is said so often, milliseconds. */
const WAITING_LINE_MS = 10_000;

/**
 * Where the workers of a run meet. Each keeps one entry there: its time zero and its devices, so that all adopt the earliest time
 * zero and know how large the fleet is, also those that come later.
 */
export class Rendezvous {
  readonly #options: RendezvousOptions;
  readonly #roster: Roster;
  readonly #place: Place;
  readonly #clocks: ClockTalk;
  readonly #sameIds = new Set<string>();
  readonly #otherCounts = new Set<number>();
  /** As others hear it. */
  #timeZeroMs: number | null;
  #own: OwnEntry;
  #dirty = false;
  #tick: object;
  readonly #waitsSinceMs: number;
  #saidMs: number;
  #hasGivenUp = false;
  #isOver = false;

  constructor(options: RendezvousOptions, own: OwnEntry) {
    this.#options = options;
    this.#timeZeroMs = options.timeZero.kind === "ready" ? null : options.timeZero.epochMs;
    this.#own = own;
    this.#roster = new Roster(own.container);
    this.#waitsSinceMs = options.wallClock();
    this.#saidMs = this.#waitsSinceMs;
    const { testRunId, workerId: name, wallClock } = options;
    const send = (whom: string, message: string): void => this.#place.tell?.(whom, message);
    this.#clocks = new ClockTalk({ workerId: name, wallClock, send });
    this.#place = options.open(
      { testRunId, room: "roster", name },
      {
        heard: (sighting) => this.#hear(sighting),
        told: (message) => this.#clocks.hear(message),
        failed: (problem) => options.say(`mqtt: WARNING: ${problem}`),
      },
    );
    this.#publish();
    this.#tick = this.#armTick();
  }

  /** The devices of other containers, of the same time zero. */
  others(): Population[] {
    return this.#roster.others(this.#timeZeroMs);
  }

  /** The same, those of each of these cohorts by themselves. */
  othersIn(cohorts: readonly number[]): Population[] {
    return this.#roster.othersIn(cohorts, this.#timeZeroMs);
  }

  /** As `others`, and those of containers that were met and may have been lost before they knew the time zero. */
  everMet(): Population[] {
    return this.#roster.everMet(this.#timeZeroMs);
  }

  /** No container in which a worker is alive comes before this one. */
  isFirst(): boolean {
    return this.#roster.isFirst(this.#timeZeroMs);
  }

  /** How far this worker's clock is from the place's, or from another worker's; null where that was not measured. */
  get clock(): ClockOffset | null {
    return this.#place.clock ?? this.#clocks.offset;
  }

  #armTick(): object {
    return this.#options.time.wakeIdle(TICK_MS, onTick, this, undefined);
  }

  tick(): void {
    if (this.#isOver) return;
    this.#tick = this.#armTick();
    this.#update();
    if (this.#timeZeroMs === null && !this.#hasGivenUp) this.#lookAtBarrier();
    if (this.#dirty) this.#publish();
    if (this.#place.tell !== null) this.#clocks.turn(this.#roster.alive());
  }

  #update(): void {
    const progress = this.#options.progress();
    const { devices, fleet, ready, arrivalsOver } = this.#own;
    if (progress.devices !== devices || progress.fleet !== fleet || progress.arrivalsOver !== arrivalsOver)
      this.#dirty = true;
    // Nobody asks who is ready once time zero is there.
    if (this.#timeZeroMs === null && progress.ready !== ready) this.#dirty = true;
    if (this.#dirty) this.#own = { ...this.#own, ...progress };
  }

  #lookAtBarrier(): void {
    const { timeZero, wallClock, stepMs, say } = this.#options;
    if (timeZero.kind !== "ready") return;
    const { barrier } = timeZero;
    const states = this.#roster.states(this.#entry());
    const { of } = this.#own.container;
    const isOut = wallClock() - this.#waitsSinceMs >= barrier.timeoutMs;
    if (!isOut && !isProvisioned(states, of, barrier)) {
      this.#sayWaiting(barrier, missingAtBarrier(states, of));
      return;
    }
    if (isOut && of > 1 && states.length === 1) {
      this.#giveUp(barrier);
      return;
    }
    if (isOut) {
      const missing = missingAtBarrier(states, of).join("; ");
      say(
        `mqtt: WARNING: time zero is set after ${barrier.timeoutMs / 1000} s, without a ready fleet: ${missing}`,
      );
    }
    this.#adopt(Math.ceil((this.#placeNowMs() + HEADWAY_MS) / stepMs) * stepMs);
  }

  /** Nobody need be told that devices still arrive here: it is what Artillery shows. */
  #sayWaiting({ timeoutMs }: BarrierPlan, missing: readonly string[]): void {
    const { isSpeaker, wallClock, say } = this.#options;
    const nowMs = wallClock();
    if (!isSpeaker || !this.#own.arrivalsOver || nowMs - this.#saidMs < WAITING_LINE_MS) return;
    this.#saidMs = nowMs;
    const leftS = Math.ceil((timeoutMs - (nowMs - this.#waitsSinceMs)) / 1000);
    say(`mqtt: time zero waits, ${leftS} s more at most: ${missing.join("; ")}`);
  }

  /** Others may be there all the same, where this worker cannot see them: its devices would be cut at another time than theirs. */
  #giveUp({ timeoutMs }: BarrierPlan): void {
    const { container } = this.#own;
    this.#hasGivenUp = true;
    this.#options.say(
      `mqtt: WARNING: no storm comes to this container (${container.ordinal} of ${container.of}, counted from 0): within ${timeoutMs / 1000} s it heard of no other container, so it has no time zero, and leaves its devices alone; all need the same ARTILLERY_TEST_RUN_ID and one place to meet (MQTT_FLEET_RENDEZVOUS)`,
    );
    this.#options.onNoTimeZero();
  }

  #adopt(epochMs: number): void {
    this.#timeZeroMs = epochMs;
    this.#publish();
    this.#options.onTimeZero(epochMs + this.#aheadOfPlaceMs());
  }

  /**
   * A host whose clock is wrong cuts its devices with the others where the place has a clock. Whole steps: storms begin with a row of
   * the timeline. What may as well be the error of the measurement is none of the clock's.
   */
  #aheadOfPlaceMs(): number {
    const { timeZero, stepMs } = this.#options;
    const { clock } = this.#place;
    if (timeZero.kind !== "ready" || clock === null || Math.abs(clock.offsetMs) <= clock.uncertaintyMs)
      return 0;
    return Math.round(clock.offsetMs / stepMs) * stepMs;
  }

  #placeNowMs(): number {
    return this.#options.wallClock() - this.#aheadOfPlaceMs();
  }

  #entry(): RosterEntry {
    return { ...this.#own, timeZeroMs: this.#timeZeroMs, instance: this.#options.instance };
  }

  #publish(): void {
    this.#dirty = false;
    this.#place.put(this.#entry());
  }

  #hear({ testRunId, name, entry, isLive }: Sighting): void {
    const { workerId, instance } = this.#options;
    const isOurs = testRunId === this.#options.testRunId;
    // It was taken away: that worker has ended, or is not heard of any more.
    if (entry === null && isOurs) this.#roster.leave(name);
    const read = readRosterEntry(entry);
    if (read === null || read.instance === instance) return;
    if (isLive) this.#lookAtIds(read, testRunId, isOurs && name === workerId);
    if (!isOurs || name === workerId) return;
    if (isLive) this.#lookAtCount(read.container);
    this.#roster.hear(name, read, isLive);
    this.#compare(read.timeZeroMs, isLive);
  }

  #compare(heardMs: number | null, isLive: boolean): void {
    const { timeZero } = this.#options;
    if (timeZero.kind === "fixed" || this.#hasGivenUp) return;
    const startedAtMs = this.#options.startedAtMs - this.#aheadOfPlaceMs();
    const times = { ownMs: this.#timeZeroMs, heardMs, isLive, startedAtMs, nowMs: this.#placeNowMs() };
    const next = compareTimeZero(times);
    if (next === "answer") this.#publish();
    else if (next === "adopt" && heardMs !== null) this.#adopt(heardMs);
  }

  #lookAtCount({ of }: Container): void {
    const own = this.#own.container.of;
    if (of === own || this.#otherCounts.size > 0) return;
    this.#otherCounts.add(of);
    this.#options.say(
      `mqtt: WARNING: another container of this run says that there are ${of} containers, this one says ${own} (MQTT_FLEET_CONTAINERS): they are no fleet`,
    );
  }

  #lookAtIds(entry: RosterEntry, testRunId: string, sameWorker: boolean): void {
    const { container, idPrefix, process } = this.#own;
    if (idPrefix === null || idPrefix !== entry.idPrefix) return;
    if (containerLabel(container) !== containerLabel(entry.container)) return;
    // Workers of one process share its numbers.
    if (testRunId === this.#options.testRunId && !sameWorker && process === entry.process) return;
    if (this.#sameIds.has(testRunId) || this.#sameIds.size >= MOST_MEMBERS) return;
    this.#sameIds.add(testRunId);
    // The other one may have come later, and knows this worker only from what is retained: it is told by a living one, once.
    this.#publish();
    this.#options.onSameIds(testRunId);
  }

  /** Takes this worker's entry away and leaves; waits at most a second for it. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#options.time.cancel(this.#tick);
    await this.#place.end();
  }
}

function onTick(rendezvous: Rendezvous): void {
  rendezvous.tick();
}
