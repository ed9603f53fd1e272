import { describe, expect, it } from "vitest";
import { RegionCounts } from "../../../engine/src/region/counts.ts";
import type { FailoverPolicy } from "../../../engine/src/region/failover.ts";
import { RegionLoads } from "../../../engine/src/region/load.ts";
import { Rig } from "./device-rig.ts";

/** A device at home in region 1 of 3, which leaves a region after 2 failures. */
function rigOf(
  policy: FailoverPolicy,
  returnHomeMs = Number.POSITIVE_INFINITY,
): { rig: Rig; counts: RegionCounts } {
  const counts = new RegionCounts(["eu", "us", "ap"]);
  const failover = { policy, after: 2, returnHomeMs, regions: 3 };
  return {
    rig: new Rig({}, { failover, counts, loads: new RegionLoads(["eu", "us", "ap"]), home: () => 1 }),
    counts,
  };
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
    const { rig, counts } = rigOf(policy);
    rig.start();
    expect(rig.device.region).toBe(1);
    rig.device.part.drop("reset", 1);
    refuse(rig);
    expect(rig.device.region).toBe(1);
    refuse(rig);
    expect(rig.device.region).toBe(2);
    rig.onBootstrap = (device) => expect(device.region).toBe(2);
    rig.reconnect(10_000);
    expect(rig.bootstraps.length).toBe(2);
    expect(counts.byName()).toMatchObject({
      eu: { connectsAccepted: 0, failovers: 0 },
      us: { connectsAccepted: 1, failovers: 0 },
      ap: { connectsAccepted: 1, failovers: 1 },
    });
    rig.device.part.drop("reset", 2);
    expect(rig.device.region).toBe(begins);
  });

  it("goes home by itself after the time that the script says, politely and not as a failure", () => {
    const { rig, counts } = rigOf("next", 5000);
    rig.start();
    rig.device.part.drop("reset", 1);
    refuse(rig);
    refuse(rig);
    rig.reconnect(10_000);
    rig.bootstraps.at(-1)?.(null);
    expect(rig.device.state).toBe("ready");
    rig.time.advance(4999);
    rig.device.look(rig.time.now());
    expect(rig.device.state).toBe("ready");
    rig.time.advance(1);
    rig.device.look(rig.time.now());
    expect(rig.device.state).toBe("backoff");
    expect(rig.device.region).toBe(1);
    expect(rig.log).toContainEqual({ event: "disconnected", name: "return_home", wasReady: true });
    expect(rig.log.filter(({ event }) => event === "error")).toEqual([]);
    expect(rig.device.part.standing).toMatchObject({ isBack: true, isLost: false });
    rig.reconnect(10_000);
    expect(counts.byName()["us"]).toMatchObject({ connectsAccepted: 2, failovers: 0 });
  });

  it("gives up an attempt at a region that is lost meanwhile, and no connection", () => {
    const { rig } = rigOf("next");
    rig.device.connect();
    rig.device.part.refuse("region_lost");
    expect(rig.device.state).toBe("backoff");
    expect(rig.log).toContainEqual({ event: "connectRefused", name: "region_lost" });
    rig.reconnect(10_000);
    rig.device.part.refuse("region_lost");
    expect(rig.device.isOnline).toBe(true);
  });

  it("is in region 0 where the script has none", () => {
    expect(new Rig().start().device.region).toBe(0);
  });
});
