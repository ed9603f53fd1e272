/** What devices do after a broker's reason and after too many failures: the truth is Mosquitto's log. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { BackoffSpec } from "../../engine/src/device/backoff.ts";
import type { DevicePlan } from "../../engine/src/device/plan.ts";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { reactionsOf } from "../../engine/src/script/client-plan.ts";
import { validate } from "../../engine/src/script/validate.ts";
import { fleetOf, freePort, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { type DeviceFleet, eventually, pause } from "../support/device-fleet.ts";
import { openerFor } from "../support/opener.ts";
import { scriptWith, withStorm } from "../unit/script/good-script.ts";

const VERSIONS = [4, 5] as const;
type Version = (typeof VERSIONS)[number];
const DEVICES = 5;

/** What `config.engines.mqtt.reconnect` of a script makes of a client, beside a short wait. */
function asWritten(
  reconnect: object,
): Pick<DevicePlan, "reactions" | "failureLimit"> & { backoff: BackoffSpec } {
  const mqtt = withStorm({ reconnect: { policy: "fixed", base: "50ms", ...reconnect } });
  const { plan, problems } = validate(scriptWith(mqtt));
  const written = plan?.cohorts[0]?.client.reconnect;
  if (written === undefined) throw new Error(JSON.stringify(problems));
  return {
    reactions: reactionsOf(written),
    failureLimit: written.failureLimit,
    backoff: written.backoff,
  };
}

/** A fleet by its name and version; it has a listener of its own, for Mosquitto's log names nobody whom it refuses. */
const FLEETS = ["stops", "uncertified", "givesUp", "waits", "goesOn"] as const;
type FleetName = (typeof FLEETS)[number];

describe.skipIf(!mosquittoAvailable())("a Mosquitto that refuses", () => {
  const directory = mkdtempSync(join(tmpdir(), "patience-"));
  let trusted = "";
  const ports = new Map<string, number>();
  const portOf = (name: FleetName, version: Version): number => ports.get(`${name}${version}`) as number;
  let broker: Mosquitto;

  beforeAll(async () => {
    const authority = await createCertificate({ name: "authority", authority: true });
    const identity = await createCertificate({ name: "broker", hosts: ["127.0.0.1"], issuer: authority });
    trusted = authority.cert;
    const file = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text, { mode: 0o600 });
      return join(directory, name);
    };
    // Who brings no certificate there has no user name: the only refusal of Mosquitto's by 0x86, 4 in MQTT 3.1.1.
    const byCertificate = [
      `cafile ${file("ca.pem", authority.cert)}`,
      `certfile ${file("broker.pem", identity.cert)}`,
      `keyfile ${file("broker.key", identity.key)}`,
      "use_identity_as_username true",
    ];
    const settings: string[] = [];
    for (const version of VERSIONS) {
      for (const name of FLEETS) {
        const port = await freePort();
        ports.set(`${name}${version}`, port);
        settings.push(`listener ${port} 127.0.0.1`, ...(name === "uncertified" ? byCertificate : []));
      }
    }
    broker = await Mosquitto.start({ users: { fleet: "right" }, settings });
  });
  afterAll(async () => {
    await broker.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Devices that come with a wrong password, or without a certificate. */
  function refused(name: FleetName, protocolVersion: Version, reconnect: object): DeviceFleet {
    const port = portOf(name, protocolVersion);
    const { backoff, ...plan } = asWritten(reconnect);
    const credentials = { username: "fleet", password: "wrong" };
    const tls = name === "uncertified" ? { open: openerFor({ kind: "tls", port }, { ca: [trusted] }) } : {};
    return fleetOf({
      port,
      protocolVersion,
      devices: DEVICES,
      credentials,
      backoff,
      plan,
      ...tls,
    }).connect();
  }

  /** Connections that Mosquitto has taken from a fleet. */
  const connections = (name: FleetName, version: Version): number =>
    broker.logged(new RegExp(`New connection from \\S+ on port ${portOf(name, version)}\\.$`));
  const refusedWith = (code: number): number =>
    broker.logged(new RegExp(`Sending CONNACK to \\S+ \\(0, ${code}\\)$`));

  it("never hears again of devices that have stopped or given up, also when it was gone and is back", async () => {
    const fleets = VERSIONS.map((version) => ({
      version,
      stops: refused("stops", version, { onReason: { not_authorized: "stop" } }),
      uncertified: refused("uncertified", version, { onReason: { bad_user_name_or_password: "stop" } }),
      givesUp: refused("givesUp", version, { giveUpAfter: 3 }),
      waits: refused("waits", version, { onReason: { not_authorized: { wait: "700ms" } } }),
      // The code of the other version is another reason.
      goesOn: refused("goesOn", version, { onReason: { [version === 5 ? "5" : "0x87"]: "stop" } }),
    }));
    await eventually(() =>
      VERSIONS.every(
        (version) =>
          connections("waits", version) >= 3 * DEVICES && connections("goesOn", version) > 10 * DEVICES,
      ),
    );
    const wentOn = fleets.map(({ version, stops, uncertified, givesUp, waits }) => {
      expect(stops.events.names.stopped).toEqual({ "connack.not_authorized": DEVICES });
      expect(uncertified.events.names.stopped).toEqual({ "connack.bad_user_name_or_password": DEVICES });
      expect(givesUp.events.names.gaveUp).toEqual({ "connack.not_authorized": DEVICES });
      expect(waits.events).toMatchObject({ counts: { stopped: 0, gaveUp: 0 } });
      const [firstMs = 0] = waits.attemptedAtMs;
      expect((waits.attemptedAtMs[DEVICES] as number) - firstMs).toBeGreaterThanOrEqual(700);
      expect((waits.attemptedAtMs[2 * DEVICES] as number) - firstMs).toBeGreaterThanOrEqual(1400);
      return connections("goesOn", version);
    });
    const codes = { 4: [4, 5], 5: [134, 135] } as const;
    for (const [badCredentials, notAuthorized] of VERSIONS.map((version) => codes[version])) {
      expect(refusedWith(badCredentials)).toBe(DEVICES);
      expect(refusedWith(notAuthorized)).toBeGreaterThan(10 * DEVICES);
    }
    await broker.kill("SIGTERM");
    await pause(100);
    await broker.run();
    await eventually(() =>
      fleets.every(({ version }, i) => connections("goesOn", version) >= (wentOn[i] as number) + 5 * DEVICES),
    );
    for (const { version, stops, uncertified, givesUp } of fleets) {
      expect(connections("stops", version)).toBe(DEVICES);
      expect(connections("uncertified", version)).toBe(DEVICES);
      expect(connections("givesUp", version)).toBe(3 * DEVICES);
      for (const { devices } of [stops, uncertified, givesUp])
        expect(devices.map(({ state }) => state)).toEqual(Array(DEVICES).fill("stopped"));
    }
  });

  it("stops those that a DISCONNECT of MQTT 5 tells a reason for it", async () => {
    const strict = await Mosquitto.start({ settings: ["max_packet_size 2000"] });
    onTestFinished(() => strict.stop());
    const online = (name: string, onReason: object, protocolVersion: Version = 5): DeviceFleet => {
      const { backoff, ...plan } = asWritten({ onReason });
      const { port } = strict;
      return fleetOf({ port, protocolVersion, clientIds: `${name}-`, devices: DEVICES, backoff, plan });
    };
    const fleets = {
      stops: online("stops", { packet_too_large: "stop" }),
      others: online("others", { quota_exceeded: "stop" }),
      // MQTT 3.1.1 has no word for it.
      untold: online("untold", { packet_too_large: "stop" }, 4),
    };
    const all = Object.values(fleets);
    await Promise.all(all.map((fleet) => fleet.connect().allReady()));
    // Devices keep to what their broker allows: this goes past them.
    const payload = "x".repeat(4000);
    for (const { line } of all.flatMap(({ devices }) => devices))
      line.send({ cmd: "publish", topic: "large", payload, qos: 0, dup: false, retain: false });
    await eventually(() =>
      [fleets.others, fleets.untold].every((fleet) => fleet.events.counts.connectAccepted === 2 * DEVICES),
    );
    await pause(200);
    expect(fleets.stops.events.names.stopped).toEqual({ "disconnect.packet_too_large": DEVICES });
    const accepted = Object.keys(fleets).map((name) =>
      strict.logged(new RegExp(`Sending CONNACK to ${name}-\\d+ \\(0, 0\\)$`)),
    );
    expect(accepted).toEqual([DEVICES, 2 * DEVICES, 2 * DEVICES]);
  });
});
