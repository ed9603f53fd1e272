import { performance } from "node:perf_hooks";
import type { GeneratorHealth } from "../contract.ts";
import { newHistogram, toMicroseconds } from "./histograms.ts";

/** How often the event loop is asked to answer. */
const TICK_MS = 20;
/** The busiest stretch of this length gives `cpuShare`. */
const CPU_WINDOW_MS = 2000;

/**
 * Beyond these, latencies are at least partly the generator's own. A busy core alone is no sign: while virtual users
 * arrive, Artillery's own arrival timer (nanotimer) spins between arrivals and gives way to everything else.
 */
export const SATURATED = {
  eventLoopDelayP99Ms: 100,
  busyCpuShare: 0.95,
  busyEventLoopDelayP99Ms: 25,
} as const;

export function isSaturated(eventLoopDelayP99Ms: number, cpuShare: number): boolean {
  if (eventLoopDelayP99Ms > SATURATED.eventLoopDelayP99Ms) return true;
  return cpuShare >= SATURATED.busyCpuShare && eventLoopDelayP99Ms > SATURATED.busyEventLoopDelayP99Ms;
}

/** Delay and CPU share over one stretch of time: the run, or a storm's window. */
export class HealthStretch {
  readonly #delays = newHistogram("event_loop_delay");
  #cpuShare = 0;

  /** A late tick hides the ticks that could not happen meanwhile: they are added, as HdrHistogram corrects for. */
  tick(delayMs: number): void {
    this.#delays.recordValueWithExpectedInterval(toMicroseconds(delayMs), TICK_MS * 1000);
  }

  cpu(share: number): void {
    if (share > this.#cpuShare) this.#cpuShare = share;
  }

  read(): GeneratorHealth {
    const empty = this.#delays.totalCount === 0;
    const p99 = empty ? 0 : this.#delays.getValueAtPercentile(99) / 1000;
    const max = empty ? 0 : this.#delays.maxValue / 1000;
    return {
      saturated: isSaturated(p99, this.#cpuShare),
      eventLoopDelayMs: { p99, max },
      cpuShare: Math.round(this.#cpuShare * 1000) / 1000,
    };
  }
}

/** Watches this worker thread: one timer, stretches that come and go. */
export class GeneratorWatch {
  readonly #stretches = new Set<HealthStretch>();
  readonly #timer: NodeJS.Timeout;
  #expectedMs: number;
  #cpuSinceMs: number;
  #cpu: () => number;

  constructor() {
    const now = performance.now();
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
    for (const stretch of this.#stretches) stretch.tick(delayMs);
    const elapsedMs = now - this.#cpuSinceMs;
    if (elapsedMs < CPU_WINDOW_MS) return;
    const share = Math.min(1, this.#cpu() / elapsedMs);
    this.#cpuSinceMs = now;
    for (const stretch of this.#stretches) stretch.cpu(share);
  }

  begin(): HealthStretch {
    const stretch = new HealthStretch();
    this.#stretches.add(stretch);
    return stretch;
  }

  end(stretch: HealthStretch): void {
    this.#stretches.delete(stretch);
  }

  stop(): void {
    clearInterval(this.#timer);
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
