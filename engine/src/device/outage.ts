/**
 * The time that a device is away against its will: from the loss of its connection until it is ready again, and the
 * storm that it belongs to. Instants are monotonic, in milliseconds.
 */
export class Outage {
  /** The last storm that disconnected this device, counted from 1; 0 before the first. */
  storm = 0;
  /** The network is gone, and the device has not found out yet. */
  isUnaware = false;
  /** Until then, monotonic milliseconds, the device is off; NaN for never. */
  noPowerUntilMs: number = Number.NaN;
  /** Until then none of its packets leaves it; NaN for never. */
  noNetworkUntilMs: number = Number.NaN;
  /** How often its power was cut. */
  powerCuts = 0;
  /** NaN while there is none: a double from the start, so that V8 keeps it as one. */
  #lostAtMs: number = Number.NaN;
  /** True from that storm's drop until the device is ready again for the first time. */
  #isStorms = false;
  #awaitsReconnect = false;

  /** Null while there is none. */
  get lostAtMs(): number | null {
    return Number.isNaN(this.#lostAtMs) ? null : this.#lostAtMs;
  }

  /** The loss that is about to begin is a storm's, also where it interrupts an earlier outage. */
  claim(storm: number): void {
    this.storm = storm;
    this.#isStorms = true;
    this.#lostAtMs = Number.NaN;
  }

  /** Changes nothing where the device is away already: the outage is the same until it is ready. */
  begin(nowMs: number): void {
    if (!Number.isNaN(this.#lostAtMs)) return;
    this.#lostAtMs = nowMs;
    this.#awaitsReconnect = true;
  }

  /** A loss a moment ago was a storm's. `isOver`: the device has been ready since, or wants to be away. */
  join(storm: number, lostAtMs: number, isOver: boolean): void {
    this.storm = storm;
    if (isOver || Number.isNaN(this.#lostAtMs)) return;
    this.#lostAtMs = lostAtMs;
    this.#isStorms = true;
  }

  /** The first CONNACK since the loss: what that took, milliseconds. Null for any other. */
  reconnected(nowMs: number): number | null {
    if (!this.#awaitsReconnect) return null;
    this.#awaitsReconnect = false;
    return nowMs - this.#lostAtMs;
  }

  /** The storm whose recovery this is; 0 for none. */
  get recoversFrom(): number {
    return this.#isStorms ? this.storm : 0;
  }

  /** The device is ready, or wants to be away. Returns how long it was away, milliseconds; null where it was not. */
  end(nowMs: number): number | null {
    const ms = nowMs - this.#lostAtMs;
    this.#lostAtMs = Number.NaN;
    this.#isStorms = false;
    return Number.isNaN(ms) ? null : ms;
  }

  /** Does as `end`, and the device will not be reconnected either. */
  abandon(): void {
    this.end(0);
    this.#awaitsReconnect = false;
  }
}

/** That of all devices that never lost a connection: there is nothing to end in it, and nobody begins it. */
export const NO_OUTAGE: Outage = new Outage();
