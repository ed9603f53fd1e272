import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TCP_KINDS } from "../../engine/src/contract.ts";
import { fleetOf, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { eventually, tcpUnderTest } from "../support/device-fleet.ts";

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
  });
});
