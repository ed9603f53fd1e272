import { describe, expect, it } from "vitest";
import { brokerByUrl } from "../../../../results/src/comparison/by-url.ts";

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
