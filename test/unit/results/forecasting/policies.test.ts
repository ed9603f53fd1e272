import { BACKOFF_POLICIES, PRESET_NAMES } from "artillery-engine-mqtt/forecast";
import { describe, expect, it } from "vitest";
import {
  candidatesOf,
  GRID,
  ownPolicyIn,
  ownPolicyName,
  policyNames,
} from "../../../../results/src/forecasting/policies.ts";
import { withRate, withReconnect } from "../../../../results/src/forecasting/variants.ts";

const known = { policies: BACKOFF_POLICIES, presets: PRESET_NAMES };
const names = (asked: string[], grid = GRID) => candidatesOf(asked, known, grid, "fixed 5 s");

describe("candidates", () => {
  it("are the script's own, every policy on the grid, and every preset, each with a name of its own", () => {
    const all = names(["all"]);
    expect(all.length).toBe(1 + 1 + 2 + 2 + 4 * 4 + 10);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all[0]).toEqual({ name: "script (fixed 5 s)", reconnect: null });
    expect(policyNames(known)).toEqual(["all", "script", ...BACKOFF_POLICIES, ...PRESET_NAMES]);
  });
  it("are those that are named, and of a policy only pairs whose cap is not below the base", () => {
    const grid = { basesMs: [1000, 60_000], capsMs: [30_000] };
    expect(names(["full-jitter", "aws-iot", "uniform"], grid)).toEqual([
      {
        name: "full-jitter 1 s to 30 s",
        reconnect: { policy: "full-jitter", base: "1000ms", cap: "30000ms" },
      },
      { name: "uniform 30 s", reconnect: { policy: "uniform", window: "30000ms" } },
      { name: "aws-iot", reconnect: { preset: "aws-iot" } },
    ]);
  });
  it.each([
    [null, { policy: "immediate" }, "immediate"],
    [null, { policy: "fixed", baseMs: 500 }, "fixed 500 ms"],
    [null, { policy: "uniform", windowMs: 60_000 }, "uniform 60 s"],
    [null, { policy: "equal-jitter", baseMs: 1000, capMs: 120_000 }, "equal-jitter 1 s to 120 s"],
    ["paho-c", { policy: "exponential" }, "paho-c"],
  ])("the script's own is called by its preset or its values: %s %o", (preset, spec, name) => {
    expect(ownPolicyName([{ reconnect: { preset, ...spec, resetAfter: "ready" } }])).toBe(name);
  });
  it("the script's own is called by all that its cohorts have, each once", () => {
    const clients = ["mqttjs", "paho-c", "mqttjs"].map((preset) => ({
      reconnect: { preset, policy: "fixed", resetAfter: "connack" as const },
    }));
    expect(ownPolicyName(clients)).toBe("mqttjs + paho-c");
  });
  it("the script's own is known by its name", () => {
    expect(ownPolicyIn("script (fixed 5 s)")).toBe("fixed 5 s");
    expect(ownPolicyIn("fixed 5 s")).toBeNull();
  });
});

describe("variants of a script", () => {
  const script = (mqtt: Record<string, unknown>) => ({ config: { target: "lab", engines: { mqtt, x: 1 } } });
  it("have another back-off; when its count starts again stays as written, unless a preset says so itself", () => {
    const own = script({ seed: 1, reconnect: { policy: "fixed", base: "1s", resetAfter: "connack" } });
    const before = structuredClone(own);
    expect(withReconnect(own, { policy: "immediate" })).toEqual(
      script({ seed: 1, reconnect: { policy: "immediate", resetAfter: "connack" } }),
    );
    expect(withReconnect(own, { preset: "aws-iot" })).toEqual(
      script({ seed: 1, reconnect: { preset: "aws-iot" } }),
    );
    expect(own).toEqual(before);
    const scenarios = [
      { name: "a" },
      { name: "b", reconnect: { preset: "mqttjs", resetAfter: "ready" } },
      null,
    ];
    expect(withReconnect({ ...own, scenarios }, { policy: "immediate" }).scenarios).toEqual([
      { name: "a" },
      { name: "b", reconnect: { policy: "immediate", resetAfter: "ready" } },
      null,
    ]);
    expect(withReconnect({ config: {} }, { policy: "immediate" })).toEqual({
      config: { engines: { mqtt: { reconnect: { policy: "immediate" } } } },
    });
  });
  const prepared = (services: ({ capacity: number; queueLimit: number; scaleUp?: unknown } | null)[]) => ({
    devices: 9,
    model: { latencyMs: 1, broker: { connects: 5, messages: 3 }, services },
  });
  it("have a config service of another, steady capacity in each region, wherever it is said", () => {
    const service = { capacity: 5, queueLimit: 8 };
    const own = prepared([{ ...service, scaleUp: { afterMs: 1, to: 9 } }, service, null]);
    const before = structuredClone(own);
    const steady = { capacity: 7, queueLimit: 8 };
    expect(withRate(own, "config-service", 7)).toEqual(prepared([steady, steady, null]));
    expect(own).toEqual(before);
  });
  it("have a broker of another rate", () => {
    expect(withRate(prepared([null]), "broker", 7).model).toMatchObject({
      latencyMs: 1,
      broker: { connects: 7, messages: 3 },
    });
  });
});
