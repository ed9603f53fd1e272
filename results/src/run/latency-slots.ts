import { getOrAdd } from "./get-or-add.ts";

/** Counts of the buckets of a histogram, by their index; those that are not there are 0. */
export type SparseCounts = Map<number, number>;

/** Workers write down every 2 s what was recorded since the last time. */
export const NARROWEST_SLOT_MS = 2000;
/** So many columns a picture has room for. */
const MOST_SLOTS = 120;

/**
 * The values of some metrics by when they were recorded, of all cohorts together. Slots stand on multiples of their width since the
 * epoch, and are as narrow as there is room for all of them: twice as wide where there are too many, so that runs of any length
 * take the same memory.
 */
export class LatencySlots {
  #widthMs = NARROWEST_SLOT_MS;
  #byMetric = new Map<string, Map<number, SparseCounts>>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  get widthMs(): number {
    return this.#widthMs;
  }

  /** Slots of a metric by their number: the first millisecond of a slot is its number times `widthMs`. */
  get byMetric(): ReadonlyMap<string, ReadonlyMap<number, SparseCounts>> {
    return this.#byMetric;
  }

  /** @param atMs epoch milliseconds */
  add(metric: string, atMs: number, indices: readonly number[], counts: readonly number[]): void {
    const number = this.#makeRoom(atMs);
    const slot = this.#slotOf(metric, number);
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] as number;
      slot.set(index, (slot.get(index) ?? 0) + (counts[i] as number));
    }
  }

  /** Takes over the slots of another run, whose times are moved by so many milliseconds: to the nearest slot. */
  addMoved(other: LatencySlots, byMs: number): void {
    while (this.#widthMs < other.#widthMs) this.#widen();
    for (const [metric, slots] of other.#byMetric) {
      for (const [number, counts] of slots) {
        // Its middle decides, as that of an interval did.
        const atMs = (number + 0.5) * other.#widthMs + byMs;
        this.add(metric, atMs, [...counts.keys()], [...counts.values()]);
      }
    }
  }

  #slotOf(metric: string, number: number): SparseCounts {
    const slots = getOrAdd(this.#byMetric, metric, () => new Map<number, SparseCounts>());
    return getOrAdd(slots, number, () => new Map<number, number>());
  }

  /** The number of the slot of a time, once all slots together are few enough. */
  #makeRoom(atMs: number): number {
    for (;;) {
      const number = Math.floor(atMs / this.#widthMs);
      const [first, last] = [Math.min(this.#first, number), Math.max(this.#last, number)];
      if (last - first < MOST_SLOTS) {
        this.#first = first;
        this.#last = last;
        return number;
      }
      this.#widen();
    }
  }

  #widen(): void {
    const narrow = this.#byMetric;
    this.#widthMs *= 2;
    this.#byMetric = new Map();
    this.#first = Math.floor(this.#first / 2);
    this.#last = Math.floor(this.#last / 2);
    for (const [metric, slots] of narrow) {
      for (const [number, counts] of slots) {
        const slot = this.#slotOf(metric, Math.floor(number / 2));
        for (const [index, count] of counts) slot.set(index, (slot.get(index) ?? 0) + count);
      }
    }
  }
}
