import type { HttpAccess } from "../script/steps/step.ts";
import type { HttpCall, HttpOutcome } from "../transport/http-client.ts";
import type { BackEnd, HttpCaller } from "./back-end.ts";
import type { Lane } from "./lane.ts";
import type { Model } from "./model.ts";
import type { Network } from "./network.ts";

/** The address under which a region's config service is known here; empty for the one of a script without regions. */
export function labUrl(region: string): string {
  return region === "" ? "http://lab" : `http://${region.toLowerCase().replaceAll("_", "-")}.lab`;
}

export interface ForecastHttpOptions {
  network: Network;
  /** Back ends by their address. */
  backEnds: ReadonlyMap<string, BackEnd>;
  /** Every call has a connection of its own. */
  isNew: boolean;
  others: Model["http"];
}

/** The HTTP side of devices: a call reaches the lab's back end after its way there, and any other server answers in its own time. */
export class ForecastHttp implements HttpAccess {
  readonly #options: ForecastHttpOptions;
  readonly #lane: Lane;

  constructor(options: ForecastHttpOptions) {
    this.#options = options;
    this.#lane = options.network.clock.lane();
  }

  send(call: HttpCall, done: (outcome: HttpOutcome) => void): () => void {
    const { network, backEnds, isNew, others } = this.#options;
    const pending = new PendingCall(call.url.pathname.slice(1), backEnds.get(call.url.origin) ?? null, done);
    if (pending.backEnd === null) {
      const answer: HttpOutcome =
        others === null ? { failure: "http_dns" } : { status: 200, body: others.body };
      network.clock.wake(others?.durationMs ?? 0, answerCall, pending, answer);
    } else {
      // SYN and its answer come before the request.
      const ways = isNew ? 3 : 1;
      network.clock.push(this.#lane, network.latencyMs * ways, arrive, pending, undefined);
    }
    return () => pending.abandon();
  }
}

class PendingCall implements HttpCaller {
  readonly backEnd: BackEnd | null;
  readonly #path: string;
  #done: ((outcome: HttpOutcome) => void) | null;

  constructor(path: string, backEnd: BackEnd | null, done: (outcome: HttpOutcome) => void) {
    this.#path = path;
    this.backEnd = backEnd;
    this.#done = done;
  }

  /** A call that was abandoned on its way is none; one that was abandoned later costs the back end its time. */
  arrive(): void {
    if (this.#done !== null) this.backEnd?.ask(this.#path, this);
  }

  answered(outcome: HttpOutcome): void {
    const done = this.#done;
    this.#done = null;
    done?.(outcome);
  }

  abandon(): void {
    this.#done = null;
  }
}

function arrive(pending: PendingCall): void {
  pending.arrive();
}

function answerCall(pending: PendingCall, outcome: HttpOutcome): void {
  pending.answered(outcome);
}
