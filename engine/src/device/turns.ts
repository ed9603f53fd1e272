/** Who is told how an operation ended: null, LOST or the name of a failure. */
export interface Waiter {
  settled(failure: string | null): void;
}

/** The connection ended before the operation was acknowledged. */
export const LOST = "lost";

/** Stands for what nobody waits for any more. */
export const NOBODY: Waiter = { settled: () => {} };

/**
 * Devices finish, then tell. Every input of a device is one turn: it changes the device, acts through its port, and what it
 * settles on the way is kept. Whoever waits hears of it after the turn, in order, when every device is in a state that means
 * something. They may give a device its next input at once: that is the next turn, and what it settles is heard after them.
 *
 * There is one for all devices of a host. A turn within a turn is a bug of the engine's own, and throws.
 */
export class Turns {
  readonly #later: Later | null;
  #isTurn = false;
  #isTelling = false;
  /** Who has to be told, and what; the first `#count` of each. The places are used again: none is made per turn. */
  readonly #waiters: Waiter[] = [];
  readonly #failures: (string | null)[] = [];
  #count = 0;

  /** @param later calls back when whatever else waits has had its turn; null where nobody waits */
  constructor(later: Later | null = null) {
    this.#later = later;
  }

  /** One turn. */
  run(act: () => void): void {
    this.begin();
    try {
      act();
    } finally {
      this.end();
    }
  }

  /** Where a closure would cost too much. `end` follows in a `finally`: a turn that stays open ends all devices. */
  begin(): void {
    if (this.#isTurn) throw new Error("a device was given an input in the middle of a turn");
    this.#isTurn = true;
  }

  /** Tells whoever has to hear of this turn, unless somebody is being told right now: he is told first. */
  end(): void {
    this.#isTurn = false;
    if (this.#count > 0 && !this.#isTelling) this.#tellAll();
  }

  /** `waiter` is told after the turn; at once where there is none. */
  settle(waiter: Waiter, failure: string | null): void {
    this.#waiters[this.#count] = waiter;
    this.#failures[this.#count] = failure;
    this.#count++;
    if (!this.#isTurn && !this.#isTelling) this.#tellAll();
  }

  #tellAll(): void {
    this.#isTelling = true;
    const waiters = this.#waiters;
    let told = 0;
    try {
      while (told < this.#count && (told < MOST_AT_ONCE || this.#later === null)) {
        const waiter = waiters[told] as Waiter;
        waiters[told] = NOBODY;
        told++;
        waiter.settled(this.#failures[told - 1] as string | null);
      }
    } finally {
      this.#forget(told);
      this.#isTelling = false;
    }
    // Whoever settles at once what he is told to do again, for ever, does not keep all others from their timers and sockets.
    if (this.#count > 0) this.#later?.(() => this.#goOn());
  }

  #goOn(): void {
    if (this.#count > 0 && !this.#isTurn && !this.#isTelling) this.#tellAll();
  }

  /** One that throws does not keep the others from being told, at the end of the next turn. */
  #forget(told: number): void {
    if (told < this.#count) {
      this.#waiters.copyWithin(0, told, this.#count);
      this.#failures.copyWithin(0, told, this.#count);
    }
    this.#count -= told;
  }
}

/** Calls back soon. */
export type Later = (act: () => void) => void;

/** More than that, one after the other, is a loop. */
const MOST_AT_ONCE = 10_000;
