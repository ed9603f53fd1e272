import type { Attempt } from "../device/attempt.ts";
import type { Device } from "../device/device.ts";
import { EVENTS } from "../device/events.ts";
import type { Link } from "../device/port.ts";
import { Host, type HostOptions } from "../fleet/host.ts";
import { Connection, type Wire } from "../transport/connection.ts";
import type { OpenTransport } from "../transport/transport.ts";
import type { Openings } from "./openings.ts";
import type { Partings } from "./partings.ts";

export interface LiveHostOptions extends HostOptions {
  wire: Pick<Wire<Device>, "codec" | "maxPacketBytes">;
  /** Null where a device ends its connection itself at once, when it has said DISCONNECT. */
  partings: Partings | null;
  /** Null where everything that is due is opened at once. */
  openings: Openings | null;
}

/** The host of a worker's devices in a real run: their connections are sockets. */
export class LiveHost extends Host {
  /** What opens the connections of devices, by cohort. */
  readonly openers: OpenTransport[] = [];
  readonly #wire: Wire<Device>;
  readonly #partings: Partings | null;
  readonly #openings: Openings | null;

  constructor({ wire, partings, openings, ...options }: LiveHostOptions) {
    super(options);
    const { recorder } = options;
    this.#partings = partings;
    this.#openings = openings;
    this.#wire = {
      ...wire,
      partings,
      sent: (device, bytes) => recorder.tell(EVENTS.bytesSent, device, 0, bytes, ""),
      received: (device, bytes) => recorder.tell(EVENTS.bytesReceived, device, 0, bytes, ""),
    };
  }

  override wakeToOpen(delayMs: number, attempt: Attempt): object {
    if (this.#openings === null) return super.wakeToOpen(delayMs, attempt);
    return this.wake(delayMs, letGo, this.#openings, attempt);
  }

  open(device: Device): Link {
    const open = this.openers[device.cohort];
    if (open === undefined) throw new RangeError(`cohort ${device.cohort} has no opener`);
    this.#partings?.endOf(device);
    const connection = new Connection(device, this.#wire);
    return connection.over(open(connection, device.attempt));
  }
}

function letGo(openings: Openings, attempt: Attempt): void {
  openings.due(attempt);
}
