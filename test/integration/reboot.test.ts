/** What a reboot has a device forget, as its server sees it; beside it a device that only fails, and forgets nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { Aedes } from "aedes";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FailureLimit } from "../../engine/src/device/patience.ts";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { fleetOf, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { type DeviceFleet, eventually, subscribe } from "../support/device-fleet.ts";
import { openerFor } from "../support/opener.ts";

const REBOOT: FailureLimit = { failures: 1, reboot: { ms: 300, jitter: 0 } };
const DEVICES = 5;

it("the TLS session: the handshake after it is a full one", async () => {
  const authority = await createCertificate({ name: "authority", authority: true });
  const { cert, key } = await createCertificate({ name: "broker", hosts: ["127.0.0.1"], issuer: authority });
  // Who is to be refused once, by client id.
  const refused = new Set<string>();
  const handshakes: { id: string; resumed: boolean; accepted: boolean }[] = [];
  const sockets = new WeakMap<object, TLSSocket>();
  const broker = await Aedes.createBroker({
    authenticate: ({ id, conn }, _username, _password, done) => {
      const accepted = !refused.delete(id);
      handshakes.push({ id, accepted, resumed: sockets.get(conn)?.isSessionReused() ?? false });
      done(null, accepted);
    },
  });
  const server = createTlsServer({ cert, key }, (socket) => {
    sockets.set(socket, socket);
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const fleet = (clientIds: string, failureLimit: FailureLimit | null): DeviceFleet =>
    fleetOf({
      port,
      clientIds,
      devices: DEVICES,
      backoff: { policy: "fixed", baseMs: 100 },
      plan: { failureLimit },
      open: openerFor({ kind: "tls", port }, { ca: [authority.cert] }, { resume: true }),
    });
  const fleets = [fleet("fails-", null), fleet("reboots-", REBOOT)] as const;
  await Promise.all(fleets.map((one) => one.connect().allReady()));
  for (const one of fleets) {
    for (const { attempt } of one.devices) refused.add(attempt.identity.clientId);
    one.storm("reset", 1);
  }
  await Promise.all(fleets.map((one) => one.allReady()));
  // Once more without a failure: a device that has rebooted has a ticket again.
  for (const one of fleets) one.storm("reset", 2);
  await Promise.all(fleets.map((one) => one.allReady()));
  const seen = (prefix: string): string[] =>
    Array.from({ length: DEVICES }, (_, i) =>
      handshakes
        .filter(({ id }) => id === `${prefix}${i}`)
        .map(({ resumed, accepted }) => `${resumed ? "resumed" : "full"}${accepted ? "" : ", refused"}`)
        .join("; "),
    );
  expect(seen("fails-")).toEqual(Array(DEVICES).fill("full; resumed, refused; resumed; resumed"));
  expect(seen("reboots-")).toEqual(Array(DEVICES).fill("full; resumed, refused; full; resumed"));
  const [fails, reboots] = fleets.map(({ events: { counts } }) => [
    counts.tlsFull,
    counts.tlsResumed,
    counts.rebooted,
  ]);
  expect(fails).toEqual([DEVICES, 3 * DEVICES, 0]);
  expect(reboots).toEqual([2 * DEVICES, 2 * DEVICES, DEVICES]);
});

describe.skipIf(!mosquittoAvailable())("before Mosquitto, which was gone for a while", () => {
  it("the id that it had assigned, and the subscriptions of a session that it keeps", async () => {
    const directory = mkdtempSync(join(tmpdir(), "reboot-"));
    const broker = await Mosquitto.start({
      settings: ["persistence true", `persistence_location ${directory}/`],
    });
    onTestFinished(async () => {
      await broker.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    const assigned = (failureLimit: FailureLimit | null, username: string): DeviceFleet =>
      fleetOf({
        port: broker.port,
        protocolVersion: 5,
        credentials: { clientId: "", username },
        backoff: { policy: "fixed", baseMs: 100 },
        plan: { failureLimit, sessionExpiryS: 60 },
      });
    const persistent = (failureLimit: FailureLimit | null, clientIds: string): DeviceFleet =>
      fleetOf({
        port: broker.port,
        clientIds,
        backoff: { policy: "fixed", baseMs: 100 },
        plan: { failureLimit, clean: false },
      });
    const ids = { fails: assigned(null, "fails"), reboots: assigned(REBOOT, "reboots") };
    const sessions = { fails: persistent(null, "keeps-"), reboots: persistent(REBOOT, "forgets-") };
    const all = [...Object.values(ids), ...Object.values(sessions)];
    await Promise.all(all.map((one) => one.connect().allReady()));
    await Promise.all(Object.values(sessions).map(({ device }) => subscribe(device, ["kept"], 1)));
    await broker.kill("SIGTERM");
    await eventually(() => all.every(({ events }) => events.counts.connectRefused > 0));
    await broker.run();
    await Promise.all(all.map((one) => one.allReady()));
    const idsOf = (username: string): string[] =>
      [...broker.log().matchAll(/New client connected from \S+ as (\S+) \(.*u'(\w+)'\)/g)]
        .filter(([, , user]) => user === username)
        .map(([, id]) => id as string);
    const [fails, reboots] = ["fails", "reboots"].map(idsOf);
    expect(fails).toHaveLength(2);
    expect(new Set(fails).size).toBe(1);
    expect(reboots).toHaveLength(2);
    expect(new Set(reboots).size).toBe(2);
    for (const { device } of Object.values(sessions)) expect(device.exchange.sessionPresent).toBe(true);
    expect(sessions.fails.device.exchange.session.filters).toEqual(["kept"]);
    expect(sessions.reboots.device.exchange.session.filters).toBeNull();
    expect(all.map(({ events }) => Math.sign(events.counts.rebooted))).toEqual([0, 1, 0, 1]);
  });
});
