import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ClockOffset } from "../contract.ts";
import { better, offsetOf } from "./clock-offset.ts";

/** How a worker reaches another one, by its id; the message is to arrive soon or not at all. */
export interface ClockTalkOptions {
  workerId: string;
  /** Epoch milliseconds. */
  wallClock(): number;
  send(workerId: string, message: string): void;
}

/** Asked so often at first, and then once in so many turns. */
const FIRST_QUESTIONS = 10;
const TURNS_BETWEEN = 20;
/** One that leaves so many questions without an answer is not there any more: the next is asked. */
const MOST_UNANSWERED = 4;

/** Measures this worker's clock against that of the first worker by name, and answers those who measure theirs against it. */
export class ClockTalk {
  readonly #options: ClockTalkOptions;
  #offset: ClockOffset | null = null;
  #asked: { id: string; whom: string; askedAtMs: number } | null = null;
  #turns = 0;
  #answers = 0;
  #unanswered = 0;

  constructor(options: ClockTalkOptions) {
    this.#options = options;
  }

  /** Null where it was not measured; the first worker's never is. */
  get offset(): ClockOffset | null {
    return this.#offset;
  }

  /**
   * One more turn to ask.
   *
   * @param others ids of the workers that are alive
   */
  turn(others: readonly string[]): void {
    const { workerId, wallClock, send } = this.#options;
    const before = others.filter((other) => other < workerId).sort();
    if (before.length === 0) return;
    const isDue = this.#answers < FIRST_QUESTIONS || this.#turns % TURNS_BETWEEN === 0;
    this.#turns++;
    if (!isDue) return;
    if (this.#asked !== null) this.#unanswered++;
    const whom = before[Math.floor(this.#unanswered / MOST_UNANSWERED) % before.length] as string;
    this.#asked = { id: randomUUID(), whom, askedAtMs: wallClock() };
    const { id, askedAtMs } = this.#asked;
    send(whom, JSON.stringify({ kind: "question", from: workerId, id, askedAtMs } satisfies Message));
  }

  /** What somebody sent to this worker: it is checked, for anyone may. */
  hear(text: string): void {
    const heardAtMs = this.#options.wallClock();
    const message = parse(text);
    if (message === null) return;
    if (message.kind === "question") this.#answer(message, heardAtMs);
    else this.#take(message, heardAtMs);
  }

  #answer({ from, id }: Question, heardAtMs: number): void {
    const { workerId, wallClock, send } = this.#options;
    const answeredAtMs = wallClock();
    send(
      from,
      JSON.stringify({ kind: "answer", from: workerId, id, heardAtMs, answeredAtMs } satisfies Message),
    );
  }

  #take({ from, id, heardAtMs, answeredAtMs }: Answer, gotAtMs: number): void {
    const asked = this.#asked;
    // A late answer to an earlier question has been on the way for too long to say much.
    if (asked === null || asked.id !== id || asked.whom !== from) return;
    this.#asked = null;
    this.#answers++;
    this.#unanswered = 0;
    const exchange = { askedAtMs: asked.askedAtMs, heardAtMs, answeredAtMs, gotAtMs };
    this.#offset = better(this.#offset, offsetOf(exchange, from));
  }
}

/** A worker's id as part of a topic. */
const workerId = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/);
const question = z.object({
  kind: z.literal("question"),
  from: workerId,
  id: z.string().max(64),
  askedAtMs: z.number(),
});
const answer = z.object({
  kind: z.literal("answer"),
  from: workerId,
  id: z.string().max(64),
  heardAtMs: z.number(),
  answeredAtMs: z.number(),
});
const message = z.discriminatedUnion("kind", [question, answer]);
type Question = z.output<typeof question>;
type Answer = z.output<typeof answer>;
type Message = z.output<typeof message>;

function parse(text: string): Message | null {
  try {
    return message.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
