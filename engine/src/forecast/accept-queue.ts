import { grownRing } from "./ring.ts";

const FIRST_CAPACITY = 256;

/**
 * Connections that the kernel has opened and the broker has not accepted yet: `places` of them, first in, first out. One that its
 * device gives up stays until it is accepted, as Linux has it: only `accept` takes a connection off a listening socket.
 * https://man7.org/linux/man-pages/man2/listen.2.html
 */
export class AcceptQueue<Link> {
  readonly #places: number;
  #links: (Link | null)[] = new Array(FIRST_CAPACITY).fill(null);
  #head = 0;
  #size = 0;

  constructor(places: number) {
    this.#places = places;
  }

  get size(): number {
    return this.#size;
  }

  /** False where it is full. */
  offer(link: Link): boolean {
    if (this.#size >= this.#places) return false;
    if (this.#size === this.#links.length) {
      this.#links = grownRing(this.#links, this.#head);
      this.#head = 0;
    }
    this.#links[(this.#head + this.#size) & (this.#links.length - 1)] = link;
    this.#size++;
    return true;
  }

  /** The first one. There must be one. */
  take(): Link {
    const link = this.#links[this.#head] as Link;
    this.#links[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#links.length - 1);
    this.#size--;
    return link;
  }
}
