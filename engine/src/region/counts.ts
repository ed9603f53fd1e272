import type { RunEvents } from "../artillery.ts";
import { REGION_COUNTERS, type RegionCounter, regionMetricName, type WorkerRegion } from "../contract.ts";

/** What is counted for each region: by the region that a device is connected to, whatever its home is. */
export class RegionCounts {
  readonly #names: readonly string[];
  readonly #counts: WorkerRegion[];
  readonly #emitted: number[];

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#counts = names.map(() => none());
    this.#emitted = names.map(() => 0);
  }

  count(region: number, counter: RegionCounter): void {
    (this.#counts[region] as WorkerRegion)[counter]++;
  }

  /** A copy: what it was at this instant. */
  read(): WorkerRegion[] {
    return this.#counts.map((counts) => ({ ...counts }));
  }

  byName(): Record<string, WorkerRegion> {
    return this.#named(this.read());
  }

  /** What was gained since `earlier`; devices at home are a level, not a gain. */
  since(earlier: readonly WorkerRegion[]): Record<string, WorkerRegion> {
    const gained = this.#counts.map((counts, region) => {
      const before = earlier[region] as WorkerRegion;
      const difference = { ...counts };
      for (const name of REGION_COUNTERS) {
        if (name !== "homeDevices") difference[name] -= before[name];
      }
      return difference;
    });
    return this.#named(gained);
  }

  #named(counts: readonly WorkerRegion[]): Record<string, WorkerRegion> {
    return Object.fromEntries(counts.map((one, region) => [this.#names[region] as string, one]));
  }

  /** Tells Artillery what the counters gained since the last time. */
  emit(runEvents: RunEvents): void {
    this.#counts.forEach(({ connectsAccepted }, region) => {
      const gained = connectsAccepted - (this.#emitted[region] as number);
      if (gained === 0) return;
      this.#emitted[region] = connectsAccepted;
      runEvents.emit("counter", regionMetricName(this.#names[region] as string), gained);
    });
  }
}

function none(): WorkerRegion {
  return Object.fromEntries(REGION_COUNTERS.map((name) => [name, 0])) as WorkerRegion;
}
