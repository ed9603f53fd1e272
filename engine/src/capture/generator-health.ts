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

/** Delay of the event loop and use of the processor over one stretch of time: the run, or the recovery from a storm. */
export class HealthStretch {
  readonly #delays = newHistogram("event_loop_delay");
  readonly #operationDelays = newHistogram("operation_delay");
  readonly #beganMs: number;
  readonly #waitedMs: () => number | null;
  readonly #waitedBeforeMs: number | null;
  readonly #isOver: () => boolean;
  #watchedMs = 0;
  #stalledMs = 0;
  #longestMs = 0;
  #cpuShare = 0;
  /** What was read when it ended. */
  #final: GeneratorHealth | null = null;

  /**
   * @param beganMs monotonic
   * @param waitedMs how long this thread has waited for a processor so far; null where the system does not say
   * @param isOver asked at every tick: true once there is nothing more to watch
   */
  constructor(
    beganMs: number,
    waitedMs: () => number | null = () => null,
    isOver: () => boolean = () => false,
  ) {
    this.#beganMs = beganMs;
    this.#waitedMs = waitedMs;
    this.#waitedBeforeMs = waitedMs();
    this.#isOver = isOver;
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
    if (this.#isOver()) this.end();
  }

  cpu(share: number): void {
    if (this.#final === null) this.#cpuShare = Math.max(this.#cpuShare, share);
  }

  /** From now on it stays as it is. */
  end(): void {
    this.#final ??= this.#read();
  }

  read(): GeneratorHealth {
    return this.#final ?? this.#read();
  }

  #read(): GeneratorHealth {
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

function percentilesOf(histogram: Histogram): { p50: number; p99: number } {
  const at = (percentile: number): number =>
    histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1000;
  return { p50: at(50), p99: at(99) };
}

/** Watches this worker thread: one timer, stretches that come and go. */
export class GeneratorWatch {
  readonly #stretches = new Set<HealthStretch>();
  readonly #timer: NodeJS.Timeout;
  readonly #operations: () => number;
  #operationsBefore = 0;
  #expectedMs: number;
  #cpuSinceMs: number;
  #cpu: () => number;

  /** @param operations that this worker has timed so far */
  constructor(operations: () => number) {
    const now = performance.now();
    this.#operations = operations;
    this.#expectedMs = now + TICK_MS;
    this.#cpuSinceMs = now;
    this.#cpu = cpuMeter();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  #tick(): void {
    const now = performance.now();
    const delayMs = Math.max(0, now - this.#expectedMs);
    this.#expectedMs = now + TICK_MS;
    const operations = this.#operations();
    for (const stretch of this.#stretches) stretch.tick(delayMs, now, operations - this.#operationsBefore);
    this.#operationsBefore = operations;
    const elapsedMs = now - this.#cpuSinceMs;
    if (elapsedMs < CPU_WINDOW_MS) return;
    const share = Math.min(1, this.#cpu() / elapsedMs);
    this.#cpuSinceMs = now;
    for (const stretch of this.#stretches) stretch.cpu(share);
  }

  /** @param isOver true once there is nothing more to watch; the stretch then ends by itself */
  begin(isOver: () => boolean = () => false): HealthStretch {
    const stretch = new HealthStretch(performance.now(), cpuWaitMs, isOver);
    this.#stretches.add(stretch);
    return stretch;
  }

  end(stretch: HealthStretch): void {
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
