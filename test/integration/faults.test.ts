import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { TCP_KINDS } from "../../engine/src/contract.ts";
import { AedesServer, fleetOf, freePort, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { runWithFewDescriptors } from "../support/descriptor-limit.ts";
import { type DeviceFleet, eventually, pause, subscribe, tcpUnderTest } from "../support/device-fleet.ts";
import {
  blackHole,
  byteAtATime,
  disconnectForConnack,
  type Fault,
  FaultServer,
  garbage,
  halfConnack,
  malformedLength,
  oversized,
  readsNothing,
  resetOnAccept,
  sessionTakenOver,
  stalledServer,
} from "../support/fault-server.ts";

async function serverOf(fault: Fault): Promise<FaultServer> {
  const server = await FaultServer.start(fault);
  onTestFinished(() => server.stop());
  return server;
}

/** Attempts that have ended are exactly the refused ones; one at most is under way. */
function expectOnlyRefused({ events }: DeviceFleet, reason: string): void {
  const refused = events.names.connectRefused[reason] ?? 0;
  expect(events.names.connectRefused).toEqual({ [reason]: refused });
  expect(events.counts.connectAttempt - refused).toBeLessThanOrEqual(1);
  expect(events.counts.connectAccepted).toBe(0);
}

describe.each(TCP_KINDS)("over %s", (kind) => {
  beforeEach(() => {
    tcpUnderTest.kind = kind;
  });

  describe.skipIf(!mosquittoAvailable())("a broker that dies", () => {
    it.each([
      4, 5,
    ] as const)("in mid-storm and comes back on its port: all 200 devices recover, version %i", async (protocolVersion) => {
      const broker = await Mosquitto.start();
      onTestFinished(() => broker.stop());
      const fleet = fleetOf({
        port: broker.port,
        protocolVersion,
        devices: 200,
        bootstrap: (device, done) => device.exchange.subscribe([`storm/${device.number}`], 1, true, done),
        backoff: { policy: "full-jitter", baseMs: 200, capMs: 800 },
        plan: { connectTimeoutMs: 2000 },
      });
      await fleet.connect().allReady();
      expect(fleet.storm("reset", 1)).toBe(200);
      // Some are back, some are in their bootstrap, some still wait.
      await eventually(() => fleet.ready >= 60);
      await broker.kill("SIGKILL");
      await eventually(() => fleet.ready === 0);
      await pause(500);
      await broker.run();
      await fleet.allReady();

      const { events } = fleet;
      expect(events.names.connectRefused["tcp_refused"]).toBeGreaterThan(200);
      const {
        tcp_refused,
        tcp_reset = 0,
        closed_before_connack = 0,
        ...others
      } = events.names.connectRefused;
      expect(others).toEqual({});
      // Every attempt ended in one way, and every connection that was lost was made again.
      const refused = (tcp_refused ?? 0) + tcp_reset + closed_before_connack;
      expect(events.counts.connectAttempt).toBe(events.counts.connectAccepted + refused);
      expect(events.names.disconnected["reset"]).toBe(200);
      expect(events.counts.connectAccepted).toBe(400 + (events.names.disconnected["closed"] ?? 0));
      // Ready again after the storm counts once per device, whatever happened in between.
      expect(events.values.becameReady[1]).toHaveLength(200);
      expect(events.values.reconnected[1]).toHaveLength(200);
      // The killed broker may have accepted more than devices heard of, never fewer.
      expect(broker.logged(/New client connected/)).toBeGreaterThanOrEqual(events.counts.connectAccepted);
    });
  });

  describe("a broker that is not there", () => {
    it("refuses: each device backs off, and makes as many attempts as its policy allows", async () => {
      const fleet = fleetOf({
        port: await freePort(),
        devices: 20,
        backoff: { policy: "exponential", baseMs: 100, capMs: 400 },
      });
      fleet.connect();
      await pause(2000);
      fleet.end();
      // At 0, 100, 300, 700, 1100, 1500 and 1900 ms, each late by a timer's delay at most.
      expect(fleet.events.names.connectRefused).toEqual({ tcp_refused: fleet.events.counts.connectAttempt });
      expect(fleet.events.counts.connectAttempt).toBeGreaterThanOrEqual(6 * 20);
      expect(fleet.events.counts.connectAttempt).toBeLessThanOrEqual(7 * 20);
      const attempts = fleet.events.counts.connectAttempt;
      await pause(600);
      expect(fleet.events.counts.connectAttempt).toBe(attempts);
    });
  });

  describe("a broker that misbehaves", () => {
    let healthy: AedesServer;
    beforeAll(async () => {
      healthy = await AedesServer.start();
    });
    afterAll(() => healthy.stop());

    /** Devices of a healthy broker in the same process, watched while something else goes wrong. */
    async function bystanders(): Promise<{ expectUndisturbed: () => void }> {
      const fleet = await fleetOf({ port: healthy.port, devices: 20 }).connect().allReady();
      return {
        expectUndisturbed: () => {
          expect(fleet.ready).toBe(20);
          expect(fleet.events).toMatchObject({
            counts: { connectAttempt: 20, connectAccepted: 20 },
            names: { disconnected: {}, error: {} },
          });
        },
      };
    }

    const faults: [what: string, fault: Fault, reason: string][] = [
      ["garbage", garbage, "malformed_packet"],
      ["a remaining length of five bytes", malformedLength, "malformed_packet"],
      ["half a CONNACK, then nothing", halfConnack, "connack_timeout"],
      ["nothing at all", blackHole, "connack_timeout"],
      ["a reset of every connection", resetOnAccept, "closed_before_connack"],
    ];
    it.each(
      faults,
    )("with %s: its devices back off and give back their sockets", async (_what, fault, reason) => {
      const { expectUndisturbed } = await bystanders();
      const server = await serverOf(fault);
      const fleet = fleetOf({
        port: server.port,
        devices: 10,
        plan: { connectTimeoutMs: 200 },
        backoff: { policy: "exponential", baseMs: 100, capMs: 400 },
      });
      fleet.connect();
      await eventually(() => fleet.events.counts.connectAttempt >= 30);
      fleet.end();
      const refused = fleet.events.names.connectRefused[reason] ?? 0;
      // A reset may be read before the device knows that it is connected.
      const { tcp_reset: early = 0, ...rest } = fleet.events.names.connectRefused;
      expect(rest).toEqual({ [reason]: refused });
      if (fault !== resetOnAccept) expect(early).toBe(0);
      expect(fleet.events.counts.connectAttempt - refused - early).toBeLessThanOrEqual(10);
      expect(fleet.events.counts.connectAccepted).toBe(0);
      await eventually(() => server.open === 0);
      expectUndisturbed();
    });

    it("keeps trying a black hole at the pace of its time-out and back-off", async () => {
      const server = await serverOf(blackHole);
      const fleet = fleetOf({
        port: server.port,
        plan: { connectTimeoutMs: 200 },
        backoff: { policy: "fixed", baseMs: 100 },
      });
      fleet.connect();
      await eventually(() => fleet.events.counts.connectAttempt === 5);
      expectOnlyRefused(fleet, "connack_timeout");
      const at = fleet.attemptedAtMs;
      for (let i = 1; i < at.length; i++) {
        const between = (at[i] as number) - (at[i - 1] as number);
        expect(between).toBeGreaterThanOrEqual(298);
        expect(between).toBeLessThan(1000);
      }
    });

    it("whose accept queue is full is a tcp_timeout, and holds no socket of a device that has given up", async () => {
      const { expectUndisturbed } = await bystanders();
      const port = await stalledServer(onTestFinished);
      const descriptors = (): number => readdirSync("/proc/self/fd").length;
      const before = descriptors();
      const fleet = fleetOf({
        port,
        devices: 20,
        plan: { connectTimeoutMs: 200 },
        backoff: { policy: "fixed", baseMs: 100 },
      });
      fleet.connect();
      await eventually(() => fleet.events.counts.connectAttempt >= 100);
      // The first two or three connections fill the queue: TCP answers those, and nobody speaks MQTT.
      const { tcp_timeout = 0, connack_timeout = 0, ...others } = fleet.events.names.connectRefused;
      expect(others).toEqual({});
      expect(connack_timeout).toBeLessThanOrEqual(5);
      expect(tcp_timeout + connack_timeout).toBeGreaterThanOrEqual(80);
      expect(descriptors() - before).toBeLessThanOrEqual(20);
      fleet.end();
      await eventually(() => descriptors() <= before);
      expectUndisturbed();
    });

    it.each([
      [1_048_577, "of a byte more than the limit"],
      [200_000_000, "of 200 MB"],
    ])("announces a packet of %i bytes, %s: it is not buffered", async (announced) => {
      const { expectUndisturbed } = await bystanders();
      const server = await serverOf(oversized(announced));
      const before = process.memoryUsage().arrayBuffers;
      let peak = 0;
      const fleet = fleetOf({
        port: server.port,
        devices: 10,
        plan: { maxPacketBytes: 1_048_576 },
        backoff: { policy: "fixed", baseMs: 50 },
      });
      fleet.connect();
      await eventually(() => {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers);
        return fleet.events.counts.connectAccepted >= 50;
      });
      fleet.end();
      const lost = fleet.events.names.disconnected["malformed_packet"] ?? 0;
      expect(lost).toBeGreaterThanOrEqual(40);
      expect(fleet.events.names.error).toEqual({ malformed_packet: lost });
      // Less than two packets of the limit for 50 connections; the server's own buffers are in it.
      expect(peak - before).toBeLessThan(2 * 1_048_576 + 10 * 262_144);
      // What devices read is a few reads per connection, not what was sent.
      expect(fleet.events.sum("bytesReceived") / fleet.events.counts.connectAccepted).toBeLessThan(200_000);
      await eventually(() => server.open === 0);
      expectUndisturbed();
    });

    it("is understood when it answers a byte at a time", async () => {
      const server = await serverOf(byteAtATime(5));
      const fleet = fleetOf({
        port: server.port,
        devices: 20,
        bootstrap: (device, done) => device.exchange.subscribe(["a/b", "c/#"], 1, false, done),
      });
      await fleet.connect().allReady();
      expect(await subscribe(fleet.device, ["d"], 0)).toBe(null);
      expect(fleet.events).toMatchObject({
        counts: { connectAttempt: 20, connectAccepted: 20, subscribed: 21 },
        names: { connectRefused: {}, error: {} },
      });
    });

    it("does not read: what devices send waits up to a bound, and then the connection is lost", async () => {
      const server = await serverOf(readsNothing);
      const fleet = fleetOf({ port: server.port, backoff: { policy: "fixed", baseMs: 60_000 } });
      await fleet.connect().allReady();
      const payload = Buffer.alloc(64 * 1024);
      // Far beyond what both kernels hold for a connection, and our own bound: at one instant, for each second the device looks whether it is stuck.
      for (let sent = 0; sent < 1000; sent++) {
        fleet.device.exchange.publish({ topic: "a", payload, qos: 0, retain: false }, { settled: () => {} });
      }
      expect(fleet.device.state).toBe("ready");
      // What was written to the socket: not the 64 MB.
      expect(fleet.events.sum("bytesSent")).toBeLessThan(16 * 1024 * 1024);
      await eventually(() => fleet.device.state === "backoff");
      expect(fleet.events).toMatchObject({
        names: { disconnected: { send_buffer_full: 1 }, error: { send_buffer_full: 1 } },
      });
    });

    it("says that another client took the session: version 5 names it", async () => {
      const server = await serverOf(sessionTakenOver);
      const fleet = fleetOf({
        port: server.port,
        protocolVersion: 5,
        backoff: { policy: "fixed", baseMs: 60_000 },
      });
      fleet.connect();
      await eventually(() => fleet.device.state === "backoff");
      expect(fleet.events).toMatchObject({
        counts: { connectAccepted: 1 },
        names: {
          disconnected: { session_taken_over: 1 },
          error: { "disconnect.session_taken_over": 1, session_taken_over: 1 },
        },
      });
    });

    it("answers CONNECT with DISCONNECT, as Artemis does: refused for the reason that it gives", async () => {
      const server = await serverOf(disconnectForConnack(0x83));
      const fleet = fleetOf({
        port: server.port,
        protocolVersion: 5,
        backoff: { policy: "fixed", baseMs: 60_000 },
      });
      fleet.connect();
      await eventually(() => fleet.device.state === "backoff");
      expect(fleet.events).toMatchObject({
        counts: { connectAccepted: 0 },
        names: { connectRefused: { "disconnect.implementation_specific_error": 1 }, error: {} },
      });
    });
  });
});

describe.each(TCP_KINDS)("a generator without file descriptors, over %s", (kind) => {
  it("counts what did not fit as `descriptors`; the devices that fit are ready and stay so", async () => {
    const broker = await AedesServer.start();
    onTestFinished(() => broker.stop());
    const program = `
      import { DeviceFleet, pause, tcpUnderTest } from ${JSON.stringify(new URL("../support/device-fleet.ts", import.meta.url))};
      tcpUnderTest.kind = ${JSON.stringify(kind)};
      const fleet = new DeviceFleet({ port: ${broker.port}, devices: 200 });
      fleet.connect();
      await pause(1500);
      const { counts, names } = fleet.events;
      console.log(JSON.stringify({ ready: fleet.ready, counts, names }));
      process.exit(0);
    `;
    const { stdout, stderr } = await runWithFewDescriptors(program);
    expect(stderr).toBe("");
    const { ready, counts, names } = JSON.parse(stdout);
    const { connectRefused: refused, disconnected: disconnects } = names;
    const { connectAccepted: accepted, connectAttempt: attempts } = counts;
    // Node itself has about 20 of the 64.
    expect(ready).toBeGreaterThan(20);
    expect(ready).toBeLessThan(64);
    expect(accepted).toBe(ready);
    expect(broker.accepted).toHaveLength(ready);
    expect(disconnects).toEqual({});
    expect(Object.keys(refused)).toEqual(["descriptors"]);
    expect(refused.descriptors).toBeGreaterThanOrEqual(200 - ready);
    expect(attempts).toBe(accepted + refused.descriptors);
  });

  it("loses nothing of what it measured", async () => {
    const directory = mkdtempSync(join(tmpdir(), "no-descriptors-"));
    const module = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url));
    const program = `
      import { openSync } from "node:fs";
      import { Histograms } from ${module("engine/src/capture/histograms.ts")};
      import { WorkerFiles } from ${module("engine/src/capture/worker-files.ts")};
      const problems = [];
      const files = new WorkerFiles(${JSON.stringify(directory)}, "1", 0, { log: (problem) => problems.push(problem), unwritten: () => {} });
      const histograms = new Histograms();
      let reason = "";
      try { for (;;) openSync("/dev/null", "r"); } catch (error) { reason = error.code; }
      for (const value of [100, 200, 300]) {
        histograms.get("m;a").recordValue(value);
        files.flush(value, histograms, ["row " + value], { updatedAtMs: value });
      }
      console.log(JSON.stringify({ reason, problems }));
    `;
    const { stdout, stderr } = await runWithFewDescriptors(program);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ reason: "EMFILE", problems: [] });
    const rows = readFileSync(join(directory, "worker-1.timeline.csv"), "utf8").split("\n").slice(1);
    expect(rows).toEqual(["row 100", "row 200", "row 300", ""]);
    expect(readFileSync(join(directory, "worker-1.hlog"), "utf8").match(/^Tag=m;a/gm)).toHaveLength(3);
    expect(JSON.parse(readFileSync(join(directory, "worker-1.json"), "utf8"))).toEqual({ updatedAtMs: 300 });
  });
});
