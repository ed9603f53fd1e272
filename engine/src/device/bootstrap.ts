import type { Device } from "./device.ts";
import { EVENTS } from "./events.ts";
import { LOST, type Waiter } from "./turns.ts";

/** Runs a device's program, from its CONNACK on: one operation after the other, until the device is ready. */
export class Bootstrap implements Waiter {
  readonly #device: Device;
  /** The place of the next operation; null while the program does not run. */
  #next: number | null = null;

  constructor(device: Device) {
    this.#device = device;
  }

  /** The first operation begins after this turn. */
  begin(): void {
    this.#next = 0;
    this.#device.env.port.turns.settle(this, null);
  }

  /** The connection has ended, and the program with it. */
  stop(): void {
    this.#next = null;
  }

  /** The operation before the next one is over. */
  settled(failure: string | null): void {
    // A connection that was lost has stopped the program.
    if (this.#next === null || failure === LOST) return;
    const device = this.#device;
    const { program, port } = device.env;
    const operation = failure === null ? program[this.#next] : undefined;
    if (operation !== undefined) {
      this.#next++;
      operation.begin(device, this);
      return;
    }
    port.turns.begin();
    this.#next = null;
    if (failure === null) {
      device.becomeReady();
    } else {
      device.tell(EVENTS.error, 0, 0, failure);
      device.breakOff("bootstrap_refused");
    }
    port.turns.end();
  }
}
