import type { Device } from "./device.ts";
import { pause } from "./pause.ts";
import type { Operation } from "./program.ts";
import type { Asker, RequestOutcome } from "./session/requests.ts";
import { LOST, type Waiter } from "./turns.ts";

/** How firmware goes on without an answer: gives the connection up, asks again, or does without. */
export type WithoutAnswer = "reset" | "retry" | "ignore";

/** How a device asks for its configuration, whomever: one per step of a script. */
export interface Question {
  readonly timeoutMs: number;
  readonly withoutAnswer: WithoutAnswer;
  /** A server that asks to be left alone is, for so long at most; 0 where what it asks for is ignored. */
  readonly longestRetryAfterMs: number;
  /** The device has an answer that it keeps, and need not ask. */
  isAnswered(device: Device): boolean;
  /** Sends it. Returns null, or the name of the failure where it cannot be made. */
  ask(device: Device, asker: Asker): string | null;
  /** Takes the answer in, then settles `waiter`. */
  take(device: Device, answer: string, waiter: Waiter): void;
}

/** The operation that asks it. */
export function operationOf(question: Question): Operation {
  return { begin: (device, waiter) => new Asking(question, device, waiter).settled(null) };
}

/** One device's asking, as often as it takes. */
class Asking implements Asker, Waiter {
  readonly #question: Question;
  readonly #device: Device;
  readonly #waiter: Waiter;

  constructor(question: Question, device: Device, waiter: Waiter) {
    this.#question = question;
    this.#device = device;
    this.#waiter = waiter;
  }

  /** Asks: at first, and after a pause. */
  settled(failure: string | null): void {
    if (failure !== null) this.#end(failure);
    else if (this.#question.isAnswered(this.#device)) this.#end(null);
    else {
      const problem = this.#question.ask(this.#device, this);
      if (problem !== null) this.#end(problem);
    }
  }

  answered(outcome: RequestOutcome, answer: string | null, retryAfterMs: number | null = null): void {
    if (outcome === "answer") this.#question.take(this.#device, answer ?? "", this.#waiter);
    else if (outcome === "lost") this.#end(LOST);
    else this.#goOnWithout(outcome, Math.min(retryAfterMs ?? 0, this.#question.longestRetryAfterMs));
  }

  /** @param leastMs the server is left alone for so long */
  #goOnWithout(outcome: "timeout" | "rejected", leastMs: number): void {
    const device = this.#device;
    const { withoutAnswer, timeoutMs } = this.#question;
    if (leastMs > 0 && withoutAnswer !== "ignore") device.postpone();
    switch (withoutAnswer) {
      case "ignore":
        this.#end(null);
        return;
      case "retry":
        // A refusal comes at once: asking again at once would be a loop without a pause.
        if (outcome === "timeout") this.settled(null);
        else pause(device, leastMs > 0 ? leastMs : timeoutMs, this);
        return;
      case "reset":
        if (leastMs > 0) device.attempt.waitAtLeast(leastMs);
        if (outcome === "rejected") device.fail("bootstrap_refused");
        else device.fail(device.state === "bootstrapping" ? "bootstrap_timeout" : "config_timeout");
        this.#end(LOST);
    }
  }

  #end(failure: string | null): void {
    this.#device.env.port.turns.settle(this.#waiter, failure);
  }
}
