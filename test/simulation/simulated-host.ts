import { Bootstrap } from "../../engine/src/device/bootstrap.ts";
import type { Device } from "../../engine/src/device/device.ts";
import type { Link } from "../../engine/src/device/port.ts";
import { Turns, type Waiter } from "../../engine/src/device/turns.ts";
import { LiveHost, type LiveHostOptions } from "../../engine/src/live/host.ts";
import { Violation } from "./violation.ts";
import type { WatchedDevice } from "./watched-device.ts";

/** Hears what programs are told. */
class WatchedTurns extends Turns {
  readonly #devices = new Map<Waiter, WatchedDevice>();

  watch(device: WatchedDevice): void {
    this.#devices.set(device.bootstrap, device);
  }

  override begin(): void {
    try {
      super.begin();
    } catch (error) {
      throw new Violation((error as Error).message, { cause: error });
    }
  }

  override settle(waiter: Waiter, failure: string | null): void {
    if (waiter instanceof Bootstrap) this.#devices.get(waiter)?.programTold(failure);
    super.settle(waiter, failure);
  }
}

/** The engine's own host, whose connections lead into the simulated network: as bytes through its own, or as packets. */
export class SimulatedHost extends LiveHost {
  override readonly turns: WatchedTurns = new WatchedTurns();
  readonly #link: ((device: WatchedDevice) => Link) | null;

  /** @param link makes a connection of packets; null for bytes */
  constructor(options: LiveHostOptions, link: ((device: WatchedDevice) => Link) | null) {
    super(options);
    this.#link = link;
  }

  override open(device: Device): Link {
    return this.#link === null ? super.open(device) : this.#link(device as WatchedDevice);
  }
}
