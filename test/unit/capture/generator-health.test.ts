import { afterEach, describe, expect, it, vi } from "vitest";
import {
  GeneratorWatch,
  HealthStretch,
  RecoveryStretch,
} from "../../../engine/src/capture/generator-health.ts";

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

  it("stays as it was when it ended", () => {
    let waitedMs = 100;
    const stretch = new HealthStretch(0, () => waitedMs);
    const tick = ticking(stretch);
    waitedMs = 140;
    tick(1);
    stretch.end();
    waitedMs = 1000;
    tick(500);
    stretch.cpu(1);
    expect(stretch.read()).toMatchObject({ watchedMs: 21, stalledMs: 0, cpuShare: 0, cpuWaitMs: 40 });
  });
});

describe("the recovery", () => {
  function recovering() {
    let comebacks = 0;
    let waitedMs = 0;
    let nowMs = 0;
    const stretch = new RecoveryStretch(
      0,
      () => comebacks,
      () => waitedMs,
    );
    const tick = (delayMs: number, back = 0): void => {
      nowMs += 20 + delayMs;
      waitedMs += delayMs;
      comebacks += back;
      stretch.tick(delayMs, nowMs, 1);
    };
    return { stretch, tick };
  }

  it("lasts until the last device came back, however long others stay away", () => {
    const { stretch, tick } = recovering();
    for (let i = 0; i < 10; i++) tick(30, 1);
    const until = stretch.read().recovery;
    expect(until).toMatchObject({ watchedMs: 500, stalledMs: 300, cpuWaitMs: 300 });
    for (let i = 0; i < 1000; i++) tick(0);
    expect(stretch.read().recovery).toEqual(until);
    expect(stretch.read().window).toMatchObject({ watchedMs: 20_500, stalledMs: 300 });
  });

  it("goes on with a later comeback, and has all that was before it", () => {
    const { stretch, tick } = recovering();
    tick(0, 1);
    tick(400);
    tick(0);
    expect(stretch.read().recovery.stalledMs).toBe(0);
    tick(0, 5);
    expect(stretch.read().recovery).toMatchObject({ watchedMs: 480, stalledMs: 400, cpuWaitMs: 400 });
    expect(stretch.read().recovery.eventLoopDelayMs.max).toBe(400);
  });

  it("is the whole window where nobody comes back", () => {
    const { stretch, tick } = recovering();
    for (const delayMs of [0, 50, 0]) tick(delayMs);
    stretch.cpu(0.7);
    const { recovery, window } = stretch.read();
    expect(recovery).toEqual(window);
    expect(window).toMatchObject({ watchedMs: 110, stalledMs: 50, cpuShare: 0.7 });
  });

  it("has the use of the processor of the time in which somebody came back, and before", () => {
    const { stretch, tick } = recovering();
    tick(0);
    stretch.cpu(0.6);
    expect(stretch.read().window.cpuShare).toBe(0.6);
    tick(0, 1);
    tick(0);
    stretch.cpu(0.8);
    stretch.cpu(0.9);
    tick(0);
    expect(stretch.read().recovery.cpuShare).toBe(0.8);
    stretch.end();
    tick(100, 1);
    stretch.cpu(1);
    expect(stretch.read().recovery).toMatchObject({ cpuShare: 0.8, stalledMs: 0 });
    expect(stretch.read().window).toMatchObject({ cpuShare: 0.9, stalledMs: 0 });
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
