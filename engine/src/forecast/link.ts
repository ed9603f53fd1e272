import type { Packet } from "mqtt-packet";
import type { Device } from "../device/device.ts";
import type { Link } from "../device/port.ts";
import type { NextWrite } from "../transport/next-write.ts";
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

const OVER = 1;
const RESET = 2;
const MUTED = 4;
const ACCEPTED = 8;
/** The device's next packet is answered with RST. */
const REFUSES_NEXT = 16;
/** No other server is reached either. */
const PATH_GONE = 32;
const SYNS_SHIFT = 6;
const BITS = (1 << SYNS_SHIFT) - 1;

/**
 * A device's connection: packets, no bytes. What is sent arrives after the network's latency; what is said to a device that has
 * left is not heard.
 */
export class ForecastLink implements Link, BrokerLink {
  readonly device: Device;
  readonly broker: BrokerEnd;
  readonly #steps: OpeningSteps;
  /** What it is, a bit each, and above them how many SYNs were sent: a fleet that is turned away has more of these than devices. */
  #bits = 0;
  unread: BrokerLink["unread"] = null;
  /** Given once its CONNECT was accepted. */
  client: Client | null = null;

  constructor(device: Device, broker: BrokerEnd, steps: OpeningSteps) {
    this.device = device;
    this.broker = broker;
    this.#steps = steps;
  }

  /** The device hears nothing any more: it left, or its broker closed. */
  get isOver(): boolean {
    return (this.#bits & OVER) !== 0;
  }

  /** It ended with RST: what it sent and nobody has read is gone. */
  get isReset(): boolean {
    return (this.#bits & RESET) !== 0;
  }

  get isAccepted(): boolean {
    return (this.#bits & ACCEPTED) !== 0;
  }

  set isAccepted(isAccepted: boolean) {
    this.#bits = isAccepted ? this.#bits | ACCEPTED : this.#bits & ~ACCEPTED;
  }

  /** SYNs that were sent. */
  get syns(): number {
    return this.#bits >> SYNS_SHIFT;
  }

  set syns(syns: number) {
    this.#bits = (syns << SYNS_SHIFT) | (this.#bits & BITS);
  }

  // ---- how it opens -----------------------------------------------------------------------------------------------

  get deviceNumber(): number {
    return this.device.number;
  }

  get protocolVersion(): 4 | 5 {
    return this.device.env.plan.protocolVersion;
  }

  dial(): void {
    this.broker.dial(this);
  }

  /** Nobody is there. */
  refused(failure: TransportFailure): void {
    if (!this.isHeard) return;
    this.#bits |= OVER;
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
    if ((this.#bits & REFUSES_NEXT) !== 0) {
      this.#bits &= ~REFUSES_NEXT;
      this.broker.network.up(atForgetful, this, undefined);
    }
    // What is written into a path that is gone is written all the same.
    if ((this.#bits & MUTED) === 0) this.broker.network.up(hearAtBroker, this, packet);
    return true;
  }

  ask<A>(
    start: (answered: (answer: A) => void) => () => void,
    answered: (answer: A) => void,
  ): (() => void) | null {
    if ((this.#bits & PATH_GONE) !== 0) return null;
    return start((answer) => {
      if ((this.#bits & PATH_GONE) === 0) answered(answer);
    });
  }

  get isStuck(): boolean {
    return false;
  }

  mute(nextWrite: NextWrite): void {
    this.#bits |= MUTED | (nextWrite === "reset" ? REFUSES_NEXT : PATH_GONE);
  }

  /** Its path is gone: the broker does not hear what becomes of the device. */
  get isHalfOpen(): boolean {
    return (this.#bits & MUTED) !== 0;
  }

  close(): void {
    this.#bits |= OVER;
    if (!this.isHalfOpen) this.broker.left(this);
  }

  reset(): void {
    if (this.isHalfOpen) {
      this.#bits |= OVER;
      return;
    }
    this.#bits |= OVER | RESET;
    this.broker.left(this);
  }

  /** Whoever forgot the connection has answered the device with RST. */
  refusedWrite(): void {
    if (this.isOver) return;
    this.#bits |= OVER;
    this.device.onClosed("tcp_reset");
  }

  // ---- what the network brings ------------------------------------------------------------------------------------

  /** The device may still hear of it. */
  get isHeard(): boolean {
    return (this.#bits & (OVER | MUTED)) === 0;
  }

  deliver(packet: Packet): void {
    if (this.isHeard) this.device.onPacket(packet);
  }

  /** The broker has closed it. */
  closed(): void {
    if (!this.isHeard) return;
    this.#bits |= OVER;
    this.device.onClosed(null);
  }
}

function greetBroker(link: ForecastLink, hello: Hello): void {
  link.broker.hear(link, hello);
}

function atForgetful(link: ForecastLink): void {
  link.broker.network.up(refusedWrite, link, undefined);
}

function refusedWrite(link: ForecastLink): void {
  link.refusedWrite();
}

function hearAtBroker(link: ForecastLink, packet: Packet): void {
  link.broker.hear(link, packet);
}
