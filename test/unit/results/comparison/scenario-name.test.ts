import { expect, it } from "vitest";
import { scenarioName } from "../../../../results/src/comparison/scenario-name.ts";

it.each([
  {
    facts: { kind: "storm", transport: "tcp", devices: 10_000, fraction: 1, policy: "full-jitter" },
    name: "singlenode-storm-tcp-10K-100pct-fulljitter",
  },
  {
    facts: { kind: "storm", transport: "tls", devices: 2500, fraction: 0.25, policy: "paho-c" },
    name: "singlenode-storm-tls-2.5K-25pct-pahoc",
  },
  {
    facts: { kind: "conn", transport: "tcp", devices: 500, fraction: null, policy: "immediate" },
    name: "singlenode-conn-tcp-500-immediate",
  },
] as const)("a scenario is called $name", ({ facts, name }) => {
  expect(scenarioName(facts)).toBe(name);
});
