import { expect, it } from "vitest";
import { clientRecord } from "../../../engine/src/fleet/client-record.ts";
import { planClient, type WholeClientSettings } from "../../../engine/src/script/client-plan.ts";

const SETTINGS: WholeClientSettings = {
  protocolVersion: 5,
  keepalive: 60_000,
  connectTimeout: 10_000,
  ackTimeout: 20_000,
  session: { clean: false, expiry: Number.POSITIVE_INFINITY },
  resubscribe: "auto",
  reconnect: { policy: "full-jitter", base: 500 },
};

it("tells of a client what its devices have, and nothing that they do not read", () => {
  expect(clientRecord(planClient(SETTINGS, {}))).toEqual({
    protocolVersion: 5,
    keepaliveMs: 60_000,
    connectTimeoutMs: 10_000,
    ackTimeoutMs: 20_000,
    clean: false,
    sessionExpiryMs: null,
    resubscribe: "auto",
    receiveMaximum: null,
    topicAliasMaximum: null,
    serverReference: null,
    reconnect: { preset: null, policy: "full-jitter", baseMs: 500, capMs: 30_000, resetAfter: "ready" },
    longestBackoffMs: 30_000,
  });
  const reconnect = (settings: WholeClientSettings["reconnect"]) =>
    clientRecord(planClient(SETTINGS, { reconnect: settings })).reconnect;
  expect(reconnect({ policy: "uniform", window: 7000 })).toEqual({
    preset: null,
    policy: "uniform",
    windowMs: 7000,
    resetAfter: "ready",
  });
  expect(reconnect({ preset: "aws-iot" })).toMatchObject({
    preset: "aws-iot",
    capMs: 120_000,
    resetAfter: { connectedMs: 30_000 },
  });
});
