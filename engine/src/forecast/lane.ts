import type { Heads } from "./heads.ts";
import { grownRing } from "./ring.ts";

/** What happens to the head of a lane. */
export type Happen = (target: unknown, argument: unknown) => void;

const FIRST_CAPACITY = 256;

/**
 * Events whose times never go back, such as all packets over one latency, or all that one server finishes: a ring, in which the
 * next one is always at hand. It costs no comparison with others.
 */
export class Lane {
  #times = new Float64Array(FIRST_CAPACITY);
  #orders = new Float64Array(FIRST_CAPACITY);
  #happens: (Happen | null)[] = new Array(FIRST_CAPACITY).fill(null);
  #targets: unknown[] = new Array(FIRST_CAPACITY).fill(null);
  #arguments: unknown[] = new Array(FIRST_CAPACITY).fill(null);
  #mask = FIRST_CAPACITY - 1;
  #head = 0;
  #size = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #heads: Heads;
  readonly #place: number;

  constructor(heads: Heads) {
    this.#heads = heads;
    this.#place = heads.add();
  }

  /** @throws a RangeError for one that is earlier than the last */
  push(atMs: number, order: number, happen: Happen, target: unknown, argument: unknown): void {
    if (atMs < this.#lastMs) throw new RangeError(`${atMs} ms comes before ${this.#lastMs} ms in its lane`);
    this.#lastMs = atMs;
    if (this.#size > this.#mask) this.#grow();
    const at = (this.#head + this.#size) & this.#mask;
    this.#times[at] = atMs;
    this.#orders[at] = order;
    this.#happens[at] = happen;
    this.#targets[at] = target;
    this.#arguments[at] = argument;
    if (this.#size === 0) this.#heads.set(this.#place, atMs, order);
    this.#size++;
  }

  /** The first event happens. There must be one. */
  happen(): void {
    const at = this.#head;
    const happen = this.#happens[at] as Happen;
    const target = this.#targets[at];
    const argument = this.#arguments[at];
    // What has happened keeps nothing alive.
    this.#targets[at] = null;
    this.#arguments[at] = null;
    this.#head = (at + 1) & this.#mask;
    this.#size--;
    if (this.#size === 0) this.#heads.setEmpty(this.#place);
    else this.#heads.set(this.#place, this.#times[this.#head] as number, this.#orders[this.#head] as number);
    happen(target, argument);
  }

  #grow(): void {
    const capacity = this.#times.length;
    const times = new Float64Array(capacity * 2);
    const orders = new Float64Array(capacity * 2);
    for (let i = 0; i < capacity; i++) {
      const from = (this.#head + i) & this.#mask;
      times[i] = this.#times[from] as number;
      orders[i] = this.#orders[from] as number;
    }
    this.#happens = grownRing(this.#happens, this.#head);
    this.#targets = grownRing(this.#targets, this.#head);
    this.#arguments = grownRing(this.#arguments, this.#head);
    this.#times = times;
    this.#orders = orders;
    this.#head = 0;
    this.#mask = capacity * 2 - 1;
  }
}
