import { createHash, randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import {
  ErrorWithReasonCode,
  ErrorWithSubackPacket,
  type IClientOptions,
  type IPublishPacket,
  type MqttClient,
} from "mqtt";

/** How long whoever is on duty has to say so, and the broker to send what was said. */
const PATIENCE_MS = 500;
/** The question who is on duty; names are longer. */
const QUESTION = "?";

/** Config services that answer the same requests at one broker meet here. A filter is no topic name, so its hash stands for it. */
export function dutyTopic(requestTopic: string): string {
  const hash = createHash("sha256").update(requestTopic).digest("hex").slice(0, 16);
  return `artillery-engine-mqtt/config-service/${hash}`;
}

/**
 * One of several config services at a broker is on duty: two would answer every request twice. The one on duty keeps a
 * retained message, which the broker clears, as its will, when it is gone; then another takes over. All hear the messages of a
 * topic in the same order, so whoever published last is on duty. Where the broker does not let them have such a topic, each is.
 */
export class Duty {
  readonly #topic: string;
  readonly #log: (line: string) => void;
  readonly #name = randomUUID();
  /** Emits `word` whenever somebody is heard saying that he is on duty. */
  readonly #words = new EventEmitter();
  /** Who is on duty as far as is known; null for nobody. */
  #onDuty: string | null = null;
  /** Nobody is heard on the topic, not even this one. */
  #isDeaf = false;
  #hasSaidSo = false;
  /** What was begun on an earlier connection decides nothing. */
  #joins = 0;

  constructor(requestTopic: string, log: (line: string) => void) {
    this.#topic = dutyTopic(requestTopic);
    this.#log = log;
    // Anyone may write to the topic, as often as he likes.
    this.#words.setMaxListeners(0);
  }

  get will(): NonNullable<IClientOptions["will"]> {
    return { topic: this.#topic, payload: Buffer.alloc(0), qos: 1, retain: true };
  }

  get isMine(): boolean {
    return this.#isDeaf || this.#onDuty === this.#name;
  }

  /** Another one is known to answer. */
  get standsBy(): boolean {
    return this.#onDuty !== null && !this.isMine;
  }

  /**
   * Called for every connection. Resolves when it is known who is on duty, or the connection is lost; until then all is as it
   * was: one who was on duty stays so unless another says otherwise.
   */
  async join(client: MqttClient): Promise<void> {
    this.#joins++;
    await this.#decide(client, async () => {
      await client.subscribeAsync(this.#topic, { qos: 1 });
      const asks = this.#onDuty !== this.#name;
      return (asks && (await this.#say(client, QUESTION))) || (await this.#say(client, this.#name));
    });
  }

  /** True where the message was about duty. */
  hear(client: MqttClient, { topic, payload, retain }: IPublishPacket): boolean {
    if (topic !== this.#topic) return false;
    const word = payload.toString().slice(0, 64);
    if (word === QUESTION) {
      if (this.isMine) this.#publish(client, this.#name).catch(() => {});
    } else if (word === "") {
      this.#onDuty = null;
      void this.#decide(client, () => this.#say(client, this.#name));
    } else if (!retain) {
      // What is retained may have been left behind by one who is gone.
      this.#onDuty = word;
      this.#isDeaf = false;
      this.#words.emit("word");
    }
    return true;
  }

  /** @param speak true where somebody was heard */
  async #decide(client: MqttClient, speak: () => Promise<boolean>): Promise<void> {
    const joins = this.#joins;
    let refusal = "it does not pass on what is published there";
    try {
      if (await speak()) return;
    } catch (error) {
      // A connection that was lost says nothing about the topic.
      if (!isRefusal(error)) return;
      refusal = (error as Error).message;
    }
    if (client.connected && joins === this.#joins) this.#beDeaf(refusal);
  }

  #beDeaf(refusal: string): void {
    this.#isDeaf = true;
    if (this.#hasSaidSo) return;
    this.#hasSaidSo = true;
    this.#log(
      `other config services at this broker cannot be seen on ${this.#topic} (${refusal}): a second one would answer every request twice`,
    );
  }

  /**
   * True where somebody is heard upon it: who is on duty, or this one itself. A broker of MQTT 3.1.1 acknowledges also what it
   * does not let pass, [MQTT-3.3.5-2]: only what comes back was published.
   */
  async #say(client: MqttClient, word: string): Promise<boolean> {
    const patience = new AbortController();
    const heard = once(this.#words, "word", { signal: patience.signal }).then(
      () => true,
      () => false,
    );
    try {
      await this.#publish(client, word);
    } catch (error) {
      patience.abort();
      throw error;
    }
    // A broker that is flooded with reconnects may take its time for the acknowledgement.
    setTimeout(() => patience.abort(), PATIENCE_MS);
    return heard;
  }

  async #publish(client: MqttClient, word: string): Promise<void> {
    await client.publishAsync(this.#topic, word, { qos: 1, retain: word === this.#name });
  }
}

/** The broker said no: SUBACK or, in MQTT 5.0, PUBACK. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof ErrorWithReasonCode ||
    (error instanceof ErrorWithSubackPacket && error.packet !== undefined)
  );
}
