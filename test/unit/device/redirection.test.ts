import { describe, expect, it } from "vitest";
import { parseServerReference } from "../../../engine/src/device/redirection.ts";

describe("server references", () => {
  // The first four are the specification's own examples; MQTT 5.0 section 4.11.
  it.each([
    ["myserver.xyz.org", { host: "myserver.xyz.org", port: null }],
    ["myserver.xyz.org:8883", { host: "myserver.xyz.org", port: 8883 }],
    ["10.10.151.22:8883", { host: "10.10.151.22", port: 8883 }],
    ["[fe80::9610:3eff:fe1c]:1883", { host: "fe80::9610:3eff:fe1c", port: 1883 }],
    ["  first second:1", { host: "first", port: null }],
    ["a/b second:1", { host: "second", port: 1 }],
    ["", null],
    ["mqtt://host", null],
    ["host:65536", null],
    ["fe80::1:1883", null],
    ["user@host", null],
    [`${"x".repeat(254)}`, null],
  ])("%j is %j", (reference, endpoint) => {
    expect(parseServerReference(reference)).toEqual(endpoint);
  });
});
