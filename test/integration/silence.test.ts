import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { TCP_KINDS } from "../../engine/src/contract.ts";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { fleetOf, Mosquitto, mosquittoAvailable, peerOf } from "../support/broker.ts";
import { type DeviceFleet, eventually, publish, tcpUnderTest } from "../support/device-fleet.ts";
import { openerFor } from "../support/opener.ts";
import { TakeoverBroker } from "../support/takeover-broker.ts";

/** They find out by an acknowledgement that does not come. */
function publishAll({ devices }: DeviceFleet): void {
  for (const device of devices) void publish(device, "t", "x", { qos: 1 });
}

describe.skipIf(!mosquittoAvailable()).each(TCP_KINDS)("silent devices on Mosquitto, over %s", (kind) => {
  let broker: Mosquitto;
  beforeAll(async () => {
    tcpUnderTest.kind = kind;
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  it("find out by their keepalive and come back; the broker saw nothing of it before", async () => {
    const fleet = fleetOf({
      port: broker.port,
      devices: 10,
      clientIds: "silent-",
      plan: { keepaliveMs: 2000 },
    });
    await fleet.connect().allReady();
    const silent = fleet.devices.slice(0, 5);
    for (const device of silent) device.part.silence(1);
    expect([fleet.events.counts.silenced, fleet.ready]).toEqual([5, 10]);
    expect(broker.logged(/(Socket error|Client silent-\d+ (closed|disconnected|has exceeded))/)).toBe(0);
    await eventually(() => fleet.events.values.becameReady[1]?.length === 5, 10_000);
    const { names, values } = fleet.events;
    const detectionMs = values.silenceOver[1] ?? [];
    expect(detectionMs).toHaveLength(5);
    expect([names.silenceOver, names.disconnected]).toEqual([{ keepalive: 5 }, {}]);
    expect(names.error).toEqual({ keepalive: 5 });
    // From the storm's instant, not from the discovery: no device can have been faster than its discovery.
    expect(Math.min(...(fleet.events.values.becameReady[1] ?? []))).toBeGreaterThan(Math.min(...detectionMs));
    expect(broker.logged(/New client connected from .* as silent-[0-4] /)).toBe(10);
    expect(broker.logged(/New client connected from .* as silent-[5-9] /)).toBe(5);
    // Nothing of this side told the broker: it ended each of the old connections itself.
    expect(broker.logged(/Client silent-\d closed its connection|Socket error on client silent-\d/)).toBe(0);
    expect(
      broker.logged(/Client silent-[0-4] (already connected, closing old connection|has exceeded timeout)/),
    ).toBe(5);
    await eventually(() => fleet.halfOpen.size === 0);
  });

  it.each([4, 5] as const)("are taken over when they come back, in MQTT version %i", async (version) => {
    const ids = `over-${version}-`;
    const options = { clientIds: ids, plan: { ackTimeoutMs: 300 } };
    const fleet = fleetOf({ port: broker.port, protocolVersion: version, devices: 10, ...options });
    await fleet.connect().allReady();
    for (const device of fleet.devices) device.part.silence(1);
    publishAll(fleet);
    await eventually(() => fleet.events.values.becameReady[1]?.length === 10);
    expect(fleet.events.names.silenceOver).toEqual({ ack_timeout: 10 });
    expect(broker.logged(new RegExp(`${ids}\\d already connected, closing old connection`))).toBe(10);
    expect(broker.logged(new RegExp(`(closed its connection|Socket error).*${ids}|${ids}\\d closed`))).toBe(
      0,
    );
    await eventually(() => fleet.halfOpen.size === 0);
    expect(fleet.letGo).toBe(0);
  });

  it("are forgotten on the way: RST answers what they write next, and the broker is still taken over", async () => {
    const fleet = fleetOf({ port: broker.port, devices: 10, clientIds: "reset-" });
    await fleet.connect().allReady();
    for (const device of fleet.devices) device.part.silence(1, "reset");
    expect(fleet.events.names.silenceOver).toEqual({});
    publishAll(fleet);
    await eventually(() => fleet.events.values.becameReady[1]?.length === 10);
    expect(fleet.events.names.silenceOver).toEqual({ closed: 10 });
    // Long before the acknowledgement would have been given up.
    expect(Math.max(...(fleet.events.values.silenceOver[1] ?? []))).toBeLessThan(1000);
    expect(broker.logged(/reset-\d already connected, closing old connection/)).toBe(10);
    expect(broker.logged(/Client reset-\d closed|Received PUBLISH from reset-\d/)).toBe(0);
  });

  it("have their wills sent when the broker finds out: at 1.5 keepalives, or at the takeover", async () => {
    const will = { payload: Buffer.from("gone"), qos: 1 as const, retain: false };
    const fleetWith = (name: string, keepaliveMs: number, baseMs: number) =>
      fleetOf({
        port: broker.port,
        devices: 10,
        clientIds: `${name}-`,
        credentials: { will: { topic: `will/${name}`, ...will } },
        plan: { keepaliveMs, ackTimeoutMs: 300 },
        backoff: { policy: "fixed", baseMs },
      });
    // These come back long after the broker has missed them; those before it can.
    const missed = fleetWith("missed", 2000, 60_000);
    const taken = fleetWith("taken", 60_000, 2000);
    const observer = await peerOf(broker.url, {});
    const heard: { topic: string; afterMs: number }[] = [];
    await observer.client.subscribeAsync("will/#");
    await Promise.all([missed.connect().allReady(), taken.connect().allReady()]);
    const silentAtMs = performance.now();
    observer.client.on("message", (topic) => heard.push({ topic, afterMs: performance.now() - silentAtMs }));
    for (const { devices } of [missed, taken]) for (const device of devices) device.part.silence(1);
    publishAll(taken);
    await eventually(() => heard.length === 20, 15_000);
    const after = (name: string): number[] =>
      heard.flatMap(({ topic, afterMs }) => (topic === `will/${name}` ? [afterMs] : []));
    expect([after("missed").length, after("taken").length]).toEqual([10, 10]);
    // The last packet may be a PINGREQ's age old, and Mosquitto looks once a second.
    expect(Math.min(...after("missed"))).toBeGreaterThanOrEqual(1000);
    expect(broker.logged(/Client missed-\d has exceeded timeout/)).toBe(10);
    // 300 ms until they find out, and their back-off: no will before they connect again.
    expect(Math.min(...after("taken"))).toBeGreaterThanOrEqual(2000);
    expect(broker.logged(/Client taken-\d already connected, closing old connection/)).toBe(10);
  });
});

describe("a broker that is told of nothing", async () => {
  const certificate = await createCertificate({ name: "broker", hosts: ["127.0.0.1"] });
  const ways = [
    { kind: "tcp", tcp: "handle" },
    { kind: "tcp", tcp: "net" },
    { kind: "tls", tcp: "net" },
    { kind: "ws", tcp: "net" },
  ] as const;

  const fleetOver = async ({ kind, tcp }: (typeof ways)[number], version: 4 | 5, more: object = {}) => {
    const broker = await TakeoverBroker.start({ kind, protocolVersion: version, certificate });
    onTestFinished(() => broker.stop());
    const path = kind === "ws" ? "/mqtt" : "";
    const open = openerFor({ kind, port: broker.port, path }, { insecure: true }, { tcp });
    const options = { plan: { ackTimeoutMs: 200 }, ...more };
    const fleet = fleetOf({ port: broker.port, open, protocolVersion: version, devices: 10, ...options });
    await fleet.connect().allReady();
    return { broker, fleet };
  };

  it.each(ways)("hears neither FIN nor RST before the takeover, over $kind ($tcp)", async (way) => {
    await Promise.all(
      ([4, 5] as const).map(async (version) => {
        const { broker, fleet } = await fleetOver(way, version);
        for (const device of fleet.devices) device.part.silence(1);
        broker.ping();
        publishAll(fleet);
        await eventually(() => fleet.events.values.becameReady[1]?.length === 10);
        await eventually(() => fleet.halfOpen.size === 0);
        expect([broker.takeovers, broker.guests.length]).toEqual([10, 20]);
        for (const { seen } of broker.guests.slice(0, 10))
          expect(seen.slice(0, 2)).toEqual(["bytes", "takeover"]);
        // All were back before the first of them had gone: the broker had each device twice at some time.
        expect(broker.peak).toBeGreaterThan(10);
      }),
    );
  });

  it("hears RST of the oldest where there is no room for more, and of all once the run is over", async () => {
    const [way] = ways;
    const { broker, fleet } = await fleetOver(way, 4, {
      mostHalfOpen: 4,
      backoff: { policy: "fixed", baseMs: 60_000 },
    });
    for (const device of fleet.devices) device.part.silence(1);
    publishAll(fleet);
    await eventually(() => broker.guests.filter(({ seen }) => seen.includes("rst")).length === 6);
    expect([fleet.halfOpen.size, fleet.letGo]).toEqual([4, 6]);
    fleet.halfOpen.reset();
    await eventually(() => broker.guests.every(({ seen }) => seen.includes("rst")));
  });
});
