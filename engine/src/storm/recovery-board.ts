/**
 * What the workers of one process tell one another of their storms, in memory that they share: each writes what it sees of its own
 * devices at the same instants of the story (looks), and all read when all of it has been well for long enough.
 */

/** More threads than Artillery starts on any machine. */
const MOST_WORKERS = 256;
/** The look at which the run ends; 0 while that is not known. */
const END = 0;
/** Workers that write here. */
const WORKERS = 1;
/** One more than the place of the worker that found the end. */
const FINDER = 2;
const FIRST = 3;
/** Of each worker: its latest look, the look from which on all was well or 0, and the storms that took a device of its. */
const AT = 0;
const SINCE = 1;
const STORMS = 2;
/** 32 storms each; a script has no more than 127. */
const WORDS_OF_STORMS = 4;
const WORDS_OF_WORKER = STORMS + WORDS_OF_STORMS;
/** Later than any look. */
const GONE = 2 ** 31 - 1;
/** Every worker looks once more before the run ends, and hears of it then: all at one look. */
const NOTICE = 2;

/** What a worker sees of its own devices. */
export interface WorkerView {
  /** Every device that is due is ready, and was back in each storm. */
  isWell: boolean;
  /** The storms, counted from 1, of which it has devices that were to come back. */
  storms: readonly number[];
}

export class RecoveryBoard {
  static readonly words: number = FIRST + MOST_WORKERS * WORDS_OF_WORKER;
  readonly #words: Int32Array;

  /** @param words `RecoveryBoard.words` of them, 0 to begin with; shared by all threads of the process */
  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(RecoveryBoard.words * 4))) {
    this.#words = words;
  }

  /** One more worker will look. Returns its place. */
  join(): number {
    return Math.min(Atomics.add(this.#words, WORKERS, 1), MOST_WORKERS - 1);
  }

  /** It has no devices any more: it stands by what it saw last. */
  leave(worker: number): void {
    Atomics.store(this.#words, placeOf(worker) + AT, GONE);
  }

  /**
   * A worker has looked.
   *
   * @param look counts from 1, the same for all workers at one instant
   * @param storms how many the script has
   * @param settle so many looks all must be well
   * @returns the look at which the run ends, and whether this worker is the one that found it; null while not all may know it
   */
  put(
    worker: number,
    look: number,
    view: WorkerView,
    storms: number,
    settle: number,
  ): { end: number; isFirst: boolean } | null {
    const place = placeOf(worker);
    for (const storm of view.storms)
      Atomics.or(this.#words, place + STORMS + (storm >> 5), 1 << (storm & 31));
    const since = Atomics.load(this.#words, place + SINCE);
    Atomics.store(this.#words, place + SINCE, view.isWell ? since || look : 0);
    Atomics.store(this.#words, place + AT, look);
    const end = Atomics.load(this.#words, END);
    if (end === 0 && this.#isSettled(look, storms, settle)) {
      if (Atomics.compareExchange(this.#words, END, 0, look + NOTICE) === 0)
        Atomics.store(this.#words, FINDER, worker + 1);
    }
    if (end === 0 || look <= end - NOTICE) return null;
    return { end, isFirst: Atomics.load(this.#words, FINDER) === worker + 1 };
  }

  #isSettled(look: number, storms: number, settle: number): boolean {
    const workers = Math.min(Atomics.load(this.#words, WORKERS), MOST_WORKERS);
    const hit = new Int32Array(WORDS_OF_STORMS);
    for (let worker = 0; worker < workers; worker++) {
      const place = placeOf(worker);
      // One that has not looked yet may see otherwise.
      if (Atomics.load(this.#words, place + AT) < look) return false;
      const since = Atomics.load(this.#words, place + SINCE);
      if (since === 0 || look - since < settle) return false;
      for (let word = 0; word < WORDS_OF_STORMS; word++)
        hit[word] = (hit[word] as number) | Atomics.load(this.#words, place + STORMS + word);
    }
    // A storm without a device that was to come back has no verdict.
    for (let storm = 1; storm <= storms; storm++) {
      if (((hit[storm >> 5] as number) & (1 << (storm & 31))) === 0) return false;
    }
    return true;
  }
}

function placeOf(worker: number): number {
  return FIRST + worker * WORDS_OF_WORKER;
}
