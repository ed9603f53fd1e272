import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Fleet } from "../../../engine/src/fleet/fleet.ts";
import { time as live } from "../../../engine/src/live/clock.ts";
import { outcome, Rig } from "../device/device-rig.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function fleetOf(hasPlanEnd: boolean): { fleet: Fleet; rig: Rig } {
  const rig = new Rig({ keepaliveMs: 5000 });
  const time = { ...live, now: () => rig.time.now() };
  const fleet = new Fleet({ hasPlanEnd, time });
  rig.host.fleet = fleet;
  fleet.add(rig.device);
  return { fleet, rig };
}

describe("whenReady", () => {
  it("is at once for a device that is ready", () => {
    const { fleet, rig } = fleetOf(false);
    rig.start();
    const { done, results } = outcome();
    fleet.whenReady(rig.device, 10, done);
    expect(results).toEqual([null]);
    vi.advanceTimersByTime(1000);
    expect(results).toEqual([null]);
  });

  it("settles once when the device becomes ready before its limit, and not again at the limit or the end", () => {
    const { fleet, rig } = fleetOf(true);
    rig.device.connect();
    const { done, results } = outcome();
    fleet.whenReady(rig.device, 1000, done);
    vi.advanceTimersByTime(999);
    expect(results).toEqual([]);
    rig.makeReady();
    expect(results).toEqual([null]);
    vi.advanceTimersByTime(5000);
    fleet.over();
    rig.device.end("ended");
    expect(results).toEqual([null]);
  });

  it("settles once at its limit, and not again when the device becomes ready after all", () => {
    const { fleet, rig } = fleetOf(true);
    rig.device.connect();
    const { done, results } = outcome();
    fleet.whenReady(rig.device, 1000, done);
    vi.advanceTimersByTime(1000);
    expect(results).toEqual(["gave_up"]);
    rig.makeReady();
    fleet.over();
    expect(results).toEqual(["gave_up"]);
  });

  it.each([
    [true, null, 1_000_000, []],
    [false, null, 59_999, []],
    [false, null, 60_000, ["gave_up"]],
    [true, 60_000, 60_000, ["gave_up"]],
  ])("with an end planned: %s, and a limit of %s, after %i ms: %j", (hasPlanEnd, limit, ms, expected) => {
    const { fleet, rig } = fleetOf(hasPlanEnd);
    rig.device.connect();
    const { done, results } = outcome();
    fleet.whenReady(rig.device, limit, done);
    vi.advanceTimersByTime(ms);
    expect(results).toEqual(expected);
  });

  it("gives up when the last window ends, and at once after that", () => {
    const { fleet, rig } = fleetOf(true);
    rig.device.connect();
    const [before, after] = [outcome(), outcome()];
    fleet.whenReady(rig.device, null, before.done);
    fleet.over();
    fleet.whenReady(rig.device, null, after.done);
    expect([before.results, after.results]).toEqual([["gave_up"], ["gave_up"]]);
    rig.makeReady();
    expect([before.results, after.results]).toEqual([["gave_up"], ["gave_up"]]);
  });

  it("is told why a device ended", () => {
    const { fleet, rig } = fleetOf(true);
    rig.device.connect();
    const [before, after] = [outcome(), outcome()];
    fleet.whenReady(rig.device, 1000, before.done);
    rig.device.end("interrupted");
    fleet.whenReady(rig.device, 1000, after.done);
    vi.advanceTimersByTime(1000);
    expect([before.results, after.results]).toEqual([["interrupted"], ["ended"]]);
  });
});

it("whenOver calls back at the end of the last window, or at once after it", () => {
  const { fleet } = fleetOf(true);
  const heard: string[] = [];
  fleet.whenOver(() => heard.push("before"), { vars: {} });
  expect(heard).toEqual([]);
  fleet.over();
  fleet.over();
  fleet.whenOver(() => heard.push("after"), { vars: {} });
  expect(heard).toEqual(["before", "after"]);
});

it("repeat waits for each run to be done, and ends with the device", () => {
  const { fleet, rig } = fleetOf(true);
  rig.start();
  const runs: (() => void)[] = [];
  fleet.repeat(
    rig.device,
    () => 100,
    (done) => runs.push(done),
    30,
  );
  vi.advanceTimersByTime(29);
  expect(runs.length).toBe(0);
  vi.advanceTimersByTime(1);
  expect(runs.length).toBe(1);
  vi.advanceTimersByTime(10_000);
  expect(runs.length).toBe(1);
  runs[0]?.();
  vi.advanceTimersByTime(100);
  expect(runs.length).toBe(2);
  runs[1]?.();
  rig.device.end("ended");
  vi.advanceTimersByTime(10_000);
  expect(runs.length).toBe(2);
});

it("counts devices that ended as started", () => {
  const { fleet, rig } = fleetOf(true);
  const [member] = fleet.members;
  if (member) fleet.remove(member);
  fleet.add(rig.device);
  expect([fleet.members.size, fleet.started]).toEqual([1, 2]);
});

describe("expire", () => {
  it("is at the end of the last window, once, for those who still wait", () => {
    const { fleet } = fleetOf(true);
    const expired: string[] = [];
    const stop = fleet.expire(() => expired.push("stopped"));
    fleet.expire(() => expired.push("first"));
    stop();
    vi.advanceTimersByTime(3_600_000);
    expect(expired).toEqual([]);
    fleet.over();
    fleet.over();
    expect(expired).toEqual(["first"]);
  });
  it.each([
    ["after the last window", true],
    ["in a script without storms", false],
  ])("is after a minute %s", (_when, hasPlanEnd) => {
    const { fleet } = fleetOf(hasPlanEnd);
    if (hasPlanEnd) fleet.over();
    const expired: string[] = [];
    fleet.expire(() => expired.push("late"));
    fleet.expire(() => expired.push("stopped"))();
    vi.advanceTimersByTime(59_999);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["late"]);
  });
});
