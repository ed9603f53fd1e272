import type { Packet } from "mqtt-packet";
import type { Device } from "./device.ts";
import { keepaliveAction } from "./keepalive.ts";
import type { DropCause } from "./loss.ts";
import type { Link } from "./port.ts";

const PINGREQ: Packet = { cmd: "pingreq" };
const DISCONNECT: Packet = { cmd: "disconnect", reasonCode: 0 };

/** A device's end of its connection: the one that it has, or is opening. */
export class Line {
  link: Link | null = null;
  readonly #device: Device;
  /** NaN before the first packet: a double from the start. */
  #lastSentMs = Number.NaN;
  /** When the PINGREQ was written that has not been answered; null for none. */
  #pingSentMs: number | null = null;

  constructor(device: Device) {
    this.#device = device;
  }

  open(): void {
    this.link = this.#device.env.port.open(this.#device);
  }

  /** False for a packet that is longer than `mostBytes`: it was not sent. A gone connection is no matter. */
  send(
    packet: Packet,
    mostBytes: number = Number.POSITIVE_INFINITY,
    nowMs: number = this.#device.env.port.now(),
  ): boolean {
    if (this.link === null) return true;
    const isSent = this.link.send(packet, mostBytes);
    // What was not written does not stand in for a PINGREQ.
    if (isSent === true) this.#lastSentMs = nowMs;
    return isSent !== false;
  }

  /** Ends it as `cause` says. */
  close(cause: DropCause): void {
    if (cause === "reset") {
      this.link?.reset();
      return;
    }
    if (cause === "power_off") {
      // Neither FIN nor RST: the broker ends it, by the takeover when the device comes back or by its keepalive.
      this.link?.mute("lost");
      this.link?.reset();
      return;
    }
    if (cause === "disconnect") this.send(DISCONNECT);
    this.link?.close();
  }

  /** It is over, whoever ended it. */
  forget(): void {
    this.link = null;
    this.#pingSentMs = null;
  }

  pinged(): void {
    this.#pingSentMs = null;
  }

  get #keepaliveMs(): number {
    const { exchange, env } = this.#device;
    // [MQTT-3.2.2-21]: the server's keepalive stands in for the device's.
    return exchange.limits.keepaliveMs ?? env.plan.keepaliveMs;
  }

  /** How long from now until a PINGREQ is due, or its answer overdue; Infinity without keepalive. */
  keepaliveDueMs(nowMs: number): number {
    const keepaliveMs = this.#keepaliveMs;
    return keepaliveMs === 0
      ? Number.POSITIVE_INFINITY
      : (this.#pingSentMs ?? this.#lastSentMs) + keepaliveMs - nowMs;
  }

  /**
   * Pings where it is time; false where the broker has not answered in time.
   *
   * @param earlyMs this is asked so much before it is due, at most
   */
  keepAlive(nowMs: number, earlyMs: number): boolean {
    const action = keepaliveAction(nowMs, this.#lastSentMs, this.#pingSentMs, this.#keepaliveMs, earlyMs);
    if (action === "ping") {
      this.#pingSentMs = nowMs;
      this.send(PINGREQ, Number.POSITIVE_INFINITY, nowMs);
    }
    return action !== "lost";
  }
}
