/** Devices of a real broker whose network does harm: what is counted, and that they come back once it is over. */
import { describe, expect, it, onTestFinished } from "vitest";
import { AedesServer, fleetOf, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { type DeviceFleet, type DeviceFleetOptions, eventually } from "../support/device-fleet.ts";
import { FaultProxy, type Faults } from "../support/fault-proxy.ts";

const DEVICES = 20;

async function behindProxy(
  faults: Faults,
  plan: DeviceFleetOptions["plan"] = {},
): Promise<{ proxy: FaultProxy; fleet: DeviceFleet }> {
  const broker = mosquittoAvailable() ? await Mosquitto.start() : await AedesServer.start();
  onTestFinished(() => broker.stop());
  const proxy = await FaultProxy.start(broker.port);
  onTestFinished(() => proxy.stop());
  proxy.faults = faults;
  const fleet = fleetOf({
    port: proxy.port,
    devices: DEVICES,
    backoff: { policy: "fixed", baseMs: 100 },
    plan: { connectTimeoutMs: 500, ackTimeoutMs: 500, ...plan },
    bootstrap: (device, done) =>
      device.exchange.subscribe([`proxy/${device.number}`, "a/b", "c/#"], 1, false, done),
  });
  return { proxy, fleet };
}

/** Every attempt and every connection has one end, and the fleet is as it was before the fault. */
function expectBalanced({ events, ready }: DeviceFleet): void {
  const refused = sum(events.names.connectRefused);
  expect(ready).toBe(DEVICES);
  expect(events.counts.connectAttempt).toBe(events.counts.connectAccepted + refused);
  expect(events.counts.connectAccepted).toBe(DEVICES + sum(events.names.disconnected));
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);

describe("a network that", () => {
  it("delays every packet by 50 ms: slower, and nothing is lost", async () => {
    const { fleet } = await behindProxy({ delayMs: 50 }, { connectTimeoutMs: 5000, ackTimeoutMs: 5000 });
    await fleet.connect().allReady();
    expect(fleet.events).toMatchObject({
      names: { connectRefused: {}, disconnected: {}, error: {} },
      counts: { subscribed: DEVICES },
    });
  });

  it("delays beyond the time-out: connack_timeout, until it is over", async () => {
    const { fleet, proxy } = await behindProxy({ delayMs: 2000 });
    fleet.connect();
    await eventually(() => fleet.events.counts.connectAttempt >= 3 * DEVICES);
    expect(Object.keys(fleet.events.names.connectRefused)).toEqual(["connack_timeout"]);
    proxy.faults = {};
    await fleet.allReady();
    expectBalanced(fleet);
    await eventually(() => proxy.open === DEVICES);
  });

  it("passes packets in pieces of one byte: they are understood", async () => {
    const { fleet } = await behindProxy({ pieceBytes: 1 }, { connectTimeoutMs: 5000, ackTimeoutMs: 5000 });
    await fleet.connect().allReady();
    expect(fleet.events).toMatchObject({
      names: { connectRefused: {}, disconnected: {}, error: {} },
      counts: { subscribed: DEVICES },
    });
  });

  it("lets 5 bytes per second through: CONNACK comes in time, SUBACK does not", async () => {
    const { fleet, proxy } = await behindProxy(
      { bytesPerSecond: 5 },
      { connectTimeoutMs: 4000, ackTimeoutMs: 300 },
    );
    fleet.connect();
    await eventually(() => (fleet.events.names.disconnected["bootstrap_timeout"] ?? 0) >= DEVICES, 10_000);
    expect(fleet.events.names.connectRefused).toEqual({});
    expect(Object.keys(fleet.events.names.disconnected)).toEqual(["bootstrap_timeout"]);
    proxy.faults = {};
    await fleet.allReady();
    expectBalanced(fleet);
  });

  it("resets after half a CONNACK: closed_before_connack", async () => {
    const { fleet, proxy } = await behindProxy({ resetAfterBytes: 2 });
    fleet.connect();
    await eventually(() => fleet.events.counts.connectAttempt >= 3 * DEVICES);
    expect(Object.keys(fleet.events.names.connectRefused)).toEqual(["closed_before_connack"]);
    expect(fleet.events.counts.connectAccepted).toBe(0);
    proxy.faults = {};
    await fleet.allReady();
    expectBalanced(fleet);
  });

  it("resets inside the SUBACK: closed, once per connection", async () => {
    const { fleet, proxy } = await behindProxy({ resetAfterBytes: 4 + 3 });
    fleet.connect();
    await eventually(() => (fleet.events.names.disconnected["closed"] ?? 0) >= 2 * DEVICES);
    expect(fleet.events.names.connectRefused).toEqual({});
    expect(Object.keys(fleet.events.names.disconnected)).toEqual(["closed"]);
    expect(fleet.events.counts.subscribed).toBe(0);
    proxy.faults = {};
    await fleet.allReady();
    expectBalanced(fleet);
  });

  it("goes dark under ready devices: found by keepalive, then connack_timeout, and back", async () => {
    const { fleet, proxy } = await behindProxy({}, { keepaliveMs: 1000 });
    await fleet.connect().allReady();
    proxy.faults = { blackHole: true };
    await eventually(() => (fleet.events.names.disconnected["keepalive"] ?? 0) === DEVICES, 10_000);
    await eventually(() => (fleet.events.names.connectRefused["connack_timeout"] ?? 0) >= DEVICES);
    expect(fleet.events.names.disconnected).toEqual({ keepalive: DEVICES });
    proxy.faults = {};
    await fleet.allReady();
    expectBalanced(fleet);
  });

  it("puts garbage between CONNACK and SUBACK: malformed_packet", async () => {
    const { fleet, proxy } = await behindProxy({
      garbage: Buffer.from([0x00, 0x00, 0xff, 0xff]),
      garbageAfterBytes: 4,
    });
    fleet.connect();
    await eventually(() => (fleet.events.names.disconnected["malformed_packet"] ?? 0) >= 2 * DEVICES);
    expect(fleet.events.names.connectRefused).toEqual({});
    expect(Object.keys(fleet.events.names.disconnected)).toEqual(["malformed_packet"]);
    proxy.faults = {};
    await fleet.allReady();
    expectBalanced(fleet);
  });
});
