import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokerByUrl } from "../../../../results/src/comparison/by-url.ts";
import { readScenario } from "../../../../results/src/comparison/scenario-file.ts";
import { scenarioName } from "../../../../results/src/comparison/scenario-name.ts";

function written(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "scenario-")), "mine.yml");
  writeFileSync(file, text);
  return file;
}

describe("a scenario's name", () => {
  it.each([
    ["storm", "tcp", 10_000, 1, "full-jitter", "singlenode-storm-tcp-10K-100pct-fulljitter"],
    ["storm", "tls", 2500, 0.25, "paho-c", "singlenode-storm-tls-2.5K-25pct-pahoc"],
    ["conn", "tcp", 500, null, "immediate", "singlenode-conn-tcp-500-immediate"],
  ] as const)("%s %s %i", (kind, transport, devices, fraction, policy, expected) => {
    expect(scenarioName({ kind, transport, devices, fraction, policy })).toBe(expected);
  });
});

describe("readScenario", () => {
  it.each([
    [
      "mass-reconnect.yml",
      "singlenode-storm-tcp-2K-100pct-fulljitter",
      { persistentSessions: false, restart: false },
    ],
    ["conn-burst.yml", "singlenode-conn-tcp-2K-fulljitter", { restart: false }],
    ["session-resume.yml", "singlenode-storm-tcp-2K-100pct-fulljitter", { persistentSessions: true }],
    ["restart.yml", "singlenode-restart-tcp-", { restart: true }],
    ["overload.yml", "singlenode-storm-tcp-8K-100pct-immediate", { restart: false }],
    ["tls-mass-reconnect.yml", "singlenode-storm-tls-", { tls: true }],
  ])("knows what %s is and asks for", (file, name, needs) => {
    const scenario = readScenario(`scenarios/compare/${file}`);
    expect(scenario.name).toContain(name);
    expect(scenario.needs).toMatchObject(needs);
    expect(scenario.seed).toBe(42);
  });

  it.each([
    { duration: "1d", devices: "86.4K" },
    { duration: "1h", devices: "3.6K" },
    { duration: "90s", devices: "90" },
    { duration: "2500ms", devices: "3" },
    { duration: 5, devices: "5" },
    { duration: '"5"', devices: "5" },
    { duration: '"{{ minutes }}m"', devices: "0" },
    { duration: "soon", devices: "0" },
    { duration: "10 apples", devices: "0" },
  ])("counts the devices that arrive one a second in $duration as Artillery does", (phase) => {
    const script = `config: { phases: [{ duration: ${phase.duration}, arrivalRate: 1 }] }`;
    expect(readScenario(written(script)).name).toBe(`mine (singlenode-conn-tcp-${phase.devices}-fulljitter)`);
  });

  it.each([
    ["a: [", /mine\.yml cannot be read/],
    ["config: { phases: 3 }", /mine\.yml: config\.phases/],
    ["just text", /mine\.yml: script/],
  ])("names the file in %j", (text, message) => {
    expect(() => readScenario(written(text))).toThrow(message);
  });
});

describe("brokerByUrl", () => {
  it("takes credentials from the environment, by the broker's name", async () => {
    const env = { MQTT_MY_EMQX_USERNAME: "u", MQTT_MY_EMQX_PASSWORD: "p", MQTT_OTHER_USERNAME: "x" };
    const broker = await brokerByUrl("my-emqx", "mqtts://emqx.example:8883", env).start({
      protocolVersion: 4,
      tls: true,
      persistentSessions: false,
      restart: false,
    });
    expect(broker.env).toEqual({ ARTILLERY_MQTT_USERNAME: "u", ARTILLERY_MQTT_PASSWORD: "p" });
    expect(broker.url).toBe("mqtts://emqx.example:8883");
  });

  it.each([
    ["http://host", /allowed: mqtt:\/\//],
    ["nonsense", /not a URL/],
    ["mqtt://user:topsecret@host", /MQTT_X_USERNAME and MQTT_X_PASSWORD/],
  ])("refuses %s, and does not repeat a secret", (url, message) => {
    const attempt = (): unknown => brokerByUrl("x", url, {});
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/topsecret/);
  });

  it("cannot be restarted", () => {
    const needs = { protocolVersion: 4, tls: false, persistentSessions: false, restart: true } as const;
    expect(brokerByUrl("x", "mqtt://host", {}).cannot(needs)).toMatch(/not ours to restart/);
  });
});
