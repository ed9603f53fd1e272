import type { Packet } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { fleetOf, itWorksWith, Mosquitto, mosquittoAvailable, peerOf } from "../support/broker.ts";
import { eventually, pause, request, subscribe } from "../support/device-fleet.ts";

const VERSIONS = [4, 5] as const;

describe.skipIf(!mosquittoAvailable())("Mosquitto", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  describe.each(VERSIONS)("protocol version %i", (protocolVersion) => {
    itWorksWith(() => broker, protocolVersion);

    it("loses its connection when another client takes its id", async () => {
      const options = { port: broker.port, protocolVersion, clientIds: `taken-${protocolVersion}-` };
      const first = fleetOf({ ...options, backoff: { policy: "fixed", baseMs: 60_000 } });
      await first.connect().allReady();
      const second = fleetOf(options);
      await second.connect().allReady();
      await eventually(() => first.device.state === "backoff");
      // Mosquitto 2.0.11 sends no DISCONNECT here, not even to version 5; faults.test.ts has the broker that does.
      expect(first.events).toMatchObject({ names: { disconnected: { closed: 1 }, error: { closed: 1 } } });
      expect(second.ready).toBe(1);
    });

    it("counts a wrong password under the broker's reason, and backs off", async () => {
      const guarded = await Mosquitto.start({ users: { fleet: "right" } });
      onTestFinished(() => guarded.stop());
      const options = { port: guarded.port, protocolVersion };
      const right = fleetOf({ ...options, credentials: { username: "fleet", password: "right" } });
      await right.connect().allReady();
      const wrong = fleetOf({
        ...options,
        clientIds: "wrong-",
        credentials: { username: "fleet", password: "wrong" },
        backoff: { policy: "fixed", baseMs: 100 },
      });
      wrong.connect();
      await eventually(() => wrong.events.counts.connectAttempt >= 3);
      const refused = wrong.events.names.connectRefused["connack.not_authorized"] ?? 0;
      expect(wrong.events.names.connectRefused).toEqual({ "connack.not_authorized": refused });
      expect(wrong.events.counts.connectAttempt - refused).toBeLessThanOrEqual(1);
      expect(wrong.events.counts.connectAccepted).toBe(0);
    });
  });

  it("keeps idle connections alive with a keepalive of one second, in both versions", async () => {
    const fleets = VERSIONS.map((protocolVersion) =>
      fleetOf({
        port: broker.port,
        protocolVersion,
        clientIds: `idle-${protocolVersion}-`,
        plan: { keepaliveMs: 1000 },
      }),
    );
    await Promise.all(fleets.map((fleet) => fleet.connect().allReady()));
    // Mosquitto 2.0.11 looks every 5 s for clients that have been silent for 1.5 keepalives.
    await pause(6500);
    for (const { events, device } of fleets) {
      expect(events).toMatchObject({
        counts: { connectAttempt: 1, connectAccepted: 1 },
        names: { disconnected: {}, error: {} },
      });
      const pings = broker.logged(
        new RegExp(`Received PINGREQ from ${device.attempt.identity.credentials.clientId}$`),
      );
      expect(pings).toBeGreaterThanOrEqual(5);
      expect(pings).toBeLessThanOrEqual(7);
      expect(pings).toBe(
        broker.logged(new RegExp(`Sending PINGRESP to ${device.attempt.identity.credentials.clientId}$`)),
      );
    }
  });

  describe("protocol version 5 only", () => {
    it("correlates answers by their correlation data, whatever their order", async () => {
      const service = await peerOf(broker.url, { protocolVersion: 5 });
      await service.client.subscribeAsync("config/+/get", { qos: 1 });
      const asked: { responseTopic: string; correlationData: Buffer; payload: string }[] = [];
      service.client.on("message", (_topic, payload, { properties }) => {
        const { responseTopic = "", correlationData = Buffer.alloc(0) } = properties ?? {};
        asked.push({ responseTopic, correlationData, payload: payload.toString() });
        if (asked.length < 3) return;
        for (const { responseTopic: topic, payload: text, correlationData: data } of asked.reverse()) {
          service.client.publish(topic, `answer to ${text}`, {
            qos: 1,
            properties: { correlationData: data },
          });
        }
        // Nobody asked for this one.
        service.client.publish("config/a", "stale", {
          qos: 1,
          properties: { correlationData: Buffer.from("no such request") },
        });
      });
      const fleet = await fleetOf({ port: broker.port, protocolVersion: 5, clientIds: "asks-" })
        .connect()
        .allReady();
      await subscribe(fleet.device, ["config/a"], 1);
      const answers = await Promise.all(
        ["one", "two", "three"].map((payload) =>
          request(fleet.device, {
            topic: "config/a/get",
            payload,
            responseTopic: "config/a",
            correlation: "properties",
          }),
        ),
      );
      expect(answers.map(({ answer }) => answer)).toEqual([
        "answer to one",
        "answer to two",
        "answer to three",
      ]);
      await eventually(() => fleet.events.counts.lateResponse === 1);
      expect(fleet.events).toMatchObject({
        counts: { configRequest: 3, configResponse: 3, configTimeout: 0, subscribeSent: 1 },
      });
    });

    it("loses its session, and subscribes again, when it stays away longer than the session's expiry", async () => {
      const fleet = fleetOf({
        port: broker.port,
        protocolVersion: 5,
        clientIds: "expires-",
        plan: { clean: false, sessionExpiryS: 1 },
        bootstrap: (device, done) => device.exchange.subscribe(["expires"], 1, true, done),
      });
      await fleet.connect().allReady();
      fleet.device.disconnect();
      await fleet.connect().allReady();
      expect(fleet.device.exchange.sessionPresent).toBe(true);
      fleet.device.disconnect();
      await pause(3500);
      await fleet.connect().allReady();
      expect(fleet.device.exchange.sessionPresent).toBe(false);
      expect(fleet.events).toMatchObject({
        counts: { connectAccepted: 3, subscribeSent: 2, subscribeSkipped: 1 },
      });
    });

    it("is told in words why the broker ends the connection", async () => {
      const strict = await Mosquitto.start({ settings: ["max_packet_size 2000"] });
      onTestFinished(() => strict.stop());
      const fleet = fleetOf({
        port: strict.port,
        protocolVersion: 5,
        backoff: { policy: "fixed", baseMs: 60_000 },
      });
      await fleet.connect().allReady();
      // The device itself keeps to what the broker allows: this packet goes past it.
      const large: Packet = {
        cmd: "publish",
        topic: "large",
        payload: "x".repeat(4000),
        qos: 0,
        dup: false,
        retain: false,
      };
      fleet.device.line.send(large);
      await eventually(() => fleet.device.state === "backoff");
      expect(fleet.events).toMatchObject({
        names: { disconnected: { closed: 1 }, error: { "disconnect.packet_too_large": 1, closed: 1 } },
      });
    });
  });

  describe("a storm over 200 devices", () => {
    // Mosquitto 2.0.11 has one line for a FIN and an RST; the test with Aedes tells those apart on the wire.
    const ENDS = {
      reset: "closed its connection",
      close: "closed its connection",
      disconnect: "disconnected",
    };

    it.each([
      ["reset", 4],
      ["close", 4],
      ["disconnect", 4],
      ["reset", 5],
      ["close", 5],
      ["disconnect", 5],
    ] as const)("by %s, version %i: all recover, and the counts are the broker's", async (cause, protocolVersion) => {
      const clientIds = `storm-${cause}-${protocolVersion}-`;
      const fleet = fleetOf({
        port: broker.port,
        protocolVersion,
        devices: 200,
        clientIds,
        bootstrap: (device, done) => device.exchange.subscribe([`storm/${device.number}`], 1, true, done),
      });
      await fleet.connect().allReady();
      const ofFleet = (text: string): number =>
        broker.logged(new RegExp(text.replace("ID", `${clientIds}\\d+`)));
      const endsBefore = ofFleet(`Client ID ${ENDS[cause]}\\.$`);
      expect(fleet.storm(cause, 1)).toBe(200);
      expect(fleet.ready).toBe(0);
      await fleet.allReady();

      const { events } = fleet;
      expect(events.counts.connectAccepted).toBe(ofFleet("New client connected from \\S+ as ID \\("));
      expect(events).toMatchObject({
        counts: { connectAccepted: 400, firstAccepted: 200 },
        names: { connectRefused: {}, error: {} },
      });
      expect(events.names.disconnected).toEqual({ [cause]: 200 });
      expect(events.values.reconnected[1]).toHaveLength(200);
      expect(events.values.becameReady[1]).toHaveLength(200);
      expect(events.counts.subscribed).toBe(ofFleet("Received SUBSCRIBE from ID$"));
      expect(ofFleet(`Client ID ${ENDS[cause]}\\.$`) - endsBefore).toBe(200);
      expect(ofFleet("Received DISCONNECT from ID$")).toBe(cause === "disconnect" ? 200 : 0);
    });
  });
});
