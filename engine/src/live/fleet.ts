import type { Device } from "../device/device.ts";
import type { FleetMember } from "../device/fleet-member.ts";
import type { OperationDone } from "../device/session/session.ts";

/** How often every device is asked whether a PINGREQ is due: one timer for all. */
const KEEPALIVE_SWEEP_MS = 1000;

/** Where nothing else ends the tries of a device that never gets through: a script without storms. */
const DEFAULT_GIVE_UP_MS = 60_000;

/** The devices of this worker, and what they wait for. */
export class Fleet {
  readonly members: Set<FleetMember> = new Set();
  readonly #hasPlanEnd: boolean;
  readonly #sweep: NodeJS.Timeout;
  #overWaiters: (() => void)[] = [];
  readonly #expiring = new Set<() => void>();
  #over = false;
  /** Started so far, ended ones included. */
  started = 0;

  constructor(hasPlanEnd: boolean, now: () => number) {
    this.#hasPlanEnd = hasPlanEnd;
    this.#sweep = setInterval(() => {
      const nowMs = now();
      for (const { device } of this.members) device.keepaliveTick(nowMs, KEEPALIVE_SWEEP_MS);
    }, KEEPALIVE_SWEEP_MS);
    this.#sweep.unref();
  }

  add(member: FleetMember): void {
    this.members.add(member);
    this.started++;
  }

  remove(member: FleetMember): void {
    this.members.delete(member);
  }

  /** The last storm window has ended: nobody waits any longer. */
  over(): void {
    this.#over = true;
    const waiters = this.#overWaiters;
    this.#overWaiters = [];
    for (const waiter of waiters) waiter();
    for (const { device } of this.members) device.giveUp();
    for (const expired of [...this.#expiring]) expired();
    this.#expiring.clear();
  }

  /** Calls back when the last storm window has ended. */
  whenOver(done: () => void): void {
    if (this.#over) done();
    else this.#overWaiters.push(done);
  }

  /**
   * Calls back when whoever waits for something else than a device has waited long enough: at the end of the last window;
   * after 60 s where none is to end any more. Returns how to stop waiting.
   */
  expire(expired: () => void): () => void {
    if (this.#over || !this.#hasPlanEnd) {
      const timer = setTimeout(expired, DEFAULT_GIVE_UP_MS);
      return () => clearTimeout(timer);
    }
    this.#expiring.add(expired);
    return () => this.#expiring.delete(expired);
  }

  /**
   * Calls back once: when the device is ready (null), or with the reason why it will not be: `gave_up` after
   * `giveUpAfterMs` or at the end of the last window, `ended`.
   */
  whenReady(device: Device, giveUpAfterMs: number | null, done: OperationDone): void {
    if (device.state === "ready") {
      done(null);
      return;
    }
    if (this.#over) {
      done("gave_up");
      return;
    }
    const limitMs = giveUpAfterMs ?? (this.#hasPlanEnd ? null : DEFAULT_GIVE_UP_MS);
    if (limitMs === null) {
      device.whenReady(done);
      return;
    }
    let settled = false;
    const settle: OperationDone = (failure) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      done(failure);
    };
    const timer = setTimeout(settle, limitMs, "gave_up");
    device.whenReady(settle);
  }

  /** Runs something again and again until the device ends. */
  repeat(
    device: Device,
    nextDelayMs: () => number,
    run: (done: () => void) => void,
    firstDelayMs: number,
  ): void {
    const arm = (delayMs: number): void => {
      setTimeout(() => {
        if (device.state !== "ended") run(() => arm(nextDelayMs()));
      }, delayMs).unref();
    };
    arm(firstDelayMs);
  }

  stop(): void {
    clearInterval(this.#sweep);
  }
}
