import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import type { Inflight } from "../session/session.ts";
import { UNMARKED } from "./messages.ts";

/** The marked publications of a device that were not acknowledged when it lost its connection, and what became of them. */
export class Backlog {
  readonly #device: Device;
  /** Found at a loss, and not told yet: whose storm it is is known when the device comes back. */
  #untold = 0;
  #left = 0;
  #storm = 0;
  /** When the server took the device back; NaN while there is no backlog. */
  #sinceMs = Number.NaN;

  constructor(device: Device) {
    this.#device = device;
  }

  /** The connection is lost, against the device's will. */
  lost(inflight: Iterable<Inflight>): void {
    for (const entry of inflight) {
      if (entry.segment === UNMARKED || entry.isBacklog) continue;
      entry.isBacklog = true;
      this.#untold++;
    }
  }

  /** @param storm the one that had disconnected the device; 0 for none */
  resume(storm: number, isSessionKept: boolean, nowMs: number): void {
    if (this.#untold > 0) this.#device.tell(EVENTS.backlogAtLoss, storm, this.#untold);
    this.#left += this.#untold;
    this.#untold = 0;
    if (this.#left === 0) return;
    if (!isSessionKept) {
      this.#device.tell(EVENTS.backlogDropped, storm, this.#left);
      this.#left = 0;
      this.#sinceMs = Number.NaN;
      return;
    }
    // A connection that is lost again before all is through is part of the same wait.
    if (!Number.isNaN(this.#sinceMs)) return;
    this.#storm = storm;
    this.#sinceMs = nowMs;
  }

  /** The server has answered one of them. */
  flushed(): void {
    const device = this.#device;
    device.tell(EVENTS.backlogFlushed, this.#storm);
    this.#left--;
    if (this.#left > 0) return;
    device.tell(EVENTS.backlogOver, this.#storm, device.env.port.now() - this.#sinceMs);
    this.#sinceMs = Number.NaN;
  }

  /** The device is over, and not back. */
  end(storm: number): void {
    this.resume(storm, false, Number.NaN);
  }
}
