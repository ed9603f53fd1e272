import type { StepCallback, VuContext } from "../artillery.ts";
import type { Device } from "../device/device.ts";
import { call, type Port, type Time } from "../device/port.ts";
import type { Waiter } from "../device/turns.ts";
import { Looks } from "./looks.ts";

/** Ends the tries of a device that never gets through where nothing else does: in a script without storms. */
const DEFAULT_GIVE_UP_MS = 60_000;

export interface FleetOptions {
  /** The last storm window ends some time: whoever waits need not have a limit of its own. */
  hasPlanEnd: boolean;
  time: Time;
}

/** The devices of a worker, or of all workers that live in one clock, and what they wait for. */
export class Fleet {
  readonly members: Set<Device> = new Set();
  readonly #hasPlanEnd: boolean;
  readonly #time: Time;
  readonly #looks: Looks;
  /** Who waits for a device: by himself where he is the only one and has no limit, else the last of them; each knows the one before. */
  readonly #awaited = new Map<Device, Waiter | ReadyWaiter>();
  /** Callbacks, and their contexts at the same places: two lists instead of a closure for every device. */
  #overCallbacks: StepCallback[] = [];
  #overContexts: VuContext[] = [];
  readonly #expiring = new Set<() => void>();
  #isOver = false;
  /** Devices started so far, ended ones included. */
  started = 0;

  /** Of these, those that have been ready at some time, or have left. */
  get provisioned(): number {
    let waiting = 0;
    for (const device of this.members) if (!device.wasReady) waiting++;
    return this.started - waiting;
  }

  constructor({ hasPlanEnd, time }: FleetOptions) {
    this.#hasPlanEnd = hasPlanEnd;
    this.#time = time;
    this.#looks = new Looks(time);
  }

  lookAt(device: Device, inMs: number): void {
    this.#looks.add(device, inMs);
  }

  /** Those of one host, as they are whenever they are gone through. */
  membersOf(port: Port): Iterable<Device> {
    const { members } = this;
    return {
      *[Symbol.iterator]() {
        for (const device of members) if (device.env.port === port) yield device;
      },
    };
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
    const callbacks = this.#overCallbacks;
    const contexts = this.#overContexts;
    this.#overCallbacks = [];
    this.#overContexts = [];
    callbacks.forEach((over, i) => {
      over(null, contexts[i]);
    });
    for (const device of [...this.#awaited.keys()]) this.#tell(device, "gave_up");
    for (const expired of [...this.#expiring]) expired();
    this.#expiring.clear();
  }

  /** Calls back when the last storm window has ended. */
  whenOver(over: StepCallback, context: VuContext): void {
    if (this.#isOver) {
      over(null, context);
      return;
    }
    this.#overCallbacks.push(over);
    this.#overContexts.push(context);
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
      settle(device, waiter, known);
      return;
    }
    const last = this.#awaited.get(device);
    const limitMs = giveUpAfterMs ?? (this.#hasPlanEnd ? null : DEFAULT_GIVE_UP_MS);
    if (last === undefined && limitMs === null) {
      this.#awaited.set(device, waiter);
      return;
    }
    const before = last === undefined ? null : asReadyWaiter(device, last);
    const waiting = new ReadyWaiter(device, waiter, before);
    if (limitMs !== null) waiting.timer = this.#time.wake(limitMs, onLimit, this, waiting);
    this.#awaited.set(device, waiting);
  }

  /** What there is to say at once: null for a device that is ready, as far as it knows. */
  #known({ state }: Device): null | "gave_up" | "ended" | "waits" {
    if (state === "ready") return null;
    if (this.#isOver) return "gave_up";
    return state === "ended" ? "ended" : "waits";
  }

  giveUp(waiting: ReadyWaiter): void {
    const { device } = waiting;
    const others = waitersOf(device, this.#awaited.get(device)).filter((other) => other !== waiting);
    this.#awaited.delete(device);
    let before: ReadyWaiter | null = null;
    for (const other of others) {
      other.before = before;
      before = other;
      this.#awaited.set(device, other);
    }
    settle(waiting.device, waiting.waiter, "gave_up");
  }

  ready(device: Device): void {
    this.#tell(device, null);
  }

  ended(device: Device, reason: string): void {
    this.#tell(device, reason);
  }

  #tell(device: Device, failure: string | null): void {
    const last = this.#awaited.get(device);
    if (last === undefined) return;
    this.#awaited.delete(device);
    if (!(last instanceof ReadyWaiter)) {
      settle(device, last, failure);
      return;
    }
    for (const { waiter, timer } of waitersOf(device, last)) {
      if (timer !== null) this.#time.cancel(timer);
      settle(device, waiter, failure);
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
    this.#looks.stop();
  }
}

/** Somebody who waits for a device to be ready, and his limit where he has one. */
class ReadyWaiter {
  readonly device: Device;
  readonly waiter: Waiter;
  timer: object | null = null;
  /** Who waited for the device before him. */
  before: ReadyWaiter | null;

  constructor(device: Device, waiter: Waiter, before: ReadyWaiter | null) {
    this.device = device;
    this.waiter = waiter;
    this.before = before;
  }
}

function asReadyWaiter(device: Device, waiting: Waiter | ReadyWaiter): ReadyWaiter {
  return waiting instanceof ReadyWaiter ? waiting : new ReadyWaiter(device, waiting, null);
}

/** Whoever waits for a device is told when that one's host has had its turn. */
function settle(device: Device, waiter: Waiter, failure: string | null): void {
  device.env.port.turns.settle(waiter, failure);
}

/** In the order in which they came. */
function waitersOf(device: Device, last: Waiter | ReadyWaiter | undefined): ReadyWaiter[] {
  const waiters: ReadyWaiter[] = [];
  let one: ReadyWaiter | null = last === undefined ? null : asReadyWaiter(device, last);
  for (; one !== null; one = one.before) waiters.unshift(one);
  return waiters;
}

function onLimit(fleet: Fleet, waiting: ReadyWaiter): void {
  fleet.giveUp(waiting);
}
