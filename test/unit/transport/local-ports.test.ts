import { describe, expect, it } from "vitest";
import {
  localPortCount,
  localPortPaths,
  localPortWarning,
} from "../../../engine/src/transport/local-ports.ts";

it.each<[string, number | null]>([
  ["32768\t60999\n", 28_232],
  ["1024 65535", 64_512],
  ["60999 32768", 0],
  ["", null],
  ["many", null],
])("%j leaves %s local ports", (range, ports) => {
  expect(localPortCount(range)).toBe(ports);
});

describe("a warning before the run", () => {
  const warning = (devices: number | null, paths: number, ports: number | null = 28_232) =>
    localPortWarning(ports, devices, paths);

  it("where ports will run out", () => {
    expect(warning(28_233, 1)).toContain(
      "28233 devices per source address (or broker), but this host has 28232",
    );
    expect(warning(60_000, 2)).toContain("local_ports");
  });

  it("where they suffice but the kernel has to search for them", () => {
    expect(warning(14_117, 1)).toContain("more than half of this host's 28232 local ports");
    expect(warning(28_232, 1)).toContain("localAddresses");
    expect(warning(14_116, 1)).toBeNull();
  });

  it("counts source addresses, or else brokers: a bound port is taken whatever the broker", () => {
    expect(localPortPaths(null, 3)).toBe(3);
    expect(localPortPaths(1, 3)).toBe(1);
    expect(localPortPaths(2, 1)).toBe(2);
    expect(localPortPaths(null, 0)).toBe(1);
  });

  it("not where source addresses and brokers share them, nor where nobody knows", () => {
    expect(warning(56_464, 4)).toBeNull();
    expect(warning(null, 1)).toBeNull();
    expect(warning(100_000, 1, null)).toBeNull();
  });
});
