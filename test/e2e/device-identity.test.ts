/** What a device of its own is known by, from a script's payload and processor through Artillery to a real broker. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

const DEVICES = 4;

function script(target: string, config: object, connect: object): object {
  return {
    config: {
      target,
      phases: [{ duration: 1, arrivalRate: DEVICES }],
      plugins: { "mqtt-results": {} },
      ...config,
    },
    scenarios: [{ engine: "mqtt", flow: [{ connect }, { stayOnline: {} }] }],
  };
}

/** All of them, once. */
const ONE_STORM = {
  reconnect: { policy: "full-jitter", base: "500ms", cap: "2s" },
  storms: [{ at: "2s", fraction: 1, cause: "reset", window: "3s" }],
};

describe.skipIf(!mosquittoAvailable())("a device's own", () => {
  it("certificate comes from the payload, as a path or as PEM", async () => {
    const authority = await createCertificate({ name: "authority", authority: true });
    const identity = await createCertificate({ name: "broker", hosts: ["127.0.0.1"], issuer: authority });
    const devices = await Promise.all(
      Array.from({ length: DEVICES }, (_, i) => createCertificate({ name: `plant-${i}`, issuer: authority })),
    );
    const directory = mkdtempSync(join(tmpdir(), "device-identity-"));
    const file = (name: string, text: string): string => {
      const path = join(directory, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const ca = file("ca.pem", authority.cert);
    const broker = await Mosquitto.start({
      settings: [
        `cafile ${ca}`,
        `certfile ${file("broker.pem", identity.cert)}`,
        `keyfile ${file("broker.key", identity.key)}`,
        "require_certificate true",
        "use_identity_as_username true",
      ],
    });
    onTestFinished(() => broker.stop());
    const rows = devices.map(({ cert, key }, i) =>
      i % 2 === 0 ? [cert, key] : [file(`${i}.pem`, cert), file(`${i}.key`, key)],
    );
    const run = await runArtillery(
      script(
        broker.url.replace("mqtt:", "mqtts:"),
        {
          payload: { path: "./plants.csv", fields: ["cert", "key"], order: "sequence" },
          engines: { mqtt: { tls: { ca }, ...ONE_STORM } },
        },
        { cert: "{{ cert }}", key: "{{ key }}" },
      ),
      { files: { "plants.csv": stringify(rows) } },
    );
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(readSummary(run).storms).toMatchObject([{ affected: DEVICES, verdict: "recovered" }]);
    for (const i of devices.keys()) expect(broker.logged(new RegExp(`, u'plant-${i}'\\)`))).toBe(2);
    expect(run.stdout + run.stderr).not.toContain("PRIVATE KEY");
  });

  it("token is made anew before every attempt", async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    const processor = `
      let made = 0;
      export async function makeToken({ vars }) { vars.token = vars.deviceId + "-token-" + ++made; }
    `;
    const run = await runArtillery(
      script(
        broker.url,
        { processor: "./tokens.mjs", engines: { mqtt: ONE_STORM } },
        { username: "{{ token }}", password: "x", beforeConnect: "makeToken" },
      ),
      { files: { "tokens.mjs": processor } },
    );
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(readSummary(run).totals).toMatchObject({ connectsAccepted: 2 * DEVICES, connectsRefused: 0 });
    const tokens = [...broker.log().matchAll(/, u'\S+-token-(\d+)'\)/g)].map(([, made]) => Number(made));
    expect(tokens.sort((a, b) => a - b)).toEqual(Array.from({ length: 2 * DEVICES }, (_, i) => i + 1));
  });
});
