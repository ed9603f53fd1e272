import { ARRIVAL_BINS, ARRIVAL_ROW_MS, type WorkerArrivals } from "../contract.ts";

/** How many devices arrived when, in bounded memory: where the last bin ends, each becomes twice as wide. */
export class ArrivalCurve {
  #fromMs: number | null = null;
  #everyMs = ARRIVAL_ROW_MS;
  #devices: number[] = [];

  /** @param atMs epoch milliseconds, never before the one before */
  add(atMs: number): void {
    this.#fromMs ??= atMs;
    while (atMs - this.#fromMs >= this.#everyMs * ARRIVAL_BINS) this.#widen();
    const bin = Math.max(0, Math.floor((atMs - this.#fromMs) / this.#everyMs));
    while (this.#devices.length <= bin) this.#devices.push(0);
    this.#devices[bin] = (this.#devices[bin] as number) + 1;
  }

  #widen(): void {
    const pairs = Array.from({ length: Math.ceil(this.#devices.length / 2) }, (_, i) => 2 * i);
    this.#devices = pairs.map((i) => (this.#devices[i] ?? 0) + (this.#devices[i + 1] ?? 0));
    this.#everyMs *= 2;
  }

  read(): WorkerArrivals {
    return { fromMs: this.#fromMs, everyMs: this.#everyMs, devices: [...this.#devices] };
  }
}
