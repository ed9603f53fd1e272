import type { Time } from "../device/port.ts";

/** A connection whose device has given it up, and whose broker has not been told. */
export interface Forsaken {
  /** The device's next packet is answered with RST. */
  refuse(): void;
  /** Ends it with RST, which the broker hears. */
  reset(): void;
}

export interface HalfOpenOptions {
  time: Time;
  /** So many are kept at one time: each has an open file and a local port. */
  most: number;
  /** Hears of one that was ended from this side, which the path that is gone would not have done. */
  letGo(device: object): void;
}

/**
 * Half-open connections (RFC 9293 section 3.5.1): their path is gone, so that neither FIN nor RST of the device can reach the broker.
 * Each stays until the broker ends it: by the takeover when the device comes back ([MQTT-3.1.4-3]), or by its keepalive. A device has
 * one of them at most, and all devices together `most`: beyond that the oldest is ended with RST.
 */
export class HalfOpen {
  readonly #options: HalfOpenOptions;
  /** By device, the oldest first. */
  readonly #kept = new Map<object, Forsaken>();

  constructor(options: HalfOpenOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#kept.size;
  }

  keep(device: object, connection: Forsaken): void {
    if (this.#kept.has(device)) this.#letGo(device);
    this.#kept.set(device, connection);
    if (this.#kept.size <= this.#options.most) return;
    const [oldest] = this.#kept.keys();
    this.#letGo(oldest as object);
  }

  /** The broker has ended it. */
  over(device: object, connection: Forsaken): void {
    if (this.#kept.get(device) === connection) this.#kept.delete(device);
  }

  refuseLater(connection: Forsaken): void {
    this.#options.time.wake(0, refuse, connection, undefined);
  }

  #letGo(device: object): void {
    const connection = this.#kept.get(device);
    this.#kept.delete(device);
    connection?.reset();
    this.#options.letGo(device);
  }

  /** The run is over: nothing of them is left, on either side. */
  reset(): void {
    for (const connection of this.#kept.values()) connection.reset();
    this.#kept.clear();
  }
}

function refuse(connection: Forsaken): void {
  connection.refuse();
}
