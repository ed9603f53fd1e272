import type { Packet } from "mqtt-packet";
import type { Device } from "../device/device.ts";
import type { Link } from "../device/port.ts";
import type { TransportFailure } from "../transport/transport.ts";
import {
  type BrokerEnd,
  type BrokerLink,
  type Client,
  HELLO_FULL,
  HELLO_RESUMED,
  type Hello,
  UPGRADE,
} from "./peers.ts";

/** What comes between TCP and MQTT. */
export interface OpeningSteps {
  readonly tls: "none" | "full" | "resumed";
  readonly webSocket: boolean;
}

/**
 * A device's connection: packets, no bytes. What is sent arrives after the network's latency; what is said to a device that has
 * left is not heard.
 */
export class ForecastLink implements Link, BrokerLink {
  readonly device: Device;
  readonly broker: BrokerEnd;
  readonly #steps: OpeningSteps;
  /** The device hears nothing any more: it left, or its broker closed. */
  isOver = false;
  /** It ended with RST: what it sent and nobody has read is gone. */
  isReset = false;
  isMuted = false;
  /** SYNs that were sent. */
  syns = 0;
  isAccepted = false;
  unread: BrokerLink["unread"] = null;
  /** Given once its CONNECT was accepted. */
  client: Client | null = null;

  constructor(device: Device, broker: BrokerEnd, steps: OpeningSteps) {
    this.device = device;
    this.broker = broker;
    this.#steps = steps;
  }

  // ---- how it opens -----------------------------------------------------------------------------------------------

  get deviceNumber(): number {
    return this.device.number;
  }

  dial(): void {
    this.broker.dial(this);
  }

  /** Nobody is there. */
  refused(failure: TransportFailure): void {
    if (!this.isHeard) return;
    this.isOver = true;
    this.device.onClosed(failure);
  }

  /** TCP stands. */
  opened(): void {
    const { tls, webSocket } = this.#steps;
    if (tls !== "none") {
      this.device.onStep("tls", false);
      this.#greet(tls === "resumed" ? HELLO_RESUMED : HELLO_FULL);
    } else if (webSocket) {
      this.device.onStep("websocket", false);
      this.#greet(UPGRADE);
    } else {
      this.device.onOpen(false);
    }
  }

  #greet(hello: Hello): void {
    if (this.isHeard) this.broker.network.up(greetBroker, this, hello);
  }

  /** The server has answered a step of opening. */
  greeted(hello: Hello): void {
    const isResumed = hello === HELLO_RESUMED;
    if (hello === UPGRADE) {
      this.device.onOpen(false);
    } else if (this.#steps.webSocket) {
      this.device.onStep("websocket", isResumed);
      this.#greet(UPGRADE);
    } else {
      this.device.onOpen(isResumed);
    }
  }

  // ---- the device's end -------------------------------------------------------------------------------------------

  send(packet: Packet): boolean | null {
    if (this.isOver) return null;
    // What is written into a path that is gone is written all the same.
    if (!this.isMuted) this.broker.network.up(hearAtBroker, this, packet);
    return true;
  }

  ask<A>(
    start: (answered: (answer: A) => void) => () => void,
    answered: (answer: A) => void,
  ): (() => void) | null {
    if (this.isMuted) return null;
    return start((answer) => {
      if (!this.isMuted) answered(answer);
    });
  }

  get isStuck(): boolean {
    return false;
  }

  mute(): void {
    this.isMuted = true;
  }

  close(): void {
    this.isOver = true;
    this.broker.left(this);
  }

  reset(): void {
    this.isOver = true;
    this.isReset = true;
    this.broker.left(this);
  }

  // ---- what the network brings ------------------------------------------------------------------------------------

  /** The device may still hear of it. */
  get isHeard(): boolean {
    return !this.isOver && !this.isMuted;
  }

  deliver(packet: Packet): void {
    if (this.isHeard) this.device.onPacket(packet);
  }

  /** The broker has closed it. */
  closed(): void {
    if (!this.isHeard) return;
    this.isOver = true;
    this.device.onClosed(null);
  }
}

function greetBroker(link: ForecastLink, hello: Hello): void {
  link.broker.hear(link, hello);
}

function hearAtBroker(link: ForecastLink, packet: Packet): void {
  link.broker.hear(link, packet);
}
