/** Sums over time that take the same memory however long the run: slots double in width where there are too many. */
export class Slots<Column extends string> {
  readonly #columns: readonly Column[];
  readonly #most: number;
  readonly #slots = new Map<number, Float64Array>();
  #widthMs: number;

  /** @param widthMs of the narrowest slot */
  constructor(columns: readonly Column[], widthMs: number, most: number) {
    this.#columns = columns;
    this.#widthMs = widthMs;
    this.#most = most;
  }

  /** Width of a slot. They stand on multiples of it since the epoch. */
  get widthMs(): number {
    return this.#widthMs;
  }

  add(tMs: number, values: Partial<Record<Column, number>>): void {
    const slot = Math.floor(tMs / this.#widthMs);
    let sums = this.#slots.get(slot);
    if (sums === undefined) {
      sums = new Float64Array(this.#columns.length);
      this.#slots.set(slot, sums);
    }
    for (const [i, column] of this.#columns.entries()) sums[i] = (sums[i] as number) + (values[column] ?? 0);
    while (this.#slots.size > this.#most) this.#widen();
  }

  /** Sums by the time at which each slot begins, the earliest first. */
  read(): ({ tMs: number } & Record<Column, number>)[] {
    return [...this.#slots]
      .sort(([a], [b]) => a - b)
      .map(([slot, sums]) => ({
        ...(Object.fromEntries(this.#columns.map((column, i) => [column, sums[i]])) as Record<
          Column,
          number
        >),
        tMs: slot * this.#widthMs,
      }));
  }

  #widen(): void {
    const narrow = [...this.#slots];
    this.#slots.clear();
    this.#widthMs *= 2;
    for (const [slot, sums] of narrow) {
      const wide = Math.floor(slot / 2);
      const known = this.#slots.get(wide);
      if (known === undefined) this.#slots.set(wide, sums);
      else for (const [i, value] of sums.entries()) known[i] = (known[i] as number) + value;
    }
  }
}
