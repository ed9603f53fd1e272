import { call, type Time } from "../device/port.ts";

/** A broker that has read DISCONNECT closes the connection at once; one that is busy gets so long. */
export const PARTING_PATIENCE_MS = 2000;

/** A connection that its broker is to end. */
export interface Leaving {
  /** Ends it from this side. */
  endNow(): void;
  reset(): void;
}

interface Parting {
  connection: Leaving;
  sinceMs: number;
}

/**
 * Connections whose device has said DISCONNECT: their brokers end them, as [MQTT-3.14.4] has it, or this side does a while later.
 * Whoever ends a TCP connection first keeps its port in TIME_WAIT, for a minute on Linux (RFC 9293 section 3.3.2). For a fleet on
 * one machine these would be the ports that the next run needs: with a source address a socket can have none of them.
 */
export class Partings {
  readonly #time: Time;
  /** One per device at most, the oldest first. */
  readonly #open = new Map<object, Parting>();
  #timer: object | null = null;
  #waiting: (() => void)[] = [];

  constructor(time: Time) {
    this.#time = time;
  }

  get size(): number {
    return this.#open.size;
  }

  begin(device: object, connection: Leaving): void {
    this.#open.set(device, { connection, sinceMs: this.#time.now() });
    this.#timer ??= this.#time.wakeIdle(PARTING_PATIENCE_MS, onPatienceOver, this, undefined);
  }

  /** The broker has ended it. */
  over(device: object): void {
    this.#open.delete(device);
    if (this.#open.size > 0) return;
    if (this.#timer !== null) this.#time.cancel(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const told of waiting) told();
  }

  /** A device that connects again has one socket, not two. */
  endOf(device: object): void {
    if (this.#open.size === 0) return;
    const parting = this.#open.get(device);
    if (parting === undefined) return;
    this.over(device);
    parting.connection.endNow();
  }

  /** Ends all of them with RST: nothing of them is left, on either side. */
  reset(): void {
    for (const [device, { connection }] of this.#open) {
      this.over(device);
      connection.reset();
    }
  }

  /** Calls back, later, when there is none: after the patience at the latest. */
  whenNone(told: () => void): void {
    if (this.#open.size > 0) this.#waiting.push(told);
    else this.#time.wake(0, call, told, undefined);
  }

  /** Ends those that were given time enough. */
  sweep(): void {
    this.#timer = null;
    const sinceMs = this.#time.now() - PARTING_PATIENCE_MS;
    for (const [device, parting] of this.#open) {
      if (parting.sinceMs > sinceMs) {
        this.#timer = this.#time.wakeIdle(parting.sinceMs - sinceMs, onPatienceOver, this, undefined);
        return;
      }
      this.endOf(device);
    }
  }
}

function onPatienceOver(partings: Partings): void {
  partings.sweep();
}
