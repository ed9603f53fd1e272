import { describe, expect, it } from "vitest";
import { validate } from "../../../engine/src/script/validate.ts";
import { problemsOf, scriptWith, withStorm } from "./good-script.ts";

const publishing = (payload: unknown): Record<string, unknown> => ({
  flow: [{ connect: {} }, { loop: [{ publish: { topic: "t", payload } }], count: 2 }],
});
const told = (
  mqtt: Record<string, unknown>,
  scenario: Record<string, unknown>,
): [string, unknown, string][] =>
  problemsOf({ ...withStorm(mqtt), scenario }).map(({ path, value, allowed }) => [path, value, allowed]);

describe("messages that are tracked", () => {
  it("are off unless asked for", () => {
    expect(validate(scriptWith()).plan?.settings.messages).toBeUndefined();
    const { plan } = validate(scriptWith(withStorm({ messages: { track: "payload" } })));
    expect(plan?.settings.messages).toEqual({ track: "payload" });
  });

  it("carry their mark in one of two places", () => {
    expect(told({ messages: { track: "topic" } }, {})).toEqual([
      ["config.engines.mqtt.messages.track", "topic", "payload or userProperties"],
    ]);
  });

  it("need MQTT 5 for user properties", () => {
    const messages = { track: "userProperties" };
    expect(told({ messages }, publishing("21"))).toEqual([
      [
        "config.engines.mqtt.messages.track",
        "userProperties",
        "payload with MQTT 3.1.1, which has no user properties",
      ],
    ]);
    expect(told({ messages, protocolVersion: 5 }, publishing("21"))).toEqual([]);
  });

  it("need a JSON object for the payload, as far as it is known", () => {
    const messages = { track: "payload" };
    for (const payload of [{ t: 1 }, '{"t":{{ $loopCount }}}', "{{ deviceId }}", "{}"])
      expect(told({ messages }, publishing(payload)), String(payload)).toEqual([]);
    for (const payload of ["21", 21, [1], ""]) {
      const [[path, value, allowed] = []] = told({ messages }, publishing(payload));
      expect([path, value]).toEqual(["scenarios[0].flow[1].loop[0].publish.payload", payload]);
      expect(allowed).toContain("a JSON object, into which messages.track: payload writes the key _sent");
      expect(told({}, publishing(payload))).toEqual([]);
    }
    expect(told({ messages }, publishing({ _sent: 1 }))).toHaveLength(1);
  });

  it("refuse bytes before the run, in the flow, on messages and in the background, for no mark gets into them", () => {
    const messages = { track: "payload" };
    const jsonFile = "package.json";
    for (const payload of [
      { base64: "e30=" },
      { hex: "7b7d" },
      { hex: "{{ deviceId }}" },
      { file: jsonFile },
    ]) {
      const publish = { publish: { topic: "t", payload } };
      const everywhere = {
        onConnect: [publish],
        flow: [{ connect: {} }, { loop: [publish], count: 2 }],
        onMessage: [{ topic: "cmd", do: [publish] }],
        telemetry: [{ every: "1s", topic: "t", payload }],
      };
      const found = told({ messages }, everywhere);
      expect(found.map(([path]) => path).sort(), JSON.stringify(payload)).toEqual([
        "scenarios[0].flow[1].loop[0].publish.payload",
        "scenarios[0].onConnect[0].publish.payload",
        "scenarios[0].onMessage[0].do[0].publish.payload",
        "scenarios[0].telemetry[0].payload",
      ]);
      for (const [, value, allowed] of found) {
        expect(value).toEqual(payload);
        expect(allowed).toContain("track: userProperties, with protocolVersion: 5. Bytes get no mark");
      }
      expect(told({}, everywhere)).toEqual([]);
      expect(told({ messages: { track: "userProperties" }, protocolVersion: 5 }, everywhere)).toEqual([]);
    }
  });

  it("refuse a text that no value of its variables makes an object", () => {
    const messages = { track: "payload" };
    for (const payload of ["t={{ $loopCount }}", "{{ deviceId }} °C", "[{{ deviceId }}]"])
      expect(told({ messages }, publishing(payload)), payload).toHaveLength(1);
    for (const payload of [" {{ deviceId }} 1 } ", "{{ deviceId }}\n", "{ {{ deviceId }} }"])
      expect(told({ messages }, publishing(payload)), payload).toEqual([]);
  });
});
