import mqttPacket, { type Packet } from "mqtt-packet";
import { Device } from "../../engine/src/device/device.ts";
import { EVENTS, type Tell } from "../../engine/src/device/events.ts";
import { NO_REACTIONS } from "../../engine/src/device/session/message-work.ts";
import { LOST, type Waiter } from "../../engine/src/device/turns.ts";
import { LiveHost, type LiveHostOptions } from "../../engine/src/live/host.ts";
import { createRandom } from "../../engine/src/random.ts";
import type { Transport, TransportListener } from "../../engine/src/transport/transport.ts";
import { ManualTime } from "../support/manual-time.ts";
import { HostileBytes } from "./hostile-bytes.ts";

/** How long a device may take, in its own time, to be ready once its broker behaves. */
const RECOVERY_MS = 60_000;

/** Counts over all cases. */
export interface FuzzTotals {
  cases: number;
  connections: number;
  bytes: number;
  operations: number;
  outcomes: Record<string, number>;
  disconnects: Record<string, number>;
  refused: Record<string, number>;
}

export function newTotals(): FuzzTotals {
  return { cases: 0, connections: 0, bytes: 0, operations: 0, outcomes: {}, disconnects: {}, refused: {} };
}

/** Something that must never happen; the message names the case that shows it again. */
export class Violation extends Error {}

/**
 * The life of one device whose broker misbehaves, and then behaves. Time, network and chance are the case's own: the same
 * seed and number give the same case. Throws for whatever must not happen.
 */
export function fuzzCase(seed: number, number: number, totals: FuzzTotals): void {
  try {
    new Case(seed, number, totals).run();
  } catch (error) {
    const { stack } = error as Error;
    throw new Violation(`fuzz case ${number} of seed ${seed}: ${stack}`, { cause: error });
  }
  totals.cases++;
}

/** One device that lives for so many steps. Returns by how many bytes it has grown in their last three quarters. */
export function fuzzLongLife(seed: number, number: number, steps: number, bytesInUse: () => number): number {
  let grown = 0;
  new Case(seed, number, newTotals()).run(steps, (step) => {
    if (step === Math.floor(steps / 4)) grown -= bytesInUse();
    if (step === steps - 1) grown += bytesInUse();
  });
  return grown;
}

/** A host whose chance is the case's. */
class FuzzHost extends LiveHost {
  readonly #random: () => number;

  constructor(options: LiveHostOptions, random: () => number) {
    super(options);
    this.#random = random;
  }

  override random(): number {
    return this.#random();
  }
}

class Case {
  readonly #hostile: HostileBytes;
  readonly #version: 4 | 5;
  readonly #totals: FuzzTotals;
  readonly #time = new ManualTime();
  readonly #device: Device;
  readonly #maxPacketBytes: number;
  /** How often each operation was settled. */
  readonly #settled: number[] = [];
  #connection: Connection | null = null;
  #recovering = false;

  constructor(seed: number, number: number, totals: FuzzTotals) {
    this.#totals = totals;
    this.#version = number % 2 === 0 ? 4 : 5;
    const random = createRandom(seed, number);
    this.#hostile = new HostileBytes(random, this.#version);
    const hostile = this.#hostile;
    this.#maxPacketBytes = hostile.pick([128, 1000, 10_000]);
    const keepsSession = hostile.chance(0.5);
    const host = new FuzzHost(
      {
        time: this.#time,
        seed,
        recorder: { tell: tellInto(totals) },
        regions: null,
        maxPacketBytes: this.#maxPacketBytes,
        partings: null,
        halfOpen: null,
        openings: null,
      },
      random,
    );
    host.openers.push((listener) => {
      if (this.#connection?.alive) throw new Error("a second connection while the first lives");
      this.#connection = new Connection(listener, this.#version);
      totals.connections++;
      return this.#connection;
    });
    this.#device = new Device(
      number,
      { clientId: `fuzz-${number}`, username: null, password: null },
      {
        plan: {
          cohort: 0,
          protocolVersion: this.#version,
          keepaliveMs: 10_000,
          connectTimeoutMs: 3000,
          ackTimeoutMs: 2000,
          clean: !keepsSession,
          sessionExpiryS: keepsSession && this.#version === 5 ? 3600 : 0,
          resubscribe: hostile.pick(["auto", "always"] as const),
          backoff: () => 100,
          backoffBaseMs: 100,
          resetAfter: "ready",
          reactions: null,
          failureLimit: null,
          maxPacketBytes: this.#maxPacketBytes,
          receiveMaximum: 65_535,
          topicAliasMaximum: hostile.pick([0, 3, 65_535]),
          followReferences: hostile.chance(0.5),
        },
        port: host,
        telemetry: [],
        reactions: NO_REACTIONS,
        program: [
          { begin: (device, waiter) => device.exchange.subscribe(["commands/x"], 1, true, waiter) },
          { begin: (device, waiter) => this.#ask(device, "answers/a", waiter) },
        ],
        regions: null,
        messages: null,
        ids: null,
      },
      this,
    );
  }

  run(steps: number = 10 + this.#hostile.int(60), onStep: (step: number) => void = ignore): void {
    this.#device.connect();
    for (let step = 0; step < steps; step++) {
      this.#step();
      onStep(step);
    }
    this.#recover();
    this.#device.end("ended");
    this.#time.advance(RECOVERY_MS);
    const open = this.#settled.filter((count) => count !== 1).length;
    if (open > 0) throw new Error(`${open} of ${this.#settled.length} operations were not settled`);
    if (this.#time.pending > 0) throw new Error(`${this.#time.pending} timers are left`);
    if (this.#connection?.alive) throw new Error("the connection is left open");
  }

  #step(): void {
    const hostile = this.#hostile;
    const connection = this.#connection;
    switch (hostile.int(10)) {
      case 0:
        this.#time.advance(hostile.int(3500));
        return;
      case 1:
        this.#device.look(this.#time.now(), 1000);
        return;
      case 2:
        this.#operate();
        return;
      case 3:
        if (hostile.chance(0.3))
          this.#device.part.drop(hostile.pick(["reset", "close", "disconnect"] as const), 1);
        else if (hostile.chance(0.5)) connection?.ends(hostile.pick([null, "tcp_reset"] as const));
        return;
      case 4:
      case 5:
      case 6:
        this.#behave(hostile.chance(0.2));
        return;
      default:
        if (connection === null) return;
        connection.opens();
        this.#send(connection, hostile.burst(connection.ids));
    }
  }

  /** Bytes as they come from a network: whole, in parts, or byte by byte. */
  #send(connection: Connection, bytes: Buffer): void {
    const hostile = this.#hostile;
    const most = hostile.pick([1, 5, 100, bytes.length, bytes.length]);
    for (let from = 0; from < bytes.length && connection.alive; ) {
      const part = bytes.subarray(from, from + 1 + hostile.int(most));
      this.#totals.bytes += part.length;
      connection.sends(part);
      from += part.length;
      // Unread bytes are kept up to one packet: whoever is sent more has given the connection up, or read a packet.
      if (connection.unread > this.#maxPacketBytes) {
        throw new Error(`${connection.unread} bytes are kept, ${this.#maxPacketBytes} are allowed`);
      }
    }
  }

  /** Accepts what the device asked for, as a broker should. */
  #behave(sessionPresent: boolean): void {
    const connection = this.#connection;
    if (connection === null) return;
    connection.opens();
    for (const packet of connection.take()) {
      for (const reply of repliesTo(packet, sessionPresent)) {
        if (reply.cmd === "connack" && this.#version === 5 && !this.#recovering && this.#hostile.chance(0.3))
          reply.properties = this.#hostile.limits();
        this.#send(connection, this.#hostile.encode(reply));
      }
    }
  }

  #operate(): void {
    const device = this.#device;
    const waiter = this.#operation();
    switch (this.#hostile.int(4)) {
      case 0:
        device.exchange.publish(
          {
            topic: "t",
            payload: "p",
            qos: this.#hostile.pick([0, 1, 2] as const),
            retain: this.#hostile.chance(0.3),
          },
          waiter,
        );
        return;
      case 1:
        device.exchange.subscribe(["a/b", "c"], 1, this.#hostile.chance(0.5), waiter);
        return;
      case 2:
        device.exchange.unsubscribe(["a/b"], waiter);
        return;
      default:
        this.#ask(device, "answers/b", waiter);
    }
  }

  #ask(device: Device, responseTopic: string, waiter: Waiter): void {
    const { turns } = device.env.port;
    const settled = this.#operation();
    device.exchange.request({
      topic: `ask/${responseTopic}`,
      payload: "",
      qos: 1,
      responseTopic,
      rejectedTopic: null,
      listen: [responseTopic],
      correlation: this.#version === 5 && this.#hostile.chance(0.5) ? "properties" : "none",
      requestId: device.nextRequestId(),
      timeoutMs: 1500,
      asker: {
        answered: (outcome) => {
          settled.settled(outcome === "answer" ? null : outcome);
          if (outcome === "timeout") device.fail("bootstrap_timeout");
          const isLost = outcome === "timeout" || outcome === "lost";
          turns.settle(waiter, isLost ? LOST : outcome === "answer" ? null : outcome);
        },
      },
    });
  }

  #operation(): Waiter {
    const index = this.#settled.push(0) - 1;
    this.#totals.operations++;
    return {
      settled: (failure) => {
        this.#settled[index] = (this.#settled[index] as number) + 1;
        if (this.#settled[index] !== 1) throw new Error(`an operation was settled twice, with ${failure}`);
        count(this.#totals.outcomes, failure ?? "done");
      },
    };
  }

  /** The broker behaves from now on. */
  #recover(): void {
    this.#recovering = true;
    const startedMs = this.#time.now();
    // Half a packet of before may still stand in the stream: only a new connection is sure to be understood.
    this.#connection?.ends(null);
    while (this.#device.state !== "ready") {
      if (this.#time.now() - startedMs > RECOVERY_MS) throw new Error(`not ready but ${this.#device.state}`);
      this.#time.advance(50);
      this.#behave(false);
    }
  }
}

/** The broker's end of one connection. */
class Connection implements Transport {
  readonly unsentBytes = 0;
  readonly #listener: TransportListener;
  readonly #parser: mqttPacket.Parser;
  #written: Packet[] = [];
  #opened = false;
  alive = true;
  /** Packet ids that the device used lately. */
  readonly ids: number[] = [];
  readonly #announced = new Announced();

  constructor(listener: TransportListener, version: 4 | 5) {
    this.#listener = listener;
    this.#parser = mqttPacket.parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => {
      this.#written.push(packet);
      if (packet.messageId !== undefined && this.ids.length < 20) this.ids.push(packet.messageId);
    });
    this.#parser.on("error", (error: Error) => {
      throw new Error(`the device wrote what is no packet: ${error.message}`);
    });
  }

  write(bytes: Uint8Array): void {
    if (!this.alive) throw new Error("written to a connection that has ended");
    const left = this.#parser.parse(Buffer.from(bytes));
    if (left !== 0) throw new Error("the device wrote part of a packet");
  }

  close(): void {
    this.#end();
  }

  reset(): void {
    this.#end();
  }

  #end(): void {
    if (!this.alive) throw new Error("ended twice");
    this.alive = false;
  }

  get unread(): number {
    return this.alive ? this.#announced.unread : 0;
  }

  take(): Packet[] {
    const written = this.#written;
    this.#written = [];
    return written;
  }

  opens(): void {
    if (this.#opened || !this.alive) return;
    this.#opened = true;
    this.#listener.onOpen();
  }

  /** Sends through a buffer that holds something else as soon as the call has returned, as the shared read buffer does. */
  sends(bytes: Uint8Array): void {
    if (!this.alive) return;
    const shared = Buffer.from(bytes);
    this.#announced.feed(bytes);
    this.#listener.onBytes(shared);
    shared.fill(0xa5);
  }

  ends(failure: "tcp_reset" | null): void {
    if (!this.alive) return;
    this.alive = false;
    this.#listener.onClosed(failure);
  }
}

/** How much of the stream is not a whole packet yet, found apart from the engine's own framing. */
class Announced {
  unread = 0;
  #length: number | null = null;
  #remaining = 0;

  feed(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.unread++;
      if (this.#length === null && this.unread > 1) {
        this.#remaining += (byte & 0x7f) * 128 ** (this.unread - 2);
        if ((byte & 0x80) === 0) this.#length = this.unread + this.#remaining;
      }
      if (this.unread === this.#length) {
        this.unread = 0;
        this.#length = null;
        this.#remaining = 0;
      }
    }
  }
}

function repliesTo(packet: Packet, sessionPresent: boolean): Packet[] {
  const messageId = packet.messageId ?? 0;
  switch (packet.cmd) {
    case "connect":
      return [{ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent }];
    case "subscribe":
      return [{ cmd: "suback", messageId, granted: packet.subscriptions.map(() => 0) }];
    case "unsubscribe":
      return [{ cmd: "unsuback", messageId, granted: packet.unsubscriptions.map(() => 0) } as Packet];
    case "pingreq":
      return [{ cmd: "pingresp" }];
    case "pubrel":
      return [{ cmd: "pubcomp", messageId, reasonCode: 0 }];
    case "publish": {
      const replies: Packet[] = [];
      if (packet.qos === 1) replies.push({ cmd: "puback", messageId, reasonCode: 0 });
      if (packet.qos === 2) replies.push({ cmd: "pubrec", messageId, reasonCode: 0 });
      if (packet.topic.startsWith("ask/")) {
        const { correlationData } = packet.properties ?? {};
        replies.push({
          cmd: "publish",
          topic: packet.topic.slice("ask/".length),
          payload: "{}",
          qos: 0,
          dup: false,
          retain: false,
          ...(correlationData === undefined ? {} : { properties: { correlationData } }),
        });
      }
      return replies;
    }
    default:
      return [];
  }
}

/** Names that become part of metrics come from closed lists, whatever the broker sends. */
const NAME = /^[a-z0-9_]+(\.[a-z0-9_]+)?$/;
const MOST_NAMES = 150;

function count(counts: Record<string, number>, name: string): void {
  if (!NAME.test(name)) throw new Error(`no name for a metric: ${JSON.stringify(name)}`);
  counts[name] = (counts[name] ?? 0) + 1;
  if (counts[name] === 1 && Object.keys(counts).length > MOST_NAMES) {
    throw new Error(`more than ${MOST_NAMES} names: ${Object.keys(counts).join(", ")}`);
  }
}

/** Names of refusals, ends and errors become metrics. */
function tellInto(totals: FuzzTotals): Tell {
  return (event, _subject, _storm, _value, name) => {
    if (event.named === null) return;
    if (event === EVENTS.connectRefused) count(totals.refused, name);
    else if (event === EVENTS.error) count(totals.disconnects, `error.${name.replace(".", "_")}`);
    else count(totals.disconnects, name);
  };
}

function ignore(): void {}

/**
 * mqtt-packet keeps the encoding of every length below 16,384 that it was ever asked for, and each small buffer keeps the
 * 8 KB slab it was cut from. All of them are asked for at once, so that this is not taken for growth.
 */
function fillLengthCache(): void {
  const payload = Buffer.alloc(16_384);
  for (let length = 0; length < payload.length; length++) {
    const body = payload.subarray(0, length);
    mqttPacket.generate({ cmd: "publish", topic: "t", payload: body, qos: 0, dup: false, retain: false });
  }
}

/** Runs cases for a time. Stops at the first violation, by throwing it. Gives way to the event loop between slices. */
export async function fuzz(
  seed: number,
  forMs: number,
  onProgress: (totals: FuzzTotals, elapsedMs: number) => void = () => {},
): Promise<FuzzTotals> {
  fillLengthCache();
  const totals = newTotals();
  const startedMs = performance.now();
  let reportedMs = startedMs;
  for (let number = 0; performance.now() - startedMs < forMs; ) {
    const sliceEndMs = performance.now() + 50;
    while (performance.now() < sliceEndMs) fuzzCase(seed, number++, totals);
    await new Promise((resolve) => setImmediate(resolve));
    if (performance.now() - reportedMs < 10_000) continue;
    reportedMs = performance.now();
    onProgress(totals, reportedMs - startedMs);
  }
  return totals;
}
