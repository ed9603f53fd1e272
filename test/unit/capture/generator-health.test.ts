import { afterEach, describe, expect, it, vi } from "vitest";
import { GeneratorWatch, HealthStretch } from "../../../engine/src/capture/generator-health.ts";

describe("a stretch", () => {
  /** Ticks 20 ms apart, each late by so much; the time of a late one passes as well. */
  function ticking(stretch: HealthStretch, fromMs = 0) {
    let nowMs = fromMs;
    return (delayMs: number, operations = 0): void => {
      nowMs += 20 + delayMs;
      stretch.tick(delayMs, nowMs, operations);
    };
  }

  it("of nothing is empty", () => {
    expect(new HealthStretch(0).read()).toEqual({
      watchedMs: 0,
      eventLoopDelayMs: { p50: 0, p99: 0, max: 0 },
      operationDelayMs: null,
      stalledMs: 0,
      cpuShare: 0,
      cpuWaitMs: null,
    });
  });

  it("keeps the busiest share, to a thousandth", () => {
    const stretch = new HealthStretch(0);
    for (const share of [0.2, 0.87654, 0.5]) stretch.cpu(share);
    expect(stretch.read().cpuShare).toBe(0.877);
  });

  it("counts the ticks that a late one hid", () => {
    const stretch = new HealthStretch(0);
    const tick = ticking(stretch);
    for (let i = 0; i < 980; i++) tick(1);
    // 400 ms late: 20 ticks of 400, 380 … 20 ms, which are 2 % of 1,000.
    tick(400);
    const { p50, p99, max } = stretch.read().eventLoopDelayMs;
    // The 990th smallest is the tenth of the twenty: 200 ms.
    expect([p50, p99, max].map(Math.round)).toEqual([1, 200, 400]);
    expect(stretch.read()).toMatchObject({ watchedMs: 980 * 21 + 420, stalledMs: 400 });
  });

  it("adds up what is later than 10 ms", () => {
    const stretch = new HealthStretch(0);
    const tick = ticking(stretch);
    for (const delayMs of [0, 9.9, 10, 10.5, 30, 2]) tick(delayMs);
    expect(stretch.read().stalledMs).toBe(40.5);
  });

  it("weighs a delay by the operations that met it", () => {
    const stretch = new HealthStretch(0);
    const tick = ticking(stretch);
    for (let i = 0; i < 1000; i++) tick(0.1);
    tick(15, 90);
    tick(3, 10);
    const { operationDelayMs } = stretch.read();
    expect(operationDelayMs?.p50).toBeCloseTo(15, 1);
    expect(operationDelayMs?.p99).toBeCloseTo(15, 1);
  });

  it("does not answer for what delayed the loop before it began: the pass that cuts the devices", () => {
    const stretch = new HealthStretch(1000);
    stretch.tick(300, 1005, 0);
    expect(stretch.read()).toMatchObject({ stalledMs: 0, eventLoopDelayMs: { max: 5 } });
  });

  it("ends by itself where there is nothing more to watch, with what was so until then", () => {
    let isOver = false;
    let waitedMs = 100;
    const stretch = new HealthStretch(
      0,
      () => waitedMs,
      () => isOver,
    );
    const tick = ticking(stretch);
    waitedMs = 140;
    tick(1);
    isOver = true;
    tick(2);
    const { watchedMs, cpuWaitMs } = stretch.read();
    expect([watchedMs, cpuWaitMs]).toEqual([43, 40]);
    waitedMs = 1000;
    tick(500);
    stretch.cpu(1);
    expect(stretch.read()).toMatchObject({ watchedMs: 43, stalledMs: 0, cpuShare: 0, cpuWaitMs: 40 });
  });
});

describe("the watch", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells a stretch of the ticks between its begin and its end, and no other", () => {
    vi.useFakeTimers();
    const watch = new GeneratorWatch(() => 0);
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

  it.skipIf(process.platform !== "linux")("knows how long this thread waited for a processor", async () => {
    const watch = new GeneratorWatch(() => 0);
    const stretch = watch.begin();
    await new Promise((resolve) => setTimeout(resolve, 50));
    watch.end(stretch);
    watch.stop();
    const { cpuWaitMs, watchedMs } = stretch.read();
    expect(cpuWaitMs).toBeGreaterThanOrEqual(0);
    expect(cpuWaitMs).toBeLessThan(60_000);
    expect(watchedMs).toBeGreaterThan(0);
  });
});
