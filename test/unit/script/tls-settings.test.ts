import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createCertificate } from "../../../engine/src/lab/certificate.ts";
import { renderProblems } from "../../../engine/src/script/problem.ts";
import { loadTls, tlsSettings } from "../../../engine/src/script/tls-settings.ts";
import { createPemReader } from "../../../engine/src/transport/pem.ts";
import { problemsOf, scriptWith } from "./good-script.ts";

const directory = mkdtempSync(join(tmpdir(), "tls-settings-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const pair = await createCertificate({ name: "device" });
const other = await createCertificate({ name: "other" });
writeFileSync(join(directory, "cert.pem"), pair.cert);
writeFileSync(join(directory, "key.pem"), pair.key);

function load(settings: object) {
  return loadTls(tlsSettings.parse(settings), createPemReader(directory));
}

describe("tls settings", () => {
  it("take paths of the script's directory and PEM text alike", () => {
    const { material, problems } = load({
      ca: ["cert.pem", other.cert],
      cert: pair.cert,
      key: "key.pem",
      alpn: "mqtt",
    });
    expect(problems).toEqual([]);
    expect(material).toMatchObject({
      ca: [pair.cert, other.cert],
      certificate: { cert: pair.cert, key: pair.key },
      alpn: ["mqtt"],
      insecure: false,
    });
  });

  it.each<[object, string, string | undefined]>([
    [{ ca: "missing.pem" }, "config.engines.mqtt.tls.ca", "ENOENT"],
    [{ ca: ["cert.pem", "key.pem"] }, "config.engines.mqtt.tls.ca[1]", undefined],
    [{ cert: "cert.pem", key: "missing.pem" }, "config.engines.mqtt.tls.key", "ENOENT"],
    [{ cert: "cert.pem", key: "cert.pem" }, "config.engines.mqtt.tls.key", undefined],
    [{ cert: other.cert, key: "key.pem" }, "config.engines.mqtt.tls.key", "it is not the key of tls.cert"],
  ])("%#: what cannot be used is named", (settings, path, hint) => {
    const { problems } = load(settings);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    if (hint !== undefined) expect(problems[0]?.hint).toBe(hint);
  });

  it("never show a key or a passphrase", () => {
    const broken = `${pair.key.slice(0, 80)}broken\n-----END PRIVATE KEY-----\n`;
    const { problems } = load({ cert: pair.cert, key: broken, passphrase: "hunter2" });
    const text = renderProblems(problems);
    expect(text).toContain("config.engines.mqtt.tls.key: the value (not shown) is not allowed");
    expect(text + JSON.stringify(problems)).not.toContain(broken.slice(30, 60));
    expect(text + JSON.stringify(problems)).not.toContain("hunter2");
  });
});

const TLS = "config.engines.mqtt.tls";
const NOT_TLS = "nothing, since the target is neither mqtts:// nor wss://";

describe("a script's tls settings", () => {
  const of = (tls: unknown, target = "mqtts://broker"): [string, string][] =>
    problemsOf({
      mqtt: { storms: [{ at: "20s", fraction: 1, window: "20s" }], tls },
      config: { target },
    }).map(({ path, allowed }) => [path, allowed]);

  it.each<[unknown, string, string]>([
    [{ cert: "x" }, `${TLS}.key`, "the key of tls.cert"],
    [{ key: "x" }, `${TLS}.cert`, "the certificate of tls.key"],
    [{ minVersion: "TLSv1" }, `${TLS}.minVersion`, "TLSv1.2, TLSv1.3"],
    [{ serverName: "10.0.0.1" }, `${TLS}.serverName`, "a name, not an address: RFC 6066 section 3"],
    [
      { ca: "x", insecure: true },
      `${TLS}.insecure`,
      "false beside ca: a broker that is not verified needs no authority",
    ],
    [{ alpn: "x".repeat(256) }, `${TLS}.alpn`, "a protocol name of at most 255 bytes"],
    [{ insecure: "yes" }, `${TLS}.insecure`, "true or false"],
  ])("%j", (tls, path, allowed) => {
    expect(of(tls)).toEqual([[path, allowed]]);
  });

  it("are an error with a target that has no TLS", () => {
    expect(of({ resume: true }, "mqtt://broker")).toEqual([[TLS, NOT_TLS]]);
    expect(of({ resume: true }, "wss://broker")).toEqual([]);
    expect(of({ resume: true }, "lab")).toEqual([]);
  });

  it("of a scenario and of a device are, too", () => {
    const scenario = {
      tls: { resume: true },
      flow: [{ connect: { cert: "{{ deviceId }}.pem", key: "{{ deviceId }}.key" } }, { stayOnline: {} }],
    };
    expect(problemsOf({ scenario }).map(({ path }) => path)).toEqual([
      "scenarios[0].tls",
      "scenarios[0].flow[0].connect.cert",
    ]);
    expect(problemsOf({ scenario, config: { target: "mqtts://broker" } })).toEqual([]);
    expect(scriptWith({ scenario }).config.target).toBe("mqtt://broker:1883");
  });

  it("of a device need both certificate and key", () => {
    const scenario = { flow: [{ connect: { cert: "a.pem" } }, { stayOnline: {} }] };
    expect(problemsOf({ scenario, config: { target: "mqtts://broker" } })).toMatchObject([
      { path: "scenarios[0].flow[0].connect.key", allowed: "the key of connect.cert" },
    ]);
  });
});

it("source addresses are of the target's family", () => {
  const mqtt = { storms: [{ at: "20s", fraction: 1, window: "20s" }], localAddresses: ["127.0.0.2"] };
  expect(problemsOf({ mqtt, config: { target: "mqtt://[::1]" } })).toMatchObject([
    { path: "config.engines.mqtt.localAddresses", allowed: "IPv6 addresses, as the target ::1 is one" },
  ]);
  expect(problemsOf({ mqtt })).toEqual([]);
  expect(problemsOf({ mqtt: { ...mqtt, localAddresses: ["127.0.0.2", "x"] } })).toMatchObject([
    { path: "config.engines.mqtt.localAddresses[1]" },
  ]);
});
