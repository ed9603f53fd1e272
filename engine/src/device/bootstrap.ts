import type { Device } from "./device.ts";
import { EVENTS } from "./events.ts";
import { isOfScript } from "./script-failures.ts";
import { LOST, type Waiter } from "./turns.ts";

/**
 * Runs a device's program, from its CONNACK on: one operation after the other, until the device is ready. It runs while the device is
 * bootstrapping: a connection that ends takes it along, and the next one begins it anew.
 */
export class Bootstrap implements Waiter {
  readonly #device: Device;
  /** The place of the next operation. */
  #next = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  /** The first operation begins after this turn. */
  begin(): void {
    this.#next = 0;
    this.#device.env.port.turns.settle(this, null);
  }

  /** The operation before the next one is over. */
  settled(failure: string | null): void {
    const device = this.#device;
    if (device.state !== "bootstrapping" || failure === LOST) return;
    const { program, port } = device.env;
    const operation = failure === null ? program[this.#next] : undefined;
    if (operation !== undefined) {
      this.#next++;
      operation.begin(device, this);
      return;
    }
    port.turns.begin();
    try {
      if (failure === null) {
        device.becomeReady();
      } else if (isOfScript(failure)) {
        device.finishByScript(failure);
      } else {
        device.tell(EVENTS.error, 0, 0, failure);
        device.breakOff("bootstrap_refused");
      }
    } finally {
      port.turns.end();
    }
  }
}
