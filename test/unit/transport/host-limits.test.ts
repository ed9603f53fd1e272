import { describe, expect, it } from "vitest";
import {
  descriptorWarning,
  devicesOfPhases,
  halfOpenWarning,
  openFilesLimit,
} from "../../../engine/src/transport/descriptors.ts";
import { HostLimits } from "../../../engine/src/transport/host-limits.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             127235               127235               processes
Max open files            1024                 524288               files
`;

describe("the limit on open files", () => {
  it.each<[string, number | null]>([
    [LIMITS, 1024],
    [LIMITS.replace("1024  ", "unlimited"), Number.POSITIVE_INFINITY],
    ["", null],
  ])("is read from /proc/self/limits", (text, limit) => {
    expect(openFilesLimit(text)).toBe(limit);
  });

  it.each<[number | null, number | null, boolean]>([
    [1024, 825, true],
    [1024, 824, false],
    [Number.POSITIVE_INFINITY, 1_000_000, false],
    [null, 1_000_000, false],
    [1024, null, false],
  ])("of %s for %s devices: warning %s", (limit, devices, warns) => {
    const warning = descriptorWarning(limit, devices);
    expect(warning !== null).toBe(warns);
    expect(descriptorWarning(limit, devices && Math.ceil(devices / 2), 2) !== null).toBe(warns);
    if (warning !== null) {
      expect(warning).toContain("may open 1024 files, but 825 devices need about 1025");
      expect(warning).toContain("ulimit");
    }
  });
});

it("half-open connections that there is no room for are told of, beside devices that there is room for", () => {
  expect(halfOpenWarning(1000, 999, 2000)).toContain(
    "up to 1000 connections half-open beside those of 2000 devices, each with an open file and a local port of its own, and this process has room for 999",
  );
  expect(halfOpenWarning(1000, 1000, 2000)).toBeNull();
});

describe("the devices that phases start", () => {
  it.each<[unknown, number, number | null]>([
    [[{ duration: "10s", arrivalRate: 200 }], 1, 2000],
    [[{ duration: 10, arrivalRate: 100 }], 2, 2000],
    [[{ duration: "10s", arrivalRate: 10, rampTo: 30 }], 1, 200],
    [[{ duration: "1m", arrivalCount: 500 }, { pause: 5 }, { duration: 2, arrivalRate: 1 }], 4, 508],
    [[{ duration: "10s", arrivalRate: 200, maxVusers: 50 }], 1, null],
    [[{ arrivalRate: 200 }], 1, null],
    [[{ duration: "10s" }], 1, null],
    [undefined, 1, null],
  ])("%j on %i workers", (phases, workers, devices) => {
    expect(devicesOfPhases(phases, workers)).toBe(devices);
  });
});

it("each exhausted resource is named once, with its remedy", () => {
  const lines: string[] = [];
  const limits = new HostLimits((line) => lines.push(line));
  limits.look({ tcp_refused: 3 });
  limits.look({ local_ports: 1 });
  limits.look({ local_ports: 9, descriptors: 2 });
  limits.look({ http_descriptors: 1 });
  expect(lines).toHaveLength(3);
  expect(lines[2]).toContain("http steps fail");
  expect(lines[0]).toContain("localAddresses");
  expect(lines[1]).toContain("ulimit");
});
