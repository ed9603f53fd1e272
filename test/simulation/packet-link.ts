import mqttPacket, { type Packet } from "mqtt-packet";
import type { Link } from "../../engine/src/device/port.ts";
import type { PacketListener } from "../../engine/src/transport/connection.ts";
import type { OpeningStep, TransportFailure } from "../../engine/src/transport/transport.ts";
import type { HostileBytes } from "../fuzz/hostile-bytes.ts";
import type { Near, Path } from "./path.ts";
import { Violation } from "./violation.ts";

/** A device's connection as packets: nothing is encoded, so that most cases take little time. */
export class PacketLink implements Link, Near<Packet> {
  readonly #device: PacketListener;
  readonly #hostile: HostileBytes;
  readonly #version: 4 | 5;
  #path: Path<Packet> | null = null;
  #isMuted = false;
  #hasDropped = false;
  #hasConnected = false;

  constructor(device: PacketListener, hostile: HostileBytes, version: 4 | 5) {
    this.#device = device;
    this.#hostile = hostile;
    this.#version = version;
  }

  over(path: Path<Packet>): this {
    this.#path = path;
    return this;
  }

  get #known(): Path<Packet> {
    if (this.#path === null) throw new Violation("a connection was used before it was made");
    return this.#path;
  }

  // ---- what the device does ---------------------------------------------------------------------------------------

  send(packet: Packet, mostBytes: number): boolean {
    const path = this.#known;
    if (path.isNearOver && !this.#isMuted) throw new Violation(`${packet.cmd} was sent after the end`);
    if (this.#hasConnected === (packet.cmd === "connect"))
      throw new Violation(`${packet.cmd} was sent ${this.#hasConnected ? "again" : "before CONNECT"}`);
    if (mostBytes !== Number.POSITIVE_INFINITY && this.#lengthOf(packet) > mostBytes) return false;
    this.#hasConnected = true;
    if (this.#isMuted) return true;
    if (path.isClogged) {
      this.#hasDropped = true;
      return true;
    }
    if (packet.messageId !== undefined && path.ids.length < 20) path.ids.push(packet.messageId);
    path.sendUp(packet);
    return true;
  }

  #lengthOf(packet: Packet): number {
    return mqttPacket.generate(packet, { protocolVersion: this.#version }).length;
  }

  ask<A>(
    start: (answered: (answer: A) => void) => () => void,
    answered: (answer: A) => void,
  ): (() => void) | null {
    if (this.#isMuted) return null;
    return start((answer) => {
      if (!this.#isMuted) answered(answer);
    });
  }

  get isStuck(): boolean {
    return this.#hasDropped || this.#known.isClogged;
  }

  mute(): void {
    this.#isMuted = true;
  }

  close(): void {
    this.#end("close");
  }

  reset(): void {
    this.#end("reset");
  }

  #end(how: "close" | "reset"): void {
    // Nobody who is muted hears of an end that has come meanwhile.
    if (this.#isMuted && this.#known.isNearOver) return;
    this.#known.endNear(how);
  }

  // ---- what the network does --------------------------------------------------------------------------------------

  onStep(next: OpeningStep, resumed: boolean): void {
    this.#device.onStep(next, resumed);
  }

  onOpen(resumed: boolean): void {
    this.#device.onOpen(resumed);
  }

  hear(packet: Packet): void {
    if (!this.#isMuted) this.#device.onPacket(packet);
  }

  hearGarbled(ids: readonly number[]): void {
    if (this.#isMuted) return;
    if (this.#hostile.chance(0.2)) this.#device.onUnreadable();
    else this.#device.onPacket(this.#hostile.packet(ids));
  }

  onClosed(failure: TransportFailure | null): void {
    if (!this.#isMuted) this.#device.onClosed(failure);
  }
}
