import mqttPacket, { type Packet } from "mqtt-packet";
import type {
  OpenTransport,
  Transport,
  TransportFailure,
  TransportListener,
} from "../../engine/src/transport/transport.ts";

/** The broker's end of one connection: what the device wrote, and what the broker lets it hear. */
export class FakeTransport implements Transport {
  readonly #listener: TransportListener;
  readonly #version: 4 | 5;
  readonly #written: Buffer[] = [];
  #taken = 0;
  /** How the device ended the stream; `peer` where the test did; null while it lives. */
  ended: "close" | "reset" | "peer" | null = null;
  /** The test says how much the broker has not read. */
  unsentBytes = 0;

  constructor(listener: TransportListener, version: 4 | 5) {
    this.#listener = listener;
    this.#version = version;
  }

  write(bytes: Uint8Array): void {
    if (this.ended !== null) throw new Error(`written after ${this.ended}`);
    this.#written.push(Buffer.from(bytes));
  }

  close(): void {
    this.#end("close");
  }

  reset(): void {
    this.#end("reset");
  }

  #end(how: "close" | "reset" | "peer"): void {
    if (this.ended !== null) throw new Error(`${how} after ${this.ended}`);
    this.ended = how;
  }

  /** All packets that the device wrote. */
  packets(): Packet[] {
    const packets: Packet[] = [];
    const parser = mqttPacket.parser({ protocolVersion: this.#version });
    parser.on("packet", (packet) => packets.push(packet));
    parser.on("error", (error: Error) => {
      throw error;
    });
    for (const bytes of this.#written) parser.parse(bytes);
    return packets;
  }

  /** Packets written since the last call. */
  take(): Packet[] {
    const all = this.packets();
    const fresh = all.slice(this.#taken);
    this.#taken = all.length;
    return fresh;
  }

  /** Names of the packets written since the last call. */
  takeNames(): string[] {
    return this.take().map(({ cmd }) => cmd);
  }

  opens(): void {
    this.#listener.onOpen();
  }

  /** The device hears these packets in one read. */
  sends(...packets: Packet[]): void {
    const options = { protocolVersion: this.#version };
    this.sendsBytes(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet, options))));
  }

  /** Sends as the real transport does: through a buffer that holds something else as soon as the call has returned. */
  sendsBytes(bytes: Uint8Array): void {
    if (this.ended !== null) return;
    const shared = Buffer.from(bytes);
    this.#listener.onBytes(shared);
    shared.fill(0xff);
  }

  /** The peer ends the stream: with FIN (null) or a failure. */
  ends(failure: TransportFailure | null = null): void {
    if (this.ended !== null) return;
    this.ended = "peer";
    this.#listener.onClosed(failure);
  }
}

/** The network in which devices open their connections in a test. */
export class FakeNetwork {
  readonly opened: FakeTransport[] = [];
  readonly open: OpenTransport;

  constructor(version: 4 | 5) {
    this.open = (listener) => {
      const transport = new FakeTransport(listener, version);
      this.opened.push(transport);
      return transport;
    };
  }

  /** The latest connection. */
  get last(): FakeTransport {
    const transport = this.opened.at(-1);
    if (transport === undefined) throw new Error("no connection was opened");
    return transport;
  }
}
