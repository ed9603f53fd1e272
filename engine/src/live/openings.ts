/** So many connections are opened between two turns of the event loop. */
export const OPENINGS_PER_TURN = 64;

/** Something that is due, and opens a connection. */
export interface Opening {
  /** Another number by the time that it is let go: somebody does not want it any more. */
  readonly generation: number;
  start(): void;
}

/**
 * Lets go what opens connections, a few at a time, first come first served: a fleet whose waits are over together would otherwise
 * be opened in one go, some 100 us for each, and whatever its brokers answer meanwhile would be read, and timed, only after that.
 */
export class Openings {
  readonly #nextTurn: (callback: (openings: Openings) => void, openings: Openings) => void;
  /** What is due, and its generation then. */
  #waiting: Opening[] = [];
  #generations: number[] = [];
  #next = 0;
  #left: number = OPENINGS_PER_TURN;
  #isArmed = false;

  /** @param nextTurn calls back once, when what has arrived meanwhile was read */
  constructor(nextTurn: (callback: (openings: Openings) => void, openings: Openings) => void) {
    this.#nextTurn = nextTurn;
  }

  due(opening: Opening): void {
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left--;
      this.#arm();
      opening.start();
    } else {
      this.#waiting.push(opening);
      this.#generations.push(opening.generation);
    }
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#nextTurn(onTurn, this);
  }

  turn(): void {
    this.#isArmed = false;
    this.#left = OPENINGS_PER_TURN;
    while (this.#left > 0 && this.#next < this.#waiting.length) {
      const opening = this.#waiting[this.#next] as Opening;
      const isWanted = opening.generation === this.#generations[this.#next];
      this.#next++;
      if (!isWanted) continue;
      this.#left--;
      opening.start();
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#generations = [];
      this.#next = 0;
    }
    // As long as anything was opened in this turn, what is due until the next one has to wait for it.
    if (this.#left < OPENINGS_PER_TURN) this.#arm();
  }
}

function onTurn(openings: Openings): void {
  openings.turn();
}
