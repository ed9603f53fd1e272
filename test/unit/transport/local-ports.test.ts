import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  drawPort,
  localPortPaths,
  localPortWarning,
  parsePortPool,
  portCount,
} from "../../../engine/src/transport/local-ports.ts";

describe("the ports of this host", () => {
  it.each<[string, string, number | null]>([
    ["32768\t60999\n", "\n", 28_232],
    ["1024 65535", "", 64_512],
    ["80 65535", "", 64_512],
    ["32768 60999", "1883,40000-40009,50000\n", 28_221],
    ["2000 2001", "1-3000", null],
    ["60999 32768", "", null],
    ["", "", null],
    ["many", "", null],
  ])("of the range %j without the reserved %j: %s", (range, reserved, ports) => {
    const pool = parsePortPool(range, reserved);
    expect(pool && portCount(pool)).toBe(ports);
  });

  it("are drawn without those that are reserved, and all of them can be", () => {
    const port = fc.integer({ min: 1024, max: 65_535 });
    fc.assert(
      fc.property(port, fc.nat(30), fc.array(fc.nat(30), { maxLength: 20 }), (first, more, offsets) => {
        const last = Math.min(65_535, first + more);
        const reserved = new Set(offsets.map((offset) => first + offset).filter((one) => one <= last));
        const pool = parsePortPool(`${first} ${last}`, [...reserved].join(","));
        const free = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter(
          (one) => !reserved.has(one),
        );
        if (free.length === 0) {
          expect(pool).toBeNull();
          return;
        }
        if (pool === null) throw new Error("no pool");
        // Every number that random() can give, in small steps: what is drawn is what is free.
        const drawn = new Set<number>();
        const steps = 4 * (last - first + 1);
        for (let step = 0; step < steps; step++) {
          let asked = step;
          drawn.add(drawPort(pool, () => (asked++ % steps) / steps));
        }
        expect([...drawn].sort((a, b) => a - b)).toEqual(free);
      }),
    );
  });
});

describe("a warning before the run", () => {
  const warning = (devices: number | null, paths: number, ports: number | null = 28_232) =>
    localPortWarning(ports, devices, paths, "kernel");

  it("where ports will run out, whoever chooses them", () => {
    expect(warning(28_233, 1)).toContain(
      "28233 devices per source address (or broker), but this host has 28232",
    );
    expect(warning(60_000, 2)).toContain("local_ports");
    expect(localPortWarning(28_232, 28_233, 1, "us")).toContain("local_ports");
  });

  it("where they suffice but the kernel has to search for them", () => {
    expect(warning(14_117, 1)).toContain("more than half of this host's 28232 local ports");
    expect(warning(28_232, 1)).toContain("localAddresses");
    expect(warning(14_116, 1)).toBeNull();
    expect(localPortWarning(28_232, 28_232, 1, "us")).toBeNull();
  });

  it("counts source addresses, or else brokers: a port that the kernel binds is taken whatever the broker", () => {
    expect(localPortPaths(null, 3, "kernel")).toBe(3);
    expect(localPortPaths(1, 3, "kernel")).toBe(1);
    expect(localPortPaths(2, 1, "kernel")).toBe(2);
    expect(localPortPaths(null, 0, "kernel")).toBe(1);
    expect(localPortPaths(2, 3, "us")).toBe(6);
    expect(localPortPaths(null, 3, "us")).toBe(3);
  });

  it("not where source addresses and brokers share them, nor where nobody knows", () => {
    expect(warning(56_464, 4)).toBeNull();
    expect(warning(null, 1)).toBeNull();
    expect(warning(100_000, 1, null)).toBeNull();
  });
});
