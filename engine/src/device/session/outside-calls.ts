import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import type { Link } from "../port.ts";
import type { Waiter } from "../turns.ts";
import { tellRequest } from "./config-requests.ts";
import type { Asker, RequestOutcome } from "./requests.ts";

export type OutsideAnswer =
  | { kind: "answer"; body: string }
  /** The server answered that it will not. `name` comes from a closed list: it becomes part of a metric's name. */
  | {
      kind: "rejected";
      name: string;
      /** So long the server asks to be left alone; not given where it does not say. */
      retryAfterMs?: number;
    }
  /** No answer could be had. */
  | { kind: "failed"; name: string };

/** A question that a device asks of a server other than its broker. */
export interface OutsideCall {
  timeoutMs: number;
  /** Sends it. Returns what abandons it: `answered` then no longer matters. */
  start(answered: (answer: OutsideAnswer) => void): () => void;
  /** A failed call counts as `rejected`. */
  asker: Asker;
}

/** Calls of one device that await an answer. They are part of what it does while connected, and end with the connection. */
export class OutsideCalls {
  readonly #device: Device;
  readonly #pending = new Set<PendingCall>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** @param link the device's connection; null where it has none */
  ask(call: OutsideCall, link: Link | null): void {
    const { port } = this.#device.env;
    const pending = new PendingCall(call, this, port.now());
    if (!this.#device.isOnline || link === null) {
      pending.end("lost", null);
      port.turns.settle(pending, null);
      return;
    }
    this.#pending.add(pending);
    pending.timer = port.wake(call.timeoutMs, onCallTimeout, pending, undefined);
    tellRequest(this.#device);
    // It goes out after the turn: a client may answer at once.
    pending.link = link;
    port.turns.settle(pending, null);
  }

  isPending(pending: PendingCall): boolean {
    return this.#pending.has(pending);
  }

  /** An answer, whenever it comes. One to a call that is over is of no interest. */
  answered(pending: PendingCall, answer: OutsideAnswer): void {
    if (!this.#take(pending)) return;
    const device = this.#device;
    const { port } = device.env;
    port.turns.begin();
    try {
      if (answer.kind === "answer") {
        device.tell(EVENTS.configResponse, device.part.storm, port.now() - pending.sentAtMs);
        this.#settle(pending, "answer", answer.body);
      } else {
        if (answer.kind === "rejected") device.tell(EVENTS.configRejected);
        device.tell(EVENTS.error, 0, 0, answer.name);
        this.#settle(pending, "rejected", null, answer.kind === "rejected" ? answer.retryAfterMs : undefined);
      }
    } finally {
      port.turns.end();
    }
  }

  timedOut(pending: PendingCall): void {
    pending.timer = null;
    if (!this.#take(pending)) return;
    const { turns } = this.#device.env.port;
    turns.begin();
    try {
      pending.abandon?.();
      this.#device.tell(EVENTS.configTimeout, this.#device.part.storm);
      this.#settle(pending, "timeout", null);
    } finally {
      turns.end();
    }
  }

  /** The connection is gone: its calls are abandoned and settled as lost. */
  interrupt(): void {
    for (const pending of [...this.#pending]) {
      if (!this.#take(pending)) continue;
      pending.abandon?.();
      this.#settle(pending, "lost", null);
    }
  }

  #settle(
    pending: PendingCall,
    outcome: RequestOutcome,
    body: string | null,
    retryAfterMs: number | null = null,
  ): void {
    pending.end(outcome, body, retryAfterMs);
    // One that has not gone out yet is about to be told all the same.
    if (pending.isOut) this.#device.env.port.turns.settle(pending, null);
  }

  #take(pending: PendingCall): boolean {
    if (!this.#pending.delete(pending)) return false;
    if (pending.timer !== null) this.#device.env.port.cancel(pending.timer);
    pending.timer = null;
    return true;
  }
}

/** One call: goes out after the turn that asked, and tells whoever asked after the turn that ended it. */
class PendingCall implements Waiter {
  readonly sentAtMs: number;
  timer: object | null = null;
  link: Link | null = null;
  /** The turn that asked is over. */
  isOut = false;
  abandon: (() => void) | null = null;
  readonly #call: OutsideCall;
  readonly #calls: OutsideCalls;
  #outcome: RequestOutcome | null = null;
  #body: string | null = null;
  #retryAfterMs: number | null = null;

  constructor(call: OutsideCall, calls: OutsideCalls, nowMs: number) {
    this.#call = call;
    this.#calls = calls;
    this.sentAtMs = nowMs;
  }

  settled(): void {
    this.isOut = true;
    if (this.#outcome !== null) {
      this.#call.asker.answered(this.#outcome, this.#body, this.#retryAfterMs);
      return;
    }
    if (!this.#calls.isPending(this)) return;
    const abandon = this.link?.ask<OutsideAnswer>(
      (answered) => this.#call.start(answered),
      (answer) => this.#calls.answered(this, answer),
    );
    // It may have been answered at once.
    if (this.#calls.isPending(this)) this.abandon = abandon ?? null;
  }

  end(outcome: RequestOutcome, body: string | null, retryAfterMs: number | null = null): void {
    this.#retryAfterMs = retryAfterMs;
    this.#outcome = outcome;
    this.#body = body;
  }

  timedOut(): void {
    this.#calls.timedOut(this);
  }
}

function onCallTimeout(pending: PendingCall): void {
  pending.timedOut();
}
