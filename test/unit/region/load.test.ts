import { describe, expect, it } from "vitest";
import { RegionLoads } from "../../../engine/src/region/load.ts";

function run(loads: RegionLoads, fromS: number, toS: number, each: (second: number) => void): void {
  for (let second = fromS; second < toS; second++) {
    each(second);
    loads.tick((second + 1) * 1000);
  }
}

describe("the load on regions", () => {
  it("has the best five seconds of what each accepted and answered, not the best second", () => {
    const loads = new RegionLoads(["eu", "ap"]);
    loads.tick(0);
    run(loads, 0, 10, (second) => {
      for (let i = 0; i < 10; i++) loads.count(0, "accepted");
      // 50 at once, and nothing in the seconds around.
      if (second === 5) for (let i = 0; i < 50; i++) loads.count(1, "answered");
    });
    expect(loads.sustained()).toEqual([
      { sustainedConnects: 10, sustainedAnswers: 0 },
      { sustainedConnects: 0, sustainedAnswers: 10 },
    ]);
  });
  it("knows nothing of a region that was watched for less", () => {
    const loads = new RegionLoads(["eu"]);
    loads.tick(0);
    run(loads, 0, 3, () => loads.count(0, "accepted"));
    expect(loads.sustained()).toEqual([{ sustainedConnects: 0, sustainedAnswers: 0 }]);
  });
  it("has what was offered in the last stretch of a window", () => {
    const loads = new RegionLoads(["eu", "ap"]);
    loads.tick(0);
    run(loads, 0, 6, () => loads.count(0, "accepted"));
    const sustained = loads.sustained();
    // The load grows until the last 10 s.
    run(loads, 6, 36, (second) => {
      const times = second < 26 ? 100 : 4;
      for (let i = 0; i < times; i++) loads.count(1, "stormConnects");
      if (second >= 26) for (let i = 0; i < 2; i++) loads.count(1, "stormRequests");
    });
    expect(loads.since(26_000, 36_000, sustained)).toEqual({
      eu: { sustainedConnects: 1, sustainedAnswers: 0, offeredConnects: 0, offeredRequests: 0 },
      ap: { sustainedConnects: 0, sustainedAnswers: 0, offeredConnects: 4, offeredRequests: 2 },
    });
  });
  it("keeps nothing of before and after a window that no mean needs", () => {
    const loads = new RegionLoads(["eu"]);
    // As of the oldest second that is left.
    const offered = (nowS: number): number | undefined =>
      loads.since(0, nowS * 1000, [])["eu"]?.offeredConnects;
    loads.tick(0);
    run(loads, 0, 100, () => loads.count(0, "stormConnects"));
    run(loads, 100, 200, () => {});
    expect(offered(200)).toBe(0);
    loads.sustained();
    run(loads, 200, 300, () => loads.count(0, "stormConnects"));
    run(loads, 300, 400, () => {});
    expect(offered(400)).toBeCloseTo(0.5, 1);
    run(loads, 400, 500, () => {});
    expect(offered(500)).toBe(0);
  });
});
