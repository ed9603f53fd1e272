import fc from "fast-check";
import type { IConnackPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { outcome, Rig } from "./device-rig.ts";

type Properties = NonNullable<IConnackPacket["properties"]>;

function acceptWith(rig: Rig, properties: Properties, sessionPresent = false): void {
  rig.broker.opens();
  rig.broker.sends({ cmd: "connack", reasonCode: 0, sessionPresent, properties });
  rig.broker.take();
  rig.bootstraps.at(-1)?.(null);
}

/** A device that is ready at a server that says `properties` in its CONNACK. */
function readyWith(properties: Properties, plan: ConstructorParameters<typeof Rig>[0] = {}): Rig {
  const rig = new Rig({ protocolVersion: 5, ...plan });
  rig.device.connect();
  acceptWith(rig, properties);
  rig.log.length = 0;
  return rig;
}

function publishQos(rig: Rig, qos: 0 | 1 | 2, payload = "x"): (string | null)[] {
  const { done, results } = outcome();
  rig.device.exchange.publish({ topic: "t", payload, qos, retain: false }, done);
  return results;
}

const payloads = (packets: Packet[]): string[] =>
  packets.flatMap((packet) => (packet.cmd === "publish" ? [packet.payload.toString()] : []));

describe("receive maximum of the server", () => {
  it("holds publications back, in order, until others are acknowledged", () => {
    const rig = readyWith({ receiveMaximum: 2 });
    const results = ["a", "b", "c", "d"].map((payload, i) => publishQos(rig, i % 2 === 0 ? 1 : 2, payload));
    expect(payloads(rig.broker.take())).toEqual(["a", "b"]);
    rig.broker.sends({ cmd: "puback", messageId: 1 });
    expect(payloads(rig.broker.take())).toEqual(["c"]);
    // PUBREC frees nothing, PUBCOMP does.
    rig.broker.sends({ cmd: "pubrec", messageId: 2 });
    expect(rig.broker.takeNames()).toEqual(["pubrel"]);
    rig.broker.sends({ cmd: "pubcomp", messageId: 2 });
    expect(payloads(rig.broker.take())).toEqual(["d"]);
    expect(results).toEqual([[null], [null], [], []]);
  });

  it("does not hold QoS 0 back", () => {
    const rig = readyWith({ receiveMaximum: 1 });
    publishQos(rig, 1);
    expect(publishQos(rig, 0)).toEqual([null]);
    expect(rig.broker.takeNames()).toEqual(["publish", "publish"]);
  });

  it("is freed by a PUBREC that refuses", () => {
    const rig = readyWith({ receiveMaximum: 1 });
    const refused = publishQos(rig, 2, "a");
    publishQos(rig, 2, "b");
    rig.broker.take();
    rig.broker.sends({ cmd: "pubrec", messageId: 1, reasonCode: 0x97 });
    expect(refused).toEqual(["puback.quota_exceeded"]);
    expect(payloads(rig.broker.take())).toEqual(["b"]);
  });

  it("takes a PUBREL's message as delivered where a server that resumes does not know it any more", () => {
    const rig = readyWith({ receiveMaximum: 1 });
    const sent = publishQos(rig, 2, "a");
    rig.broker.sends({ cmd: "pubrec", messageId: 1 }, { cmd: "pubcomp", messageId: 1, reasonCode: 0x92 });
    expect(sent).toEqual([null]);
    const unknown = publishQos(rig, 2, "b");
    rig.broker.sends({ cmd: "pubcomp", messageId: 2, reasonCode: 0x92 });
    expect(unknown).toEqual(["puback.packet_identifier_not_found"]);
  });

  it("gives no time-out to what was not sent, and does not take an acknowledgement for it", () => {
    const rig = readyWith({ receiveMaximum: 1 });
    publishQos(rig, 1);
    const waiting = publishQos(rig, 1);
    rig.broker.sends({ cmd: "puback", messageId: 2 });
    expect(waiting).toEqual([]);
    rig.time.advance(3000);
    rig.broker.sends({ cmd: "puback", messageId: 1 });
    rig.time.advance(3000);
    expect(rig.device.state).toBe("ready");
    rig.time.advance(2000);
    expect(rig.events("disconnected")).toEqual([
      { event: "disconnected", name: "ack_timeout", wasReady: true },
    ]);
  });

  it("begins anew with a connection: dup only on what was sent before", () => {
    const rig = readyWith({ receiveMaximum: 1 }, { clean: false });
    publishQos(rig, 1, "a");
    publishQos(rig, 1, "b");
    rig.broker.ends();
    rig.time.advance(100);
    rig.broker.opens();
    rig.broker.take();
    rig.broker.sends({
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: true,
      properties: { receiveMaximum: 5 },
    });
    expect(rig.broker.take()).toMatchObject([
      { cmd: "publish", dup: true, messageId: 1 },
      { cmd: "publish", dup: false, messageId: 2 },
    ]);
    expect(rig.events("publishSent").length).toBe(2);
  });

  it("is never exceeded, and everything is sent once and acknowledged", () => {
    const script = fc.array(
      fc.oneof(fc.constant("answer" as const), fc.constant(1 as const), fc.constant(2 as const)),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), script, (receiveMaximum, steps) => {
        const rig = readyWith({ receiveMaximum });
        /** Publications sent and not yet complete, with what the broker owes. */
        const open = new Map<number, "puback" | "pubrec" | "pubcomp">();
        const results: (string | null)[][] = [];
        const hear = (): void => {
          for (const packet of rig.broker.take()) {
            if (packet.cmd === "publish")
              open.set(packet.messageId ?? 0, packet.qos === 1 ? "puback" : "pubrec");
            if (packet.cmd === "pubrel") open.set(packet.messageId ?? 0, "pubcomp");
          }
          expect(open.size).toBeLessThanOrEqual(receiveMaximum);
        };
        const answer = (): void => {
          const [messageId, cmd] = [...open][0] ?? [];
          if (messageId === undefined || cmd === undefined) return;
          open.delete(messageId);
          rig.broker.sends({ cmd, messageId });
          hear();
        };
        for (const step of steps) {
          if (step === "answer") answer();
          else results.push(publishQos(rig, step));
          hear();
        }
        while (open.size > 0) answer();
        expect(results.every(([result]) => result === null)).toBe(true);
        expect(rig.events("publishSent").length).toBe(results.length);
      }),
    );
  });
});

describe("what the server does not take", () => {
  it("is not sent: a packet above its maximum size", () => {
    const rig = readyWith({ maximumPacketSize: 60 });
    expect(publishQos(rig, 0, "x".repeat(60))).toEqual(["packet_too_large"]);
    expect(publishQos(rig, 1, "x".repeat(60))).toEqual(["packet_too_large"]);
    const { done, results } = outcome();
    rig.device.exchange.subscribe(["x".repeat(60)], 0, false, done);
    rig.device.exchange.unsubscribe(["x".repeat(60)], done);
    expect(results).toEqual(["packet_too_large", "packet_too_large"]);
    expect(rig.broker.take()).toEqual([]);
    expect(rig.device.exchange.session.inflight).toBe(null);
    expect(rig.events("publishSent", "subscribeSent")).toEqual([]);
    expect(publishQos(rig, 0, "x".repeat(30))).toEqual([null]);
  });

  it("does not stand in for a PINGREQ", () => {
    const rig = readyWith({ maximumPacketSize: 60 });
    rig.time.advance(59_000);
    expect(publishQos(rig, 0, "x".repeat(60))).toEqual(["packet_too_large"]);
    rig.time.advance(1000);
    rig.device.look(rig.time.now());
    expect(rig.broker.takeNames()).toEqual(["pingreq"]);
  });

  it.each<[Properties, "publish" | "subscribe", object, string]>([
    [{ maximumQoS: 1 }, "publish", { qos: 2 }, "qos_not_supported"],
    [{ retainAvailable: false }, "publish", { retain: true }, "retain_not_supported"],
    [
      { wildcardSubscriptionAvailable: false },
      "subscribe",
      { filter: "a/+" },
      "wildcard_subscriptions_not_supported",
    ],
    [
      { sharedSubscriptionAvailable: false },
      "subscribe",
      { filter: "$share/g/a" },
      "shared_subscriptions_not_supported",
    ],
  ])("is not sent: %j", (properties, kind, call, failure) => {
    const rig = readyWith(properties);
    const { done, results } = outcome();
    const { filter = "a" } = call as { filter?: string };
    if (kind === "publish") {
      rig.device.exchange.publish({ topic: "t", payload: "x", qos: 0, retain: false, ...call }, done);
    } else {
      rig.device.exchange.subscribe([filter], 0, false, done);
    }
    expect(results).toEqual([failure]);
    expect(rig.broker.take()).toEqual([]);
  });

  it("what is too long for it is not sent, and does not stand in for a PINGREQ", () => {
    const rig = readyWith({ maximumPacketSize: 60 }, { keepaliveMs: 4000 });
    for (let second = 1; second <= 3; second++) {
      expect(publishQos(rig, 0, "x".repeat(100))).toEqual(["packet_too_large"]);
      rig.time.advance(1000);
      rig.device.look(rig.time.now(), 1000);
    }
    expect(rig.broker.takeNames()).toEqual(["pingreq"]);
  });

  it.each([{ receiveMaximum: 0 }, { maximumPacketSize: 0 }])("%j is a protocol error", (properties) => {
    const rig = new Rig({ protocolVersion: 5 });
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sends({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties });
    expect(rig.events("connectRefused")).toEqual([{ event: "connectRefused", name: "malformed_packet" }]);
  });
});

describe("what the server decides", () => {
  it("its keepalive stands in for the device's", () => {
    const rig = readyWith({ serverKeepAlive: 5 });
    rig.time.advance(5000);
    rig.device.look(rig.time.now());
    expect(rig.broker.takeNames()).toEqual(["pingreq"]);
    const off = readyWith({ serverKeepAlive: 0 }, { keepaliveMs: 1000 });
    off.time.advance(60_000);
    off.device.look(off.time.now());
    expect(off.broker.take()).toEqual([]);
  });

  it("the id that it assigns is the device's from then on", () => {
    const rig = new Rig({ protocolVersion: 5 });
    rig.device.attempt.identity.credentials = { clientId: "", username: null, password: null };
    rig.device.connect();
    rig.broker.opens();
    expect(rig.broker.packets()).toMatchObject([{ clientId: "" }]);
    rig.broker.sends({
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: false,
      properties: { assignedClientIdentifier: "auto-1" },
    });
    rig.broker.ends();
    rig.time.advance(100);
    rig.broker.opens();
    expect(rig.broker.packets()).toMatchObject([{ clientId: "auto-1" }]);
  });
});

describe("topic aliases of the server", () => {
  const message = (topic: string, topicAlias: number): Packet => ({
    cmd: "publish",
    topic,
    payload: "x",
    qos: 0,
    dup: false,
    retain: false,
    properties: { topicAlias },
  });

  it("are resolved, so that an answer is known by its topic", () => {
    const rig = readyWith({}, { topicAliasMaximum: 2 });
    const answers: (string | null)[] = [];
    const ask = (): void =>
      rig.device.exchange.request({
        topic: "ask",
        payload: "",
        qos: 0,
        responseTopic: "answer",
        rejectedTopic: null,
        listen: [],
        correlation: "none",
        requestId: "1",
        timeoutMs: 1000,
        asker: { answered: (_outcome, payload) => answers.push(payload) },
      });
    ask();
    rig.broker.sends(message("answer", 2));
    ask();
    rig.broker.sends(message("", 2));
    expect(answers).toEqual(["x", "x"]);
  });

  it.each([
    ["one that stands for nothing", [message("", 1)]],
    ["one above what CONNECT allowed", [message("t", 3)]],
  ])("%s is a protocol error", (_, packets) => {
    const rig = readyWith({}, { topicAliasMaximum: 2 });
    rig.broker.sends(...packets);
    expect(rig.events("disconnected")).toEqual([
      { event: "disconnected", name: "malformed_packet", wasReady: true },
    ]);
  });

  it("are forgotten with the connection", () => {
    const rig = readyWith({}, { topicAliasMaximum: 2 });
    rig.broker.sends(message("t", 1));
    rig.broker.ends();
    rig.time.advance(100);
    acceptWith(rig, {});
    rig.broker.sends(message("", 1));
    expect(rig.events("disconnected").at(-1)).toEqual({
      event: "disconnected",
      name: "malformed_packet",
      wasReady: true,
    });
  });
});

it("UNSUBACK: a filter that the server refused to forget is still subscribed to", () => {
  const rig = readyWith({});
  const { done, results } = outcome();
  rig.device.exchange.subscribe(["a", "b"], 0, false, done);
  rig.broker.sends({ cmd: "suback", messageId: 1, granted: [0, 0] });
  rig.device.exchange.unsubscribe(["a", "b"], done);
  rig.broker.sends({ cmd: "unsuback", messageId: 2, granted: [0x87, 17] });
  expect(results).toEqual([null, "unsuback.not_authorized"]);
  expect(rig.device.exchange.session.filters).toEqual(["a"]);
});

describe("a server that is overloaded", () => {
  it.each([
    [5, 0x88, "server_unavailable"],
    [5, 0x89, "server_busy"],
    [5, 0x97, "quota_exceeded"],
    [5, 0x9f, "connection_rate_exceeded"],
    [4, 3, "server_unavailable"],
  ] as const)("version %i, code %i: counted apart, and the policy waits", (protocolVersion, code, name) => {
    const rig = new Rig({ protocolVersion });
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sends({ cmd: "connack", returnCode: code, reasonCode: code, sessionPresent: false });
    expect(rig.events("connectOverload", "connectRefused")).toEqual([
      { event: "connectOverload" },
      { event: "connectRefused", name: `connack.${name}` },
    ]);
    rig.time.advance(99);
    expect(rig.network.opened.length).toBe(1);
    rig.time.advance(1);
    expect(rig.network.opened.length).toBe(2);
  });

  it("is not one that refuses the device", () => {
    const rig = new Rig({ protocolVersion: 5 });
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sends({ cmd: "connack", reasonCode: 0x87, sessionPresent: false });
    expect(rig.events("connectOverload")).toEqual([]);
  });
});

describe("a server that names another", () => {
  function redirect(rig: Rig, reasonCode: number, serverReference?: string): void {
    rig.broker.opens();
    const properties = serverReference === undefined ? {} : { serverReference };
    rig.broker.sends({ cmd: "connack", reasonCode, sessionPresent: false, properties });
  }

  it("is counted only, unless the option says follow", () => {
    const rig = new Rig({ protocolVersion: 5 });
    rig.device.connect();
    redirect(rig, 0x9c, "other:1884");
    expect(rig.events("redirected").length).toBe(1);
    rig.time.advance(100);
    expect(rig.device.attempt.endpoint).toBe(null);
    expect(rig.network.opened.length).toBe(2);
  });

  it("is followed at once; for one connection (0x9C)", () => {
    const rig = new Rig({ protocolVersion: 5, followReferences: true });
    rig.device.connect();
    redirect(rig, 0x9c, "other:1884");
    rig.time.advance(0);
    expect(rig.network.opened.length).toBe(2);
    expect(rig.device.attempt.endpoint).toEqual({ host: "other", port: 1884 });
    acceptWith(rig, {});
    rig.broker.ends();
    rig.time.advance(100);
    expect(rig.device.attempt.endpoint).toBe(null);
  });

  it("for good (0x9D)", () => {
    const rig = new Rig({ protocolVersion: 5, followReferences: true });
    rig.device.connect();
    redirect(rig, 0x9d, "[::1]:1884");
    rig.time.advance(0);
    acceptWith(rig, {});
    rig.broker.ends();
    rig.time.advance(100);
    expect(rig.device.attempt.endpoint).toEqual({ host: "::1", port: 1884 });
  });

  it("is followed three times, then the policy waits, and the device is back at its target", () => {
    const rig = new Rig({ protocolVersion: 5, followReferences: true });
    rig.device.connect();
    for (let hop = 0; hop < 3; hop++) {
      redirect(rig, 0x9d, `server${hop}`);
      rig.time.advance(0);
      expect(rig.device.attempt.endpoint).toEqual({ host: `server${hop}`, port: null });
    }
    redirect(rig, 0x9d, "server3");
    expect(rig.events("error")).toEqual([{ event: "error", name: "server_reference_limit" }]);
    expect(rig.device.attempt.endpoint).toBe(null);
    rig.time.advance(99);
    expect(rig.network.opened.length).toBe(4);
    rig.time.advance(1);
    expect(rig.network.opened.length).toBe(5);
    expect(rig.events("redirected").length).toBe(4);
  });

  it("by DISCONNECT is followed after the policy's delay", () => {
    const rig = new Rig({ protocolVersion: 5, followReferences: true }).start();
    rig.broker.sends({ cmd: "disconnect", reasonCode: 0x9c, properties: { serverReference: "other" } });
    expect(rig.events("serverDisconnected", "redirected")).toEqual([
      { event: "serverDisconnected", name: "use_another_server" },
      { event: "redirected" },
    ]);
    rig.time.advance(100);
    expect(rig.device.attempt.endpoint).toEqual({ host: "other", port: null });
  });

  it.each([
    undefined,
    "mqtts://other:8883/x",
    "other:0",
  ])("with the reference %j is not followed", (reference) => {
    const rig = new Rig({ protocolVersion: 5, followReferences: true });
    rig.device.connect();
    redirect(rig, 0x9c, reference);
    expect(rig.events("error")).toEqual([{ event: "error", name: "server_reference_invalid" }]);
    rig.time.advance(99);
    expect(rig.network.opened.length).toBe(1);
  });
});
