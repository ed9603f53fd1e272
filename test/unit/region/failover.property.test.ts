import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FAILOVER_POLICIES,
  type FailoverPlan,
  regionAfterFailure,
  regionAtLoss,
} from "../../../engine/src/region/failover.ts";

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const plans = fc.record({
  policy: fc.constantFrom(...FAILOVER_POLICIES),
  after: fc.integer({ min: 1, max: 5 }),
  returnHomeMs: fc.constant(Number.POSITIVE_INFINITY),
  regions: fc.integer({ min: 2, max: 8 }),
});

describe("failover", () => {
  it("stays until `after` attempts have failed, then goes to another region of the script", () => {
    fc.assert(
      fc.property(plans, fc.nat(7), fc.integer({ min: 1, max: 9 }), random, (plan, at, failures, draw) => {
        const region = at % plan.regions;
        const next = regionAfterFailure(plan, region, failures, draw);
        expect(next === region).toBe(failures < plan.after);
        expect(next).toBeGreaterThanOrEqual(0);
        expect(next).toBeLessThan(plan.regions);
      }),
    );
  });

  it("reaches every region by next and sticky, and comes back home", () => {
    fc.assert(
      fc.property(plans, fc.nat(7), (plan, at) => {
        fc.pre(plan.policy !== "random");
        const home = at % plan.regions;
        const visited = new Set<number>();
        let region = home;
        for (let i = 0; i < plan.regions; i++) {
          visited.add(region);
          region = regionAfterFailure(plan, region, plan.after, 0);
        }
        expect(visited.size).toBe(plan.regions);
        expect(region).toBe(home);
      }),
    );
  });

  it("chooses evenly among the others by random", () => {
    const plan: FailoverPlan = { policy: "random", after: 1, returnHomeMs: 0, regions: 4 };
    const chosen = [0, 0.3, 0.34, 0.6, 0.67, 0.999].map((draw) => regionAfterFailure(plan, 2, 1, draw));
    expect(chosen).toEqual([3, 3, 0, 0, 1, 1]);
  });

  it("knows nowhere else to go with one region", () => {
    for (const policy of FAILOVER_POLICIES) {
      expect(regionAfterFailure({ policy, after: 1, returnHomeMs: 0, regions: 1 }, 0, 5, 0.9)).toBe(0);
    }
  });

  it("begins the next outage at home, but for sticky where the device was", () => {
    const begins = FAILOVER_POLICIES.map((policy) =>
      regionAtLoss({ policy, after: 1, returnHomeMs: 0, regions: 3 }, 0, 2),
    );
    expect(begins).toEqual([0, 0, 2]);
  });
});
