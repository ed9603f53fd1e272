import type { Packet } from "mqtt-packet";
import type { Device } from "../device.ts";
import { matchesFilter } from "../topic.ts";

/** A slow consumer of messages on a topic. */
interface Slow {
  filter: string;
  delayMs: number;
}

interface Pending {
  packet: Packet;
  dueMs: number;
}

/**
 * Acknowledgements that a slow consumer puts off, so that the broker's window of unacknowledged messages fills. They leave in the order
 * in which the messages came: [MQTT-4.6.0-2], [MQTT-4.6.0-3]. With the connection they are forgotten: the broker repeats the messages.
 */
export class SlowAcks {
  readonly #device: Device;
  #slow: readonly Slow[] = [];
  #pending: Pending[] = [];
  #timer: object | null = null;

  constructor(device: Device) {
    this.#device = device;
  }

  /** Messages of these filters are acknowledged so late, from now on. */
  slowDown(filters: readonly string[], delayMs: number): void {
    const others = this.#slow.filter(({ filter }) => !filters.includes(filter));
    this.#slow = [...filters.map((filter) => ({ filter, delayMs })), ...others];
  }

  /** Sends it when it is time. */
  acknowledge(topic: string, packet: Packet): void {
    const { port } = this.#device.env;
    const delayMs = this.#delayOf(topic);
    if (delayMs === 0 && this.#pending.length === 0) {
      this.#device.line.send(packet);
      return;
    }
    const last = this.#pending.at(-1);
    this.#pending.push({ packet, dueMs: Math.max(last?.dueMs ?? 0, port.now() + delayMs) });
    if (this.#timer === null) this.#arm();
  }

  #delayOf(topic: string): number {
    for (const { filter, delayMs } of this.#slow) if (matchesFilter(filter, topic)) return delayMs;
    return this.#device.env.reactions.ackDelayMs;
  }

  #arm(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const { port } = this.#device.env;
    this.#timer = port.wake(Math.max(0, first.dueMs - port.now()), onDue, this, undefined);
  }

  due(): void {
    this.#timer = null;
    const nowMs = this.#device.env.port.now();
    const waits = this.#pending.findIndex(({ dueMs }) => dueMs > nowMs);
    for (const { packet } of this.#pending.splice(0, waits < 0 ? this.#pending.length : waits))
      this.#device.line.send(packet);
    this.#arm();
  }

  /** The connection is gone. */
  interrupt(): void {
    if (this.#timer !== null) this.#device.env.port.cancel(this.#timer);
    this.#timer = null;
    this.#pending = [];
  }
}

function onDue(acks: SlowAcks): void {
  acks.due();
}
