/** Streams that one worker follows at most, those of its publishers and those that its subscribers hear apart: 32 bytes each. */
export const MOST_STREAMS = 1_048_576;

const FIRST_CAPACITY = 1024;
/** Linear probing stays short up to this load. */
const SLOTS_PER_STREAM = 2;

/** A 32-bit hash of a text: FNV-1a over its UTF-16 units. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hashText(topic: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < topic.length; i++) hash = Math.imul(hash ^ topic.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Gives each stream, named by three 32-bit numbers, a place of its own, counted from 0. It keeps no text and makes no object per
 * stream: two topics of one pair of devices that hash alike would be one stream, a chance of 2^-32.
 */
export class StreamIndex {
  readonly #most: number;
  #slots = new Int32Array(FIRST_CAPACITY * SLOTS_PER_STREAM);
  #keys = new Uint32Array(FIRST_CAPACITY * 3);
  #size = 0;

  constructor(most: number = MOST_STREAMS) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** Places that there is room for before the next growth. */
  get capacity(): number {
    return this.#keys.length / 3;
  }

  /** The stream's place; -1 where there are too many. A new one has the place `size` had. */
  placeOf(a: number, b: number, c: number): number {
    const mask = this.#slots.length - 1;
    let slot = mixed(a, b, c) & mask;
    for (;;) {
      const place = (this.#slots[slot] as number) - 1;
      if (place === -1) break;
      const key = place * 3;
      if (this.#keys[key] === a && this.#keys[key + 1] === b && this.#keys[key + 2] === c) return place;
      slot = (slot + 1) & mask;
    }
    if (this.#size >= this.#most) return -1;
    if (this.#size === this.capacity) {
      this.#grow();
      return this.placeOf(a, b, c);
    }
    const place = this.#size++;
    this.#slots[slot] = place + 1;
    this.#keys.set([a, b, c], place * 3);
    return place;
  }

  #grow(): void {
    const keys = new Uint32Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let place = 0; place < this.#size; place++) {
      const key = place * 3;
      let slot = mixed(keys[key] as number, keys[key + 1] as number, keys[key + 2] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = place + 1;
    }
  }
}

/** Numbers of devices are small and close together: each bit has to reach the low ones. */
function mixed(a: number, b: number, c: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + b, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + c, 0x27d4eb2f);
  return hash ^ (hash >>> 16);
}

/** A column that has room for every place of an index. */
export function withRoom(column: Uint32Array, capacity: number): Uint32Array {
  if (column.length >= capacity) return column;
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}
