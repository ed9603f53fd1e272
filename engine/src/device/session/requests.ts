import type { QoS } from "mqtt-packet";
import { matchesFilter } from "../topic.ts";

/**
 * How an answer is told from another: not at all; by its place, which only says whether an earlier one is still to come; by
 * text in its topic; by MQTT 5 properties; by a property of its JSON payload.
 */
export type Correlation = "none" | "order" | "topic" | "properties" | { payload: string };

export type RequestOutcome = "answer" | "rejected" | "timeout" | "lost";

/** Who asked, over MQTT or otherwise: told exactly once. */
export interface Asker {
  /**
   * @param answer null for every outcome but an answer
   * @param retryAfterMs so long a server that rejects asks to be left alone; null or left out where it does not say
   */
  answered(outcome: RequestOutcome, answer: string | null, retryAfterMs?: number | null): void;
}

export interface RequestCall {
  topic: string;
  payload: string | Buffer;
  qos: QoS;
  /** Topic filter that an answer's topic must match. */
  responseTopic: string;
  /** Topic filter of refusals (AWS IoT's `…/rejected`), or null. */
  rejectedTopic: string | null;
  /** Filters to be subscribed to before asking. */
  listen: readonly string[];
  correlation: Correlation;
  /** Unique within the device: correlation data, or part of the response topic. */
  requestId: string;
  timeoutMs: number;
  asker: Asker;
}

/** What is known of a request that awaits its answer. */
export interface PendingRequest {
  readonly call: Omit<RequestCall, "asker">;
  readonly sentAtMs: number;
}

export interface ReceivedMessage {
  topic: string;
  correlationData: Buffer | undefined;
  /** Parsed only where requests are told apart by it. */
  payload: Buffer | string;
}

export type Answer<R> =
  | { kind: "answer"; request: R }
  /** The device takes it for the answer to that request, but it is that to an earlier one, by its place: counted as late. */
  | { kind: "earlier"; request: R }
  | { kind: "rejected"; request: R }
  /** It is on a response topic, but the device has given up on that request, or it came twice. */
  | { kind: "late" }
  /** No answer to a request at all. */
  | { kind: "message" };

const MESSAGE: Answer<never> = { kind: "message" };
const LATE: Answer<never> = { kind: "late" };

/** An abandoned request whose answer has not come after so many of its time-outs is taken for lost. */
const FORGOTTEN_AFTER = 10;
/** So many of those may await their place. */
const MOST_ABANDONED = 100;

/** Shared by all devices, of which most await nothing: their lists are made in one piece, without room to grow. */
const NONE: readonly never[] = Object.freeze([]);

function without<T>(list: readonly T[], at: number): readonly T[] {
  return list.length === 1 ? NONE : list.toSpliced(at, 1);
}

/** Requests of one device that await an answer, oldest first. */
export class Requests<R extends PendingRequest> {
  #pending: readonly R[] = NONE;
  /** Given up by the device, told apart by their place, and not answered yet; oldest first. */
  #abandoned: readonly R[] = NONE;
  /** Response topics asked on so far: a message there that no pending request explains is late. */
  #responseTopics: readonly string[] = NONE;

  add(request: R): void {
    this.#pending = this.#pending.concat(request);
    // The first list is kept as it is: it is the one that the device's session has as well.
    if (this.#responseTopics.length === 0) {
      this.#responseTopics = request.call.listen;
      return;
    }
    for (const filter of request.call.listen) {
      if (!this.#responseTopics.includes(filter)) this.#responseTopics = this.#responseTopics.concat(filter);
    }
  }

  /** Removes and returns the request that `message` answers; without correlation the oldest one on that topic. */
  receive(message: ReceivedMessage, nowMs: number): Answer<R> {
    const isEarlier = this.#takeAbandoned(message, nowMs);
    for (let i = 0; i < this.#pending.length; i++) {
      const request = this.#pending[i] as R;
      const kind = answerKind(request, message);
      if (kind === null) continue;
      this.#pending = without(this.#pending, i);
      return { kind: kind === "answer" && isEarlier ? "earlier" : kind, request };
    }
    for (const topic of this.#responseTopics) {
      if (matchesFilter(topic, message.topic)) return LATE;
    }
    return MESSAGE;
  }

  /** True where the message stands in the place of an answer to a request that the device has given up. */
  #takeAbandoned(message: ReceivedMessage, nowMs: number): boolean {
    if (this.#abandoned.length === 0) return false;
    this.#abandoned = this.#abandoned.filter(
      ({ sentAtMs, call }) => nowMs - sentAtMs < call.timeoutMs * FORGOTTEN_AFTER,
    );
    const at = this.#abandoned.findIndex((request) => answerKind(request, message) !== null);
    if (at < 0) return false;
    this.#abandoned = without(this.#abandoned, at);
    return true;
  }

  /** The device gives up on it: its answer, if it comes, is late. */
  abandon(request: R): void {
    const at = this.#pending.indexOf(request);
    if (at >= 0) this.#pending = without(this.#pending, at);
    this.#keepPlace(request);
  }

  /** Gives up on all of them. */
  takeAll(): readonly R[] {
    const all = this.#pending;
    this.#pending = NONE;
    for (const request of all) this.#keepPlace(request);
    return all;
  }

  #keepPlace(request: R): void {
    if (request.call.correlation !== "order") return;
    const kept = this.#abandoned.length >= MOST_ABANDONED ? this.#abandoned.slice(1) : this.#abandoned;
    this.#abandoned = kept.concat(request);
  }

  get size(): number {
    return this.#pending.length;
  }
}

/** Null where the message has nothing to do with the request. */
function answerKind({ call }: PendingRequest, message: ReceivedMessage): "answer" | "rejected" | null {
  if (matchesFilter(call.responseTopic, message.topic)) return isCorrelated(call, message) ? "answer" : null;
  const { rejectedTopic, correlation } = call;
  if (rejectedTopic === null || !matchesFilter(rejectedTopic, message.topic)) return null;
  // A refusal carries the payload's property as an answer does; MQTT 5 has none of its own to carry properties.
  return typeof correlation !== "object" || isCorrelated(call, message) ? "rejected" : null;
}

function isCorrelated({ correlation, requestId }: PendingRequest["call"], message: ReceivedMessage): boolean {
  if (correlation === "properties") return message.correlationData?.toString() === requestId;
  if (typeof correlation !== "object") return true;
  return propertyOf(message.payload, correlation.payload) === requestId;
}

/** A property of a JSON object, as text; null where there is none. */
function propertyOf(payload: Buffer | string, name: string): string | null {
  try {
    const value = (JSON.parse(payload.toString()) as Record<string, unknown> | null)?.[name];
    return value === undefined ? null : String(value);
  } catch {
    return null;
  }
}
