import type { IPublishPacket, QoS } from "mqtt-packet";
import type { Waiter } from "../turns.ts";

/** An operation that waits for the broker's acknowledgement. */
export interface Inflight {
  kind: "subscribe" | "unsubscribe" | "publish";
  messageId: number;
  sentAtMs: number;
  timer: object | null;
  /** Kept for QoS 1 and 2 until acknowledged, for a resumed session. */
  packet: IPublishPacket | null;
  /** PUBREC of QoS 2 has come, so PUBREL is what is repeated. MQTT 3.1.1 section 4.3.3. */
  released: boolean;
  /** It was written at least once: a repetition says so. [MQTT-3.3.1-1] */
  sent: boolean;
  filters: readonly string[] | null;
  /** A publication that is to be marked, when it is written for the first time. */
  tracked: boolean;
  /** The segment of the run in which a marked one was; UNMARKED before, and for all others. */
  segment: number;
  /** It was not acknowledged when the connection was lost. */
  isBacklog: boolean;
  /** Settled exactly once. */
  waiter: Waiter;
}

/**
 * What outlives a connection if the broker kept it too: packets in flight, QoS 2 ids received, subscriptions.
 * MQTT 3.1.1 section 4.1, 5.0 section 4.1. Collections are made when first needed: most devices are idle.
 */
export class Session {
  #lastId = 0;
  inflight: Map<number, Inflight> | null = null;
  /** Ids of QoS 2 messages received and not yet released. [MQTT-4.3.3-2] */
  received: Set<number> | null = null;
  /** Filters that the broker acknowledged. */
  filters: readonly string[] | null = null;

  /** A packet id that is not in use; null when all 65,535 are. [MQTT-2.3.1-2] */
  allocateId(): number | null {
    const inflight = this.inflight;
    if (inflight !== null && inflight.size >= 65_535) return null;
    do {
      this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
    } while (inflight?.has(this.#lastId));
    return this.#lastId;
  }

  add(entry: Inflight): void {
    this.inflight ??= new Map();
    this.inflight.set(entry.messageId, entry);
  }

  take(messageId: number): Inflight | null {
    const entry = this.inflight?.get(messageId);
    if (entry === undefined) return null;
    this.inflight?.delete(messageId);
    if (this.inflight?.size === 0) this.inflight = null;
    return entry;
  }

  /** True the first time a QoS 2 message id is seen. */
  receive(messageId: number): boolean {
    this.received ??= new Set();
    if (this.received.has(messageId)) return false;
    this.received.add(messageId);
    return true;
  }

  release(messageId: number): void {
    this.received?.delete(messageId);
    if (this.received?.size === 0) this.received = null;
  }

  /** @param filters a list that nobody changes: it may be kept as it is */
  addFilters(filters: readonly string[]): void {
    const known = this.filters ?? [];
    const added = filters.filter((filter, i) => !known.includes(filter) && filters.indexOf(filter) === i);
    // `concat` makes a list without room to grow, as a spread does not: most devices subscribe once.
    if (this.filters === null && added.length === filters.length) this.filters = filters;
    else if (added.length > 0 || this.filters === null) this.filters = known.concat(added);
  }

  removeFilters(filters: readonly string[]): void {
    this.filters = this.filters?.filter((known) => !filters.includes(known)) ?? null;
  }

  hasFilter(filter: string): boolean {
    return this.filters?.includes(filter) ?? false;
  }

  /** The broker kept nothing: forget it too. Returns what was in flight, each to be settled as LOST by the caller. */
  clear(): Inflight[] {
    const lost = this.inflight === null ? [] : [...this.inflight.values()];
    this.inflight = null;
    this.received = null;
    this.filters = null;
    return lost;
  }

  /** Entries that end with the connection even if the session goes on: SUBSCRIBE and UNSUBSCRIBE. */
  takeUnresumable(): Inflight[] {
    const lost: Inflight[] = [];
    for (const entry of this.inflight?.values() ?? []) {
      if (entry.kind !== "publish") lost.push(entry);
    }
    for (const entry of lost) this.take(entry.messageId);
    return lost;
  }
}

export type PublishCall = {
  topic: string;
  payload: string | Buffer;
  qos: QoS;
  retain: boolean;
  /** It is to be marked. Needs messages that are tracked. */
  tracked?: boolean;
  /** Of MQTT 5. */
  properties?: NonNullable<IPublishPacket["properties"]>;
};
