import type { Packet } from "mqtt-packet";
import type { Codec } from "./codec.ts";
import { splitPackets } from "./framing.ts";
import type { NextWrite } from "./next-write.ts";
import type { OpeningStep, Transport, TransportFailure, TransportListener } from "./transport.ts";

/** What a connection is to whoever speaks over it: packets. */
export interface PacketListener {
  /** A step of opening is done and `next` begins; see TransportListener. */
  onStep(next: OpeningStep, resumed: boolean): void;
  /** Packets can be sent. */
  onOpen(resumed: boolean): void;
  /** `packet` may point into a shared buffer: it is valid only until this call returns. */
  onPacket(packet: Packet): void;
  /** The stream cannot be read from here on. */
  onUnreadable(): void;
  /** Called exactly once, unless the listener ended the connection first. */
  onClosed(failure: TransportFailure | null): void;
}

/** What all connections of a kind share. */
export interface Wire<L extends PacketListener> {
  readonly codec: Codec;
  /** A longer packet makes the stream unreadable; nothing longer is kept. */
  readonly maxPacketBytes: number;
  /** Bytes of a listener's that were written, and that were read. */
  readonly sent: (listener: L, bytes: number) => void;
  readonly received: (listener: L, bytes: number) => void;
  /** Hears of connections that their peer is to end, and of their end; null where nobody waits for that: they end at once. */
  readonly partings: { begin(listener: L, connection: Connection<L>): void; over(listener: L): void } | null;
  /** Keeps the connections that a silent storm took, when their device has given them up; null where they end at once. */
  readonly halfOpen: {
    keep(listener: L, connection: Connection<L>): void;
    over(listener: L, connection: Connection<L>): void;
    /** Calls `refuse` of the connection, later. */
    refuseLater(connection: Connection<L>): void;
  } | null;
}

/**
 * What a device may have sent that its broker does not read, before the connection counts as lost: a real device has less,
 * and thousands of them wait in this process.
 */
const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

/**
 * Packets over a stream of bytes: frames and decodes what comes, encodes what goes. A silent storm mutes it; nobody who speaks
 * over it can tell. One object per connection, no closures.
 */
export class Connection<L extends PacketListener> implements TransportListener {
  readonly #wire: Wire<L>;
  /** Null where the listener has ended the connection, or was told of its end. */
  #listener: L | null;
  /** Null before `over`, and where the stream is gone. */
  #transport: Transport | null = null;
  /** Bytes of a packet that is not whole yet. */
  #partial: Buffer | null = null;
  #isMuted = false;
  /** Of a muted one: its next packet is answered with RST, and has not been written yet. */
  #refusesNext = false;
  /** Of a muted one: the server it leads to is the only one that is out of reach. */
  #reachesOthers = false;
  /** Who ended it, while the server does not know. */
  #forsaker: L | null = null;
  /** A packet was not written: too much waited for the peer. What is written now is no longer what the device said. */
  #hasDropped = false;
  /** DISCONNECT was the last packet. */
  #hasTakenLeave = false;
  /** Who ended the connection, while the peer is to end the stream. */
  #leaver: L | null = null;

  constructor(listener: L, wire: Wire<L>) {
    this.#listener = listener;
    this.#wire = wire;
  }

  /** Gives it its stream: what `open` of a transport returned for this connection. */
  over(transport: Transport): this {
    this.#transport = transport;
    return this;
  }

  // ---- what the device does ---------------------------------------------------------------------------------------

  send(packet: Packet, mostBytes: number): boolean | null {
    if (packet.cmd === "publish" && !isWritable(packet.payload)) return false;
    const bytes = this.#wire.codec.encode(packet);
    if (bytes.length > mostBytes) return false;
    if (this.#listener === null) return null;
    if (this.#refusesNext) {
      this.#refuseNext();
      return true;
    }
    const transport = this.#transport;
    if (transport === null) return null;
    if (this.#isMuted) return true;
    if (isFull(transport)) {
      this.#hasDropped = true;
      return true;
    }
    this.#wire.sent(this.#listener, bytes.length);
    transport.write(bytes);
    if (packet.cmd === "disconnect") this.#hasTakenLeave = true;
    return true;
  }

  /** Where the whole path is gone nobody else is asked either, and no answer arrives. */
  ask<A>(
    start: (answered: (answer: A) => void) => () => void,
    answered: (answer: A) => void,
  ): (() => void) | null {
    if (this.#isPathGone) return null;
    return start((answer) => {
      if (!this.#isPathGone) answered(answer);
    });
  }

  get isStuck(): boolean {
    return this.#hasDropped || (this.#transport !== null && isFull(this.#transport));
  }

  mute(nextWrite: NextWrite): void {
    this.#isMuted = true;
    this.#partial = null;
    this.#refusesNext = nextWrite === "reset";
    this.#reachesOthers = nextWrite === "reset";
    this.#transport?.mute?.();
  }

  get #isPathGone(): boolean {
    return this.#isMuted && !this.#reachesOthers;
  }

  /** Nobody is called back within what he called himself. */
  #refuseNext(): void {
    this.#refusesNext = false;
    this.#wire.halfOpen?.refuseLater(this);
  }

  /** Whoever forgot the connection answers the device's packet with RST. The server hears nothing of it. */
  refuse(): void {
    const listener = this.#listener;
    if (listener === null) return;
    this.#forsake(listener);
    listener.onClosed("tcp_reset");
  }

  /** The device has given it up: over a path that is gone neither FIN nor RST reaches the server. */
  #forsake(listener: L): void {
    this.#listener = null;
    const { halfOpen } = this.#wire;
    if (this.#transport === null) return;
    if (halfOpen === null) {
      this.#end()?.reset();
      return;
    }
    this.#forsaker = listener;
    halfOpen.keep(listener, this);
  }

  /** After DISCONNECT the server ends the connection, if the client has not: MQTT 3.1.1 and 5.0 section 3.14.4. */
  close(): void {
    const listener = this.#listener;
    const { partings } = this.#wire;
    if (this.#isMuted && listener !== null) {
      this.#forsake(listener);
      return;
    }
    if (partings === null || listener === null || !this.#hasTakenLeave) {
      this.#end()?.close();
      return;
    }
    this.#leaver = listener;
    this.#listener = null;
    this.#partial = null;
    partings.begin(listener, this);
  }

  /** The peer has had time enough to end the stream. */
  endNow(): void {
    this.#leaver = null;
    this.#end()?.close();
  }

  reset(): void {
    const listener = this.#listener;
    if (this.#isMuted && listener !== null) this.#forsake(listener);
    else this.#end()?.reset();
  }

  #end(): Transport | null {
    const transport = this.#transport;
    this.#listener = null;
    this.#transport = null;
    this.#partial = null;
    return transport;
  }

  // ---- what the network does --------------------------------------------------------------------------------------

  onStep(next: OpeningStep, resumed: boolean): void {
    this.#listener?.onStep(next, resumed);
  }

  onOpen(resumed: boolean = false): void {
    this.#listener?.onOpen(resumed);
  }

  onBytes(bytes: Buffer): void {
    if (this.#isMuted || this.#listener === null) return;
    const { maxPacketBytes, received } = this.#wire;
    received(this.#listener, bytes.length);
    const rest = splitPackets(this.#partial, bytes, maxPacketBytes, onPacketBytes<L>, this);
    // A packet may have ended the connection, or somebody muted it meanwhile: the rest is of no interest.
    if (this.#listener === null || this.#isMuted) return;
    if (typeof rest === "string") this.#listener.onUnreadable();
    else this.#partial = rest;
  }

  /** One whole packet. Returns whether the connection goes on. */
  take(bytes: Buffer): boolean {
    if (this.#listener === null) return false;
    const packet = this.#wire.codec.decode(bytes);
    if (packet === null) this.#listener.onUnreadable();
    else this.#listener.onPacket(packet);
    return this.#listener !== null && !this.#isMuted;
  }

  onClosed(failure: TransportFailure | null): void {
    this.#transport = null;
    const leaver = this.#leaver;
    if (leaver !== null) {
      this.#leaver = null;
      this.#wire.partings?.over(leaver);
    }
    const forsaker = this.#forsaker;
    if (forsaker !== null) {
      this.#forsaker = null;
      this.#wire.halfOpen?.over(forsaker, this);
    }
    // Where the path is gone nobody hears of it.
    if (this.#isMuted) return;
    const listener = this.#listener;
    this.#end();
    listener?.onClosed(failure);
  }
}

function onPacketBytes<L extends PacketListener>(bytes: Buffer, connection: Connection<L>): boolean {
  return connection.take(bytes);
}

function isFull(transport: Transport): boolean {
  return transport.unsentBytes > MOST_UNSENT_BYTES;
}

/** A remaining length of four bytes holds no more: MQTT 3.1.1 section 2.2.3; room for topic, id and properties. */
const LONGEST_PAYLOAD_BYTES = 268_435_455 - 4 * 65_535;

function isWritable(payload: string | Buffer): boolean {
  return (
    payload.length * 3 <= LONGEST_PAYLOAD_BYTES ||
    (typeof payload === "string" ? Buffer.byteLength(payload) : payload.length) <= LONGEST_PAYLOAD_BYTES
  );
}
