import type { OutsideAnswer } from "../../engine/src/device/session/outside-calls.ts";
import type { HttpCall, HttpOutcome } from "../../engine/src/transport/http-client.ts";
import type { Chance } from "./chance.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface BackEndWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly isCalm: boolean;
}

/** A server other than the broker: it answers at once, late, twice, never, and whom nobody waits for any more. */
export class BackEnd {
  readonly #world: BackEndWorld;

  constructor(world: BackEndWorld) {
    this.#world = world;
  }

  /** As the engine's own client. */
  send(_call: HttpCall, done: (outcome: HttpOutcome) => void): () => void {
    return this.#answer(() => done(this.#outcome()));
  }

  ask(answered: (answer: OutsideAnswer) => void): () => void {
    return this.#answer(() => {
      const outcome = this.#outcome();
      if ("failure" in outcome) answered({ kind: "failed", name: outcome.failure });
      else if (outcome.status === 200) answered({ kind: "answer", body: outcome.body });
      else answered({ kind: "rejected", name: "http_5xx" });
    });
  }

  #answer(answer: () => void): () => void {
    const { time, chance, isCalm } = this.#world;
    let isAbandoned = false;
    // Answers that cross with their abandonment come all the same.
    const heeds = chance.is(0.5);
    const arrive = (): void => {
      if (!isAbandoned || !heeds) answer();
    };
    if (isCalm) time.later(chance.between(1, 50), arrive);
    else if (chance.is(0.2)) arrive();
    else if (chance.is(0.85)) time.later(chance.between(1, chance.is(0.3) ? 4000 : 100), arrive);
    if (!isCalm && chance.is(0.1)) time.later(chance.between(1, 2000), arrive);
    return () => {
      isAbandoned = true;
    };
  }

  #outcome(): HttpOutcome {
    const { chance, isCalm } = this.#world;
    if (isCalm || chance.is(0.8)) return { status: 200, body: '{"a":1}' };
    return chance.is(0.5) ? { status: 503, body: "" } : { failure: "http_reset" };
  }
}
