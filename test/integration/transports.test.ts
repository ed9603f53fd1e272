/** Devices over TLS and WebSocket against real brokers; certificates are made for each run. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { Aedes } from "aedes";
import mqttPacket from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Certificate, createCertificate } from "../../engine/src/lab/certificate.ts";
import { atBroker } from "../../engine/src/rendezvous/broker.ts";
import { followEndpoints } from "../../engine/src/transport/endpoints.ts";
import { readPortPool } from "../../engine/src/transport/host-limits.ts";
import { parseLocalAddresses } from "../../engine/src/transport/local-addresses.ts";
import { givenAddresses } from "../../engine/src/transport/local-end.ts";
import { mqttTlsOptions } from "../../engine/src/transport/mqtt-tls-options.ts";
import type { OpenerOptions } from "../../engine/src/transport/open.ts";
import { NO_TLS_SETTINGS, type TlsMaterial } from "../../engine/src/transport/tls-material.ts";
import type { Endpoint, OpenTransport } from "../../engine/src/transport/transport.ts";
import { fleetOf, freePort, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { eventually, publish, subscribe } from "../support/device-fleet.ts";
import { openerFor } from "../support/opener.ts";
import { meet, NOTHING_YET } from "../support/rendezvous.ts";
import { createWebSocketStream, WebSocketServer } from "../support/websocket-server.ts";

const authority = await createCertificate({ name: "authority", authority: true });
const identity = await createCertificate({
  name: "broker",
  hosts: ["127.0.0.1", "localhost"],
  issuer: authority,
});
const device = await createCertificate({ name: "device", issuer: authority });
const TRUSTED: Partial<TlsMaterial> = { ca: [authority.cert] };

function openerOf(
  kind: Endpoint["kind"],
  port: number,
  tls: Partial<TlsMaterial> = TRUSTED,
  options: Partial<OpenerOptions> = {},
  host = "127.0.0.1",
): OpenTransport {
  const path = kind === "ws" || kind === "wss" ? "/mqtt" : "";
  return openerFor({ kind, host, port, path }, tls, options);
}

/** Answers whatever comes first on a connection with these bytes. */
async function tlsServer({ cert, key }: Certificate, answer: Buffer): Promise<number> {
  const server = createTlsServer({ cert, key }, (socket) => {
    socket.on("error", () => {}).once("data", () => socket.write(answer));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** 20 devices that subscribe, hear a publish of their own, lose their connection to a storm, and are all back. */
async function worksOver(open: OpenTransport, port: number, protocolVersion: 4 | 5 = 4) {
  const fleet = fleetOf({
    open,
    port,
    protocolVersion,
    devices: 20,
    bootstrap: (one, done) => one.exchange.subscribe([`echo/${one.number}`], 1, true, done),
  });
  await fleet.connect().allReady();
  const { events } = fleet;
  // Longer than one TLS record, so that it comes in pieces.
  expect(await publish(fleet.device, "echo/0", "x".repeat(40_000), { qos: 1 })).toBeNull();
  await eventually(() => events.counts.publishReceived === 1);
  for (const cause of ["reset", "close", "disconnect"] as const) {
    expect(fleet.storm(cause, 1)).toBe(20);
    await fleet.allReady();
  }
  expect(events).toMatchObject({
    counts: { connectAccepted: 80, tcpOpened: 80 },
    names: { connectRefused: {}, error: {} },
  });
  return fleet;
}

describe.skipIf(!mosquittoAvailable())("Mosquitto", () => {
  const directory = mkdtempSync(join(tmpdir(), "certificates-"));
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const settings = [
    `cafile ${file("ca.pem", authority.cert)}`,
    `certfile ${file("broker.pem", identity.cert)}`,
    `keyfile ${file("broker.key", identity.key)}`,
  ];
  let plain: Mosquitto;
  let secure: Mosquitto;
  let mutual: Mosquitto;
  beforeAll(async () => {
    plain = await Mosquitto.start();
    secure = await Mosquitto.start({ settings });
    mutual = await Mosquitto.start({
      settings: [...settings, "require_certificate true", "use_identity_as_username true"],
    });
  });
  afterAll(async () => {
    await Promise.all([plain, secure, mutual].map((broker) => broker.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  describe.each([4, 5] as const)("protocol version %i", (version) => {
    it("over TCP", async () => {
      const { events } = await worksOver(openerOf("tcp", plain.port), plain.port, version);
      expect(events).toMatchObject({ counts: { tlsFull: 0, tlsResumed: 0, websocketOpened: 0 } });
    });

    it("over TLS", async () => {
      const { events } = await worksOver(openerOf("tls", secure.port), secure.port, version);
      expect(events).toMatchObject({ counts: { tlsFull: 80, tlsResumed: 0 } });
    });
  });

  it.each(["ws", "wss"] as const)("over %s", async (kind) => {
    const port = await freePort();
    // Debian's 2.0.11 takes a WebSocket listener only beside another one.
    const listener = [`listener ${port} 127.0.0.1`, "protocol websockets"];
    const broker = await Mosquitto.start({ settings: kind === "ws" ? listener : [...listener, ...settings] });
    onTestFinished(() => broker.stop());
    const { events } = await worksOver(openerOf(kind, port), port);
    expect(events).toMatchObject({ counts: { websocketOpened: 80, tlsFull: kind === "ws" ? 0 : 80 } });
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("resumes sessions: %s", async (version) => {
    const broker = await Mosquitto.start({ settings: [...settings, `tls_version ${version.toLowerCase()}`] });
    onTestFinished(() => broker.stop());
    const open = openerOf("tls", broker.port, TRUSTED, { resume: true });
    const { events } = await worksOver(open, broker.port);
    expect(events).toMatchObject({ counts: { tlsFull: 20, tlsResumed: 60 } });
  });

  it("with certificates of the devices' own", async () => {
    const fleet = fleetOf({
      open: openerOf("tls", mutual.port),
      port: mutual.port,
      clientIds: "mutual-",
      devices: 3,
    });
    for (const one of fleet.devices) one.attempt.identity.certificate = device;
    await fleet.connect().allReady();
    expect(mutual.logged(/as mutual-\d+ .*u'device'/)).toBe(3);
  });

  it("a device that is sent to another server over TLS verifies that one too", async () => {
    const redirected = async (to: number) => {
      const properties = { serverReference: `localhost:${to}` };
      const answer = mqttPacket.generate(
        { cmd: "connack", reasonCode: 0x9c, sessionPresent: false, properties },
        { protocolVersion: 5 },
      );
      const port = await tlsServer(identity, answer);
      const openTo = (host: string, other: number) => openerOf("tls", other, TRUSTED, {}, host);
      const fleet = fleetOf({
        open: followEndpoints(openerOf("tls", port), openTo, port),
        port,
        protocolVersion: 5,
        devices: 5,
        plan: { followReferences: true },
        backoff: { policy: "fixed", baseMs: 60_000 },
      });
      return fleet.connect();
    };
    const { events } = await (await redirected(secure.port)).allReady();
    expect(events).toMatchObject({
      counts: { connectAttempt: 10, connectAccepted: 5, redirected: 5, tlsFull: 10 },
      names: { connectRefused: {} },
    });

    const elsewhere = await createCertificate({ name: "elsewhere", hosts: ["elsewhere"], issuer: authority });
    const wary = await redirected(await tlsServer(elsewhere, Buffer.of(0x20, 3, 0, 0, 0)));
    await eventually(() => wary.events.names.connectRefused["tls_certificate"] === 5);
    expect(wary.events).toMatchObject({ counts: { connectAccepted: 0, redirected: 5 } });
  });

  it("refuses a device without a certificate: counted as tls_alert", async () => {
    const fleet = fleetOf({
      open: openerOf("tls", mutual.port),
      port: mutual.port,
      backoff: { policy: "fixed", baseMs: 60_000 },
    });
    fleet.connect();
    await eventually(() => fleet.device.state === "backoff");
    expect(fleet.events).toMatchObject({
      counts: { connectAccepted: 0 },
      names: { connectRefused: { tls_alert: 1 } },
    });
  });

  it("is refused by devices that do not trust it, unless they are insecure", async () => {
    const other = await createCertificate({ name: "other", authority: true });
    const options = { port: secure.port, backoff: { policy: "fixed", baseMs: 60_000 } } as const;
    const wary = fleetOf({ ...options, open: openerOf("tls", secure.port, { ca: [other.cert] }) }).connect();
    await eventually(() => wary.device.state === "backoff");
    expect(wary.events).toMatchObject({
      counts: { connectAccepted: 0, tlsFull: 0 },
      names: { connectRefused: { tls_certificate: 1 } },
    });
    const insecure = fleetOf({ ...options, open: openerOf("tls", secure.port, { insecure: true }) });
    await insecure.connect().allReady();
    expect(insecure.events).toMatchObject({ counts: { connectAccepted: 1 }, names: { connectRefused: {} } });
  });

  it.each<[string, Partial<TlsMaterial>, string]>([
    ["are insecure", { insecure: true }, "websocket"],
    ["do not trust it", {}, "tls_certificate"],
  ])("over wss without an answer to the upgrade, devices that %s", async (_, tls, reason) => {
    const port = await tlsServer(identity, Buffer.from("no HTTP\r\n\r\n"));
    const fleet = fleetOf({
      open: openerOf("wss", port, tls),
      port,
      backoff: { policy: "fixed", baseMs: 60_000 },
    }).connect();
    await eventually(() => fleet.device.state === "backoff");
    expect(fleet.events.names.connectRefused).toEqual({ [reason]: 1 });
  });

  it("sees the source addresses of localAddresses by turns", async () => {
    const given = parseLocalAddresses(["127.0.0.2", "127.0.1.0/30"]);
    if ("entry" in given) throw new Error(given.allowed);
    const local = givenAddresses(given, readPortPool());
    for (const [kind, broker] of [
      ["tcp", plain],
      ["tls", secure],
    ] as const) {
      const open = openerOf(kind, broker.port, TRUSTED, { local });
      await fleetOf({ open, port: broker.port, clientIds: `from-${kind}-`, devices: 6 })
        .connect()
        .allReady();
      for (const [number, address] of ["127.0.0.2", "127.0.1.1", "127.0.1.2"].entries()) {
        const line = `New client connected from ${address}:\\d+ as from-${kind}-(${number}|${number + 3}) `;
        expect(broker.logged(new RegExp(line))).toBe(2);
      }
    }
  });

  it("is not reached from an address of another host: counted as local_address", async () => {
    const given = parseLocalAddresses(["203.0.113.1"]);
    if ("entry" in given) throw new Error(given.allowed);
    const local = givenAddresses(given, readPortPool());
    const open = openerOf("tcp", plain.port, TRUSTED, { local });
    const fleet = fleetOf({ open, port: plain.port, backoff: { policy: "fixed", baseMs: 60_000 } }).connect();
    await eventually(() => fleet.device.state === "backoff");
    expect(fleet.events.names.connectRefused).toEqual({ local_address: 1 });
  });

  it("lets workers agree on time zero over TLS", async () => {
    const open = atBroker({
      url: `mqtts://127.0.0.1:${secure.port}`,
      protocolVersion: 4,
      topic: "agree",
      tls: mqttTlsOptions({ ...NO_TLS_SETTINGS, ...TRUSTED }),
    });
    const worker = (workerId: string, epochMs: number) =>
      meet(open, workerId, NOTHING_YET, { timeZero: { kind: "proposed", epochMs } });
    const workers = [worker("1", 1000), worker("2", 2000)];
    onTestFinished(async () => {
      await Promise.all(workers.map(({ rendezvous }) => rendezvous.end()));
    });
    await eventually(() => workers[1]?.adopted.includes(1000) ?? false);
    expect(workers.flatMap(({ adopted }) => adopted)).toEqual([1000]);
  });
});

describe.each(["tls", "ws", "wss"] as const)("Aedes over %s", (kind) => {
  let broker: Aedes;
  let close: () => void;
  let port: number;
  beforeAll(async () => {
    broker = await Aedes.createBroker();
    const certificate = { cert: identity.cert, key: identity.key };
    const server =
      kind === "tls"
        ? createTlsServer(certificate, (socket) => broker.handle(socket))
        : kind === "ws"
          ? createServer()
          : createHttpsServer(certificate);
    if (kind !== "tls") {
      const webSockets = new WebSocketServer({
        server: server as ReturnType<typeof createServer>,
        path: "/mqtt",
      });
      webSockets.on("connection", (socket, request) => {
        const stream = createWebSocketStream(socket);
        stream.on("error", () => {});
        broker.handle(stream, request);
      });
    }
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
    close = () => server.close();
  });
  afterAll(async () => {
    close();
    await new Promise<void>((resolve) => broker.close(resolve));
  });

  it("serves a fleet through three storms", async () => {
    const { events } = await worksOver(openerOf(kind, port), port);
    expect(events).toMatchObject({
      counts: { tlsFull: kind === "ws" ? 0 : 80, websocketOpened: kind === "tls" ? 0 : 80 },
    });
  });

  it("carries the control connection", async () => {
    const scheme = { tls: "mqtts://", ws: "ws://", wss: "wss://" }[kind];
    const fleet = await fleetOf({ open: openerOf(kind, port), port, clientIds: "hears-" })
      .connect()
      .allReady();
    await subscribe(fleet.device, ["agree/#"], 1);
    const open = atBroker({
      url: `${scheme}127.0.0.1:${port}${kind === "tls" ? "" : "/mqtt"}`,
      protocolVersion: 4,
      topic: "agree",
      ...(kind === "ws" ? {} : { tls: mqttTlsOptions({ ...NO_TLS_SETTINGS, ...TRUSTED }) }),
    });
    const { rendezvous } = meet(open, "1", NOTHING_YET, {});
    onTestFinished(() => rendezvous.end());
    await eventually(() => fleet.events.counts.publishReceived >= 1);
  });
});
