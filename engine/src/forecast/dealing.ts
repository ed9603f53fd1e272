import type { Arrivals } from "./arrivals.ts";

/**
 * Deals arrivals out to workers as Artillery divides a script's phases over its worker threads (artillery 2.0.34, lib/dist.ts): a rate in
 * whole numbers per second, the first workers getting what is left over; a ramp in equal parts; `arrivalCount` to the first alone.
 * Each arrival goes to the worker whose own timer would be next.
 */
export class Dealer {
  readonly #workers: number;
  #phase: Arrivals | null = null;
  #rates: readonly number[] = [];
  #given: number[] = [];

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** The worker, from 0, of the next arrival of this phase. */
  next(phase: Arrivals): number {
    if (this.#workers === 1) return 0;
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#rates = ratesOf(phase, this.#workers);
      this.#given = this.#rates.map(() => 0);
    }
    let first = 0;
    for (let worker = 1; worker < this.#rates.length; worker++) {
      if (this.#dueAt(worker) < this.#dueAt(first)) first = worker;
    }
    this.#given[first] = (this.#given[first] as number) + 1;
    return first;
  }

  #dueAt(worker: number): number {
    return ((this.#given[worker] as number) + 1) / (this.#rates[worker] as number);
  }
}

/** Arrivals per second of each worker that has any in this phase. */
function ratesOf({ dealt, everyMs }: Arrivals, workers: number): number[] {
  if (dealt === "to-first") return [1];
  if (dealt === "evenly") return Array.from({ length: workers }, () => 1);
  const rate = Math.max(1, Math.round(1000 / everyMs));
  const all = Array.from({ length: workers }, (_, worker) =>
    Math.floor((rate + workers - 1 - worker) / workers),
  );
  return all.filter((one) => one > 0);
}

/** How many workers there are: Artillery starts none that has no arrivals in any phase. */
export function workersWithArrivals(arrivals: readonly Arrivals[], asked: number): number {
  const phases = arrivals.filter(({ count }) => count > 0);
  return Math.max(1, ...phases.map((phase) => ratesOf(phase, asked).length));
}
