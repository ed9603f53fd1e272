import type { DeviceEnvironment } from "../port.ts";
import { type DeviceConnection, tellRequest } from "./exchange.ts";
import type { RequestOutcome } from "./requests.ts";

export type OutsideAnswer =
  | { kind: "answer"; body: string }
  /** The server answered that it will not. `name` is of a closed list: it becomes part of a metric's name. */
  | { kind: "rejected"; name: string }
  /** No answer could be had. */
  | { kind: "failed"; name: string };

/** A question that a device asks of a server other than its broker. */
export interface OutsideCall {
  timeoutMs: number;
  /** Sends it. Returns what abandons it: `answered` then no longer matters. */
  start(answered: (answer: OutsideAnswer) => void): () => void;
  /** Called exactly once. `body` is the answer's, null for every other outcome; a failed call counts as `rejected`. */
  settled(outcome: RequestOutcome, body: string | null): void;
}

interface PendingCall {
  call: OutsideCall;
  sentAtMs: number;
  timer: object | null;
  abandon: (() => void) | null;
}

/** Calls of one device that await an answer. They are part of what it does while connected, and end with the connection. */
export class OutsideCalls {
  readonly #connection: DeviceConnection;
  readonly #env: DeviceEnvironment;
  readonly #pending = new Set<PendingCall>();

  constructor(connection: DeviceConnection, environment: DeviceEnvironment) {
    this.#connection = connection;
    this.#env = environment;
  }

  ask(call: OutsideCall): void {
    const { time } = this.#env;
    if (!this.#connection.isOnline) {
      call.settled("lost", null);
      return;
    }
    const pending: PendingCall = { call, sentAtMs: time.now(), timer: null, abandon: null };
    this.#pending.add(pending);
    pending.timer = time.set(call.timeoutMs, onCallTimeout, this, pending);
    tellRequest(this.#connection, this.#env);
    this.#env.regions?.counts.configRequest(this.#connection.region);
    // Half of its way is gone to every server, not only to the broker: what is left is the time-out.
    if (this.#connection.isSilent) return;
    const abandon = call.start((answer) => this.#answered(pending, answer));
    // It may have been answered at once.
    if (this.#pending.has(pending)) pending.abandon = abandon;
  }

  #answered(pending: PendingCall, answer: OutsideAnswer): void {
    if (this.#connection.isSilent || !this.#take(pending)) return;
    const { plan, events, time } = this.#env;
    if (answer.kind === "answer") {
      events.configResponse(plan.cohort, this.#connection.storm, time.now() - pending.sentAtMs);
      this.#env.regions?.counts.configResponse(this.#connection.region);
      this.#env.regions?.loads.count(this.#connection.region, "answered");
      pending.call.settled("answer", answer.body);
      return;
    }
    if (answer.kind === "rejected") events.configRejected(plan.cohort);
    events.error(plan.cohort, answer.name);
    pending.call.settled("rejected", null);
  }

  timedOut(pending: PendingCall): void {
    pending.timer = null;
    if (!this.#take(pending)) return;
    pending.abandon?.();
    this.#env.events.configTimeout(this.#env.plan.cohort, this.#connection.storm);
    pending.call.settled("timeout", null);
  }

  /** The connection is gone: its calls are abandoned and settled as lost. */
  interrupt(): void {
    for (const pending of [...this.#pending]) {
      if (!this.#take(pending)) continue;
      pending.abandon?.();
      pending.call.settled("lost", null);
    }
  }

  #take(pending: PendingCall): boolean {
    if (!this.#pending.delete(pending)) return false;
    if (pending.timer !== null) this.#env.time.clear(pending.timer);
    pending.timer = null;
    return true;
  }
}

function onCallTimeout(calls: OutsideCalls, pending: PendingCall): void {
  calls.timedOut(pending);
}
