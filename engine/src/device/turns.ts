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
  #isTurn = false;
  #isTelling = false;
  /** Who has to be told, and what; the first `#count` of each. The places are used again: none is made per turn. */
  readonly #waiters: Waiter[] = [];
  readonly #failures: (string | null)[] = [];
  #count = 0;

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
      while (told < this.#count) {
        const waiter = waiters[told] as Waiter;
        waiters[told] = NOBODY;
        told++;
        waiter.settled(this.#failures[told - 1] as string | null);
      }
    } finally {
      // One that throws does not keep the others from being told, at the end of the next turn.
      if (told < this.#count) {
        waiters.copyWithin(0, told, this.#count);
        this.#failures.copyWithin(0, told, this.#count);
      }
      this.#count -= told;
      this.#isTelling = false;
    }
  }
}
