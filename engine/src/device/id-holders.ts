/** Two words of each place: what tells its client id from others, and the device that came with it last. */
const WORDS_OF_PLACE = 2;
/** Before the places: whether somebody has said that devices share ids. */
const HEADER_WORDS = 1;
const SAID = 0;
/** Places that are tried for an id. In a table that is full beyond that, an id is not followed. */
const MOST_TRIES = 32;
const FEWEST_PLACES = 1 << 12;
/** Of a million devices; 16 MB. */
const MOST_PLACES = 1 << 21;

/** The place of a device whose client id nobody follows. */
export const NO_PLACE = -1;

/**
 * Which device of a process came last to its broker with a client id, in memory that all its worker threads share. Where a device's
 * connection ends while another one holds its id, that one took it: MQTT 3.1.1 has no other word for it. Ids are told apart by a
 * hash of some 50 bits; none is kept.
 */
export class IdHolders {
  readonly #words: Int32Array;
  readonly #mask: number;

  /** @param words made of memory of `bytesFor`, all zeros */
  constructor(words: Int32Array) {
    this.#words = words;
    this.#mask = (words.length - HEADER_WORDS) / WORDS_OF_PLACE - 1;
  }

  /** @param devices that may have ids of their own at one time; null where nobody knows */
  static bytesFor(devices: number | null): number {
    const wanted = Math.min(Math.max(2 * (devices ?? MOST_PLACES / 16), FEWEST_PLACES), MOST_PLACES);
    const places = 2 ** Math.ceil(Math.log2(wanted));
    return (HEADER_WORDS + places * WORDS_OF_PLACE) * Int32Array.BYTES_PER_ELEMENT;
  }

  /**
   * A device says CONNECT with this id. Returns the id's place, for the two below.
   *
   * @param region where: brokers of two regions know nothing of each other
   */
  claim(clientId: string, region: number, device: number): number {
    const place = this.#placeOf(clientId, region);
    if (place !== NO_PLACE) Atomics.store(this.#words, place + 1, device + 1);
    return place;
  }

  /** The other device that came with the id since `device` did, and is still there; null for none. */
  rivalOf(device: number, place: number): number | null {
    if (place === NO_PLACE) return null;
    const holder = Atomics.load(this.#words, place + 1) - 1;
    return holder === -1 || holder === device ? null : holder;
  }

  /** The device is not there any more. */
  release(place: number, device: number): void {
    if (place !== NO_PLACE) Atomics.compareExchange(this.#words, place + 1, device + 1, 0);
  }

  /** True for the first thread that asks. */
  claimWarning(): boolean {
    return Atomics.compareExchange(this.#words, SAID, 0, 1) === 0;
  }

  #placeOf(clientId: string, region: number): number {
    // Two lanes of FNV-1a with primes of their own; the second is mixed once more by MurmurHash3's finalizer.
    let low = 0x811c9dc5 ^ region;
    let high = 0x9747b28c ^ region;
    for (let i = 0; i < clientId.length; i++) {
      const code = clientId.charCodeAt(i);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b);
    }
    low = Math.imul(low ^ (low >>> 16), 0x85ebca6b);
    low ^= low >>> 13;
    // 0 is a place that nobody has taken.
    const mark = high ^ (high >>> 15) || 1;
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      const place = HEADER_WORDS + ((low + tried) & this.#mask) * WORDS_OF_PLACE;
      const found = Atomics.compareExchange(this.#words, place, 0, mark);
      if (found === 0 || found === mark) return place;
    }
    return NO_PLACE;
  }
}
