import { StreamIndex, withRoom } from "./stream-index.ts";

/** How far publishers are with their numbers, by device and topic: 24 bytes for each, in arrays that all of a worker share. */
export class SentStreams {
  readonly #index: StreamIndex;
  /** By place: the last number, the first of the segment, the segment. */
  #last: Uint32Array = new Uint32Array(0);
  #first: Uint32Array = new Uint32Array(0);
  #segment: Uint32Array = new Uint32Array(0);

  constructor(most?: number) {
    this.#index = new StreamIndex(most);
  }

  /** The next number is taken: true, and `sequence` and `first` hold it; false where there are too many streams. */
  take(
    publisher: number,
    topicHash: number,
    segment: number,
    into: { sequence: number; first: number },
  ): boolean {
    const before = this.#index.size;
    const place = this.#index.placeOf(publisher, 0, topicHash);
    if (place === -1) return false;
    if (place === before) this.#makeRoom();
    const sequence = (this.#last[place] as number) + 1;
    this.#last[place] = sequence;
    if (this.#segment[place] !== segment || this.#first[place] === 0) {
      this.#segment[place] = segment;
      this.#first[place] = sequence;
    }
    into.sequence = sequence;
    into.first = this.#first[place] as number;
    return true;
  }

  /** The last number that was taken was not sent after all. */
  giveBack(publisher: number, topicHash: number): void {
    const place = this.#index.placeOf(publisher, 0, topicHash);
    if (place !== -1 && (this.#last[place] as number) > 0)
      this.#last[place] = (this.#last[place] as number) - 1;
  }

  #makeRoom(): void {
    const { capacity } = this.#index;
    this.#last = withRoom(this.#last, capacity);
    this.#first = withRoom(this.#first, capacity);
    this.#segment = withRoom(this.#segment, capacity);
  }
}
