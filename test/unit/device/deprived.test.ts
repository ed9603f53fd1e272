import { describe, expect, it } from "vitest";
import type { CutCause } from "../../../engine/src/storm/causes/cause.ts";
import { CAUSES } from "../../../engine/src/storm/causes/index.ts";
import type { StormPlan } from "../../../engine/src/storm/schedule.ts";
import { Rig } from "./device-rig.ts";

/** `for` of a storm, in virtual time: what a device lacks, and when it is back. Its back-off is 100 ms, 200 ms, 400 ms … */

const FOR_MS = 8000;

/** Takes the device as the storm's pass does: first what it lacks, then its connection. */
function strike(rig: Rig, cause: "silent" | "reset", of: "power" | "network"): number | null {
  const plan: StormPlan = {
    index: 1,
    atMs: 0,
    fraction: 1,
    cause,
    windowMs: 30_000,
    outage: { of, forMs: FOR_MS },
  };
  const { part } = rig.device;
  part.deprive(of, rig.time.now() + FOR_MS);
  const lostAtMs = (CAUSES[cause] as CutCause).cut(rig.device, plan);
  if (lostAtMs === null) part.interrupt(of);
  return lostAtMs;
}

/** When each connection was opened, from now on; the device meets a broker that accepts it at once. */
function openings(rig: Rig, forMs: number): number[] {
  const startMs = rig.time.now();
  const times: number[] = [];
  for (let ms = 0; ms < forMs; ms += 10) {
    const before = rig.network.opened.length;
    rig.time.advance(10);
    if (rig.network.opened.length === before) continue;
    times.push(rig.time.now() - startMs);
    rig.makeReady();
  }
  return times;
}

describe.each(["silent", "reset"] as const)("a device without power, cause %s", (cause) => {
  it("opens nothing before the power is back, and its back-off begins anew then", () => {
    const rig = new Rig().start();
    expect(strike(rig, cause, "power")).toBe(rig.time.now());
    expect(rig.device.state).toBe("backoff");
    expect(openings(rig, 30_000)).toEqual([FOR_MS + 100]);
    expect(rig.events("becameReady")).toMatchObject([{ event: "becameReady" }]);
  });

  it("whose power goes while it waits for its next attempt loses that one, and the back-off that had grown", () => {
    const rig = new Rig().start();
    rig.broker.ends();
    for (const waitMs of [100, 200, 400]) {
      rig.time.advance(waitMs);
      rig.broker.ends("tcp_refused");
    }
    expect(rig.device.state).toBe("backoff");
    expect(strike(rig, cause, "power")).toBeNull();
    expect(openings(rig, 30_000)).toEqual([FOR_MS + 100]);
  });
});

it("a device without network keeps trying in vain, so that its back-off has grown when the network is back", () => {
  const rig = new Rig({ connectTimeoutMs: 1000 }).start();
  strike(rig, "reset", "network");
  // Attempts at 100, 1300, 2700, 4500 and 7100 ms have no answer for a second each; the next one gets through.
  expect(openings(rig, 30_000)).toEqual([8100 + 3200]);
  expect(rig.events("connectRefused").map(({ name }) => name)).toEqual(Array(5).fill("tcp_timeout"));
});

it("a device without network that is silent tries nothing before it finds out by its keepalive", () => {
  const rig = new Rig({ keepaliveMs: 2000 }).start();
  strike(rig, "silent", "network");
  expect(rig.device.state).toBe("ready");
  expect(rig.network.opened).toHaveLength(1);
  expect(rig.events("disconnected")).toEqual([]);
});
