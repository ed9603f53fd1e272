import { BroadcastChannel } from "node:worker_threads";
import { IdHolders } from "../device/id-holders.ts";
import { RecoveryBoard } from "../storm/recovery-board.ts";

/** More storms than a script may have; their index counts from 1. */
const STORMS = 128;
const NEXT = 0;
/** Devices that a storm chooses from, one more than there are, so that 0 is none yet. */
const FLEETS = 1;
/** Tells whether a worker has taken it upon itself to act for a storm. */
const CLAIMS = FLEETS + STORMS;
/** Threads that start no more devices. */
const OVER = CLAIMS + STORMS;
/** The container's ordinal, one more than it is, so that 0 is none yet. */
const ORDINAL = OVER + 1;
/** Where the holders of client ids begin; 0 where none are followed. */
const IDS = ORDINAL + 1;
/** What the threads tell one another of their storms. */
const BOARD = IDS + 1;
const WORDS = BOARD + RecoveryBoard.words;
/** Of each cohort follow its devices, and those that each storm chooses from, as above. */
const WORDS_OF_COHORT = 1 + STORMS;

/**
 * Counts this process's devices: each has its place in the order of arrival, whichever worker thread it is in. So the same fleet
 * has the same numbers on any number of threads, however Artillery divided the arrivals.
 */
export class FleetNumbers {
  readonly #words: Int32Array;

  /** @param memory of `memoryFor` */
  constructor(memory: SharedArrayBuffer = FleetNumbers.memoryFor(0)) {
    this.#words = new Int32Array(memory);
  }

  /**
   * @param cohorts how many there are
   * @param idBytes for the holders of client ids; 0 where each device has one of its own
   */
  static memoryFor(cohorts: number, idBytes: number = 0): SharedArrayBuffer {
    const words = WORDS + cohorts * WORDS_OF_COHORT;
    const memory = new SharedArrayBuffer(words * 4 + idBytes);
    if (idBytes > 0) new Int32Array(memory)[IDS] = words;
    return memory;
  }

  get memory(): SharedArrayBuffer {
    return this.#words.buffer as SharedArrayBuffer;
  }

  /** The place of one more device, counted from 0. */
  next(): number {
    return Atomics.add(this.#words, NEXT, 1);
  }

  /** The same among the devices of one cohort. */
  nextInCohort(cohort: number): number {
    return Atomics.add(this.#words, placeOf(cohort), 1);
  }

  /** Devices of this process so far; their places are all below. */
  get count(): number {
    return Atomics.load(this.#words, NEXT);
  }

  countInCohort(cohort: number): number {
    return Atomics.load(this.#words, placeOf(cohort));
  }

  /** What `count` was when the first of the threads asked for this storm: the fleet that it hits, the same for all of them. */
  countAt(storm: number): number {
    return this.#firstAsked(FLEETS + storm, this.count);
  }

  countInCohortAt(cohort: number, storm: number): number {
    return this.#firstAsked(placeOf(cohort) + storm, this.countInCohort(cohort));
  }

  #firstAsked(place: number, count: number): number {
    const before = Atomics.compareExchange(this.#words, place, 0, count + 1);
    return before === 0 ? count : before - 1;
  }

  /** True for the first thread that asks, for each storm. */
  claim(storm: number): boolean {
    return Atomics.compareExchange(this.#words, CLAIMS + storm, 0, 1) === 0;
  }

  /** Of client ids, for all threads; null where each device has one of its own. */
  get idHolders(): IdHolders | null {
    const from = Atomics.load(this.#words, IDS);
    return from === 0 ? null : new IdHolders(this.#words.subarray(from));
  }

  get board(): RecoveryBoard {
    return new RecoveryBoard(this.#words.subarray(BOARD, WORDS));
  }

  /** A thread starts no more devices. */
  endArrivals(): void {
    Atomics.add(this.#words, OVER, 1);
  }

  /** None of the process's `workers` threads starts any more devices. */
  arrivalsOver(workers: number): boolean {
    return Atomics.load(this.#words, OVER) >= workers;
  }

  /** The ordinal of this process's container; null before one was given. */
  get ordinal(): number | null {
    const word = Atomics.load(this.#words, ORDINAL);
    return word === 0 ? null : word - 1;
  }

  giveOrdinal(ordinal: number): void {
    Atomics.store(this.#words, ORDINAL, ordinal + 1);
  }
}

/** The word of a cohort's devices. */
function placeOf(cohort: number): number {
  return WORDS + cohort * WORDS_OF_COHORT;
}

const CHANNEL = "artillery-engine-mqtt:fleet-numbers";
/** The first thread gives up asking after this long: there is nobody. */
const ALONE_MS = 50;
/** Another knows that there must be somebody; Artillery has it wait for the first. */
const LOST_MS = 10_000;
const ASK_AGAIN_MS = 20;

/**
 * The numbers that all worker threads of this process share. Artillery prepares its workers one after the other: the first makes
 * them, and answers those that come later for as long as it lives.
 *
 * @param isFirst nobody else needs to be there yet
 * @param memoryFor makes what they stand in
 * @param patienceMs how long one who does not answer is waited for
 * @throws an Error where there should be somebody, and nobody answers
 */
export async function sharedNumbers(
  isFirst: boolean,
  memoryFor: () => SharedArrayBuffer,
  patienceMs: number = LOST_MS,
): Promise<FleetNumbers> {
  const channel = new BroadcastChannel(CHANNEL);
  const memory = await ask(channel, isFirst ? ALONE_MS : patienceMs);
  if (memory === null && !isFirst) throw new Error("the first worker of this process does not answer");
  const numbers = new FleetNumbers(memory ?? memoryFor());
  if (memory !== null) {
    channel.close();
    return numbers;
  }
  channel.onmessage = (event) => {
    if ((event as { data: unknown }).data === null) channel.postMessage(numbers.memory);
  };
  channel.unref();
  return numbers;
}

/** A question is null, an answer the memory. */
function ask(channel: BroadcastChannel, patienceMs: number): Promise<SharedArrayBuffer | null> {
  return new Promise((resolve) => {
    const again = setInterval(() => channel.postMessage(null), ASK_AGAIN_MS);
    const timer = setTimeout(settle, patienceMs, null);
    function settle(memory: SharedArrayBuffer | null): void {
      clearInterval(again);
      clearTimeout(timer);
      resolve(memory);
    }
    channel.onmessage = (event) => {
      const { data } = event as { data: unknown };
      if (data instanceof SharedArrayBuffer) settle(data);
    };
    channel.postMessage(null);
  });
}
