import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configOfScript, scriptText } from "../../../results/src/script-file.ts";
import { maskSecrets, maskText } from "../../../results/src/secrets.ts";

describe("maskText", () => {
  it.each([
    ["mqtt://broker:1883", "mqtt://broker:1883"],
    ["mqtts://user:pa55@broker:8883/x", "mqtts://***@broker:8883/x"],
    ["mqtt://user:p@ss@broker", "mqtt://***@broker"],
    ["mqtt://token@broker", "mqtt://***@broker"],
    ["wss://h/mqtt?token=abc&x=1", "wss://h/mqtt?token=***&x=1"],
    ["SharedAccessSignature sr=hub&sig=a%2Fb%3D&se=17", "SharedAccessSignature sr=hub&sig=***&se=17"],
    ["Authorization: Bearer abcdef123456", "Authorization: Bearer ***"],
    ["eyJhbGciOi.eyJzdWIiOiIx.c2ln", "***"],
    ["-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "***"],
    ['{"password":"a\\"b","n":1}', '{"password":"***","n":1}'],
    ["config/{{ deviceId }}/get", "config/{{ deviceId }}/get"],
  ])("%s", (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });
});

describe("maskSecrets", () => {
  it("masks by name at any depth, and keeps what is no secret", () => {
    const script = {
      config: {
        target: "mqtt://u:p@h:1883",
        variables: { apiKey: ["a", "b"], region: "eu" },
        tls: { key: "PEM", cert: "cert.pem", passphrase: 7 },
        engines: { mqtt: { keepalive: "60s", username: "A1_TOKEN", password: "{{ password }}" } },
      },
    };
    expect(maskSecrets(script)).toEqual({
      config: {
        target: "mqtt://***@h:1883",
        variables: { apiKey: ["***", "***"], region: "eu" },
        tls: { key: "***", cert: "cert.pem", passphrase: "***" },
        engines: { mqtt: { keepalive: "60s", username: "***", password: "{{ password }}" } },
      },
    });
    expect(script.config.tls.key).toBe("PEM");
  });
  it("takes anything: circles, functions, bytes, prototypes", () => {
    const circle: Record<string, unknown> = { f: () => 1, bytes: Buffer.from("abc"), n: 10n };
    circle.self = circle;
    expect(maskSecrets("x".repeat(1e6))).toBe("(1000000 characters)");
    expect(maskSecrets(circle)).toEqual({ f: "(function)", bytes: "(3 bytes)", n: "(bigint)", self: "(…)" });
  });
  it("never lets a secret through under a secret's name", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=]{8,40}$/);
    const name = fc.constantFrom("password", "apiToken", "client_secret", "sharedAccessKey", "passwd");
    fc.assert(
      fc.property(secret, name, fc.jsonValue(), (text, key, other) => {
        const shown = JSON.stringify(maskSecrets({ a: [{ [key]: { deep: text } }], other }));
        const without = JSON.stringify(maskSecrets({ a: [{ [key]: { deep: "x" } }], other }));
        expect(shown).toBe(without);
      }),
    );
  });
});

it("script.json leaves out Artillery's own and CSV rows, and keeps our settings", () => {
  const text = scriptText({
    config: {
      payload: [{ path: "users.csv", data: [["u", "secret"]] }],
      plugins: { "mqtt-results": { fail: { cohorts: { "token devices": { verdict: "degraded" } } } } },
    },
    scenarios: [],
    ...{ _configPath: "/home/me" },
  });
  expect(text).not.toContain("/home/me");
  expect(JSON.parse(text).config.payload).toEqual([{ path: "users.csv", data: "(1 rows)" }]);
  expect(configOfScript(text)).toMatchObject({
    ok: true,
    config: { fail: { cohorts: { "token devices": { verdict: "degraded" } } } },
  });
  expect(configOfScript("not JSON")).toBeNull();
});
