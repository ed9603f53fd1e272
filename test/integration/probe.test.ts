/** What a probe is to brokers, seen from their side; and how soon a run without a target is over. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { time } from "../../engine/src/live/clock.ts";
import { type ProbeResult, probesOf, probeTargets, sharedConnectOf } from "../../engine/src/live/probe.ts";
import { loadTls } from "../../engine/src/script/tls-settings.ts";
import { validate } from "../../engine/src/script/validate.ts";
import { createPemReader } from "../../engine/src/transport/pem.ts";
import { freePort, Mosquitto, mosquittoAvailable } from "../support/broker.ts";

interface Given {
  mqtt?: object;
  connect?: object;
  config?: object;
}

/** Probes as the first worker of a run of this script does. */
async function probe(target: string, given: Given = {}): Promise<ProbeResult> {
  const { plan, problems } = validate({
    config: { target, engines: { mqtt: given.mqtt ?? {} }, phases: [], ...given.config },
    scenarios: [{ engine: "mqtt", flow: [{ connect: given.connect ?? {} }, { stayOnline: { for: "1s" } }] }],
  });
  if (plan === null) throw new Error(JSON.stringify(problems));
  const readPem = createPemReader(process.cwd());
  const { material } = loadTls(plan.settings.tls, readPem);
  const targets = probesOf({ plan, material, readPem, tcp: "handle", random: "1234abcd" });
  const forMs = plan.settings.probe?.forMs ?? 0;
  return probeTargets({ targets, shared: sharedConnectOf(plan), forMs, time, say: () => {} });
}

const WELL: ProbeResult = { problems: [], warnings: [] };

describe.skipIf(!mosquittoAvailable())("on Mosquitto", () => {
  it("comes as nobody's client, with the fleet's credentials and version, and leaves with DISCONNECT", async () => {
    const broker = await Mosquitto.start({ users: { fleet: "right" } });
    onTestFinished(() => broker.stop());
    const mqtt = { username: "fleet", password: "right", protocolVersion: 5, clientIdPrefix: "plant-" };
    expect(await probe(broker.url, { mqtt })).toEqual(WELL);
    await expect.poll(() => broker.logged(/Received DISCONNECT from plant-probe-1234abcd/)).toBe(1);
    expect(broker.logged(/New client connected .* as plant-probe-1234abcd \(p5, c1, k60, u'fleet'\)/)).toBe(
      1,
    );

    // MQTT 5 names what is wrong with the password; 3.1.1's "not authorized" may be about the id alone.
    const wrong = { ...mqtt, password: "wrong" };
    const { problems, warnings } = await probe(broker.url, { mqtt: wrong });
    expect([...problems, ...warnings].join()).toMatch(/connack\.(not_authorized|bad_user_name_or_password)/);
    expect([...problems, ...warnings].join()).not.toMatch(/wrong|right/);
  });

  it("says nothing where devices have credentials of their own, and where no client but them is admitted", async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    for (const connect of [
      { clientId: "meter-{{ deviceId }}" },
      { username: "{{ deviceId }}" },
      { beforeConnect: "token" },
    ]) {
      const config = { processor: { token: () => {} } };
      expect(await probe(broker.url, { connect, config }), JSON.stringify(connect)).toEqual(WELL);
    }
    expect(await probe(broker.url, { mqtt: { timeZero: "local" } })).toEqual(WELL);
    await expect.poll(() => broker.logged(/New connection from/)).toBeGreaterThanOrEqual(4);
    expect(broker.logged(/New client connected/)).toBe(0);
  });

  it("names each region that is dead, and an untrusted certificate", async () => {
    const folder = mkdtempSync(join(tmpdir(), "probe-"));
    const { cert, key } = await createCertificate({ name: "127.0.0.1", hosts: ["127.0.0.1"] });
    writeFileSync(join(folder, "cert.pem"), cert);
    writeFileSync(join(folder, "key.pem"), key);
    const settings = [`certfile ${join(folder, "cert.pem")}`, `keyfile ${join(folder, "key.pem")}`];
    const [eu, secure, dead] = await Promise.all([
      Mosquitto.start(),
      Mosquitto.start({ settings }),
      freePort(),
    ]);
    onTestFinished(async () => {
      await Promise.all([eu.stop(), secure.stop()]);
      rmSync(folder, { recursive: true, force: true });
    });
    const targets = [
      { name: "eu", url: eu.url },
      { name: "us", url: `mqtt://127.0.0.1:${dead}` },
    ];
    const of = await probe(eu.url, { mqtt: { targets } });
    expect(of.problems).toEqual([
      expect.stringContaining(`mqtt://127.0.0.1:${dead}: the connection is refused`),
    ]);

    const mqtts = `mqtts://127.0.0.1:${secure.port}`;
    expect((await probe(mqtts)).problems).toEqual([expect.stringContaining("(tls_certificate)")]);
    expect(await probe(mqtts, { mqtt: { tls: { ca: cert } } })).toEqual(WELL);
    expect((await probe(mqtts.replace("mqtts", "mqtt"))).problems).toEqual([]);
  });
});

it("takes a server that never answers for one that is slow: the devices try", async () => {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {}).resume()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const result = await probe(`mqtt://127.0.0.1:${port}`, { mqtt: { connectTimeout: "300ms" } });
  expect(result).toEqual({ problems: [], warnings: [expect.stringContaining("(connack_timeout)")] });
});

it("shows itself to no broker without the certificate that each device has", async () => {
  const heard: number[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("data", (bytes) => heard.push(bytes.length)).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const target = `mqtts://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const own = { cert: "{{ cert }}", key: "{{ key }}" };
  const variables = { variables: { cert: "device.pem", key: "device.key" } };
  expect(await probe(target, { connect: own, config: variables })).toEqual(WELL);
  expect([connections, heard]).toEqual([1, []]);
});
