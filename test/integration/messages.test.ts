/** What devices say and hear beside their flow, before a Mosquitto whose log holds the truth. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_REACTIONS } from "../../engine/src/device/session/message-work.ts";
import type { Waiter } from "../../engine/src/device/turns.ts";
import { fleetOf, Mosquitto, mosquittoAvailable, peerOf } from "../support/broker.ts";
import { eventually, pause, subscribe } from "../support/device-fleet.ts";

describe.skipIf(!mosquittoAvailable())("messages before Mosquitto", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  it("hears telemetry of every device, and after an outage what was queued", async () => {
    const fleet = fleetOf({
      port: broker.port,
      clientIds: "speaks-",
      devices: 20,
      telemetry: [
        {
          everyMs: 200,
          jitterMs: 40,
          queue: 100,
          publication: ({ number }) => ({ topic: `speed/${number}`, payload: "50", qos: 1, retain: false }),
        },
      ],
      backoff: { policy: "fixed", baseMs: 700 },
    });
    await fleet.connect().allReady();
    await pause(800);
    fleet.storm("reset", 1);
    await pause(100);
    await fleet.allReady();
    await eventually(() => fleet.events.counts.publishSent >= 20 * 5);
    fleet.end();
    const heard = broker.logged(/Received PUBLISH from speaks-\d+ .*'speed\//);
    expect(heard).toBeGreaterThanOrEqual(20 * 5);
    expect(fleet.events.counts.telemetryDropped).toBe(0);
    // What was written into a connection as it ended may not have arrived.
    await eventually(
      () =>
        Math.abs(broker.logged(/Received PUBLISH from speaks-\d+ /) - fleet.events.counts.publishSent) <= 20,
    );
  });

  it("acts on commands, each device on its own and in order", async () => {
    const done: string[] = [];
    const fleet = fleetOf({
      port: broker.port,
      clientIds: "acts-",
      devices: 10,
      bootstrap: (device, waiter) => device.exchange.subscribe([`cmd/${device.number}`], 1, false, waiter),
      reactions: {
        queue: 10,
        ackDelayMs: 0,
        handlers: [
          {
            filter: ({ number }) => `cmd/${number}`,
            take: ({ number }, message) => done.push(`${number} ${message.payload}`),
            program: [
              {
                begin: ({ number, exchange }, waiter) =>
                  exchange.publish({ topic: `done/${number}`, payload: "", qos: 1, retain: false }, waiter),
              },
            ],
          },
        ],
      },
    });
    await fleet.connect().allReady();
    const host = await peerOf(broker.url, {});
    for (const payload of ["a", "b", "c"]) {
      for (let i = 0; i < 10; i++) await host.client.publishAsync(`cmd/${i}`, payload, { qos: 1 });
    }
    await eventually(() => fleet.events.counts.messageHandled === 30);
    for (let i = 0; i < 10; i++)
      expect(done.filter((one) => one.startsWith(`${i} `))).toEqual([`${i} a`, `${i} b`, `${i} c`]);
    expect(broker.logged(/Received PUBLISH from acts-\d+ .*'done\//)).toBe(30);
  });

  it("fills the broker's window where the device acknowledges late, and hears the rest as it does", async () => {
    const fleet = fleetOf({
      port: broker.port,
      clientIds: "slow-",
      reactions: { ...NO_REACTIONS, ackDelayMs: 400 },
    });
    await fleet.connect().allReady();
    await subscribe(fleet.device, ["slow"], 1);
    const peer = await peerOf(broker.url, {});
    await Promise.all(Array.from({ length: 50 }, () => peer.client.publishAsync("slow", "x", { qos: 1 })));
    const sent = () => broker.logged(/Sending PUBLISH to slow-0 .*'slow'/);
    await eventually(() => sent() === 20);
    await pause(150);
    // Mosquitto's max_inflight_messages: no more before one is acknowledged.
    expect(sent()).toBe(20);
    await eventually(() => fleet.events.counts.publishReceived === 50);
    await eventually(() => broker.logged(/Received PUBACK from slow-0 /) === 50);
  });

  it("carries bytes, properties and the options of a subscription as MQTT 5 has them", async () => {
    const peer = await peerOf(broker.url, { protocolVersion: 5 });
    const heard: { payload: Buffer; properties: object | undefined }[] = [];
    peer.client.on("message", (_topic, payload, { properties }) => heard.push({ payload, properties }));
    await peer.client.subscribeAsync("five", { qos: 1 });
    const fleet = fleetOf({ port: broker.port, protocolVersion: 5, clientIds: "five-" });
    await fleet.connect().allReady();
    const { exchange } = fleet.device;
    const settled = (begin: (waiter: Waiter) => void) => new Promise((done) => begin({ settled: done }));
    // It would hear itself without noLocal.
    await settled((waiter) => exchange.subscribe(["five"], 1, false, waiter, { nl: true, rh: 2 }));
    const payload = Buffer.from([0, 255, 10]);
    const properties = { messageExpiryInterval: 30, contentType: "x", userProperties: { a: "b" } };
    const call = { topic: "five", payload, qos: 1 as const, retain: false, properties };
    expect(await settled((waiter) => exchange.publish(call, waiter))).toBeNull();
    await eventually(() => heard.length === 1);
    expect(heard[0]?.payload).toEqual(payload);
    expect(heard[0]?.properties).toMatchObject({ contentType: "x", userProperties: { a: "b" } });
    await pause(100);
    expect(fleet.events.counts.publishReceived).toBe(0);
  });
});
