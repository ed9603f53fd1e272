import { describe, expect, it } from "vitest";
import { connectPacket, credentialsProblem } from "../../../engine/src/device/connect-packet.ts";

const plan = {
  protocolVersion: 5 as const,
  clean: true,
  keepaliveMs: 60_000,
  sessionExpiryS: 0,
  receiveMaximum: 65_535,
  maxPacketBytes: 1000,
  topicAliasMaximum: 0,
};
const device = { clientId: "d", username: null, password: null };
const will = { topic: "gone/d", payload: "é", qos: 1 as const, retain: true };

describe("CONNECT", () => {
  it("says only what differs from the specification's defaults, and its own largest packet", () => {
    expect(connectPacket(plan, device).properties).toEqual({ maximumPacketSize: 1000 });
    expect(
      connectPacket({ ...plan, sessionExpiryS: 9, receiveMaximum: 10, topicAliasMaximum: 5 }, device)
        .properties,
    ).toEqual({
      sessionExpiryInterval: 9,
      receiveMaximum: 10,
      maximumPacketSize: 1000,
      topicAliasMaximum: 5,
    });
  });

  it("carries will and user properties", () => {
    const packet = connectPacket(plan, {
      ...device,
      userProperties: { firmware: "1.2" },
      will: { ...will, delayS: 5, messageExpiryS: 60, contentType: "text/plain", userProperties: { a: "b" } },
    });
    expect(packet).toMatchObject({
      properties: { userProperties: { firmware: "1.2" } },
      will: {
        topic: "gone/d",
        payload: Buffer.from("é"),
        qos: 1,
        retain: true,
        properties: {
          willDelayInterval: 5,
          messageExpiryInterval: 60,
          contentType: "text/plain",
          userProperties: { a: "b" },
        },
      },
    });
  });

  it("of 3.1.1 has no properties", () => {
    const packet = connectPacket({ ...plan, protocolVersion: 4 }, { ...device, will });
    expect(packet).not.toHaveProperty("properties");
    expect(packet.will).not.toHaveProperty("properties");
  });
});

describe("credentials that make no CONNECT", () => {
  it.each([
    [{ clientId: "" }, false, /clean session/],
    [{ password: "p" }, true, /user name/],
    [{ username: "é".repeat(32_768) }, true, /65535/],
    [{ will: { ...will, topic: "a/+" } }, true, /topic/],
    [{ userProperties: { a: "x".repeat(65_536) } }, true, /65535/],
  ])("%#", (part, clean, problem) => {
    expect(credentialsProblem(clean, { ...device, ...part })).toMatch(problem);
  });

  it.each([
    {},
    { clientId: "" },
    { username: "x".repeat(65_535), password: "p" },
    { will },
  ])("not %#", (part) => {
    expect(credentialsProblem(true, { ...device, ...part })).toBe(null);
  });
});
