import { describe, expect, it } from "vitest";
import { RegionRoute } from "../../../engine/src/device/region-route.ts";
import type { FailoverPolicy } from "../../../engine/src/region/failover.ts";

function route(policy: FailoverPolicy): RegionRoute {
  return new RegionRoute({ policy, after: 2, returnHomeMs: Number.POSITIVE_INFINITY, regions: 3 }, 1);
}

/** The region of each attempt while none is answered. */
function attempts(of: RegionRoute, count: number, draw = 0): number[] {
  return Array.from({ length: count }, () => {
    const { region } = of;
    of.failed(() => draw);
    return region;
  });
}

describe("the way of a device through the regions", () => {
  it("goes on to the next region, and round again, each time after two failures", () => {
    expect(attempts(route("next"), 8)).toEqual([1, 1, 2, 2, 0, 0, 1, 1]);
  });

  it("goes to a random other region", () => {
    expect(attempts(route("random"), 4, 0.9)).toEqual([1, 1, 0, 0]);
  });

  it("counts failures from the last accepted connection", () => {
    const next = route("next");
    attempts(next, 1);
    next.accepted();
    expect(attempts(next, 3)).toEqual([1, 1, 2]);
  });

  it.each([
    ["next", 1],
    ["random", 1],
    ["sticky", 2],
  ] as const)("%s begins its next outage in region %i", (policy, expected) => {
    const of = route(policy);
    attempts(of, 2);
    of.accepted();
    expect(of.region).toBe(2);
    of.lost();
    expect(of.region).toBe(expected);
  });

  it("draws no random number before it needs one", () => {
    const of = route("random");
    of.failed(() => {
      throw new Error("drawn");
    });
    expect(of.region).toBe(1);
  });
});
