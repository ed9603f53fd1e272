import { describe, expect, it } from "vitest";
import type { FailoverPolicy } from "../../../engine/src/region/failover.ts";
import { Rig } from "./device-rig.ts";

/** At home in region 1 of 3; leaves a region after 2 failures. */
function rigOf(policy: FailoverPolicy): Rig {
  return new Rig({}, { failover: { policy, after: 2, regions: 3 }, home: () => 1 });
}

/** One attempt of a device that is about to reconnect, refused. */
function refuse(rig: Rig): void {
  rig.time.advance(10_000);
  rig.broker.ends("tcp_refused");
}

describe("a device of several regions", () => {
  it.each([
    ["next", 1],
    ["sticky", 2],
  ] as const)("by %s fails over, bootstraps there, and begins its next outage in %i", (policy, begins) => {
    const rig = rigOf(policy).start();
    expect(rig.device.region).toBe(1);
    rig.device.drop("reset", 1);
    refuse(rig);
    expect(rig.device.region).toBe(1);
    refuse(rig);
    expect(rig.device.region).toBe(2);
    rig.onBootstrap = (device) => expect(device.region).toBe(2);
    rig.reconnect(10_000);
    expect(rig.bootstraps.length).toBe(2);
    rig.device.drop("reset", 2);
    expect(rig.device.region).toBe(begins);
  });

  it("is in region 0 where the script has none", () => {
    expect(new Rig().start().device.region).toBe(0);
  });
});
