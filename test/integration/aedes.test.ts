import { connect } from "mqtt";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { AedesServer, fleetOf, itWorksWith, peerOf } from "../support/broker.ts";
import { eventually, pause } from "../support/device-fleet.ts";

describe("Aedes, protocol version 4", () => {
  let broker: AedesServer;
  beforeAll(async () => {
    broker = await AedesServer.start();
  });
  afterAll(() => broker.stop());

  itWorksWith(() => broker, 4);

  it("keeps an idle connection alive with a keepalive of one second", async () => {
    const fleet = fleetOf({ port: broker.port, clientIds: "idle-", plan: { keepaliveMs: 1000 } });
    await fleet.connect().allReady();
    // Aedes closes a connection after 1.5 keepalives of silence.
    await pause(4500);
    expect(fleet.events).toMatchObject({
      counts: { connectAttempt: 1, connectAccepted: 1 },
      names: { disconnected: {}, error: {} },
    });
    expect(broker.pings).toBeGreaterThanOrEqual(3);
    expect(broker.pings).toBeLessThanOrEqual(6);
  });

  it("refuses version 5 by the name of the 3.1.1 return code", async () => {
    const fleet = fleetOf({
      port: broker.port,
      protocolVersion: 5,
      clientIds: "five-",
      backoff: { policy: "fixed", baseMs: 100 },
    });
    fleet.connect();
    await eventually(() => fleet.events.counts.connectAttempt >= 3);
    const refused = fleet.events.names.connectRefused["connack.unacceptable_protocol_version"] ?? 0;
    expect(fleet.events.names.connectRefused).toEqual({ "connack.unacceptable_protocol_version": refused });
    expect(fleet.events.counts.connectAttempt - refused).toBeLessThanOrEqual(1);
  });

  it("counts a wrong password under the broker's reason", async () => {
    const guarded = await AedesServer.start({ users: { fleet: "right" } });
    onTestFinished(() => guarded.stop());
    const right = fleetOf({ port: guarded.port, credentials: { username: "fleet", password: "right" } });
    await right.connect().allReady();
    const wrong = fleetOf({
      port: guarded.port,
      clientIds: "wrong-",
      credentials: { username: "fleet", password: "wrong" },
      backoff: { policy: "fixed", baseMs: 60_000 },
    });
    wrong.connect();
    await eventually(() => wrong.device.state === "backoff");
    expect(wrong.events.names.connectRefused).toEqual({ "connack.not_authorized": 1 });
  });

  it("hands on new messages between those that waited: MQTT.js hears them out of order too", async () => {
    const options = { clientId: "kept", clean: false };
    const before = await peerOf(broker.url, options);
    await before.client.subscribeAsync("queued", { qos: 1 });
    await before.end();
    const speaker = await peerOf(broker.url, {});
    let said = 0;
    const say = () => speaker.client.publishAsync("queued", String(said++), { qos: 1 });
    for (let i = 0; i < 100; i++) await say();
    const numbers: number[] = [];
    const back = connect(broker.url, { ...options, reconnectPeriod: 0 });
    back.on("message", (_topic, payload) => numbers.push(Number(payload.toString())));
    onTestFinished(() => back.endAsync(true));
    while (numbers.length === 0) await say();
    for (let i = 0; i < 20; i++) await say();
    await eventually(() => numbers.length >= said);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: said }, (_, i) => i));
    expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b));
  });

  it("closes the connection of a client whose id another one takes", async () => {
    const options = { port: broker.port, clientIds: "taken-" };
    const first = fleetOf({ ...options, backoff: { policy: "fixed", baseMs: 60_000 } });
    await first.connect().allReady();
    const second = fleetOf(options);
    await second.connect().allReady();
    await eventually(() => first.device.state === "backoff");
    expect(first.events).toMatchObject({ names: { disconnected: { closed: 1 }, error: { closed: 1 } } });
    expect(second.ready).toBe(1);
  });

  it.each([
    ["reset", { fin: 0, rst: 200 }],
    ["close", { fin: 200, rst: 0 }],
    // Aedes itself closes at DISCONNECT, before it can see how the device did.
    ["disconnect", { fin: 0, rst: 0 }],
  ] as const)("a storm over 200 devices by %s: %j on the wire, and all recover", async (cause, ends) => {
    const own = await AedesServer.start();
    onTestFinished(() => own.stop());
    const fleet = fleetOf({
      port: own.port,
      devices: 200,
      bootstrap: (device, done) => device.exchange.subscribe([`storm/${device.number}`], 1, true, done),
    });
    await fleet.connect().allReady();
    expect(own.ends).toEqual({ fin: 0, rst: 0 });
    expect(fleet.storm(cause, 1)).toBe(200);
    await fleet.allReady();
    await pause(50);
    expect(own.ends).toEqual(ends);
    expect(fleet.events.counts.connectAccepted).toBe(own.accepted.length);
    expect(fleet.events).toMatchObject({
      counts: { connectAccepted: 400 },
      names: { connectRefused: {}, error: {} },
    });
    expect(fleet.events.values.becameReady[1]).toHaveLength(200);
  });
});
