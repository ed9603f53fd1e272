import { describe, expect, it } from "vitest";
import { connackReason, reasonName } from "../../../engine/src/transport/reason-codes.ts";

describe("CONNACK", () => {
  it.each([
    [0, "accepted"],
    [1, "unacceptable_protocol_version"],
    [5, "not_authorized"],
    [6, "unknown_code"],
    [127, "unknown_code"],
    [128, "unspecified_error"],
    [132, "unsupported_protocol_version"],
    [138, "banned"],
    [159, "connection_rate_exceeded"],
    [163, "unknown_code"],
    [255, "unknown_code"],
  ])("%i is %s", (code, name) => {
    expect(connackReason(code)).toBe(name);
  });
});

describe("every other packet", () => {
  it.each([
    [0, "success"],
    [1, "unknown_code"],
    [4, "disconnect_with_will_message"],
    [142, "session_taken_over"],
    [162, "wildcard_subscriptions_not_supported"],
    [163, "unknown_code"],
  ])("%i is %s", (code, name) => {
    expect(reasonName(code)).toBe(name);
  });
});

it("names are distinct and fit a metric's name; 0x80 to 0xA2 all have one", () => {
  const names = Array.from({ length: 35 }, (_, i) => reasonName(128 + i));
  expect(new Set(names).size).toBe(35);
  expect(names).not.toContain("unknown_code");
  expect(names.filter((name) => !/^[a-z_]+$/.test(name))).toEqual([]);
});
