import type { IPublishPacket, Packet } from "mqtt-packet";

/** One message of QoS 1 or 2 that a broker owes a client. */
interface Message {
  /** 0 until it is sent. */
  id: number;
  packet: IPublishPacket;
  /** PUBREC has come: PUBREL is what is owed. */
  isReleased: boolean;
}

/** There are no more packet identifiers. */
const MOST_IN_FLIGHT = 65_535;

/**
 * What a broker owes a client, and what it has of the client's own messages of QoS 2: the server's part of a session (MQTT 3.1.1
 * section 3.1.2.4). As many messages are on their way as the client takes, the others wait in order.
 */
export class Owed {
  /** Those that were sent, on an earlier connection too, in the order in which they first were. */
  readonly #sent = new Map<number, Message>();
  /** Those before `#next` have left. */
  #waiting: Message[] = [];
  #next = 0;
  #onTheWay = 0;
  #window: number;
  #lastId = 0;
  /** Messages of QoS 2 that the client has not released yet. */
  readonly #taken = new Set<number>();

  /** @param receiveMaximum of CONNECT, MQTT 5.0 section 3.1.2.11.3 */
  constructor(receiveMaximum: number | undefined) {
    this.#window = receiveMaximum ?? MOST_IN_FLIGHT;
  }

  add(packet: IPublishPacket): void {
    this.#waiting.push({ id: 0, packet, isReleased: false });
  }

  /** Takes what may be sent next; null for nothing. */
  take(): Packet | null {
    const message = this.#waiting[this.#next];
    if (message === undefined || this.#onTheWay >= this.#window) return null;
    this.#next++;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    this.#onTheWay++;
    const isRepeat = message.id !== 0;
    if (!isRepeat) {
      message.id = this.#freeId();
      this.#sent.set(message.id, message);
    }
    if (message.isReleased) return { cmd: "pubrel", messageId: message.id };
    return { ...message.packet, messageId: message.id, dup: isRepeat };
  }

  /** The smallest after the last one that is not in use. */
  #freeId(): number {
    do this.#lastId = (this.#lastId % MOST_IN_FLIGHT) + 1;
    while (this.#sent.has(this.#lastId));
    return this.#lastId;
  }

  /** PUBACK or PUBCOMP. */
  settle(id: number): void {
    if (this.#sent.delete(id)) this.#onTheWay--;
  }

  /** PUBREC; the answer is PUBREL in any case. */
  release(id: number): void {
    const message = this.#sent.get(id);
    if (message !== undefined) message.isReleased = true;
  }

  /** The client has come back to its session: what it has not acknowledged is sent again, before all others [MQTT-4.4.0-1]. */
  resume(receiveMaximum: number | undefined): void {
    this.#window = receiveMaximum ?? MOST_IN_FLIGHT;
    this.#onTheWay = 0;
    const unsent = this.#waiting.slice(this.#next).filter(({ id }) => id === 0);
    this.#waiting = [...this.#sent.values(), ...unsent];
    this.#next = 0;
  }

  /** A PUBLISH of QoS 2 has come; false where it had come before [MQTT-4.3.3-10]. */
  takeOnce(id: number): boolean {
    if (this.#taken.has(id)) return false;
    this.#taken.add(id);
    return true;
  }

  /** PUBREL of the client's own message. */
  forget(id: number): void {
    this.#taken.delete(id);
  }
}
