import { StreamIndex, withRoom } from "./stream-index.ts";

/** The last so many numbers of a stream are known one by one: what comes later than that can no longer be told. */
export const REMEMBERED = 64;

/** What one message is to its stream. */
export type Hearing =
  /** The first that this subscriber hears of the stream: what was sent before it may never have been meant for it. */
  | "first"
  /** The next one, or one after a gap: `missed` says how many are missing before it. */
  | "next"
  /** It was missed until now: it comes after one that was sent later. */
  | "filled"
  /** It comes after ones that were sent later, from before the first that was heard. */
  | "earlier"
  /** It has been heard before. */
  | "duplicate"
  /** It is older than what is remembered: a duplicate, or one that was missed. */
  | "undecided"
  /** There are too many streams: this one is not followed. */
  | "unfollowed";

/**
 * What subscribers have heard of each stream: the publications of one device to one topic. 40 bytes for each, in arrays that all of a
 * worker share; nothing per message.
 */
export class HeardStreams {
  readonly #index: StreamIndex;
  /** By place: the next number, the lowest heard, two words of bits for those before the next, the last segment, the receiver's epoch. */
  #next: Uint32Array = new Uint32Array(0);
  #lowest: Uint32Array = new Uint32Array(0);
  #recent: Uint32Array = new Uint32Array(0);
  #older: Uint32Array = new Uint32Array(0);
  #segment: Uint32Array = new Uint32Array(0);
  #epoch: Uint32Array = new Uint32Array(0);
  /** After `hear`: so many numbers turned out to be missing. */
  missed = 0;
  /** After `hear`: the segment of the highest number that was heard before. */
  segmentBefore = 0;

  constructor(most?: number) {
    this.#index = new StreamIndex(most);
  }

  get size(): number {
    return this.#index.size;
  }

  /**
   * @param epoch changes where the receiver has chosen not to hear for a while: its streams begin anew
   * @param segment of the run, in which the message was sent
   */
  hear(
    receiver: number,
    publisher: number,
    topicHash: number,
    epoch: number,
    sequence: number,
    segment: number,
  ): Hearing {
    this.missed = 0;
    const before = this.#index.size;
    const place = this.#index.placeOf(receiver, publisher, topicHash);
    if (place === -1) return "unfollowed";
    if (place === before) this.#makeRoom();
    if (place === before || this.#epoch[place] !== epoch) {
      this.#begin(place, epoch, sequence, segment);
      return "first";
    }
    const next = this.#next[place] as number;
    if (sequence >= next) return this.#goOn(place, sequence, segment, next);
    return this.#lookBack(place, sequence, next);
  }

  #makeRoom(): void {
    const { capacity } = this.#index;
    if (this.#next.length >= capacity) return;
    this.#next = withRoom(this.#next, capacity);
    this.#lowest = withRoom(this.#lowest, capacity);
    this.#recent = withRoom(this.#recent, capacity);
    this.#older = withRoom(this.#older, capacity);
    this.#segment = withRoom(this.#segment, capacity);
    this.#epoch = withRoom(this.#epoch, capacity);
  }

  #begin(place: number, epoch: number, sequence: number, segment: number): void {
    this.#epoch[place] = epoch;
    this.#next[place] = sequence + 1;
    this.#lowest[place] = sequence;
    this.#recent[place] = 1;
    this.#older[place] = 0;
    this.#segment[place] = segment;
  }

  #goOn(place: number, sequence: number, segment: number, next: number): Hearing {
    this.missed = sequence - next;
    this.segmentBefore = this.#segment[place] as number;
    const by = this.missed + 1;
    const recent = this.#recent[place] as number;
    if (by < 32) {
      this.#older[place] = ((this.#older[place] as number) << by) | (recent >>> (32 - by));
      this.#recent[place] = (recent << by) | 1;
    } else {
      this.#older[place] = by < 64 ? recent << (by - 32) : 0;
      this.#recent[place] = 1;
    }
    this.#next[place] = sequence + 1;
    this.#segment[place] = segment;
    return "next";
  }

  #lookBack(place: number, sequence: number, next: number): Hearing {
    const lowest = this.#lowest[place] as number;
    const isEarlier = sequence < lowest;
    if (isEarlier) {
      // It was subscribed by then: what lies between is missing too.
      this.missed = lowest - sequence - 1;
      this.segmentBefore = this.#segment[place] as number;
      this.#lowest[place] = sequence;
    }
    const back = next - 1 - sequence;
    if (back >= REMEMBERED) return isEarlier ? "earlier" : "undecided";
    const words = back < 32 ? this.#recent : this.#older;
    const bit = 1 << (back & 31);
    const word = words[place] as number;
    if ((word & bit) !== 0) return "duplicate";
    words[place] = word | bit;
    return isEarlier ? "earlier" : "filled";
  }
}
