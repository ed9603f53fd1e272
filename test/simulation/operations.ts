import type { Waiter } from "../../engine/src/device/turns.ts";
import { Violation } from "./violation.ts";

/** Every operation that somebody waits for, to be settled exactly once. */
export class Operations {
  #open = 0;
  begun = 0;

  /** @param then what whoever waits does about it */
  waiter(name: string, then: (failure: string | null) => void): Waiter {
    const settle = this.settler(name);
    return {
      settled: (failure) => {
        settle();
        then(failure);
      },
    };
  }

  /** To be called exactly once. */
  settler(name: string): () => void {
    let isSettled = false;
    this.#open++;
    this.begun++;
    return () => {
      if (isSettled) throw new Violation(`${name} was settled twice`);
      isSettled = true;
      this.#open--;
    };
  }

  checkSettled(): void {
    if (this.#open > 0) throw new Violation(`${this.#open} of ${this.begun} operations were not settled`);
  }
}
