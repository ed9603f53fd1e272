/** A config service at brokers that do what they should not. */
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { type ConfigServiceOptions, type Lab, startLab } from "../../engine/src/lab/lab.ts";
import { AedesServer, Peer } from "../support/broker.ts";
import { eventually } from "../support/device-fleet.ts";
import { answering, type Fault, FaultServer, oversized } from "../support/fault-server.ts";

const service: ConfigServiceOptions = {
  requestTopic: "config/+/get/#",
  responseTopic: "config/$1/$2",
  payload: "{}",
  capacity: 10_000,
  queueLimit: 10_000,
};

async function serverOf(fault: Fault): Promise<FaultServer> {
  const server = await FaultServer.start(fault);
  onTestFinished(() => server.stop());
  return server;
}

async function startAt(port: number, settings: Partial<ConfigServiceOptions> = {}): Promise<Lab> {
  const lab = await startLab({
    broker: false,
    target: `mqtt://127.0.0.1:${port}`,
    configService: { ...service, ...settings },
  });
  onTestFinished(() => lab.stop());
  return lab;
}

const MOST = 268_435_455;

it.each<[string, Fault, RegExp]>([
  [
    "in place of CONNACK",
    answering(Buffer.from([0x20, 0xff, 0xff, 0xff, 0x7f])),
    /cannot connect to .+: a packet of more than 1048576 bytes$/,
  ],
  // In the chunk that CONNACK is in: what follows says nothing of a length.
  ["right after CONNACK", oversized(MOST), /cannot (connect|subscribe) to /],
])("announces 256 MB %s: given up at once", async (_when, fault, reason) => {
  let ended = false;
  let sent = 0;
  const server = await serverOf((socket) => {
    socket.once("close", () => {
      ended = true;
      sent += socket.bytesWritten;
    });
    fault(socket);
  });
  await expect(startAt(server.port)).rejects.toThrow(reason);
  await expect.poll(() => ended).toBe(true);
  expect(sent).toBeLessThan(64 * 1024 * 1024);
});

it("does not read: answers wait up to a bound, and are dropped beyond it", async () => {
  const broker = await AedesServer.start();
  onTestFinished(() => broker.stop());
  // Only what the service sends goes through it.
  let toBroker: Socket | null = null;
  let fromService: Socket | null = null;
  const proxy = await serverOf((socket) => {
    fromService = socket;
    toBroker = connect(broker.port, "127.0.0.1");
    toBroker.on("error", () => {});
    socket.pipe(toBroker).pipe(socket);
  });
  await startAt(proxy.port, { payload: "x".repeat(1_000_000) });
  const peer = await Peer.connect(broker.url, {});
  onTestFinished(() => peer.end());
  await peer.client.subscribeAsync("config/+");
  const service = fromService as unknown as Socket;
  service.unpipe();
  service.pause();
  for (let i = 0; i < 200; i++) await peer.client.publishAsync(`config/dev-${i}/get`, "", { qos: 1 });
  await pause(1000);
  service.pipe(toBroker as unknown as Socket);
  const heardLast = (): boolean => peer.heard.at(-1)?.topic === "config/last";
  while (!heardLast()) {
    await peer.client.publishAsync("config/last/get", "", { qos: 1 });
    await pause(100);
  }
  // All that was not dropped came before it; what both kernels hold is beyond the bound.
  const others = peer.heard.filter(({ topic }) => topic !== "config/last");
  expect(others.length).toBeGreaterThan(60);
  expect(others.length).toBeLessThan(150);
});

it("passes on a request whose answer would have a topic longer than MQTT can hold: not answered, and no harm", async () => {
  const broker = await AedesServer.start();
  onTestFinished(() => broker.stop());
  await startAt(broker.port, { responseTopic: "answers/to/the/$1" });
  const peer = await Peer.connect(broker.url, {});
  onTestFinished(() => peer.end());
  await peer.client.subscribeAsync("answers/#");
  // The topic of the request is 11 bytes longer than that, the topic of its answer 15.
  for (const length of [65_524, 65_521, 65_520]) {
    await peer.client.publishAsync(`config/${"x".repeat(length)}/get`, "", { qos: 1 });
  }
  await eventually(() => peer.heard.length > 0);
  await peer.client.publishAsync("config/last/get", "");
  await eventually(() => peer.heard.at(-1)?.topic === "answers/to/the/last");
  expect(peer.heard.map(({ topic }) => topic.length)).toEqual([65_535, 19]);
});
