import type { MqttConfig, MqttScript, MqttSettings, Scenario } from "artillery-engine-mqtt";

/** What the types refuse; a line that they would take is an error of its own. Compiled with all tests. */

// @ts-expect-error: no such policy
export const policy: MqttSettings = { reconnect: { policy: "jitter" } };
// @ts-expect-error: no such key
export const key: MqttSettings = { keepAlive: "60s" };
// @ts-expect-error: a share is no word
export const share: MqttSettings = { storms: [{ at: 1, window: 5, fraction: "all" }] };
// @ts-expect-error: a storm has a window
export const storm: MqttSettings = { storms: [{ at: 1, fraction: 1 }] };
// @ts-expect-error: no such step
export const step: Scenario = { flow: [{ conect: {} }] };
// @ts-expect-error: a step of another place
export const place: Scenario = { flow: [{ connect: {} }], onConnect: [{ stayOnline: {} }] };
// @ts-expect-error: Artillery takes names alone here
export const hook: Scenario = { flow: [{ connect: {} }], beforeScenario: async () => {} };
// @ts-expect-error: no config
export const script: MqttScript = { scenarios: [] };
export const template: MqttConfig["engines"]["mqtt"] = {
  reconnect: { policy: "{{ $env.POLICY }}" },
  seed: "42",
};
