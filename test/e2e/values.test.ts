import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

/** Values that reach the engine through Artillery: from a CSV file, the environment, `-e` and `-k`. Brokers' logs say what came of them. */
describe.skipIf(!mosquittoAvailable())("values through Artillery", () => {
  const folder = mkdtempSync(join(tmpdir(), "values-"));
  let broker: Mosquitto;
  let secure: Mosquitto;
  let values: ArtilleryRun;
  let untrusted: ArtilleryRun;
  let trusting: ArtilleryRun;

  beforeAll(async () => {
    const { cert, key } = await createCertificate({ name: "127.0.0.1", hosts: ["127.0.0.1"] });
    writeFileSync(join(folder, "cert.pem"), cert);
    writeFileSync(join(folder, "key.pem"), key);
    broker = await Mosquitto.start();
    const files = [`certfile ${join(folder, "cert.pem")}`, `keyfile ${join(folder, "key.pem")}`];
    secure = await Mosquitto.start({ settings: files });
    const mqtts = `mqtts://127.0.0.1:${secure.port}`;
    [values, untrusted, trusting] = await Promise.all([
      runArtillery(valuesScript(broker.url), {
        args: ["-e", "rehearsal"],
        files: { "devices.csv": "4711,1,true,2\n" },
        env: { SEED: "42", CLEAN: "false", SHARE: "100 %", VERSION: "5" },
      }),
      runArtillery(onlyConnects(mqtts)),
      runArtillery(onlyConnects(mqtts), { args: ["-k"] }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([broker.stop(), secure.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("a CSV column that was cast to a number is client id, user name, topic and filter, and qos and retain are rendered", () => {
    expect(values.code, values.stdout + values.stderr).toBe(0);
    expect(broker.logged(/New client connected .* as 4711 \(p5, c0, k60, u'4711'\)/)).toBe(2);
    expect(broker.log()).toMatch(/\t4711 \(QoS 1\)/);
    expect(broker.log()).toMatch(
      /Received PUBLISH from 4711 \(d0, q1, r1, m\d+, '4711', \.\.\. \(4 bytes\)\)/,
    );
  });

  it("settings from the environment are numbers, booleans and shares; -e makes a preset of a policy and takes a storm out", () => {
    const { storms } = readSummary(values);
    expect(storms).toMatchObject([{ index: 1, fraction: 1, affected: 1, verdict: "recovered" }]);
    expect(values.stdout).not.toContain("WARNING: environment");
  });

  it("an untrusted certificate is named before the first device", () => {
    expect(untrusted.code).toBe(2);
    expect(untrusted.stdout).toMatch(
      /no device was started: mqtts:\S+: its certificate is not trusted, or of another name \(tls_certificate\)/,
    );
    expect(untrusted.stdout).not.toContain("NOT verified");
  });

  it("-k is insecure TLS, and says so", () => {
    expect(trusting.code, trusting.stdout + trusting.stderr).toBe(0);
    expect(trusting.stdout).toContain("certificate is NOT verified");
    expect(readSummary(trusting).tls).toEqual({ insecure: true });
    expect(secure.logged(/New client connected .* as device-/)).toBe(1);
  });
});

function valuesScript(target: string): object {
  return {
    config: {
      target,
      phases: [{ duration: 1, arrivalCount: 1 }],
      payload: { path: "devices.csv", fields: ["serial", "qos", "retain", "stay"], order: "sequence" },
      engines: {
        mqtt: {
          seed: "{{ $env.SEED }}",
          protocolVersion: "{{ $env.VERSION }}",
          session: { clean: "{{ $env.CLEAN }}", expiry: 60 },
          reconnect: { policy: "full-jitter", base: "20s", cap: "30s" },
          storms: [
            { at: "1s", fraction: "10 %", window: "3s" },
            { at: "60s", fraction: 1, window: "30s" },
          ],
        },
      },
      environments: {
        rehearsal: {
          engines: {
            mqtt: {
              reconnect: { preset: "mqttjs", policy: null, base: null, cap: null },
              storms: [{ fraction: "{{ $env.SHARE }}" }, null],
              tls: null,
            },
          },
        },
      },
      plugins: { "mqtt-results": { fail: { cohorts: { "firmware 1.2": { unrecovered: "10 %" } } } } },
    },
    scenarios: [
      {
        name: "firmware 1.2",
        engine: "mqtt",
        onConnect: [{ subscribe: { topics: "{{ serial }}", qos: "{{ qos }}" } }],
        flow: [
          { connect: { clientId: "{{ serial }}", username: "{{ serial }}" } },
          {
            publish: {
              topic: "{{ serial }}",
              payload: "{{ serial }}",
              qos: "{{ qos }}",
              retain: "{{ retain }}",
            },
          },
          { stayOnline: { for: "{{ stay }}" } },
          { stayOnline: {} },
        ],
      },
    ],
  };
}

function onlyConnects(target: string): object {
  return {
    config: {
      target,
      phases: [{ duration: 1, arrivalCount: 1 }],
      engines: { mqtt: {} },
      plugins: { "mqtt-results": {} },
    },
    scenarios: [
      {
        name: "devices",
        engine: "mqtt",
        flow: [{ connect: { giveUpAfter: "1s" } }, { stayOnline: { for: "1s" } }],
      },
    ],
  };
}
