import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import type { Program } from "../program.ts";
import { matchesFilter } from "../topic.ts";
import { LOST, type Waiter } from "../turns.ts";
import type { Message } from "./message.ts";

/** What devices of a cohort do on messages of a topic: one per entry of a script's `onMessage`. */
export interface MessageHandler {
  /** The topic filter, for this device at this time. */
  filter(device: Device): string;
  /** Makes the message known to the operations that follow. */
  take(device: Device, message: Message): void;
  readonly program: Program;
}

/** What a device does on messages. */
export interface MessageReactions {
  readonly handlers: readonly MessageHandler[];
  /** Messages of one device that may wait for those before them. */
  readonly queue: number;
  /** PUBACK and PUBREC are put off so long, unless a subscription says it otherwise. */
  readonly ackDelayMs: number;
}

/**
 * Messages of one device that are acted upon, one after the other in the order in which they came. What waits is bounded, and what
 * comes beyond that is dropped. All of it ends with the connection.
 */
export class MessageWork {
  readonly #device: Device;
  #current: Handling | null = null;
  readonly #waiting: Handling[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  /** Within a turn: a message has come that the handler is for. */
  offer(handler: MessageHandler, message: Message): void {
    const device = this.#device;
    if (this.#current === null) {
      this.#begin(new Handling(this, device, handler, message));
    } else if (this.#waiting.length < device.env.reactions.queue) {
      this.#waiting.push(new Handling(this, device, handler, message));
    } else {
      device.tell(EVENTS.messageDropped);
    }
  }

  /** The program begins after this turn. */
  #begin(handling: Handling): void {
    this.#current = handling;
    this.#device.env.port.turns.settle(handling, null);
  }

  /** The program is over. */
  over(failure: string | null): void {
    const device = this.#device;
    if (failure === null) {
      device.tell(EVENTS.messageHandled);
    } else if (failure === LOST) {
      device.tell(EVENTS.messageInterrupted);
    } else {
      device.tell(EVENTS.messageFailed);
      device.tell(EVENTS.error, 0, 0, failure);
    }
    this.#current = null;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
  }

  /** Within a turn: the connection is gone. */
  interrupt(): void {
    if (this.#current === null) return;
    for (const handling of [this.#current, ...this.#waiting]) {
      handling.isOver = true;
      this.#device.tell(EVENTS.messageInterrupted);
    }
    this.#current = null;
    this.#waiting.length = 0;
  }
}

/** One message in its handler. */
class Handling implements Waiter {
  /** The connection ended: what is settled late is of no interest. */
  isOver = false;
  readonly #work: MessageWork;
  readonly #device: Device;
  readonly #handler: MessageHandler;
  #message: Message | null;
  /** The place of the next operation. */
  #next = 0;

  constructor(work: MessageWork, device: Device, handler: MessageHandler, message: Message) {
    this.#work = work;
    this.#device = device;
    this.#handler = handler;
    this.#message = message;
  }

  /** The operation before the next one is over. */
  settled(failure: string | null): void {
    if (this.isOver) return;
    const message = this.#message;
    if (message !== null) {
      this.#message = null;
      this.#handler.take(this.#device, message);
    }
    const operation = failure === null ? this.#handler.program[this.#next] : undefined;
    if (operation === undefined) {
      this.isOver = true;
      this.#work.over(failure);
      return;
    }
    this.#next++;
    operation.begin(this.#device, this);
  }
}

/** The handlers whose filter a topic matches, in the order of the script; usually none or one. */
export function handlersFor(device: Device, topic: string): readonly MessageHandler[] {
  const { handlers } = device.env.reactions;
  let found: MessageHandler[] | null = null;
  for (const handler of handlers) {
    if (!matchesFilter(handler.filter(device), topic)) continue;
    found ??= [];
    found.push(handler);
  }
  return found ?? NONE;
}

const NONE: readonly MessageHandler[] = Object.freeze([]);

/** Devices that do nothing on messages. */
export const NO_REACTIONS: MessageReactions = Object.freeze({ handlers: NONE, queue: 0, ackDelayMs: 0 });
