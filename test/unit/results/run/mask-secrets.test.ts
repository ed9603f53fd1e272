import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hideEnvironment, maskText } from "artillery-engine-mqtt/contract";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { authSettings } from "../../../../engine/src/script/forecast-settings.ts";
import { forgetHiddenValues } from "../../../../engine/src/secrets/secret-values.ts";
import { configOfScript } from "../../../../results/src/config/script-config.ts";
import { maskSecrets } from "../../../../results/src/run/mask-secrets.ts";
import { scriptText } from "../../../../results/src/run/script-file.ts";

describe("an authentication service as a back end", () => {
  const auth = { capacity: 150, queueLimit: 1000, latency: "20ms", scaleUp: { after: "3s", to: 300 } };

  it("is no secret, and a run that had one can be forecast from its files", () => {
    const script = {
      before: { flow: [{ lab: { auth } }] },
      config: { engines: { mqtt: { forecast: { auth } } } },
    };
    expect(maskSecrets(script)).toEqual(script);
  });

  it.each(Object.keys(authSettings.shape))("may say %s, as its schema has it", (key) => {
    expect(maskSecrets({ auth: { [key]: 1 } })).toEqual({ auth: { [key]: 1 } });
  });

  it("is one where it says anything else", () => {
    expect(maskSecrets({ auth: { ...auth, user: "a" } })).toMatchObject({
      auth: { user: "***", latency: "***" },
    });
    expect(maskSecrets({ auth: {} })).toEqual({ auth: {} });
    expect(maskSecrets({ auth: "150" })).toEqual({ auth: "***" });
    expect(maskSecrets({ authorization: { capacity: "a" } })).toEqual({ authorization: { capacity: "***" } });
  });
});

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
    // The element after a flag, in one text.
    ["mosquitto_pub -h b -p 1883 -u me -P hunter2 -t a/b", "mosquitto_pub -h b -p 1883 -u *** -P *** -t a/b"],
    [
      "mqttx conn --password 'a b' --token=abc --api-key \"k\"",
      "mqttx conn --password *** --token=*** --api-key ***",
    ],
    ["curl --user me:pw -H 'X-Auth: abc def' http://h/", "curl --user *** -H 'X-Auth: ***' http://h/"],
    ["mosquitto_pub -Phunter2", "mosquitto_pub -P***"],
    ["sshpass -p hunter2 ssh -p 22 h", "sshpass -p *** ssh -p 22 h"],
    ["PGPASSWORD=abc psql", "PGPASSWORD=*** psql"],
    // Names in a query, in a header, in a payload.
    ["https://h/x?auth=abc&pin=1234&author=me", "https://h/x?auth=***&pin=***&author=me"],
    ["X-Auth: abc\nX-Author: me", "X-Auth: ***\nX-Author: me"],
    ['{"pin":1234,"author":"me","xAuth":"q"}', '{"pin":"***","author":"me","xAuth":"***"}'],
    ['{\\"password\\":\\"abc\\",\\"n\\":1}', '{\\"password\\":\\"***\\",\\"n\\":1}'],
    ['{"tokens":["abc","def"],"list":["a"],"n":1}', '{"tokens":"***","list":["a"],"n":1}'],
    ['{\\"credentials\\": {\\n\\"id\\": \\"abc\\"},\\"n\\":1}', '{\\"credentials\\": "***",\\"n\\":1}'],
    ["{ tokens: [ 'abc',\n 'def' ], n: 1 }", "{ tokens: [***], n: 1 }"],
    ['--tokens=["abc"] --list=["a"]', '--tokens=*** --list=["a"]'],
    ["password: {{ password }}", "password: {{ password }}"],
    ["{ password: 'x', user: 'y' }", "{ password: '***', user: 'y' }"],
    // A key's body without its first line, and what only looks long.
    [`${"aB3/x+Zq".repeat(8)}\n${"Zq9+aB3x".repeat(8)}\nAbCd12==`, "***"],
    [`${"aB3/x+Zq".repeat(8)}\\n${"Zq9+aB3x".repeat(8)}\\nAbCd12==\nthe end`, "***\nthe end"],
    ["MC4CAQAwBQYDK2VwBCIEIDBfXzE2ZGVhZGJlZWYwMDExMjIzMzQ0NTU2Njc3ODg5OQ", "***"],
    ["a".repeat(80), "a".repeat(80)],
    [
      "fleet/Europe1/site/north/building/seven/floor/three/room/nine/device",
      "fleet/Europe1/site/north/building/seven/floor/three/room/nine/device",
    ],
    [
      "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
    ["connection refused: 127.0.0.1:1883", "connection refused: 127.0.0.1:1883"],
    ["keepalive: 60s, qos=1", "keepalive: 60s, qos=1"],
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
  it("masks the element after a flag that takes a secret", () => {
    const command = [
      "mqttx",
      "conn",
      "--password",
      "hunter2",
      "-P",
      "x1",
      "-p",
      "1883",
      "--host",
      "h",
      "-H",
      "X-Auth: q",
    ];
    expect(maskSecrets({ storms: [{ command }] })).toEqual({
      storms: [
        {
          command: [
            "mqttx",
            "conn",
            "--password",
            "***",
            "-P",
            "***",
            "-p",
            "1883",
            "--host",
            "h",
            "-H",
            "X-Auth: ***",
          ],
        },
      ],
    });
  });
  it("takes a command for one, whatever else stands in it", () => {
    const command = ["run", "--password", "hunter2", "-P", 1234, "-p", 1883, { token: "x" }];
    expect(maskSecrets({ command })).toEqual({
      command: ["run", "--password", "***", "-P", "***", "-p", 1883, { token: "***" }],
    });
  });
  it.each([
    "auth",
    "X-Auth",
    "xAuthKey",
    "pin",
    "PIN_CODE",
    "devicePin",
    "otp",
    "sas",
    "credentials",
    "apitoken",
    "user-name",
  ])("%s is called like a secret", (name) => expect(maskSecrets({ [name]: "v" })).toEqual({ [name]: "***" }));
  it.each([
    "author",
    "spinner",
    "pinned",
    "keepalive",
    "user",
    "signal",
    "sasl",
    "opinion",
    "authority",
  ])("%s is not", (name) => expect(maskSecrets({ [name]: "v" })).toEqual({ [name]: "v" }));
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

describe("values that came from the environment", () => {
  afterEach(forgetHiddenValues);
  const directory = mkdtempSync(join(tmpdir(), "mqtt-secrets-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  /** What a plugin sees: Artillery has rendered `config`, and says where the script was. */
  const masked = (
    text: string,
    config: unknown,
    environment: Record<string, string>,
    argv: string[] = [],
  ) => {
    const _scriptPath = join(directory, "script.yml");
    writeFileSync(_scriptPath, text);
    hideEnvironment({ _scriptPath }, environment, argv);
    return maskSecrets(config);
  };
  it("are masked wherever they stand, under whatever name", () => {
    const text = "target: '{{ $env.WHERE }}'\nvariables: { a: '{{ $processEnvironment.BADGE }}' }";
    const environment = { WHERE: "mqtt://h:1883", BADGE: "zebra-7", OTHER: "lion-8" };
    const config = { target: "mqtt://h:1883", note: "zebra-7/x lion-8", list: ["zebra-7"], "zebra-7": 1 };
    expect(masked(text, config, environment)).toEqual({
      target: "***",
      note: "***/x lion-8",
      list: ["***"],
      "***": 1,
    });
  });
  it("from the command line and with brackets too", () => {
    const overrides = `{"config":{"variables":{"a":"{{ $env['BADGE'] }}"}}}`;
    expect(masked("", { a: "zebra-7" }, { BADGE: "zebra-7" }, ["--overrides", overrides])).toEqual({
      a: "***",
    });
  });
  it("of a URL, what stands before and after its host", () => {
    const environment = { WHERE: "wss://me:p%40ss1@h/hook/T00/B00?x=1" };
    masked("{{ $env.WHERE }}", {}, environment);
    expect(maskText("connect to wss://h failed for p@ss1 at /hook/T00/B00?x=1")).toBe(
      "connect to wss://h failed for *** at ***",
    );
  });
  it("short ones and plain numbers only where they are all of a text", () => {
    const environment = { N: "2000", R: "eu", T: "90s", B: "true" };
    const text = "{{ $env.N }} {{ $env.R }} {{ $env.T }} {{ $env.B }}";
    const config = { n: "2000", m: 2000, r: "eu", queue: "queue 2000 for 90s is true" };
    expect(masked(text, config, environment)).toEqual({
      n: "***",
      m: "***",
      r: "***",
      queue: "queue 2000 for 90s is true",
    });
  });
  it("and those of variables that are called like secrets, referred to or not", () => {
    const environment = { CI_JOB_TOKEN: "glx-12345", USERNAME: "administrator", HOME: "/home/administrator" };
    expect(masked("", { a: "x glx-12345 /home/administrator" }, environment)).toEqual({
      a: "x *** /home/administrator",
    });
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
