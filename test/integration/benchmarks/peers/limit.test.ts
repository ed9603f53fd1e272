/** The C client that bench:peers takes for the limit: it has to do what a device does, or its figures are none. */
import { execFileSync } from "node:child_process";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { startLimit } from "../../../../benchmarks/peers/clients/limit.ts";
import { measureToldFleet } from "../../../../benchmarks/peers/clients/told-fleet.ts";
import { startMosquitto } from "../../../../benchmarks/peers/mosquitto.ts";
import { exited, killTree } from "../../../../benchmarks/peers/own-child.ts";
import { Mosquitto, mosquittoAvailable } from "../../../support/broker.ts";
import { eventually } from "../../../support/device-fleet.ts";

const DEVICES = 50;
const SOURCE = fileURLToPath(new URL("../../../../benchmarks/peers/limit/client.c", import.meta.url));

function compilerAvailable(): boolean {
  let reason = "it needs Linux";
  try {
    if (process.platform === "linux") execFileSync("cc", ["--version"], { stdio: "ignore" });
    if (process.platform === "linux") return true;
  } catch {
    reason = "cc is not on the PATH";
  }
  if (process.env["CI"]) throw new Error(`${reason}, and CI is set`);
  console.warn(`skipped: ${reason}`);
  return false;
}

interface Limit {
  /** Everything that it has said, of what kind and in order; a line that is none of its own is null. */
  said: (string | null)[];
  reason: string | null;
  tell(command: "connect" | "storm"): void;
  /** Ends its stdin. Returns its exit code. */
  end(): Promise<number | null>;
}

function limitOn(port: number, inFlight: number, localAddresses: string[] | null = null): Limit {
  const fleet = startLimit({ port, devices: DEVICES, localAddresses, core: null }, inFlight);
  onTestFinished(() => killTree(fleet.child));
  const limit: Limit = {
    said: [],
    reason: null,
    tell: fleet.tell,
    end: () => {
      fleet.child.stdin?.end();
      return exited(fleet.child);
    },
  };
  fleet.onMessage((message) => {
    limit.said.push(message === null ? null : message.kind);
    if (message?.kind === "failed") limit.reason = message.reason;
  });
  return limit;
}

/** A broker of the test's own: `answer` is what it says to each thing that a device says. */
async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const CONNACK = [0x20, 2, 0, 0];
const SUBACK = [0x90, 3, 0, 1, 1];

describe.skipIf(!compilerAvailable())("the C client", () => {
  it("compiles without a warning", () => {
    const flags = [
      "-std=gnu11",
      "-O2",
      "-Wall",
      "-Wextra",
      "-Wpedantic",
      "-Wconversion",
      "-Wshadow",
      "-Werror",
    ];
    execFileSync("cc", [...flags, "-o", "/dev/null", SOURCE], { stdio: "pipe" });
  });

  describe.skipIf(!mosquittoAvailable())("against Mosquitto", () => {
    it.each([
      { inFlight: 7, addresses: null },
      { inFlight: DEVICES, addresses: ["127.0.0.2", "127.0.0.3"] },
    ])("connects and subscribes all, twice with a storm, $inFlight at a time", async ({
      inFlight,
      addresses,
    }) => {
      const broker = await Mosquitto.start();
      onTestFinished(() => broker.stop());
      const limit = limitOn(broker.port, inFlight, addresses);
      await eventually(() => limit.said.length === 1);
      expect(broker.logged(/New connection/)).toBe(0);
      limit.tell("connect");
      await eventually(() => limit.said.length === 2);
      expect(broker.logged(/New client connected from .* as device-0000\d\d \(p2, c1, k300\)/)).toBe(DEVICES);
      expect(broker.logged(/Sending SUBACK/)).toBe(DEVICES);
      limit.tell("storm");
      await eventually(() => limit.said.length === 3);
      expect(limit.said).toEqual(["loaded", "ready", "storm"]);
      expect(broker.logged(/New client connected/)).toBe(2 * DEVICES);
      expect(broker.logged(/commands\/device-0000\d\d \(QoS 1\)/)).toBe(2 * DEVICES);
      for (const address of addresses ?? ["127.0.0.1"]) {
        const share = (2 * DEVICES) / (addresses ?? ["127.0.0.1"]).length;
        expect(broker.logged(new RegExp(`New client connected from ${address}:`))).toBe(share);
      }
      expect(await limit.end()).toBe(0);
    });

    it("is measured as a fleet that is told", async () => {
      const broker = await startMosquitto();
      onTestFinished(() => broker.stop());
      const job = {
        port: broker.port,
        brokerPid: broker.pid,
        devices: DEVICES,
        workload: "subscribe",
        localAddresses: null,
        core: null,
        signal: new AbortController().signal,
      } as const;
      const measured = await measureToldFleet(job, startLimit(job, 500));
      expect(measured.readyPerS).toBeGreaterThan(0);
      expect(measured.storm?.readyPerS).toBeGreaterThan(0);
      expect(measured.storm?.allReadyMs).toBeGreaterThanOrEqual(measured.storm?.dropSpreadMs ?? Infinity);
    });
  });

  it("reads packets that come byte by byte, and several at once", async () => {
    const port = await listen((socket) => {
      let parts = [CONNACK, SUBACK];
      socket.on("data", async () => {
        const [next, ...rest] = parts;
        parts = rest;
        for (const byte of next ?? []) {
          socket.write(Uint8Array.of(byte));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
    });
    const limit = limitOn(port, DEVICES);
    limit.tell("connect");
    await eventually(() => limit.said.length === 2);
    expect(limit.said).toEqual(["loaded", "ready"]);
    expect(await limit.end()).toBe(0);
  });

  it("reads a length of more bytes than it needs", async () => {
    const port = await listen((socket) => {
      socket.once("data", () => {
        socket.write(Uint8Array.of(0x20, 0x82, 0x80, 0x00, 0, 0));
        socket.once("data", () => socket.write(Uint8Array.from(SUBACK)));
      });
    });
    const limit = limitOn(port, 10);
    limit.tell("connect");
    await eventually(() => limit.said.length === 2);
    expect(limit.said).toEqual(["loaded", "ready"]);
  });

  it.each([
    { answer: [0x20, 2, 0, 5], reason: "CONNACK with return code 5" },
    { answer: [...CONNACK, 0x90, 3, 0, 1, 0x80], reason: "SUBACK with return code 128" },
    { answer: [...CONNACK, 0x90, 3, 0, 2, 1], reason: "SUBACK for a packet that was not sent" },
    { answer: [0x20, 0xff, 0xff, 0xff, 0xff], reason: "a packet whose length is no number" },
    { answer: SUBACK, reason: "a packet of type 0x90 that was not expected" },
    { answer: [0xd0, 0], reason: "a packet of type 0xd0 that was not expected" },
    { answer: null, reason: "the broker closed a connection" },
  ])("gives up, and says why: $reason", async ({ answer, reason }) => {
    const port = await listen((socket) => {
      socket.once("data", () => {
        if (answer === null) socket.end();
        else socket.write(Uint8Array.from(answer));
      });
    });
    const limit = limitOn(port, 1);
    limit.tell("connect");
    await eventually(() => limit.reason !== null);
    expect(limit.reason).toBe(reason);
    expect(await limit.end()).toBe(1);
  });
});
