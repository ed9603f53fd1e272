/** A config service at brokers that do what they should not. */
import { expect, it, onTestFinished } from "vitest";
import { type ConfigServiceOptions, type Lab, startLab } from "../../engine/src/lab/lab.ts";
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

async function startAt(port: number): Promise<Lab> {
  const lab = await startLab({
    broker: false,
    target: `mqtt://127.0.0.1:${port}`,
    configService: service,
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
