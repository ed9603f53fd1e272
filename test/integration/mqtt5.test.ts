/** MQTT 5 as real brokers, and servers that say one thing only, answer it. */
import { connect as mqttConnect } from "mqtt";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { fleetOf, Mosquitto, mosquittoAvailable, peerOf } from "../support/broker.ts";
import { type DeviceFleetOptions, eventually, pause, publish, subscribe } from "../support/device-fleet.ts";
import { Ejabberd, ejabberdAvailable } from "../support/ejabberd.ts";
import { answering, type Fault, FaultServer } from "../support/fault-server.ts";

async function serverOf(fault: Fault): Promise<FaultServer> {
  const server = await FaultServer.start(fault);
  onTestFinished(() => server.stop());
  return server;
}

/** A session that may be away for a second is there after a reset, and gone after `awayMs`. */
async function expectExpiry(
  broker: Pick<DeviceFleetOptions, "port" | "credentials">,
  awayMs: number,
): Promise<void> {
  const fleet = fleetOf({
    ...broker,
    protocolVersion: 5,
    clientIds: "expiry-",
    plan: { clean: false, sessionExpiryS: 1 },
  });
  await fleet.connect().allReady();
  await subscribe(fleet.device, ["kept"], 1);
  fleet.storm("reset", 1);
  await fleet.allReady();
  expect(fleet.device.exchange.sessionPresent).toBe(true);
  fleet.device.disconnect();
  await pause(awayMs);
  await fleet.connect().allReady();
  expect(fleet.device.exchange.sessionPresent).toBe(false);
}

describe.skipIf(!mosquittoAvailable())("Mosquitto with protocol version 5", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start({
      settings: ["max_keepalive 10", "max_inflight_messages 3", "max_packet_size 300", "max_qos 1"],
    });
  });
  afterAll(() => broker.stop());

  it("its receive maximum holds publications back, and all of them arrive", async () => {
    const listener = await peerOf(broker.url, { protocolVersion: 5, keepalive: 5 });
    await listener.client.subscribeAsync("quota", { qos: 1 });
    const { device, events } = await fleetOf({ port: broker.port, protocolVersion: 5 }).connect().allReady();
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, i) => publish(device, "quota", `${i}`, { qos: 1 })),
    );
    expect(results).toEqual(Array(100).fill(null));
    await eventually(() => listener.heard.length >= 100);
    expect(listener.heard.map(({ payload }) => payload)).toEqual(
      Array.from({ length: 100 }, (_, i) => `${i}`),
    );
    expect(events).toMatchObject({
      names: { disconnected: {} },
      counts: { publishSent: 100, publishAcknowledged: 100 },
    });
  });

  it("its largest packet and highest QoS are kept: it does not end the connection", async () => {
    const { device, events } = await fleetOf({ port: broker.port, protocolVersion: 5 }).connect().allReady();
    expect(await publish(device, "t", "x".repeat(400))).toBe("packet_too_large");
    expect(await publish(device, "t", "x", { qos: 2 })).toBe("qos_not_supported");
    expect(await publish(device, "t", "x", { qos: 1 })).toBe(null);
    expect(events.names.disconnected).toEqual({});
  });

  it("its keepalive stands in for a longer one", async () => {
    const { device, events } = await fleetOf({
      port: broker.port,
      protocolVersion: 5,
      clientIds: "keepalive-",
      plan: { keepaliveMs: 3_600_000 },
    })
      .connect()
      .allReady();
    await eventually(() => broker.logged(/Received PINGREQ from keepalive-0/) > 0, 13_000);
    expect(device.isOnline).toBe(true);
    expect(events).toMatchObject({ counts: { connectAccepted: 1 }, names: { disconnected: {} } });
  });

  it("the id that it assigns is kept", async () => {
    const fleet = fleetOf({
      port: broker.port,
      protocolVersion: 5,
      credentials: { clientId: "" },
      plan: { sessionExpiryS: 60 },
    });
    await fleet.connect().allReady();
    fleet.storm("reset", 1);
    await fleet.allReady();
    const ids = new Set([...broker.log().matchAll(/as (auto-\S+) \(p5/g)].map(([, id]) => id));
    expect([fleet.events.counts.connectAccepted, ids.size]).toEqual([2, 1]);
  });

  it("keeps a session as long as it was asked to, and no longer", async () => {
    // Mosquitto 2.0.11 looks for expired sessions every 5 s.
    await expectExpiry({ port: broker.port }, 7000);
  });

  it("publishes the will of a device that is reset, after its delay, with its properties", async () => {
    const heard: unknown[] = [];
    const listener = mqttConnect(broker.url, { protocolVersion: 5, keepalive: 5 });
    onTestFinished(() => {
      listener.end(true);
    });
    await new Promise((resolve) => listener.once("connect", resolve));
    await listener.subscribeAsync("gone/#", { qos: 1 });
    listener.on("message", (topic, payload, { properties }) => {
      heard.push([topic, payload.toString(), properties?.contentType, { ...properties?.userProperties }]);
    });
    const fleet = fleetOf({
      port: broker.port,
      protocolVersion: 5,
      clientIds: "will-",
      backoff: { policy: "fixed", baseMs: 60_000 },
      credentials: {
        userProperties: { firmware: "1.2.3" },
        will: {
          topic: "gone/1",
          payload: "lost",
          qos: 1,
          retain: false,
          delayS: 1,
          contentType: "text/plain",
          userProperties: { firmware: "1.2.3" },
        },
      },
      plan: { sessionExpiryS: 60 },
    });
    await fleet.connect().allReady();
    fleet.storm("reset", 1);
    expect(heard).toEqual([]);
    await eventually(() => heard.length === 1, 8000);
    expect(heard).toEqual([["gone/1", "lost", "text/plain", { firmware: "1.2.3" }]]);
  });
});

describe.skipIf(!ejabberdAvailable())("ejabberd with protocol version 5", () => {
  let broker: Ejabberd;
  beforeAll(async () => {
    broker = await Ejabberd.start();
  }, 40_000);
  afterAll(() => broker?.stop());

  // Its users are those of XMPP; anybody may be one, but not nobody.
  const user = { username: "fleet@localhost", password: "any" };

  it("says why it ends a connection: another client took the id", async () => {
    const options = {
      port: broker.port,
      protocolVersion: 5,
      clientIds: "taken-",
      credentials: user,
    } as const;
    const first = fleetOf({ ...options, backoff: { policy: "fixed", baseMs: 60_000 } });
    await first.connect().allReady();
    await fleetOf(options).connect().allReady();
    await eventually(() => first.device.state === "backoff");
    expect(first.events.names.error).toEqual({ "disconnect.session_taken_over": 1, session_taken_over: 1 });
  });

  it("keeps a session as long as it was asked to, and no longer", async () => {
    await expectExpiry({ port: broker.port, credentials: user }, 4000);
  });

  it("assigns an id, which is kept", async () => {
    const fleet = fleetOf({
      port: broker.port,
      protocolVersion: 5,
      credentials: { ...user, clientId: "" },
      plan: { sessionExpiryS: 60 },
    });
    await fleet.connect().allReady();
    const first = fleet.device.attempt.identity.clientId;
    expect(first).not.toBe("");
    fleet.storm("reset", 1);
    await fleet.allReady();
    expect(fleet.device.attempt.identity.clientId).toBe(first);
  });
});

describe("a server that is overloaded", () => {
  it.each([
    [5, 0x88, "server_unavailable"],
    [5, 0x89, "server_busy"],
    [5, 0x97, "quota_exceeded"],
    [5, 0x9f, "connection_rate_exceeded"],
    [4, 0x03, "server_unavailable"],
  ] as const)("version %i, code %i: every answer is counted, apart and by name", async (protocolVersion, code, name) => {
    const connack = protocolVersion === 5 ? [0x20, 3, 0, code, 0] : [0x20, 2, 0, code];
    const server = await serverOf(answering(Buffer.from(connack)));
    const { events } = fleetOf({
      port: server.port,
      protocolVersion,
      backoff: { policy: "fixed", baseMs: 50 },
    }).connect();
    await eventually(() => events.counts.connectOverload >= 3);
    expect(events.names.connectRefused).toEqual({ [`connack.${name}`]: events.counts.connectOverload });
    // One at most is under way: the policy was waited for.
    expect(events.counts.connectAttempt - events.counts.connectOverload).toBeLessThanOrEqual(1);
  });
});

/** CONNACK or DISCONNECT with a server reference. MQTT 5.0 sections 3.2.2.3.16 and 3.14.2.2.5. */
function reference(packet: "connack" | "disconnect", code: number, server: string): Buffer {
  const text = Buffer.from(server);
  const properties = Buffer.concat([Buffer.from([0x1c, 0, text.length]), text]);
  const body = Buffer.concat([
    Buffer.from(packet === "connack" ? [0, code, properties.length] : [code, properties.length]),
    properties,
  ]);
  return Buffer.concat([Buffer.from([packet === "connack" ? 0x20 : 0xe0, body.length]), body]);
}

const ACCEPTED = Buffer.from([0x20, 3, 0, 0, 0]);

it("topic aliases of a server are resolved where the device allows them, and refused where it does not", async () => {
  const alias = [0x03, 0x23, 0, 1, 0x78];
  const named = [0x30, 8, 0, 1, 0x74, ...alias];
  const aliased = [0x30, 7, 0, 0, ...alias];
  const server = await serverOf(
    answering(Buffer.concat([ACCEPTED, Buffer.from([...named, ...aliased, ...aliased])])),
  );
  const options = {
    port: server.port,
    protocolVersion: 5,
    backoff: { policy: "fixed", baseMs: 60_000 },
  } as const;
  const allowed = fleetOf({ ...options, plan: { topicAliasMaximum: 1 } }).connect();
  await eventually(() => allowed.events.counts.publishReceived === 3);
  expect(allowed.events.names.disconnected).toEqual({});
  const refused = fleetOf(options).connect();
  await eventually(() => refused.events.names.disconnected["malformed_packet"] === 1);
  expect(refused.events.counts.publishReceived).toBe(0);
});

describe("a server that names another", () => {
  it.each([0x9c, 0x9d])("code %i is followed with the option", async (code) => {
    const other = await serverOf(answering(ACCEPTED));
    const first = await serverOf(answering(reference("connack", code, `127.0.0.1:${other.port}`)));
    const { events } = await fleetOf({
      port: first.port,
      protocolVersion: 5,
      devices: 20,
      plan: { followReferences: true },
    })
      .connect()
      .allReady();
    expect([first.accepted, other.accepted]).toEqual([20, 20]);
    expect(events).toMatchObject({
      counts: { connectAttempt: 40, connectAccepted: 20, redirected: 20 },
      names: { error: {} },
    });
  });

  it("is only counted without it", async () => {
    const other = await serverOf(answering(ACCEPTED));
    const first = await serverOf(answering(reference("connack", 0x9c, `127.0.0.1:${other.port}`)));
    const { events } = fleetOf({ port: first.port, protocolVersion: 5 }).connect();
    await eventually(() => events.counts.redirected >= 3);
    expect(events.names.connectRefused).toEqual({ "connack.use_another_server": events.counts.redirected });
    expect(other.accepted).toBe(0);
  });

  it("and that one the first again: three hops, then the policy waits", async () => {
    const servers: FaultServer[] = [];
    const port = (i: number): number => servers[i]?.port ?? 0;
    for (const i of [0, 1]) {
      servers.push(
        await serverOf((socket) => {
          socket.once("data", () => socket.write(reference("connack", 0x9c, `127.0.0.1:${port(1 - i)}`)));
        }),
      );
    }
    const { events } = fleetOf({
      port: port(0),
      protocolVersion: 5,
      backoff: { policy: "fixed", baseMs: 60_000 },
      plan: { followReferences: true },
    }).connect();
    await eventually(() => events.names.error["server_reference_limit"] === 1);
    expect(events).toMatchObject({ counts: { connectAttempt: 4, redirected: 4, connectAccepted: 0 } });
    expect(servers.map(({ accepted }) => accepted)).toEqual([2, 2]);
  });

  it("in DISCONNECT is followed, and its reason counted", async () => {
    const other = await serverOf(answering(ACCEPTED));
    const drain = Buffer.concat([ACCEPTED, reference("disconnect", 0x9d, `127.0.0.1:${other.port}`)]);
    const first = await serverOf(answering(drain));
    const fleet = fleetOf({
      port: first.port,
      protocolVersion: 5,
      plan: { followReferences: true },
    }).connect();
    await eventually(() => fleet.events.counts.connectAccepted === 2);
    expect(other.accepted).toBe(1);
    expect(fleet.events.names.error).toMatchObject({ "disconnect.server_moved": 1 });
  });
});

it.each([
  [0x8b, "server_shutting_down"],
  [0x89, "server_busy"],
  [0x97, "quota_exceeded"],
  [0x98, "administrative_action"],
])("DISCONNECT with reason %i is counted as %s", async (code, name) => {
  const server = await serverOf(answering(Buffer.concat([ACCEPTED, Buffer.from([0xe0, 1, code])])));
  const { events } = fleetOf({
    port: server.port,
    protocolVersion: 5,
    backoff: { policy: "fixed", baseMs: 60_000 },
  }).connect();
  await eventually(() => events.names.disconnected["closed"] === 1);
  expect(events.names.error).toEqual({ [`disconnect.${name}`]: 1, closed: 1 });
});
