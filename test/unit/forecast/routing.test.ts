/** What a forecast's broker passes from device to device, and what it keeps for whom. */
import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Broker } from "../../../engine/src/forecast/broker.ts";
import { VirtualClock } from "../../../engine/src/forecast/clock.ts";
import { DEFAULTS } from "../../../engine/src/forecast/model.ts";
import { Network } from "../../../engine/src/forecast/network.ts";
import type { BrokerLink, Client } from "../../../engine/src/forecast/peers.ts";

interface ConnectOptions {
  clean?: boolean;
  version?: 4 | 5;
  will?: { topic: string; payload: string; qos?: 0 | 1 | 2; properties?: { willDelayInterval: number } };
  properties?: { sessionExpiryInterval?: number; receiveMaximum?: number };
}

/** A client that says what a test has it say, and answers messages of QoS 1 and 2 unless it is slow. */
class Peer implements BrokerLink {
  readonly deviceNumber = 0;
  readonly protocolVersion: 4 | 5;
  isOver = false;
  isReset = false;
  isHalfOpen = false;
  syns = 0;
  isAccepted = false;
  unread: BrokerLink["unread"] = null;
  client: Client | null = null;
  isSlow = false;
  readonly heard: string[] = [];
  readonly broker: Broker;
  readonly #connect: Packet;

  constructor(broker: Broker, clientId: string, { clean = true, version = 4, ...more }: ConnectOptions) {
    this.broker = broker;
    this.protocolVersion = version;
    const protocolId = "MQTT";
    this.#connect = {
      cmd: "connect",
      clientId,
      clean,
      protocolId,
      protocolVersion: version,
      keepalive: 0,
      ...(more as object),
    };
  }

  get isHeard(): boolean {
    return !this.isOver && !this.isHalfOpen;
  }

  say(packet: Packet): void {
    this.broker.network.up(() => this.broker.hear(this, packet), null, null);
  }

  subscribe(topic: string, qos: 0 | 1 | 2 = 0, nl?: boolean): void {
    const subscription = nl === undefined ? { topic, qos } : { topic, qos, nl };
    this.say({ cmd: "subscribe", messageId: 9, subscriptions: [subscription] });
  }

  publish(topic: string, payload: string, qos: 0 | 1 | 2 = 0, messageId = 1): void {
    this.say({ cmd: "publish", topic, payload, qos, messageId, dup: false, retain: false });
  }

  reset(): void {
    this.isOver = true;
    this.isReset = true;
    this.broker.left(this);
  }

  leave(): void {
    this.say({ cmd: "disconnect" });
    this.isOver = true;
    this.broker.left(this);
  }

  opened(): void {
    this.say(this.#connect);
  }

  greeted(): void {}

  deliver(packet: Packet): void {
    if (packet.cmd === "pubrel") this.say({ cmd: "pubcomp", messageId: packet.messageId as number });
    if (packet.cmd !== "publish") return;
    this.heard.push(`${packet.payload} ${packet.qos}${packet.dup ? " again" : ""}`);
    if (this.isSlow || packet.qos === 0) return;
    this.say({ cmd: packet.qos === 1 ? "puback" : "pubrec", messageId: packet.messageId as number });
  }

  closed(): void {
    this.isOver = true;
  }
}

/** A broker, and a clock that a test moves. Everything that is said is done within a second. */
function world() {
  const clock = new VirtualClock();
  const network = new Network(clock, 1, 0);
  const broker = new Broker({
    model: DEFAULTS.broker,
    network,
    backEnd: null,
    auth: null,
    hasOwnIds: false,
    routesMessages: true,
  });
  let atMs = 0;
  const settle = (ms = 1000): void => {
    atMs += ms;
    let isThere = false;
    clock.wake(atMs - clock.now(), () => (isThere = true), null, null);
    while (!isThere) clock.advance(1);
  };
  const joins = (id: string, options: ConnectOptions = {}): Peer => {
    const peer = new Peer(broker, id, options);
    broker.dial(peer);
    settle();
    return peer;
  };
  return { broker, settle, joins };
}

describe("a message of one device", () => {
  it("reaches each that has subscribed, once, with the lower QoS of the two; and nobody else", () => {
    const { joins, settle } = world();
    const [speaker, twice, exact, other] = ["s", "a", "b", "c"].map((id) => joins(id)) as [
      Peer,
      Peer,
      Peer,
      Peer,
    ];
    twice.subscribe("up/#", 0);
    twice.subscribe("up/+", 1);
    exact.subscribe("up/s", 2);
    other.subscribe("down/#", 1);
    settle();
    for (const qos of [0, 1, 2] as const) speaker.publish("up/s", `q${qos}`, qos, qos + 1);
    settle();
    expect(twice.heard).toEqual(["q0 0", "q1 1", "q2 1"]);
    expect(exact.heard).toEqual(["q0 0", "q1 1", "q2 2"]);
    expect([...other.heard, ...speaker.heard]).toEqual([]);
  });

  it("comes back to who sent it, but for noLocal, and not after UNSUBSCRIBE", () => {
    const { joins, settle } = world();
    const [own, deaf] = [joins("own"), joins("deaf", { version: 5 })];
    own.subscribe("a");
    deaf.subscribe("a", 0, true);
    settle();
    own.publish("a", "1");
    deaf.publish("a", "2");
    settle();
    own.say({ cmd: "unsubscribe", messageId: 3, unsubscriptions: ["a"] });
    settle();
    own.publish("a", "3");
    settle();
    expect(own.heard).toEqual(["1 0", "2 0"]);
    expect(deaf.heard).toEqual(["1 0", "3 0"]);
  });

  it("takes the broker as long for each that hears it as for taking it in", () => {
    const { broker, joins, settle } = world();
    const hearers = Array.from({ length: 20 }, (_, i) => joins(`h${i}`));
    for (const hearer of hearers) hearer.subscribe("a");
    const speaker = joins("s");
    settle();
    const before = broker.network.clock.now();
    let lastMs = 0;
    for (const hearer of hearers) {
      hearer.deliver = () => {
        lastMs = broker.network.clock.now();
      };
    }
    speaker.publish("a", "x");
    settle();
    expect(lastMs - before).toBeCloseTo(2 + (21 * 1000) / DEFAULTS.broker.messages, 3);
  });

  it("goes to one of those that share a subscription, in turn, and to one that is there", () => {
    const { joins, settle } = world();
    const [one, two, away] = ["1", "2", "3"].map((id) => joins(id, { version: 5 })) as [Peer, Peer, Peer];
    for (const peer of [one, two, away]) peer.subscribe("$share/g/a");
    settle();
    away.reset();
    const speaker = joins("s");
    for (const text of ["a", "b", "c", "d"]) speaker.publish("a", text);
    settle();
    expect([one.heard, two.heard]).toEqual([
      ["a 0", "c 0"],
      ["b 0", "d 0"],
    ]);
  });
});

describe("who is away", () => {
  it("misses what comes meanwhile, unless the session is kept and it is of QoS 1 or 2", () => {
    const { joins, settle } = world();
    const speaker = joins("s");
    for (const [id, clean] of [
      ["clean", true],
      ["kept", false],
    ] as const) {
      const peer = joins(id, { clean });
      peer.subscribe("a", 2);
      settle();
      peer.reset();
      settle();
    }
    speaker.publish("a", "q0", 0);
    speaker.publish("a", "q1", 1, 1);
    speaker.publish("a", "q2", 2, 2);
    settle();
    expect(joins("clean", { clean: true }).heard).toEqual([]);
    const back = joins("kept", { clean: false });
    expect(back.heard).toEqual(["q1 1", "q2 2"]);
    back.reset();
    settle();
    expect(joins("kept", { clean: false }).heard).toEqual([]);
  });

  it("hears again what it has not acknowledged, and what was sent into a half-open connection", () => {
    const { joins, settle } = world();
    const speaker = joins("s");
    const slow = joins("d", { clean: false });
    slow.subscribe("a", 1);
    slow.isSlow = true;
    settle();
    speaker.publish("a", "1", 1, 1);
    settle();
    slow.isHalfOpen = true;
    speaker.publish("a", "2", 1, 2);
    speaker.publish("a", "3", 0);
    settle();
    expect(slow.heard).toEqual(["1 1"]);
    expect(joins("d", { clean: false }).heard).toEqual(["1 1 again", "2 1 again"]);
  });

  it("has what its session's expiry lets it have, and no more at once than it takes", () => {
    const { joins, settle } = world();
    const speaker = joins("s");
    const options = {
      clean: false,
      version: 5,
      properties: { sessionExpiryInterval: 10, receiveMaximum: 1 },
    } as const;
    const away = joins("d", options);
    away.subscribe("a", 1);
    settle();
    away.reset();
    for (const [i, text] of ["1", "2"].entries()) speaker.publish("a", text, 1, i + 1);
    settle(5000);
    const back = joins("d", options);
    expect(back.heard).toEqual(["1 1", "2 1"]);
    back.reset();
    settle(20_000);
    speaker.publish("a", "3", 1, 3);
    settle();
    expect(joins("d", options).heard).toEqual([]);
  });

  it("does not have a message of QoS 2 twice that its sender repeats", () => {
    const { joins, settle } = world();
    const hearer = joins("h");
    hearer.subscribe("a", 2);
    const speaker = joins("s", { clean: false });
    speaker.publish("a", "1", 2, 5);
    speaker.publish("a", "1", 2, 5);
    speaker.say({ cmd: "pubrel", messageId: 5 });
    speaker.publish("a", "2", 2, 5);
    settle();
    expect(hearer.heard).toEqual(["1 2", "2 2"]);
  });
});

describe("a will", () => {
  const will = { topic: "gone", payload: "d", qos: 1 } as const;

  it("is published when the connection is lost or taken over, not after DISCONNECT", () => {
    const { joins, settle } = world();
    const hearer = joins("h");
    hearer.subscribe("gone", 1);
    joins("d", { will }).reset();
    settle();
    expect(hearer.heard).toEqual(["d 1"]);
    joins("d", { will }).isHalfOpen = true;
    settle();
    expect(hearer.heard).toEqual(["d 1"]);
    const last = joins("d", { will });
    expect(hearer.heard).toEqual(["d 1", "d 1"]);
    last.leave();
    settle();
    expect(hearer.heard).toEqual(["d 1", "d 1"]);
  });

  it("waits as long as MQTT 5 says, and is none where the session goes on before that", () => {
    const { joins, settle } = world();
    const hearer = joins("h");
    hearer.subscribe("gone", 1);
    const late = { ...will, properties: { willDelayInterval: 5 } };
    const options = {
      version: 5,
      clean: false,
      will: late,
      properties: { sessionExpiryInterval: 60 },
    } as const;
    joins("d", options).reset();
    settle(3000);
    const back = joins("d", options);
    settle(9000);
    expect(hearer.heard).toEqual([]);
    back.reset();
    settle(4000);
    expect(hearer.heard).toEqual([]);
    settle(2000);
    expect(hearer.heard).toEqual(["d 1"]);
  });
});
