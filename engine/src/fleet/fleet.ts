import type { Device } from "../device/device.ts";
import { call, type Time } from "../device/port.ts";
import type { Turns, Waiter } from "../device/turns.ts";

/** How often every device is asked whether a PINGREQ is due: one timer for all. */
const KEEPALIVE_SWEEP_MS = 1000;

/** Ends the tries of a device that never gets through where nothing else does: in a script without storms. */
const DEFAULT_GIVE_UP_MS = 60_000;

export interface FleetOptions {
  /** The last storm window ends some time: whoever waits need not have a limit of its own. */
  hasPlanEnd: boolean;
  time: Time;
  turns: Turns;
}

/** The devices of this worker, and what they wait for. */
export class Fleet {
  readonly members: Set<Device> = new Set();
  readonly #hasPlanEnd: boolean;
  readonly #time: Time;
  readonly #turns: Turns;
  readonly #awaited = new Map<Device, ReadyWaiter[]>();
  #sweep: object;
  #overWaiters: (() => void)[] = [];
  readonly #expiring = new Set<() => void>();
  #isOver = false;
  /** Devices started so far, ended ones included. */
  started = 0;

  constructor({ hasPlanEnd, time, turns }: FleetOptions) {
    this.#hasPlanEnd = hasPlanEnd;
    this.#time = time;
    this.#turns = turns;
    this.#sweep = this.#armSweep();
  }

  #armSweep(): object {
    return this.#time.wakeIdle(KEEPALIVE_SWEEP_MS, onSweep, this, undefined);
  }

  keepAlive(): void {
    this.#sweep = this.#armSweep();
    const nowMs = this.#time.now();
    for (const device of this.members) device.keepaliveTick(nowMs, KEEPALIVE_SWEEP_MS);
  }

  add(device: Device): void {
    this.members.add(device);
    this.started++;
  }

  remove(device: Device): void {
    this.members.delete(device);
  }

  /** The last storm window has ended: nobody waits any longer. */
  over(): void {
    this.#isOver = true;
    const waiters = this.#overWaiters;
    this.#overWaiters = [];
    for (const waiter of waiters) waiter();
    for (const device of [...this.#awaited.keys()]) this.#tell(device, "gave_up");
    for (const expired of [...this.#expiring]) expired();
    this.#expiring.clear();
  }

  /** Calls back when the last storm window has ended. */
  whenOver(done: () => void): void {
    if (this.#isOver) done();
    else this.#overWaiters.push(done);
  }

  /**
   * Calls back when whoever waits for something else than a device has waited long enough: at the end of the last window;
   * after 60 s where none is to end any more. Returns how to stop waiting.
   */
  expire(expired: () => void): () => void {
    if (this.#isOver || !this.#hasPlanEnd) {
      const timer = this.#time.wake(DEFAULT_GIVE_UP_MS, call, expired, undefined);
      return () => this.#time.cancel(timer);
    }
    this.#expiring.add(expired);
    return () => this.#expiring.delete(expired);
  }

  /**
   * Settles `waiter` once: with null when the device is ready, or with the reason why it will not be: `gave_up` after
   * `giveUpAfterMs` or at the end of the last window, `ended`.
   */
  whenReady(device: Device, giveUpAfterMs: number | null, waiter: Waiter): void {
    const known = this.#known(device);
    if (known !== "waits") {
      this.#turns.settle(waiter, known);
      return;
    }
    const waiting: ReadyWaiter = { device, waiter, timer: null };
    const limitMs = giveUpAfterMs ?? (this.#hasPlanEnd ? null : DEFAULT_GIVE_UP_MS);
    if (limitMs !== null) waiting.timer = this.#time.wake(limitMs, onLimit, this, waiting);
    const others = this.#awaited.get(device);
    if (others === undefined) this.#awaited.set(device, [waiting]);
    else others.push(waiting);
  }

  /** What there is to say at once: null for a device that is ready, as far as it knows. */
  #known({ state }: Device): null | "gave_up" | "ended" | "waits" {
    if (state === "ready") return null;
    if (this.#isOver) return "gave_up";
    return state === "ended" ? "ended" : "waits";
  }

  giveUp(waiting: ReadyWaiter): void {
    const others = this.#awaited.get(waiting.device)?.filter((other) => other !== waiting) ?? [];
    if (others.length === 0) this.#awaited.delete(waiting.device);
    else this.#awaited.set(waiting.device, others);
    this.#turns.settle(waiting.waiter, "gave_up");
  }

  ready(device: Device): void {
    this.#tell(device, null);
  }

  ended(device: Device, reason: string): void {
    this.#tell(device, reason);
  }

  #tell(device: Device, failure: string | null): void {
    const waiters = this.#awaited.get(device);
    if (waiters === undefined) return;
    this.#awaited.delete(device);
    for (const { waiter, timer } of waiters) {
      if (timer !== null) this.#time.cancel(timer);
      this.#turns.settle(waiter, failure);
    }
  }

  /** Runs something again and again until the device ends. */
  repeat(
    device: Device,
    nextDelayMs: () => number,
    run: (done: () => void) => void,
    firstDelayMs: number,
  ): void {
    const again = (): void => {
      if (device.state !== "ended") run(() => arm(nextDelayMs()));
    };
    const arm = (delayMs: number): void => {
      this.#time.wakeIdle(delayMs, call, again, undefined);
    };
    arm(firstDelayMs);
  }

  stop(): void {
    this.#time.cancel(this.#sweep);
  }
}

/** Somebody who waits for a device to be ready, and his limit where he has one. */
interface ReadyWaiter {
  device: Device;
  waiter: Waiter;
  timer: object | null;
}

function onSweep(fleet: Fleet): void {
  fleet.keepAlive();
}

function onLimit(fleet: Fleet, waiting: ReadyWaiter): void {
  fleet.giveUp(waiting);
}
