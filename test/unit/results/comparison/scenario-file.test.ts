import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readScenario } from "../../../../results/src/comparison/scenario-file.ts";

function written(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "scenario-")), "mine.yml");
  writeFileSync(file, text);
  return file;
}

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
