import type { Attempt } from "../device/attempt.ts";
import type { Device } from "../device/device.ts";
import { EVENTS } from "../device/events.ts";
import type { Link } from "../device/port.ts";
import { Host, type HostOptions } from "../fleet/host.ts";
import { createCodec } from "../transport/codec.ts";
import { Connection, type Wire } from "../transport/connection.ts";
import { LostConnection } from "../transport/lost-connection.ts";
import type { OpenTransport } from "../transport/transport.ts";
import type { HalfOpen } from "./half-open.ts";
import type { Openings } from "./openings.ts";
import type { Partings } from "./partings.ts";

export interface LiveHostOptions extends HostOptions {
  maxPacketBytes: number;
  /** Null where a device ends its connection itself at once, when it has said DISCONNECT. */
  partings: Partings | null;
  /** Null where a device's end ends its connection, whatever has become of the path. */
  halfOpen: HalfOpen | null;
  /** Null where everything that is due is opened at once. */
  openings: Openings | null;
}

/** The host of a worker's devices in a real run: their connections are sockets. */
export class LiveHost extends Host {
  /** What opens the connections of devices, by cohort. */
  readonly openers: OpenTransport[] = [];
  /** By the version of MQTT that a device speaks. */
  readonly #wires: Readonly<Record<4 | 5, Wire<Device>>>;
  readonly #partings: Partings | null;
  readonly #openings: Openings | null;

  constructor({ maxPacketBytes, partings, halfOpen, openings, ...options }: LiveHostOptions) {
    super(options);
    const { recorder } = options;
    this.#partings = partings;
    this.#openings = openings;
    const common = {
      maxPacketBytes,
      partings,
      halfOpen,
      sent: (device: Device, bytes: number) => recorder.tell(EVENTS.bytesSent, device, 0, bytes, ""),
      received: (device: Device, bytes: number) => recorder.tell(EVENTS.bytesReceived, device, 0, bytes, ""),
    } satisfies Omit<Wire<Device>, "codec">;
    this.#wires = { 4: { ...common, codec: createCodec(4) }, 5: { ...common, codec: createCodec(5) } };
  }

  override wakeToOpen(delayMs: number, attempt: Attempt): object {
    if (this.#openings === null) return super.wakeToOpen(delayMs, attempt);
    return this.wake(delayMs, letGo, this.#openings, attempt);
  }

  open(device: Device): Link {
    const open = this.openers[device.cohort];
    if (open === undefined) throw new RangeError(`cohort ${device.cohort} has no opener`);
    this.#partings?.endOf(device);
    const connection = new Connection(device, this.#wires[device.env.plan.protocolVersion]);
    const transport = device.part.hasNetwork
      ? open(connection, device.attempt)
      : new LostConnection(connection, "network_lost");
    return connection.over(transport);
  }
}

function letGo(openings: Openings, attempt: Attempt): void {
  openings.due(attempt);
}
