import type { Device } from "../device/device.ts";
import { EVENTS } from "../device/events.ts";
import type { Link } from "../device/port.ts";
import { Host, type HostOptions } from "../fleet/host.ts";
import { Connection, type Wire } from "../transport/connection.ts";
import type { OpenTransport } from "../transport/transport.ts";

export interface LiveHostOptions extends HostOptions {
  wire: Pick<Wire<Device>, "codec" | "maxPacketBytes">;
}

/** The host of a worker's devices in a real run: their connections are sockets. */
export class LiveHost extends Host {
  /** What opens the connections of devices, by cohort. */
  readonly openers: OpenTransport[] = [];
  readonly #wire: Wire<Device>;

  constructor({ wire, ...options }: LiveHostOptions) {
    super(options);
    const { recorder } = options;
    this.#wire = {
      ...wire,
      sent: (device, bytes) => recorder.tell(EVENTS.bytesSent, device, 0, bytes, ""),
      received: (device, bytes) => recorder.tell(EVENTS.bytesReceived, device, 0, bytes, ""),
    };
  }

  open(device: Device): Link {
    const open = this.openers[device.cohort];
    if (open === undefined) throw new RangeError(`cohort ${device.cohort} has no opener`);
    const connection = new Connection(device, this.#wire);
    return connection.over(open(connection, device.attempt));
  }
}
