import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import { matchesFilter } from "../topic.ts";
import { LOST, type Waiter } from "../turns.ts";
import type { Message } from "./message.ts";

/** Somebody waits for a message. */
export interface MessageWaitCall {
  filter: string;
  timeoutMs: number;
  /** Told once; the message is given where one came. */
  ended(outcome: "message" | "timeout" | "lost", message: Message | null): void;
}

/** Who waits for messages of one device. They end with the connection. */
export class MessageWaits {
  readonly #device: Device;
  #pending: readonly MessageWait[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  /** Within a turn. */
  add(call: MessageWaitCall): void {
    const { port } = this.#device.env;
    const wait = new MessageWait(this, call);
    if (!this.#device.isOnline) {
      wait.end("lost", null);
      port.turns.settle(wait, LOST);
      return;
    }
    wait.timer = port.wake(call.timeoutMs, onTimeout, wait, undefined);
    this.#pending = this.#pending.concat(wait);
  }

  isWaitedFor(topic: string): boolean {
    return this.#pending.some(({ call }) => matchesFilter(call.filter, topic));
  }

  /** Within a turn: everybody who waits for such a message has it. */
  received(message: Message): void {
    for (const wait of this.#pending) {
      if (matchesFilter(wait.call.filter, message.topic)) this.#settle(wait, "message", message);
    }
  }

  timedOut(wait: MessageWait): void {
    wait.timer = null;
    const { turns } = this.#device.env.port;
    turns.begin();
    try {
      this.#device.tell(EVENTS.messageTimeout);
      this.#settle(wait, "timeout", null);
    } finally {
      turns.end();
    }
  }

  /** Within a turn: the connection is gone. */
  interrupt(): void {
    for (const wait of this.#pending) this.#settle(wait, "lost", null);
  }

  #settle(wait: MessageWait, outcome: "message" | "timeout" | "lost", message: Message | null): void {
    const { port } = this.#device.env;
    this.#pending = this.#pending.filter((other) => other !== wait);
    if (wait.timer !== null) port.cancel(wait.timer);
    wait.timer = null;
    wait.end(outcome, message);
    port.turns.settle(wait, null);
  }
}

class MessageWait implements Waiter {
  readonly call: MessageWaitCall;
  timer: object | null = null;
  readonly #waits: MessageWaits;
  #outcome: "message" | "timeout" | "lost" = "lost";
  #message: Message | null = null;

  constructor(waits: MessageWaits, call: MessageWaitCall) {
    this.#waits = waits;
    this.call = call;
  }

  timedOut(): void {
    this.#waits.timedOut(this);
  }

  end(outcome: "message" | "timeout" | "lost", message: Message | null): void {
    this.#outcome = outcome;
    this.#message = message;
  }

  /** After the turn that ended it. */
  settled(): void {
    this.call.ended(this.#outcome, this.#message);
  }
}

function onTimeout(wait: MessageWait): void {
  wait.timedOut();
}
