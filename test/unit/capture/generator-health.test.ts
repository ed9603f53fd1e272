import { afterEach, describe, expect, it, vi } from "vitest";
import { GeneratorWatch, HealthStretch, isSaturated } from "../../../engine/src/capture/generator-health.ts";

describe("isSaturated", () => {
  it.each([
    // p99 of the event-loop delay in ms, share of a core
    [0, 0, false],
    [0, 1, false],
    [25, 1, false],
    [25.1, 1, true],
    [25.1, 0.95, true],
    [25.1, 0.949, false],
    [100, 0.5, false],
    [100.1, 0, true],
    [100.1, 1, true],
  ])("%f ms, %f of a core: %s", (delay, cpu, saturated) => {
    expect(isSaturated(delay, cpu)).toBe(saturated);
  });
});

describe("a stretch", () => {
  it("of nothing is healthy", () => {
    expect(new HealthStretch().read()).toEqual({
      saturated: false,
      eventLoopDelayMs: { p99: 0, max: 0 },
      cpuShare: 0,
    });
  });

  it("keeps the busiest share, to a thousandth", () => {
    const stretch = new HealthStretch();
    for (const share of [0.2, 0.87654, 0.5]) stretch.cpu(share);
    expect(stretch.read().cpuShare).toBe(0.877);
  });

  it("counts the ticks that a late one hid", () => {
    const stretch = new HealthStretch();
    for (let i = 0; i < 980; i++) stretch.tick(1);
    // 400 ms late: 20 ticks of 400, 380 … 20 ms, which are 2 % of 1,000.
    stretch.tick(400);
    const { p99, max } = stretch.read().eventLoopDelayMs;
    expect(Math.round(max)).toBe(400);
    // The 990th smallest is the tenth of the twenty: 200 ms.
    expect(Math.round(p99)).toBe(200);
    expect(stretch.read().saturated).toBe(true);
  });

  it("is not saturated by a single late tick among many", () => {
    const stretch = new HealthStretch();
    for (let i = 0; i < 10_000; i++) stretch.tick(1);
    stretch.tick(400);
    expect(Math.round(stretch.read().eventLoopDelayMs.p99)).toBe(1);
    expect(stretch.read().saturated).toBe(false);
  });
});

describe("the watch", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells a stretch of the ticks between its begin and its end, and no other", () => {
    vi.useFakeTimers();
    const watch = new GeneratorWatch();
    const tick = vi.spyOn(HealthStretch.prototype, "tick");
    vi.advanceTimersByTime(100);
    expect(tick).toHaveBeenCalledTimes(0);
    const stretch = watch.begin();
    vi.advanceTimersByTime(100);
    expect(tick).toHaveBeenCalledTimes(5);
    const other = watch.begin();
    vi.advanceTimersByTime(20);
    expect(tick).toHaveBeenCalledTimes(7);
    watch.end(stretch);
    vi.advanceTimersByTime(20);
    expect(tick).toHaveBeenCalledTimes(8);
    watch.stop();
    vi.advanceTimersByTime(1000);
    expect(tick).toHaveBeenCalledTimes(8);
    watch.end(other);
    tick.mockRestore();
  });
});
