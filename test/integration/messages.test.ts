/** What devices say and hear beside their flow, before a Mosquitto whose log holds the truth. */

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Messages } from "../../engine/src/device/messages/messages.ts";
import { NO_REACTIONS } from "../../engine/src/device/session/message-work.ts";
import type { Waiter } from "../../engine/src/device/turns.ts";
import { time } from "../../engine/src/live/clock.ts";
import { fleetOf, Mosquitto, mosquittoAvailable, peerOf } from "../support/broker.ts";
import { type DeviceFleetOptions, eventually, pause, publish, subscribe } from "../support/device-fleet.ts";

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

  it("carries marks in user properties through Mosquitto, its queue too, and what it drops is what is missing", async () => {
    const small = await Mosquitto.start({ settings: ["max_queued_messages 8", "max_inflight_messages 4"] });
    onTestFinished(() => small.stop());
    const tracked: Partial<DeviceFleetOptions> & { port: number; protocolVersion: 5 } = {
      port: small.port,
      protocolVersion: 5,
      messages: new Messages({
        run: "5eed0001",
        place: "userProperties",
        time,
        commonClock: () => Date.now(),
        segment: () => 1,
      }),
    };
    const observer = await peerOf(small.url, { protocolVersion: 5 });
    const heard = new Map<string, { sent: string; payload: Buffer }[]>();
    observer.client.on("message", (topic, payload, { properties }) => {
      const { _sent: sent, ...others } = { ...properties?.userProperties } as Record<string, string>;
      expect(others).toEqual({ own: "value" });
      heard.set(topic, [...(heard.get(topic) ?? []), { sent: sent as string, payload }]);
    });
    await observer.client.subscribeAsync("five/+", { qos: 0 });
    const console = fleetOf({
      ...tracked,
      clientIds: "console-",
      plan: { clean: false, sessionExpiryS: 60 },
      backoff: { policy: "fixed", baseMs: 400 },
      bootstrap: (device, waiter) => device.exchange.subscribe(["five/+"], 1, true, waiter),
    });
    const sensors = fleetOf({ ...tracked, clientIds: "sensor-", devices: 3 });
    await Promise.all([console.connect().allReady(), sensors.connect().allReady()]);
    const bytes = Buffer.from([0, 255, 10]);
    const speak = async (times: number): Promise<void> => {
      const call = { qos: 1 as const, properties: { userProperties: { own: "value" } } };
      for (let i = 0; i < times; i++) {
        const said = sensors.devices.map((device) =>
          publish(device, `five/${device.number}`, bytes, { ...call, tracked: true }),
        );
        expect(await Promise.all(said)).toEqual([null, null, null]);
      }
    };
    const { counts } = console.events;
    // One round at a time: the queue is small for those who are there, too.
    for (let round = 1; round <= 5; round++) {
      await speak(1);
      await eventually(() => counts.messageDelivered === 3 * round);
    }
    // Mosquitto queues eight for a console that is away, and drops the others.
    console.storm("reset", 1);
    await pause(50);
    await speak(10);
    await console.allReady();
    const sent = (): number => small.logged(/Sending PUBLISH to console-0 /);
    await eventually(
      () => counts.messageFlood > 0 && small.logged(/Received PUBACK from console-0 /) === sent(),
    );
    // Nobody knows what was dropped before something later comes.
    await speak(1);
    await eventually(() => counts.messageDelivered === sent() && sent() > 15 && sent() < 48);
    await eventually(() => [...heard.values()].every((one) => one.length === 16));
    expect(sensors.events.counts).toMatchObject({ messagePublished: 48, messageAcknowledged: 48 });
    expect(counts.messageTimed).toBe(sent());
    const missed = console.events.sum("messageMissed");
    expect(missed).toBe(48 - sent());
    expect(missed).toBeGreaterThanOrEqual(30 - 8 - 4);
    expect(counts).toMatchObject({ messageDuplicate: 0, messageOutOfOrder: 0, messageUndecided: 0 });
    expect(counts.messageFlood).toBe(sent() - 15 - 3);
    // What the wire carries, as somebody else reads it.
    for (const [topic, messages] of heard) {
      const device = topic.slice("five/".length);
      messages.forEach(({ sent, payload }, i) => {
        expect(payload).toEqual(bytes);
        expect(sent).toMatch(new RegExp(`^5eed0001,${device},${i + 1},1,1,\\d+$`));
      });
    }
  });
});
