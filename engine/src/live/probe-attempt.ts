import type { IConnectPacket, Packet } from "mqtt-packet";
import type { Time } from "../device/port.ts";
import { createCodec } from "../transport/codec.ts";
import { Connection, type PacketListener, type Wire } from "../transport/connection.ts";
import type { Dialer, OpeningStep, OpenTransport, TransportFailure } from "../transport/transport.ts";

/** What a probe waited for when it learnt how it ends. */
export type ProbeStep = OpeningStep | "connack";

export type ProbeOutcome =
  | { kind: "reached" }
  /** `failure` is null where the target ended the connection without a reason. */
  | { kind: "failed"; during: ProbeStep; failure: TransportFailure | null }
  | { kind: "silent"; during: ProbeStep }
  | { kind: "unreadable" }
  /** A code of CONNACK. */
  | { kind: "refused"; code: number };

export interface ProbeRoute {
  open: OpenTransport;
  /** Null where the connection alone is tried. */
  connect: IConnectPacket | null;
  /** Longer than that nobody is waited for. */
  mostMs: number;
  maxPacketBytes: number;
}

/** It has gone before the first device comes. */
const PROBE: Dialer = { number: 0, endpoint: null, region: 0 };

/** Connects once, says CONNECT where it is to, and takes leave. */
export function attemptProbe(route: ProbeRoute, time: Time): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    new Attempt(route, time, resolve).start();
  });
}

class Attempt implements PacketListener {
  readonly #route: ProbeRoute;
  readonly #time: Time;
  readonly #done: (outcome: ProbeOutcome) => void;
  #connection: Connection<Attempt> | null = null;
  #timer: object | null = null;
  #step: ProbeStep = "tcp";

  constructor(route: ProbeRoute, time: Time, done: (outcome: ProbeOutcome) => void) {
    this.#route = route;
    this.#time = time;
    this.#done = done;
  }

  start(): void {
    const { open, connect, mostMs, maxPacketBytes } = this.#route;
    const wire: Wire<Attempt> = {
      codec: createCodec(connect?.protocolVersion === 5 ? 5 : 4),
      maxPacketBytes,
      sent: () => {},
      received: () => {},
      partings: null,
      halfOpen: null,
    };
    const connection = new Connection<Attempt>(this, wire);
    this.#connection = connection;
    this.#timer = this.#time.wake(mostMs, expire, this, undefined);
    connection.over(open(connection, PROBE));
  }

  onStep(next: OpeningStep): void {
    this.#step = next;
  }

  onOpen(): void {
    const { connect } = this.#route;
    if (connect === null) {
      this.#connection?.close();
      this.#end({ kind: "reached" });
      return;
    }
    this.#step = "connack";
    this.#connection?.send(connect, Number.POSITIVE_INFINITY);
  }

  onPacket(packet: Packet): void {
    if (packet.cmd !== "connack") {
      this.onUnreadable();
      return;
    }
    const code = packet.returnCode ?? packet.reasonCode ?? 0;
    if (code === 0) this.#connection?.send({ cmd: "disconnect" }, Number.POSITIVE_INFINITY);
    this.#connection?.close();
    this.#end(code === 0 ? { kind: "reached" } : { kind: "refused", code });
  }

  onUnreadable(): void {
    this.#connection?.close();
    this.#end({ kind: "unreadable" });
  }

  onClosed(failure: TransportFailure | null): void {
    this.#end({ kind: "failed", during: this.#step, failure });
  }

  expire(): void {
    this.#timer = null;
    this.#connection?.reset();
    this.#end({ kind: "silent", during: this.#step });
  }

  #end(outcome: ProbeOutcome): void {
    if (this.#timer !== null) this.#time.cancel(this.#timer);
    this.#timer = null;
    this.#connection = null;
    this.#done(outcome);
  }
}

function expire(attempt: Attempt): void {
  attempt.expire();
}
