import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Histogram } from "hdr-histogram-js";
import type { GeneratorHealth } from "../contract.ts";
import { newHistogram, toMicroseconds } from "./histograms.ts";

/** How often the event loop is asked to answer. */
const TICK_MS = 20;
/** The busiest stretch of this length gives `cpuShare`. */
const CPU_WINDOW_MS = 2000;
/** A tick that is later than this is a stall; below it is what timers and short callbacks take. */
const STALL_MS = 10;

/** Delay of the event loop and use of the processor over one stretch of time. */
export class HealthStretch {
  readonly #delays = newHistogram("event_loop_delay");
  readonly #operationDelays = newHistogram("operation_delay");
  readonly #beganMs: number;
  readonly #waitedMs: () => number | null;
  readonly #waitedBeforeMs: number | null;
  #watchedMs = 0;
  #stalledMs = 0;
  #longestMs = 0;
  #cpuShare = 0;
  /** What was read when it ended. */
  #final: GeneratorHealth | null = null;

  /**
   * @param beganMs monotonic
   * @param waitedMs how long this thread has waited for a processor so far; null where the system does not say
   */
  constructor(beganMs: number, waitedMs: () => number | null = () => null) {
    this.#beganMs = beganMs;
    this.#waitedMs = waitedMs;
    this.#waitedBeforeMs = waitedMs();
  }

  /**
   * A late tick hides the ticks that could not happen meanwhile: they are added, as HdrHistogram corrects for.
   *
   * @param operations that ended since the last tick: each met a delay of about this
   */
  tick(delayMs: number, nowMs: number, operations: number): void {
    if (this.#final !== null) return;
    this.#watchedMs = nowMs - this.#beganMs;
    // What delayed the loop before the stretch began is none of its own.
    const ownMs = Math.min(delayMs, this.#watchedMs);
    const us = toMicroseconds(ownMs);
    this.#delays.recordValueWithExpectedInterval(us, TICK_MS * 1000);
    if (operations > 0) this.#operationDelays.recordValueWithCount(us, operations);
    if (ownMs > STALL_MS) this.#stalledMs += ownMs;
    this.#longestMs = Math.max(this.#longestMs, ownMs);
  }

  cpu(share: number): void {
    if (this.#final === null) this.#cpuShare = Math.max(this.#cpuShare, share);
  }

  /** It stays as it is from now on. */
  end(): void {
    this.#final ??= this.#measured();
  }

  read(): GeneratorHealth {
    return this.#final ?? this.#measured();
  }

  #measured(): GeneratorHealth {
    const waitedMs = this.#waitedMs();
    return {
      watchedMs: this.#watchedMs,
      eventLoopDelayMs: { ...percentilesOf(this.#delays), max: this.#longestMs },
      operationDelayMs: this.#operationDelays.totalCount === 0 ? null : percentilesOf(this.#operationDelays),
      stalledMs: this.#stalledMs,
      cpuShare: Math.round(this.#cpuShare * 1000) / 1000,
      cpuWaitMs: waitedMs === null || this.#waitedBeforeMs === null ? null : waitedMs - this.#waitedBeforeMs,
    };
  }
}

/**
 * One storm: its whole window, and of that the recovery, which lasts until the last device came back. What comes after a
 * comeback is held back until the next one, so that the quiet end of a window does not dilute the recovery, however long some
 * device stays away.
 */
export class RecoveryStretch {
  readonly #window: HealthStretch;
  readonly #recovery: HealthStretch;
  readonly #comebacks: () => number;
  readonly #waitedNowMs: () => number | null;
  /** How long this thread had waited by the last comeback. */
  #waitedMs: number | null;
  /** Comebacks by the last tick. */
  #seen = 0;
  /** Ticks since the last comeback. */
  #held: Parameters<HealthStretch["tick"]>[] = [];
  #heldCpu = 0;
  #cameBackSinceCpu = false;

  /** @param comebacks devices that have come back so far */
  constructor(beganMs: number, comebacks: () => number, waitedMs: () => number | null = () => null) {
    this.#window = new HealthStretch(beganMs, waitedMs);
    this.#waitedNowMs = waitedMs;
    this.#waitedMs = waitedMs();
    this.#recovery = new HealthStretch(beganMs, () => this.#waitedMs);
    this.#comebacks = comebacks;
  }

  tick(delayMs: number, nowMs: number, operations: number): void {
    this.#window.tick(delayMs, nowMs, operations);
    this.#held.push([delayMs, nowMs, operations]);
    const comebacks = this.#comebacks();
    if (comebacks === this.#seen) return;
    this.#seen = comebacks;
    for (const tick of this.#held) this.#recovery.tick(...tick);
    this.#held = [];
    this.#recovery.cpu(this.#heldCpu);
    this.#heldCpu = 0;
    this.#cameBackSinceCpu = true;
    this.#waitedMs = this.#waitedNowMs();
  }

  /** @param share of the time since the last call */
  cpu(share: number): void {
    this.#window.cpu(share);
    if (this.#cameBackSinceCpu) this.#recovery.cpu(share);
    else this.#heldCpu = Math.max(this.#heldCpu, share);
    this.#cameBackSinceCpu = false;
  }

  end(): void {
    this.#window.end();
    this.#recovery.end();
    this.#held = [];
  }

  /** The whole window is one attempt to recover where nobody has come back. */
  read(): { recovery: GeneratorHealth; window: GeneratorHealth } {
    const window = this.#window.read();
    return { recovery: this.#seen === 0 ? window : this.#recovery.read(), window };
  }
}

function percentilesOf(histogram: Histogram): { p50: number; p99: number } {
  const at = (percentile: number): number =>
    histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1000;
  return { p50: at(50), p99: at(99) };
}

/** Watches this worker thread: one timer, stretches that come and go. */
export class GeneratorWatch {
  readonly #stretches = new Set<HealthStretch | RecoveryStretch>();
  readonly #timer: NodeJS.Timeout;
  readonly #operations: () => number;
  #operationsBefore = 0;
  #expectedMs: number;
  #cpuSinceMs: number;
  #usedCpuMs: () => number;

  /** @param operations that this worker has timed so far */
  constructor(operations: () => number) {
    const now = performance.now();
    this.#operations = operations;
    this.#expectedMs = now + TICK_MS;
    this.#cpuSinceMs = now;
    this.#usedCpuMs = cpuMeter();
    this.#timer = setInterval(() => this.#lookAtLoop(), TICK_MS);
    this.#timer.unref();
  }

  #lookAtLoop(): void {
    const now = performance.now();
    const delayMs = Math.max(0, now - this.#expectedMs);
    this.#expectedMs = now + TICK_MS;
    const operations = this.#operations();
    for (const stretch of this.#stretches) stretch.tick(delayMs, now, operations - this.#operationsBefore);
    this.#operationsBefore = operations;
    const elapsedMs = now - this.#cpuSinceMs;
    if (elapsedMs < CPU_WINDOW_MS) return;
    const share = Math.min(1, this.#usedCpuMs() / elapsedMs);
    this.#cpuSinceMs = now;
    for (const stretch of this.#stretches) stretch.cpu(share);
  }

  begin(): HealthStretch {
    const stretch = new HealthStretch(performance.now(), cpuWaitMs);
    this.#stretches.add(stretch);
    return stretch;
  }

  /** @param comebacks devices that have come back from the storm so far */
  beginRecovery(comebacks: () => number): RecoveryStretch {
    const stretch = new RecoveryStretch(performance.now(), comebacks, cpuWaitMs);
    this.#stretches.add(stretch);
    return stretch;
  }

  end(stretch: HealthStretch | RecoveryStretch): void {
    stretch.end();
    this.#stretches.delete(stretch);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** https://docs.kernel.org/scheduler/sched-stats.html: time on a processor, time waited for one, in nanoseconds. */
const SCHEDULER_STATISTICS = "/proc/thread-self/schedstat";

/** How long this thread was ready to run and had no processor, milliseconds; null where the system does not say. */
function cpuWaitMs(): number | null {
  try {
    const waitedNs = Number(readFileSync(SCHEDULER_STATISTICS, "utf8").split(" ")[1]);
    return Number.isFinite(waitedNs) ? waitedNs / 1e6 : null;
  } catch {
    return null;
  }
}

/** Milliseconds of CPU that this thread used since the last call; event-loop time in use where Node cannot say. */
function cpuMeter(): () => number {
  const threadCpuUsage = (process as { threadCpuUsage?: () => { user: number; system: number } })
    .threadCpuUsage;
  if (typeof threadCpuUsage === "function") {
    let last = threadCpuUsage.call(process);
    return () => {
      const now = threadCpuUsage.call(process);
      const used = (now.user - last.user + now.system - last.system) / 1000;
      last = now;
      return used;
    };
  }
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const used = now.active - last.active;
    last = now;
    return used;
  };
}
