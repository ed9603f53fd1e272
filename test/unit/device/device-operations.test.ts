/** What a device does while it is connected: subscribe, publish, receive, ask; and what a kept session changes. */
import type { IPublishPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { RequestCall, RequestOutcome } from "../../../engine/src/device/session/requests.ts";
import { NOBODY } from "../../../engine/src/device/turns.ts";
import { outcome, Rig, told } from "./device-rig.ts";

const KEPT = { clean: false } as const;

function publish(qos: 0 | 1 | 2, messageId: number, topic = "a", payload = "p"): IPublishPacket {
  const packet: IPublishPacket = { cmd: "publish", topic, payload, qos, dup: false, retain: false };
  return qos === 0 ? packet : { ...packet, messageId };
}

const out = (qos: 0 | 1 | 2) => ({ topic: "up", payload: "data", qos, retain: false });

describe("publishing", () => {
  it.each([
    [1, "pubcomp"],
    [2, "puback"],
  ] as const)("at QoS %i is not done at %s", (qos, cmd) => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    rig.device.exchange.publish(out(qos), done);
    rig.broker.sends({ cmd, messageId: 1 });
    expect(results).toEqual([]);
    expect(rig.device.exchange.session.inflight?.size).toBe(1);
  });

  it("at QoS 0 is done when written", () => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    rig.device.exchange.publish({ ...out(0), retain: true }, done);
    expect(results).toEqual([null]);
    expect(rig.broker.take()).toMatchObject([
      { cmd: "publish", topic: "up", payload: Buffer.from("data"), qos: 0, retain: true },
    ]);
    expect(rig.events("publishSent", "publishAcknowledged")).toEqual([{ event: "publishSent" }]);
  });

  it("at QoS 1 is done at PUBACK", () => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    rig.device.exchange.publish(out(1), done);
    expect(rig.broker.take()).toMatchObject([{ cmd: "publish", qos: 1, messageId: 1, dup: false }]);
    rig.time.advance(25);
    rig.broker.sends({ cmd: "puback", messageId: 2 });
    expect(results).toEqual([]);
    rig.broker.sends({ cmd: "puback", messageId: 1 }, { cmd: "puback", messageId: 1 });
    expect(results).toEqual([null]);
    expect(rig.events("publishAcknowledged")).toEqual([{ event: "publishAcknowledged", value: 25 }]);
    expect(rig.time.pending).toBe(0);
  });

  it("at QoS 2 answers PUBREC with PUBREL and is done at PUBCOMP", () => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    rig.device.exchange.publish(out(2), done);
    rig.broker.take();
    rig.broker.sends({ cmd: "pubrec", messageId: 1 });
    expect(rig.broker.take()).toMatchObject([{ cmd: "pubrel", messageId: 1 }]);
    expect(results).toEqual([]);
    rig.broker.sends({ cmd: "pubcomp", messageId: 1 });
    expect(results).toEqual([null]);
    expect(rig.time.pending).toBe(0);
  });

  it("answers a PUBREC that it does not know with PUBREL", () => {
    const rig = new Rig().start();
    rig.broker.sends({ cmd: "pubrec", messageId: 9 });
    expect(rig.broker.take()).toMatchObject([{ cmd: "pubrel", messageId: 9 }]);
  });

  it.each([
    ["puback", 135, "puback.not_authorized"],
    ["pubrec", 151, "puback.quota_exceeded"],
    ["puback", 16, null],
  ] as const)("ends with a version 5 %s of code %i as %s", (cmd, reasonCode, failure) => {
    const rig = new Rig({ protocolVersion: 5 }).start();
    const { done, results } = outcome();
    rig.device.exchange.publish(out(cmd === "puback" ? 1 : 2), done);
    rig.broker.take();
    rig.broker.sends({ cmd, messageId: 1, reasonCode });
    expect(results).toEqual([failure]);
    expect(rig.broker.takeNames()).toEqual([]);
    expect(rig.device.state).toBe("ready");
  });

  it("is not acknowledged by what answers another kind of packet, and a subscription not by PUBREC", () => {
    const rig = new Rig({ protocolVersion: 5 }).start();
    const [sent, subscribed] = [outcome(), outcome()];
    rig.device.exchange.publish(out(1), sent.done);
    rig.device.exchange.subscribe(["a"], 0, false, subscribed.done);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [0] }, { cmd: "puback", messageId: 2 });
    rig.broker.sends({ cmd: "pubrec", messageId: 2, reasonCode: 135 });
    expect([sent.results, subscribed.results]).toEqual([[], []]);
    rig.broker.sends({ cmd: "suback", messageId: 2, granted: [0] }, { cmd: "puback", messageId: 1 });
    expect([sent.results, subscribed.results]).toEqual([[null], [null]]);
  });

  it("is lost where there is no connection", () => {
    const { done, results } = outcome();
    const rig = new Rig();
    for (const qos of [0, 1, 2] as const) rig.device.exchange.publish(out(qos), done);
    rig.device.exchange.unsubscribe(["a"], done);
    expect(results).toEqual(["lost", "lost", "lost", "lost"]);
  });

  it("fails without a packet id when all 65,535 are in flight", () => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    for (let i = 0; i < 65_535; i++) rig.device.exchange.publish(out(1), NOBODY);
    rig.device.exchange.publish(out(1), done);
    expect(results).toEqual(["no_packet_id"]);
  });
});

describe("receiving", () => {
  it("answers QoS 1 with PUBACK, and QoS 0 with nothing", () => {
    const rig = new Rig().start();
    rig.broker.sends(publish(0, 0), publish(1, 11), { ...publish(1, 11), dup: true });
    expect(rig.broker.take()).toMatchObject([
      { cmd: "puback", messageId: 11 },
      { cmd: "puback", messageId: 11 },
    ]);
    expect(rig.events("publishReceived").length).toBe(3);
  });

  it("delivers QoS 2 once however often it comes, until PUBREL frees its id", () => {
    const rig = new Rig().start();
    rig.broker.sends(publish(2, 12), { ...publish(2, 12), dup: true }, publish(2, 13));
    expect(rig.broker.take()).toMatchObject([
      { cmd: "pubrec", messageId: 12 },
      { cmd: "pubrec", messageId: 12 },
      { cmd: "pubrec", messageId: 13 },
    ]);
    expect(rig.events("publishReceived").length).toBe(2);
    rig.broker.sends({ cmd: "pubrel", messageId: 12 }, publish(2, 12));
    expect(rig.broker.take()).toMatchObject([
      { cmd: "pubcomp", messageId: 12 },
      { cmd: "pubrec", messageId: 12 },
    ]);
    expect(rig.events("publishReceived").length).toBe(3);
  });

  it("remembers QoS 2 ids over a reconnect exactly when the broker kept the session", () => {
    for (const [present, deliveries] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const rig = new Rig(KEPT).start();
      rig.broker.sends(publish(2, 12));
      rig.device.part.drop("reset", 1);
      rig.reconnect(100, present);
      rig.broker.sends({ ...publish(2, 12), dup: true });
      expect(rig.events("publishReceived").length).toBe(deliveries);
      expect(rig.broker.takeNames()).toEqual(["pubrec"]);
    }
  });
});

describe("a kept session", () => {
  it("sends again what was not acknowledged: PUBLISH with DUP, PUBREL after PUBREC, in order", () => {
    const rig = new Rig(KEPT).start();
    const [first, second, third] = [outcome(), outcome(), outcome()];
    rig.device.exchange.publish(out(1), first.done);
    rig.device.exchange.publish(out(2), second.done);
    rig.device.exchange.publish(out(2), third.done);
    rig.broker.sends({ cmd: "pubrec", messageId: 2 });
    rig.device.part.drop("reset", 1);
    expect(first.results).toEqual([]);
    rig.time.advance(100);
    rig.broker.opens();
    rig.broker.take();
    rig.broker.sends({ cmd: "connack", returnCode: 0, sessionPresent: true });
    expect(rig.broker.take()).toMatchObject([
      { cmd: "publish", qos: 1, messageId: 1, dup: true, payload: Buffer.from("data") },
      { cmd: "pubrel", messageId: 2 },
      { cmd: "publish", qos: 2, messageId: 3, dup: true },
    ]);
    rig.broker.sends({ cmd: "puback", messageId: 1 }, { cmd: "pubcomp", messageId: 2 });
    rig.broker.sends({ cmd: "pubrec", messageId: 3 }, { cmd: "pubcomp", messageId: 3 });
    expect([first.results, second.results, third.results]).toEqual([[null], [null], [null]]);
    rig.bootstrapped();
    expect(rig.time.pending).toBe(0);
  });

  it("that the broker lost takes what was in flight with it", () => {
    const rig = new Rig(KEPT).start();
    const [first, second] = [outcome(), outcome()];
    rig.device.exchange.publish(out(1), first.done);
    rig.device.exchange.publish(out(2), second.done);
    rig.device.part.drop("reset", 1);
    expect([first.results, second.results]).toEqual([[], []]);
    rig.reconnect(100, false);
    expect([first.results, second.results]).toEqual([["lost"], ["lost"]]);
    expect(rig.broker.takeNames()).toEqual([]);
  });

  it("does not outlive a connection that asked for a clean one", () => {
    const rig = new Rig({ clean: true }).start();
    const { done, results } = outcome();
    rig.device.exchange.publish(out(1), done);
    rig.device.part.drop("reset", 1);
    expect(results).toEqual(["lost"]);
  });

  it("does not resume SUBSCRIBE and UNSUBSCRIBE", () => {
    const rig = new Rig(KEPT).start();
    const [subscribed, unsubscribed] = [outcome(), outcome()];
    rig.device.exchange.subscribe(["a"], 0, false, subscribed.done);
    rig.device.exchange.unsubscribe(["b"], unsubscribed.done);
    rig.device.part.drop("reset", 1);
    expect([subscribed.results, unsubscribed.results]).toEqual([["lost"], ["lost"]]);
    rig.reconnect(100, true);
    expect(rig.broker.takeNames()).toEqual([]);
  });

  it("leaves no acknowledgement time-out running while the device is away, and starts it again on return", () => {
    const rig = new Rig({ ...KEPT, backoff: () => 20_000 }).start();
    rig.device.exchange.publish(out(1), NOBODY);
    rig.device.part.drop("reset", 1);
    rig.reconnect(20_000, true);
    rig.time.advance(4999);
    expect(rig.device.state).toBe("ready");
    rig.time.advance(1);
    expect(rig.events("disconnected").map(({ name }) => name)).toEqual(["reset", "ack_timeout"]);
  });
});

describe("subscribing", () => {
  it("sends SUBSCRIBE and is done at SUBACK", () => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    rig.device.exchange.subscribe(["a/+", "b/#"], 1, true, done);
    expect(rig.broker.take()).toMatchObject([
      {
        cmd: "subscribe",
        messageId: 1,
        subscriptions: [
          { topic: "a/+", qos: 1 },
          { topic: "b/#", qos: 1 },
        ],
      },
    ]);
    rig.time.advance(12);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [1, 0] });
    expect(results).toEqual([null]);
    expect(rig.device.exchange.session.filters).toEqual(["a/+", "b/#"]);
    expect(rig.events("subscribeSent", "subscribed")).toEqual([
      { event: "subscribeSent" },
      { event: "subscribed", value: 12 },
    ]);
  });

  it("to nothing is done at once", () => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    rig.device.exchange.subscribe([], 1, true, done);
    expect(results).toEqual([null]);
    expect(rig.broker.takeNames()).toEqual([]);
    expect(rig.log).toEqual([]);
  });

  it.each([
    [4, [0, 128], "suback.unspecified_error"],
    [5, [135], "suback.not_authorized"],
    [5, [1, 162], "suback.wildcard_subscriptions_not_supported"],
  ] as const)("version %i, SUBACK %j: %s", (protocolVersion, granted, failure) => {
    const rig = new Rig({ protocolVersion }).start();
    const { done, results } = outcome();
    rig.device.exchange.subscribe(["a", "b"].slice(0, granted.length), 0, false, done);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [...granted] });
    expect(results).toEqual([failure]);
    expect(rig.device.exchange.session.filters).toBeNull();
    expect(rig.events("subscribed")).toEqual([]);
  });

  it.each([
    { resubscribe: "auto", present: true, trusted: true, sent: false },
    { resubscribe: "auto", present: true, trusted: false, sent: true },
    { resubscribe: "auto", present: false, trusted: true, sent: true },
    { resubscribe: "always", present: true, trusted: true, sent: true },
    { resubscribe: "always", present: false, trusted: true, sent: true },
  ] as const)("again: resubscribe $resubscribe, session present $present, trusted $trusted: sent $sent", ({
    resubscribe,
    present,
    trusted,
    sent,
  }) => {
    const rig = new Rig({ ...KEPT, resubscribe }).start();
    rig.device.exchange.subscribe(["a", "b"], 1, true, NOBODY);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [1, 1] });
    rig.device.part.drop("reset", 1);
    rig.time.advance(100);
    rig.accept(present);
    rig.log.length = 0;
    const { done, results } = outcome();
    rig.device.exchange.subscribe(["a", "b"], 1, trusted, done);
    expect(rig.broker.takeNames()).toEqual(sent ? ["subscribe"] : []);
    expect(results).toEqual(sent ? [] : [null]);
    expect(rig.events("subscribeSent", "subscribeSkipped")).toEqual([
      { event: sent ? "subscribeSent" : "subscribeSkipped" },
    ]);
  });

  it("trusts a session from before the run for all of the bootstrap's filters", () => {
    const rig = new Rig(KEPT);
    rig.device.connect();
    rig.accept(true);
    rig.device.exchange.subscribe(["a"], 1, true, NOBODY);
    rig.device.exchange.subscribe(["b"], 1, true, NOBODY);
    expect(rig.broker.takeNames()).toEqual([]);
    expect(rig.events("subscribeSkipped")).toHaveLength(2);
  });

  it("sends what the session does not hold yet", () => {
    const rig = new Rig(KEPT).start();
    rig.device.exchange.subscribe(["a"], 1, true, NOBODY);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [1] });
    rig.device.part.drop("reset", 1);
    rig.time.advance(100);
    rig.accept(true);
    rig.device.exchange.subscribe(["a", "b"], 1, true, NOBODY);
    expect(rig.broker.takeNames()).toEqual(["subscribe"]);
  });

  it("is not taken for a session from before the run where it is the device's own, and nothing came to be subscribed to", () => {
    const rig = new Rig(KEPT);
    rig.device.connect();
    rig.accept(false);
    rig.device.part.drop("reset", 1);
    rig.time.advance(100);
    rig.accept(true);
    rig.device.exchange.subscribe(["a"], 1, true, NOBODY);
    expect(rig.broker.takeNames()).toEqual(["subscribe"]);
  });

  it("on a first connection trusts whatever session the broker kept from before the run", () => {
    const rig = new Rig(KEPT);
    rig.device.connect();
    rig.accept(true);
    const { done, results } = outcome();
    rig.device.exchange.subscribe(["a"], 1, true, done);
    expect(results).toEqual([null]);
    expect(rig.broker.takeNames()).toEqual([]);
  });

  it("ends with UNSUBSCRIBE, done at UNSUBACK", () => {
    const rig = new Rig().start();
    const { done, results } = outcome();
    rig.device.exchange.subscribe(["a", "b"], 0, false, NOBODY);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [0, 0] });
    rig.broker.take();
    rig.device.exchange.unsubscribe(["a"], done);
    expect(rig.broker.take()).toMatchObject([{ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["a"] }]);
    expect(results).toEqual([]);
    rig.broker.sends({ cmd: "unsuback", messageId: 2, granted: [0] });
    expect(results).toEqual([null]);
    expect(rig.device.exchange.session.filters).toEqual(["b"]);
  });
});

describe("an acknowledgement that does not come", () => {
  it.each([
    ["bootstrap_timeout", false],
    ["ack_timeout", true],
  ] as const)("is a %s when ready is %s", (cause, ready) => {
    const rig = new Rig();
    rig.device.connect();
    rig.accept();
    if (ready) rig.bootstrapped();
    rig.log.length = 0;
    const { done, results } = outcome();
    rig.device.exchange.subscribe(["a"], 0, false, done);
    rig.time.advance(4999);
    expect(rig.device.isOnline).toBe(true);
    rig.time.advance(1);
    expect(rig.broker.ended).toBe("reset");
    expect(results).toEqual(["lost"]);
    expect(rig.events("disconnected", "error")).toEqual([
      { event: "error", name: cause },
      { event: "disconnected", name: cause, wasReady: ready },
    ]);
    expect(rig.device.state).toBe("backoff");
  });
});

describe("requests", () => {
  interface Asked {
    call: RequestCall;
    results: [RequestOutcome, string | null][];
  }

  function ask(rig: Rig, call: Partial<RequestCall> = {}): Asked {
    const results: [RequestOutcome, string | null][] = [];
    const whole: RequestCall = {
      topic: "config/7/get",
      payload: "{}",
      qos: 1,
      responseTopic: "config/7",
      rejectedTopic: null,
      listen: ["config/7"],
      correlation: "none",
      requestId: rig.device.nextRequestId(),
      timeoutMs: 2000,
      asker: { answered: (result, payload) => results.push([result, payload]) },
      ...call,
    };
    rig.device.exchange.request(whole);
    return { call: whole, results };
  }

  /** A ready device that listens on its response topic. */
  function listening(plan: ConstructorParameters<typeof Rig>[0] = {}): Rig {
    const rig = new Rig(plan).start();
    rig.device.exchange.session.addFilters(["config/7"]);
    return rig;
  }

  it("subscribe to the response topic first, then ask, and end with the answer", () => {
    const rig = new Rig().start();
    const { results } = ask(rig);
    expect(rig.broker.take()).toMatchObject([
      { cmd: "subscribe", subscriptions: [{ topic: "config/7", qos: 1 }] },
    ]);
    expect(rig.events("configRequest")).toEqual([]);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [1] });
    expect(rig.broker.take()).toMatchObject([
      { cmd: "publish", topic: "config/7/get", payload: Buffer.from("{}") },
    ]);
    rig.time.advance(40);
    rig.broker.sends({ cmd: "puback", messageId: 2 }, publish(0, 0, "config/7", "answer"));
    expect(results).toEqual([["answer", "answer"]]);
    expect(rig.events("configRequest", "configResponse", "configTimeout", "lateResponse")).toEqual([
      { event: "configRequest", storm: 0 },
      { event: "configResponse", storm: 0, value: 40 },
    ]);
    expect(rig.time.pending).toBe(0);
  });

  it("do not subscribe twice", () => {
    const rig = listening();
    ask(rig, { qos: 0 });
    expect(rig.broker.takeNames()).toEqual(["publish"]);
  });

  it("are rejected where the response topic is refused", () => {
    const rig = new Rig().start();
    const { results } = ask(rig);
    rig.broker.sends({ cmd: "suback", messageId: 1, granted: [128] });
    expect(results).toEqual([["rejected", null]]);
    expect(rig.events("configRequest")).toEqual([]);
  });

  it("time out, and the answer that comes then is late", () => {
    const rig = listening();
    const { results } = ask(rig, { qos: 0 });
    rig.time.advance(1999);
    expect(results).toEqual([]);
    rig.time.advance(1);
    expect(results).toEqual([["timeout", null]]);
    rig.broker.sends(publish(0, 0, "config/7", "too late"));
    expect(results).toEqual([["timeout", null]]);
    expect(rig.events("configRequest", "configResponse", "configTimeout", "lateResponse")).toEqual([
      { event: "configRequest", storm: 0 },
      { event: "configTimeout", storm: 0 },
      { event: "lateResponse", storm: 0 },
    ]);
    expect(rig.device.state).toBe("ready");
  });

  it("are lost with the connection, and the answer on the next one is late", () => {
    const rig = listening(KEPT);
    const { results } = ask(rig, { qos: 0 });
    rig.device.part.drop("reset", 1);
    expect(results).toEqual([["lost", null]]);
    rig.reconnect(100, true);
    rig.broker.sends(publish(0, 0, "config/7", "too late"));
    rig.time.advance(10_000);
    expect(results).toEqual([["lost", null]]);
    // The device is ready again: what it hears now is no part of what the storm costs.
    expect(rig.events("configResponse", "configTimeout", "lateResponse")).toEqual([
      { event: "lateResponse", storm: 0 },
    ]);
  });

  it("are lost where there is no connection", () => {
    const rig = new Rig();
    expect(ask(rig, { listen: [] }).results).toEqual([["lost", null]]);
    expect(ask(rig).results).toEqual([["lost", null]]);
    expect(rig.log).toEqual([]);
  });

  it("are rejected by a message on the rejected topic", () => {
    const rig = listening();
    const { results } = ask(rig, { rejectedTopic: "config/7/rejected", qos: 0 });
    rig.broker.sends(publish(0, 0, "config/7/rejected", "no"));
    expect(results).toEqual([["rejected", null]]);
    expect(rig.events("configRejected", "configResponse")).toEqual([{ event: "configRejected" }]);
    expect(rig.time.pending).toBe(0);
  });

  it("find their answers by the properties of version 5", () => {
    const rig = listening({ protocolVersion: 5 });
    const first = ask(rig, { correlation: "properties", qos: 0 });
    const second = ask(rig, { correlation: "properties", qos: 0 });
    expect(rig.broker.take()).toMatchObject([
      { properties: { responseTopic: "config/7", correlationData: Buffer.from("1") } },
      { properties: { responseTopic: "config/7", correlationData: Buffer.from("2") } },
    ]);
    const answer = (id: string, payload: string): IPublishPacket => ({
      ...publish(0, 0, "config/7", payload),
      properties: { correlationData: Buffer.from(id) },
    });
    rig.broker.sends(answer("2", "two"), answer("9", "nobody's"), answer("1", "one"));
    expect([first.results, second.results]).toEqual([[["answer", "one"]], [["answer", "two"]]]);
    expect(rig.events("lateResponse").length).toBe(1);
  });

  it("count for the storm that disconnected the device until it is ready again, and no longer", () => {
    const rig = listening(KEPT);
    rig.device.part.drop("reset", 2);
    rig.time.advance(100);
    rig.accept(true);
    const { results } = ask(rig, { qos: 0 });
    rig.time.advance(3);
    rig.broker.sends(publish(0, 0, "config/7", "yes"));
    ask(rig, { qos: 0 });
    rig.time.advance(2000);
    rig.broker.sends(publish(0, 0, "config/7", "late"));
    rig.bootstrapped();
    ask(rig, { qos: 0 });
    rig.time.advance(3);
    rig.broker.sends(publish(0, 0, "config/7", "yes"));
    expect(results).toEqual([["answer", "yes"]]);
    expect(
      rig.events("configRequest", "configResponse", "configTimeout", "lateResponse", "stormRequest"),
    ).toEqual([
      { event: "configRequest", storm: 2 },
      { event: "stormRequest", storm: 2 },
      { event: "configResponse", storm: 2, value: 3 },
      { event: "configRequest", storm: 2 },
      { event: "stormRequest", storm: 2 },
      { event: "configTimeout", storm: 2 },
      { event: "lateResponse", storm: 2 },
      { event: "configRequest", storm: 0 },
      { event: "configResponse", storm: 0, value: 3 },
    ]);
  });

  it("that make the device give up on time-out reset the connection", () => {
    const rig = listening();
    ask(rig, { qos: 0, asker: { answered: () => rig.device.fail("config_timeout") } });
    rig.time.advance(2000);
    expect(rig.broker.ended).toBe("reset");
    expect(rig.events("disconnected", "error")).toEqual([
      { event: "error", name: "config_timeout" },
      { event: "disconnected", name: "config_timeout", wasReady: true },
    ]);
  });
});

describe("a question to a server other than the broker", () => {
  it("is told once of its end, where that comes before it has gone out", () => {
    const rig = new Rig().start();
    const { turns } = rig.host;
    const outcomes: RequestOutcome[] = [];
    let asked = 0;
    turns.begin();
    turns.settle(
      told(() =>
        rig.device.exchange.ask({
          timeoutMs: 1000,
          start: () => {
            asked++;
            return () => {};
          },
          asker: { answered: (known) => outcomes.push(known) },
        }),
      ),
      null,
    );
    turns.settle(
      told(() => rig.device.disconnect()),
      null,
    );
    turns.end();
    expect([asked, outcomes]).toEqual([0, ["lost"]]);
    expect(rig.time.pending).toBe(0);
  });
});
