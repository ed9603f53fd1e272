import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connectAsync } from "mqtt";
import { afterAll, describe, expect, it } from "vitest";
import type { BrokerAdapter, Certificates } from "../../../../benchmarks/brokers/adapter.ts";
import { ADAPTERS } from "../../../../benchmarks/brokers/adapters/index.ts";
import { makeCertificates } from "../../../../benchmarks/brokers/certificates.ts";
import { MARK, RunningBroker } from "../../../../benchmarks/brokers/running-broker.ts";
import { processesMarked } from "../../../../benchmarks/processes/process-table.ts";
import { watchTree } from "../../../../benchmarks/processes/usage.ts";
import { eventually } from "../../../support/device-fleet.ts";

/** Where CI is set, these must be installed: .ci/run does it. */
const REQUIRED_IN_CI = ["mosquitto", "nats-server", "rabbitmq", "ejabberd", "aedes"];

const started: RunningBroker[] = [];
afterAll(async () => {
  for (const broker of started) await broker.stop();
});

async function startOf(adapter: BrokerAdapter, certificates?: Certificates): Promise<RunningBroker> {
  const broker = await RunningBroker.start(adapter, certificates === undefined ? {} : { certificates });
  started.push(broker);
  return broker;
}

/** A message published by one client reaches another: over TLS where the broker speaks it. */
async function roundTrip(broker: RunningBroker, protocolVersion: 4 | 5): Promise<string> {
  const { tls } = broker.setup;
  const options = {
    protocolVersion,
    reconnectPeriod: 0,
    ...broker.adapter.credentials,
    ...(tls === undefined ? {} : { ca: readFileSync(tls.certificates.ca), servername: "localhost" }),
  };
  const url = broker.tlsUrl ?? broker.url;
  const listener = await connectAsync(url, { ...options, clientId: `listener${protocolVersion}` });
  const speaker = await connectAsync(url, { ...options, clientId: `speaker${protocolVersion}` });
  try {
    const heard = new Promise<string>((resolve) => {
      listener.on("message", (_topic, payload) => resolve(payload.toString()));
    });
    await listener.subscribeAsync("round/trip", { qos: 1 });
    await speaker.publishAsync("round/trip", `hello ${protocolVersion}`, { qos: 1 });
    return await heard;
  } finally {
    await listener.endAsync(true);
    await speaker.endAsync(true);
  }
}

for (const adapter of ADAPTERS) {
  const found = await adapter.installed();
  const reason = "version" in found ? null : found.reason;
  if (reason !== null) {
    if (process.env["CI"] && REQUIRED_IN_CI.includes(adapter.name)) {
      throw new Error(`${adapter.name} is not installed (${reason}), and CI is set`);
    }
    console.warn(`skipped: ${adapter.name}: ${reason}`);
  }
  describe.skipIf(reason !== null)(`${adapter.name}`, () => {
    it("starts, passes messages on, starts again after a kill, and leaves nothing behind", async () => {
      const broker = await startOf(adapter);
      const watch = watchTree(() => broker.pid);
      for (const version of adapter.capabilities.protocolVersions) {
        expect(await roundTrip(broker, version)).toBe(`hello ${version}`);
      }
      expect(watch?.usage().peakRssBytes ?? 1).toBeGreaterThan(0);
      watch?.stop();
      expect(broker.leftovers()).not.toEqual([]);
      await broker.kill("SIGKILL");
      expect(broker.leftovers()).toEqual([]);
      expect(await broker.probe()).not.toBe(null);
      await broker.run();
      expect(await roundTrip(broker, adapter.capabilities.protocolVersions[0] ?? 4)).toMatch(/^hello/);
      await broker.stop();
      expect(broker.leftovers()).toEqual([]);
    }, 180_000);

    it.skipIf(adapter.capabilities.tls !== true)(
      "speaks TLS with the certificate that it is given",
      async () => {
        const broker = await startOf(adapter, await makeCertificates());
        const [version = 4] = adapter.capabilities.protocolVersions;
        expect(await roundTrip(broker, version)).toBe(`hello ${version}`);
        await broker.stop();
        expect(broker.leftovers()).toEqual([]);
      },
      180_000,
    );
  });
}

describe.skipIf(process.platform !== "linux")("a run that is ended from outside", () => {
  const script = `
    import { aedes } from "${new URL("../../../../benchmarks/brokers/adapters/aedes.ts", import.meta.url)}";
    import { RunningBroker } from "${new URL("../../../../benchmarks/brokers/running-broker.ts", import.meta.url)}";
    const broker = await RunningBroker.start(aedes);
    console.log(broker.setup.workDir);
    setInterval(() => {}, 1000);
  `;

  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("leaves no broker behind after %s", async (signal) => {
    const child: ChildProcess = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const workDir = await new Promise<string>((resolve) => {
        child.stdout?.once("data", (line: Buffer) => resolve(line.toString().trim()));
      });
      expect(processesMarked(MARK, workDir)).toHaveLength(1);
      const ended = new Promise((resolve) => child.once("exit", (_code, by) => resolve(by)));
      child.kill(signal);
      expect(await ended).toBe(signal);
      await eventually(() => processesMarked(MARK, workDir).length === 0, 5000);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
