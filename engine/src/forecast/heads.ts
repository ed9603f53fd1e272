const FIRST_CAPACITY = 16;

/**
 * The first event of every queue of a clock, by the queue's place: in two typed arrays, so that looking for the next event of all
 * follows no pointer.
 */
export class Heads {
  /** Infinity for a queue that is empty. */
  ms: Float64Array = new Float64Array(FIRST_CAPACITY).fill(Number.POSITIVE_INFINITY);
  orders: Float64Array = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  /** A place for one more queue. */
  add(): number {
    if (this.#count === this.ms.length) {
      const ms = new Float64Array(this.#count * 2).fill(Number.POSITIVE_INFINITY);
      const orders = new Float64Array(this.#count * 2);
      ms.set(this.ms);
      orders.set(this.orders);
      this.ms = ms;
      this.orders = orders;
    }
    return this.#count++;
  }

  set(place: number, atMs: number, order: number): void {
    this.ms[place] = atMs;
    this.orders[place] = order;
  }

  setEmpty(place: number): void {
    this.ms[place] = Number.POSITIVE_INFINITY;
  }

  /** The place of the queue whose first event comes first; of one instant, the one that was set first. -1 where all are empty. */
  first(): number {
    const { ms, orders } = this;
    let first = -1;
    let firstMs = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.#count; place++) {
      const atMs = ms[place] as number;
      if (atMs > firstMs || atMs === Number.POSITIVE_INFINITY) continue;
      if (atMs === firstMs && (orders[place] as number) > (orders[first] as number)) continue;
      first = place;
      firstMs = atMs;
    }
    return first;
  }
}
