import type { QoS } from "mqtt-packet";
import { matchesFilter } from "./topic.ts";

/** How an answer is told from another: not at all, by text in its topic, or by MQTT 5 properties. */
export type Correlation = "none" | "topic" | "properties";

export type RequestOutcome = "answer" | "rejected" | "timeout" | "lost";

export interface RequestCall {
  topic: string;
  payload: string;
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
  /** Called exactly once. `payload` is the answer's, null for every other outcome. */
  settled: (outcome: RequestOutcome, payload: string | null) => void;
}

export interface PendingRequest {
  call: RequestCall;
  sentAtMs: number;
  timer: object | null;
}

export interface ReceivedMessage {
  topic: string;
  correlationData: Buffer | undefined;
}

export type Answer =
  | { kind: "answer"; request: PendingRequest }
  | { kind: "rejected"; request: PendingRequest }
  /** On a response topic, but the device has given up on that request, or it came twice. */
  | { kind: "late" }
  /** No answer to a request at all. */
  | { kind: "message" };

const MESSAGE: Answer = { kind: "message" };
const LATE: Answer = { kind: "late" };

/** Requests of one device that await an answer, oldest first. */
export class Requests {
  #pending: PendingRequest[] = [];
  /** Response topics asked on so far: a message there that no pending request explains is late. */
  #responseTopics: string[] = [];

  add(request: PendingRequest): void {
    this.#pending.push(request);
    for (const filter of request.call.listen) {
      if (!this.#responseTopics.includes(filter)) this.#responseTopics.push(filter);
    }
  }

  /** Removes and returns the request that `message` answers; without correlation the oldest one on that topic. */
  receive(message: ReceivedMessage): Answer {
    for (let i = 0; i < this.#pending.length; i++) {
      const request = this.#pending[i] as PendingRequest;
      if (isAnswer(request, message)) {
        this.#pending.splice(i, 1);
        return { kind: "answer", request };
      }
      const rejectedTopic = request.call.rejectedTopic;
      if (rejectedTopic !== null && matchesFilter(rejectedTopic, message.topic)) {
        this.#pending.splice(i, 1);
        return { kind: "rejected", request };
      }
    }
    for (const topic of this.#responseTopics) {
      if (matchesFilter(topic, message.topic)) return LATE;
    }
    return MESSAGE;
  }

  remove(request: PendingRequest): void {
    const at = this.#pending.indexOf(request);
    if (at >= 0) this.#pending.splice(at, 1);
  }

  /** Gives up on all of them: their answers, if they come, are late. */
  takeAll(): PendingRequest[] {
    const all = this.#pending;
    this.#pending = [];
    return all;
  }

  get size(): number {
    return this.#pending.length;
  }
}

function isAnswer({ call }: PendingRequest, message: ReceivedMessage): boolean {
  if (!matchesFilter(call.responseTopic, message.topic)) return false;
  if (call.correlation !== "properties") return true;
  return message.correlationData?.toString() === call.requestId;
}
