import fc from "fast-check";
import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Broker } from "../../../engine/src/forecast/broker.ts";
import { VirtualClock } from "../../../engine/src/forecast/clock.ts";
import { type BrokerModel, DEFAULTS } from "../../../engine/src/forecast/model.ts";
import { Network } from "../../../engine/src/forecast/network.ts";
import type { BrokerLink, Client } from "../../../engine/src/forecast/peers.ts";

const LATENCY_MS = 2;

const SUBSCRIBE: Packet = { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 0 }] };

interface Heard {
  atMs: number;
  what: string;
}

function brokerOf(model: Partial<Record<keyof BrokerModel, number | string>> = {}) {
  const clock = new VirtualClock();
  const network = new Network(clock, LATENCY_MS, 0);
  const broker = new Broker({
    model: { ...DEFAULTS.broker, ...model } as BrokerModel,
    network,
    backEnd: null,
    auth: null,
    hasOwnIds: false,
    routesMessages: true,
  });
  return { clock, broker };
}

/** A device that connects as soon as TCP stands, and writes down what it hears. */
class Caller implements BrokerLink {
  readonly deviceNumber = 0;
  readonly protocolVersion: 4 | 5;
  isOver = false;
  isReset = false;
  isHeard = true;
  isHalfOpen = false;
  syns = 0;
  isAccepted = false;
  unread: BrokerLink["unread"] = null;
  client: Client | null = null;
  readonly heard: Heard[] = [];
  readonly broker: Broker;
  readonly #clock: VirtualClock;
  readonly #connect: Packet;

  constructor(clock: VirtualClock, broker: Broker, clientId: string, clean = true, version: 4 | 5 = 4) {
    this.protocolVersion = version;
    this.#clock = clock;
    this.broker = broker;
    this.#connect = {
      cmd: "connect",
      clientId,
      clean,
      protocolId: "MQTT",
      protocolVersion: version,
      keepalive: 0,
    };
  }

  dialAt(atMs: number): this {
    this.#clock.wake(atMs, () => this.broker.dial(this), null, null);
    return this;
  }

  say(packet: Packet): void {
    this.broker.network.up(() => this.broker.hear(this, packet), null, null);
  }

  reset(): void {
    this.isOver = true;
    this.isReset = true;
    this.isHeard = false;
    this.broker.left(this);
  }

  opened(): void {
    this.#hear("tcp");
    this.say(this.#connect);
  }

  greeted(): void {}

  deliver(packet: Packet): void {
    this.#hear(packet.cmd === "connack" ? `connack ${packet.sessionPresent}` : packet.cmd);
  }

  closed(): void {
    this.#hear("closed");
  }

  #hear(what: string): void {
    this.heard.push({ atMs: Math.round(this.#clock.now() * 1000) / 1000, what });
  }

  at(what: string): number | undefined {
    return this.heard.find((one) => one.what.startsWith(what))?.atMs;
  }
}

describe("a broker", () => {
  it("serves what one kind of work there is as a queue of one server does: Lindley's recursion", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 100, max: 400 }), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(20, 100, 1000),
        (times, subscribes) => {
          const { clock, broker } = brokerOf({ connects: 1e6, subscribes });
          const arrivals = [...times].sort((a, b) => a - b);
          const callers = arrivals.map((atMs, i) => {
            const caller = new Caller(clock, broker, `c${i}`).dialAt(1);
            clock.wake(atMs, () => caller.say(SUBSCRIBE), null, null);
            return caller;
          });
          while (clock.advance(100));
          let freeMs = 0;
          arrivals.forEach((atMs, i) => {
            freeMs = Math.max(freeMs, atMs + LATENCY_MS) + 1000 / subscribes;
            expect(callers[i]?.at("suback")).toBeCloseTo(freeMs + LATENCY_MS, 2);
          });
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it("takes as long for connects alone as their rate says, however many it accepts at a time", () => {
    for (const accepts of ["one", "all"] as const) {
      const { clock, broker } = brokerOf({ connects: 10, accepts });
      const callers = Array.from({ length: 20 }, (_, i) => new Caller(clock, broker, `c${i}`).dialAt(1));
      while (clock.advance(100));
      const last = Math.max(...callers.map((caller) => caller.at("connack") ?? Number.NaN));
      // The first SYN comes after one latency, and the last CONNACK after another.
      expect(last).toBeCloseTo(1 + LATENCY_MS + 20 * 100 + LATENCY_MS, 2);
    }
  });

  it("accepts the next connection after what the last has said, or all before anything is read", () => {
    const connacks = (accepts: string): (number | undefined)[] => {
      const { clock, broker } = brokerOf({ connects: 1, accepts });
      const callers = ["a", "b"].map((id) => new Caller(clock, broker, id).dialAt(1));
      while (clock.advance(100));
      return callers.map((caller) => caller.at("connack"));
    };
    // Accepting takes 200 ms of a connect's second.
    expect(connacks("one")).toEqual([3 + 1000 + 2, 3 + 2000 + 2]);
    expect(connacks("all")).toEqual([3 + 400 + 800 + 2, 3 + 2000 + 2]);
  });

  it("needs time for the ends of connections, before what comes after them", () => {
    const { clock, broker } = brokerOf({ connects: 1e6, closes: 10 });
    const gone = ["a", "b", "c"].map((id) => new Caller(clock, broker, id).dialAt(1));
    for (const one of gone) clock.wake(100, () => one.reset(), null, null);
    const next = new Caller(clock, broker, "next").dialAt(101);
    while (clock.advance(100));
    expect(next.at("connack")).toBeCloseTo(100 + LATENCY_MS + 300 + LATENCY_MS, 2);
  });

  it("drops a SYN that finds the accept queue full; it comes again after 1, 3 and 7 s", () => {
    // Accepting the first takes 1.8 s, its CONNECT 7.2 s. The second finds no room at 100 and 1,100 ms, and has the only place from 3,100 ms on.
    const { clock, broker } = brokerOf({ connects: 1 / 9, acceptQueue: 1 });
    new Caller(clock, broker, "served").dialAt(1);
    new Caller(clock, broker, "queued").dialAt(100);
    const late = new Caller(clock, broker, "late").dialAt(200);
    while (clock.advance(100));
    // At 200, 1,200, 3,200 and 7,200 ms there is no room; at 15,200 there is.
    expect(late.syns).toBe(5);
    expect(late.at("tcp")).toBe(15_200 + 2 * LATENCY_MS);
    expect(broker.droppedSyns).toBe(2 + 4);
  });

  it("spends nothing on the CONNECT of a connection that was reset before its turn", () => {
    const { clock, broker } = brokerOf({ connects: 1 });
    new Caller(clock, broker, "first").dialAt(1);
    const gone = new Caller(clock, broker, "gone").dialAt(2);
    const last = new Caller(clock, broker, "last").dialAt(3);
    clock.wake(500, () => gone.reset(), null, null);
    while (clock.advance(100));
    expect(gone.at("connack")).toBeUndefined();
    // All three are accepted, 200 ms each, and two CONNECTs are served, 800 ms each; an end takes 0.05 ms.
    expect(last.at("connack")).toBeCloseTo(1 + LATENCY_MS + 3 * 200 + 2 * 800 + 0.05 + LATENCY_MS, 2);
  });

  it("keeps a session that is not clean, and says so; a clean one ends it", () => {
    const { clock, broker } = brokerOf();
    const one = new Caller(clock, broker, "same", false).dialAt(1);
    clock.wake(50, () => one.reset(), null, null);
    const two = new Caller(clock, broker, "same", false).dialAt(100);
    clock.wake(150, () => two.reset(), null, null);
    const clean = new Caller(clock, broker, "same", true).dialAt(200);
    clock.wake(250, () => clean.reset(), null, null);
    const after = new Caller(clock, broker, "same", false).dialAt(300);
    while (clock.advance(100));
    const told = [one, two, clean, after].map((caller) => caller.heard.at(-1)?.what);
    expect(told).toEqual(["connack false", "connack true", "connack false", "connack false"]);
  });

  it("takes the connection of a client that comes again; MQTT 5 says why", () => {
    for (const version of [4, 5] as const) {
      const { clock, broker } = brokerOf();
      const first = new Caller(clock, broker, "same", true, version).dialAt(1);
      // Whoever comes may speak the other version: the one that is told is the first.
      new Caller(clock, broker, "same", true, version === 4 ? 5 : 4).dialAt(100);
      while (clock.advance(100));
      const told = first.heard.map(({ what }) => what);
      expect(told).toEqual(["tcp", "connack false", ...(version === 5 ? ["disconnect"] : []), "closed"]);
    }
  });
});
